"""Where CMA-ES starts: from another study's trials, a run's files, a bank, or a point that is typed. The sampler is in `hybrid`.

Trials of a study or of a run become Optuna's `source_trials`: the best tenth of them gives the first mean and covariance (Nomura et al.,
Warm Starting CMA-ES, AAAI 2021). A bank holds winners alone, from which no distribution can be told: its best set is the first mean.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from pinejax.core.inputs import Params, Value
from pinejax.errors import ConfigError, PinejaxError
from pinejax.search.banks import BANK, read_entries
from pinejax.search.library import Library
from pinejax.search.narrowing import scalar
from pinejax.search.records import duplicate_of
from pinejax.search.space import Space

LEAST_TRIALS = 10
"""Of which the best tenth is one."""
BANK_SIGMA = 0.1
"""In parts of each parameter's range: the spread that Warm Starting CMA-ES gives to a single source point."""
TRIALS, LINES = "trials_final.csv", "trials.jsonl"
"""At a run's end, and while it runs."""
_FORMULA = re.compile(r"^'(?=[=+\-@])")
Judged = tuple[Params, float]


@dataclass(frozen=True)
class WarmStart:
    """What was read. source: as typed. trials: for `source_trials`; x0: else the set to start from. n_outside: sets outside the space."""

    source: str
    trials: tuple[FrozenTrial, ...] = ()
    x0: Params | None = None
    n_outside: int = 0

    def __str__(self) -> str:
        what = f"the best set of {self.source}" if self.x0 is not None else f"the best tenth of {len(self.trials)} trials of {self.source}"
        left = f"; {self.n_outside} lie outside this space and were left out" if self.n_outside else ""
        return f"CMA-ES starts from {what}{left}."


def read_warm_start(source: str, space: Space, directions: Sequence[str], storage: object) -> WarmStart:
    """Reads `sampler.cmaes.warm_start`: the name of a study in the same storage, a run's folder, its trials_final.csv or
    trials.jsonl, or a bank.json.

    storage: the search's URL, where it has one. Errors: ConfigError for a source that cannot be read, has other directions, another
    strategy's parameters, or too few sets inside the space.
    """
    where = f"sampler.cmaes.warm_start={source}"
    try:
        judged, bank = _judged(source, where, directions, storage)
        chosen = judged or bank
        inside = [(space.complete(params), value) for params, value in chosen if space.contains(params)]
    except PinejaxError as error:
        said = str(error)
        raise ConfigError(said if said.startswith(where) else f"{where}: {said}") from None
    n_outside = len(chosen) - len(inside)
    if not judged and inside:
        return WarmStart(source, x0=inside[0][0], n_outside=n_outside)
    if len(inside) < (LEAST_TRIALS if judged else 1):
        least = f"at least {LEAST_TRIALS} evaluated trials" if judged else "a set"
        raise ConfigError(f"{where}: expected {least} inside this search's space, got {len(inside)} ({n_outside} lie outside).")
    numeric = {name: d for name, d in space.distributions.items() if not isinstance(d, CategoricalDistribution)}
    trials = [
        create_trial(value=value, params={name: params[name] for name in numeric}, distributions=dict(numeric)) for params, value in inside
    ]
    return WarmStart(source, tuple(trials), n_outside=n_outside)


def cma_start(flags: Mapping[str, Any], space: Space, warm: WarmStart | None) -> dict[str, Any]:
    """The arguments x0, sigma0 and source_trials of Optuna's CmaEsSampler. Errors: ConfigError for a combination that says two things."""
    sigma0 = flags["sigma0"]
    if sigma0 is not None and (isinstance(sigma0, bool) or not isinstance(sigma0, (int, float)) or not 0 < sigma0 < math.inf):
        raise ConfigError(f"sampler.cmaes.sigma0: expected null or a number > 0 (in parts of each range), got {sigma0!r}.")
    if flags["warm_start"] is None:
        return {"x0": _start(flags["x0"], space), "sigma0": sigma0, "source_trials": None}
    assert warm is not None, "the search reads what warm_start names"
    if flags["x0"] is not None:
        raise ConfigError("sampler.cmaes: warm_start and x0 both say where to start. Keep one of them.")
    if not flags["with_margin"]:
        raise ConfigError("sampler.cmaes.warm_start: needs with_margin=true.")
    if warm.x0 is not None:
        return {"x0": dict(warm.x0), "sigma0": sigma0 or BANK_SIGMA, "source_trials": None}
    if sigma0 is not None:
        raise ConfigError("sampler.cmaes.sigma0: a warm start from trials takes the spread from them. Leave one of the two out.")
    return {"x0": None, "sigma0": None, "source_trials": list(warm.trials)}


def _start(given: Any, space: Space) -> dict[str, Value] | None:
    """x0 completed by defaults."""
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise ConfigError(f"sampler.cmaes.x0: expected parameters with their values, such as {{fast: 9, slow: 21}}, got {given!r}.")
    if not space.contains(given):
        raise ConfigError(f"sampler.cmaes.x0: {dict(given)} lies outside the search's space.")
    defaults = {name: domain.input.default for name, domain in space.domains.items()}
    return defaults | {name: space.domains[name].canonical(value) for name, value in given.items()}


def _judged(source: str, where: str, directions: Sequence[str], storage: object) -> tuple[list[Judged], list[Judged]]:
    """Evaluated sets with their values, and a bank's; one of the two is empty."""
    path = Path(source).expanduser()
    if path.is_dir():
        bank = read_entries([path], where) if (path / BANK).is_file() else []
        _check_directions(where, _directions_of(bank), directions)
        trials = next((path / name for name in (TRIALS, LINES) if (path / name).is_file()), None)
        if trials is not None:
            judged = _from_file(trials, where)
            return (judged, []) if len(judged) >= LEAST_TRIALS or not bank else ([], [(entry["params"], 0.0) for entry in bank])
        return [], [(entry["params"], 0.0) for entry in read_entries([path], where)]
    if path.suffix in (".csv", ".jsonl"):
        return _from_file(path, where), []
    if path.is_file() or path.suffix == ".json":
        entries = read_entries([path], where)
        _check_directions(where, _directions_of(entries), directions)
        return [], [(entry["params"], 0.0) for entry in entries]
    if not isinstance(storage, str):
        raise ConfigError(f"{where}: there is no such file, and this search has no storage in which a study of that name could be.")
    with Library(storage) as library:
        stored = library.read(source)
    _check_directions(where, stored.directions, directions)
    complete = [t for t in stored.trials if t.state == TrialState.COMPLETE and t.values and duplicate_of(t) is None]
    return [(dict(t.params), t.values[0]) for t in complete], []


def _from_file(path: Path, where: str) -> list[Judged]:
    return _from_lines(path, where) if path.suffix == ".jsonl" else _from_csv(path, where)


def _from_lines(path: Path, where: str) -> list[Judged]:
    """COMPLETE trials of a trials.jsonl, but for a last line that a killed run did not finish."""
    try:
        trials = [json.loads(line) for line in path.read_bytes().rpartition(b"\n")[0].splitlines()]
        complete = [trial for trial in trials if trial["state"] == "COMPLETE" and trial["duplicate_of"] is None]
        return [(trial["params"], float(value)) for trial in complete if (value := _only(trial["values"], where, path)) is not None]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{where}: {path} cannot be read as the trials.jsonl of a run ({error}).") from None


def _only(values: Mapping[str, float | None], where: str, path: Path) -> float | None:
    if len(values) != 1:
        raise ConfigError(f"{where}: expected the trials of a search of one objective in {path}, got {', '.join(values)}.")
    return next(iter(values.values()))


def _from_csv(path: Path, where: str) -> list[Judged]:
    """COMPLETE trials of a trials_final.csv; an empty cell is an inactive parameter. An apostrophe before what would be a formula goes."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{where}: cannot read {path} ({error}).") from None
    if rows and not {"state", "value"} <= rows[0].keys():
        raise ConfigError(f"{where}: expected the columns state and value in {path}, as {TRIALS} of a search of one objective has them.")
    found = []
    for row in rows:
        if row["state"] == "COMPLETE" and row["value"] and not row.get("duplicate_of"):
            cells = {key.removeprefix("params_"): cell for key, cell in row.items() if key.startswith("params_") and cell}
            found.append(({name: scalar(name, _FORMULA.sub("", cell)) for name, cell in cells.items()}, float(row["value"])))
    return found


def _directions_of(entries: Sequence[Mapping[str, Any]]) -> list[str] | None:
    said = entries[0].get("directions") if entries else None
    return list(said.values()) if isinstance(said, Mapping) else None


def _check_directions(where: str, found: Sequence[str] | None, mine: Sequence[str]) -> None:
    if found is not None and list(found) != list(mine):
        raise ConfigError(f"{where}: expected a search that goes {', '.join(mine)}, as this one, got {json.dumps(list(found))}.")
