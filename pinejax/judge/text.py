"""The page on a terminal: the verdict's sentence, and below it what it rests on, a line or two each. Fixed width, no markup."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pinejax.judge.found import Found, at, found_in, part
from pinejax.judge.verdict import Verdict
from pinejax.judge.words import counted, p_of, percent, probability

WIDTH = 110
LABEL = 12
N_WORST = 3
"""Rows of stress that are shown."""
N_IMPORTANT = 4
OUTSIDE = ("holdout", "walk_forward", "rerank")
"""Sections on bars that the search did not see."""
Line = tuple[str, str]
"""A label and its text."""
Evidence = Mapping[str, Any]


def page(verdict: Verdict, evidence: Evidence) -> str:
    """About twenty-five lines, none longer than WIDTH."""
    found = found_in(evidence)
    lines = [textwrap.fill(f"Verdict: {verdict.sentence}", WIDTH)]
    lines += [_laid_out(label, text) for some in PARTS for label, text in some(evidence, found)]
    failed = [reason.text for reason in verdict.reasons if reason.passed is False]
    if len(failed) > 1:
        lines.append(_laid_out("against", "; ".join(failed)))
    if verdict.next:
        lines.append(_laid_out("to know more", ", ".join(verdict.next)))
    return "\n".join(lines)


def _laid_out(label: str, text: str) -> str:
    indent = " " * (LABEL + 4)
    return textwrap.fill(text, WIDTH, initial_indent=f"  {label:<{LABEL}}  ", subsequent_indent=indent, break_on_hyphens=False)


def _trials(evidence: Evidence, found: Found) -> Iterator[Line]:
    counts = evidence["search"]["trials"]
    parts = [f"{counts['raw']:,} raw", f"{counts['pruned']:,} pruned", f"{counts['failed']:,} failed", f"{counts['repeated']:,} repeated"]
    worth = "" if found.n_effective is None else f", as different as {counted(round(found.n_effective), 'independent one')} (clusters)"
    yield "trials", f"{', '.join(parts)}; {counted(counts['distinct'], 'distinct set')}{worth}"


def _rule(evidence: Evidence, found: Found) -> Iterator[Line]:
    rule = evidence["rule"]
    if rule["recorded"] is None:
        when = "the study does not say how it was to be judged when it began"
    elif rule["changed"]:
        when = f"recorded before the search, changed since: {', '.join(rule['changed'])}"
    else:
        when = "fixed before the search"
    yield "chosen by", f"{rule['text']}; {when}"


def _held_out(evidence: Evidence, found: Found) -> Iterator[Line]:
    kept = {"holdout": "holdout", "rerank": "test"}
    anything = False
    for name in OUTSIDE:
        text, span = part(evidence, name, "text"), part(evidence, "search", "kept_back", kept.get(name, ""))
        why = found.missing.get(name)
        if not text and span:
            first, last = span["dates"]
            text = f"{kept[name]} kept back, not opened: {first} .. {last}"
            text += f". {_capital(why)}" if why else ""
        elif not text and why:
            text = f"{name.replace('_', ' ')}: {why}"
        if text:
            anything = True
            yield "held out", text
    if not anything and "holdout" in evidence:
        yield "held out", "nothing: the set was chosen on all bars that there are"


def _folds(evidence: Evidence, found: Found) -> Iterator[Line]:
    if why := found.missing.get("cross_validation"):
        yield "folds", f"none: {why}"
    inside, outside = (at(evidence, "cross_validation", f"mean_{side}_sample") for side in ("in", "out_of"))
    if inside is None or outside is None:
        return
    section = evidence["cross_validation"]
    below = f"below the median of all sets on {percent(section['below_median_rate'])} of them"
    choice = f"{section['objective']} {inside:.3g} on the train bars that each chose by, {outside:.3g} on its test bars, {below}"
    yield "folds", f"{len(section['folds'])} folds: {choice}; purge {section['purge_bars']:,} bars"


def _purge(evidence: Evidence, found: Found) -> Iterator[Line]:
    """Of a purge that was given and is too short: once, however many sections have it."""
    said = [part(evidence, "cross_validation", "warning"), *(part(evidence, name, "purge", "warning") for name in OUTSIDE)]
    for text in dict.fromkeys(text for text in said if text):
        yield "purge", text


def _sharpe(evidence: Evidence, found: Found) -> Iterator[Line]:
    annual = at(evidence, "deflation", "chosen", "sharpe_annual")
    if annual is None:
        return
    interval = part(evidence, "intervals", "metrics", "sharpe", "90%")
    range_ = f", 90% interval {interval[0]:.2f} .. {interval[1]:.2f}" if isinstance(interval, list) else ""
    above = at(evidence, "deflation", "psr")
    surely = "" if above is None else f", above 0 with probability {probability(above)}"
    yield "in sample", f"Sharpe {annual:.2f} of {found.n_days:,} daily returns{range_}{surely}"
    best = at(evidence, "deflation", "deflated", "distinct", "expected_maximum_annual")
    if found.deflated is not None and best is not None:
        years = at(evidence, "deflation", "min_backtest_years", "distinct")
        long_enough = "" if years is None else f"; that takes {years:.1f} years of bars to be unusual"
        yield (
            "deflated",
            f"{probability(found.deflated)}: the best of {counted(found.n_distinct, 'set')} without skill shows {best:.2f}{long_enough}",
        )


def _overfit(evidence: Evidence, found: Found) -> Iterator[Line]:
    parts = []
    if found.overfit is not None:
        low, high = (at(evidence, "deflation", "overfitting", f"null_{end}") for end in ("low", "high"))
        band = "" if low is None or high is None else f" ({low:.2f} .. {high:.2f} without skill)"
        parts.append(f"probability {found.overfit:.2f}{band}")
    for name, said in (("zero", "not trading"), ("hold", "holding")):
        p = at(evidence, "deflation", "superior", name, "spa")
        if p is not None:
            parts.append(f"superior ability {p_of(p)} against {said}")
    if parts:
        yield "overfitting", ", ".join(parts)


def _null(evidence: Evidence, found: Found) -> Iterator[Line]:
    if found.null_p is not None:
        kind = "each searched anew" if found.null_mode == "research" else "its own sets on each"
        kind += ", which is optimistic" if found.null_optimistic else ""
        yield "null search", f"{p_of(found.null_p)}: {found.n_surrogates:,} histories without an edge, {kind}"


def _datasets(evidence: Evidence, found: Found) -> Iterator[Line]:
    text = part(evidence, "datasets", "text")
    if text:
        yield "datasets", text


def _plateau(evidence: Evidence, found: Found) -> Iterator[Line]:
    drawn = part(evidence, "plateau", "drawn")
    if isinstance(drawn, Mapping) and at(drawn, "mean") is not None:
        keeps = "" if drawn["keeps_half"] is None else f"; {percent(drawn['keeps_half'])} keep half of it"
        steep = "" if not drawn["stands_on"] else f"; steepest along {drawn['stands_on']}"
        around = f"{drawn['mean']:.3g} in the mean, {drawn['worst']:.3g} at worst, of {drawn['value']:.3g}"
        yield "plateau", f"{counted(drawn['n'], 'set')} within {drawn['radius']:.0%} of the ranges: {around}{keeps}{steep}"
    shares = part(evidence, "importance", "ped_anova")
    if shares:
        active = part(evidence, "importance", "active")
        largest = sorted(shares.items(), key=lambda item: -(item[1] or 0.0))[:N_IMPORTANT]
        off = lambda name: "" if active is None or name in active else " (off in this set)"  # noqa: E731
        yield "importance", ", ".join(f"{name} {percent(share or 0.0)}{off(name)}" for name, share in largest)


def _stress(evidence: Evidence, found: Found) -> Iterator[Line]:
    section = evidence.get("stress") or {}
    base = at(section, "base", "value")
    if base is None:
        return
    rows = [(row["name"].replace("_", " "), row) for row in section["rows"]]
    rows += [(f"without {row['name']}", row) for row in part(section, "symbols", "rows") or ()]
    made = [(name, row["value"], row["change"]) for name, row in rows if at(row, "value") is not None]
    sign = -1.0 if evidence["rule"]["text"].startswith("smallest") else 1.0
    made.sort(key=lambda row: sign * row[2])
    yield "stress", f"{base:.3g} becomes " + ", ".join(f"{value:.3g} ({name})" for name, value, _ in made[:N_WORST])
    if found.without_best is not None:
        share = at(section, "trades", "best_share")
        largest = "" if share is None else f"; the best trade alone is {percent(share)} of the whole"
        yield "trades", f"without the {found.n_dropped} best the profit, open positions included, is {found.without_best:,.2f}{largest}"


def _not_enough(evidence: Evidence, found: Found) -> Iterator[Line]:
    for name, text in found.missing.items():
        if name in (*OUTSIDE, "cross_validation"):  # said where their result would be
            continue
        yield "not enough", text if text.startswith(name) else f"{name.replace('_', ' ')}: {text}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


Part = Callable[[Evidence, Found], Iterator[Line]]
PARTS: tuple[Part, ...] = (
    _trials, _rule, _held_out, _folds, _purge, _sharpe, _overfit, _null, _datasets, _plateau, _stress, _not_enough,
)  # fmt: skip
