"""The pages agree with the code: links lead somewhere, cited rules exist, named files and functions exist, tables are current."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from pinejax.testing.reference import ta as slow_ta
from tests.docs.generate import indicators, stale_pages
from tests.docs.pages import DOCS, PAGES, REPOSITORY, anchors, links, prose, rows

SEMANTICS = REPOSITORY / "docs" / "semantics.md"
RULE = re.compile(
    r"^\*\*(\d+\.\d+)\*\* \*(proven|supported|unproven)\* · (not implemented|(?:reference only: )?`[^`]+`) — \S", re.MULTILINE
)
PATHS = ("pinejax/", "conf/", "tests/", "data/", "experiments", "docs/")


def _id(page: Path) -> str:
    return str(page.relative_to(REPOSITORY))


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_links_and_anchors_lead_somewhere(page: Path) -> None:
    for file, anchor in links(page):
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), (file, anchor)
        assert not anchor or anchor in anchors(target), (file, anchor, sorted(anchors(target)))


def test_index_lists_every_page_and_so_does_readme() -> None:
    index = REPOSITORY / "docs" / "README.md"
    names = {page.name for page in DOCS if page != index}
    assert names <= {file for file, _ in links(index)}
    assert {f"docs/{name}" for name in names} <= {file for file, _ in links(REPOSITORY / "README.md")}


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_named_files_exist(page: Path) -> None:
    named = re.findall(r"`([\w./*-]+)`", prose(page))
    for text in named:
        if text.startswith(PATHS) and not text.startswith(("data/real", "tests/parity")):
            assert list(REPOSITORY.glob(text.rstrip("/"))), text


@pytest.mark.parametrize("page", DOCS, ids=_id)
def test_page_names_no_place_of_this_machine(page: Path) -> None:
    assert not re.search(r"(?<![\w.])/(?:work|home|tmp|root|Users)/|\.\./shared", page.read_text(encoding="utf-8"))


def test_generated_tables_are_current() -> None:
    assert not stale_pages(), "run: python -m tests.docs.generate"


def test_every_rule_says_how_sure_it_is_and_where_it_lives() -> None:
    text = SEMANTICS.read_text(encoding="utf-8")
    begun, complete = re.findall(r"^\*\*(\d+\.\d+)\*\*", text, re.MULTILINE), [m[1] for m in RULE.finditer(text)]
    assert begun == complete
    assert len(set(begun)) == len(begun) > 50
    assert sorted(begun, key=lambda n: tuple(map(int, n.split(".")))) == begun


def test_every_place_in_the_rules_exists() -> None:
    for rule, _, place in RULE.findall(SEMANTICS.read_text(encoding="utf-8")):
        if place == "not implemented":
            continue
        file, _, name = place.partition("`")[2].rstrip("`").partition(":")
        path = REPOSITORY / "pinejax" / file
        assert path.is_file(), (rule, file)
        assert not name or re.search(rf"^\s*(?:def|class) {name}\b", path.read_text(encoding="utf-8"), re.MULTILINE), (rule, place)


def test_every_rule_that_code_cites_exists() -> None:
    text = SEMANTICS.read_text(encoding="utf-8")
    known = set(re.findall(r"^\*\*(\d+\.\d+)\*\*", text, re.MULTILINE)) | set(re.findall(r"^## (\d+)\.", text, re.MULTILINE))
    cited: dict[str, Path] = {}
    for path in [*(REPOSITORY / "pinejax").rglob("*.py"), *(REPOSITORY / "tests").rglob("*.py"), *DOCS]:
        for numbers in re.findall(r"semantics\.md,? (\d+(?:\.\d+)?(?:, \d+\.\d+)*)", path.read_text(encoding="utf-8")):
            cited |= dict.fromkeys(numbers.split(", "), path)
    assert len(cited) > 10
    assert cited.keys() <= known, {number: path for number, path in cited.items() if number not in known}


def test_section_12_has_every_indicator_and_no_other() -> None:
    section = SEMANTICS.read_text(encoding="utf-8").partition("## 12.")[2].partition("## 13.")[0]
    fast, slow = set(indicators()), {name for name in dir(slow_ta.Ta) if not name.startswith("_")}
    named: set[str] = set()
    for line in section.splitlines():
        names = set(re.findall(r"`(\w+)`", line.split("|")[1])) if line.startswith("| `") else set()
        in_reference_only = "*reference only*" in line
        assert not names or (names <= slow - fast if in_reference_only else names <= fast), line
        named |= names
    assert named == fast | slow


def test_table_rows_have_as_many_cells_as_their_header() -> None:
    for page in PAGES:
        lines = prose(page).splitlines()
        for before, after in pairwise(lines):
            if before.startswith("|") and after.startswith("|"):
                count = [len(re.split(r"(?<!\\)\|", line)) for line in (before, after)]
                assert count[0] == count[1], after
    assert rows(SEMANTICS)
