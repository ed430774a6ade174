"""The adapter contract: everything that is expected of an adapter, as one class to inherit.

.. code-block:: python

    import credit_sdk_procurement
    from credit_sdk.testing import AdapterContract


    class TestProcurement(AdapterContract):
        module = credit_sdk_procurement
        golden = Path(__file__).with_name("golden.json")

Each measure list and each golden case is a test of its own, under its id. Tests may be added in minor releases.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.model.terms import Verified
from credit_sdk.plugins import Domain, DomainRegistry
from credit_sdk.testing import _adapter_checks as checks
from credit_sdk.testing.golden import GoldenCase, load_golden, run_golden

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from types import ModuleType

    from credit_sdk.model.measure import MeasureList


class AdapterContract:
    """Inherit as ``class Test…(AdapterContract)`` and say which adapter it is."""

    module: ModuleType
    """The adapter's package."""
    golden: str | PathLike[str] | None = None
    """Its golden cases (:mod:`credit_sdk.testing.golden`)."""
    entry_point: bool = True
    """Whether it is installed, and must be found by its entry point."""
    verified_at_least: Verified | None = Verified.QUOTED
    """How well a mandatory penalty's basis must have been checked; ``None``: not looked at."""

    # ------------------------------------------------------------------------------------------------ as a plugin

    def test_the_hook_gives_a_domain(self) -> None:
        """The hook is implemented, is spelt right, and returns a domain whose measure lists load."""
        _none(problem.located("en") for problem in self.registry().problems)

    def test_the_entry_point_is_declared(self) -> None:
        """A host finds the adapter, under a name that tells its domain."""
        if not self.entry_point:
            return
        domain = self.domain()
        found = [one for one in entry_points(group="credit_sdk") if one.value == self.module.__name__]
        if not found:
            pytest.fail(
                f"no entry point names {self.module.__name__}; add [project.entry-points.credit_sdk] {domain.name} ="
                f' "{self.module.__name__}" to pyproject.toml, and install the adapter'
            )
        wrong = [one.name for one in found if one.name.partition(".")[0] != domain.name]
        _none(f"the entry point {name} should be called {domain.name}, or {domain.name}.<area>" for name in wrong)

    def test_ids_are_unique(self) -> None:
        """Measure lists in the adapter, measures in their list."""
        _none(checks.ids(self.domain().measure_lists))

    # ------------------------------------------------------------------------------------------- each measure list

    def test_it_compiles(self, measure_list: MeasureList) -> None:
        """The engine can use it; one that is not in force yet may be one day."""
        _none(checks.compiles(measure_list, self.registry().lists))

    def test_every_action_has_a_measure(self, measure_list: MeasureList) -> None:
        """An action without one would be allowed whatever is listed."""
        _none(checks.actions(measure_list))

    def test_every_penalty_has_basis_and_unit(self, measure_list: MeasureList) -> None:
        """Rule 9.1."""
        _none(checks.grounds(measure_list))

    def test_mandatory_penalties_are_verified(self, measure_list: MeasureList) -> None:
        """Verified at least :attr:`verified_at_least`, or recommended."""
        if self.verified_at_least is None:
            return
        _none(checks.verified(measure_list, self.verified_at_least))

    def test_the_wording_is_complete(self, measure_list: MeasureList) -> None:
        """Nothing that a person reads is missing."""
        _none(checks.wording(measure_list))

    def test_no_natural_persons(self, measure_list: MeasureList) -> None:
        """Rule 9.2."""
        _none(checks.organisations_only(measure_list))

    def test_the_rights_of_persons(self, measure_list: MeasureList) -> None:
        """Rule 9.3."""
        _none(checks.rights(measure_list))

    # ------------------------------------------------------------------------------------------------ golden cases

    def test_there_are_golden_cases(self) -> None:
        """At least one, each saying why its answer is right."""
        if self.golden is None:
            pytest.fail("set golden to a file of golden cases; its format stands in credit_sdk.testing.golden")
        try:
            cases = load_golden(self.golden)
        except (OSError, ValueError) as error:
            pytest.fail(str(error))
        if not cases:
            pytest.fail(f"{self.golden} holds no case")
        _none(f"{case.id}: why is empty" for case in cases if not case.why.strip())

    def test_golden(self, case: GoldenCase) -> None:
        """The adapter decides as agreed."""
        _none(run_golden(case, self.registry(), self.domain().name), f"{case.id} ({case.why})")

    # ------------------------------------------------------------------------------------------------------- means

    def registry(self) -> DomainRegistry:
        """A registry of this adapter alone."""
        return DomainRegistry([self.module])

    def domain(self) -> Domain:
        """The adapter's domain; fails the test if there is none."""
        [*domains] = self.registry().domains.values()
        if not domains:
            pytest.fail("the adapter gives no domain; see test_the_hook_gives_a_domain")
        return domains[0]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """One test for each measure list and each golden case. What does not load fails in the test that says so."""
        if "measure_list" in metafunc.fixturenames:
            _parametrize(
                metafunc, "measure_list", [ml for d in self.registry().domains.values() for ml in d.measure_lists]
            )
        if "case" in metafunc.fixturenames:
            try:
                cases = load_golden(self.golden) if self.golden is not None else []
            except (OSError, ValueError):
                cases = []
            _parametrize(metafunc, "case", cases)


def _parametrize(metafunc: pytest.Metafunc, name: str, values: list[Any]) -> None:
    metafunc.parametrize(name, values, ids=[value.id for value in values])


def _none(faults: Iterable[str], heading: str = "") -> None:
    __tracebackhide__ = True
    found = list(faults)
    if found:
        pytest.fail("\n".join([heading, *found] if heading else found), pytrace=False)
