"""Names from templates such as `{symbol_slug}_{ltf_slug}_{htf_slug}`: of studies and of a sweep's folders. It opens nothing."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from pinejax.core.timeframe import TimeframePair
from pinejax.errors import ConfigError, did_you_mean
from pinejax.report.slug import slug, symbols_slug


@dataclass(frozen=True)
class Names:
    """What a template may name. Several symbols are `A+1` for A and one more; several timeframes, in a joint study, `5m+15m`.

    Without a higher timeframe htf is ltf. index: from 0, as hydra.job.num; total: combinations of the sweep. suffix: what else is
    swept, as `strategy-supertrend_seed-2`; empty where nothing else is, and outside of a sweep.
    """

    symbol: str
    symbol_slug: str
    ltf: str
    ltf_slug: str
    htf: str
    htf_slug: str
    index: int = 0
    total: int = 1
    suffix: str = ""

    @classmethod
    def of(
        cls,
        symbols: Sequence[str],
        pairs: Sequence[TimeframePair],
        *,
        index: int = 0,
        total: int = 1,
        swept: Sequence[tuple[str, str]] = (),
    ) -> Names:
        """Of one combination. swept: its other keys and their values, as typed."""
        ltf = "+".join(dict.fromkeys(str(pair.ltf) for pair in pairs))
        htf = "+".join(dict.fromkeys(str(pair.htf) for pair in pairs))
        symbol = symbols[0] + (f"+{len(symbols) - 1}" if len(symbols) > 1 else "") if symbols else "all"
        suffix = "_".join(slug(f"{key.rpartition('.')[2].rpartition('/')[2]}-{value}") for key, value in swept)
        return cls(symbol, symbols_slug(symbols), ltf, slug(ltf), htf, slug(htf), index, total, suffix)


PLACEHOLDERS = tuple(item.name for item in fields(Names))


def check_template(key: str, template: str) -> None:
    """Errors: ConfigError for a placeholder or a format that there is not."""
    try:
        named = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    except ValueError as error:
        raise ConfigError(f"{key}: {template!r} is no template ({error}). Write a placeholder as {{ltf_slug}}.") from None
    for name in named:
        if name not in PLACEHOLDERS:
            raise ConfigError(f"{key}: there is no placeholder {{{name}}}. {did_you_mean(name, PLACEHOLDERS)}")
    _format(key, template, Names("A", "A", "5m", "5m", "1h", "1h"))


def render(key: str, template: str, names: Names) -> str:
    """The name that a template gives, without separators at its ends. Errors: ConfigError as `check_template`, and for an empty name."""
    check_template(key, template)
    name = _format(key, template, names).strip("_- ")
    if not name:
        raise ConfigError(f"{key}: {template!r} gives an empty name. Use a placeholder that is never empty, such as {{symbol_slug}}.")
    return name


def _format(key: str, template: str, names: Names) -> str:
    values: dict[str, Any] = {name: getattr(names, name) for name in PLACEHOLDERS}
    try:
        return template.format(**values)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{key}: {template!r} cannot be filled in ({error}). {{index}} and {{total}} are whole numbers.") from None


def require_different(key: str, names: Sequence[str], said: Sequence[str]) -> None:
    """Errors: ConfigError where two combinations, which `said` describes, have one name."""
    first: dict[str, str] = {}
    for name, words in zip(names, said, strict=True):
        if name in first:
            raise ConfigError(
                f"{key}: {name!r} would be the name of two combinations, {first[name]} and {words}. "
                "Add a placeholder that tells them apart: {symbol_slug}, {ltf_slug}, {htf_slug}, {suffix} (what else is swept), {index}."
            )
        first[name] = words
