"""The HTML document that every report is: one file with its data, styles and scripts inside. What is on it is the page's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from pinejax import __version__
from pinejax.report.page.embed import script_hash, script_json
from pinejax.report.page.markup import Child, Markup, el, join
from pinejax.report.page.words import WORDS, say

HERE = Path(__file__).parent
CHARTS = "vendor/lightweight-charts.standalone.production.js"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; script-src "


@dataclass(frozen=True)
class Document:
    """One report. folder: its name, for the footer.

    header: below the page's kicker and title. sections: by their anchors, in order, as the contents list them; headings: their names,
    where they are not the words of the anchor; body: the sections as they are laid out. tools: beside the contents. data: what the scripts
    read; scripts, styles: names of `assets`, in the order in which they need each other; has_charts: with the library for charts over time.
    """

    title: str
    folder: str
    header: Child
    sections: Mapping[str, Markup]
    body: Sequence[Markup]
    data: Mapping[str, Any]
    scripts: Sequence[str]
    styles: Sequence[str] = ("page",)
    headings: Mapping[str, str] = field(default_factory=dict)
    tools: Child = None
    has_charts: bool = False


def html(document: Document) -> str:
    """The whole text. It needs no network, and its policy allows no script but its own."""
    scripts = [_asset(CHARTS)] if document.has_charts else []
    scripts.append(_together(document.scripts))
    return Template(_asset("assets/page.html")).substitute(
        policy=POLICY + " ".join(f"'{script_hash(text)}'" for text in scripts),
        version=join(__version__),
        title=join(document.title),
        style="".join(_asset(f"assets/{name}.css") for name in document.styles),
        first=next(iter(document.sections), ""),
        skip=join(say("skip")),
        header=_header(document),
        navigation=_navigation(document),
        sections="\n".join(document.body),
        footer=_footer(document),
        data=script_json({"words": WORDS, **document.data}),
        scripts="\n".join(f"<script>{text}</script>" for text in scripts),
    )


def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _together(names: Sequence[str]) -> str:
    return '(() => {\n"use strict";\n' + "\n".join(_asset(f"assets/{name}.js") for name in names) + "})();\n"


def _header(document: Document) -> Markup:
    return el(
        "header",
        el("p", say("page"), class_="kicker"),
        el("h1", document.title),
        document.header,
        el("noscript", el("p", say("no_script"), class_="banner")),
    )


def _navigation(document: Document) -> Markup:
    names = {key: WORDS.get(f"nav.{key}") or document.headings.get(key) or say(key) for key in document.sections}
    links = [el("li", el("a", name, href=f"#{key}")) for key, name in names.items()]
    theme = el("button", "◐", type="button", class_="theme", aria_label=say("theme"), title=say("theme"))
    return el("div", el("ul", links), document.tools, theme)


def _footer(document: Document) -> Markup:
    made = say("made", version=__version__, folder=document.folder)
    link = el("a", "https://www.tradingview.com/", href="https://www.tradingview.com/", rel="noreferrer")
    return el("footer", el("p", made), el("p", say("notice"), " ", link) if document.has_charts else None)
