"""The chosen set on its own bars: what is put to the test, whatever kind of study it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pinejax.core.evaluation import Evaluation
from pinejax.core.inputs import Params
from pinejax.engine.engine import Engine
from pinejax.job.joint import TIMEFRAME, JointEngine, without_timeframe
from pinejax.judge.case import Case, NotEnough


@dataclass(frozen=True)
class Subject:
    """engine: of one timeframe pair; params: complete, as that engine takes them."""

    engine: Engine
    params: Params

    @property
    def symbols(self) -> tuple[str, ...]:
        """Of the engine's datasets, in their order; one that has several windows comes several times."""
        return tuple(feed.symbol for feed in self.engine.feeds)

    def on(self, engine: Engine) -> Evaluation:
        """The set on another engine of the same datasets."""
        (found,) = engine.evaluate([self.params])
        return found


def subject_of(case: Case) -> Subject:
    """Errors: NotEnough where the study has no best set."""
    if not case.study.best:
        raise NotEnough("expected a best set, found none: no trial of the study is complete.")
    params = case.chosen.complete
    if isinstance(case.engine, JointEngine):
        return Subject(case.engine.engines[str(params[TIMEFRAME])], without_timeframe(params))
    return Subject(case.engine, params)


def symbols_in_order(names: Sequence[str]) -> list[str]:
    """Each once."""
    return list(dict.fromkeys(names))
