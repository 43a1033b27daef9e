"""A report read as text: what it says, its ids, links and scripts, and whether every element is closed."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

from pinejax.report.page.build import build

VOID = {"br", "hr", "img", "input", "meta", "link"}


class Reader(HTMLParser):
    """Text, ids, links and scripts; fails where an element is closed that is not open."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        known = dict(attrs)
        if "id" in known:
            self.ids.append(known["id"])
        self.links += [known[key] for key in ("href", "src") if key in known]
        if tag == "script":
            self.scripts.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        pass

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
