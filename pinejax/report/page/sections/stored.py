"""What a page that was made from a storage alone says of itself: how far the study was, what no database keeps, how to get it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pinejax.report.page.markup import Markup, el
from pinejax.report.page.sections.best import copyable
from pinejax.report.page.sections.frame import framed, note
from pinejax.report.page.words import say
from pinejax.report.saved import Saved

KEY = "from_storage"
OF_FILES = ("chart", "trades", "months")
"""Sections that need more than trials; this one stands for them."""


def left_out(saved: Saved) -> tuple[str, ...]:
    """Sections that cannot be there: of another tool's study also what its datasets did."""
    if KEY not in saved.manifest:
        return ()
    return OF_FILES if saved.datasets else (*OF_FILES, "overview")


def section(saved: Saved) -> Markup | None:
    """None for a run's folder, and where there is nothing to miss."""
    said = saved.manifest.get(KEY)
    if said is None or saved.best is None or not saved.datasets:
        return None
    command = said.get("again")
    return framed(
        "stored",
        el("p", say("stored.missing")),
        copyable(say("stored.again"), command, open_=True) if command else None,
        note(say("stored.same")),
    )


def banners(saved: Saved) -> list[Markup]:
    """How far the study was when it was read, where it was not at its end."""
    said: Mapping[str, Any] | None = saved.manifest.get(KEY)
    if said is None:
        return []
    texts = []
    running, silent = int(said.get("n_running") or 0), int(said.get("n_silent") or 0)
    when = str(said.get("read", "")).replace("T", " ").replace("+00:00", " UTC")
    if running:
        texts.append(say("stored.running", running=_trials(running), when=when) + (f" {say('stored.silent', n=silent)}" if silent else ""))
    elif not said.get("ended"):
        texts.append(say("stored.unended", when=when))
    judged, now = said.get("n_judged"), said.get("n_now")
    if judged is not None and judged != now:
        texts.append(say("stored.judged", judged=_trials(judged), now=f"{now:,}"))
    return [el("p", text, class_="banner") for text in texts]


def _trials(n: int) -> str:
    return f"{n:,} trial{'s' if n != 1 else ''}"
