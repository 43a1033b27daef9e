"""The pages as tests read them: fenced blocks, headings, links, tables. Nothing is executed here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = sorted((REPOSITORY / "docs").glob("*.md"))
KOREAN = REPOSITORY / "README.ko.md"
"""It has README's blocks, which test_korean.py holds: they are run once."""
READMES = (REPOSITORY / "README.md", KOREAN)
PAGES = (*READMES, REPOSITORY / "CHANGELOG.md", REPOSITORY / "data" / "README.md", *DOCS)
_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: the first word after the fence, the others (forges show neither), its text, the page and the line it begins on."""

    kind: str
    note: str
    text: str
    page: Path
    line: int

    @property
    def place(self) -> str:
        """`docs/data.md:12`."""
        return f"{self.page.relative_to(REPOSITORY)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(*m[1].partition(" ")[::2], m[2], page, text[: m.start()].count("\n") + 2)  # type: ignore[call-arg]
        for m in _FENCE.finditer(text)
    ]


def all_blocks() -> list[Block]:
    """Of every page, the Korean README's left out."""
    return [block for page in PAGES if page != KOREAN for block in blocks(page)]


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> list[tuple[str, str]]:
    """(file, anchor) of the links that stay in the repository; either may be empty."""
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(page))
    inside = [target for target in targets if "://" not in target]
    return [(target.partition("#")[0], target.partition("#")[2]) for target in inside]


def rows(page: Path) -> list[list[str]]:
    """The cells of every table row but headers' rules, in order."""
    found = []
    for line in prose(page).splitlines():
        if line.startswith("|") and not re.fullmatch(r"[|\s:-]+", line):
            found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found
