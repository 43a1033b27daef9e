"""Curves on two linear axes as an SVG that reads on light and dark pages, each with the band it lies in. Its look is `loglog`'s."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from loglog import BOTTOM, COLOURS, HEIGHT, LEFT, STYLE, TOP, _line, _text

WIDTH, RIGHT = 780, 230
Band = Sequence[tuple[float, float, float, float]]
"""Points (x, low, y, high)."""
DASHES = ("", "6 4", "2 3")
SHARE_SHOWN = 0.02
"""Of all low ends; what lies deeper is cut off, so that a few bad starts do not flatten the picture."""


def write_lines(path: Path, title: str, x_label: str, y_label: str, bands: Mapping[str, Band]) -> None:
    """Draw every curve, in the order given, with its name at the right."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(lines(title, x_label, y_label, bands), encoding="utf-8", newline="\n")


def lines(title: str, x_label: str, y_label: str, bands: Mapping[str, Band]) -> str:
    """The SVG's text."""
    points = [point for band in bands.values() for point in band]
    lows = sorted(low for _, low, _, _ in points)
    xs = ticks(0.0, max(x for x, *_ in points))
    ys = ticks(lows[int(SHARE_SHOWN * len(lows))], max(high for *_, high in points))
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        across = (x - xs[0]) / (xs[-1] - xs[0])
        up = (max(y, ys[0]) - ys[0]) / (ys[-1] - ys[0])
        return round(LEFT + across * (right - LEFT), 1), round(bottom - up * (bottom - TOP), 1)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        _text(LEFT, 22, title, 'class="title"'),
        _text((LEFT + right) / 2, HEIGHT - 12, x_label, 'text-anchor="middle"'),
        _text(18, (TOP + bottom) / 2, y_label, f'text-anchor="middle" transform="rotate(-90 18 {(TOP + bottom) / 2})"'),
    ]
    for tick in xs:
        x, _ = at(tick, ys[0])
        out += [_line((x, TOP), (x, bottom), "grid"), _text(x, bottom + 18, f"{tick:g}", 'text-anchor="middle"')]
    for tick in ys:
        _, y = at(xs[0], tick)
        out += [_line((LEFT, y), (right, y), "grid"), _text(LEFT - 8, y + 4, f"{tick:g}", 'text-anchor="end"')]
    out += [_line((LEFT, bottom), (right, bottom), "axis"), _line((LEFT, TOP), (LEFT, bottom), "axis")]
    for i, band in enumerate(bands.values()):
        upper = [at(x, high) for x, _, _, high in band]
        lower = [at(x, low) for x, low, _, _ in reversed(band)]
        out.append(f'<polygon points="{_joined([*upper, *lower])}" fill="{COLOURS[i % len(COLOURS)]}" fill-opacity=".07"/>')
    end = -math.inf
    for name in sorted(bands, key=lambda name: at(*_middle(bands[name][-1]))[1]):
        i = list(bands).index(name)
        colour, dash = COLOURS[i % len(COLOURS)], DASHES[i // len(COLOURS) % len(DASHES)]
        places = [at(*_middle(point)) for point in bands[name]]
        out.append(f'<polyline points="{_joined(places)}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        end = max(places[-1][1] + 4, end + 16)
        out.append(_text(right + 10, end, name, f'style="fill:{colour}"'))
    return "\n".join([*out, "</svg>"]) + "\n"


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from below `low` to above `high`, four to eleven of them."""
    span = max(high - low, 1e-9)
    size = 10.0 ** math.floor(math.log10(span))
    step = next(size * factor for factor in (0.1, 0.2, 0.5, 1.0) if span / (size * factor) <= 9)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * k, 10) for k in range(first, max(last, first + 1) + 1)]


def _middle(point: tuple[float, float, float, float]) -> tuple[float, float]:
    return point[0], point[2]


def _joined(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x},{y}" for x, y in places)
