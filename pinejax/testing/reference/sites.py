"""Call sites: every call in a strategy's body owns state, found again by the order of the calls. Not formulas: `ta`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

na = float("nan")


class Frame:
    """The call sites of one body (the strategy's, or one HTF function's) and the mask under which they run."""

    def __init__(self) -> None:
        self.states: list[Any] = []
        self.cursor = 0
        self.active = True

    def rewind(self) -> None:
        """Back to the first call site: a new bar begins."""
        self.cursor = 0
        self.active = True

    def state(self, make: Callable[[], Any]) -> Any:
        """This call's state, made at the first pass."""
        if self.cursor == len(self.states):
            self.states.append(make())
        self.cursor += 1
        return self.states[self.cursor - 1]

    @contextmanager
    def when(self, mask: Any) -> Iterator[None]:
        """Call sites inside keep their state where the mask is false; masks nest."""
        outer = self.active
        self.active = outer and bool(mask)
        yield
        self.active = outer


class Held:
    """A state that remembers its last output, returned again while its call site is masked."""

    def __init__(self) -> None:
        self.out: Any = na

    def run(self, active: bool, *args: Any) -> Any:
        """Execute, or hold."""
        if active:
            self.out = self.step(*args)
        return self.out

    def step(self, *args: Any) -> Any:
        """One execution; overridden."""
        raise AssertionError(f"{type(self).__name__} has no step")


class Past(Held):
    """The value of n executions ago: na before, False for truth values."""

    def __init__(self, n: int):
        super().__init__()
        self.n, self.values = n, []

    def step(self, x: Any) -> Any:
        """Remember x; give the one of n executions ago."""
        self.values = [*self.values[-self.n :], x]
        if self.n == 0:
            return x
        if len(self.values) > self.n:
            return self.values[0]
        return type(x)(False) if _is_truth(x) else na


def _is_truth(x: Any) -> bool:
    return type(x).__name__ in ("bool", "bool_")
