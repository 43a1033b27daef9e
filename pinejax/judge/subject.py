"""What the chosen set is put to the test on: whole histories, whatever the search was made of; and the set on its own bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pinejax.core.evaluation import Evaluation
from pinejax.core.inputs import Params
from pinejax.engine.engine import Engine
from pinejax.engine.parted import PartedEngine
from pinejax.job.joint import TIMEFRAME, JointEngine, without_timeframe
from pinejax.judge.case import Case, NotEnough
from pinejax.search import Objective
from pinejax.search.parts import PartsObjective


@dataclass(frozen=True)
class Whole:
    """engines: by timeframe pair, or one alone under None. objective: of whole histories. of_parts: whether the study's values are of parts
    of them, and so no values of these.
    """

    engines: Mapping[str | None, Engine]
    objective: Objective
    of_parts: bool

    @property
    def sign(self) -> float:
        """Of the first objective, +1 where more is better."""
        return self.objective.terms[0].sign

    @property
    def engine(self) -> Any:
        """What evaluates complete sets of the study's space."""
        if None in self.engines:
            return self.engines[None]
        first = next(iter(self.engines.values()))
        return JointEngine({str(pair): engine for pair, engine in self.engines.items()}, tuple(feed.symbol for feed in first.feeds))

    def subject(self, params: Params) -> Subject:
        """A complete set on its own bars."""
        if None in self.engines:
            return Subject(self.engines[None], params)
        return Subject(self.engines[str(params[TIMEFRAME])], without_timeframe(params))


@dataclass(frozen=True)
class Subject:
    """engine: of one timeframe pair; params: complete, as that engine takes them."""

    engine: Engine
    params: Params

    @property
    def symbols(self) -> tuple[str, ...]:
        """Of the engine's datasets, in their order."""
        return tuple(feed.symbol for feed in self.engine.feeds)

    def on(self, engine: Engine) -> Evaluation:
        """The set on another engine of the same datasets."""
        (found,) = engine.evaluate([self.params])
        return found


def whole_of(case: Case) -> Whole:
    """What a case's sets are run on. Errors: NotEnough where the study has no best set."""
    if not case.study.best:
        raise NotEnough("expected a best set, found none: no trial of the study is complete.")
    given: Any = case.engine
    engines = given.engines if isinstance(given, JointEngine) else {None: given}
    whole = {pair: engine.whole if isinstance(engine, PartedEngine) else engine for pair, engine in engines.items()}
    of_parts = isinstance(case.objective, PartsObjective)
    return Whole(whole, case.objective.plain if isinstance(case.objective, PartsObjective) else case.objective, of_parts)


def symbols_in_order(names: Sequence[str]) -> list[str]:
    """Each once."""
    return list(dict.fromkeys(names))
