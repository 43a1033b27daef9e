"""What a user says with an import: names, instrument, whose bars win. Not reading files (`parts`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pinejax.core.clock import zone_of
from pinejax.core.session import Session
from pinejax.core.timeframe import Timeframe
from pinejax.data.filenames import NamePattern
from pinejax.errors import ConfigError, DataError

Prefer = Literal["stored", "new"]


@dataclass(frozen=True)
class ImportOptions:
    """What the user gives for all files; None: from the file's name or content. replace: forget what is stored instead of merging.

    pattern: how names tell symbol and timeframe (`NamePattern`). times_in: the IANA zone of times without an offset; None: UTC.
    prefer: whose bars win where two tables differ on one: `stored` (then the file given first) or `new` (the file given last); None:
    such files are refused. dry_run: everything but writing.
    """

    symbol: str | None = None
    timeframe: Timeframe | None = None
    tick_size: float | None = None
    lot_step: float | None = None
    currency: str | None = None
    zone: str | None = None
    session: str | None = None
    point_value: float | None = None
    replace: bool = False
    pattern: str | None = None
    times_in: str | None = None
    prefer: Prefer | None = None
    dry_run: bool = False

    def __post_init__(self) -> None:
        for flag, value in (("--tick-size", self.tick_size), ("--lot-step", self.lot_step), ("--point-value", self.point_value)):
            if value is not None and not (np.isfinite(value) and value > 0):
                raise DataError(f"{flag}: expected a number above zero, got {value}.")
        if self.symbol is not None and not self.symbol.strip():
            raise DataError("--symbol: expected a name such as BTCUSDT, got nothing.")
        if self.prefer is not None and self.replace:
            raise DataError("--prefer: it decides between stored and new bars, and --replace forgets the stored ones. Give one of them.")
        checks = (("--zone", zone_of, self.zone), ("--session", Session.parse, self.session), ("--times-in", zone_of, self.times_in))
        for flag, check, text in (*checks, ("--pattern", NamePattern.parse, self.pattern)):
            try:
                _ = text is None or check(text)
            except ConfigError as error:
                raise DataError(f"{flag}: {error}") from None
