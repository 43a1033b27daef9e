"""The tables in docs/ that follow from the code: `python -m tests.docs.generate` rewrites them, `--check` only compares."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import yaml

from pinejax.metrics import METRICS
from pinejax.ta import Ta
from tests.docs.keys import Key, keys

DOCS = Path(__file__).resolve().parents[2] / "docs"
MARKED = re.compile(r"(<!-- begin: (\w+) [^\n]*-->\n)(.*?)(<!-- end: \2 -->)", re.DOTALL)


def indicators() -> list[str]:
    """The public methods of `ta`: each call, and what its docstring's first line says."""
    return sorted(name for name, item in inspect.getmembers(Ta, inspect.isfunction) if not name.startswith("_"))


def indicator_table() -> str:
    """One row per indicator."""
    rows = ["| call | value |", "| --- | --- |"]
    for name in indicators():
        method = getattr(Ta, name)
        given = list(inspect.signature(method).parameters.values())[1:]
        words = [p.name if p.default is p.empty else f"{p.name}={p.default}" for p in given]
        said = (inspect.getdoc(method) or "").splitlines()[0]
        rows.append(f"| `ta.{name}({', '.join(words)})` | {_cell(said)} |")
    return "\n".join(rows)


def metric_table() -> str:
    """One row per metric of the catalogue."""
    rows = ["| metric | better | unit | definition |", "| --- | --- | --- | --- |"]
    better = {"maximize": "more", "minimize": "less"}
    rows += [f"| `{name}` | {better[m.direction]} | {m.unit} | {_cell(m.text)} |" for name, m in METRICS.items()]
    return "\n".join(rows)


def key_table(*groups: str) -> str:
    """One row per key of some groups of the configuration; flags, of which the dataclasses know no type, have no column `takes`."""
    listed = [key for group in groups for key in keys(group)]
    typed = any(key.takes for key in listed)
    rows = ["| key | takes | default | meaning |" if typed else "| key | default | meaning |", "| --- " * (3 + typed) + "|"]
    for key in listed:
        cells = [f"`{key.name}`", *([key.takes] if typed else []), f"`{_plain(key)}`", _linked(key.meaning)]
        rows.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    return "\n".join(rows)


def _plain(key: Key) -> str:
    """A default as it is typed."""
    text = yaml.safe_dump(key.default, default_flow_style=True).strip().removesuffix("...").strip()
    return '""' if key.default == "" else text


def _linked(meaning: str) -> str:
    """`docs/data.md#snapshots`, as comments in YAML name a page, as the link that a page has."""
    return re.sub(r"docs/([\w-]+)\.md(#[\w-]+)?", r"[\1](\1.md\2)", meaning)


TABLES: Mapping[str, Callable[[], str]] = {
    "indicators": indicator_table,
    "metrics": metric_table,
    "keys_run": partial(key_table, "top", "data"),
    "keys_broker": partial(key_table, "broker"),
    "keys_objective": partial(key_table, "objective"),
    "keys_search": partial(key_table, "search"),
    "keys_sweep": partial(key_table, "sweep"),
    "keys_selection": partial(key_table, "validation", "null", "stress", "verdict"),
    "keys_report": partial(key_table, "report"),
    "keys_storage": partial(key_table, "storage"),
    "keys_engine": partial(key_table, "engine"),
    "keys_samplers": partial(key_table, "sampler"),
    "keys_pruners": partial(key_table, "pruner"),
}


def rewritten(text: str) -> str:
    """A page with its generated tables as the code has them now."""
    return MARKED.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n\n{found[4]}", text)


def stale_pages() -> dict[Path, str]:
    """The pages that would change, with their new text."""
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(DOCS.glob("*.md"))}
    return {path: rewritten(text) for path, text in pages.items() if rewritten(text) != text}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    stale = stale_pages()
    for page, new in stale.items():
        print(page.name)
        if "--check" not in sys.argv:
            page.write_text(new, encoding="utf-8")
    sys.exit(bool(stale) and "--check" in sys.argv)
