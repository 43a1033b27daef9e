"""The equity of every combination's best set as small pictures of one scale, so that the eye can compare."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from jaxtyping import Float

from pinejax.errors import ReportError
from pinejax.report.page.drawings import svg
from pinejax.report.page.figures import MINUS
from pinejax.report.page.markup import Markup, el
from pinejax.report.page.sections.frame import framed, note
from pinejax.report.page.sweep.compared import Compared, name, named
from pinejax.report.page.words import say
from pinejax.report.saved import Line, Saved
from pinejax.report.thin import kept

MOST, MOST_LINES = 60, 6
"""Combinations on a page, symbols in a picture."""
POINTS = 160
WIDTH, HEIGHT = 220, 74
LEAST = 0.02
"""Of the capital: what is left of less is drawn there, as the scale is logarithmic."""


@dataclass(frozen=True)
class Picture:
    """One combination's curves, each from 1."""

    name: str
    caption: Markup
    lines: tuple[Line, ...]

    @property
    def ends(self) -> tuple[float, float | None, float]:
        """What one unit became, mean over the symbols: the best set on bars that the search saw, behind them (None: no bars), and held over
        those that the search saw.
        """
        rows = [_ends(line) for line in self.lines]
        outside = [out for _, out, _ in rows if out is not None]
        return fmean(own for own, _, _ in rows), fmean(outside) if outside else None, fmean(hold for _, _, hold in rows)


def _ends(line: Line) -> tuple[float, float | None, float]:
    seen = np.flatnonzero(line.seen)
    last = int(seen[-1]) if len(seen) else len(line.time) - 1
    outside = float(line.equity[-1] / line.equity[last]) if last < len(line.time) - 1 and line.equity[last] else None
    return float(line.equity[last] / line.start), outside, float(line.hold[last] / line.start)


def section(compared: Compared, runs: Mapping[int, Saved]) -> Markup | None:
    """None where no run has left an equity curve. runs: by row."""
    pictures = []
    for i in compared.ranked:
        if i in runs and len(pictures) < MOST:
            lines = lines_of(runs[i])
            if lines:
                pictures.append(Picture(name(compared.rows[i]), named(compared.rows[i], compared.link(i)), lines))
    if not pictures:
        return None
    scale = _Scale.over([line for picture in pictures for line in picture.lines])
    drawn = [_figure(picture, scale) for picture in pictures]
    left = note(say("curves.left", n=len(pictures), all=len(compared.ranked))) if len(pictures) == MOST < len(compared.ranked) else None
    return framed("curves", el("div", drawn, class_="curves"), note(say("curves.note")), left)


def lines_of(saved: Saved) -> tuple[Line, ...]:
    """The run's first curves; none where its file is broken or missing."""
    try:
        found = [line for line in saved.lines.values() if len(line.time)]
    except ReportError:
        return ()
    return tuple(found[:MOST_LINES])


@dataclass(frozen=True)
class _Scale:
    """Of all pictures. first, last: ms; low, high: logarithms of growth."""

    first: float
    last: float
    low: float
    high: float

    @classmethod
    def over(cls, lines: Sequence[Line]) -> _Scale:
        """From the first bar to the last, from the lowest growth to the highest."""
        growth = [curve / line.start for line in lines for curve in (line.equity, line.hold)]
        low, high = min(float(curve.min()) for curve in growth), max(float(curve.max()) for curve in growth)
        edges = [float(line.time[at]) for line in lines for at in (0, -1)]
        return cls(min(edges), max(edges), math.log(max(low, LEAST)), math.log(max(high, LEAST)))

    def x(self, time: np.ndarray) -> Float[np.ndarray, " points"]:
        return (np.asarray(time, np.float64) - self.first) / ((self.last - self.first) or 1.0) * WIDTH

    def y(self, growth: np.ndarray) -> Float[np.ndarray, " points"]:
        share = (np.log(np.maximum(growth, LEAST)) - self.low) / ((self.high - self.low) or 1.0)
        return HEIGHT - 3 - share * (HEIGHT - 6)


def _figure(picture: Picture, scale: _Scale) -> Markup:
    parts = [_shade(line, scale) for line in picture.lines[:1]]
    one = scale.y(np.ones(1))[0]
    parts.append(el("line", x1=0, x2=WIDTH, y1=f"{one:.1f}", y2=f"{one:.1f}", class_="axis"))
    for line in picture.lines:
        at = kept([line.equity, line.hold], POINTS)
        x = scale.x(line.time[at])
        for curve, class_ in ((line.hold, "hold"), (line.equity, "line")):
            y = scale.y(curve[at] / line.start)
            points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
            parts.append(el("polyline", points=points, class_=class_))
    own, outside, hold = (None if end is None else _percent(end) for end in picture.ends)
    label = say("curves.label", name=picture.name, set=own, hold=hold)
    tone = "gain" if picture.ends[0] > 1 else "loss"
    behind = f" · {say('curves.out')} {outside}" if outside else ""
    caption = [picture.caption, el("span", el("b", own, class_=tone), behind, f" · {say('curves.hold')} {hold}")]
    return el("figure", svg([part for part in parts if part], label, WIDTH, HEIGHT, "growth"), el("figcaption", caption))


def _percent(growth: float) -> str:
    return f"{100 * (growth - 1):+.1f}%".replace("-", MINUS)


def _shade(line: Line, scale: _Scale) -> Markup | None:
    """Behind the bars that the search did not see."""
    if line.seen.all():
        return None
    x = scale.x(line.time)
    first = np.flatnonzero(np.diff(line.seen.astype(int), prepend=1 - int(line.seen[0])))
    ends = [*first[1:].tolist(), len(x) - 1]
    spans = [(x[a], x[b]) for a, b in zip(first.tolist(), ends, strict=True) if not line.seen[a]]
    return el("g", [el("rect", x=f"{a:.1f}", y=0, width=f"{b - a:.1f}", height=HEIGHT) for a, b in spans], class_="unseen")
