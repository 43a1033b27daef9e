"""One engine's datasets in parts: an Evaluator that runs each part of a history as a history of its own. Which parts, is not said here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from pinejax.broker.config import BrokerConfig
from pinejax.core.evaluation import Evaluation, KeepFn
from pinejax.core.feed import Feed
from pinejax.core.inputs import Params
from pinejax.core.window import Window
from pinejax.engine.detail import Detail
from pinejax.engine.engine import Engine, Timings
from pinejax.engine.program import Program


class PartedEngine:
    """A part begins flat, with the initial capital and with the bars before it to get warm on. Under a pruner the parts, in order of
    time, are the steps. Values lie side by side: the first dataset's parts in order, then the next one's.

    whole: the engine on whole histories; windows: by part, one per dataset. Errors: DataError where a part has too few bars.
    """

    def __init__(self, whole: Engine, windows: Sequence[Sequence[Window]]):
        self.whole, self._windows, self.plan = whole, [list(part) for part in windows], ""

    @property
    def datasets(self) -> tuple[str, ...]:
        """`BTCUSDT 5m@1h part 2 of 5`."""
        return tuple(name for feed in self.whole.feeds for name in part_names(feed.name, self.n_segments))

    @property
    def n_segments(self) -> int:
        """As many as parts."""
        return len(self._windows)

    @property
    def device(self) -> Any:
        """The engine's."""
        return self.whole.device

    @property
    def program(self) -> Program:
        """The engine's."""
        return self.whole.program

    @property
    def timings(self) -> Timings:
        """Of whole histories and parts together."""
        return self.whole.timings

    @cached_property
    def _together(self) -> Engine:
        """All parts as datasets."""
        feeds = [feed for feed in self.whole.feeds for _ in self._windows]
        return self._on(feeds, [part[d] for d in range(len(self.whole.feeds)) for part in self._windows])

    @cached_property
    def _each(self) -> list[Engine]:
        """One engine for each part."""
        return [self._on(self.whole.feeds, part) for part in self._windows]

    def _on(self, feeds: Sequence[Feed], windows: Sequence[Window]) -> Engine:
        made = self.whole.on(feeds, windows)
        made.timings = self.whole.timings
        return made

    def on(self, feeds: Sequence[Feed] | None = None, broker: BrokerConfig | None = None) -> PartedEngine:
        """The same parts of other histories, of as many bars, or with other broker numbers, as `Engine.on`."""
        return PartedEngine(self.whole.on(feeds, None, broker), self._windows)

    def warm_up(self) -> float:
        """Compile. Returns the seconds it took."""
        return self.whole.warm_up() + self._together.warm_up()

    def evaluate(self, batch: Sequence[Params], keep: KeepFn | None = None) -> list[Evaluation]:
        """As `Engine.evaluate`; the parts that a dropped trial did not come to are NaN."""
        if keep is None or not batch:
            found = self._together.evaluate(batch)
            self.plan = self._together.plan
            return found
        return self._part_by_part(batch, keep)

    def _part_by_part(self, batch: Sequence[Params], keep: KeepFn) -> list[Evaluation]:
        shape = len(batch), len(self.whole.feeds), self.n_segments
        metrics: dict[str, np.ndarray] = {}
        status, pruned_at = np.zeros(shape, np.int64), np.full(len(batch), -1)
        running = np.arange(len(batch))
        for part, engine in enumerate(self._each):
            for trial, evaluation in zip(running, engine.evaluate([batch[i] for i in running.tolist()]), strict=True):
                status[trial, :, part] = evaluation.status
                for name, values in evaluation.metrics.items():
                    metrics.setdefault(name, np.full(shape, np.nan))[trial, :, part] = values
            self.plan = engine.plan
            if part + 1 == self.n_segments:
                break
            done = {name: values[running, :, : part + 1].reshape(len(running), -1) for name, values in metrics.items()}
            goes_on = np.asarray(keep(part, running, done), bool)
            pruned_at[running[~goes_on]] = part
            running = running[goes_on]
            if not len(running):
                break
        row = lambda values, i: values[i].reshape(-1)  # noqa: E731
        return [
            Evaluation({name: row(values, i) for name, values in metrics.items()}, row(status, i), None if at < 0 else int(at))
            for i, at in enumerate(pruned_at)
        ]

    def detail(self, params: Params, dataset: int = 0) -> Detail:
        """One set on one part of a dataset, as `datasets` numbers them."""
        return self._together.detail(params, dataset)

    def detail_of_whole(self, params: Params, dataset: int = 0) -> Detail:
        """One set on a whole history."""
        return self.whole.detail(params, dataset)


def part_names(name: str, n_parts: int) -> list[str]:
    """How a dataset's parts are called."""
    return [f"{name} part {i + 1} of {n_parts}" for i in range(n_parts)]
