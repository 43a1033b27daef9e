"""Timeframes and LTF@HTF pairs as values. Not resampling: that is `pinejax.data.resample`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pinejax.errors import ConfigError

_UNIT_S = {"s": 1, "m": 60, "h": 3_600, "D": 86_400, "W": 604_800}
_PATTERN = re.compile(r"(\d*)\s*([smhdwDWHM]?)")


@dataclass(frozen=True, order=True)
class Timeframe:
    """A bar's length. `5m`, `1h`, `4h`, `1D`, `1W`; ordered and compared by seconds."""

    seconds: int

    @classmethod
    def parse(cls, text: str | int | Timeframe) -> Timeframe:
        """Read `15m`, `15` (minutes, as TradingView writes it), `60`, `1h`, `D`, `1d`, `1W`.

        Errors: ConfigError for anything else, months included (a month has no fixed length).
        """
        if isinstance(text, Timeframe):
            return text
        raw = str(text).strip()
        match = _PATTERN.fullmatch(raw)
        if not match or raw == "" or match[2] == "M" or (match[1] and not match[1].strip("0")):
            raise ConfigError(f"timeframe: expected something like 1m, 15m, 1h, 4h, 1D or 1W, got {raw!r}.")
        unit = {"d": "D", "w": "W", "H": "h", "": "m"}.get(match[2], match[2])
        return cls(int(match[1] or 1) * _UNIT_S[unit])

    @property
    def ms(self) -> int:
        """Length in milliseconds."""
        return self.seconds * 1_000

    def __str__(self) -> str:
        for unit in ("W", "D", "h", "m", "s"):
            n, rest = divmod(self.seconds, _UNIT_S[unit])
            if rest == 0 and n:
                return f"{n}{unit}"
        return f"{self.seconds}s"


@dataclass(frozen=True)
class TimeframePair:
    """The bars a strategy trades on (`ltf`) and the higher bars it may look at (`htf`). `15m` alone means HTF = LTF."""

    ltf: Timeframe
    htf: Timeframe

    @classmethod
    def parse(cls, text: str | int | TimeframePair) -> TimeframePair:
        """Read `5m@1h` or `15m`.

        Errors: ConfigError where the HTF is not above the LTF or not a whole multiple of it.
        """
        if isinstance(text, TimeframePair):
            return text
        parts = str(text).split("@")
        if len(parts) > 2:
            raise ConfigError(f"timeframe: expected LTF or LTF@HTF such as 5m@1h, got {text!r}.")
        ltf = Timeframe.parse(parts[0])
        if len(parts) == 1:
            return cls(ltf, ltf)
        htf = Timeframe.parse(parts[1])
        if htf <= ltf:
            raise ConfigError(
                f"timeframe: expected an HTF above the LTF, got {text} (HTF {htf}, LTF {ltf}). "
                f"Write {htf}@{ltf}, or {ltf} alone to trade without a higher timeframe."
            )
        if htf.seconds % ltf.seconds:
            raise ConfigError(
                f"timeframe: expected an HTF that is a whole multiple of the LTF, got {text}: "
                f"{htf} is {htf.seconds / ltf.seconds:.3g} x {ltf}. Choose another pair."
            )
        return cls(ltf, htf)

    @property
    def alone(self) -> bool:
        """Whether there is no higher timeframe: HTF = LTF."""
        return self.htf == self.ltf

    @property
    def slug(self) -> str:
        """For file names: `5m_1h`, or `15m` without an HTF."""
        return f"{self.ltf}_{self.htf}" if not self.alone else str(self.ltf)

    def __str__(self) -> str:
        return f"{self.ltf}@{self.htf}" if not self.alone else str(self.ltf)


PAIR = "timeframe"
"""The parameter of a study that searches several pairs at once."""


def is_pair(value: object) -> bool:
    """Whether it is a text such as `5m@1h`."""
    try:
        return isinstance(value, str) and str(TimeframePair.parse(value)) != ""
    except ConfigError:
        return False
