"""What was swept, how it was launched and with which versions; and everything that sweep.json says."""

from __future__ import annotations

import json
from typing import Any

from pinejax.report.page.markup import Child, Markup, el
from pinejax.report.page.sections.best import copyable
from pinejax.report.page.sections.frame import definitions, folded, framed
from pinejax.report.page.sections.manifest import listed
from pinejax.report.page.words import WORDS, say
from pinejax.report.saved_sweep import SavedSweep


def section(sweep: SavedSweep) -> Markup | None:
    """None for an empty one."""
    said = sweep.said
    if not said:
        return None
    known: list[tuple[str, Any]] = [
        ("sweep.launcher", said.get("launcher")),
        ("sweep.mode", WORDS.get(f"sweep.mode.{said.get('mode')}", said.get("mode"))),
        ("sweep.workers", said.get("workers_per_combination")),
        ("sweep.started", when(said.get("started"))),
        ("sweep.ended", when(said.get("ended"))),
        ("sweep.files", say("sweep.files.text")),
        ("manifest.versions", listed({"pinejax": said.get("pinejax"), **(said.get("versions") or {})})),
    ]
    rows: list[tuple[str, Child]] = [(say(key), str(value)) for key, value in known if value not in (None, "")]
    command = said.get("command")
    return framed(
        "manifest",
        copyable(say("sweep.command"), str(command), open_=True) if command else None,
        definitions(rows),
        folded(say("sweep.manifest.all"), el("pre", json.dumps(said, indent=1, ensure_ascii=False), class_="json")),
    )


def when(text: Any) -> str:
    """A time as the page has them."""
    return str(text or "").replace("T", " ").replace("+00:00", " UTC")
