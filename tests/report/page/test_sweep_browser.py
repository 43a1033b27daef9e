"""A sweep's page as its users see it: in Chromium, from a file, without a network."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report_browser import Page
from sweep_folder import MIXED, One, make_sweep

from pinejax.report.page.words import WORDS

pytestmark = pytest.mark.browser
LEFT, UP, RIGHT, DOWN = "\ue012", "\ue013", "\ue014", "\ue015"

COLOURS = """
return [...document.querySelectorAll("#matrix .cell")].map((cell) => {
  const style = getComputedStyle(cell), canvas = document.createElement("canvas"), g = canvas.getContext("2d");
  canvas.width = canvas.height = 1;
  g.fillStyle = style.backgroundColor;
  g.fillRect(0, 0, 1, 1);
  return [...g.getImageData(0, 0, 1, 1).data, style.backgroundImage !== "none"];
});
"""
"""Of each cell red, green, blue, alpha, and whether it is hatched."""
CHOSEN = "return document.activeElement.closest('.cell') && +document.activeElement.dataset.row"


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pairs on two symbols, one combination failed; read only."""
    return make_sweep(tmp_path_factory.mktemp("browser") / "sweep", state="failed")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_opens_without_a_network_and_its_cells_are_coloured(chromium: Any, sweep: Path, dark: bool, width: int):
    page = Page(chromium, sweep, width, dark)
    assert page.run("return performance.getEntriesByType('resource').length") == 0
    assert page.complaints == []
    assert page.run("return document.documentElement.scrollWidth") == width
    paper = page.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper)[:3])) < 200) == dark
    cells = page.run(COLOURS)
    assert len(cells) == 6
    gain, loss, slight, worst, _, failed = cells
    assert gain[2] > gain[0] and worst[0] > worst[2] and loss[0] > loss[2]  # blue, orange
    strength = [abs(cell[0] - cell[2]) for cell in (slight, loss, worst)]
    assert strength == sorted(strength) and strength[0] + 8 < strength[2]
    assert [cell[4] for cell in cells] == [False, False, False, False, True, False]
    assert failed[3] == 0 and page.text("#matrix .cell.failed") == "✗\nfailed"


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_every_colour(chromium: Any, sweep: Path, dark: bool):
    page = Page(chromium, sweep, dark=dark)
    ink = page.run("return getComputedStyle(document.querySelector('.cell b')).color")
    dark_or_light = [_luminance([int(part) for part in re.findall(r"\d+", ink)[:3]])]
    for red, green, blue, alpha, _ in page.run(COLOURS):
        if alpha:
            light, less = sorted([*dark_or_light, _luminance([red, green, blue])], reverse=True)
            assert (light + 0.05) / (less + 0.05) >= 4.5  # WCAG 2, level AA


def test_the_arrow_keys_move_in_the_matrix_and_show_what_is_known(chromium: Any, sweep: Path):
    page = Page(chromium, sweep)
    assert WORDS["sweep.pick"] in page.text("#matrix .picked")
    assert page.run("return [...document.querySelectorAll('#matrix .cell')].filter((c) => c.tabIndex === 0).length") == 1
    page.press("#matrix .cell", RIGHT)
    assert page.run(CHOSEN) == 1 and "AAA 15m@4h" in page.text("#matrix .picked h4")
    page.press("#matrix .cell[data-row='1']", DOWN)
    assert page.run(CHOSEN) == 2
    page.press("#matrix .cell[data-row='1']", RIGHT)  # on to the next symbol
    assert page.run(CHOSEN) == 3
    page.press("#matrix .cell[data-row='3']", LEFT, LEFT)
    assert page.run(CHOSEN) == 0
    assert "Out of sample (holdout)" in page.text("#matrix .picked") and "0.970" in page.text("#matrix .picked")


def test_a_cell_opens_its_report_and_a_failed_one_its_error(chromium: Any, sweep: Path):
    page = Page(chromium, sweep)
    page.click("#matrix .cell.failed")
    assert page.run("return location.hash") == "#failed-5"
    assert "no bars of 'BBB' at 1h." in page.text("#failed-5")
    page.click("#matrix .cell[data-row='0']")
    assert page.run("return location.pathname").endswith("0_AAA_15m_1h/report.html")
    assert "AAA 15m@1h" in page.text("h1")
    assert page.complaints == []


def test_a_tap_shows_and_the_next_one_opens(chromium: Any, sweep: Path):
    page = Page(chromium, sweep, 390)
    page.sees("Emulation.setTouchEmulationEnabled", enabled=True)
    try:
        for opened in (False, True):
            spot = page.run("""
              const cell = document.querySelector("#matrix .cell[data-row='1']");
              cell.scrollIntoView({block: "center", behavior: "instant"});
              const box = cell.getBoundingClientRect();
              return {x: box.left + box.width / 2, y: box.top + box.height / 2};
            """)
            page.sees("Input.dispatchTouchEvent", type="touchStart", touchPoints=[spot])
            page.sees("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
            page.settle()
            assert page.run("return location.pathname").endswith("1_AAA_15m_4h/report.html") == opened
            if not opened:
                assert "AAA 15m@4h" in page.text("#matrix .picked h4")
    finally:
        page.sees("Emulation.setTouchEmulationEnabled", enabled=False)


def test_a_click_on_a_heading_sorts_the_ranking_with_what_has_no_value_last(chromium: Any, sweep: Path):
    page = Page(chromium, sweep)
    order = "return [...document.querySelectorAll('.ranking tbody tr')].map((row) => +row.dataset.row)"
    assert page.run(order) == [2, 0, 1, 4, 3, 5]
    outside = "document.querySelectorAll('.ranking thead button')[2].click();"
    assert page.run(outside + order) == [0, 2, 1, 3, 4, 5]
    assert page.run(outside + order) == [3, 1, 2, 0, 4, 5]
    assert page.run("return document.querySelectorAll('.ranking thead th')[2].getAttribute('aria-sort')") == "ascending"


def test_one_view_is_shown_at_a_time_and_all_of_them_on_paper(chromium: Any, tmp_path: Path):
    listed = [replace(one, swept={"strategy": name}) for name in ("one", "two") for one in MIXED[:2]]
    page = Page(chromium, make_sweep(tmp_path / "sweep", listed))
    shown = "return [...document.querySelectorAll('#matrix .cell')].filter((c) => c.offsetParent).map((c) => +c.dataset.row)"
    choose = "const s = document.querySelector('[data-choose=view]'); s.value = arguments[0]; s.dispatchEvent(new Event('change'));"
    assert page.run(shown) == [0, 1]
    assert page.run(choose + shown, "1") == [2, 3]
    assert page.run(choose + shown, "all") == [0, 1, 2, 3]
    pdf = base64.b64decode(page.sees("Page.printToPDF", printBackground=True)["data"])
    assert pdf.startswith(b"%PDF") and len(pdf) > 30_000
    assert page.complaints == []


def test_it_can_be_read_without_scripts(chromium: Any, sweep: Path):
    page = Page(chromium, sweep, script=False)
    from selenium.webdriver.common.by import By

    try:
        cells = chromium.find_elements(By.CSS_SELECTOR, "#matrix .cell")
        assert len(cells) == 6 and all(cell.is_displayed() for cell in cells)
        assert not chromium.find_element(By.CSS_SELECTOR, "#matrix .picked").is_displayed()
    finally:
        page.sees("Emulation.setScriptExecutionDisabled", value=False)


def test_a_name_runs_no_script(chromium: Any, tmp_path: Path):
    evil = "<script>window.ran=1</script><img src=x onerror='window.ran=1'>"
    failed = One(evil, "1h@4h", None, state="failed", error=evil)
    page = Page(chromium, make_sweep(tmp_path / "sweep", [One(evil, "15m@1h", 1.0, 0.5, "luck", swept={"strategy": evil}), failed]))
    page.press("#matrix .cell")
    assert page.run("return window.ran === undefined")
    assert evil in page.text("h1") and evil in page.text("#matrix .picked h4")
    assert page.complaints == []


@pytest.mark.parametrize("state", ["running", "interrupted"])
def test_a_sweep_that_has_not_ended_opens_without_a_complaint(chromium: Any, tmp_path: Path, state: str):
    page = Page(chromium, make_sweep(tmp_path / "sweep", [MIXED[0], One("AAA", "1h@4h", None, state="waiting")], state=state))
    assert page.complaints == []
    assert "waiting" in page.text("#matrix .cell.waiting")


def _luminance(colour: list[int]) -> float:
    parts = [c / 255 / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
