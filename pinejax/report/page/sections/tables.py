"""Pieces of evidence as short tables, by the name of the piece in verdict.json: what a reader looks for first. The rest is folded away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pinejax.report.page.figures import figure, metric, rough, short, tone
from pinejax.report.page.markup import Child, el, table
from pinejax.report.page.sections.frame import definitions
from pinejax.report.page.words import name_of, readable, say


def stress(content: Mapping[str, Any]) -> Child:
    """A row per harder condition beside the base."""
    rows = [content["base"], *content.get("rows", ()), *_left_out(content)]
    cells = [
        [
            row["label"] if "label" in row else name_of("stress", str(row["name"])), rough(row.get("value")), _signed(row.get("change")),
            figure(row.get("total_return"), "fraction"), figure(row.get("max_drawdown"), "fraction"), figure(row.get("n_trades"), "count"),
        ]
        for row in rows
    ]  # fmt: skip
    head = ["", say("objective"), say("stress.change"), *(name_of("metric", key) for key in ("total_return", "max_drawdown", "n_trades"))]
    return table(head, cells, caption=say("stress"), class_="figures")


def holdout(content: Mapping[str, Any]) -> Child:
    """In sample and out of sample side by side."""
    sides = [content["in_sample"], content["out_of_sample"]]
    rows = [
        [say("objective"), *(rough(side.get("value")) for side in sides)],
        [
            name_of("metric", "total_return"),
            *(el("span", figure(s.get("return"), "fraction"), class_=tone(s.get("return"))) for s in sides),
        ],
        [name_of("metric", "n_trades"), *(figure(side.get("n_trades"), "count") for side in sides)],
        [say("years"), *(rough(side.get("years")) for side in sides)],
    ]
    return table(["", say("side.in"), say("side.out")], rows, caption=say("piece.holdout"), class_="figures")


def datasets(content: Mapping[str, Any]) -> Child:
    """A row per dataset: Sharpe ratio against holding, and its p-value with and without correction."""
    rows = [
        [
            name, rough(row.get("sharpe_annual")), rough(row.get("hold_sharpe_annual")), rough(row.get("p")), rough(row.get("q")),
            say("yes") if row.get("holds_up") else say("no"),
        ]
        for name, row in content["datasets"].items()
    ]  # fmt: skip
    return table([say("dataset"), *(say(f"datasets.{k}") for k in ("sharpe", "hold", "p", "q", "holds"))], rows, class_="figures")


def intervals(content: Mapping[str, Any]) -> Child:
    """A row per metric with its intervals."""
    rows = []
    for name, row in content["metrics"].items():
        spans = [" … ".join(metric(name, end) for end in row[level]) for level in ("90%", "95%") if level in row]
        rows.append([name_of("metric", name), metric(name, row["value"]), metric(name, row["median"]), *spans])
    return table(["", say("value"), say("median"), "90%", "95%"], rows, caption=say("piece.intervals"), class_="figures")


def deflation(content: Mapping[str, Any]) -> Child:
    """Probabilities and what they are of."""
    rows = []
    for name, found in content["deflated"].items():
        words = say(f"deflated.{name}") if name in ("distinct", "entropy", "clusters") else readable(name)
        numbers = {"dsr": found["dsr"], "n": found["n_trials"], "luck": found["expected_maximum_annual"]}
        rows.append((words, say("deflated.row", **{key: rough(value) for key, value in numbers.items()})))
    overfit = content.get("overfitting") or {}
    if "pbo" in overfit:
        rows.append(
            (
                say("overfit"),
                say("overfit.row", pbo=rough(overfit["pbo"]), low=rough(overfit["null_low"]), high=rough(overfit["null_high"])),
            )
        )
    for name, found in (content.get("superior") or {}).items():
        if "spa" in found:
            rows.append((say(f"superior.{name}") if name in ("zero", "hold") else readable(name), f"p = {found['spa']:.3f}"))
    return definitions(rows)


def plateau(content: Mapping[str, Any]) -> Child:
    """The sets around the best one."""
    drawn = content["drawn"]
    rows: list[tuple[str, Child]] = [
        (say("plateau.value"), rough(drawn["value"])),
        (say("plateau.mean"), rough(drawn["mean"])),
        (say("plateau.worst"), rough(drawn["worst"])),
        (say("plateau.half"), figure(drawn["keeps_half"], "fraction")),
    ]
    if said := (content.get("study") or {}).get("said"):
        rows.append((say("plateau.other"), said))
    return [definitions(rows), _slopes(drawn.get("slopes") or ())]


def _slopes(found: Any) -> Child:
    """The score one step of each parameter away, the steepest parameter first."""
    order = sorted(found, key=lambda row: row.get("worst_change") or 0.0)
    rows = [[el("code", row["name"]), short(row.get("value")), *(_beside(row.get(side)) for side in ("down", "up"))] for row in order]
    head = [say("parameter"), say("value"), say("plateau.down"), say("plateau.up")]
    return table(head, rows, caption=say("plateau.steps"), class_="figures") if rows else None


def _beside(side: Mapping[str, Any] | None) -> Child:
    if not side:
        return short(None)
    change = side.get("change")
    return [say("plateau.to", to=short(side.get("to")), value=rough(side.get("value"))), " ", _signed(change)]


def _left_out(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in ("symbols", "timeframes"):
        for row in (content.get(group) or {}).get("rows", ()):
            yield {**row, "label": say("stress.without", name=row["name"])}


def _signed(value: Any) -> Child:
    if not isinstance(value, (int, float)):
        return ""
    text = rough(value)
    return el("span", f"+{text}" if value > 0 else text, class_=tone(value))


TABLES = {
    "stress": stress, "holdout": holdout, "datasets": datasets, "intervals": intervals, "deflation": deflation, "plateau": plateau,
}  # fmt: skip
