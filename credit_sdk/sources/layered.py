"""Several sources, asked in order (分层来源): the national platform, the city's, the lists shipped along.

Which of them prevails differs from place to place, so it is a policy: :class:`LayerPolicy`. Each list is answered for by
exactly one layer, and the decision names it (``decision.origins``). A layer that does not cover a list has not been asked
about it: "not consulted", never "clear" (rule 7.2).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from credit_sdk.errors import InvalidSettings, NoDecision
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.ports.answers import ask, ask_async, fault_of
from credit_sdk.ports.log import FailureLog
from credit_sdk.ports.observer import SILENT, LayerFailed, Observer, tell
from credit_sdk.sources._closing import TimeLeft, bounded
from credit_sdk.sources._merge import LayerPolicy, Merger, composed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.model.subject import Subject
    from credit_sdk.ports.source import Answer, AsyncRecordSource, RecordSource

__all__ = ["AsyncLayeredSource", "LayerPolicy", "LayeredSource"]

Source = TypeVar("Source")


class _Layers(Generic[Source]):
    """The layers by name, and everything about them but the asking."""

    def __init__(
        self,
        layers: Mapping[str, Source] | Iterable[Source],
        method: str,
        policy: LayerPolicy,
        lists: KnownLists,
        observer: Observer,
    ) -> None:
        """Name the layers.

        :raises InvalidSettings: there are none, one cannot be asked, two share a name, or the policy does not fit.
        """
        given: list[tuple[Any, Source]]
        if isinstance(layers, Mapping):
            given = list(layers.items())
        else:
            given = [(getattr(source, "name", None), source) for source in layers]
        names = [name for name, _ in given]
        for name, source in given:
            if not isinstance(name, str) or not callable(getattr(source, method, None)):
                raise InvalidSettings(
                    f"来源 {type(source).__name__} 没有 {method} 或名称; 见 credit_sdk.ports",
                    f"source {type(source).__name__} has no {method} or no name; see credit_sdk.ports",
                    key="layers",
                )
        if not given or len(set(names)) < len(names):
            raise InvalidSettings(
                "分层来源至少要有一层, 且名称互不相同; 同名来源请用 {名称: 来源} 给出",
                "a layered source needs a layer, and names that differ; give sources of one name as {name: source}",
                key="layers",
            )
        self.sources = [source for _, source in given]
        self.name = composed({}, names)
        self._names = names
        self._merger = Merger(names, policy, lists)
        self._observer = observer
        self._failures = FailureLog()

    def merged(self, subjects: Sequence[Subject], by_layer: Sequence[Sequence[Answer]]) -> Sequence[Answer]:
        """One answer for each subject."""
        for name, answers in zip(self._names, by_layer, strict=True):
            failures = [answer for answer in answers if isinstance(answer, NoDecision)]
            if failures:
                self._tell(name, failures)
        return [
            self._merger.answer(subject, [answers[place] for answers in by_layer])
            for place, subject in enumerate(subjects)
        ]

    def _tell(self, layer: str, failures: Sequence[NoDecision]) -> None:
        fault = fault_of(failures[0])
        self._failures.failed(
            f"分层来源的 {layer} 未作答 ({fault}); 其名单由其余来源作答, 或视为未查询",
            f"layer {layer} gave no answer ({fault}); its lists are answered for by others, or not consulted",
        )
        if self._observer is not SILENT:
            tell(self._observer, LayerFailed(layer, fault, len(failures)))


class LayeredSource:
    """Asks every layer, one after the other, and puts what they say together.

    Each layer may take its share of the time that is left, so that one that hangs leaves the others theirs. Closing it
    closes the layers.
    """

    def __init__(
        self,
        layers: Mapping[str, RecordSource] | Iterable[RecordSource],
        *,
        policy: LayerPolicy | None = None,
        lists: KnownLists = CATALOGUE,
        observer: Observer = SILENT,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """Put sources over each other.

        :param layers: the sources, the one that prevails first; with names of your own, as decisions are to show them, as a
            mapping in that order.
        :param policy: who prevails for which list; default: the first that covers it.
        :param lists: the lists that the policy may name; for local lists pass ``CreditClient.lists``.
        :param observer: is told when a layer fails.
        :param timer: seconds that only go forward.
        :raises InvalidSettings: the layers or the policy cannot be used.
        """
        self._layers: _Layers[RecordSource] = _Layers(layers, "fetch", policy or LayerPolicy(), lists, observer)
        self._timer = timer

    @property
    def name(self) -> str:
        """The layers' names; a record says who of them answered for which list."""
        return self._layers.name

    @property
    def sources(self) -> tuple[RecordSource, ...]:
        """The layers, the one that prevails first."""
        return tuple(self._layers.sources)

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:
        """One answer for each subject, put together from the layers'.

        :param timeout: seconds in total; ``None``: each layer's own default.
        """
        sources = self._layers.sources
        started = self._timer()
        by_layer = []
        for place, source in enumerate(sources):
            share = timeout
            if timeout is not None:
                left = timeout - (self._timer() - started)
                share = max(left, 0.0) / (len(sources) - place)
            by_layer.append(ask(source, subjects, share))
        return self._layers.merged(subjects, by_layer)

    def close(self, timeout: float = 5.0) -> None:
        """Close every layer, also if one of them fails to.

        :param timeout: seconds that all of them may take together.
        """
        left = TimeLeft(timeout)
        failed: Exception | None = None
        for source in self._layers.sources:
            try:
                bounded(source.close, left)
            except Exception as error:  # noqa: BLE001 - raised below, once all had their turn
                failed = failed or error
        if failed is not None:
            raise failed

    def __repr__(self) -> str:
        return f"<LayeredSource {self.name!r}>"


class AsyncLayeredSource:
    """:class:`LayeredSource`, awaited. The layers are asked at once, so each has the whole time."""

    def __init__(
        self,
        layers: Mapping[str, AsyncRecordSource] | Iterable[AsyncRecordSource],
        *,
        policy: LayerPolicy | None = None,
        lists: KnownLists = CATALOGUE,
        observer: Observer = SILENT,
    ) -> None:
        """As :class:`LayeredSource`; a blocking layer is wrapped in :class:`~credit_sdk.sources.ThreadedSource`."""
        self._layers: _Layers[AsyncRecordSource] = _Layers(
            layers, "fetch_async", policy or LayerPolicy(), lists, observer
        )

    @property
    def name(self) -> str:
        """As :attr:`LayeredSource.name`."""
        return self._layers.name

    @property
    def sources(self) -> tuple[AsyncRecordSource, ...]:
        """As :attr:`LayeredSource.sources`."""
        return tuple(self._layers.sources)

    async def fetch_async(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:  # noqa: ASYNC109 - the port's name for it
        """As :meth:`LayeredSource.fetch`."""
        asked = (ask_async(source, subjects, timeout) for source in self._layers.sources)
        return self._layers.merged(subjects, await asyncio.gather(*asked))

    async def aclose(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109 - the twin's name for it
        """As :meth:`LayeredSource.close`."""
        left = TimeLeft(timeout)
        closing = (bounded(source.aclose, left) for source in self._layers.sources)
        closed = await asyncio.gather(*closing, return_exceptions=True)
        for failed in closed:
            if failed is not None:
                raise failed

    def __repr__(self) -> str:
        return f"<AsyncLayeredSource {self.name!r}>"
