"""The page on a terminal: the verdict's sentence, and below it what it rests on, a line or two each. Fixed width, no markup."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pinejax.judge.found import Found, found_in
from pinejax.judge.verdict import Verdict

WIDTH = 110
LABEL = 14
Line = tuple[str, str]
"""A label and its text."""


def page(verdict: Verdict, evidence: Mapping[str, Any]) -> str:
    """The page, at most about thirty lines of WIDTH characters."""
    lines = [textwrap.fill(f"Verdict: {verdict.sentence}", WIDTH)]
    found = found_in(evidence)
    for part in PARTS:
        lines += [_laid_out(label, text) for label, text in part(evidence, found)]
    if verdict.next:
        lines.append(_laid_out("to know more", ", ".join(verdict.next)))
    return "\n".join(lines)


def _laid_out(label: str, text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=f"  {label:<{LABEL}} ", subsequent_indent=" " * (LABEL + 3))


def _trials(evidence: Mapping[str, Any], found: Found) -> Iterator[Line]:
    counts = evidence["search"]["trials"]
    parts = [f"{counts['raw']:,} raw", f"{counts['pruned']:,} pruned", f"{counts['failed']:,} failed", f"{counts['repeated']:,} repeated"]
    worth = "" if found.n_effective is None else f", worth {found.n_effective:.1f} independent ones"
    yield "trials", f"{', '.join(parts)}; {counts['distinct']:,} distinct sets{worth}"


def _rule(evidence: Mapping[str, Any], found: Found) -> Iterator[Line]:
    rule = evidence["rule"]
    if rule["recorded"] is None:
        when = "the study does not say how it was to be judged when it began"
    elif rule["changed"]:
        when = f"recorded before the search, but changed since: {', '.join(rule['changed'])}"
    else:
        when = "fixed before the search"
    yield "chosen by", f"{rule['text']}; {when}"


def _not_enough(evidence: Mapping[str, Any], found: Found) -> Iterator[Line]:
    for name, text in found.missing.items():
        yield "not enough", f"{name.replace('_', ' ')}: {text}"


Part = Callable[[Mapping[str, Any], Found], Iterator[Line]]
PARTS: tuple[Part, ...] = (_trials, _rule, _not_enough)
