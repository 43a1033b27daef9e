"""A sweep as Polars tables and as text: results, summary by timeframe and symbol, rankings. Where rows come from is `sweep_rows`."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from pinejax.core.inputs import Value
from pinejax.metrics import METRICS
from pinejax.report.outside import common_kind
from pinejax.report.sweep_rows import SweepRow
from pinejax.report.tables import column
from pinejax.report.text import grid

SHOWN_ROWS = 30
"""Of the table that is printed; the files have all."""
JUDGED = ("verdict", "null p", "adjusted", "deflated")
"""Printed columns of judged combinations."""


def ranked_rows(rows: Sequence[SweepRow]) -> list[SweepRow]:
    """Those with a value: objective by objective (values of different ones cannot be compared), best first, then by index; behind them
    those whose best set breaks a gate, the nearest to it first.
    """
    order = list(dict.fromkeys(row.objective for row in rows))
    valued = (row for row in rows if row.value is not None)
    return sorted(valued, key=lambda row: (order.index(row.objective), max(row.violation, 0.0), row.sort_key, row.index))


def results_table(rows: Sequence[SweepRow]) -> pl.DataFrame:
    """One row per combination (of a joint study: and pair), in order.

    Columns: index, symbol, timeframe, ltf, htf, strategy, the other swept keys, study, state, objective, best_value, value_<objective> for
    several objectives, violation (of gates, 0 where the best set holds all), n_trials, seconds; where a combination was judged verdict,
    n_distinct, null, null_p, null_p_adjusted,
    deflated_sharpe, and out_of_sample with out_of_sample_by where bars were kept back; params_<name> of the best set, every metric (the
    mean over datasets), folder, error; `synthetic` where any bar was made up.
    """
    columns: dict[str, pl.Series] = {
        "index": pl.Series([row.index for row in rows], dtype=pl.Int64),
        "symbol": _texts([row.symbol for row in rows]),
        **_pair_columns(rows),
        "strategy": _texts([row.strategy for row in rows]),
    }
    for key in dict.fromkeys(key for row in rows for key in row.swept):
        if key not in columns:
            columns[key] = _texts([row.swept.get(key) for row in rows])
    columns["study"] = _texts([row.study for row in rows])
    columns["state"] = _texts([row.state for row in rows])
    columns["objective"] = _texts([row.objective for row in rows])
    columns["best_value"] = _floats([row.value for row in rows])
    if any(len(row.values) > 1 for row in rows):
        for name in dict.fromkeys(name for row in rows for name in row.values):
            columns[f"value_{name}"] = _floats([row.values.get(name) for row in rows])
    columns["violation"] = _violations(rows)
    columns["n_trials"] = pl.Series([row.n_trials for row in rows], dtype=pl.Int64)
    columns["seconds"] = _floats([row.seconds for row in rows])
    if any(row.verdict for row in rows):
        columns["verdict"] = _texts([row.verdict for row in rows])
        columns["n_distinct"] = pl.Series([row.n_distinct for row in rows], dtype=pl.Int64)
        columns["null"] = _texts([row.null for row in rows])
        columns["null_p"] = _floats([row.null_p for row in rows])
        columns["null_p_adjusted"] = _floats(adjusted(rows))
        columns["deflated_sharpe"] = _floats([row.deflated_sharpe for row in rows])
    if kind := common_kind([row.outside for row in rows]):
        columns["out_of_sample"] = _floats([row.outside.get(kind) for row in rows])
        columns["out_of_sample_by"] = _texts([kind if kind in row.outside else None for row in rows])
    for name in dict.fromkeys(name for row in rows for name in row.params):
        values: list[Value | None] = [row.params.get(name) for row in rows]
        columns[f"params_{name}"] = column(values)
    found = dict.fromkeys(name for row in rows for name in row.metrics)
    for name in [*(name for name in METRICS if name in found), *(name for name in found if name not in METRICS)]:
        columns[name] = _floats([row.metrics.get(name) for row in rows])
    columns["folder"] = _texts([row.folder or None for row in rows])
    columns["error"] = _texts([row.error or None for row in rows])
    if any(row.synthetic for row in rows):
        columns["synthetic"] = pl.Series([row.synthetic for row in rows], dtype=pl.Boolean)
    return pl.DataFrame(columns)


def adjusted(rows: Sequence[SweepRow]) -> list[float | None]:
    """Each row's p-value of the null search, adjusted by Benjamini and Hochberg (1995) for as many as there are; None without one.

    A p-value that is lost counts as a test that found nothing, which makes no other smaller.
    """
    from pinejax.selection.discovery import discoveries

    known = {str(i): row.null_p for i, row in enumerate(rows) if row.null_p is not None}
    found = discoveries({**{str(i): 1.0 for i, row in enumerate(rows) if row.lost}, **known})
    return [found[str(i)].q if str(i) in known else None for i in range(len(rows))]


def n_tests(rows: Sequence[SweepRow]) -> int:
    """How many p-values `adjusted` counts."""
    return sum(row.null_p is not None or row.lost for row in rows)


def summary_table(rows: Sequence[SweepRow]) -> pl.DataFrame:
    """Mean, median and best of the best values, by LTF, HTF, pair and symbol; of those that break no gate.

    Columns: objective, by, key, n, mean, median, best, best_index.
    """
    found = [row for row in ranked_rows(rows) if row.holds]
    kinds = {
        "ltf": lambda row: str(row.timeframe.ltf),
        "htf": lambda row: str(row.timeframe.htf),
        "pair": lambda row: str(row.timeframe),
        "symbol": lambda row: row.symbol,
    }
    in_order = sorted(found, key=lambda row: (row.timeframe.ltf, row.timeframe.htf, row.symbol))
    lines = []
    for objective in dict.fromkeys(row.objective for row in found):
        for kind, key_of in kinds.items():
            for key in dict.fromkeys(key_of(row) for row in in_order):
                group = [row for row in found if row.objective == objective and key_of(row) == key]
                if group:
                    values = pl.Series([row.value for row in group], dtype=pl.Float64)
                    lines.append((objective, kind, key, len(group), values.mean(), values.median(), group[0].value, group[0].index))
    schema = {
        "objective": pl.String, "by": pl.String, "key": pl.String, "n": pl.Int64, "mean": pl.Float64, "median": pl.Float64,
        "best": pl.Float64, "best_index": pl.Int64,
    }  # fmt: skip
    return pl.DataFrame(lines, schema=schema, orient="row")


def rankings_table(rows: Sequence[SweepRow]) -> pl.DataFrame:
    """Combinations with a value, best first; last those that break a gate, whose violation is above 0.

    Columns: objective, rank, rank_in_symbol, symbol, timeframe, ltf, htf, best_value, violation, index, study.
    """
    found = ranked_rows(rows)
    ranks: list[tuple[int, int]] = []
    counts: dict[tuple[str, ...], int] = {}
    for row in found:
        for key in ((row.objective,), (row.objective, row.symbol)):
            counts[key] = counts.get(key, 0) + 1
        ranks.append((counts[(row.objective,)], counts[(row.objective, row.symbol)]))
    return pl.DataFrame(
        {
            "objective": _texts([row.objective for row in found]),
            "rank": pl.Series([rank for rank, _ in ranks], dtype=pl.Int64),
            "rank_in_symbol": pl.Series([own for _, own in ranks], dtype=pl.Int64),
            "symbol": _texts([row.symbol for row in found]),
            **_pair_columns(found),
            "best_value": _floats([row.value for row in found]),
            "violation": _violations(found),
            "index": pl.Series([row.index for row in found], dtype=pl.Int64),
            "study": _texts([row.study for row in found]),
        }
    )


def sweep_text(rows: Sequence[SweepRow], together: bool = True) -> str:
    """The results for a terminal, best first, those without a value last, and the summary by pair where there are several of both.

    together: with what all say about luck, as the page does.
    """
    found = ranked_rows(rows)
    found += [row for row in rows if row.value is None]
    swept = list(dict.fromkeys(key for row in found for key in row.swept))
    judged = any(row.verdict for row in rows)
    q = dict(zip((id(row) for row in rows), adjusted(rows) if judged else [None] * len(rows), strict=True))
    verdicts = {id(row): _judged(row, q[id(row)]) if judged else [] for row in found}
    header = ["symbol", "timeframe", *swept, "state", "objective", "best", "trials", *(JUDGED if judged else ()), "seconds", "folder"]
    lines = [_printed(row, swept, verdicts[id(row)]) for row in found[:SHOWN_ROWS]]
    text = grid(header, lines)
    if len(found) > SHOWN_ROWS:
        text += f"\n... and {len(found) - SHOWN_ROWS} more in results.csv"
    if together:
        from pinejax.report.sweep_luck import sentences

        text += f"\n\n{' '.join(sentences(rows))}"
    pairs = summary_table(rows).filter(pl.col("by") == "pair")
    if len(pairs) > 1 and pairs["n"].max() != 1:
        names = ["key", "objective", "n", "mean", "median", "best"]
        shown = [[str(key), str(objective), str(n), *(_said(v, ".6g") for v in more)] for key, objective, n, *more in pairs[names].rows()]
        text += "\n\n" + grid(["timeframe", *names[1:]], shown)
    return text


def _judged(row: SweepRow, q: float | None) -> list[str]:
    return [row.verdict or "-", _said(row.null_p, ".3f"), _said(q, ".3f"), _said(row.deflated_sharpe, ".3f")]


def _printed(row: SweepRow, swept: Sequence[str], judged: Sequence[str]) -> list[str]:
    cells = [row.symbol + (" (synthetic)" if row.synthetic else ""), str(row.timeframe), *(row.swept.get(key, "-") for key in swept)]
    value = "broke a gate" if row.broke else _said(row.value, ".6g")
    cells += [row.state, row.objective or "-", value, _said(row.n_trials, ",d"), *judged, _said(row.seconds, ".1f")]
    return [*cells, row.folder]


def _pair_columns(rows: Sequence[SweepRow]) -> dict[str, pl.Series]:
    return {
        "timeframe": _texts([str(row.timeframe) for row in rows]),
        "ltf": _texts([str(row.timeframe.ltf) for row in rows]),
        "htf": _texts([str(row.timeframe.htf) for row in rows]),
    }


def _texts(values: Sequence[str | None]) -> pl.Series:
    return pl.Series(values, dtype=pl.String)


def _floats(values: Sequence[float | None]) -> pl.Series:
    return pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64)


def _violations(rows: Sequence[SweepRow]) -> pl.Series:
    return _floats([None if row.value is None else row.violation for row in rows])


def _said(value: float | int | None, form: str) -> str:
    return "-" if value is None else format(value, form)
