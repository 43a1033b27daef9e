"""Reasons in the properties that decide sizes: default size, capital, currency, pyramiding."""

from __future__ import annotations

import numpy as np

from pinejax.tradingview.export import Export
from pinejax.tradingview.reasons.case import Case, Reason

_FIRST = 3
"""Trades whose sizes tell how it began, before equity goes another way."""


def no_trades(case: Case) -> Reason | None:
    """We made none: perhaps no entry could be paid."""
    if case.ours or not case.placed.trades:
        return None
    broker, said = case.broker, "We made no trades at all"
    first = case.placed.trades[0].exported
    price = first.entry_price * case.feed.instrument.point_value
    capital = broker.initial_capital
    needed = {"fixed": broker.size * price, "cash": broker.size, "percent_of_equity": broker.size * capital}[broker.size_type]
    if broker.size_type == "percent_of_equity" and broker.size > 1:
        said += f": broker.size={broker.size:g} with percent_of_equity is a fraction ({broker.size:g} is {100 * broker.size:g} %)"
    if needed > capital * broker.leverage:
        said += (
            f"{',' if ':' in said else ':'} an entry costs about {needed:,.0f}, and the initial capital of {capital:,.0f} "
            f"with a leverage of {broker.leverage:g} does not pay for it, so that every entry may have been refused for margin"
        )
    else:
        said += ": no entry condition was ever true, or there were not bars enough for the indicators"
    return Reason(2.0, f"{said}.")


def currency(case: Case) -> Reason | None:
    """Sizes that follow money, in another currency than ours."""
    notice = currency_notice(case.placed.export, case.rates_given)
    return Reason(1.2, notice) if notice and case.broker.size_type != "fixed" else None


def currency_notice(export: Export, rates_given: bool) -> str:
    """That the account has another currency than the prices and nothing converts it; empty where that is not so."""
    prices, account = export.price_currency, export.pnl_currency
    if rates_given or not prices or not account or prices == account:
        return ""
    return (
        f"Currency: the export's prices are in {prices}, its P&L in {account}, and there are no rates. "
        f"Set broker.currency={account} data.rates=FILE.csv (daily {prices} to {account})."
    )


def quantities(case: Case) -> Reason | None:
    """Everything but the size agrees."""
    step = case.feed.instrument.lot_step
    ratios = [
        theirs.exported.qty / ours.qty
        for theirs, ours in case.both
        if case.same_fills(theirs, ours) and abs(theirs.exported.qty - ours.qty) > 0.5 * step
    ]
    if not ratios or len(ratios) < 0.1 * case.n_different:
        return None
    middle, spread = float(np.median(ratios)), float(np.max(ratios) - np.min(ratios))
    weight, begin = len(ratios) / case.n_different, f"Sizes: {len(ratios)} trades differ in quantity alone, theirs "
    if spread < 1e-3 * middle and abs(middle - 1) > 0.005:
        return Reason(weight, f"{begin}{middle:.4g} times ours throughout: another default size or currency. {_scaled(case, middle)}")
    if abs(middle - 1) <= 0.005 and max(abs(r - 1) for r in ratios) < 0.02:
        return Reason(
            weight,
            f"{begin}{middle:.5f} times ours (by {100 * min(ratios) - 100:+.3f} to {100 * max(ratios) - 100:+.3f} %): the account's "
            "currency is another than the symbol's (data.rates), or commission is reserved from the size.",
        )
    first = ratios[:_FIRST]
    if max(first) - min(first) < 0.01 * first[0] and abs(first[0] - 1) > 0.05:
        return Reason(
            weight,
            f"{begin}{min(ratios):.3g} to {max(ratios):.3g} times ours, the first {len(first)} {first[0]:.3g} times: sizes follow equity "
            f"from another beginning. {_scaled(case, float(f'{first[0]:.3g}'))}",
        )
    return Reason(
        weight,
        f"{begin}{min(ratios):.3g} to {max(ratios):.3g} times ours: sizes that follow equity (size_type, initial capital, commission, "
        "pyramiding).",
    )


def _scaled(case: Case, ratio: float) -> str:
    """The settings with which sizes would be so many times ours."""
    broker = case.broker
    both = (
        f" or broker.initial_capital={float(f'{broker.initial_capital * ratio:.4g}'):.12g}"
        if broker.size_type == "percent_of_equity"
        else ""
    )
    return f"Perhaps broker.size={broker.size * ratio:.4g}{both}; a size that the strategy gives its orders counts itself."


def pyramiding(case: Case) -> Reason | None:
    """More entries held at once than we allow, or fewer."""
    ends = int(case.feed.ltf.time[-1]) + 1
    theirs = _most_at_once([(t.entry_ms, t.exit_ms or ends) for t in case.placed.trades])
    time = case.feed.ltf.time
    ours = _most_at_once([(int(time[t.entry_bar]), ends if t.is_open else int(time[t.exit_bar])) for t in case.ours])
    if not ours or not theirs or theirs == ours or not case.matched.of("missing", "extra"):
        return None
    return Reason(0.6, f"Entries at once: they hold up to {theirs}, we up to {ours} (broker.pyramiding={case.broker.pyramiding}).")


def _most_at_once(spans: list[tuple[int, int]]) -> int:
    """The largest number of spans [begin, end) that share a moment."""
    events = sorted([(begin, 1) for begin, end in spans if end > begin] + [(end, -1) for begin, end in spans if end > begin])
    return int(np.max(np.cumsum([step for _, step in events]), initial=0)) if events else 0
