"""Small pictures as SVG, with the colours of the page's stylesheet: bars over bins or in a row, steps, a line. Axes: their ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from pinejax.report.page.figures import rough, short
from pinejax.report.page.markup import Markup, el
from pinejax.report.statistics.bins import bins

WIDTH, HEIGHT, HEAD, FOOT = 640, 164, 32, 22
MOST_COUNTED = 16
"""Of more bins a bar has no room for its count."""


def histogram(
    values: Float[np.ndarray, " values"], label: str, *, marked: float | None = None, said: str = "", split: bool = False, unit: str = ""
) -> tuple[Markup, float]:
    """Counts in equal bins, an edge at zero if `split`; a line at `marked`, which is `said`. Also returns a bin's width.

    unit: behind the numbers of the axis. Not finite values are left out.
    """
    known = values[np.isfinite(values)]
    low, high = (float(v) for v in (known.min(), known.max())) if len(known) else (0.0, 1.0)
    if marked is not None:
        low, high = min(low, marked), max(high, marked)
    edges = bins(low, high, len(known), split)
    counts, _ = np.histogram(known, edges)
    span, top = edges[-1] - edges[0], max(int(counts.max()), 1)
    x = (edges - edges[0]) / span * WIDTH
    parts = []
    for i, count in enumerate(counts.tolist()):
        if count:
            tall = count / top * (HEIGHT - FOOT - HEAD)
            side = ("loss" if edges[i + 1] <= 1e-12 else "gain") if split else "neutral"
            parts.append(
                el(
                    "rect",
                    x=px(x[i] + 0.5),
                    y=px(HEIGHT - FOOT - tall),
                    width=px(x[i + 1] - x[i] - 1),
                    height=px(tall),
                    class_=f"fill-{side}",
                )
            )
            if len(counts) <= MOST_COUNTED:
                parts.append(el("text", f"{count:,}", x=px((x[i] + x[i + 1]) / 2), y=px(HEIGHT - FOOT - tall - 3), text_anchor="middle"))
    parts.append(el("line", x1=0, x2=WIDTH, y1=HEIGHT - FOOT, y2=HEIGHT - FOOT, class_="axis"))
    places = [(edges[0], "start"), (edges[-1], "end")]
    if edges[0] < 0 < edges[-1] and 0.12 < -edges[0] / span < 0.88:
        places.append((0.0, "middle"))
    parts += [
        el("text", f"{short(float(f'{v:.4g}'))}{unit}", x=px((v - edges[0]) / span * WIDTH), y=HEIGHT - 6, text_anchor=a) for v, a in places
    ]
    if marked is not None:
        at = (marked - edges[0]) / span * WIDTH
        parts.append(el("line", x1=px(at), x2=px(at), y1=4, y2=HEIGHT - FOOT, class_="mark"))
        parts.append(
            el(
                "text",
                said or short(float(f"{marked:.4g}")),
                x=px(at + (-6 if at > WIDTH / 2 else 6)),
                y=14,
                text_anchor="end" if at > WIDTH / 2 else "start",
                class_="mark",
            )
        )
    return svg(parts, label, WIDTH, HEIGHT), float(edges[1] - edges[0])


def strip(values: Sequence[float | None], names: Sequence[str], said: Sequence[str], label: str) -> Markup:
    """One bar per value in a row, up for a gain and down for a loss, few with their value; each says its text when pointed at."""
    known = np.array([np.nan if v is None else v for v in values], float)
    top = float(np.nanmax(np.abs(known))) if np.isfinite(known).any() else 1.0
    wide, middle = WIDTH / max(len(known), 1), (HEIGHT - FOOT) / 2
    parts: list[Markup] = []
    for i, (value, text) in enumerate(zip(known.tolist(), said, strict=True)):
        if np.isfinite(value):
            tall = max(abs(value) / (top or 1.0) * (middle - 18), 1.0)
            bar = el("title", text)
            y = middle - tall if value > 0 else middle
            shape = Markup(f'<rect x="{px(i * wide + 1)}" y="{px(y)}" width="{px(max(wide - 2, 1))}" height="{px(tall)}">{bar}</rect>')
            parts.append(el("g", shape, class_="fill-gain" if value > 0 else "fill-loss"))
            if len(known) <= MOST_COUNTED:
                place = y - 4 if value > 0 else y + tall + 12
                parts.append(el("text", rough(value), x=px((i + 0.5) * wide), y=px(place), text_anchor="middle", class_="value"))
    parts.append(el("line", x1=0, x2=WIDTH, y1=px(middle), y2=px(middle), class_="axis"))
    if names:
        parts.append(el("text", names[0], x=0, y=HEIGHT - 6, text_anchor="start"))
        parts.append(el("text", names[-1], x=WIDTH, y=HEIGHT - 6, text_anchor="end"))
    return svg(parts, label, WIDTH, HEIGHT)


def steps(values: Sequence[float | None], label: str, names: tuple[str, str] | None = None) -> Markup:
    """Values one after the other as a staircase, a gap where there is none, the lowest and the highest as text, or as `names`."""
    width, height = 200, 64
    known = [v for v in values if v is not None]
    low, high = min(known), max(known)
    x = np.linspace(0, width - 46, len(values) + 1)
    y = [None if v is None else height - 6 - (v - low) / ((high - low) or 1.0) * (height - 14) for v in values]
    runs: list[list[str]] = [[]]
    for i, place in enumerate(y):
        if place is None:
            runs.append([])
        else:
            runs[-1] += [f"{px(x[i + k])},{px(place)}" for k in (0, 1)]
    said = names or (short(low), short(high))
    ends = [el("text", said[1], x=width - 40, y=12)] + ([el("text", said[0], x=width - 40, y=height - 2)] if high > low else [])
    lines = [el("polyline", points=" ".join(run), class_="line") for run in runs if run]
    return svg([*lines, *ends], label, width, height, "drawing steps")


def spark(values: Float[np.ndarray, " points"], label: str) -> Markup:
    """A line without axes, its start as a hairline."""
    width, height = 120, 24
    low, high = float(values.min()), float(values.max())
    y = height - 2 - (values - low) / ((high - low) or 1.0) * (height - 4)
    x = np.linspace(0, width, len(values))
    points = " ".join(f"{px(a)},{px(b)}" for a, b in zip(x, y, strict=True))
    # The page's stylesheet has the last word over these attributes; a notebook has no other.
    start = el("line", x1=0, x2=width, y1=px(y[0]), y2=px(y[0]), class_="axis", stroke="currentColor", stroke_opacity=0.35)
    curve = el("polyline", points=points, class_="line", fill="none", stroke="currentColor", stroke_width=1.4)
    return svg([start, curve], label, width, height, "spark")


def svg(parts: Sequence[Markup], label: str, width: int, height: int, class_: str = "drawing") -> Markup:
    """The frame."""
    attributes = {"viewBox": f"0 0 {width} {height}"}
    return el("svg", parts, role="img", aria_label=label, class_=class_, **attributes)


def px(value: float) -> str:
    """A coordinate."""
    return f"{value:.1f}"
