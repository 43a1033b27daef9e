"""Reports of studies whose storage alone is there, in Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from report_browser import DRAWN, Page
from stored_studies import end, search, stock

from pinejax.report.cli import main
from pinejax.report.page.words import WORDS

pytestmark = pytest.mark.browser
EVIL = "<script>window.ran=1</script>"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three studies in one file."""
    url = f"sqlite:///{tmp_path_factory.mktemp('stored')}/a.db"
    search(url, EVIL, 48)
    end(url, EVIL)
    search(url, "two", 48, ["sharpe", "max_drawdown"])
    stock(url)
    return url


@pytest.mark.parametrize(
    ("name", "charts"), [(EVIL, {"history"}), ("two", {"history", "pareto"}), ("stock", {"history"})], ids=["judged", "two", "stock"]
)
def test_a_page_of_a_storage_alone_opens_without_a_complaint(chromium: Any, url: str, tmp_path: Path, name: str, charts: set[str]):
    assert main(["build", name, "--storage", url, "--out", str(tmp_path / "x.html")]) == 0
    page = Page(chromium, tmp_path / "x.html", 390 if name == "two" else 1280)
    drawn = page.run(DRAWN)
    assert charts <= set(drawn)
    assert all(inked > 500 for inked, _ in drawn.values())
    assert page.complaints == []
    assert page.run("return window.ran === undefined")
    assert name in page.text("header .facts")
    if name == EVIL:
        assert WORDS["stored.missing"] in page.text("#stored")
        page.click("#stored .copy")
        assert page.text("#stored .copy") == WORDS["copied"]
        assert page.complaints == []
    if name == "two":
        assert page.run("return document.documentElement.scrollWidth") == 390
