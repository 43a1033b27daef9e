"""Runs command lines of the pages in one process, which pays for imports once: JSON in on standard input, JSON out on standard output.

In: a list of {folder, module, arguments}, {folder, python: text} or {folder, copy: [pattern, target]}. Out: a list of {code, out, err}.
No page is read here.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import shutil
import sys
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any


def main_of(module: str) -> Callable[[Sequence[str]], int | None]:
    """What `python -m MODULE` calls."""
    if module in ("pinejax.run", "pinejax.backtest"):
        command = importlib.import_module(module)
        return lambda words: importlib.import_module("pinejax.cli").main(getattr(command, module.rpartition(".")[2]), words)
    return importlib.import_module(f"{module}.cli").main


def newest(kind: str) -> str:
    """The newest folder below outputs that holds such a file."""
    return str(max(Path("outputs").glob(f"*/{kind}"), key=lambda path: path.stat().st_mtime_ns).parent)


def filled_in(word: str) -> str:
    """`outputs/...` and `outputs/..._sweep`, as pages write the folder of the reader's own last run and sweep."""
    for shown, kind in (("outputs/..._sweep", "sweep.json"), ("outputs/...", "manifest.json")):
        if shown in word:
            return word.replace(shown, newest(kind))
    return word


def do(task: dict[str, Any]) -> dict[str, Any]:
    """One task; exceptions are failures of it."""
    os.chdir(task["folder"])
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code: Any = 0
            if "copy" in task:
                pattern, target = task["copy"]
                (source,) = Path().glob(pattern)
                shutil.copy(source, target)
            elif "python" in task:
                exec(compile(task["python"], "block.py", "exec"), {"__name__": "block"})
            else:
                code = main_of(task["module"])([filled_in(word) for word in task["arguments"]])
        except SystemExit as stop:
            code = stop.code
        except Exception as error:
            code = repr(error)
    return {"code": code or 0, "out": out.getvalue(), "err": err.getvalue()}


if __name__ == "__main__":
    webbrowser.open = lambda *_, **__: True  # `open` has nobody to show to
    done = [do(task) for task in json.load(sys.stdin)]
    json.dump(done, sys.stdout)
