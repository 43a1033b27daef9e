"""What would tell more: words for the command line, or what else it takes. Only what can change the level is named."""

from __future__ import annotations

import math
from collections.abc import Collection

from pinejax.judge.found import Found
from pinejax.selection.config import VerdictConfig

RATE = 0.2
"""Of `validation=holdout`."""


def steps(found: Found, config: VerdictConfig, against: Collection[str]) -> tuple[str, ...]:
    """against: names of the rules that failed and are enough for the level as it is; a further test leaves those as they are."""
    if found.told_by:
        return (f"a study without {found.told_by}, all of whose trials are counted",)
    if {"trades", "days"} & set(against):
        wanted = {"days": f"{config.min_days} days", "trades": f"{config.min_trades} closed trades"}
        return (f"more bars, for {' and '.join(text for name, text in wanted.items() if name in against)}",)
    if "gates" in against:
        return ("other objective.gates, or more sets (search.n_trials)",)
    if "deflated_sharpe" in against:
        return ("more bars", "fewer parameters or sets (search.n_trials)")
    if against:
        return ("more bars",)
    if found.deflated is None:
        return ()
    return (*_null(found, config), *_holdout(found, config))


def fewest_surrogates(alpha: float) -> int:
    """Surrogates of which p can be as small as alpha."""
    return math.ceil(1.0 / alpha - 1.0 - 1e-9)


def days_for_holdout(min_days: int, rate: float = RATE) -> int:
    """Days of bars of which a holdout of `rate` has `min_days`, its purge aside."""
    return math.ceil(min_days / rate - 1e-9)


def _null(found: Found, config: VerdictConfig) -> tuple[str, ...]:
    least = fewest_surrogates(config.alpha)
    if found.null_mode != "research":
        return ("null=research",) if least <= USUAL else (f"null=research null.n_surrogates={least}",)
    return (f"null.n_surrogates={least}",) if found.null_p is not None and found.n_surrogates < least else ()


USUAL = 100
"""`null.n_surrogates` as it comes."""


def _holdout(found: Found, config: VerdictConfig) -> tuple[str, ...]:
    if any(not one.no_proof for one in found.outside):
        return ()
    if any(one.name == "holdout" for one in found.outside):
        return ("bars that were never opened (later data.end)",)
    needed = days_for_holdout(config.min_days)
    if found.history_days < needed:
        return (f"bars of {needed:,} days for validation=holdout (there are {found.history_days:,})",)
    if found.holds_out:
        return (
            (f"a holdout of {config.min_days} days behind its purge (validation.holdout, more bars)",) if "holdout" in found.missing else ()
        )
    return ("validation=holdout",)
