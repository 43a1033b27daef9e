"""What a strategy's body can ask of the broker: one record per call. Not what is done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

OcaType = Literal["none", "cancel", "reduce"]


@dataclass(frozen=True)
class Entry:
    """strategy.entry or, if raw, strategy.order: a market order where both levels are na."""

    id: str
    direction: int
    when: Any
    qty: Any
    limit: Any
    stop: Any
    raw: bool = False
    oca_name: str | None = None
    oca_type: OcaType = "none"
    comment: str | None = None


@dataclass(frozen=True)
class Exit:
    """strategy.exit: a bracket on the lots of one entry id, or of all with from_entry None. comments: of its limit, stop and trail legs."""

    id: str
    from_entry: str | None
    when: Any
    qty: Any
    qty_rate: Any
    limit: Any
    stop: Any
    profit_ticks: Any
    loss_ticks: Any
    trail_price: Any
    trail_ticks: Any
    trail_offset_ticks: Any
    always: bool
    comments: tuple[str | None, str | None, str | None] = (None, None, None)


@dataclass(frozen=True)
class Close:
    """strategy.close (an entry id's lots) or, with id None, strategy.close_all."""

    id: str | None
    when: Any
    qty: Any = None
    qty_rate: Any = None
    immediately: bool = False
    comment: str | None = None

    @property
    def signal(self) -> str:
        """Its text in records."""
        return self.comment or ("Close position order" if self.id is None else f"Close entry(s) order {self.id}")


@dataclass(frozen=True)
class Cancel:
    """strategy.cancel, or with id None strategy.cancel_all."""

    id: str | None
    when: Any


Command = Entry | Exit | Close | Cancel
