"""From the evidence to a level and a sentence: rules alone, each with what it measured. How evidence is made is the sections' business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pinejax.judge.found import Found, found_in
from pinejax.judge.steps import steps
from pinejax.judge.words import counted, p_of, percent, probability
from pinejax.selection.config import VerdictConfig

Level = Literal["luck", "hint", "differs", "not_enough"]
Kind = Literal["enough", "needed", "search", "optimistic", "contradiction"]
MOST_OVERFIT = 0.5
"""A probability of backtest overfitting above that of a coin."""
NAMED = 2
"""Failed rules in a sentence."""
LUCK = "The best set is not distinguishable from search luck"


@dataclass(frozen=True)
class Reason:
    """One rule. measured: None where there is nothing to measure, and then passed is None; threshold: what passing takes, in words.

    kind: `enough` data; `needed` in any case; `search`: takes the whole search into account, one of them is needed; `optimistic`: does
    not; `contradiction`: one that fails is enough for luck.
    """

    name: str
    kind: Kind
    measured: float | None
    threshold: str
    passed: bool | None
    text: str


@dataclass(frozen=True)
class Verdict:
    """level: `luck`, a `hint`, `differs` (from luck), or `not_enough` to say. sentence: for the user. next: what would tell more."""

    level: Level
    sentence: str
    reasons: tuple[Reason, ...] = ()
    next: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def verdict_of(evidence: Mapping[str, Any], config: VerdictConfig) -> Verdict:
    """The verdict on a search. evidence: sections by name, of which `search` is needed (`searched`); a missing one counts as not made.

    `luck` unless: the data are enough; the deflated Sharpe ratio over all distinct sets is; nothing contradicts. Then it `differs` where
    one test that takes the whole search into account passes too, and is a `hint` where none was made.
    """
    if said := without_a_result(evidence):
        return Verdict("not_enough", said)
    found = found_in(evidence)
    reasons = tuple(reason for rule in RULES for reason in rule(found, config))
    failed = [reason for reason in reasons if reason.passed is False]
    enough = [reason for reason in failed if reason.kind == "enough"]
    if enough:
        said = f"Not enough to tell the best set from search luck: {_said(enough)}."
        return Verdict("not_enough", said, reasons, steps(found, config, _names(failed)))
    against = [reason for reason in failed if reason.kind in ("needed", "contradiction")]
    if against:
        return Verdict("luck", f"{LUCK}: {_said(against[:NAMED])}.", reasons, steps(found, config, _names(failed)))
    if not _passed(reasons, "needed"):
        said = found.missing.get("deflation") or _said([reason for reason in reasons if reason.kind == "needed"])
        return Verdict(
            "not_enough",
            f"Not enough to tell the best set from search luck: {_lower(said)}.",
            reasons,
            steps(found, config, _names(failed)),
        )
    if whole := _passed(reasons, "search"):
        return Verdict("differs", f"The best set differs from search luck: {_said(whole)}, {_said(_passed(reasons, 'needed'))}.", reasons)
    why = _said(_passed(reasons, "needed"))
    if optimistic := _passed(reasons, "optimistic"):
        why = f"better than its own sets on histories without an edge ({_said(optimistic)})"
    rest = "nothing that takes the whole search into account was made"
    if short := [reason for reason in failed if reason.kind == "search"]:
        rest = f"what takes the whole search into account does not reach it ({_said(short)})"
    return Verdict("hint", f"A hint and no more: {why}, but {rest}.", reasons, steps(found, config, _names(failed)))


def without_a_result(evidence: Mapping[str, Any]) -> str:
    """The sentence on a search that leaves nothing to judge; empty for others."""
    search = evidence["search"]
    trials, chosen = search["trials"], search["chosen"]
    if broken_off := evidence.get("interrupted"):
        where = f" in its {broken_off['section'].replace('_', ' ')}" if broken_off["section"] else ""
        reached = f" ({broken_off['reached'].rstrip('.')})" if broken_off["reached"] else ""
        return f"Not judged: the judging was interrupted{where}{reached}. The same command does it again, and goes on from what is stored."
    if evidence.get("failed"):
        return f"Not judged: the judging failed ({evidence['failed']}). The same command does it again."
    if search["stopped"] == "interrupted":
        return "Not judged: the search was interrupted. The same command goes on with it, and judges it at its end."
    if not trials["raw"]:
        return "Nothing to judge: the study has no trial."
    if trials["failed"] == trials["raw"]:
        return f"Nothing to judge: all {trials['raw']} trials failed."
    if chosen is None:
        return "Nothing to judge: no trial has a result, so there is no best set."
    if search["joint"]:
        return (
            "Not judged: the best of a study over several timeframe pairs is the luckiest of all of them, and is not judged yet; "
            "sweep.mode=study judges each pair."
        )
    if search["n_objectives"] > 1:
        return (
            f"Not judged: with {search['n_objectives']} objectives the best set is chosen after the search, by hand; search one metric, or "
            "a weighted sum of them, to have its best set judged."
        )
    if not chosen["n_trades"] and not chosen["exposed"]:
        return "Nothing to judge: the best set made no trade."
    return ""


def _enough(found: Found, config: VerdictConfig) -> Sequence[Reason]:
    trades = f"{counted(found.n_trades, 'closed trade')} of the best set, verdict.min_trades={config.min_trades}"
    days = f"{counted(found.n_days, 'day')}, verdict.min_days={config.min_days}"
    return (
        Reason("trades", "enough", found.n_trades, f">= {config.min_trades}", found.n_trades >= config.min_trades, trades),
        Reason("days", "enough", found.n_days, f">= {config.min_days}", found.n_days >= config.min_days, days),
    )


def _open_position(found: Found, config: VerdictConfig) -> Sequence[Reason]:
    """A result that is the value of a position still open, of which nobody knows the end."""
    if not found.total_profit > 0:
        return ()
    share = found.open_profit / found.total_profit
    text = f"{percent(share)} of the profit is that of positions still open"
    return (Reason("open_position", "contradiction", share, "< 100%", share < 1.0, text),)


def _deflated(found: Found, config: VerdictConfig) -> Sequence[Reason]:
    if found.deflated is None:
        return (Reason("deflated_sharpe", "needed", None, f">= {1 - config.alpha:g}", None, "no deflated Sharpe ratio"),)
    text = f"deflated Sharpe ratio {probability(found.deflated)} after {counted(found.n_distinct, 'set')} ({1 - config.alpha:g} is needed)"
    passed: bool | None = found.deflated >= 1 - config.alpha
    if passed and found.told_by:
        passed, text = None, f"{text}, but it does not count the trials that found the sets of {found.told_by}"
    return (Reason("deflated_sharpe", "needed", found.deflated, f">= {1 - config.alpha:g}", passed, text),)


def _null(found: Found, config: VerdictConfig) -> Sequence[Reason]:
    """A null search that was made speaks against the result where it fails. Replaying the study's own sets speaks for it too weakly."""
    if found.null_p is None:
        return ()
    kind: Kind = "optimistic" if found.null_optimistic else "search"
    name, needed = f"null_{found.null_mode}", f"<= {config.alpha:g}"
    said = f"{p_of(found.null_p)} against the best of {found.n_surrogates:,} histories without an edge (null={found.null_mode})"
    if 1.0 / (1 + found.n_surrogates) > config.alpha:
        return (Reason(name, kind, found.null_p, needed, None, f"{said}, too few to tell"),)
    passed = found.null_p <= config.alpha
    return (Reason(name, kind if passed else "contradiction", found.null_p, needed, passed, said),)


def _outside(found: Found, config: VerdictConfig) -> Sequence[Reason]:
    """Bars that the choice never saw. Those that were looked at more often speak against a result where it loses, but not for it."""
    needed = f">= {1 - config.alpha:g}, of one set"
    reasons = []
    for one in found.outside:
        ratio = "" if one.sharpe is None else f", Sharpe {one.sharpe:.2f}"
        said = f"{one.name}: {percent(one.total_return, 2, '+')} out of sample{ratio}"
        if one.total_return < 0:
            reasons.append(Reason(one.name, "contradiction", one.total_return, ">= 0", False, said))
        elif one.no_proof:
            text = f"{said}, but {one.no_proof}, so it is no proof"
            reasons.append(Reason(one.name, "search", one.probability, needed, False, text))
        elif one.probability is None:
            reasons.append(Reason(one.name, "search", None, needed, None, f"{said}, too little to judge"))
        else:
            text = f"{said}, above 0 with probability {probability(one.probability)}"
            reasons.append(Reason(one.name, "search", one.probability, needed, one.probability >= 1 - config.alpha, text))
    return reasons


def _overfit(found: Found, config: VerdictConfig) -> Sequence[Reason]:
    """PBO compares sets with each other: on a plateau, where all are as good, it is a coin's. So it says nothing where the choice of one
    half of the days hardly ever loses on the other.
    """
    if found.overfit is None:
        return ()
    text, passed = f"probability of backtest overfitting {found.overfit:.2f}", found.overfit <= MOST_OVERFIT
    if not passed and found.loss_rate is not None and found.loss_rate <= config.alpha:
        passed, text = (
            True,
            f"{text}, but what is best on half of the days loses on the others in {percent(found.loss_rate, 1)} of the splits alone",
        )
    needed = f"<= {MOST_OVERFIT:g}, or a loss rate <= {config.alpha:g}"
    return (Reason("overfitting", "contradiction", found.overfit, needed, passed, text),)


def _few_trades(found: Found, config: VerdictConfig) -> Sequence[Reason]:
    if found.without_best is None:
        return ()
    text = f"without the best {counted(found.n_dropped, 'trade')} the profit, open positions included, is {found.without_best:,.2f}"
    return (Reason("few_trades", "contradiction", found.without_best, "> 0", found.without_best > 0, text),)


def _gates(found: Found, config: VerdictConfig) -> Sequence[Reason]:
    """A set that breaks the objective's own gates is the best of none that holds them."""
    if not found.violation > 0:
        return ()
    text = f"the best set breaks the objective's gates, by {found.violation:.3g}: none holds them all"
    return (Reason("gates", "contradiction", found.violation, "0", False, text),)


RULES = (_enough, _gates, _outside, _null, _deflated, _overfit, _open_position, _few_trades)
"""In the order of their weight: sentences name the first that fail, the page all of them."""


def _names(reasons: Sequence[Reason]) -> frozenset[str]:
    """Of what stands against the result, or lacks."""
    return frozenset(reason.name for reason in reasons if reason.kind in ("enough", "needed", "contradiction"))


def _passed(reasons: Sequence[Reason], kind: Kind) -> list[Reason]:
    return [reason for reason in reasons if reason.kind == kind and reason.passed]


def _said(reasons: Sequence[Reason]) -> str:
    return "; ".join(reason.text for reason in reasons)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].rstrip(".")
