"""A sweep's matrix as a picture: a panel per symbol and view, LTF down, HTF across. The same colours as the page's, on white."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pinejax.report.matrix import Panel, Scale, panels, scales
from pinejax.report.sweep_rows import SweepRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL_W, CELL_H = 1.15, 0.62
EDGE, TOP, BOTTOM = 0.85, 0.75, 1.15
"""Inches: of a cell, beside and above a panel, and below all of them."""
NARROWEST, WIDEST = 8.4, 13.0
"""Inches: the sentence below needs as much; of panels beside each other."""
MOST_PANELS = 60
DPI = 110
WORST, MIDDLE, BEST = "#ee8a4a", "#f1f3f6", "#4d97df"
INK, SOFT, FAINT = "#1c1f24", "#5b626d", "#c9ced6"
KINDS = {
    "holdout": "on the holdout", "walk_forward": "walk-forward, out of sample", "test": "on the test bars",
    "cross_validation": "cross-validated", "": "in sample (hatched)",
}  # fmt: skip
SIGNS = {"failed": "✗ failed", "waiting": "waiting", "running": "running", "interrupted": "interrupted", "not run": "not run"}


def heatmap_png(rows: Sequence[SweepRow], note: str = "") -> bytes:
    """The picture as a PNG, the same bytes for the same rows. note: a line below, such as what is synthetic.

    Colour: the value out of sample; where a search has none, its best value in sample, hatched. Text: the probability that the true Sharpe
    ratio is above what so many tries show by luck (deflated Sharpe ratio), below it the values out of and in sample. A sweep of more than
    MOST_PANELS panels has the first ones.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = heatmap(rows, note)
    FigureCanvasAgg(figure)
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a symbol in a script that the bundled font lacks: boxes will do
        figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()


def heatmap(rows: Sequence[SweepRow], note: str = "") -> Figure:
    """The same as a figure without a canvas."""
    from pinejax.report.figures.canvas import Drawing

    every = panels(rows)
    shown, found = every[:MOST_PANELS], scales(rows)
    lines = _in_lines([_width(panel) for panel in shown])
    heights = [max(TOP + CELL_H * len(shown[i].ltfs) for i in line) for line in lines]
    width = max([NARROWEST, *(sum(_width(shown[i]) for i in line) for line in lines)])
    height = sum(heights) + BOTTOM
    figure = Drawing(figsize=(width, height), facecolor="white")
    top = height
    for line, tall in zip(lines, heights, strict=True):
        left = 0.0
        for i in line:
            panel = shown[i]
            n, m = len(panel.ltfs), len(panel.htfs)
            place = (left + EDGE, top - TOP - n * CELL_H, m * CELL_W, n * CELL_H)
            axes = figure.add_axes((place[0] / width, place[1] / height, place[2] / width, place[3] / height))
            _panel(axes, panel, found)
            left += _width(panel)
        top -= tall
    _legend(figure, found, width, height)
    said = [note] if note else []
    if len(every) > len(shown):
        said.append(f"The first {len(shown)} of {len(every)} panels; results.csv has all.")
    for i, text in enumerate(said[::-1]):
        _text(figure, 0.25 / width, (0.12 + 0.17 * i) / height, text, size=8, color=SOFT)
    return figure


def _width(panel: Panel) -> float:
    return EDGE + max(CELL_W * len(panel.htfs), 2.0) + 0.25


def _in_lines(widths: Sequence[float]) -> list[list[int]]:
    """Panels beside each other as far as they fit."""
    lines: list[list[int]] = [[]]
    for i, _ in enumerate(widths):
        if lines[-1] and sum(widths[j] for j in [*lines[-1], i]) > WIDEST:
            lines.append([])
        lines[-1].append(i)
    return lines


def _panel(axes: Axes, panel: Panel, found: Mapping[str, Scale]) -> None:
    n, m = len(panel.ltfs), len(panel.htfs)
    axes.set_xlim(0, m)
    axes.set_ylim(n, 0)
    axes.set_xticks([j + 0.5 for j in range(m)], [f"HTF {htf}" if j == 0 else str(htf) for j, htf in enumerate(panel.htfs)])
    axes.set_yticks([i + 0.5 for i in range(n)], [f"LTF {ltf}" if i == 0 else str(ltf) for i, ltf in enumerate(panel.ltfs)])
    axes.tick_params(length=0, labelsize=8, labelcolor=SOFT, top=False, labeltop=True, bottom=False, labelbottom=False)
    for side in axes.spines.values():
        side.set_visible(False)
    view = ", ".join(f"{key}={value}" for key, value in panel.view)
    lines = [textwrap.shorten(panel.title, 20 + 14 * m, placeholder=" …"), *([textwrap.shorten(view, 24 + 18 * m)] if view else [])]
    above: dict[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points", "parse_math": False}
    axes.annotate(lines[0], (0, 1), (0, 36 if view else 26), size=10, weight="bold", color=INK, **above)
    if view:
        axes.annotate(lines[1], (0, 1), (0, 24), size=8, color=SOFT, **above)
    for i, ltf in enumerate(panel.ltfs):
        for j, htf in enumerate(panel.htfs):
            mine = panel.at(ltf, htf)
            if mine:
                _cell(axes, mine[0], found.get(mine[0].objective), j, i)


def _cell(axes: Axes, row: SweepRow, scale: Scale | None, x: int, y: int) -> None:
    from matplotlib.patches import Rectangle

    box: dict[str, Any] = {"xy": (x + 0.02, y + 0.04), "width": 0.96, "height": 0.92, "linewidth": 0}
    value = None if scale is None else scale.value(row)
    if value is not None:
        assert scale is not None
        axes.add_patch(Rectangle(**box, facecolor=_colour(scale.place(value))))
    if row.broke:
        axes.add_patch(Rectangle(**{**box, "linewidth": 0.8}, fill=False, edgecolor=FAINT, linestyle="--"))
        _text(axes, x + 0.5, y + 0.5, "broke a gate", size=8.5, color=SOFT, ha="center", va="center")
        return
    if row.value is not None and (value is None or not scale or not scale.kind):
        axes.add_patch(Rectangle(**box, fill=value is None, facecolor=MIDDLE, edgecolor=FAINT, hatch="////"))
    if row.value is None:
        axes.add_patch(Rectangle(**{**box, "linewidth": 0.8}, fill=False, edgecolor=FAINT, linestyle="--"))
        _text(
            axes,
            x + 0.5,
            y + 0.5,
            "folder gone" if row.gone else SIGNS.get(row.state, "no result"),
            size=8.5,
            color=SOFT,
            ha="center",
            va="center",
        )
        return
    head = f"{row.value:.4g}" if row.deflated_sharpe is None else f"{row.deflated_sharpe:.2f}"
    below = f"in {row.value:.3g}" if row.deflated_sharpe is not None else "in sample"
    if scale is not None and scale.kind and value is not None:
        below = f"out {value:.3g}  in {row.value:.3g}"
    back = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1.2} if value is None or not scale or not scale.kind else None
    _text(axes, x + 0.5, y + 0.36, head, size=11, weight="bold", color=INK, ha="center", va="center", bbox=back)
    _text(axes, x + 0.5, y + 0.74, below, size=7, color=INK, ha="center", va="center", bbox=back)


def _legend(figure: Figure, found: Mapping[str, Scale], width: float, height: float) -> None:
    """What the colours and the text are; a bar for the first objective's ends."""
    if not found:
        return
    scale = next(iter(found.values()))
    axes = figure.add_axes((0.25 / width, 0.72 / height, 2.2 / width, 0.12 / height))
    steps = 64
    first, last = (scale.place(end) for end in scale.ends)
    shades = [[_rgb(first + (last - first) * (i + 0.5) / steps) for i in range(steps)]]
    axes.imshow(shades, aspect="auto", extent=(0, 1, 0, 1))
    axes.set_axis_off()
    worst, best = scale.ends
    said = f"{worst:.4g} to {best:.4g}: {scale.objective} {KINDS[scale.kind]}"
    if len(found) > 1:
        said += f" (each of {len(found)} objectives has a scale of its own)"
    _text(figure, 2.55 / width, 0.73 / height, said, size=8, color=INK)
    _text(
        figure, 0.25 / width, 0.5 / height, size=8, color=SOFT,
        s="Number: deflated Sharpe ratio (probability), where the search was judged; below it the objective's values out of and in sample.",
    )  # fmt: skip


def _colour(place: float) -> str:
    return "#" + "".join(f"{round(255 * c):02x}" for c in _rgb(place))


def _rgb(place: float) -> tuple[float, float, float]:
    """Between the middle and one of the ends."""
    share = min(abs(place), 1.0)
    middle, end = _parts(MIDDLE), _parts(BEST if place > 0 else WORST)
    r, g, b = (a + share * (e - a) for a, e in zip(middle, end, strict=True))
    return r, g, b


def _parts(colour: str) -> list[float]:
    return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def _text(on: Any, x: float, y: float, s: str, **more: Any) -> None:
    """Text in which a dollar is a dollar."""
    on.text(x, y, s, parse_math=False, **more)
