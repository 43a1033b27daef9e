"""Which stretches of time the search saw and which it did not, as far as the run's files say. For the shading of the equity chart."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pinejax.report.page.saved import Saved


def shades(saved: Saved) -> list[dict[str, Any]]:
    """[{from, to, kind}] in seconds, kind `in` or `out`; empty where nothing was kept from the search.

    Read from the list `spans` of verdict.json or of the manifest's `validation`, where it is: [{from, to, role}] with ISO times, UTC.
    """
    validation = saved.manifest.get("validation")
    for holder in (saved.verdict, validation):
        spans = holder.get("spans") if isinstance(holder, Mapping) else None
        if isinstance(spans, list):
            return [shade for span in spans if (shade := _shade(span))]
    return []


def _shade(span: Any) -> dict[str, Any] | None:
    try:
        kind = "out" if str(span.get("role", "")).startswith(("test", "out", "holdout")) else "in"
        return {"from": _seconds(span["from"]), "to": _seconds(span["to"]), "kind": kind}
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _seconds(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
