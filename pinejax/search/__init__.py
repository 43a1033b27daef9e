"""Searching a strategy's parameters with Optuna: spaces, samplers, objectives, studies and the loop. It never runs a backtest itself."""

from pinejax.core.evaluation import Evaluation, Evaluator, KeepFn
from pinejax.search.config import SearchConfig
from pinejax.search.interrupts import StopRequest
from pinejax.search.loop import run_search
from pinejax.search.narrowing import Choice, Interval, parse_setting
from pinejax.search.objective import Objective, ObjectiveConfig, build_objective
from pinejax.search.result import Callback, Progress, SearchResult
from pinejax.search.space import Space, build_space
from pinejax.search.storage import open_store
from pinejax.search.store import StudyStore
from pinejax.search.timings import Timings

__all__ = [
    "Callback",
    "Choice",
    "Evaluation",
    "Evaluator",
    "Interval",
    "KeepFn",
    "Objective",
    "ObjectiveConfig",
    "Progress",
    "SearchConfig",
    "SearchResult",
    "Space",
    "StopRequest",
    "StudyStore",
    "Timings",
    "build_objective",
    "build_space",
    "open_store",
    "parse_setting",
    "run_search",
]
