"""Curves on two logarithmic axes as an SVG that reads on light and dark pages. No other kind of plot, no dependency."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 72, 176, 40, 52
COLOURS = ("#4c8bf5", "#e8833a", "#3aa76d", "#c65bcf", "#c9a227", "#d9534f", "#7f8c9b")
STYLE = (
    "text{font:13px sans-serif;fill:#333}.title{font-weight:bold}.grid{stroke:#999;stroke-opacity:.35}.axis{stroke:#777}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}.axis{stroke:#aaa}}"
)

Curve = Sequence[tuple[float, float]]


def write_loglog(path: Path, title: str, x_label: str, y_label: str, curves: Mapping[str, Curve]) -> None:
    """Draw every curve of positive (x, y) points, in the order given, with its name at the right."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(loglog(title, x_label, y_label, curves), encoding="utf-8", newline="\n")


def loglog(title: str, x_label: str, y_label: str, curves: Mapping[str, Curve]) -> str:
    """The SVG's text."""
    points = [point for curve in curves.values() for point in curve]
    xs, ys = _decades([x for x, _ in points]), _decades([y for _, y in points])
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - xs[0]) / (xs[-1] - xs[0])
        up = (math.log10(y) - ys[0]) / (ys[-1] - ys[0])
        return round(LEFT + across * (right - LEFT), 1), round(bottom - up * (bottom - TOP), 1)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        _text(LEFT, 22, title, 'class="title"'),
        _text((LEFT + right) / 2, HEIGHT - 12, x_label, 'text-anchor="middle"'),
        _text(18, (TOP + bottom) / 2, y_label, f'text-anchor="middle" transform="rotate(-90 18 {(TOP + bottom) / 2})"'),
    ]
    for power in xs:
        x, _ = at(10.0**power, 10.0 ** ys[0])
        out += [_line((x, TOP), (x, bottom), "grid"), _text(x, bottom + 18, _number(power), 'text-anchor="middle"')]
    for power in ys:
        _, y = at(10.0 ** xs[0], 10.0**power)
        out += [_line((LEFT, y), (right, y), "grid"), _text(LEFT - 8, y + 4, _number(power), 'text-anchor="end"')]
    out += [_line((LEFT, bottom), (right, bottom), "axis"), _line((LEFT, TOP), (LEFT, bottom), "axis")]
    ends: list[float] = []
    order = sorted(curves, key=lambda name: at(*curves[name][-1])[1])
    for name in order:
        colour = COLOURS[list(curves).index(name) % len(COLOURS)]
        places = [at(x, y) for x, y in curves[name]]
        line = " ".join(f"{x},{y}" for x, y in places)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in places]
        ends.append(max(places[-1][1] + 4, ends[-1] + 16 if ends else 0))
        out.append(_text(right + 10, ends[-1], name, f'style="fill:{colour}"'))
    return "\n".join([*out, "</svg>"]) + "\n"


def _decades(values: Sequence[float]) -> list[int]:
    low, high = math.floor(math.log10(min(values)) + 1e-9), math.ceil(math.log10(max(values)) - 1e-9)
    return list(range(low, max(high, low + 1) + 1))


def _number(power: int) -> str:
    return f"{10.0**power:,.0f}" if power >= 0 else f"{10.0**power:.{-power}f}"


def _text(x: float, y: float, text: str, more: str) -> str:
    return f'<text x="{x}" y="{y}" {more}>{escape(text)}</text>'


def _line(start: tuple[float, float], end: tuple[float, float], kind: str) -> str:
    return f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}" class="{kind}"/>'
