"""What figures share: colours, an empty figure, dressed axes, a sentence where there is nothing to draw. Not what any of them shows.

Everything is set on the figure itself: neither pyplot nor Matplotlib's global settings are touched, so figures can be made in threads and
beside a user's own.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.dates as dates
import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pinejax.metrics import METRICS
from pinejax.report.figures.words import told
from pinejax.report.page.figures import MINUS

DPI = 110
SHARP = 2
"""Pixels of a notebook's picture for each of its own, for screens that have them."""
SMALL, TEXT, HEAD = 8.0, 9.0, 12.0
FENCE = 3.0
"""Of the quartiles' distance: scores further below the lower quartile are drawn at the edge (Tukey's far out)."""


@dataclass(frozen=True)
class Palette:
    """Colours, as the page's stylesheet has them: blue gains, orange losses. ramp: from the worst to the best."""

    paper: str
    ink: str
    soft: str
    faint: str
    rule: str
    gain: str
    loss: str
    mark: str
    hold: str
    unseen: str
    ramp: tuple[str, ...]

    @property
    def scale(self) -> LinearSegmentedColormap:
        """The ramp without steps."""
        return LinearSegmentedColormap.from_list("ramp", list(self.ramp))

    @property
    def diverging(self) -> LinearSegmentedColormap:
        """From losses through paper to gains."""
        return LinearSegmentedColormap.from_list("gains", [self.loss, self.paper, self.gain])


LIGHT = Palette(
    "#ffffff", "#1c1f24", "#5b626d", "#8b929d", "#e3e6ea", "#0b62b3", "#b8480a", "#d9480f", "#8b929d", "#6b5a00",
    ("#e3e8f0", "#c3d3e8", "#93b5dc", "#5f92cb", "#2f6db3", "#124a8c", "#06295a"),
)  # fmt: skip
DARK = Palette(
    "#14171c", "#e4e7ec", "#a5acb8", "#7a8290", "#2b3038", "#6cb2f5", "#f5955a", "#ff8a4c", "#7a8290", "#d9c267",
    ("#262d38", "#2c4058", "#35587f", "#4477ab", "#629ad3", "#93c0ee", "#d3e7fd"),
)  # fmt: skip


@dataclass(frozen=True)
class Look:
    """palette: colours; synthetic: whether any bar was made up, which each figure then says; subject: whose results, in its title."""

    palette: Palette = LIGHT
    synthetic: bool = False
    subject: str = ""


class Drawing(Figure):
    """A Figure that a notebook shows without pyplot."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """The picture and its size on the screen, as IPython asks for them."""
        out = io.BytesIO()
        self.savefig(out, format="png", dpi=DPI * SHARP)
        width, height = self.get_size_inches()
        return out.getvalue(), {"width": round(width * DPI), "height": round(height * DPI)}


def canvas(look: Look, title: str, *, width: float = 8.0, height: float = 4.0, notes: Sequence[str] = ()) -> Drawing:
    """An empty figure with its title above and notes below. width, height: inches. What is synthetic is always said."""
    figure = Drawing(figsize=(width, height), dpi=DPI, layout="constrained", facecolor=look.palette.paper)
    head = f"{title}  ·  {look.subject}" if look.subject else title
    figure.suptitle(plain(shortened(head, int(width * 10))), x=0.008, ha="left", fontsize=HEAD, fontweight="bold", color=look.palette.ink)
    said = [*notes, *([told("synthetic")] if look.synthetic else [])]
    if said:
        text = "\n".join(line for note in said for line in textwrap.wrap(plain(note), int(width * 17)))
        figure.supxlabel(text, x=0.008, ha="left", fontsize=SMALL, color=look.palette.soft)
    return figure


def sentence(look: Look, title: str, text: str) -> Drawing:
    """A figure that says why there is nothing to draw: a script that draws every figure of every run goes through."""
    figure = canvas(look, title, height=1.6)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.text(0.5, 0.5, plain(text), ha="center", va="center", fontsize=TEXT, color=look.palette.soft, wrap=True, transform=axes.transAxes)
    return figure


def dress(axes: Axes, look: Look, *, x: str = "", y: str = "", title: str = "", grid: str | None = "y") -> None:
    """Names, colours and hairlines of one pair of axes. grid: `x`, `y`, `both` or None."""
    palette = look.palette
    axes.set_facecolor(palette.paper)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(palette.faint)
        spine.set_linewidth(0.8)
    axes.tick_params(colors=palette.soft, labelcolor=palette.soft, labelsize=SMALL, length=3, width=0.8)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color=palette.rule, linewidth=0.8)  # type: ignore[arg-type]
    axes.set_xlabel(plain(x), fontsize=SMALL, color=palette.soft)
    axes.set_ylabel(plain(y), fontsize=SMALL, color=palette.soft)
    if title:
        axes.set_title(plain(title), loc="left", fontsize=TEXT, color=palette.ink)


def legend(axes: Axes, look: Look, **where: Any) -> None:
    """The key to the lines, without a frame."""
    axes.legend(frameon=False, fontsize=SMALL, labelcolor=look.palette.soft, **where)


def whole_numbers(axes: Axes, which: str = "x") -> None:
    """Ticks at whole numbers."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(nbins=8, integer=True))


def moments(axes: Axes) -> None:
    """Ticks of a time axis, UTC."""
    locator = dates.AutoDateLocator(minticks=3, maxticks=7)
    axes.xaxis.set_major_locator(locator)
    formatter = dates.ConciseDateFormatter(locator)
    axes.xaxis.set_major_formatter(formatter)
    axes.xaxis.get_offset_text().set_fontsize(SMALL)


def when(time_ms: Int[np.ndarray, " times"]) -> np.ndarray:
    """Milliseconds since 1970 as Matplotlib's dates."""
    return np.asarray(time_ms, np.int64).astype("datetime64[ms]")


def percents(axes: Axes, which: str = "y") -> None:
    """Fractions are shown in percent."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: minus(f"{round(100 * value, 6):g}%")))


def numbers(axes: Axes, which: str = "y") -> None:
    """Thousands apart, a real minus sign."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def measured(axes: Axes, metric: str, which: str = "y") -> None:
    """The axis of a metric: percent for a fraction."""
    (percents if metric in METRICS and METRICS[metric].unit == "fraction" else numbers)(axes, which)


def number(value: float) -> str:
    """A tick's text."""
    return minus(f"{value:,.0f}" if abs(value) >= 1000 else f"{round(value, 10):g}")


def minus(text: str) -> str:
    """With a real minus sign."""
    return text.replace("-", MINUS)


def plain(text: str) -> str:
    """As it is: Matplotlib would read what is between two dollar signs as mathematics."""
    return text.replace("$", r"\$")


def shortened(text: str, most: int) -> str:
    """At most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


@dataclass(frozen=True)
class Fence:
    """An axis that a few penalties do not stretch. n_beyond: values drawn at its edge."""

    low: float
    high: float
    room: float
    n_beyond: int

    def hold(self, values: Float[np.ndarray, " values"]) -> Float[np.ndarray, " values"]:
        """Those beyond moved to the edge."""
        return np.clip(values, self.low - 0.6 * self.room, self.high + 0.6 * self.room)

    @property
    def limits(self) -> tuple[float, float]:
        """Of the axis."""
        return self.low - self.room, self.high + self.room


def fenced(values: Float[np.ndarray, " values"], maximised: bool = True) -> Fence:
    """Around all values but those far out on the bad side (FENCE). NaNs are passed over."""
    known = values[np.isfinite(values)]
    if not len(known):
        return Fence(0.0, 1.0, 0.05, 0)
    low, high = float(known.min()), float(known.max())
    lower, upper = (float(q) for q in np.quantile(known, [0.25, 0.75]))
    wide = FENCE * (upper - lower)
    if wide > 0 and maximised:
        low = max(low, lower - wide)
    if wide > 0 and not maximised:
        high = min(high, upper + wide)
    room = (high - low) * 0.04 or abs(high) * 0.05 or 0.5
    return Fence(low, high, room, int(((known < low) | (known > high)).sum()))


def rows_and_columns(n: int, most_columns: int) -> tuple[int, int]:
    """Of a grid of small figures."""
    columns = min(n, most_columns)
    return math.ceil(n / columns), columns


def grid_of(figure: Figure, n: int, most_columns: int, **more: Any) -> list[Axes]:
    """So many axes in a grid; the places left over are empty."""
    rows, columns = rows_and_columns(n, most_columns)
    every = np.ravel(figure.subplots(rows, columns, squeeze=False, **more))
    for axes in every[n:]:
        axes.set_axis_off()
    return list(every[:n])


def spread(n: int) -> Float[np.ndarray, " n"]:
    """The same place in -0.5..0.5 for a trial each time (golden ratio): dots of a choice are spread around it."""
    return (np.arange(n) * 0.6180339887) % 1 - 0.5
