"""What the verdict rests on, piece by piece: its sentence, a picture or a table of what matters, everything else folded away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pinejax.report.page.figures import short
from pinejax.report.page.markup import Child, Markup, el, table
from pinejax.report.page.sections.frame import definitions, folded, framed
from pinejax.report.page.sections.pictures import PICTURES
from pinejax.report.page.sections.tables import TABLES
from pinejax.report.page.words import name_of, readable, say
from pinejax.report.saved import Saved

HIDDEN = ("search", "rule", "importance")
"""Said elsewhere on the page."""
FIRST = ("holdout", "null_search", "deflation", "walk_forward", "stress")
"""In this order before the others: from bars that nothing has seen to what the result stands on."""
MOST_ROWS = 200
MOST_DEEP = 5


def section(saved: Saved) -> Markup | None:
    """None without a verdict's evidence."""
    found = (saved.verdict or {}).get("evidence") or {}
    order = sorted(found, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    parts = [piece(saved, name, found[name]) for name in order if name not in HIDDEN and made(found[name])]
    return framed("evidence", parts) if parts else None


def made(content: Any) -> bool:
    """Whether there is anything in it: not what was not asked for."""
    return isinstance(content, Mapping) and bool(content) and "none" not in (content.get("method"), content.get("mode"))


def piece(saved: Saved, name: str, content: Mapping[str, Any]) -> Markup:
    """One section of verdict.json. One whose layout this page does not know is shown as it is."""
    head = el("h3", name_of("piece", name))
    less = [el("p", say("not_enough", text=content["not_enough"]))] if "not_enough" in content else []
    content = {key: value for key, value in content.items() if key != "not_enough"}
    if not content:
        return el("div", head, less, class_="piece", id=anchor(name))
    text = content.get("text")
    looked = [drawn(PICTURES[name], content, saved)] if name in PICTURES else []
    looked += [drawn(TABLES[name], content)] if name in TABLES else []
    everything = shown({key: value for key, value in content.items() if key != "text"})
    known = any(part is not None for part in (*looked, *less)) or isinstance(text, str)
    body = folded(say("more"), everything) if known else everything
    return el("div", head, el("p", text) if isinstance(text, str) else None, less, looked, body, class_="piece", id=anchor(name))


def anchor(name: str) -> str | None:
    """For links from elsewhere on the page; None for a piece it does not know, whose name may be any text."""
    return name if name in (*PICTURES, *TABLES) else None


def drawn(make: Any, *given: Any) -> Child:
    """None where the piece's layout is another one than its maker knows: verdict.json may be of another version."""
    try:
        return make(*given)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return None


def shown(value: Any, depth: int = 0) -> Child:
    """Any JSON: scalars as terms, lists of objects as a table, other lists as a line."""
    if isinstance(value, Mapping):
        plain: list[tuple[str, Child]] = [(readable(str(k)), short(v)) for k, v in value.items() if not isinstance(v, (Mapping, list))]
        deeper = [(k, v) for k, v in value.items() if isinstance(v, (Mapping, list)) and v]
        rest = [[el("h4", readable(str(k))), shown(v, depth + 1) if depth < MOST_DEEP else inline(v)] for k, v in deeper]
        return [definitions(plain) if plain else None, rest]
    if isinstance(value, Sequence) and not isinstance(value, str):
        if all(isinstance(row, Mapping) for row in value):
            keys = list(dict.fromkeys(key for row in value for key in row))
            return table(
                [readable(key) for key in keys], [[inline(row.get(key)) for key in keys] for row in value[:MOST_ROWS]], class_="figures"
            )
        if all(isinstance(item, str) for item in value):
            return el("ul", [el("li", item) for item in value], class_="note")
        return el("p", inline(value), class_="note")
    return short(value)


def inline(value: Any) -> str:
    """A value within a line; of a long list its ends."""
    if isinstance(value, Mapping):
        return ", ".join(f"{readable(str(key)).lower()} {inline(item)}" for key, item in value.items())
    if isinstance(value, list):
        if len(value) > 12:
            return f"{', '.join(map(inline, value[:5]))}, … {inline(value[-1])} ({len(value)})"
        return ", ".join(map(inline, value))
    return short(value)
