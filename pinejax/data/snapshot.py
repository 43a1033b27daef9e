"""A store's datasets frozen under a name: linked, listed with their hashes, proved again later. Not copies where links do."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pinejax.core.timeframe import Timeframe
from pinejax.data.findings import Finding
from pinejax.data.frame import content_hash
from pinejax.data.manifest import Manifest
from pinejax.data.parquet import read_parquet, write_text
from pinejax.data.store import Store, slug
from pinejax.data.symbols import FILE as SYMBOLS_FILE
from pinejax.errors import DataError, did_you_mean

FOLDER = ".snapshots"
FILE = "snapshot.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Frozen:
    """One dataset of a snapshot. path: of its Parquet, from the folder; instrument: as runs see it."""

    path: str
    symbol: str
    timeframe: str
    n_rows: int
    first: str
    last: str
    content_hash: str
    instrument: dict[str, str | float]


@dataclass(frozen=True)
class Snapshot:
    """What a snapshot holds. hash: of all its datasets' bars and instruments, the same wherever it lies."""

    name: str
    created: str
    hash: str
    datasets: tuple[Frozen, ...]


def freeze(store: Store, name: str, created: str, symbols: Sequence[str] = ()) -> tuple[Snapshot, bool]:
    """Freeze the store's datasets (of these symbols, or all) under the name; whether it is new.

    Every dataset is loaded and compared with its manifest first. The same bars under the same name change nothing. created: UTC, ISO 8601.
    Errors: DataError for a bad name, one that other bars have, an unknown symbol, a broken dataset, or a folder that cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise DataError(f"snapshot: expected a name of letters, digits, dots, dashes and underscores such as q2-2025, got {name!r}.")
    chosen = [_named(store, symbol) for symbol in symbols]
    manifests = [manifest for symbol, _, manifest in store.datasets() if not chosen or symbol in chosen]
    if not manifests:
        raise DataError(f"snapshot: expected datasets to freeze, found none in {store.root}.")
    for manifest in manifests:
        store.load(manifest.symbol, Timeframe.parse(manifest.timeframe))
    datasets = tuple(_frozen(store, manifest) for manifest in manifests)
    snapshot = Snapshot(name, created, _hash(datasets), datasets)
    folder = store.root / FOLDER / name
    if folder.exists():
        there = read_snapshot(folder)
        if there.hash == snapshot.hash:
            return there, False
        raise DataError(f"snapshot {name}: there is one of other bars ({', '.join(_differing(there, snapshot))}). Choose another name.")
    try:
        _write(store, snapshot, folder)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror or error}).") from None
    return snapshot, True


def open_snapshot(root: str | Path | None, name: str) -> Store:
    """The store of a snapshot. Errors: DataError where there is none of that name under `root`."""
    if not root:
        raise DataError(f"data.snapshot={name}: expected data.root with the folder it was made in. The bundled sample has no snapshots.")
    folder = Path(root).expanduser() / FOLDER / name
    if not (folder / FILE).is_file():
        known = [path.parent.name for path in (Path(root).expanduser() / FOLDER).glob(f"*/{FILE}")]
        raise DataError(f"data.snapshot: there is no snapshot {name!r} in {root}. {did_you_mean(name, known)}")
    return Store(folder)


def read_snapshot(path: Path) -> Snapshot:
    """The snapshot described by a file, or by the one in a folder. Errors: DataError where it cannot be read or was edited."""
    file = path / FILE if path.is_dir() else path
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        datasets = tuple(Frozen(**item) for item in raw.pop("datasets"))
        found = Snapshot(**raw, datasets=datasets)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{file}: expected a snapshot's description, got something unreadable ({error}).") from None
    if _hash(found.datasets) != found.hash:
        raise DataError(f"{file}: its hash is not that of the datasets it lists: somebody edited it.")
    return found


def verify(folder: Path, snapshot: Snapshot) -> list[Finding]:
    """Whether a folder holds exactly the snapshot's bars: a finding for each of its datasets, a note for each dataset beyond them."""
    store, findings = Store(folder), []
    for item in snapshot.datasets:
        name = f"{item.symbol} {item.timeframe}"
        problem = _problem(store, item)
        findings.append(Finding("error", name, problem, "verify", 1) if problem else Finding("ok", name, f"{item.n_rows:,} bars"))
    listed = {item.path for item in snapshot.datasets}
    extra = [path.relative_to(folder).as_posix() for path in sorted(folder.glob("*/*.parquet"))]
    return [*findings, *(Finding("note", path, "is not part of the snapshot", "extra", 1) for path in extra if path not in listed)]


def _problem(store: Store, item: Frozen) -> str:
    try:
        found = content_hash(read_parquet(store.root / item.path, item.path, "Take it from a backup."))
        manifest = store.manifest(item.symbol, Timeframe.parse(item.timeframe))
    except DataError as error:
        return str(error)
    if found != item.content_hash:
        return f"its bars have changed: expected the content hash {item.content_hash[:12]}, found {found[:12]}"
    now = asdict(store.given().instrument(item.symbol, manifest.instrument))
    changed = [
        f"{key}: expected {item.instrument.get(key)}, found {value}" for key, value in now.items() if item.instrument.get(key) != value
    ]
    return f"its instrument has changed: {'; '.join(changed)}" if changed else ""


def _named(store: Store, symbol: str) -> str:
    name = store.given().named(symbol)
    store.timeframes(name)
    return name


def _frozen(store: Store, manifest: Manifest) -> Frozen:
    return Frozen(
        path=f"{slug(manifest.symbol)}/{manifest.timeframe}.parquet",
        symbol=manifest.symbol,
        timeframe=manifest.timeframe,
        n_rows=manifest.n_rows,
        first=manifest.first,
        last=manifest.last,
        content_hash=manifest.content_hash,
        instrument=asdict(store.given().instrument(manifest.symbol, manifest.instrument)),
    )


def _hash(datasets: Sequence[Frozen]) -> str:
    return hashlib.sha256(json.dumps([asdict(item) for item in datasets], sort_keys=True).encode()).hexdigest()


def _differing(one: Snapshot, other: Snapshot) -> list[str]:
    before, after = ({(item.symbol, item.timeframe): item for item in each.datasets} for each in (one, other))
    return [
        f"{symbol} {timeframe}"
        for symbol, timeframe in sorted({*before, *after})
        if before.get((symbol, timeframe)) != after.get((symbol, timeframe))
    ]


def _write(store: Store, snapshot: Snapshot, folder: Path) -> None:
    """Beside its place first, so that a snapshot is whole or not there."""
    building = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        for item in snapshot.datasets:
            for name in (item.path, item.path.removesuffix(".parquet") + ".json"):
                (building / name).parent.mkdir(parents=True, exist_ok=True)
                _link(store.root / name, building / name)
        if (store.root / SYMBOLS_FILE).exists():
            shutil.copyfile(store.root / SYMBOLS_FILE, building / SYMBOLS_FILE)
        write_text(json.dumps(asdict(snapshot), indent=2, ensure_ascii=False) + "\n", building / FILE)
        os.rename(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _link(source: Path, target: Path) -> None:
    """A hard link, which later imports do not touch: they put new files in place of old ones. A copy where the file system has none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
