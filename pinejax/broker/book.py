"""The order book of one strategy: a fixed set of slots, known once its body has been traced. Not how orders fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from pinejax.broker.commands import Cancel, Close, Command, Entry, Exit, OcaType
from pinejax.broker.config import BrokerConfig
from pinejax.broker.readings import Wants
from pinejax.core.orders import LONG, SHORT
from pinejax.core.pytree import pytree
from pinejax.errors import StrategyError

# Stands for the lots of all entry ids, where an exit names none.
ALL = -1
# A raw order can add a lot on every fill: room for that many of each id, beyond which a lane ends with a status.
RAW_LOTS = 4


@dataclass(frozen=True)
class EntrySpec:
    """What the calls of one id, of an entry or a raw order, can ask for. signal: its text in records; oca: its group's name and type."""

    id: str
    directions: frozenset[int]
    has_stop: bool
    has_limit: bool
    raw: bool
    oca: tuple[str, OcaType] | None
    signal: str

    @property
    def priced(self) -> bool:
        return self.has_stop or self.has_limit

    @property
    def direction(self) -> int | None:
        """1 or -1 where the id is used for one side only, else None."""
        return next(iter(self.directions)) if len(self.directions) == 1 else None


@dataclass(frozen=True)
class ExitSpec:
    """What the calls of one (exit id, from_entry) can ask for. from_entry: an entry code or ALL; signals: of its limit, stop, trail."""

    id: str
    from_entry: int
    signals: tuple[str, str, str]
    has_stop: bool
    has_limit: bool
    has_trail: bool
    partial: bool


@dataclass(frozen=True)
class BookSpec:
    """Everything static about a strategy's orders: entry ids (their index is the lots' entry code), exits, capacity of the lot book.

    re_queues: whether a market order can have replaced an earlier order of its id, in whose place it then stands; wants: what must be
    remembered for the body.
    """

    entries: tuple[EntrySpec, ...]
    exits: tuple[ExitSpec, ...]
    max_lots: int
    max_per_side: int
    re_queues: bool
    wants: Wants

    @property
    def has_groups(self) -> bool:
        """Whether any order belongs to a one-cancels-all group."""
        return any(e.oca is not None for e in self.entries)

    def siblings(self, slot: int) -> tuple[int, ...]:
        """The other ids of an id's one-cancels-all group."""
        own = self.entries[slot].oca
        if own is None:
            return ()
        return tuple(i for i, e in enumerate(self.entries) if i != slot and e.oca is not None and e.oca[0] == own[0])

    def direction_of(self, code: int) -> int | None:
        """1 or -1 where the lots of an entry code (or ALL) can be on one side only, else None."""
        if code != ALL:
            return self.entries[code].direction
        sides = {side for e in self.entries for side in e.directions}
        return next(iter(sides)) if len(sides) == 1 else None

    def code(self, id: str) -> int | None:
        """The entry code of an id, None if no entry uses it."""
        return next((i for i, e in enumerate(self.entries) if e.id == id), None)

    def index(self, id: str) -> int:
        """The entry code of an id that some entry uses."""
        code = self.code(id)
        assert code is not None
        return code


@pytree
class EntryOrder:
    """A priced entry that waits, `[lanes]`. qty: signed lot steps frozen at the call, 0 where there is no order.

    stop, limit: snapped levels, NaN where there is no such leg; armed: whether the stop of a stop-limit was touched;
    adds: whether it was placed in a position of its own side, so that the pyramiding cap is tested again at its fill;
    seq: placement number. A field that the strategy cannot use is None.
    """

    qty: Any
    stop: Any
    limit: Any
    armed: Any
    adds: Any
    seq: Any


@pytree
class ExitOrder:
    """A bracket, `[lanes]`. placed: whether it lives (it works once its entry has lots).

    stop, limit, activation: price levels or NaN, on the tick grid where the side of the entry is known while tracing; loss, profit,
    trail: distances in price from the average entry price or NaN; offset: of the trailing stop; best: best price since the trail was
    armed, NaN if it is not; qty: lot steps asked for, NaN for the rest; rate: the fraction asked for or NaN; frozen: that fraction in
    lot steps, NaN while its lots do not exist; spent: a partial exit that has filled in this position; seq: placement number.
    """

    placed: Any
    stop: Any
    limit: Any
    loss: Any
    profit: Any
    activation: Any
    trail: Any
    offset: Any
    best: Any
    qty: Any
    rate: Any
    frozen: Any
    spent: Any
    seq: Any

    def wanted(self) -> Any:
        """Lot steps it asks for, inf for all that is left; None where no call of it names a size."""
        out = None if self.qty is None else jnp.where(jnp.isnan(self.qty), jnp.inf, self.qty)
        if self.rate is None:
            return out
        share = jnp.where(jnp.isnan(self.frozen), jnp.inf, self.frozen)
        return jnp.where(jnp.isnan(self.rate), jnp.inf if out is None else out, share)


@pytree
class Book:
    """All slots. entries[i] is None where that id never has a priced order."""

    entries: tuple[EntryOrder | None, ...]
    exits: tuple[ExitOrder, ...]


def book_spec(commands: Sequence[Command], broker: BrokerConfig, wants: Wants | None = None) -> BookSpec:
    """The slots that the calls of one traced body need.

    Errors: StrategyError where an exit or a close names an entry id that the body never enters, and where the calls of one id do not
    agree on what is fixed for it.
    """
    found: dict[str, list[Entry]] = {}
    for c in commands:
        if isinstance(c, Entry):
            found.setdefault(c.id, []).append(c)
    entries = tuple(_entry_spec(id, calls) for id, calls in found.items())
    ids = [e.id for e in entries]
    for c in commands:
        named = c.from_entry if isinstance(c, Exit) else c.id if isinstance(c, Close) else None
        if named is not None and named not in ids:
            raise StrategyError(
                f"broker: expected the id of an entry in exit/close, got {named!r}. Entered here: {', '.join(ids) or 'none'}."
            )
    brackets: dict[tuple[str, str | None], list[Exit]] = {}
    for c in commands:
        if isinstance(c, Exit):
            brackets.setdefault((c.id, c.from_entry), []).append(c)
    exits = tuple(_exit_spec(key, calls, ids) for key, calls in brackets.items())
    per_side = max(1, broker.pyramiding)
    # A priced entry may fill past the pyramiding cap (docs/semantics.md, 3.3), hence a lot more for each that a side can have.
    n_priced = max(sum(e.priced and not e.raw and side in e.directions for e in entries) for side in (LONG, SHORT))
    lots = broker.max_lots or per_side + n_priced + RAW_LOTS * sum(e.raw for e in entries)
    n_market = sum(isinstance(c, (Entry, Close)) for c in commands)
    re_queues = n_market > 1 and any(e.priced or len(found[e.id]) > 1 for e in entries)
    return BookSpec(entries, exits, lots, per_side, re_queues, wants or Wants())


def _entry_spec(id: str, calls: list[Entry]) -> EntrySpec:
    groups = {None if not c.oca_name or c.oca_type == "none" else (c.oca_name, c.oca_type) for c in calls}
    return EntrySpec(
        id=id,
        directions=frozenset(c.direction for c in calls),
        has_stop=any(c.stop is not None for c in calls),
        has_limit=any(c.limit is not None for c in calls),
        raw=_agreed(id, "broker.entry or broker.order", {c.raw for c in calls}),
        oca=_agreed(id, "oca_name and oca_type", groups),
        signal=_agreed(id, "comment", {c.comment for c in calls}) or id,
    )


def _agreed(id: str, what: str, values: set) -> Any:
    """The one value that all calls of an id give."""
    if len(values) > 1:
        raise StrategyError(f"broker: expected one {what} for the id {id!r} in all its calls, got several. Use another id.")
    return next(iter(values))


def _exit_spec(key: tuple[str, str | None], calls: list[Exit], ids: list[str]) -> ExitSpec:
    id, from_entry = key
    signals = _agreed(id, "comment of each kind", {c.comments for c in calls})
    return ExitSpec(
        id=id,
        from_entry=ALL if from_entry is None else ids.index(from_entry),
        signals=tuple(text or id for text in signals),  # type: ignore[arg-type]
        has_stop=any(c.stop is not None or c.loss_ticks is not None for c in calls),
        has_limit=any(c.limit is not None or c.profit_ticks is not None for c in calls),
        has_trail=any(c.trail_price is not None or c.trail_ticks is not None for c in calls),
        partial=any(c.qty is not None or c.qty_rate is not None for c in calls),
    )


def exit_slot(spec: BookSpec, command: Exit) -> int:
    """The slot that an exit call writes to."""
    code = ALL if command.from_entry is None else spec.index(command.from_entry)
    return next(i for i, e in enumerate(spec.exits) if e.id == command.id and e.from_entry == code)


def new_book(spec: BookSpec, commands: Sequence[Command], lanes: int, dtype: Any) -> Book:
    """An empty book as NumPy arrays; what no call uses is None and costs nothing."""
    none, zero = np.full(lanes, np.nan, dtype), np.zeros(lanes, dtype)
    off, first = np.zeros(lanes, bool), np.zeros(lanes, np.int32)
    ordered = spec.re_queues or sum(e.priced for e in spec.entries) + len(spec.exits) > 1

    def entry(e: EntrySpec) -> EntryOrder | None:
        if not e.priced:
            return None
        both = e.has_stop and e.has_limit
        return EntryOrder(
            zero, none if e.has_stop else None, none if e.has_limit else None, off if both else None,
            off if spec.max_per_side > 1 and not e.raw else None, first if ordered else None,
        )  # fmt: skip

    def exit(e: ExitSpec) -> ExitOrder:
        calls = [c for c in commands if isinstance(c, Exit) and spec.exits[exit_slot(spec, c)] is e]

        def used(name: str) -> Any:
            return none if any(getattr(c, name) is not None for c in calls) else None

        trail, share = none if e.has_trail else None, used("qty_rate")
        return ExitOrder(
            off, used("stop"), used("limit"), used("loss_ticks"), used("profit_ticks"), used("trail_price"), used("trail_ticks"),
            zero if e.has_trail else None, trail, used("qty"), share, share, off if e.partial else None, first if ordered else None,
        )  # fmt: skip

    return Book(tuple(entry(e) for e in spec.entries), tuple(exit(e) for e in spec.exits))


def is_rare(command: Command) -> bool:
    """Whether a command belongs into the gated block: all but exits, which are re-issued bar by bar."""
    return isinstance(command, (Entry, Close, Cancel))


def clear_entry(order: EntryOrder, where: Any) -> EntryOrder:
    """The slot emptied where the mask holds."""

    def gone(level: Any) -> Any:
        return None if level is None else jnp.where(where, jnp.nan, level)

    armed = None if order.armed is None else order.armed & ~where
    return replace(order, qty=jnp.where(where, 0.0, order.qty), stop=gone(order.stop), limit=gone(order.limit), armed=armed)


def clear_book(book: Book, where: Any) -> Book:
    """Every order dropped where the mask holds."""
    entries = tuple(None if o is None else clear_entry(o, where) for o in book.entries)
    return Book(entries, tuple(replace(o, placed=o.placed & ~where) for o in book.exits))
