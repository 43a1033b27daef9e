"""README.ko.md says in Korean what README.md says: the same structure, blocks, links, images and keys, in Korean prose."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import KOREAN, REPOSITORY, blocks, prose, rows

ENGLISH = REPOSITORY / "README.md"
HANGUL = re.compile(r"[가-힣]")
CODE = re.compile(r"`[^`]+`")


def _headings(page: Path) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(page), re.MULTILINE)]


def _targets(page: Path) -> list[str]:
    """Images and links, in order; not those between the two, and those within the page without their names, which are Korean there."""
    found = re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)\)", prose(page))
    own = {ENGLISH.name, KOREAN.name}
    return sorted(mark + ("#" if target.startswith("#") else target) for mark, target in found if target not in own)


def test_headings_have_the_same_levels() -> None:
    assert _headings(KOREAN) == _headings(ENGLISH)


def test_blocks_are_the_same_to_the_letter() -> None:
    korean, english = ([(block.kind, block.note, block.text) for block in blocks(page)] for page in (KOREAN, ENGLISH))
    assert korean == english


def test_links_and_images_are_the_same() -> None:
    assert _targets(KOREAN) == _targets(ENGLISH)


def test_each_links_to_the_other_at_its_top() -> None:
    for page, other in ((KOREAN, ENGLISH), (ENGLISH, KOREAN)):
        assert f"]({other.name})" in "\n".join(page.read_text(encoding="utf-8").splitlines()[:5])


def test_tables_have_the_same_rows() -> None:
    korean, english = rows(KOREAN), rows(ENGLISH)
    assert [len(cells) for cells in korean] == [len(cells) for cells in english]
    for mine, theirs in zip(korean, english, strict=True):
        assert CODE.findall(mine[0]) == CODE.findall(theirs[0])


def test_numbers_and_names_of_the_prose_are_the_same() -> None:
    for page in (KOREAN, ENGLISH):
        assert "86,641" in prose(page)
    korean, english = (set(CODE.findall(prose(page))) for page in (KOREAN, ENGLISH))
    assert korean == english, korean ^ english


@pytest.mark.parametrize("end", ["요.", "다고.", "이다.", "한다.", "된다.", "했다.", "있다.", "없다.", "는다."])
def test_sentences_end_in_one_register(end: str) -> None:
    """합니다체 throughout: neither 해요체 nor the plain form of a newspaper."""
    said = prose(KOREAN)
    assert len(HANGUL.findall(said)) > 1_000
    found = [line for line in said.splitlines() if re.search(rf"(?<!니){re.escape(end)}(\s|$)", line)]
    assert not found
