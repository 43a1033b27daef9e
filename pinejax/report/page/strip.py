"""A walk forward as one picture: equity out of sample over the spans it was earned on, each span's return as a bar below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from pinejax.report.page.drawings import px, svg
from pinejax.report.page.figures import figure
from pinejax.report.page.markup import Markup, el

WIDTH, RIGHT, TOP = 720, 656, 12
CURVE, STRIP, FOOT = 170, 96, 22
LEAST_LABEL = 46
"""A narrower bar has no room for its percent; it still says it when pointed at."""


@dataclass(frozen=True)
class Span:
    """Milliseconds since 1970, `last` being its end; value: its return as a fraction, None where there is none; text: what it says."""

    first: int
    last: int
    value: float | None
    text: str


def walk_picture(
    time: Int[np.ndarray, " days"], equity: Float[np.ndarray, " days"], spans: Sequence[Span], label: str, ends: tuple[str, str]
) -> Markup:
    """time: of each day, ms; equity: of one unit. Without days only the bars are drawn. A span's background is every other one's shade."""
    tall = CURVE if len(time) > 1 else 0
    low, high = min(span.first for span in spans), max(span.last for span in spans)
    if len(time):
        low, high = min(low, int(time[0])), max(high, int(time[-1]))
    x = lambda when: (when - low) / ((high - low) or 1) * RIGHT  # noqa: E731
    parts: list[Markup] = []
    for i, span in enumerate(spans):
        left, wide = x(span.first), max(x(span.last) - x(span.first), 1.0)
        if i % 2 == 0:
            parts.append(el("rect", x=px(left), y=0, width=px(wide), height=px(tall + STRIP), class_="band"))
        parts.append(el("text", i + 1, x=px(left + wide / 2), y=px(tall + STRIP + FOOT - 6), text_anchor="middle"))
    if tall:
        parts += _curve([x(when) for when in time.tolist()], equity - 1.0)
    parts += _bars([(x(span.first), x(span.last), span.value, span.text) for span in spans], tall + STRIP / 2)
    parts.append(el("text", ends[0], x=0, y=px(tall + STRIP + 2 * FOOT - 8), text_anchor="start"))
    parts.append(el("text", ends[1], x=RIGHT, y=px(tall + STRIP + 2 * FOOT - 8), text_anchor="end"))
    return svg(parts, label, WIDTH, tall + STRIP + 2 * FOOT)


def _curve(x: Sequence[float], gain: Float[np.ndarray, " days"]) -> list[Markup]:
    low, high = min(float(gain.min()), 0.0), max(float(gain.max()), 0.0)
    y = lambda v: CURVE - TOP - (v - low) / ((high - low) or 1.0) * (CURVE - 2 * TOP)  # noqa: E731
    points = " ".join(f"{px(a)},{px(b)}" for a, b in zip(x, y(gain).tolist(), strict=True))
    lines = [el("line", x1=0, x2=RIGHT, y1=px(y(0.0)), y2=px(y(0.0)), class_="axis"), el("polyline", points=points, class_="line")]
    shown: list[float] = []
    for v in (float(gain[-1]), 0.0, high, low):
        if all(abs(y(v) - y(w)) > 22 for w in shown):
            shown.append(v)
    return [*lines, *(el("text", figure(v, "fraction"), x=RIGHT + 6, y=px(y(v) + 4)) for v in shown)]


def _bars(spans: Sequence[tuple[float, float, float | None, str]], middle: float) -> list[Markup]:
    known = [abs(value) for _, _, value, _ in spans if value is not None]
    top = max(known, default=0.0) or 1.0
    parts = [el("line", x1=0, x2=RIGHT, y1=px(middle), y2=px(middle), class_="axis")]
    for first, last, value, text in spans:
        if value is None:
            continue
        tall, wide = max(abs(value) / top * (STRIP / 2 - 18), 1.0), max(last - first - 2, 1.0)
        y = middle - tall if value > 0 else middle
        shape = el("rect", x=px(first + 1), y=px(y), width=px(wide), height=px(tall))
        parts.append(el("g", el("title", text), shape, class_="fill-gain" if value > 0 else "fill-loss"))
        if wide >= LEAST_LABEL:
            place = middle - tall - 4 if value > 0 else middle + tall + 12
            parts.append(
                el("text", figure(value, "fraction"), x=px(first + 1 + wide / 2), y=px(place), text_anchor="middle", class_="value")
            )
    return parts
