"""The best values of a sweep as an SVG: a panel per symbol and objective, LTF down, HTF across. One file, no script, any background."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

from pinejax.report.sweep_rows import SweepRow
from pinejax.report.sweep_tables import ranked_rows

CELL_W, CELL_H = 92, 44
LEFT, TOP, GAP = 64, 58, 28
PER_ROW = 3
"""Panels beside each other."""

# The colour scale "viridis" of matplotlib (CC0), worst to best: equal steps look equal, also without colour vision.
SCALE = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328; } .title { font-weight: 600; font-size: 13px; }
.axis { fill: #59636e; } .back { fill: #ffffff; } .none { fill: #eff2f5; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .axis { fill: #9198a1; } .back { fill: #0d1117; } .none { fill: #21262d; } }
.dark { fill: #111111; } .light { fill: #ffffff; }
"""


def heatmap_svg(rows: Sequence[SweepRow], note: str = "") -> str:
    """The drawing as text. In a cell is the best value of its combinations; a pair that was not searched, or has no value, is empty.

    Colours go from the worst to the best value of each objective, over all symbols. note: a line below, such as what is synthetic.
    """
    panels, x, y, widest, tallest = [], 0, 0, 0, 0
    found = ranked_rows(rows)
    for i, (symbol, objective) in enumerate(dict.fromkeys((row.symbol, row.objective) for row in found)):
        if i and i % PER_ROW == 0:
            x, y, tallest = 0, y + tallest, 0
        drawn, width, height = _panel([row for row in rows if row.symbol == symbol], [r for r in found if r.objective == objective], symbol)
        panels.append(f'<g transform="translate({x},{y})">{drawn}</g>')
        x += width
        widest, tallest = max(widest, x), max(tallest, height)
    width, height = max(widest, 320), y + tallest + 28
    below = f'<text class="axis" x="12" y="{height - 10}">{escape(note)}</text>' if note else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
        f"<title>Best value by timeframes</title><style>{STYLE}</style>"
        f'<rect class="back" width="{width}" height="{height}"/>{"".join(panels)}{below}</svg>\n'
    )


def _panel(rows: Sequence[SweepRow], compared: Sequence[SweepRow], symbol: str) -> tuple[str, int, int]:
    """One symbol's cells, its width and height. rows: its combinations; compared: all symbols' of the objective, which make the scale."""
    ltfs, htfs = (sorted({getattr(row.timeframe, side) for row in rows}) for side in ("ltf", "htf"))
    keys = [row.sort_key for row in compared]
    worst, best = max(keys), min(keys)
    title = f"{symbol} · {compared[0].objective}"
    parts = [f'<text class="title" x="12" y="22">{escape(title)}</text>']
    for j, htf in enumerate(htfs):
        parts.append(f'<text class="axis" x="{LEFT + (j + 0.5) * CELL_W}" y="{TOP - 10}" text-anchor="middle">{htf}</text>')
    for i, ltf in enumerate(ltfs):
        middle = TOP + (i + 0.5) * CELL_H + 4
        parts.append(f'<text class="axis" x="{LEFT - 8}" y="{middle}" text-anchor="end">{ltf}</text>')
        for j, htf in enumerate(htfs):
            mine = [row for row in compared if row.symbol == symbol and (row.timeframe.ltf, row.timeframe.htf) == (ltf, htf)]
            parts.append(_cell(mine[0] if mine else None, LEFT + j * CELL_W, TOP + i * CELL_H, worst, best))
    width = LEFT + len(htfs) * CELL_W + GAP
    return "".join(parts), max(width, 24 + 8 * len(title)), TOP + len(ltfs) * CELL_H + GAP


def _cell(row: SweepRow | None, x: int, y: int, worst: float, best: float) -> str:
    box = f'x="{x + 1}" y="{y + 1}" width="{CELL_W - 2}" height="{CELL_H - 2}" rx="3"'
    if row is None or row.value is None:
        return f'<rect class="none" {box}/>'
    share = 1.0 if worst == best else (worst - row.sort_key) / (worst - best)
    colour = _colour(share)
    ink = "dark" if _luminance(colour) > 0.35 else "light"
    said = escape(f"{row.symbol} {row.timeframe}: {row.objective} = {row.value:.6g}")
    return (
        f'<g><title>{said}</title><rect {box} fill="#{"".join(f"{c:02x}" for c in colour)}"/>'
        f'<text class="{ink}" x="{x + CELL_W / 2}" y="{y + CELL_H / 2 + 4}" text-anchor="middle">{row.value:.4g}</text></g>'
    )


def _colour(share: float) -> tuple[int, int, int]:
    """The scale at 0 (worst) .. 1 (best)."""
    place = min(max(share, 0.0), 1.0) * (len(SCALE) - 1)
    i = min(int(place), len(SCALE) - 2)
    r, g, b = (round(a + (place - i) * (c - a)) for a, c in zip(SCALE[i], SCALE[i + 1], strict=True))
    return r, g, b


def _luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance, near enough to choose between black and white text (WCAG 2 without its linear foot)."""
    r, g, b = ((c / 255) ** 2.2 for c in colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
