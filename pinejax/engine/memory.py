"""How much memory a batch may take on the CPU, and how it is cut into blocks for that. What a GPU's calls hold is `devices`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pinejax.errors import ConfigError

DEFAULT_RATE = 0.7
"""Of the memory available to the process."""

STATE_COPIES = 3
"""Of a lane's state at worst: as it runs, as NumPy arrays, and packed together again after a pruning."""

UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def bytes_of(text: int | str) -> int:
    """`4GB`, `1.5 GiB`, `800MB`, or a number of bytes. Errors: ConfigError."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*", str(text), re.IGNORECASE)
    n = int(float(found[1]) * (1024 if found[3] else 1000) ** UNITS[found[2].lower()]) if found else 0
    if n <= 0:
        raise ConfigError(f"engine.memory_limit: expected bytes such as 4GB, 800MB or 2000000000, or null, got {text!r}.")
    return n


def in_words(n_bytes: int) -> str:
    """`1.5 GB`: three digits at most, so that whoever types it gets no less than was said."""
    power = 3 if n_bytes >= 1e9 else 2 if n_bytes >= 1e6 else 1
    return f"{n_bytes / 1000**power:.3g} {'_kMG'[power]}B" if n_bytes < 1e12 else f"{n_bytes / 1e12:.3g} TB"


def available_bytes(root: Path = Path("/")) -> int | None:
    """What this process may still take: of the machine's memory and of every control group it is in. None where nobody says."""
    found = [*_of_machine(root), *_of_groups(root)]
    return max(min(found), 0) if found else None


def _of_machine(root: Path) -> list[int]:
    said = re.search(r"^MemAvailable:\s*(\d+) kB", _read(root / "proc/meminfo"), re.MULTILINE)
    return [int(said[1]) * 1024] if said else []


def _of_groups(root: Path) -> list[int]:
    """Limit less use, what can be dropped from the page cache not counted as used; version 2 and 1, a container's group and its own."""
    base = root / "sys/fs/cgroup"
    out = []
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, kinds, path = line.split(":", 2)
        if kinds in ("", "memory"):
            top, limit, used, cache = _FILES[kinds]
            for folder in dict.fromkeys((base / top, base / top / path.lstrip("/"))):
                most, now = (_read(folder / name).strip() for name in (limit, used))
                idle = re.search(rf"^{cache} (\d+)", _read(folder / "memory.stat"), re.MULTILINE)
                if most.isdigit() and now.isdigit():
                    out.append(int(most) - int(now) + (int(idle[1]) if idle else 0))
    return out


_FILES = {
    "": (".", "memory.max", "memory.current", "inactive_file"),
    "memory": ("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


@dataclass(frozen=True)
class Need:
    """Bytes. lane: of the state and parameters of a lane; bars: of all datasets, which stay in memory."""

    lane: int
    bars: int


@dataclass(frozen=True)
class Cut:
    """lanes: the most of one block; n_threads: blocks at a time."""

    lanes: int
    n_threads: int


def cut_batch(need: Need, limit: int | None, *, n_trials: int, n_datasets: int, unit: int, n_threads: int, pruned: bool) -> Cut:
    """Blocks so large that what is computed at once stays below the limit (None: no limit); more blocks than that are rounds.

    unit: a block has a multiple of so many lanes. pruned: all lanes are held from segment to segment. Errors: ConfigError where not even
    one unit fits, or not all lanes where that must be.
    """
    wanted = padded(n_trials, unit)
    if limit is None:
        return Cut(wanted, n_threads)
    each = STATE_COPIES * need.lane
    fits = max(limit - need.bars, 0) // each // unit * unit
    said = (
        f"engine.memory_limit: {in_words(need.bars)} of bars and {in_words(unit * each)} for {unit} lanes do not fit in {in_words(limit)}"
    )
    if fits == 0:
        raise ConfigError(f"{said}. Set engine.memory_limit={in_words(need.bars + unit * each)} or more, or choose fewer datasets or bars.")
    if pruned and wanted * n_datasets > fits:
        batch = fits // n_datasets // unit * unit
        asked = f"engine.memory_limit: a pruner holds all of {n_trials} trials x {n_datasets} datasets at once, " + (
            f"{in_words(need.bars + wanted * n_datasets * each)}; the limit is {in_words(limit)}"
        )
        smaller = f"Set search.batch_size={batch} or less" if batch else "Choose fewer datasets"
        raise ConfigError(f"{asked}. {smaller}, raise the limit, or choose no pruner.")
    at_once = min(n_threads, fits // unit)
    return Cut(min(wanted, fits // at_once // unit * unit), at_once)


def padded(n: int, unit: int) -> int:
    """The next multiple."""
    return -(-n // unit) * unit
