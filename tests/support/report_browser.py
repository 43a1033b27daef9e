"""A report in Chromium: what a test does there and what it sees. The fixture `chromium` is in tests/report/conftest.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pinejax.report.page.build import build

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


class Page:
    """An opened report. folder: of a run, or a page that is made already."""

    def __init__(self, browser: Any, folder: Path, width: int = 1280, dark: bool = False, script: bool = True):
        self.browser = browser
        browser.get("about:blank")
        browser.get_log("browser")
        self.sees("Emulation.setScriptExecutionDisabled", value=not script)
        self.sees("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        wishes = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
        self.sees("Emulation.setEmulatedMedia", features=[{"name": name, "value": value} for name, value in wishes.items()])
        browser.get((build(folder) if folder.is_dir() else folder).resolve().as_uri())
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
