"""The chosen set with its orders some bars late. How a body is made late is `late`."""

from __future__ import annotations

from pinejax.core.evaluation import Evaluation
from pinejax.engine.engine import Engine
from pinejax.judge.late import late
from pinejax.judge.subject import Subject
from pinejax.search.space import build_space


def delayed(subject: Subject, n_bars: int) -> Evaluation:
    """The set on the same bars, every order `n_bars` late. Traced and compiled anew, for this set alone.

    Errors: StrategyError where an order call of the body cannot be made late; ConfigError where the backend that was asked for cannot
    run it.
    """
    return subject.on(late_engine(subject, n_bars))


def late_engine(subject: Subject, n_bars: int) -> Engine:
    """An engine of the late strategy on the subject's datasets, every input pinned. Errors: StrategyError."""
    engine = subject.engine
    strategy = late(engine.strategy, n_bars)
    inputs = build_space(strategy, subject.params).inputs
    return Engine(strategy, engine.feeds, engine.broker, inputs, engine.config.for_batch(1), engine.windows)
