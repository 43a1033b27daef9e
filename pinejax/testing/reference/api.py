"""`ctx.broker` on plain numbers: commands and-ed with the mask, and readings of the account. What they do is the broker's business."""

from __future__ import annotations

from typing import Any

from pinejax.testing.reference.book import given
from pinejax.testing.reference.broker import Broker
from pinejax.testing.reference.orders import ExitComments, ExitLevels, OcaType
from pinejax.testing.reference.readings import Readings
from pinejax.testing.reference.sites import Frame


class BrokerApi(Readings):
    """`ctx.broker` of one run. Every command acts where its `when` and the mask around it hold."""

    def __init__(self, broker: Broker, frame: Frame):
        super().__init__(broker)
        self._frame = frame

    def _on(self, when: Any) -> bool:
        return self._frame.active and bool(when)

    def entry(
        self, id: str, direction: int, when: Any = True, *, qty: Any = None, limit: Any = None, stop: Any = None, oca_name: str = "",
        oca_type: OcaType = "none", comment: str = "",
    ) -> None:  # fmt: skip
        """strategy.entry."""
        if self._on(when):
            prices = {"qty": given(qty), "limit": given(limit), "stop": given(stop)}
            self._broker.entry(id, direction, **prices, oca_name=oca_name, oca_type=oca_type, comment=comment)

    def order(
        self, id: str, direction: int, when: Any = True, *, qty: Any = None, limit: Any = None, stop: Any = None, oca_name: str = "",
        oca_type: OcaType = "none", comment: str = "",
    ) -> None:  # fmt: skip
        """strategy.order."""
        if self._on(when):
            prices = {"qty": given(qty), "limit": given(limit), "stop": given(stop)}
            self._broker.order(id, direction, **prices, oca_name=oca_name, oca_type=oca_type, comment=comment)

    def exit(
        self, id: str, from_entry: str | None = None, when: Any = True, *, qty: Any = None, qty_rate: Any = None, limit: Any = None,
        stop: Any = None, profit_ticks: Any = None, loss_ticks: Any = None, trail_price: Any = None, trail_ticks: Any = None,
        trail_offset_ticks: Any = None, oca_name: str = "", comment: str = "", comment_profit: str = "", comment_loss: str = "",
        comment_trailing: str = "",
    ) -> None:  # fmt: skip
        """strategy.exit. An exit's oca_name only sets it apart from other exits, which it is anyway (4.6)."""
        if self._on(when):
            levels = ExitLevels(*map(given, (limit, stop, profit_ticks, loss_ticks, trail_price, trail_ticks, trail_offset_ticks)))
            comments = ExitComments(comment, comment_profit, comment_loss, comment_trailing)
            self._broker.exit(id, from_entry or "", qty=given(qty), qty_rate=given(qty_rate), levels=levels, comments=comments)

    def close(
        self, id: str, when: Any = True, *, qty: Any = None, qty_rate: Any = None, immediately: bool = False, comment: str = ""
    ) -> None:
        """strategy.close."""
        if self._on(when):
            self._broker.close(id, qty=given(qty), qty_rate=given(qty_rate), immediately=immediately, comment=comment)

    def close_all(self, when: Any = True, *, immediately: bool = False, comment: str = "") -> None:
        """strategy.close_all."""
        if self._on(when):
            self._broker.close_all(immediately=immediately, comment=comment)

    def cancel(self, id: str, when: Any = True) -> None:
        """strategy.cancel."""
        if self._on(when):
            self._broker.cancel(id)

    def cancel_all(self, when: Any = True) -> None:
        """strategy.cancel_all."""
        if self._on(when):
            self._broker.cancel_all()
