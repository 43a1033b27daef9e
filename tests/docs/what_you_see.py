"""`python -m tests.docs.what_you_see`: the run that README shows, done again; its output goes there and into two pages of docs/."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.docs.pages import READMES, REPOSITORY

TEXT = re.compile(r"```text\n.*?```", re.DOTALL)


def printed() -> str:
    """What `python -m pinejax.run` prints in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        done = subprocess.run([sys.executable, "-m", "pinejax.run"], cwd=folder, env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def page_in(text: str) -> str:
    """The verdict's page alone."""
    return text[text.index("Verdict: ") :].split("\n\n")[0]


def shortened(text: str) -> str:
    """Without the lines below the verdict's sentence: what README shows."""
    lines = text.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith("  trials "))
    end = next(number for number, line in enumerate(lines) if line.startswith("Time: "))
    return "\n".join([*lines[:begin], "  ...", "", *lines[end:]])


def put(page: Path, text: str) -> None:
    """In place of a page's first text block."""
    old = page.read_text(encoding="utf-8")
    page.write_text(TEXT.sub(lambda _: f"```text\n{text}\n```", old, count=1), encoding="utf-8")


if __name__ == "__main__":
    said = printed()
    for readme in READMES:
        put(readme, shortened(said))
    put(REPOSITORY / "docs" / "getting-started.md", said)
    put(REPOSITORY / "docs" / "selection.md", page_in(said))
