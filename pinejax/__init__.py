"""pinejax: search the parameters of Pine-style strategies with TradingView's fills.

A strategy's author needs these names; `load` is for who looks at what a search has left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG, SHORT

if TYPE_CHECKING:
    from os import PathLike

    from pinejax.report.loaded.run import Run
    from pinejax.report.loaded.sweep import Sweep

__version__ = "0.1.0"

__all__ = ["LONG", "SHORT", "Strategy", "__version__", "input", "load", "load_study"]


def load(folder: str | PathLike[str]) -> Run | Sweep:
    """The folder of a run or of a sweep as an object with its frames and figures (docs/notebooks.md).

    Errors: ReportError for another folder.
    """
    from pinejax.report.load import load as load_folder

    return load_folder(folder)


def load_study(name: str, storage: str | None = None) -> Run:
    """A study as its database or journal has it: no bars, equity or trades (docs/notebooks.md).

    storage: its URL; None is the one in OPTUNA_STORAGE_URL, else outputs/studies.db. Errors: StudyError.
    """
    from pinejax.report.load import load_study as load_stored

    return load_stored(name, storage)
