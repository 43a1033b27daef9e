"""What the verdict rests on, piece by piece: the null search as a picture, the walk as a strip, everything as tables of what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pinejax.report.page.figures import short
from pinejax.report.page.markup import Child, Markup, el, table
from pinejax.report.page.saved import Saved
from pinejax.report.page.sections.frame import definitions, folded, framed
from pinejax.report.page.sections.pictures import PICTURES
from pinejax.report.page.words import readable, say

HIDDEN = ("search", "rule")
"""Said elsewhere on the page."""
MOST_ROWS = 200


def section(saved: Saved) -> Markup | None:
    """None without a verdict's evidence."""
    found = (saved.verdict or {}).get("evidence") or {}
    parts = [piece(name, content) for name, content in found.items() if name not in HIDDEN and isinstance(content, Mapping)]
    return framed("evidence", parts) if parts else None


def piece(name: str, content: Mapping[str, Any]) -> Markup:
    """One section of verdict.json."""
    if "not_enough" in content:
        return el("div", el("h3", readable(name)), el("p", say("not_enough", text=content["not_enough"]), class_="note"), class_="piece")
    picture = PICTURES[name](content) if name in PICTURES else None
    rest = shown(content)
    return el("div", el("h3", readable(name)), picture, folded(say("more"), rest) if picture else rest, class_="piece")


def shown(value: Any, depth: int = 0) -> Child:
    """Any JSON: scalars as terms, lists of objects as a table, lists of numbers as a few words."""
    if isinstance(value, Mapping):
        plain = [(readable(str(k)), short(v)) for k, v in value.items() if not isinstance(v, (Mapping, list))]
        rest = [
            [el("h4", readable(str(k))), shown(v, depth + 1)] for k, v in value.items() if isinstance(v, (Mapping, list)) and v and depth < 4
        ]
        return [definitions(plain) if plain else None, rest]
    if isinstance(value, Sequence) and not isinstance(value, str):
        if value and all(isinstance(row, Mapping) for row in value):
            keys = list(dict.fromkeys(key for row in value for key in row))
            rows = [[inline(row.get(key)) for key in keys] for row in value[:MOST_ROWS]]
            return table([readable(key) for key in keys], rows, class_="figures")
        return el("p", inline(value), class_="note")
    return short(value)


def inline(value: Any) -> str:
    """A value within a line; of a long list its ends."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {inline(item)}" for key, item in value.items())
    if isinstance(value, list):
        if len(value) > 12:
            return f"{', '.join(map(inline, value[:5]))}, … {inline(value[-1])} ({len(value)})"
        return ", ".join(map(inline, value))
    return short(value)
