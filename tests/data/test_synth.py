"""pinejax.data.synth"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinejax.core.timeframe import Timeframe
from pinejax.data.quality import assess
from pinejax.data.sample import SAMPLE
from pinejax.data.synth import SynthSpec, describe_synthetic, generate
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
