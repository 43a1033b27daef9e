"""pinejax.data.symbols: what `symbols.yaml` says, and what a run makes of it"""

from __future__ import annotations

from pathlib import Path

import pytest

from pinejax.config import from_mapping
from pinejax.core.feed import Instrument
from pinejax.data.feed import load_feed
from pinejax.data.ingest import import_files
from pinejax.data.store import Store
from pinejax.data.symbols import read_symbols
from pinejax.errors import ConfigError, DataError
from pinejax.job.session import Session, prepare

JANUARY_2_MS = 1_704_153_600_000


@pytest.fixture
def store(tmp_path: Path, csv_file, make_bars) -> Store:
    import_files(tmp_path / "store", [csv_file("X_5m.csv", make_bars(600)), csv_file("Y_5m.csv", make_bars(600, seed=1))])
    return Store(tmp_path / "store")


def write(store: Store, text: str) -> None:
    (store.root / "symbols.yaml").write_text(text)


def prepared(store: Store, symbols: list[str], **broker) -> Session:
    tree = {"strategy": {"name": "ema_cross"}, "timeframe": "5m", "symbol": symbols, "data": {"root": str(store.root)}, "broker": broker}
    return prepare(from_mapping(tree))


def test_without_the_file_nothing_is_given(store: Store) -> None:
    assert read_symbols(store.root).instrument("X", Instrument(tick_size=0.5)) == Instrument(tick_size=0.5)


def test_a_runs_instrument_is_what_is_given_and_else_what_was_imported(store: Store) -> None:
    write(
        store, "instruments:\n  X: {tick_size: 0.25, point_value: 50, currency: USD, zone: America/Chicago, session: '1700-1600:23456'}\n"
    )
    known = store.manifest("X", store.timeframes("X")[0]).instrument
    assert load_feed(store, "X", "5m").instrument == Instrument(0.25, known.lot_step, 50.0, "USD", "America/Chicago", "1700-1600:23456")
    assert load_feed(store, "Y", "5m").instrument == store.manifest("Y", store.timeframes("Y")[0]).instrument


def test_an_alias_names_the_bars_of_a_run(store: Store) -> None:
    write(store, "aliases: {OLD: X}")
    assert load_feed(store, "OLD", "15m").symbol == "X"


def test_a_zone_moves_the_days_of_a_higher_timeframe(store: Store) -> None:
    assert load_feed(store, "X", "5m@1D").htf.time.max() == JANUARY_2_MS
    write(store, "instruments: {X: {zone: America/New_York}}")
    assert load_feed(store, "X", "5m@1D").htf.time.max() == JANUARY_2_MS - 19 * 3_600_000, "the day from 2024-01-01 05:00 UTC on"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a list", "the file: expected keys and values"),
        ("a: b: c", "expected YAML"),
        ("symbols: {}", "symbols: there is no such key"),
        ("aliases: {A: B, B: C}", r"aliases\.A: expected a name that bars are stored under"),
        ("instruments: {X: {tick: 1}}", r"instruments\.X\.tick: there is no such key. Did you mean tick_size"),
        ("instruments: {X: {tick_size: 0}}", r"instruments\.X\.tick_size: expected a number above zero, got 0"),
        ("instruments: {X: {zone: Chicago}}", r"instruments\.X\.zone: time zone: expected an IANA name"),
        ("instruments: {X: {session: 9 to 5}}", r"instruments\.X\.session: session: expected hours"),
        ("instruments: {X: {accept: [gap]}}", r"instruments\.X\.accept: expected kinds among gaps,"),
        ("instruments: {X: {commission: 5}}", r"instruments\.X\.commission: expected a fraction below 0\.1"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_key(store: Store, text: str, message: str) -> None:
    write(store, text)
    with pytest.raises(DataError, match=message):
        read_symbols(store.root)


def test_a_given_commission_is_the_brokers_unless_somebody_chose_one(store: Store) -> None:
    write(store, "instruments: {X: {commission: 0.0002}, Y: {commission: 0.0002}}")
    session = prepared(store, ["X", "Y"])
    assert session.config.broker.commission == 0.0002
    assert session.notes == [f"broker.commission=0.0002: from {store.root / 'symbols.yaml'}"]
    assert prepared(store, ["X"], commission=0.001).config.broker.commission == 0.001


def test_commissions_that_differ_within_a_run_are_refused(store: Store) -> None:
    write(store, "instruments: {X: {commission: 0.0002}}")
    with pytest.raises(ConfigError, match=r"broker\.commission: the symbols' own differ \(X 0\.0002, Y none\)"):
        prepared(store, ["X", "Y"])
    assert prepared(store, ["X"]).config.broker.commission == 0.0002
