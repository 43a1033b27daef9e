"""pinejax.data.synth"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinejax.core.timeframe import Timeframe
from pinejax.data.cli import main
from pinejax.data.quality import assess
from pinejax.data.sample import SAMPLE
from pinejax.data.store import Store
from pinejax.data.synth import Market, SynthSpec, describe_synthetic, generate
from pinejax.errors import DataError

SPEC = SynthSpec("S", seed=1, n_bars=2_000)


@pytest.fixture(scope="module")
def long() -> pl.DataFrame:
    return generate(SAMPLE[0])


def returns(bars: pl.DataFrame) -> np.ndarray:
    return np.diff(np.log(bars["close"].to_numpy()))


def test_equal_specs_give_equal_bars_and_seeds_matter() -> None:
    assert generate(SPEC).equals(generate(replace(SPEC)))
    assert not generate(SPEC).equals(generate(replace(SPEC, seed=2)))


@given(
    st.integers(0, 2**63),
    st.sampled_from([0.25, 0.01, 0.1, 1e-5, 1.0]),
    st.floats(1.5, 9e4),
    st.floats(0.001, 0.5),
    st.sampled_from(["1m", "1h", "1W"]),
)
@settings(max_examples=30, deadline=None)
def test_bars_are_sound_whatever_the_spec(seed: int, tick: float, price: float, volatility: float, timeframe: str) -> None:
    spec = SynthSpec(
        "S", seed=seed, timeframe=Timeframe.parse(timeframe), n_bars=200, price=price, tick_size=tick, volatility_rate=volatility
    )
    bars = generate(spec)
    quality = assess(bars, spec.timeframe)
    assert (len(bars), quality.n_gaps, quality.n_off_grid, quality.n_ohlc_order) == (200, 0, 0, 0)
    prices = bars.select("open", "high", "low", "close").to_numpy()
    assert (prices >= tick).all()
    np.testing.assert_allclose(prices / tick, np.rint(prices / tick), rtol=1e-12)
    assert (bars["open"][1:] == bars["close"][:-1]).all()
    assert (bars["volume"] > 0).all()


def test_tails_are_fat(long: pl.DataFrame) -> None:
    r = returns(long)
    assert ((r - r.mean()) ** 4).mean() / r.var() ** 2 > 6.0


def test_volatility_clusters_and_returns_do_not(long: pl.DataFrame) -> None:
    r = returns(long)
    assert np.corrcoef(np.abs(r[:-12]), np.abs(r[12:]))[0, 1] > 0.1
    assert abs(np.corrcoef(r[:-1], r[1:])[0, 1]) < 0.05


def test_volume_follows_volatility(long: pl.DataFrame) -> None:
    assert np.corrcoef(np.abs(returns(long)), np.log(long["volume"].to_numpy()[1:]))[0, 1] > 0.3


def test_the_manifest_says_synthetic_and_names_the_seed() -> None:
    manifest = describe_synthetic(SPEC, generate(SPEC))
    assert manifest.synthetic
    assert manifest.sources[0].name == "synthetic generator, seed 1"
    assert manifest.tick_size == 0.01


@pytest.mark.parametrize(
    "wrong", [{"n_bars": 0}, {"price": 0.001}, {"tail_dof": 5}, {"garch_a": 0.2}, {"seed": -1}, {"volatility_rate": 0.0}]
)
def test_a_spec_without_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(DataError, match="synthetic S: expected"):
        replace(SPEC, **wrong)


def _returns(bars: pl.DataFrame) -> np.ndarray:
    close = np.log(bars["close"].to_numpy())
    return np.diff(close)


@pytest.mark.parametrize("correlation", [0.2, 0.6, 0.9])
def test_symbols_of_a_market_are_correlated_as_asked(correlation: float) -> None:
    market = Market(correlation=correlation, seed=5)
    a, b = (_returns(generate(SynthSpec("X", seed=seed, n_bars=20_000, tick_size=1e-5), market)) for seed in (11, 12))
    assert np.corrcoef(a, b)[0, 1] == pytest.approx(correlation, abs=0.06)


def test_a_market_without_anything_in_common_is_the_symbols_alone() -> None:
    spec = SynthSpec("X", seed=3, n_bars=500)
    assert generate(spec, Market()).equals(generate(spec))
    assert describe_synthetic(spec, generate(spec), Market()) == describe_synthetic(spec, generate(spec))


@pytest.mark.parametrize(("edge_rate", "n"), [(0.001, 20), (-0.001, 5), (0.0005, 1)])
def test_the_planted_edge_is_what_its_strategy_earns(edge_rate: float, n: int) -> None:
    market = Market(edge_rate=edge_rate, edge_bars=n, edge_until=0.5, regimes=("range",))
    bars = generate(SynthSpec("X", seed=4, n_bars=60_000, tick_size=1e-6, volatility_rate=0.05), market)
    close, half = np.log(bars["close"].to_numpy()), 30_000
    held = np.sign(close[n:-1] - close[: -n - 1])
    earned = held * np.diff(close)[n:]
    error = earned.std() / np.sqrt(half)
    assert earned[: half - n - 1].mean() == pytest.approx(edge_rate, abs=4 * error)
    assert abs(edge_rate) > 8 * error, "or the test could not tell"
    assert earned[half:].mean() == pytest.approx(0.0, abs=4 * error)


def test_regimes_left_out_do_not_occur() -> None:
    spec = SynthSpec("X", seed=8, n_bars=20_000)
    calm, wild = (_returns(generate(spec, Market(regimes=(name,)))).std() for name in ("range", "turbulent"))
    assert wild / calm == pytest.approx(1.8 / 0.7, rel=0.1)


@pytest.mark.parametrize(
    "wrong", [{"correlation": 1.5}, {"regimes": ("sideways",)}, {"regimes": ()}, {"edge_rate": 5.0}, {"edge_bars": 0}, {"edge_until": 2.0}]
)
def test_a_market_without_sense_is_refused(wrong: dict) -> None:
    with pytest.raises(DataError, match="synthetic market: expected"):
        Market(**wrong)


def test_the_command_writes_a_market_and_what_was_planted(tmp_path: Path) -> None:
    typed = ["synth", "--root", str(tmp_path), "--symbol", "A,B", "--bars", "300", "--correlation", "0.5", "--edge-bps", "3"]
    assert main(typed) == 0
    store = Store(tmp_path)
    assert store.symbols() == ["A", "B"]
    assert "edge_rate=0.0003" in store.manifest("A", Timeframe.parse("5m")).sources[0].name
    assert not store.load("A", Timeframe.parse("5m")).equals(store.load("B", Timeframe.parse("5m")))
    assert main(["synth", "--root", str(tmp_path), "--correlation", "0.5"]) == 2
