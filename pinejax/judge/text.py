"""The page on a terminal: the verdict's sentence, and below it what it rests on, a line or two each. Fixed width, no markup."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pinejax.judge.found import Found, at, found_in, part
from pinejax.judge.verdict import Verdict

WIDTH = 110
LABEL = 12
N_WORST = 3
"""Rows of stress that are shown."""
N_IMPORTANT = 4
Line = tuple[str, str]
"""A label and its text."""
Evidence = Mapping[str, Any]


def page(verdict: Verdict, evidence: Evidence) -> str:
    """About twenty-five lines, none longer than WIDTH."""
    found = found_in(evidence)
    lines = [textwrap.fill(f"Verdict: {verdict.sentence}", WIDTH)]
    lines += [_laid_out(label, text) for some in PARTS for label, text in some(evidence, found)]
    if verdict.next:
        lines.append(_laid_out("to know more", ", ".join(verdict.next)))
    return "\n".join(lines)


def _laid_out(label: str, text: str) -> str:
    indent = " " * (LABEL + 4)
    return textwrap.fill(text, WIDTH, initial_indent=f"  {label:<{LABEL}}  ", subsequent_indent=indent, break_on_hyphens=False)


def _trials(evidence: Evidence, found: Found) -> Iterator[Line]:
    counts = evidence["search"]["trials"]
    parts = [f"{counts['raw']:,} raw", f"{counts['pruned']:,} pruned", f"{counts['failed']:,} failed", f"{counts['repeated']:,} repeated"]
    worth = "" if found.n_effective is None else f", as different as {found.n_effective:.3g} independent ones"
    yield "trials", f"{', '.join(parts)}; {counts['distinct']:,} distinct sets{worth}"


def _rule(evidence: Evidence, found: Found) -> Iterator[Line]:
    rule = evidence["rule"]
    if rule["recorded"] is None:
        when = "the study does not say how it was to be judged when it began"
    elif rule["changed"]:
        when = f"recorded before the search, but changed since: {', '.join(rule['changed'])}"
    else:
        when = "fixed before the search"
    yield "chosen by", f"{rule['text']}; {when}"


def _held_out(evidence: Evidence, found: Found) -> Iterator[Line]:
    texts = [part(evidence, name, "text") for name in ("holdout", "walk_forward", "rerank")]
    texts = [text for text in texts if text]
    for text in texts:
        yield "held out", text
    if not texts and "holdout" in evidence and not any(name in found.missing for name in ("holdout", "walk_forward", "rerank")):
        yield "held out", "nothing: the set was chosen on all bars that there are"


def _folds(evidence: Evidence, found: Found) -> Iterator[Line]:
    inside, outside = (at(evidence, "cross_validation", f"mean_{side}_sample") for side in ("in", "out_of"))
    if inside is None or outside is None:
        return
    section = evidence["cross_validation"]
    below = f"below the median of all sets on {section['below_median_rate']:.0%} of them"
    choice = f"{section['objective']} {inside:.3g} on the train bars that each chose by, {outside:.3g} on its test bars, {below}"
    yield "folds", f"{len(section['folds'])} folds: {choice}; purge {section['purge_bars']:,} bars"


def _sharpe(evidence: Evidence, found: Found) -> Iterator[Line]:
    annual = at(evidence, "deflation", "chosen", "sharpe_annual")
    if annual is None:
        return
    interval = part(evidence, "intervals", "metrics", "sharpe", "90%")
    range_ = f", 90% interval {interval[0]:.2f} .. {interval[1]:.2f}" if isinstance(interval, list) else ""
    above = at(evidence, "deflation", "psr")
    surely = "" if above is None else f", above 0 with probability {above:.3f}"
    yield "in sample", f"Sharpe {annual:.2f} of {found.n_days:,} daily returns{range_}{surely}"
    best = at(evidence, "deflation", "deflated", "distinct", "expected_maximum_annual")
    if found.deflated is not None and best is not None:
        years = at(evidence, "deflation", "min_backtest_years", "distinct")
        long_enough = "" if years is None else f"; that takes {years:.1f} years of bars to be unusual"
        yield "deflated", f"{found.deflated:.3f}: the best of {found.n_distinct:,} sets without skill shows {best:.2f}{long_enough}"


def _overfit(evidence: Evidence, found: Found) -> Iterator[Line]:
    parts = []
    if found.overfit is not None:
        low, high = (at(evidence, "deflation", "overfitting", f"null_{end}") for end in ("low", "high"))
        band = "" if low is None or high is None else f" ({low:.2f} .. {high:.2f} without skill)"
        parts.append(f"probability {found.overfit:.2f}{band}")
    for name, said in (("zero", "not trading"), ("hold", "holding")):
        p = at(evidence, "deflation", "superior", name, "spa")
        if p is not None:
            parts.append(f"superior ability p = {p:.3f} against {said}")
    if parts:
        yield "overfitting", ", ".join(parts)


def _null(evidence: Evidence, found: Found) -> Iterator[Line]:
    if found.null_p is not None:
        kind = "each searched anew" if found.null_mode == "research" else "its own sets on each"
        kind += ", which is optimistic" if found.null_optimistic else ""
        yield "null search", f"p = {found.null_p:.3f}: {found.n_surrogates} histories without an edge, {kind}"


def _datasets(evidence: Evidence, found: Found) -> Iterator[Line]:
    text = part(evidence, "datasets", "text")
    if text:
        yield "datasets", text


def _plateau(evidence: Evidence, found: Found) -> Iterator[Line]:
    drawn = part(evidence, "plateau", "drawn")
    if isinstance(drawn, Mapping) and at(drawn, "mean") is not None:
        keeps = "" if drawn["keeps_half"] is None else f"; {drawn['keeps_half']:.0%} keep half of it"
        steep = "" if not drawn["stands_on"] else f"; steepest along {drawn['stands_on']}"
        around = f"{drawn['mean']:.3g} in the mean, {drawn['worst']:.3g} at worst, of {drawn['value']:.3g}"
        yield "plateau", f"{drawn['n']} sets within {drawn['radius']:.0%} of the ranges: {around}{keeps}{steep}"
    shares = part(evidence, "importance", "ped_anova")
    if shares:
        active = part(evidence, "importance", "active")
        largest = sorted(shares.items(), key=lambda item: -(item[1] or 0.0))[:N_IMPORTANT]
        off = lambda name: "" if active is None or name in active else " (off in this set)"  # noqa: E731
        yield "importance", ", ".join(f"{name} {share or 0.0:.0%}{off(name)}" for name, share in largest)


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
        largest = "" if share is None else f"; the best trade alone is {share:.0%} of it"
        yield "trades", f"without the {found.n_dropped} best the net profit is {found.without_best:,.2f}{largest}"


def _not_enough(evidence: Evidence, found: Found) -> Iterator[Line]:
    for name, text in found.missing.items():
        yield "not enough", text if text.startswith(name) else f"{name.replace('_', ' ')}: {text}"


Part = Callable[[Evidence, Found], Iterator[Line]]
PARTS: tuple[Part, ...] = (
    _trials, _rule, _held_out, _folds, _sharpe, _overfit, _null, _datasets, _plateau, _stress, _not_enough,
)  # fmt: skip
