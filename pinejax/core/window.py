"""Which bars of a dataset a run goes over. What makes windows is `pinejax.selection`, what runs over them the engine."""

from __future__ import annotations

from typing import Any

from pinejax.core.pytree import pytree


@pytree
class Window:
    """Which bars a block runs over, as traced scalars. start: first bar fed (indicators are cold); trade_from: first bar on
    which orders are taken; stop: the first bar after the window. Orders of bar stop - 1 find no next open.
    """

    start: Any
    trade_from: Any
    stop: Any
