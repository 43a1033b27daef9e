"""HTML read back, a report or what a notebook shows: what it says, its elements, ids, links and scripts, what it would fetch."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

from pinejax.report.page.build import build

VOID = {"br", "hr", "img", "input", "meta", "link"}
EVIL = "</div><script>alert(1)</script>'\"&"
"""A name that must stay text."""


class Reader(HTMLParser):
    """Fails where an element is closed that is not open, or is never closed."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list) -> None:
        known = dict(attrs)
        self.names.add(tag)
        self.fetched += [value for key, value in attrs if key in ("src", "href", "xlink:href") or "url(" in (value or "")]
        if "id" in known:
            self.ids.append(known["id"])
        self.links += [known[key] for key in ("href", "src") if key in known]
        if tag == "script":
            self.scripts.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self.names.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    @property
    def data(self) -> dict:
        return json.loads(self.scripts[0])


def read(folder: Path) -> Reader:
    return Reader(build(folder).read_text(encoding="utf-8"))
