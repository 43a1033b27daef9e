"""The best sets side by side: where in its range each parameter lies, and whether the combinations agree on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from pinejax.report.page.drawings import svg
from pinejax.report.page.figures import NONE, rough, short
from pinejax.report.page.markup import Child, Markup, el, table
from pinejax.report.page.sections.frame import folded, framed, note
from pinejax.report.page.sweep.compared import Compared, name
from pinejax.report.page.words import say
from pinejax.report.saved import Saved
from pinejax.report.sweep_rows import SweepRow

WIDTH, HEIGHT = 220, 22
BY_CHANCE = 1 / 3
"""The mean distance of two points that lie anywhere in a range of 1."""
AGREE, FEWEST = 0.5, 3
"""A share of what chance would show, below which combinations agree; fewer of them say nothing."""
UNLIKELY = 0.05
"""Combinations that chance brings as near each other more often than this are not said to agree."""


def section(compared: Compared, runs: Mapping[int, Saved]) -> Markup | None:
    """None where no combination has a best set. runs: by row."""
    strategies = list(dict.fromkeys(compared.rows[i].strategy for i in compared.ranked if compared.rows[i].params))
    if not strategies:
        return None
    parts: list[Child] = []
    for strategy in strategies:
        mine = [i for i in compared.ranked if compared.rows[i].strategy == strategy and compared.rows[i].params]
        if len(strategies) > 1:
            parts.append(el("h3", say("parameters.strategy", strategy=strategy, n=len(mine))))
        space = next((found for i in mine if i in runs and (found := space_of(runs[i]))), {})
        parts.append(strips([compared.rows[i] for i in mine], space))
        parts.append(folded(say("parameters.all"), sets(compared, mine)))
    return framed("parameters", parts, note(say("parameters.note")))


def space_of(saved: Saved) -> Mapping[str, Any]:
    """The searched ranges, as the manifest has them."""
    found = (saved.manifest.get("strategy") or {}).get("space")
    return found if isinstance(found, Mapping) else {}


def names_of(rows: Sequence[SweepRow]) -> list[str]:
    """Every searched parameter."""
    return list(dict.fromkeys(key for row in rows for key in row.params))


def strips(rows: Sequence[SweepRow], space: Mapping[str, Any]) -> Markup:
    """A line per parameter, those on which combinations agree most first."""
    found = [strip_of(key, [row.params[key] for row in rows if key in row.params], space.get(key)) for key in names_of(rows)]
    lines = [[one.name, one.searched, one.drawn, _apart(one)] for one in sorted(found, key=lambda one: one.rank)]
    head = [say("parameter"), say("parameters.range"), say("parameters.values"), say("parameters.apart")]
    return table(head, lines, caption=say("parameters"), class_="strips")


@dataclass(frozen=True)
class Strip:
    """One parameter over the combinations. searched: its range in words, of labels how often each was best; apart: the mean distance of two
    combinations in a range of 1, of labels the share of pairs that differ; None for fewer than two; chance: of random choices;
    p: the probability that as many random choices lie as near each other.
    """

    name: str
    searched: str
    drawn: Markup
    n: int
    apart: float | None
    chance: float
    p: float

    @property
    def rank(self) -> float:
        """Smaller where they agree."""
        return math.inf if self.apart is None or not self.chance else self.apart / self.chance


def strip_of(key: str, values: Sequence[Any], known: Any) -> Strip:
    """known: the range as a manifest has it; without one it is that of the values."""
    known = known if isinstance(known, Mapping) else {}
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
        places, searched = _places(values, known)
        away = [abs(a - b) for a, b in combinations(places, 2)]
        chance, p = BY_CHANCE, _within(max(places) - min(places), len(places), _steps(values, known))
    else:
        said = [short(value) for value in values]
        options = list(dict.fromkeys([*map(short, known.get("values") or ()), *said]))
        searched = ", ".join(say("parameters.times", option=option, n=said.count(option)) for option in options)
        places = [(options.index(text) + 0.5) / len(options) for text in said]
        away = [float(a != b) for a, b in combinations(said, 2)]
        chance = 1.0 - 1.0 / len(options)
        p = len(options) ** (1.0 - len(said)) if len(set(said)) == 1 else 1.0
    return Strip(key, searched, _strip(places, key, values), len(values), math.fsum(away) / len(away) if away else None, chance, p)


def _within(spread: float, n: int, steps: float) -> float:
    """The probability that n points anywhere in a range of 1 lie within `spread` of each other, the distribution of their sample range
    (David and Nagaraja, "Order Statistics", 2003, 2.3); where there are few `steps` a value takes the room of one.
    """
    s = min((spread * (steps - 1) + 1) / steps, 1.0) if math.isfinite(steps) else spread
    return n * s ** (n - 1) - (n - 1) * s**n


def _steps(values: Sequence[float], known: Mapping[str, Any]) -> float:
    """How many values a number can have; infinite for one that is not whole."""
    if listed := known.get("values"):
        return float(len(listed))
    if not all(isinstance(value, int) for value in values):
        return math.inf
    low, high = (float(known.get(end, pick(values))) for end, pick in (("low", min), ("high", max)))
    return max((high - low) // float(known.get("step") or 1) + 1, 1.0)


def _places(values: Sequence[float], known: Mapping[str, Any]) -> tuple[list[float], str]:
    """In 0..1 of the range, and the range in words."""
    listed = [v for v in known.get("values") or () if isinstance(v, (int, float))]
    low, high = (float(known.get(end, pick([*values, *listed]))) for end, pick in (("low", min), ("high", max)))
    log = bool(known.get("log")) and low > 0
    scale = math.log if log else float
    span = (scale(high) - scale(low)) or 1.0
    places = [min(max((scale(max(float(value), low)) - scale(low)) / span, 0.0), 1.0) for value in values]
    return places, f"{rough(low)} … {rough(high)}{', log' if log else ''}"


def _strip(places: Sequence[float], key: str, values: Sequence[Any]) -> Markup:
    """Dots on a line, darker where several are."""
    parts = [el("line", x1=6, x2=WIDTH - 6, y1=HEIGHT / 2, y2=HEIGHT / 2, class_="axis")]
    parts += [el("circle", cx=f"{6 + place * (WIDTH - 12):.1f}", cy=HEIGHT / 2, r=5) for place in places]
    return svg(parts, f"{key}: {', '.join(map(short, values))}", WIDTH, HEIGHT, "dots")


def _apart(one: Strip) -> Child:
    """How far two combinations are apart on average."""
    if one.apart is None or not one.chance:
        return NONE
    said = say("parameters.apart.said", apart=f"{one.apart:.2f}", chance=f"{one.chance:.2f}")
    if one.n < FEWEST:
        return el("small", said)
    if one.rank <= AGREE and one.p > UNLIKELY:
        return el("small", said)
    word = "agree" if one.rank <= AGREE else "differ"
    return [el("span", say(f"parameters.{word}"), class_=word), " ", el("small", said)]


def sets(compared: Compared, mine: Sequence[int]) -> Markup:
    """A line per combination."""
    rows = [compared.rows[i] for i in mine]
    names = names_of(rows)
    lines = [
        [el("a", name(row), href=compared.link(i)), *(rough(row.params.get(key)) for key in names)]
        for i, row in zip(mine, rows, strict=True)
    ]
    return table([say("ranking.name"), *names], lines, caption=say("parameters.all"), class_="figures")
