"""Small HTML for notebooks: styles are inside the elements, colours are the notebook's own or readable on both of its themes.

Nothing is loaded from anywhere, and everything that is not `Markup` is escaped. Not the report's page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pinejax.report.page.drawings import spark as line_of
from pinejax.report.page.figures import rough, tone
from pinejax.report.page.markup import Child, Markup, el
from pinejax.report.page.sections.verdict import MARKS
from pinejax.report.page.words import WORDS, readable, say

GAIN, LOSS, UNSURE = "#3a7fc2", "#c2622a", "#94803a"
"""Each has a contrast of more than 3.8 on white and on a notebook's dark grey."""
LEVELS = {"differs": GAIN, "luck": LOSS, "hint": UNSURE}
RULE = "1px solid rgba(127,127,127,.3)"
FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif"
SOFT = "opacity:.72"


def framed(*content: Child) -> Markup:
    """The outermost element."""
    return el("div", content, style=f"{FONT};font-size:13px;line-height:1.45;max-width:64em;color:inherit")


def title(text: str, more: str = "") -> Markup:
    """What it is of."""
    said = el("span", more, style=f"font-weight:400;font-size:12px;{SOFT}") if more else None
    return el("div", text, " " if said else None, said, style="font-weight:650;font-size:16px;margin:2px 0 4px;overflow-wrap:anywhere")


def line(*content: Child, soft: bool = False) -> Markup:
    """A paragraph."""
    return el("div", content, style=f"margin:3px 0;{SOFT if soft else ''}")


def note(text: str) -> Markup:
    """What must not be overlooked: how a run ended, that bars are synthetic."""
    return el("div", text, style=f"border-left:3px solid {LOSS};padding:2px 8px;margin:5px 0;background:rgba(127,127,127,.08)")


def verdict(level: str, sentence: str) -> Markup:
    """A mark, a word and the sentence: colour is never alone."""
    known = level if level in MARKS else "none"
    badge = el(
        "span", f"{MARKS[known]} {WORDS[f'level.{known}']}",
        style="border:1px solid;border-radius:99px;padding:0 8px;margin-right:8px;font-weight:620;white-space:nowrap;color:"
        + LEVELS.get(known, "inherit"),
    )  # fmt: skip
    return el("div", badge, sentence, style="margin:5px 0;font-size:14px")


def reasons(rules: Iterable[Mapping[str, Any]]) -> Markup | None:
    """One row per rule of a verdict."""
    rows = []
    for rule in rules:
        passed = rule.get("passed")
        word = say("unknown") if passed is None else say("yes") if passed else say("no")
        colour = "" if passed is None else f"color:{GAIN if passed else LOSS}"
        what = [readable(str(rule.get("name", ""))), el("div", str(rule.get("text", "")), style=f"font-size:12px;{SOFT}")]
        rows.append([what, rough(rule.get("measured")), str(rule.get("threshold", "")), el("span", word, style=colour or None)])
    return table([say("reason"), say("measured"), say("threshold"), say("passed")], rows) if rows else None


def table(head: Iterable[Child], rows: Iterable[Iterable[Child]]) -> Markup:
    """The first column to the left, the others to the right; scrolled sideways where it is too wide."""
    sides = "text-align:{side};padding:3px 12px 3px 0;border:0;border-bottom:" + RULE + ";background:none;vertical-align:top"
    side = lambda i: sides.format(side="left" if i == 0 else "right")  # noqa: E731
    headers = [el("th", cell, scope="col", style=f"{side(i)};font-weight:400;{SOFT}") for i, cell in enumerate(head)]
    wrap = lambda i: "overflow-wrap:anywhere;min-width:10em" if i == 0 else "white-space:nowrap"  # noqa: E731
    body = [el("tr", [el("td", cell, style=f"{side(i)};{wrap(i)}") for i, cell in enumerate(row)]) for row in rows]
    styles = "border-collapse:collapse;color:inherit;margin:6px 0;font-size:12.5px;font-variant-numeric:tabular-nums;border:0"
    return el("div", el("table", el("thead", el("tr", headers)), el("tbody", body), style=styles), style="overflow-x:auto")


def signed(text: str, value: Any) -> Child:
    """Coloured as a gain or a loss."""
    colour = {"gain": GAIN, "loss": LOSS}.get(tone(value))
    return el("span", text, style=f"color:{colour}") if colour else text


def shaded(text: str, place: float) -> Markup:
    """A cell of a matrix. place: -1 (worst) to 1 (best)."""
    rgb = "58,127,194" if place >= 0 else "194,98,42"
    strength = 0.6 * min(abs(place), 1.0)
    return el("span", text, style=f"display:inline-block;padding:2px 8px;border-radius:3px;background:rgba({rgb},{strength:.2f})")


def strong(text: str) -> Markup:
    """A name that stands out."""
    return el("b", text)


def code(text: str) -> Markup:
    """A name as it is typed."""
    return el("code", text, style="background:none;color:inherit;font-size:12px")


def block(text: str) -> Markup:
    """Text to copy."""
    wrapped = "white-space:pre-wrap;overflow-wrap:anywhere;background:rgba(127,127,127,.1);color:inherit"
    return el("pre", text, style=f"{wrapped};padding:6px 8px;margin:6px 0;font-size:12px")


def folded(summary: str, *content: Child) -> Markup:
    """Something to look at on demand."""
    return el("details", el("summary", summary, style=f"cursor:pointer;{SOFT}"), content)


def spark(values: Any, label: str) -> Markup:
    """A line without axes."""
    return el("div", line_of(values, label), style=f"width:120px;height:24px;margin-left:auto;color:{GAIN}")
