"""The tables in docs/ that follow from the code: `python -m tests.docs.generate` rewrites them, `--check` only compares."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from pinejax.metrics import METRICS
from pinejax.ta import Ta

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


TABLES: Mapping[str, Callable[[], str]] = {"indicators": indicator_table, "metrics": metric_table}


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
