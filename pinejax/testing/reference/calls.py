"""How a ta.* call of the reference finds its state: one call site after the other. Not formulas."""

from __future__ import annotations

from typing import Any

from pinejax.testing.reference.sites import Frame, Past
from pinejax.testing.reference.states import Window


class Calls:
    """The call sites of one frame on one bar.

    What a call gives while masked is not specified (here: what its parts last gave); its state is untouched.
    """

    def __init__(self, frame: Frame, bar: Any):
        self._frame, self._bar = frame, bar

    def _run(self, make: Any, *args: Any) -> Any:
        return self._frame.state(make).run(self._frame.active, *args)

    def _window(self, x: Any, n: Any, formula: Any, *, keep_na: bool = False) -> Any:
        return self._run(lambda: Window(int(n), formula, keep_na=keep_na), x)

    def _past(self, x: Any, n: Any = 1) -> Any:
        return self._run(lambda: Past(int(n)), x)
