"""Whether what is stored is still good: files readable, bars as described, and what is odd about them. Repairs nothing."""

from __future__ import annotations

from pinejax.core.feed import Feed
from pinejax.core.timeframe import Timeframe
from pinejax.data.findings import Finding, look_at
from pinejax.data.frame import to_bars
from pinejax.data.manifest import Manifest, describe, read_manifest
from pinejax.data.store import Store
from pinejax.errors import DataError


def check_store(store: Store) -> list[Finding]:
    """Look at every dataset; at least one finding for each, in the order of their files."""
    findings: list[Finding] = []
    for path in store.manifest_paths():
        try:
            findings += check_dataset(store, read_manifest(path))
        except DataError as error:
            findings.append(Finding("error", f"{path.parent.name}/{path.stem}", str(error), "unreadable", 1))
    for path in sorted(store.root.glob("*/*.parquet")):
        if not path.with_suffix(".json").exists():
            name = f"{path.parent.name}/{path.name}"
            text = "a Parquet file without a manifest, so nobody reads it. Import it, or remove it."
            findings.append(Finding("error", name, text, "no_manifest", 1))
    return findings


def check_feed(store: Store, feed: Feed) -> list[Finding]:
    """Findings for the bars of a run, those it trades on; none for synthetic ones. Errors: DataError for an unknown exchange calendar."""
    if feed.synthetic:
        return []
    given = store.given()
    return look_at(feed.ltf, feed.timeframe.ltf, feed.name, feed.instrument, given.calendar(feed.symbol), given.accepted(feed.symbol))


def check_dataset(store: Store, manifest: Manifest) -> list[Finding]:
    """Findings for one dataset; a single `ok` where nothing is to be said. Errors: DataError where it cannot be loaded."""
    name = f"{manifest.symbol} {manifest.timeframe}"
    timeframe = Timeframe.parse(manifest.timeframe)
    frame = store.load(manifest.symbol, timeframe)
    symbols = store.given()
    instrument = symbols.instrument(manifest.symbol, manifest.instrument)
    findings = look_at(to_bars(frame), timeframe, name, instrument, symbols.calendar(manifest.symbol), symbols.accepted(manifest.symbol))
    if not any(finding.level == "error" for finding in findings) and describe(frame, manifest) != manifest:
        text = "its manifest does not describe these bars. Import its sources again, with --replace"
        return [Finding("error", name, text, "manifest", 1), *findings]
    return findings or [Finding("ok", name, f"{manifest.n_rows:,} bars")]
