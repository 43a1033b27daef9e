"""HTML out of Python values: whatever is not `Markup` already is escaped. No templates, no layout."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "rect", "line", "circle", "path", "polyline"})


class Markup(str):
    """Text that is HTML; only this module makes it, and what reads a file of the package."""

    __slots__ = ()


Child = Any
"""Markup, text, a number, None (nothing), or an iterable of them."""


def el(name: str, *children: Child, **attributes: Any) -> Markup:
    """An element. `class_` is class, `data_x` is data-x; True is an attribute without a value; None and False leave it out."""
    said = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Markup(f"<{name}{said}>" if name in ("br", "hr", "img", "input", "meta", "link") else f"<{name}{said}/>")
    return Markup(f"<{name}{said}>{join(children)}</{name}>")


def join(children: Child) -> Markup:
    """One after the other, escaped where needed."""
    if children is None or children is False:
        return Markup("")
    if isinstance(children, Markup):
        return children
    if isinstance(children, str):
        return Markup(escape(children))
    if isinstance(children, Iterable):
        return Markup("".join(join(child) for child in children))
    return Markup(escape(str(children)))


def table(head: Iterable[Child], rows: Iterable[Iterable[Child]], *, caption: str = "", class_: str = "") -> Markup:
    """A table that can be scrolled sideways where it is too wide; the first column heads its row."""
    body = [el("tr", el("th", first, scope="row"), [el("td", cell) for cell in rest]) for first, *rest in rows]
    return el(
        "div",
        el(
            "table",
            el("caption", caption, class_="sr") if caption else None,
            el("thead", el("tr", [el("th", cell, scope="col") if cell != "" else el("td") for cell in head])),
            el("tbody", body),
            class_=class_ or None,
        ),
        class_="scroll",
        tabindex="0",
        role="group",
        aria_label=caption or None,
    )


def _attribute(key: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
