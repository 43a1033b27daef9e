"""The page as its users see it: in Chromium, from a file, without a network."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from report_browser import DRAWN, Page

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_opens_without_a_network_and_every_chart_is_drawn(chromium: Any, folder: Path, dark: bool, width: int):
    page = Page(chromium, folder, width, dark)
    drawn = page.run(DRAWN)
    assert set(drawn) == {"equity", "candles", "history", "parallel", "surface", "slices"}
    for name, (inked, colours) in drawn.items():
        assert inked > 500 and colours > 3, name
    assert page.run("return performance.getEntriesByType('resource').length") == 0
    assert page.complaints == []
    assert page.run("return document.documentElement.scrollWidth") == width
    paper = page.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper)[:3])) < 200) == dark


def test_the_theme_can_be_changed_by_hand(chromium: Any, folder: Path):
    page = Page(chromium, folder)
    before = page.run("return getComputedStyle(document.body).backgroundColor")
    page.click(".theme")
    assert page.run("return getComputedStyle(document.body).backgroundColor") != before
    assert page.complaints == []


def test_it_prints_light_with_its_charts(chromium: Any, folder: Path):
    page = Page(chromium, folder, dark=True)
    page.run(
        "addEventListener('afterprint', () => { window.folds = [...document.querySelectorAll('.copyable details')].map((e) => e.open) })"
    )
    page.run("addEventListener('beforeprint', () => { window.open = document.querySelectorAll('.copyable details[open]').length })")
    pdf = base64.b64decode(page.sees("Page.printToPDF", printBackground=True)["data"])
    assert pdf.startswith(b"%PDF") and len(pdf) > 50_000
    assert page.run("return [window.open, window.folds]") == [2, [False, False]]
    assert page.run("return document.querySelectorAll('.printed').length") == 0
    assert page.run("return document.documentElement.dataset.theme") == "dark"


def test_all_tables_are_there_without_scripts(chromium: Any, folder: Path):
    page = Page(chromium, folder, script=False)
    from selenium.webdriver.common.by import By

    try:
        blocks = chromium.find_elements(By.CSS_SELECTOR, "#performance .of-dataset")
        assert len(blocks) == 2 and all(block.is_displayed() for block in blocks)
    finally:
        page.sees("Emulation.setScriptExecutionDisabled", value=False)
