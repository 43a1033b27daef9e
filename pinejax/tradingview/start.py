"""From which bar TradingView computed: the list of trades does not say it, so the starts are tried. Running is the caller's business."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pinejax.core.feed import Feed
from pinejax.core.trade import TradeRecord
from pinejax.tradingview.match import Matched, match
from pinejax.tradingview.place import Placed

DAY_MS = 86_400_000
MOST_DAYS = 75
"""How far before the first entry a start is looked for: the warm-up of a ten-week average and some days."""


@dataclass(frozen=True, eq=False)
class Run:
    """Our trades on the bars from a start to the export's end."""

    feed: Feed
    trades: tuple[TradeRecord, ...]


# Runs the strategy from each of some starts (UTC ms) up to and including the bar `end`, in order, as they are asked for.
Runs = Callable[[Iterable[int], int], Iterator[Run]]


@dataclass(frozen=True, eq=False)
class Found:
    """The best run and its comparison. n_tried: how many starts were; n_alike: how many of these agree as well."""

    placed: Placed
    run: Run
    matched: Matched
    n_tried: int
    n_alike: int

    @property
    def start_ms(self) -> int:
        """The first bar of the run."""
        return int(self.run.feed.ltf.time[0])

    @property
    def score(self) -> int:
        """For choosing: trades that agree, less those that do not."""
        return self.matched.n_equal - self.matched.n_different


def best_start(placements: list[Placed], runs: Runs, feed: Feed, given: bool) -> Found:
    """Run from the feed's first bar; where the lists differ and the start was not `given`, from every midnight (UTC) before the first entry.

    Of several placements of the export the one that agrees best counts. Nearest midnights first; ends with the first full agreement.
    """
    first, last = int(feed.ltf.time[0]), int(feed.ltf.time[-1])
    best: Found | None = None
    for end in sorted({min(p.end_ms, last) for p in placements}):
        alike = [p for p in placements if min(p.end_ms, last) == end]
        starts = [first] if given else [first, *midnights(min(p.first_ms for p in alike), first)]
        tried = [_better(p, run) for run in runs(starts[:1], end) for p in alike]
        if tried and not any(_complete(f) for f in tried):
            for run in runs(starts[1:], end):
                tried += [_better(p, run) for p in alike]
                if any(_complete(f) for f in tried):
                    break
        top = max(tried, key=lambda f: f.score)
        n_alike = sum(f.score == top.score for f in tried)
        found = Found(top.placed, top.run, top.matched, len({f.start_ms for f in tried}), n_alike)
        if best is None or found.score > best.score:
            best = found
    assert best is not None, "there is a placement"
    return best


def midnights(first_entry_ms: int, first_bar_ms: int) -> list[int]:
    """UTC midnights at and before the first entry, nearest first, none before the first bar."""
    nearest = first_entry_ms // DAY_MS * DAY_MS
    return [ms for ms in range(nearest, nearest - (MOST_DAYS + 1) * DAY_MS, -DAY_MS) if ms > first_bar_ms]


def _better(placed: Placed, run: Run) -> Found:
    return Found(placed, run, match(placed.trades, compared_trades(placed, run), run.feed), 1, 1)


def _complete(found: Found) -> bool:
    return found.matched.n_different == 0


def compared_trades(placed: Placed, run: Run) -> tuple[TradeRecord, ...]:
    """Our trades without those that left an export which begins with a later number: TradingView drops the oldest of a long list."""
    numbers = [t.exported.number for t in placed.trades]
    if min(numbers) <= 1:
        return run.trades
    exits = [t.exit_ms for t in placed.trades if t.exit_ms is not None]
    first_exit = min(exits, default=0)
    return tuple(t for t in run.trades if t.is_open or run.feed.ltf.time[t.exit_bar] >= first_exit)
