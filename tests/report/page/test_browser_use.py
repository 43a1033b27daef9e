"""What a reader does with a page in Chromium: trades, datasets, keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from report_browser import Page

from pinejax.report.listed import read_trades
from pinejax.report.page.words import WORDS

pytestmark = pytest.mark.browser


def test_a_click_on_a_trade_on_the_candles_shows_its_details(chromium: Any, folder: Path):
    from selenium.webdriver import ActionChains

    page = Page(chromium, folder)
    page.run("document.querySelector('.candles').scrollIntoView({block: 'center', behavior: 'instant'})")
    page.settle()
    spot = page.run("""
      const spot = report.charts.candles.marks.placed().find((s) => s.x1 > 50 && s.x2 < 900);
      const box = document.querySelector('.candles').getBoundingClientRect();
      return {x: box.left + (spot.x1 + spot.x2) / 2, y: box.top + (spot.y1 + spot.y2) / 2, trade: spot.trade};
    """)
    assert WORDS["pick"] in page.text("#chart .picked")
    actions = ActionChains(chromium)
    actions.w3c_actions.pointer_action.move_to_location(round(spot["x"]), round(spot["y"]))
    actions.click().perform()
    assert page.run("return report.state.trade") == spot["trade"]
    assert page.text("#chart .picked dd span") == str(spot["trade"] + 1)
    assert "Net P&L" in page.text("#chart .picked")
    assert page.complaints == []


def test_a_row_of_the_list_shows_its_trade_on_the_chart(chromium: Any, folder: Path):
    page = Page(chromium, folder)
    page.click("#trades tr[data-trade='2'] button")
    assert page.text("#chart .picked dd span") == "3"
    seen = page.run("return report.charts.candles.marks.placed().map((spot) => spot.trade)")
    assert 2 in seen
    row = page.run("return document.querySelector(\"#trades tr[data-trade='2'] td:nth-child(6) span\").textContent")
    assert row in page.text("#chart .picked")


def test_the_best_and_the_worst_trade_are_a_click_away(chromium: Any, folder: Path):
    page = Page(chromium, folder)
    rows = read_trades(folder / "trades_AAA_15m_1h.csv").pnl
    for which, trade in (("best", rows.argmax()), ("worst", rows.argmin())):
        page.click(f"#chart [data-go={which}]")
        assert page.run("return report.state.trade") == trade
    assert page.complaints == []


def test_another_dataset_changes_all_that_is_shown(chromium: Any, folder: Path):
    page = Page(chromium, folder)
    before = page.text("#overview .of-dataset.chosen"), page.text("#trades tbody")
    page.click(".pick-dataset[data-dataset='1']")
    assert page.run("return document.querySelector('#dataset').value") == "1"
    assert page.run("return [...document.querySelectorAll('.of-dataset.chosen')].every((e) => e.dataset.dataset === '1')")
    assert (page.text("#overview .of-dataset.chosen"), page.text("#trades tbody")) != before
    assert "BBB" in page.text("#chart .legend")
    assert page.complaints == []


def test_pages_of_the_list_of_trades(chromium: Any, folder: Path):
    page = Page(chromium, folder)
    assert page.text("#trades .shown").startswith("1 to 20 of ")
    page.click("#trades [data-page='1']")
    assert page.text("#trades .shown").startswith("21 to 40 of ")
    assert page.text("#trades tbody tr th") == "21"


def test_the_keyboard_reaches_everything(chromium: Any, folder: Path):
    page = Page(chromium, folder)
    page.press(".candles", "\ue014", "\ue014", "\ue012")  # right, right, left
    assert page.text("#chart .picked dd span") == "1"
    for chart in ("candles", "equity"):
        width = f"const r = report.charts.{chart}.chart.timeScale().getVisibleLogicalRange(); return r.to - r.from"
        before = page.run(width)
        page.press(f".chart.{chart}", "+")
        assert page.run(width) < before / 1.2
    unreachable = page.run("return [...document.querySelectorAll('button, a, select, summary')].filter((e) => e.tabIndex < 0).length")
    assert unreachable == 0
    assert page.run("return [...document.querySelectorAll('.scroll, .chart')].every((e) => e.tabIndex === 0)")
    assert page.run(
        "return [...document.querySelectorAll('button, select')].every((e) => e.textContent.trim() || e.getAttribute('aria-label'))"
    )


def test_every_chart_says_in_words_what_it_shows(chromium: Any, folder: Path):
    page = Page(chromium, folder)
    charts = "return [...document.querySelectorAll('[data-plot], [data-chart], .plot [role=img]')]"
    labels = page.run(f"{charts}.map((chart) => chart.getAttribute('aria-label'))")
    assert len(labels) >= 6 and all(labels)
    assert sum(any(character.isdigit() for character in label) for label in labels) >= 5
    equity = page.run("return document.querySelector('.chart.equity').getAttribute('aria-label')")
    page.click(".pick-dataset[data-dataset='1']")
    assert page.run("return document.querySelector('.chart.equity').getAttribute('aria-label')") != equity
    assert page.run("return [...document.querySelectorAll('svg')].every((e) => e.getAttribute('aria-label') || e.closest('.chart'))")


def test_tab_goes_through_the_page_in_its_order_and_shows_where_it_is(chromium: Any, folder: Path):
    from selenium.webdriver import ActionChains

    page = Page(chromium, folder)
    page.run("document.body.tabIndex = -1; document.body.focus()")
    seen, places = "const e = document.activeElement, s = getComputedStyle(e); return", []
    for _ in range(30):
        ActionChains(chromium).send_keys("\ue004").perform()
        place, outline = page.run(f"{seen} [[...document.querySelectorAll('*')].indexOf(e), s.outlineStyle + s.outlineWidth]")
        places.append(place)
        assert outline == "solid2px"
    assert places == sorted(places) and len(set(places)) == len(places)
    assert page.complaints == []
