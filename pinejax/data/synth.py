"""Synthetic bars: a seeded generator with regimes, fat tails and volatility clustering. Labelled synthetic; says nothing about markets.

The model, per bar t of a symbol, in log prices:

- A Markov chain picks the regime (`REGIMES`: range, up, down, turbulent), each with a drift, a volatility and a mean length.
- Volatility clusters by a GARCH(1,1) of unit mean, h[t+1] = (1-a-b) + a h[t] z[t]^2 + b h[t] (Bollerslev 1986), times the regime's
  multiplier and a daily season.
- The shock z[t] is Student t with an even number of degrees of freedom, scaled to variance 1: a normal times
  sqrt((dof-2) / chi2[t]), chi2[t] being a sum of dof/2 exponentials.
- The bar is walked in `n_steps` steps that share the bar's chi2; open is the close before, high and low are the walk's extremes, so
  OHLC order holds by construction. Every step is rounded to the tick.
- ln(volume) follows the bar's volatility and |z|, with an AR(1) noise.
- `Market`: symbols share regimes, tails and a part of their normals, so that they are correlated; an edge of known size is planted.

Only uniform doubles are drawn (their stream is fixed for PCG64), and prices and volumes are rounded to steps, so that the same spec
gives the same bars with every NumPy and on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from jaxtyping import Float, Int

from pinejax.core.timeframe import Timeframe
from pinejax.data.frame import SCHEMA
from pinejax.data.grid import DAY_S, bucket_open
from pinejax.data.ingest import new_manifest
from pinejax.data.manifest import Manifest, Source
from pinejax.data.times import parse_bound
from pinejax.errors import DataError

_FIVE_MINUTES = Timeframe(300)
_VOLUME_STEP = 0.001
_VOLUME_BY_VOLATILITY = 0.8
_VOLUME_BY_SHOCK = 0.6
_VOLUME_NOISE = 0.35
_VOLUME_PERSISTENCE = 0.6
_SEASON = 0.35
"""Amplitude of the daily wave of ln(volatility); its peak is at 14:30 UTC, when US markets open."""
_SEASON_PEAK_S = 14.5 * 3_600


@dataclass(frozen=True)
class Regime:
    """drift: expected return of a bar, in the bar's volatility; volatility: multiplier; mean_bars: expected stay; name: in messages."""

    drift: float
    volatility: float
    mean_bars: float
    name: str


REGIMES = (
    Regime(0.0, 0.7, 240.0, "range"),
    Regime(0.03, 0.9, 180.0, "up"),
    Regime(-0.03, 1.0, 180.0, "down"),
    Regime(0.0, 1.8, 60.0, "turbulent"),
)
_NAMES = tuple(regime.name for regime in REGIMES)


@dataclass(frozen=True)
class Market:
    """What symbols have in common, and what is planted in each.

    correlation: of the shocks of any two symbols; above 0 they also share regimes and tails, drawn from `seed`. regimes: those that occur;
    a single one is never left. edge_rate: planted drift of a bar, a log return, with the sign of the move of the last `edge_bars` bars:
    a strategy that holds that sign earns edge_rate per bar before costs, on average; below 0 it is one that bets against it. edge_until:
    the fraction of the bars that have the edge; after them it is gone.
    """

    correlation: float = 0.0
    seed: int = 0
    regimes: tuple[str, ...] = _NAMES
    edge_rate: float = 0.0
    edge_bars: int = 20
    edge_until: float = 1.0

    def __post_init__(self) -> None:
        checks = {
            "correlation in 0..1": 0 <= self.correlation <= 1,
            "seed >= 0": self.seed >= 0,
            f"regimes among {', '.join(_NAMES)}, each once": bool(self.regimes)
            and not set(self.regimes) - set(_NAMES)
            and len(set(self.regimes)) == len(self.regimes),
            "edge_rate in -0.1..0.1": abs(self.edge_rate) <= 0.1,
            "edge_bars >= 1": self.edge_bars >= 1,
            "edge_until in 0..1": 0 <= self.edge_until <= 1,
        }
        failed = [text for text, good in checks.items() if not good]
        if failed:
            raise DataError(f"synthetic market: expected {' and '.join(failed)}, got {self}.")


ALONE = Market()
"""Symbols that have nothing in common, every regime, nothing planted."""


@dataclass(frozen=True)
class SynthSpec:
    """What to generate; equal specs give equal bars.

    volatility_rate: a day's standard deviation of log returns, before regimes and season. start: open of the first bar, UTC, moved
    down to the timeframe's grid. volume: a typical bar's, in contracts.
    tail_dof: even, above 2.
    """

    symbol: str
    seed: int
    timeframe: Timeframe = _FIVE_MINUTES
    n_bars: int = 25_920
    start: str = "2024-01-01"
    price: float = 100.0
    tick_size: float = 0.01
    volatility_rate: float = 0.03
    volume: float = 1_000.0
    tail_dof: int = 4
    garch_a: float = 0.06
    garch_b: float = 0.92
    n_steps: int = 20

    def __post_init__(self) -> None:
        checks = {
            "n_bars >= 1": self.n_bars >= 1,
            "price > tick_size > 0": self.price > self.tick_size > 0,
            "volatility_rate in 0..1": 0 < self.volatility_rate < 1,
            "seed >= 0": self.seed >= 0,
            "an even tail_dof above 2": self.tail_dof > 2 and self.tail_dof % 2 == 0,
            "garch_a + garch_b < 1": min(self.garch_a, self.garch_b) >= 0 and self.garch_a + self.garch_b < 1,
            "n_steps >= 1": self.n_steps >= 1,
        }
        failed = [text for text, good in checks.items() if not good]
        if failed:
            raise DataError(f"synthetic {self.symbol}: expected {' and '.join(failed)}, got {self}.")


def generate(spec: SynthSpec, market: Market = ALONE) -> pl.DataFrame:
    """The spec's bars, in the store's columns. Prices are multiples of the tick, at least one tick."""
    rng = np.random.Generator(np.random.PCG64(spec.seed))
    time = _opens(spec)
    path, steps, chi2 = _drawn(rng, spec)
    if market.correlation > 0:
        path, common, chi2 = _drawn(np.random.Generator(np.random.PCG64(market.seed)), spec)
        steps = np.sqrt(market.correlation) * common + np.sqrt(1.0 - market.correlation) * steps
    regime = _regime_path(path, [regime for regime in REGIMES if regime.name in market.regimes])
    steps *= np.sqrt((spec.tail_dof - 2) / chi2)[:, None]
    shock = steps.sum(axis=1)
    base = spec.volatility_rate * np.sqrt(spec.timeframe.seconds / DAY_S)
    relative = regime[:, 1] * np.sqrt(_garch(shock, spec.garch_a, spec.garch_b)) * _season(time)
    drift = base * regime[:, 1] * regime[:, 0]
    moves = drift[:, None] / spec.n_steps + (base * relative)[:, None] * steps
    if market.edge_rate:
        moves += _edge(moves.sum(axis=1), market)[:, None] / spec.n_steps
    open_, high, low, close = _walk(moves, spec.price, spec.tick_size)
    volume = _volume(relative, shock, _normals(rng, spec.n_bars, 1)[:, 0], spec.volume)
    return pl.DataFrame({"time": time, "open": open_, "high": high, "low": low, "close": close, "volume": volume}, schema=SCHEMA)


def describe_synthetic(spec: SynthSpec, bars: pl.DataFrame, market: Market = ALONE) -> Manifest:
    """The manifest of generated bars: marked synthetic, with the spec's tick size, and what the market has that others have not."""
    told = "" if market == ALONE else f", {market}"
    source = Source(f"synthetic generator, seed {spec.seed}{told}", hashlib.sha256(f"{spec!r}{told}".encode()).hexdigest(), len(bars))
    manifest = new_manifest(spec.symbol, spec.timeframe, bars, (source,), synthetic=True)
    return replace(manifest, tick_size=spec.tick_size, tick_size_given=True)


def _opens(spec: SynthSpec) -> Int[np.ndarray, " bars"]:
    start = np.array([parse_bound(spec.start, "start")], np.int64)
    return bucket_open(start, spec.timeframe) + np.arange(spec.n_bars, dtype=np.int64) * spec.timeframe.ms


def _normals(rng: np.random.Generator, n_rows: int, n_columns: int) -> Float[np.ndarray, "rows columns"]:
    """Standard normals by Box and Muller (1958)."""
    radius, angle = rng.random((2, n_rows, n_columns))
    return np.sqrt(-2.0 * np.log(1.0 - radius)) * np.cos(2.0 * np.pi * angle)


def _drawn(
    rng: np.random.Generator, spec: SynthSpec
) -> tuple[Float[np.ndarray, "bars 2"], Float[np.ndarray, "bars steps"], Float[np.ndarray, " bars"]]:
    """Uniforms of the regimes, normals of the steps (of variance 1 a bar), and the chi2 of the tails."""
    path = rng.random((spec.n_bars, 2))
    steps = _normals(rng, spec.n_bars, spec.n_steps) / np.sqrt(spec.n_steps)
    return path, steps, -2.0 * np.log(1.0 - rng.random((spec.n_bars, spec.tail_dof // 2))).sum(axis=1)


def _edge(moves: Float[np.ndarray, " bars"], market: Market) -> Float[np.ndarray, " bars"]:
    """The planted drift of each bar: edge_rate with the sign of the last moves, the planted part of those included."""
    out, n = np.zeros(len(moves)), market.edge_bars
    recent, total = moves.tolist(), 0.0
    stop = round(len(recent) * market.edge_until)
    for i in range(stop):
        if i >= n:
            out[i] = np.sign(total) * market.edge_rate
            recent[i] += out[i]
            total -= recent[i - n]
        total += recent[i]
    return out


def _regime_path(u: Float[np.ndarray, "bars 2"], regimes: Sequence[Regime]) -> Float[np.ndarray, "bars 2"]:
    """Each bar's (drift, volatility). A regime is left with probability 1/mean_bars; the next is any other, equally likely."""
    now, path = 0, np.empty(len(u), np.int64)
    for i, (leave, pick) in enumerate(u.tolist()):
        if leave < 1.0 / regimes[now].mean_bars and len(regimes) > 1:
            now = (now + 1 + int(pick * (len(regimes) - 1))) % len(regimes)
        path[i] = now
    return np.array([(regime.drift, regime.volatility) for regime in regimes])[path]


def _garch(shock: Float[np.ndarray, " bars"], a: float, b: float) -> Float[np.ndarray, " bars"]:
    """GARCH(1,1) variance of unit mean, known before its bar."""
    out, h = np.empty(len(shock)), 1.0
    for i, z in enumerate(shock.tolist()):
        out[i] = h
        h = (1.0 - a - b) + a * h * z * z + b * h
    return out


def _season(time: Int[np.ndarray, " bars"]) -> Float[np.ndarray, " bars"]:
    of_day_s = time // 1_000 % DAY_S
    return np.exp(_SEASON * np.cos(2.0 * np.pi * (of_day_s - _SEASON_PEAK_S) / DAY_S))


def _walk(moves: Float[np.ndarray, "bars steps"], price: float, tick_size: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Open, high, low, close of a walk with the given log moves, each step rounded to the tick."""
    path = price * np.exp(np.cumsum(moves.ravel())).reshape(moves.shape)
    ticks = np.maximum(np.rint(path / tick_size), 1.0)
    close = ticks[:, -1]
    open_ = np.append(max(np.rint(price / tick_size), 1.0), close[:-1])
    high = np.maximum(ticks.max(axis=1), open_)
    low = np.minimum(ticks.min(axis=1), open_)
    per_unit = np.rint(1.0 / tick_size)
    # Dividing by a whole number gives the double nearest to the decimal price; multiplying by 0.1 does not.
    divides = abs(per_unit * tick_size - 1.0) < 1e-9
    o, h, low_, c = (column / per_unit if divides else column * tick_size for column in (open_, high, low, close))
    return o, h, low_, c


def _volume(
    relative: Float[np.ndarray, " bars"], shock: Float[np.ndarray, " bars"], noise: Float[np.ndarray, " bars"], typical: float
) -> Float[np.ndarray, " bars"]:
    carried, state = np.empty(len(noise)), 0.0
    for i, e in enumerate(noise.tolist()):
        state = _VOLUME_PERSISTENCE * state + _VOLUME_NOISE * e
        carried[i] = state
    level = _VOLUME_BY_VOLATILITY * np.log(relative) + _VOLUME_BY_SHOCK * np.log1p(np.abs(shock)) + carried
    return np.maximum(np.rint(typical * np.exp(level) / _VOLUME_STEP), 1.0) / round(1.0 / _VOLUME_STEP)
