"""The page as its users see it: in Chromium, from a file, without a network."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from report_folder import make_run

from pinejax.report.page.build import build
from pinejax.report.page.words import WORDS

pytestmark = pytest.mark.browser

DRAWN = """
const count = (canvas) => {
  const seen = new Set(), pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let inked = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    if (pixels[i + 3] > 20) { inked++; seen.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]); }
  }
  return [inked, seen.size];
};
const found = {};
for (const [name, { chart }] of Object.entries(report.charts)) found[name] = count(chart.takeScreenshot());
document.querySelectorAll("[data-plot]").forEach((place) => {
  const canvas = place.querySelector("canvas");
  if (canvas) found[place.dataset.plot] = count(canvas);
});
return found;
"""
"""How many pixels of each chart are not blank, and how many colours they have."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium that resolves no name."""
    selenium = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    browser, driver = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("no Chromium with its driver (Debian: apt-get install chromium chromium-driver)")
    options = Options()
    options.binary_location = browser
    for word in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "disable-dev-shm-usage",
        "hide-scrollbars",
        "host-resolver-rules=MAP * ~NOTFOUND",
    ):
        options.add_argument(f"--{word}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = selenium.Chrome(options=options, service=Service(driver))
    found.set_script_timeout(20)
    yield found
    found.quit()


class Page:
    """An opened report."""

    def __init__(self, browser: Any, folder: Path, width: int = 1280, dark: bool = False, script: bool = True):
        self.browser = browser
        browser.get("about:blank")
        browser.get_log("browser")
        self.sees("Emulation.setScriptExecutionDisabled", value=not script)
        self.sees("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        wishes = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
        self.sees("Emulation.setEmulatedMedia", features=[{"name": name, "value": value} for name, value in wishes.items()])
        browser.get(build(folder).resolve().as_uri())
        if script:
            self.settle()

    def settle(self) -> None:
        """Until the charts have drawn what they were told: they do so with the next frame."""
        self.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")

    def sees(self, command: str, **arguments: Any) -> Any:
        return self.browser.execute_cdp_cmd(command, arguments)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def text(self, selector: str) -> str:
        return self.run("return document.querySelector(arguments[0]).innerText", selector)

    def click(self, selector: str) -> None:
        from selenium.webdriver.common.by import By

        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", selector)
        self.browser.find_element(By.CSS_SELECTOR, selector).click()
        self.settle()

    def press(self, selector: str, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        self.run("document.querySelector(arguments[0]).focus()", selector)
        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()
            self.settle()

    @property
    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.browser.get_log("browser")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on two symbols with holdout bars; read only."""
    return make_run(tmp_path_factory.mktemp("browser") / "run", n_trials=120, seen=1_500)


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
    assert WORDS["pick"] in page.text(".picked")
    actions = ActionChains(chromium)
    actions.w3c_actions.pointer_action.move_to_location(round(spot["x"]), round(spot["y"]))
    actions.click().perform()
    assert page.run("return report.state.trade") == spot["trade"]
    assert page.text(".picked dd span") == str(spot["trade"] + 1)
    assert "Net P&L" in page.text(".picked")
    assert page.complaints == []


def test_a_row_of_the_list_shows_its_trade_on_the_chart(chromium: Any, folder: Path):
    page = Page(chromium, folder)
    page.click("#trades tr[data-trade='2'] button")
    assert page.text(".picked dd span") == "3"
    seen = page.run("return report.charts.candles.marks.placed().map((spot) => spot.trade)")
    assert 2 in seen
    row = page.run("return document.querySelector(\"#trades tr[data-trade='2'] td:nth-child(6) span\").textContent")
    assert row in page.text(".picked")


def test_the_keyboard_reaches_everything(chromium: Any, folder: Path):
    page = Page(chromium, folder)
    page.press(".candles", "\ue014", "\ue014", "\ue012")  # right, right, left
    assert page.text(".picked dd span") == "1"
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


def test_another_dataset_changes_all_that_is_shown(chromium: Any, folder: Path):
    page = Page(chromium, folder)
    before = page.text("#overview .of-dataset.chosen"), page.text("#trades tbody")
    page.click(".pick-dataset[data-dataset='1']")
    assert page.run("return document.querySelector('#dataset').value") == "1"
    assert page.run("return [...document.querySelectorAll('.of-dataset.chosen')].every((e) => e.dataset.dataset === '1')")
    assert (page.text("#overview .of-dataset.chosen"), page.text("#trades tbody")) != before
    assert "BBB" in page.text("#chart .legend")
    assert page.complaints == []


def test_the_theme_can_be_changed_by_hand(chromium: Any, folder: Path):
    page = Page(chromium, folder)
    before = page.run("return getComputedStyle(document.body).backgroundColor")
    page.click(".theme")
    assert page.run("return getComputedStyle(document.body).backgroundColor") != before
    assert page.complaints == []


def test_pages_of_the_list_of_trades(chromium: Any, folder: Path):
    page = Page(chromium, folder)
    assert page.text("#trades .shown").startswith("1 to 20 of ")
    page.click("#trades [data-page='1']")
    assert page.text("#trades .shown").startswith("21 to 40 of ")
    assert page.text("#trades tbody tr th") == "21"


def test_it_prints_light_with_its_charts(chromium: Any, folder: Path):
    page = Page(chromium, folder, dark=True)
    pdf = base64.b64decode(page.sees("Page.printToPDF", printBackground=True)["data"])
    assert pdf.startswith(b"%PDF") and len(pdf) > 50_000
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


def test_a_name_runs_no_script(chromium: Any, tmp_path: Path):
    evil = "<script>window.ran=1</script><img src=x onerror='window.ran=1'>"
    page = Page(chromium, make_run(tmp_path / "run", study=evil, symbols=("A<script>window.ran=1</script>",)))
    assert page.run("return window.ran === undefined")
    assert evil in page.text("header .facts")
    assert page.complaints == []


@pytest.mark.parametrize(
    "more",
    [
        {"every": 5_000}, {"n_trials": 1}, {"n_trials": 0}, {"states": ("FAIL",)}, {"states": ("PRUNED",)},
        {"detailed": False, "state": "running"}, {"objectives": ("sharpe", "max_drawdown")}, {"n_bars": 12},
    ],
)  # fmt: skip
def test_every_state_of_a_run_opens_without_a_complaint(chromium: Any, tmp_path: Path, more: dict):
    page = Page(chromium, make_run(tmp_path / "run", **more))
    assert page.complaints == []
    assert page.run("return typeof report") == "object"


def test_another_objective_redraws_the_searchs_charts(chromium: Any, tmp_path: Path):
    page = Page(chromium, make_run(tmp_path / "run", n_trials=120, objectives=("sharpe", "max_drawdown")))
    first = page.run("return document.querySelector('[data-plot=history] canvas').toDataURL()")
    assert page.run(DRAWN)["pareto"][0] > 500
    page.run("const s = document.querySelector('[data-choose=objective]'); s.value = 1; s.dispatchEvent(new Event('change'))")
    assert page.run("return document.querySelector('[data-plot=history] canvas').toDataURL()") != first
    assert page.complaints == []
