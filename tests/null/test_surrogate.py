"""Surrogate histories: what each method keeps, what it destroys, and that their bars are bars."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pinejax.core.align import align_htf
from pinejax.core.feed import Bars, Feed, Instrument
from pinejax.core.timeframe import TimeframePair
from pinejax.errors import DataError
from pinejax.null.surrogate import Material, Method, Recipe, default_block_bars

N = 4_000
METHODS: tuple[Method, ...] = ("permutation", "bootstrap", "mirror")
MINUTE_MS = 60_000


def feed_of(close: np.ndarray, *, tick: float = 1e-6, symbol: str = "A", timeframe: str = "5m@1h", time: np.ndarray | None = None) -> Feed:
    """Opens at the close before; volume is the bar's number."""
    rng, n = np.random.default_rng(len(symbol)), len(close)
    close = np.round(close / tick) * tick
    open_ = np.append(close[:1], close[:-1])
    spread = np.abs(rng.normal(size=(2, n))) * 0.05
    high = np.round((np.maximum(open_, close) + spread[0]) / tick) * tick
    low = np.round((np.minimum(open_, close) - spread[1]) / tick) * tick
    time = np.arange(n, dtype=np.int64) * 5 * MINUTE_MS if time is None else time
    ltf, pair = Bars(time, open_, high, low, close, np.arange(n, dtype=float)), TimeframePair.parse(timeframe)
    htf, marks = align_htf(ltf, pair)
    return Feed(symbol, pair, ltf, htf, marks, Instrument(tick_size=tick), content_hash=symbol)


def walk(seed: int, n: int = N, drift: float = 0.0) -> np.ndarray:
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(drift, 1e-3, n)))


def moves(feed: Feed) -> np.ndarray:
    return np.diff(np.log(feed.ltf.close))


def table(feed: Feed) -> np.ndarray:
    """Open, high, low, close over the close before, in logarithms."""
    b = feed.ltf
    return np.log(np.stack([b.open, b.high, b.low, b.close])[:, 1:] / b.close[:-1])


@pytest.mark.parametrize("block", [1, 12, 300])
def test_a_permutation_has_the_same_bars_each_once(block: int) -> None:
    real = feed_of(walk(1, drift=2e-5))
    (made,) = Material.of([real]).surrogate(Recipe("permutation", block, 1), 0)
    assert not np.array_equal(made.ltf.close, real.ltf.close)
    np.testing.assert_array_equal(np.sort(made.ltf.volume), real.ltf.volume)
    # The very first bar of either history has no close before it.
    taken = made.ltf.volume[1:].astype(int)
    inside = taken > 0
    np.testing.assert_allclose(table(made)[:, inside], table(real)[:, taken[inside] - 1], atol=5e-8)
    assert made.ltf.close[-1] / made.ltf.open[0] == pytest.approx(real.ltf.close[-1] / real.ltf.open[0], rel=1e-7)
    np.testing.assert_array_equal(made.ltf.time, real.ltf.time)
    assert made.synthetic and made.content_hash != real.content_hash


def test_blocks_have_the_mean_length_that_was_asked_for() -> None:
    real = feed_of(walk(1))
    for block in (3, 12, 80):
        (made,) = Material.of([real]).surrogate(Recipe("permutation", block, 1), 0)
        n_blocks = 1 + np.sum(np.diff(made.ltf.volume) != 1)
        assert N / n_blocks == pytest.approx(block, rel=0.35)


@pytest.mark.parametrize("method", ["permutation", "mirror"])
def test_the_real_history_is_as_far_from_a_surrogate_as_these_are_from_each_other(method: Method) -> None:
    """Of what is left within blocks: on independent bars it ranks anywhere among the surrogates, not in their middle."""

    def rank(seed: int) -> float:
        real, recipe = feed_of(walk(seed, 300)), Recipe(method, 12, seed)
        material = Material.of([real])
        told = [float(x[1:] @ x[:-1]) for x in map(moves, (real, *(material.surrogate(recipe, b)[0] for b in range(9))))]
        return float(np.mean(np.array(told[1:]) >= told[0]))

    found = np.array([rank(seed) for seed in range(60)])
    assert 0.3 < np.mean((found < 0.25) | (found > 0.75)) < 0.8  # 0.6 where all ranks are as likely


@pytest.mark.parametrize("method", METHODS)
def test_symbols_keep_their_correlation(method: Method) -> None:
    common = np.random.default_rng(0).normal(size=N)
    own = np.random.default_rng(1).normal(size=(2, N))
    paths = [100 * np.exp(np.cumsum((0.8 * common + 0.6 * x) * 1e-3)) for x in own]
    feeds = [feed_of(p, symbol=s) for p, s in zip(paths, ("A", "BB"), strict=True)]
    before = np.corrcoef(*map(moves, feeds))[0, 1]
    made = Material.of(feeds).surrogate(Recipe(method, 12, 3), 0)
    assert before == pytest.approx(0.64, abs=0.03)
    assert np.corrcoef(*map(moves, made))[0, 1] == pytest.approx(before, abs=0.03)


@pytest.mark.parametrize("method", ["permutation", "bootstrap"])
def test_autocorrelation_beyond_a_block_is_gone(method: Method) -> None:
    noise = np.random.default_rng(2).normal(size=N) * 1e-3
    trending = np.empty(N)
    last = 0.0
    for i, x in enumerate(noise):
        last = trending[i] = 0.4 * last + x
    real = feed_of(100 * np.exp(np.cumsum(trending)))
    auto = lambda feed: np.corrcoef(moves(feed)[1:], moves(feed)[:-1])[0, 1]  # noqa: E731
    after = [auto(Material.of([real]).surrogate(Recipe(method, block, 1), 0)[0]) for block in (1, 50)]
    assert auto(real) == pytest.approx(0.4, abs=0.05)
    assert abs(after[0]) < 0.05 and after[1] > 0.3


def test_a_mirror_keeps_drift_times_and_sizes_of_moves() -> None:
    real = feed_of(walk(4, drift=1e-4))
    made = [Material.of([real]).surrogate(Recipe("mirror", 12, 1), b)[0] for b in range(40)]
    mean = moves(real).mean()
    flipped = moves(made[0]) - moves(real)
    turned = np.abs(flipped) > 1e-7
    assert 0.35 < turned.mean() < 0.65
    np.testing.assert_allclose(moves(made[0])[turned], 2 * mean - moves(real)[turned], atol=1e-7)
    np.testing.assert_array_equal(made[0].ltf.volume, real.ltf.volume)
    ends = [np.log(m.ltf.close[-1] / m.ltf.open[0]) for m in made]
    assert np.mean(ends) == pytest.approx(N * mean, abs=4 * 1e-3 * np.sqrt(N / 40 * 12))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tick", [0.01, 0.25])
def test_bars_are_valid_and_on_the_tick_grid(method: Method, tick: float) -> None:
    real = feed_of(walk(5, drift=-2e-3), tick=tick)  # down to a few ticks
    assert real.ltf.close[-1] < 1
    real = replace(real, ltf=replace(real.ltf, low=np.maximum(real.ltf.low, tick), close=np.maximum(real.ltf.close, tick),
                                     open=np.maximum(real.ltf.open, tick), high=np.maximum(real.ltf.high, tick)))  # fmt: skip
    for b in range(3):
        (made,) = Material.of([real]).surrogate(Recipe(method, 12, 1), b)
        bars = made.ltf
        assert (bars.low >= tick).all()
        assert (bars.high >= np.maximum(bars.open, bars.close)).all() and (bars.low <= np.minimum(bars.open, bars.close)).all()
        for name in ("open", "high", "low", "close"):
            steps = getattr(bars, name) / tick
            np.testing.assert_allclose(steps, np.rint(steps), atol=1e-9)
        assert np.array_equal(np.round(bars.close, 2), bars.close)  # the nearest doubles of decimal prices
        np.testing.assert_array_equal(bars.open[1:], bars.close[:-1])


@pytest.mark.parametrize("method", METHODS)
def test_htf_bars_are_those_of_the_new_bars(method: Method) -> None:
    real = feed_of(walk(6))
    (made,) = Material.of([real]).surrogate(Recipe(method, 12, 1), 0)
    at = np.flatnonzero(made.htf_complete)
    np.testing.assert_array_equal(made.htf_complete, real.htf_complete)
    hours = made.ltf.high[: len(at) * 12].reshape(-1, 12).max(axis=1)
    np.testing.assert_array_equal(made.htf.high[at], hours)
    assert not np.array_equal(hours, real.htf.high[at])


@pytest.mark.parametrize("method", METHODS)
def test_a_surrogate_depends_on_seed_and_number_alone(method: Method) -> None:
    feeds = [feed_of(walk(7)), feed_of(walk(8), symbol="BB")]
    recipe, made = Recipe(method, 12, 5), []
    for material in (Material.of(feeds), Material.of(feeds)):
        material.surrogate(recipe, 9)
        made.append(material.surrogate(recipe, 4))
    np.testing.assert_array_equal(made[0][1].ltf.close, made[1][1].ltf.close)
    assert made[0][0].content_hash == made[1][0].content_hash
    others = [Material.of(feeds).surrogate(replace(recipe, seed=s), b)[0] for s, b in ((5, 5), (6, 4))]
    assert not any(np.array_equal(o.ltf.close, made[0][0].ltf.close) for o in others)
    assert len({o.content_hash for o in (*others, made[0][0])}) == 3


@pytest.mark.parametrize("method", METHODS)
def test_gaps_and_unequal_lengths_leave_the_others_side_by_side(method: Method) -> None:
    """B has gaps and begins late: beside A it keeps its correlation, where a shift by one bar would lose all of it."""
    common = np.random.default_rng(9).normal(size=N) * 1e-3
    own = np.random.default_rng(10).normal(size=N) * 3e-4
    time = np.arange(N, dtype=np.int64) * 5 * MINUTE_MS
    there = np.ones(N, bool)
    there[:1_500] = False
    there[np.random.default_rng(11).choice(np.arange(1_600, N), 40, replace=False)] = False
    a = feed_of(100 * np.exp(np.cumsum(common)), time=time)
    b = feed_of(100 * np.exp(np.cumsum(common + own))[there], symbol="BB", time=time[there])
    new_a, new_b = Material.of([a, b]).surrogate(Recipe(method, 12, 1), 0)
    np.testing.assert_array_equal(new_b.ltf.time, b.ltf.time)
    side = np.searchsorted(new_a.ltf.time, new_b.ltf.time)
    both = [np.log(x.ltf.close / x.ltf.open) for x in (new_a, new_b)]
    assert np.corrcoef(both[0][side], both[1])[0, 1] > 0.9
    if method == "permutation":
        np.testing.assert_array_equal(np.sort(new_b.ltf.volume), b.ltf.volume)
        assert new_b.ltf.close[-1] / new_b.ltf.open[0] == pytest.approx(b.ltf.close[-1] / b.ltf.open[0], rel=1e-7)


def test_the_account_currency_rate_stays_where_it_is() -> None:
    real = replace(feed_of(walk(1)), rate=np.linspace(1, 2, N))
    (made,) = Material.of([real]).surrogate(Recipe("permutation", 12, 1), 0)
    np.testing.assert_array_equal(made.rate, real.rate)


def test_a_block_is_a_bar_of_the_htf_where_nobody_says() -> None:
    assert default_block_bars([feed_of(walk(1, 100))]) == 12
    assert default_block_bars([feed_of(walk(1, 100), timeframe="5m")]) == 1


def test_what_is_no_ratio_or_no_common_clock_is_refused() -> None:
    real = feed_of(walk(1, 100))
    with pytest.raises(DataError, match="prices above 0"):
        Material.of([replace(real, ltf=replace(real.ltf, low=real.ltf.low - 100))])
    with pytest.raises(DataError, match="one timeframe"):
        Material.of([real, feed_of(walk(1, 100), timeframe="15m", time=np.arange(100, dtype=np.int64) * 15 * MINUTE_MS)])
