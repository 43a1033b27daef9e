"""Small studies in a storage, made by searches without backtests and by stock Optuna."""

from __future__ import annotations

import functools
import sys
import tempfile
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

TESTS = Path(__file__).parents[1]
for folder in ("search", "study"):
    if str(TESTS / folder) not in sys.path:
        sys.path.insert(0, str(TESTS / folder))

from quadratic import Bowl, Quadratic  # noqa: E402
from stock import stock_study  # noqa: E402

from pinejax.search import ObjectiveConfig, SearchConfig, SearchResult, build_objective, build_space, run_search  # noqa: E402
from pinejax.search.fingerprint import CHOSEN, HISTORIES, RULE  # noqa: E402
from pinejax.search.keepsake import leave  # noqa: E402
from pinejax.search.library import Library  # noqa: E402
from pinejax.search.storage import open_store  # noqa: E402

ROWS = [
    {"name": name, "symbol": name.upper(), "timeframe": "5m@1h", "n_bars": 100, "first": "2024-01-01 00:00", "last": "2024-01-02 00:00",
     "content_hash": "ab" * 16, "synthetic": True}
    for name in ("one", "two")
]  # fmt: skip
CONTEXT = {
    "pinejax": "0.1.0",
    "code": "1234",
    "dtype": "float64",
    "data": {"one": "ab", "two": "cd"},
    "broker": {"commission": 0.001, "slippage_ticks": 0, "risk": {"max_drawdown": 0.5}},
    CHOSEN: {"snapshot": None, "start": "2024-01-01", "end": None, "strategy": "mine.py:Bowl", "root": "data/re al", HISTORIES: ROWS},
    RULE: {},
}
VERDICT = {"version": 1, "level": "luck", "sentence": "Not distinguishable from search luck.", "reasons": [], "next": [],
           "evidence": {"search": {"trials": {"raw": 24}}, "deflation": {"text": "Deflated.", "value": 0.1}}}  # fmt: skip
MANIFEST = {"pinejax": "0.1.0", "started": "2026-01-01T00:00:00+00:00", "state": "done", "search": {"sampler": "random", "seed": 1},
            "synthetic": "Made up.", "strategy": {"name": "Bowl", "given": "mine.py:Bowl"}, "broker": CONTEXT["broker"],
            "best_rerun_in_detail": {"trial": -1, "equal": True, "said": ""}}  # fmt: skip


@functools.cache
def _empty() -> bytes:
    """A database with tables and no study: making those takes longer than a small search."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.db"
        open_store(f"sqlite:///{file}", "s", ["maximize"]).close()
        with Library(f"sqlite:///{file}") as library:
            library.delete("s")
        return file.read_bytes()


def database(folder: Path) -> str:
    """The URL of a new SQLite file without a study."""
    (folder / "a.db").write_bytes(_empty())
    return f"sqlite:///{folder}/a.db"


def storage(kind: str, folder: Path) -> str:
    """The URL of a new storage: `sqlite`, or a `journal`, which is not there before it is written to."""
    return database(folder) if kind == "sqlite" else f"journal:///{folder}/a.log"


def search(url: str, name: str = "bowl", n_trials: int = 24, metric: Any = "sharpe", raise_at: int | None = None) -> SearchResult:
    """A study of Bowl on two datasets. raise_at: the batch in which evaluating fails."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    objective = build_objective(ObjectiveConfig(metric))
    config = SearchConfig(name, n_trials, sampler="random", batch_size=8, context=CONTEXT)
    return run_search(config, build_space(Bowl, {"mode": "deep"}), objective, Quadratic(raise_at=raise_at), url)


def end(url: str, name: str = "bowl", verdict: dict[str, Any] | None = VERDICT) -> None:
    """What a run leaves with its study at its end."""
    store = open_store(url, name, ["maximize"])
    leave(store, MANIFEST, verdict)
    store.close()


def stock(url: str) -> None:
    """A study of stock Optuna, named `stock`, one trial of which never ended."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    stock_study(url)


def trial(number: int, state: str = "COMPLETE", value: Any = None, start: Any = None, ended: Any = None, **attrs: Any) -> FrozenTrial:
    """value: a number, or one for each of several objectives."""
    values = None if value is None else list(value) if isinstance(value, (tuple, list)) else [value]
    return FrozenTrial(
        number=number, state=TrialState[state], value=None, values=values, datetime_start=start, datetime_complete=ended, params={},
        distributions={}, user_attrs=attrs, system_attrs={}, intermediate_values={}, trial_id=number,
    )  # fmt: skip
