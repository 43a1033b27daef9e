"""`python -m tests.docs.screenshot`: the run that README shows, done again, and the first screen of its report, docs/img/report.png.

It takes Chromium with its driver (Debian: chromium, chromium-driver) and a minute.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pinejax.report.page.build import build
from tests.docs.pages import REPOSITORY

PICTURE = REPOSITORY / "docs" / "img" / "report.png"
WIDTH = 1280
LAST = "#overview .chart.equity"
"""The picture ends below it."""
MOST_BYTES = 300_000


def run(folder: Path) -> Path:
    """What `python -m pinejax.run` leaves in an empty folder: bars of a seeded generator, and a page that says so."""
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-m", "pinejax.run"], cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL)
    return build(next(path.parent for path in folder.glob("outputs/*/manifest.json")))


def first_screen(page: Path) -> bytes:
    """A PNG of the page from its top down to the equity, in light colours."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or "chromium"
    for word in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "hide-scrollbars"):
        options.add_argument(f"--{word}")
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        screen = {"width": WIDTH, "height": 1400, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "light"}]})
        browser.get(page.resolve().as_uri())
        browser.execute_script("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")
        height = browser.execute_script("return document.querySelector(arguments[0]).getBoundingClientRect().bottom + 8", LAST)
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": round(height), "scale": 1}
        return base64.b64decode(browser.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip})["data"])
    finally:
        browser.quit()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        picture = first_screen(run(Path(place)))
    if len(picture) > MOST_BYTES:
        raise SystemExit(f"The picture has {len(picture):,} bytes, more than {MOST_BYTES:,}.")
    PICTURE.write_bytes(picture)
    print(f"{PICTURE.relative_to(REPOSITORY)}: {len(picture):,} bytes")
