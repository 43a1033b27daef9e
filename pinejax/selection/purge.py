"""How many bars are left out between what a set is chosen on and what it is judged on, and why so many. Where: `splits`.

A position that was opened on a train bar is still held, a higher bar or an indicator that began there still speaks, on the bars after
it: results there are not independent of it. Lopez de Prado, Advances in Financial Machine Learning (2018), 7.4.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Purge:
    """All in bars traded on. memory: of the longest indicator; higher: a bar of the highest timeframe; holding: the longest that a set
    held a position, None where it is not known (yet); given: `validation.purge`, which is then used whatever is needed.
    """

    memory: int
    higher: int = 1
    holding: int | None = None
    given: int | None = None

    @property
    def needed(self) -> int:
        """The largest of the parts."""
        return max(self.memory, self.higher, self.holding or 0)

    @property
    def bars(self) -> int:
        """What is left out."""
        return self.needed if self.given is None else self.given

    @property
    def parts(self) -> str:
        """What is needed, in words."""
        higher = [f"{self.higher} of a higher bar"] if self.higher > 1 else []
        held = "the longest holding time is not known yet" if self.holding is None else f"{self.holding} of the longest holding time"
        return ", ".join([f"{self.memory} of the longest indicator", *higher, held])

    @property
    def advice(self) -> str:
        """What to do where it leaves nothing: a purge that does not count the longest trade, if that is why it is so long."""
        if self.given is not None:
            return f"Choose a shorter validation.purge than {self.given}, or more bars."
        least = max(self.memory, self.higher)
        if self.bars <= least:
            return "Choose a strategy with a shorter memory, or more bars."
        return (
            f"It is the longest trade's: validation.purge={least} leaves that out of account, with a warning, since no position crosses "
            "into the bars that are judged on; or take more bars."
        )

    @property
    def warning(self) -> str:
        """Of a purge that was given and is too small; else empty."""
        if self.bars >= self.needed:
            return ""
        return f"WARNING: validation.purge={self.bars} bars is less than the {self.needed} that are needed ({self.parts}). It is used."

    def __str__(self) -> str:
        given = "" if self.given is None else " as given"
        return f"purge {self.bars} bars{given}: {self.parts}"


def memory_of(longest: int, higher: Iterable[tuple[int, int]] = ()) -> int:
    """Bars that indicators look back, and so the warm-up that they need. longest: the largest length in bars traded on; higher: for each
    higher series its largest length in its own bars, and how many bars traded on make one, of which one is begun and not over. A
    recursive average (ema, rma) never quite forgets: its length counts, as on a chart.
    """
    return max(longest, *((length + 1) * bars for length, bars in higher), 0)
