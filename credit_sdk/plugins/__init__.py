"""Floor 6, plugins: what the author of an adapter (适配器) imports.

An adapter brings the measure lists (措施清单) of one domain. It is a package with its lists beside ``__init__.py``
(``measures.toml``, and one file more for each further area) and one function:

.. code-block:: python

    from credit_sdk.plugins import Domain, hookimpl


    @hookimpl
    def credit_sdk_domain() -> Domain:
        return Domain.from_package(__name__, name="procurement", title="政府采购")

Its ``pyproject.toml`` makes it known, under the domain's name:

.. code-block:: toml

    [project.entry-points.credit_sdk]
    procurement = "credit_sdk_procurement"

An adapter that only adds the lists of an area to somebody else's domain is named after both: ``procurement.44``. So a
registry knows which domain is concerned even when the adapter does not load.

A host reads the installed adapters with :meth:`DomainRegistry.from_entry_points`; a test hands them over itself:
``DomainRegistry([credit_sdk_procurement])``. Either way a broken adapter is named under ``problems`` and stops its own
domain only. ``credit doctor`` shows them all. Inherit :class:`credit_sdk.testing.AdapterContract` in a test to know that
an adapter is right.
"""

from __future__ import annotations

from credit_sdk.plugins._domain import Domain
from credit_sdk.plugins._loading import AdapterInfo
from credit_sdk.plugins._registry import DomainRegistry
from credit_sdk.plugins._spec import hookimpl

__all__ = ["AdapterInfo", "Domain", "DomainRegistry", "hookimpl"]
