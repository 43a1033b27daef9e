"""Looks at a storage again and again and shows what it sees, until Ctrl-C. What is seen is `tally`, how it looks `text` and `screen`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import IO, cast

from pinejax.errors import StudyError
from pinejax.report.progress import is_screen
from pinejax.report.run_log import Stream, harmless, put
from pinejax.report.watch.tally import Tally, View
from pinejax.report.watch.text import line, page
from pinejax.search.following import Follower
from pinejax.search.library import Library

SCREEN_EVERY_S, LINES_EVERY_S = 1.0, 10.0


class Watcher:
    """The studies of a library as they stand, the one that was active last first."""

    def __init__(self, library: Library, names: Sequence[str] = (), clock: Callable[[], datetime] = datetime.now):
        """names: empty for all. clock: local time. Errors: StudyError where there is no such study."""
        self.storage = library.name
        self._follower, self._clock = Follower(library, names), clock
        self._tallies: dict[str, Tally] = {}
        self._named = bool(names)
        self.trouble: tuple[datetime, str] | None = None
        """Since when looks have seen nothing, and why; None where the last one did."""

    def look(self) -> None:
        """Look once. A storage that is away leaves what was seen before, and a trouble; the next look goes on from there."""
        try:
            found = self._follower.look()
        except StudyError as error:
            self.trouble = (self.trouble[0] if self.trouble else self._clock(), str(error))
            return
        self.trouble = None
        before, self._tallies = self._tallies, {}
        for news in found:
            tally = before.get(news.name)
            if tally is None or news.is_new:
                tally = Tally(news)
            else:
                tally.add(news)
            self._tallies[news.name] = tally

    def views(self) -> tuple[list[View], datetime]:
        """What is known, and the moment."""
        now = self._clock()
        views = [tally.view(now) for tally in self._tallies.values()]
        return sorted(views, key=lambda view: view.last or datetime.min, reverse=True), now


def watch(
    watcher: Watcher, out: Stream, *, every_s: float | None = None, once: bool = False, sleep: Callable[[float], object] = time.sleep
) -> None:
    """Show until Ctrl-C, or once. every_s: between looks; None: SCREEN_EVERY_S on a terminal that can draw lines again, else
    LINES_EVERY_S. Errors: StudyError where the first look fails.
    """
    watcher.look()
    if watcher.trouble:
        raise StudyError(watcher.trouble[1])
    if once:
        views, now = watcher.views()
        put(harmless(page(watcher.storage, views, now)), out)
        return
    try:
        if is_screen(out):
            _on_screen(watcher, out, every_s or SCREEN_EVERY_S, sleep)
        else:
            _in_lines(watcher, out, every_s or LINES_EVERY_S, sleep)
    except KeyboardInterrupt:
        return  # how it ends


def _on_screen(watcher: Watcher, out: Stream, every_s: float, sleep: Callable[[float], object]) -> None:
    from rich.console import Console, RenderableType
    from rich.live import Live

    from pinejax.report.watch.screen import screen

    console = Console(file=cast(IO[str], out))

    def drawn() -> RenderableType:
        views, now = watcher.views()
        return screen(watcher.storage, views, now, width=console.width, height=console.height, trouble=_said(watcher))

    with Live(drawn(), console=console, auto_refresh=False) as live:
        while True:
            sleep(every_s)
            watcher.look()
            live.update(drawn(), refresh=True)


def _in_lines(watcher: Watcher, out: Stream, every_s: float, sleep: Callable[[float], object]) -> None:
    """A line for each study on which something has happened since its last line."""
    said: dict[str, tuple[object, ...]] = {}
    trouble = None
    while True:
        views, now = watcher.views()
        for view in views:
            state = (tuple(view.n_by_state.items()), [(worker.name, worker.state) for worker in view.workers])
            if said.get(view.name) != state:
                said[view.name] = state
                put(harmless(f"{now:%H:%M:%S}  {line(view, now)}"), out)
        if watcher.trouble != trouble:
            trouble = watcher.trouble
            put(harmless(f"{now:%H:%M:%S}  {_said(watcher) or 'the storage answers again'}"), out)
        sleep(every_s)
        watcher.look()


def _said(watcher: Watcher) -> str:
    if watcher.trouble is None:
        return ""
    since, why = watcher.trouble
    return f"nothing was read since {since:%H:%M:%S}: {why}"
