"""HTML that a notebook shows, read back: its text, its elements, what it would fetch."""

from __future__ import annotations

from html.parser import HTMLParser

EVIL = "</div><script>alert(1)</script>'\"&"
"""A name that must stay text."""


class Reader(HTMLParser):
    """Text, elements and what they would fetch; fails where an element is closed that is not open."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.words: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.open.append(tag)
        self.names.add(tag)
        self.fetched += [value for key, value in attrs if key in ("src", "href", "xlink:href") or "url(" in (value or "")]

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self.names.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())
