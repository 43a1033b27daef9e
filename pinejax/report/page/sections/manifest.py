"""What was run, on what, with which costs; and everything the manifest says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pinejax.report.page.figures import figure, short
from pinejax.report.page.markup import Markup, el, table
from pinejax.report.page.sections.frame import definitions, folded, framed
from pinejax.report.page.words import readable, say
from pinejax.report.saved import Saved

COSTS = ("initial_capital", "size_type", "size", "commission_type", "commission", "slippage_ticks", "leverage", "pyramiding", "currency")
SEARCH = ("sampler", "pruner", "seed", "n_trials", "batch_size", "n_workers")


def section(saved: Saved) -> Markup | None:
    """None for an empty one."""
    said = saved.manifest
    if not said:
        return None
    rows = [
        (say("manifest.costs"), listed(costs(said.get("broker", {})), COSTS)),
        (say("manifest.search"), listed(said.get("search", {}), SEARCH)),
        (say("objective"), listed(said.get("objective", {}), ("metric", "aggregate", "gates"))),
        (say("manifest.time"), taken(said)),
        (say("manifest.machine"), listed({**said.get("machine", {}), "device": said.get("device")})),
        (say("manifest.versions"), listed({"pinejax": said.get("pinejax"), **said.get("versions", {})})),
    ]
    return framed(
        "manifest",
        datasets(said.get("datasets", ())),
        definitions([(term, text) for term, text in rows if text]),
        folded(say("manifest.all"), el("pre", json.dumps(said, indent=1, ensure_ascii=False), class_="json", tabindex="0")),
    )


def datasets(rows: Any) -> Markup | None:
    """Each dataset's span and hash."""
    if not rows:
        return None
    head = [say("dataset"), say("bars"), say("from"), say("to"), say("hash")]
    cells = [[r["name"], figure(r["n_bars"], "count"), r["first"], r["last"], el("code", str(r["content_hash"])[:12])] for r in rows]
    return table(head, cells, caption=say("manifest.data"), class_="figures")


def costs(broker: Mapping[str, Any]) -> dict[str, Any]:
    """With rates as percent."""
    known = dict(broker)
    for key, kind in (("commission", "percent"), ("size", "percent_of_equity")):
        if known.get(f"{key}_type", kind) == kind and isinstance(known.get(key), (int, float)):
            known[key] = f"{short(float(f'{100 * known[key]:.6g}'))}%"
    return known


def taken(said: Mapping[str, Any]) -> str:
    """How long the run took, and how fast its trials were."""
    total, rate = said.get("timings_s", {}).get("total"), said.get("trials_per_s")
    parts = [say("manifest.seconds", n=figure(total, "bars"))] if isinstance(total, (int, float)) else []
    parts += [say("manifest.rate", n=figure(rate, "bars"))] if isinstance(rate, (int, float)) else []
    return ", ".join(parts)


def listed(values: Mapping[str, Any], keys: tuple[str, ...] | None = None) -> str:
    """`Sampler tpe, seed 1`: what is there, in a line."""
    known = [(key, values.get(key)) for key in (keys or values)]
    shown = [f"{readable(key).lower()} {_value(value)}" for key, value in known if value not in (None, "", {}, [])]
    return ", ".join(shown)


def _value(value: Any) -> str:
    return listed(value) if isinstance(value, Mapping) else short(value)
