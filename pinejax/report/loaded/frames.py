"""A run's files as Polars frames whose columns do not depend on what the run has left: what is missing is an empty frame.

Rates are fractions, times are UTC and the opens of bars, null is what is not defined.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from pinejax.report.listed import Listed
from pinejax.report.saved import Dataset, Saved
from pinejax.report.tables import RESULTS

TIME = pl.Datetime("ms", "UTC")
TRIALS = {
    "number": pl.Int64, "state": pl.String, "value": pl.Float64, "violation": pl.Float64, "n_steps": pl.Int64, "duplicate_of": pl.Int64,
}  # fmt: skip
DATASETS = {
    "name": pl.String, "symbol": pl.String, "timeframe": pl.String, "n_bars": pl.Int64, "first": TIME, "last": TIME,
    "content_hash": pl.String, "synthetic": pl.Boolean,
}  # fmt: skip
TRADES = {
    "dataset": pl.String, "symbol": pl.String, "timeframe": pl.String, "number": pl.Int64, "side": pl.String, "entry_time": TIME,
    "exit_time": TIME, "entry_signal": pl.String, "exit_signal": pl.String, "entry_price": pl.Float64, "exit_price": pl.Float64,
    "qty": pl.Float64, "value": pl.Float64, "pnl": pl.Float64, "pnl_rate": pl.Float64, "commission": pl.Float64, "mfe": pl.Float64,
    "mfe_rate": pl.Float64,
    "mae": pl.Float64, "mae_rate": pl.Float64, "total": pl.Float64, "total_rate": pl.Float64, "is_open": pl.Boolean, "seen": pl.Boolean,
}  # fmt: skip
EQUITY = {
    "dataset": pl.String, "time": TIME, "equity": pl.Float64, "buy_and_hold": pl.Float64, "drawdown": pl.Float64, "seen": pl.Boolean,
}  # fmt: skip
BARS = {
    "dataset": pl.String, "time": TIME, "open": pl.Float64, "high": pl.Float64, "low": pl.Float64, "close": pl.Float64, "n_bars": pl.Int32,
}  # fmt: skip
SUMMARY = {
    "dataset": pl.String, "figure": pl.String, "unit": pl.String, "all": pl.Float64, "long": pl.Float64, "short": pl.Float64,
    "seen": pl.Boolean,
}  # fmt: skip
FOLDS = {
    "fold": pl.Int64, "train_first": TIME, "train_last": TIME, "test_first": TIME, "test_last": TIME, "n_trials": pl.Int64,
    "trial": pl.Int64, "in_sample_value": pl.Float64, "in_sample_return": pl.Float64, "in_sample_n_trades": pl.Int64,
    "out_of_sample_value": pl.Float64, "out_of_sample_return": pl.Float64, "out_of_sample_n_trades": pl.Int64,
}  # fmt: skip
HISTORY = {"day": pl.Date, "fold": pl.Int64, "return": pl.Float64, "equity": pl.Float64}
HISTORIES = {"history": pl.Int64, "value": pl.Float64}
STRESS = {
    "name": pl.String, "value": pl.Float64, "change": pl.Float64, "total_return": pl.Float64, "sharpe": pl.Float64,
    "max_drawdown": pl.Float64, "n_trades": pl.Int64,
}  # fmt: skip


def trials(saved: Saved) -> pl.DataFrame:
    """One row per trial: TRIALS, then params_<name> (null where inactive); of several objectives value_<objective> and pareto for value."""
    found = saved.trials
    return pl.DataFrame(schema=TRIALS) if found is None else found


def results(saved: Saved) -> pl.DataFrame:
    """One row per trial and dataset: RESULTS, then every metric. Errors: ReportError for another file of that name."""
    found = pl.DataFrame(schema=dict(RESULTS)) if saved.results is None else saved.results
    return found.with_columns(pl.col(pl.Float64).fill_nan(None))


def datasets(saved: Saved) -> pl.DataFrame:
    """One row per dataset of the run: DATASETS."""
    rows = [{name: row.get(name) for name in DATASETS} for row in saved.manifest.get("datasets", ())]
    texts = {name: pl.String if kind == TIME else kind for name, kind in DATASETS.items()}
    return _timed(pl.DataFrame(rows, schema=texts), ("first", "last"))


def trades(saved: Saved, names: Sequence[Dataset]) -> pl.DataFrame:
    """One row per trade of the best set: TRADES. Numbered in each dataset as its list of trades is, open ones last.

    seen: False for those on a holdout that was opened, which have numbers and totals of their own. Exact where trades.parquet is there;
    those of a list alone (CSV), as on a holdout, are rounded as it is, and their commission is null.
    """
    frames = [found for dataset in names if (found := _seen(saved, dataset)) is not None]
    outside = [(dataset, saved.outside[dataset.name].trades) for dataset in names if dataset.name in saved.outside]
    frames += [_listed(dataset, found, False) for dataset, found in outside if found is not None]
    return pl.concat([pl.DataFrame(schema=TRADES), *frames])


def _seen(saved: Saved, dataset: Dataset) -> pl.DataFrame | None:
    exact = saved.exact_trades(dataset)
    if exact is None:
        listed = saved.trades(dataset)
        return None if listed is None else _listed(dataset, listed, True)
    side = pl.when(pl.col("direction") > 0).then(pl.lit("long")).otherwise(pl.lit("short")).alias("side")
    known = exact.with_columns(side, pl.col("trade").alias("number"), pl.lit(True).alias("seen"))
    return known.select(pl.col(name).cast(kind) for name, kind in TRADES.items()).with_columns(pl.selectors.float().fill_nan(None))


def _listed(dataset: Dataset, found: Listed, seen: bool) -> pl.DataFrame:
    n = len(found)
    columns: dict[str, Any] = {
        "dataset": [dataset.name] * n,
        "symbol": [dataset.symbol] * n,
        "timeframe": [dataset.timeframe] * n,
        "number": range(1, n + 1),
        "side": ["long" if way > 0 else "short" for way in found.direction],
        "pnl_rate": found.rate,
        "commission": [None] * n,
        "seen": [seen] * n,
    }
    series = []
    for name, kind in TRADES.items():
        values = columns[name] if name in columns else getattr(found, name)
        series.append(pl.Series(name, _plain(values), dtype=pl.Int64 if kind == TIME else kind).cast(kind))
    return pl.DataFrame(series)


def _plain(values: Any) -> list[Any]:
    return values.tolist() if hasattr(values, "tolist") else list(values)


def equity(saved: Saved) -> pl.DataFrame:
    """One row per dataset and bar: EQUITY, account currency at the bar's close; drawdown: below the highest so far, 0 or less."""
    frames = [
        pl.DataFrame(
            {
                "dataset": pl.repeat(name, len(line.time), dtype=pl.String, eager=True),
                "time": pl.Series(line.time).cast(TIME),
                "equity": line.equity,
                "buy_and_hold": line.hold,
                "drawdown": line.drawdown,
                "seen": line.seen,
            }
        )
        for name, line in saved.lines.items()
    ]
    return pl.concat([pl.DataFrame(schema=EQUITY), *frames])


def bars(saved: Saved) -> pl.DataFrame:
    """One row per dataset and bar: BARS; n_bars: how many of the run's bars are one row."""
    frames = [
        pl.DataFrame(
            {
                "dataset": pl.repeat(name, len(found), dtype=pl.String, eager=True),
                "time": pl.Series(found.time).cast(TIME),
                **{price: getattr(found, price) for price in ("open", "high", "low", "close")},
                "n_bars": pl.repeat(each, len(found), dtype=pl.Int32, eager=True),
            }
        )
        for name, (found, each) in saved.bars.items()
    ]
    return pl.concat([pl.DataFrame(schema=BARS), *frames])


def summary(saved: Saved, names: Sequence[Dataset]) -> pl.DataFrame:
    """TradingView's performance summary, one row per dataset and figure: SUMMARY. unit: money, fraction, count, ratio, bars, contracts.

    seen: False for a holdout that was opened.
    """
    sides = [(dataset, saved.summary(dataset), True) for dataset in names]
    sides += [(dataset, saved.outside[dataset.name].summary, False) for dataset in names if dataset.name in saved.outside]
    rows = [
        (dataset.name, name, unit, *(_known(value) for value in (*values, *[math.nan] * 3)[:3]), seen)
        for dataset, found, seen in sides
        for name, (unit, values) in found.items()
    ]
    return pl.DataFrame(rows, schema=SUMMARY, orient="row")


def folds(saved: Saved) -> pl.DataFrame:
    """One row per span of a walk forward: FOLDS, then the chosen set as params_<name> (null where inactive)."""
    content = evidence(saved, "walk_forward")
    rows, params = [], []
    for fold in content.get("folds") or ():
        ends = {f"{part}_{end}": fold[part]["dates"][i] for part in ("train", "test") for i, end in enumerate(("first", "last"))}
        sides = {
            f"{side}_{name}": (fold.get(side) or {}).get(name)
            for side in ("in_sample", "out_of_sample")
            for name in ("value", "return", "n_trades")
        }
        row = {"fold": fold.get("fold"), **ends, "n_trials": fold.get("n_trials"), "trial": fold.get("trial"), **sides}
        rows.append({name: row[name] for name in FOLDS})
        params.append(fold.get("params") or {})
    texts = {name: pl.String if kind == TIME else kind for name, kind in FOLDS.items()}
    frame = _timed(pl.DataFrame(rows, schema=texts), [name for name, kind in FOLDS.items() if kind == TIME])
    names = dict.fromkeys(name for chosen in params for name in chosen)
    return frame.with_columns(pl.Series(f"params_{name}", [chosen.get(name) for chosen in params], strict=False) for name in names)


def history(saved: Saved) -> pl.DataFrame:
    """The test spans of a walk forward as one history: HISTORY, of one unit."""
    return (
        pl.DataFrame(schema=HISTORY) if saved.walk is None else saved.walk.select(pl.col(name).cast(kind) for name, kind in HISTORY.items())
    )


def histories(saved: Saved) -> pl.DataFrame:
    """The best value of each history without an edge (the null search): HISTORIES; null where no set satisfied the constraints."""
    values = evidence(saved, "null_search").get("distribution") or ()
    return pl.DataFrame({"history": range(len(values)), "value": list(values)}, schema=HISTORIES)


def stress(saved: Saved) -> pl.DataFrame:
    """The best set under harder conditions, the base first: STRESS; `without X` where a symbol or a timeframe was left out."""
    content = evidence(saved, "stress")
    rows = [content["base"], *content.get("rows", ())] if content.get("base") else []
    for group in ("symbols", "timeframes"):
        rows += [{**row, "name": f"without {row['name']}"} for row in (content.get(group) or {}).get("rows", ())]
    return pl.DataFrame([{name: row.get(name) for name in STRESS} for row in rows], schema=STRESS)


def evidence(saved: Saved, name: str) -> Mapping[str, Any]:
    """A piece of what the verdict rests on; {} where it was not made."""
    found = ((saved.verdict or {}).get("evidence") or {}).get(name)
    return found if isinstance(found, Mapping) else {}


def metrics(names: Mapping[str, Mapping[str, float | None]]) -> pl.DataFrame:
    """One row per dataset, one column per metric."""
    columns = dict.fromkeys(metric for row in names.values() for metric in row)
    floats = {metric: pl.Series([_known(row.get(metric)) for row in names.values()], dtype=pl.Float64) for metric in columns}
    return pl.DataFrame({"dataset": pl.Series(list(names), dtype=pl.String), **floats})


def _known(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _timed(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Texts as `2024-01-01 00:00` to UTC times."""
    parsed = pl.col(*names).str.to_datetime("%Y-%m-%d %H:%M", time_unit="ms", strict=False).dt.replace_time_zone("UTC")
    return frame.with_columns(parsed)
