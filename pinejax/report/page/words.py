"""Every word that a report shows and that is not the user's own, in one place. Placeholders are those of `str.format`."""

from __future__ import annotations

from typing import Any

from pinejax.report.page.sweep_words import SWEEP_WORDS

WORDS: dict[str, str] = {
    # the frame
    "title": "{strategy} on {datasets}",
    "title.pairs": " and {pairs}",
    "page": "pinejax report",
    "skip": "Skip to the verdict",
    "theme": "Light or dark",
    "dataset": "Dataset",
    "all_datasets": "All datasets",
    "synthetic": "Synthetic bars.",
    "nav.chart": "Chart",
    "nav.search": "Search",
    "nav.trades": "Trades",
    "nav.months": "Months",
    "nav.analysis": "Analysis",
    "copied": "Copied",
    "copy": "Copy",
    "no_script": "Charts need JavaScript. All tables are here without it.",
    "made": "Made by pinejax {version} from {folder}.",
    "study": "Study {name}",
    "started": "started {when}",
    "notice": "Charts of trades and equity: TradingView Lightweight Charts™, Copyright © 2026 TradingView, Inc., Apache License 2.0.",
    "time_note": "All times are UTC, the open of the bar.",
    # how the run ended
    "state.running": (
        "This run has not said that it ended: it still runs, or it was killed. What follows is what it had written by then. The same "
        "command goes on with its study."
    ),
    "state.interrupted": "This run was interrupted. The same command goes on with its study.",
    "state.failed": "This run failed: {error}",
    "state.empty": "This run left its folder before it wrote anything: there is nothing to show.",
    # made from a storage alone
    "stored": "Equity and trades",
    "stored.missing": (
        "This page was made from the storage alone, which keeps parameters, values and metrics of every trial, and no bars, equity or "
        "trades."
    ),
    "stored.again": "This command makes them, of the best set",
    "stored.same": (
        "The search's own command, given once more, makes them too, with this page: it adds no trials to a study that has them all."
    ),
    "stored.running": "When it was read, at {when}, this study had {running} running. Those that had ended by then are here.",
    "stored.silent": "Of {n} of them nothing has been heard for two minutes: their workers may have died.",
    "stored.unended": "No run on this study has come to its end by {when}: it was killed, or it rests. The same command goes on with it.",
    "stored.judged": "The verdict was given when {judged} had ended; by now {now} have.",
    "stored.equity": "A storage keeps no equity curve.",
    "source": "from {storage}",
    # verdict
    "verdict": "Verdict",
    "level.differs": "Differs from luck",
    "level.hint": "A hint",
    "level.luck": "Not distinguishable from luck",
    "level.not_enough": "Not enough to tell",
    "level.none": "Not judged",
    "verdict.none": (
        "This search has not been judged. Its best set is the luckiest of {n} trials: expect it to do worse on bars it has not seen."
    ),
    "verdict.none_one": (
        "One set was tried and nothing was chosen, so there is no luck of a choice to correct for. Nothing else has been tested."
    ),
    "verdict.worker": (
        "This is the folder of worker {worker}, one of several on the same study. The folder of worker 0 has the verdict on its best set."
    ),
    "comparison.agrees": "TradingView's list of trades in {export} agrees with this one, trade for trade ({counts}).",
    "comparison.differs": "TradingView's list of trades in {export} does NOT agree with this one ({counts}).",
    "verdict.no_trials": "There is no trial yet.",
    "verdict.all_failed": (
        "All {n} trials failed: there is no best set. What went wrong is in what the run printed, and in results_datasets.csv."
    ),
    "verdict.no_best": "No trial has a result, so there is no best set.",
    "verdict.reasons": "What it rests on",
    "verdict.next": "To know more, run again with",
    "reason": "Rule",
    "measured": "Measured",
    "threshold": "Needed",
    "passed": "Passed",
    "rule.passed": "passed:",
    "rule.failed": "failed:",
    "rule.unknown": "not known:",
    "rule.trades": "Closed trades",
    "rule.days": "Days",
    "rule.gates": "Gates broken by",
    "rule.null_replay": "Null search (replay), p",
    "rule.null_research": "Null search (research), p",
    "rule.deflated_sharpe": "Deflated Sharpe ratio",
    "rule.overfitting": "Probability of overfitting",
    "rule.open_position": "Share of profit still open",
    "rule.few_trades": "Without the best trades",
    "rule.return": "{name}, return",
    "rule.probability": "{name}, probability of a gain",
    "yes": "yes",
    "no": "no",
    "unknown": "not made",
    # best set
    "set": "The set",
    "set.none": "The strategy has no parameters.",
    "best": "Best set",
    "best.no_trade": (
        "It made no trade. Look at the strategy's conditions, or ask for trades with a gate such as objective.gates.min_trades=30."
    ),
    "best.trial": "Trial {trial}: {values}",
    "best.rule": "Chosen by: {text}.",
    "best.violation": "It violates the study's constraints (by {violation:.3g}): no set satisfied them all.",
    "best.penalty": "Its value is the penalty for that, not a result.",
    "best.no_trade_asked": "It made no trade, though the study asks for trades. Look at the strategy's conditions.",
    "best.front": "The first of a Pareto front of {sets}; with several objectives none is the best.",
    "best.again": "Command line",
    "best.inputs": "TradingView inputs",
    "best.pinned": "The other parameters, {n}: not searched, or without effect with these",
    "best.on": "Switched on",
    "best.off": "Switched off",
    "parameter": "Parameter",
    "value": "Value",
    "range": "Searched",
    "equal": "The best set was run again in detail: its numbers are the trial's.",
    "differs": "The best set was run again in detail and its numbers DIFFER from the trial's: {said}",
    # overview
    "overview": "Overview",
    "equity": "Equity",
    "hold": "Buy and hold",
    "drawdown": "Drawdown",
    "equity.note": (
        "Marked to market at each bar's close, in the account's currency{currency}. Buy and hold: the initial capital at the "
        "first open, without costs."
    ),
    "equity.in_sample": "In sample: the search saw all of these bars, where the best of many sets looks better than it is.",
    "equity.walk": "What sets earned on bars that their choice had not seen is under",
    "equity.open": "{money} still open",
    "equity.none": "The run has left no equity curve (equity.parquet).",
    "in_parts": "The search valued each set on parts of the histories. These are the best set's results on the whole of them, in one run.",
    "holdout.note": "The held-out bars were opened once the set was chosen.",
    "rerank.note": ("The test bars were opened once the set was chosen; other sets were ranked on them too, so a gain there is no proof."),
    "opened.note": (
        "There it was run anew, flat and with the initial capital, from the first "
        "bar behind a purge of {purge} bars on; its numbers are those of that run, and the curve goes on in proportion to it. All "
        "datasets side by side, the histogram and the search are in sample."
    ),
    "walk.folds": "One bar per fold: the score out of sample of the set that was best on the fold's other bars.",
    "in_sample": "in sample: the search saw these bars",
    "out_of_sample": "out of sample: the search did not see these bars",
    "equity.shaded": (
        "Shaded: out of sample, bars that the search did not see. The rest is in sample, where the best of many sets looks better."
    ),
    # trades on the chart
    "chart": "Trades on the chart",
    "chart.note": (
        "Click a trade, or move with the arrow keys; + and - zoom, as does the wheel with Ctrl or Shift. Triangles are entries (up: long, "
        "down: short), dots are exits; the line between them is blue for a gain and orange for a loss."
    ),
    "chart.merged": "Each candle is {n} bars of {ltf}: their first open, last close, highest and lowest price.",
    "chart.none": "The run has left no bars (bars.parquet).",
    "previous": "Previous trade",
    "next_trade": "Next trade",
    "best_trade": "Best",
    "worst_trade": "Worst",
    "whole": "Whole range",
    "pick": "Choose a trade: click it on the chart or in the list below, or press the arrow keys.",
    "chart.label": "Candles with the trades of the best set. Arrow keys choose the previous or the next trade.",
    "equity.label": "Equity of the best set against buy and hold, and its drawdown below.",
    # TradingView's sections
    "performance": "Performance",
    "analysis": "Trades analysis",
    "ratios": "Ratios",
    "figure": "",
    "all": "All",
    "total": "Year's",
    "long": "Long",
    "short": "Short",
    "histogram": "Profit and loss of closed trades, percent of the entry's value",
    "histogram.note": "{n} closed trades; each bar counts those within {width}. Mean {mean}.",
    "trades": "List of trades",
    "trades.none": "There is no trade.",
    "trades.missing": "The run has left no list of trades.",
    "trades.shown": "{from} to {to} of {n}",
    "trades.left": "Only the first {n} trades are here; trades_*.csv has all.",
    "page.previous": "Earlier",
    "page.next": "Later",
    "trades.outside": (
        "Trades out of sample come last. They are of a run that began anew, flat and with the initial capital; their cumulative P&L begins "
        "anew, too."
    ),
    "trade.number": "Trade #",
    "trade.side": "Side",
    "trade.entry": "Entry",
    "trade.exit": "Exit",
    "trade.qty": "Quantity",
    "trade.value": "Value",
    "trade.pnl": "Net P&L",
    "trade.mfe": "Favorable excursion",
    "trade.mae": "Adverse excursion",
    "trade.total": "Cumulative P&L",
    "trade.held": "Held",
    "trade.open": "still open",
    # months
    "months": "Monthly returns",
    "months.note": (
        "Percent, of equity at the last close of each UTC month, open positions included. The first and the last month may be short."
    ),
    "months.unseen": "From {when} on it is out of sample.",
    "year": "Year",
    # the search
    "search": "The search",
    "search.counts": "{n} trials: {said}.",
    "search.none": "No trial has finished.",
    "search.sampled": "The charts show {shown} of {n} trials: the best ones, and others evenly over the rest.",
    "history": "Optimisation history",
    "history.note": "Each dot a trial; the line is the best so far, the ring the best set.",
    "history.beyond": "{n} trials lie beyond the axis and are drawn at its edge.",
    "history.violated": "{n} trials, drawn as crosses, broke a gate (such as the least number of trades).",
    "violated": "broke a gate",
    "described.history": "{n} trials; the best set is trial {trial} with {name} {value}.",
    "described.equity": "From {start} to {end}: equity {equity}, buy and hold {hold}, deepest drawdown {drawdown}.",
    "described.candles": "{n} candles from {start} to {end} with {trades} trades.",
    "described.slice": "{name}: best set {value}.",
    "described.pareto": "{n} sets on the front; the table below has them.",
    "described.surface": "{x} against {y}: smoothed scores from {low} to {high}.",
    "objective": "Objective",
    "trial": "Trial",
    "importance": "Parameter importance",
    "importance.note": (
        "Share of the ranks' variance that a parameter alone explains, in groups of its values (epsilon squared of Kruskal and "
        "Wallis). A sampler looks near good sets more often, so these are of this search, not of the strategy."
    ),
    "importance.verdict": (
        "PED-ANOVA: how differently each parameter is spread among the best sets and among all. A sampler looks near good sets "
        "more often, so these are of this search, not of the strategy."
    ),
    "importance.none": "Too few finished trials, or nothing varied.",
    "slices": "Slices",
    "slices.note": "The score against each of the most important parameters.",
    "parallel": "Parallel coordinates",
    "parallel.note": (
        "Each line a trial: the more it stands out, the better its rank; the best set is orange. Where a parameter was inactive"
        " the line has a gap. Trials that broke a gate are left out."
    ),
    "surface": "Contour of the two most important parameters",
    "surface.note": (
        "The score, smoothed over trials near by; blank where there are none. Dots are trials, the ring is the best set. Parameters that"
        " act in the best set come first; trials that broke a gate are left out."
    ),
    "surface.none": "A contour takes two numeric parameters that were searched together in at least {n} trials that broke no gate.",
    "pareto": "Pareto front",
    "pareto.note": "Each dot a trial; those on the front are orange.",
    # evidence
    "evidence": "Evidence",
    "null": "Against luck",
    "null.note": "How many histories without an edge had a best set of such a value; the line is the best set of the real one.",
    "null.best": "best set {value}",
    "null.text": "{n} histories, their median {median} against {best}: p = {p}, which cannot be below {smallest} with so many.",
    "null.replay": "The study's own sets were replayed on them, which is optimistic: a search anew would find more there.",
    "null.research": "Each was searched anew as the real one was.",
    "stress": "Stress",
    "walk": "Walk-forward",
    "walk.note": (
        "Above, all test spans as one history: each day's return is that of the set chosen on the bars before the span. Below, the "
        "return of each span, up and blue for a gain, down and orange for a loss."
    ),
    "walk.span": "{first} to {last}: {value}",
    "walk.drift": "The chosen parameters from span to span",
    "walk.drift.mean": (
        "From one span to the next a parameter moves {mean} of its range in the mean; sets drawn at random would move {chance}."
    ),
    "walk.drift.all": "Every parameter of every span",
    "walk.drift.one": "moves {mean}, by chance {chance}",
    "on": "on",
    "off": "off",
    "stress.change": "Change",
    "stress.without": "Without {name}",
    "stress.base": "As searched",
    "stress.costs": "Higher commission",
    "stress.slippage": "Slippage",
    "stress.both": "Both",
    "stress.delay": "Orders later",
    "stress.noise": "Noise on prices",
    "side.in": "In sample",
    "side.out": "Out of sample",
    "years": "Years",
    "median": "Median",
    "datasets.sharpe": "Sharpe",
    "datasets.hold": "Sharpe of holding",
    "datasets.p": "p",
    "datasets.q": "p, corrected",
    "datasets.holds": "Holds up",
    "deflated.distinct": "Deflated Sharpe ratio, all distinct sets",
    "deflated.entropy": "with their effective number by entropy",
    "deflated.clusters": "with their number of clusters",
    "deflated.row": "{dsr}; of {n} sets without skill the best shows a Sharpe ratio of {luck}",
    "overfit": "Probability of backtest overfitting",
    "overfit.row": "{pbo}; without skill {low} to {high}",
    "superior.zero": "Superior to not trading",
    "superior.hold": "Superior to holding",
    "plateau.value": "The best set",
    "plateau.mean": "Sets around it, mean",
    "plateau.worst": "The worst of them",
    "plateau.half": "Keep half of it",
    "plateau.other": "Elsewhere",
    "plateau.steps": "One step down and up",
    "plateau.down": "One step down",
    "plateau.up": "One step up",
    "plateau.to": "{to}: {value}",
    "piece.holdout": "Holdout",
    "piece.null_search": "Against luck: histories without an edge",
    "piece.deflation": "Deflated for the number of sets",
    "piece.walk_forward": "Walk-forward",
    "piece.stress": "Stress",
    "piece.intervals": "Intervals from the bootstrap",
    "piece.datasets": "Dataset by dataset",
    "piece.plateau": "Plateau",
    "piece.rerank": "Ranked again on test bars",
    "piece.cross_validation": "Cross-validation",
    "not_enough": "Not enough to go by: {text}",
    "more": "All of it",
    # manifest
    "manifest": "Manifest",
    "manifest.all": "Everything that manifest.json says",
    "manifest.versions": "Versions",
    "manifest.machine": "Machine",
    "manifest.costs": "Costs",
    "manifest.data": "Data",
    "manifest.search": "Search",
    "manifest.time": "Time",
    "manifest.seconds": "{n} s",
    "manifest.rate": "{n} trials/s",
    "bars": "Bars",
    "from": "First bar",
    "to": "Last bar",
    "hash": "Content hash",
    # figures of TradingView's summary
    "figure.net_profit": "Net profit",
    "figure.net_profit_rate": "Net profit, of the capital",
    "figure.open_profit": "Open P&L",
    "figure.gross_profit": "Gross profit",
    "figure.gross_loss": "Gross loss",
    "figure.profit_factor": "Profit factor",
    "figure.commission_paid": "Commission paid",
    "figure.max_runup_close_to_close": "Max equity run-up (close to close)",
    "figure.max_drawdown_close_to_close": "Max equity drawdown (close to close)",
    "figure.max_runup_intrabar": "Max equity run-up (intrabar)",
    "figure.max_drawdown_intrabar": "Max equity drawdown (intrabar)",
    "figure.max_contracts_held": "Max contracts held",
    "figure.closed_trades": "Total trades",
    "figure.open_trades": "Total open trades",
    "figure.winning_trades": "Winning trades",
    "figure.losing_trades": "Losing trades",
    "figure.even_trades": "Even trades",
    "figure.percent_profitable": "Percent profitable",
    "figure.avg_trade": "Avg P&L",
    "figure.avg_trade_rate": "Avg P&L, percent",
    "figure.avg_winning_trade": "Avg winning trade",
    "figure.avg_losing_trade": "Avg losing trade",
    "figure.win_loss_ratio": "Ratio avg win / avg loss",
    "figure.largest_winning_trade": "Largest winning trade",
    "figure.largest_winning_trade_rate": "Largest winning trade, percent",
    "figure.largest_losing_trade": "Largest losing trade",
    "figure.largest_losing_trade_rate": "Largest losing trade, percent",
    "figure.avg_bars_in_trades": "Avg # bars in trades",
    "figure.avg_bars_in_winning_trades": "Avg # bars in winning trades",
    "figure.avg_bars_in_losing_trades": "Avg # bars in losing trades",
    "figure.margin_calls": "Margin calls",
    "figure.sharpe_monthly": "Sharpe ratio (TradingView, monthly)",
    "figure.sortino_monthly": "Sortino ratio (TradingView, monthly)",
    "figure.cagr": "Annualized return (CAGR)",
    "figure.buy_hold_return": "Buy & hold return",
    "figure.buy_hold_profit": "Buy & hold P&L",
    # our metrics
    "metric.net_profit": "Net profit",
    "metric.total_return": "Total return",
    "metric.max_drawdown": "Max drawdown",
    "metric.sharpe": "Sharpe",
    "metric.sortino": "Sortino",
    "metric.calmar": "Calmar",
    "metric.profit_factor": "Profit factor",
    "metric.win_rate": "Profitable trades",
    "metric.n_trades": "Trades",
    "metric.exposure": "In the market",
    "metric.cagr": "CAGR",
    "metric.reward_risk": "Avg win / avg loss",
    "metric.expectancy": "Net profit per trade",
    "ratios.note": "pinejax's own, from daily equity (UTC), a year being 365 days:",
    "metric.win_share": "Days with a gain",
} | SWEEP_WORDS


def say(key: str, **values: Any) -> str:
    """The words of a key, filled in."""
    return WORDS[key].format(**values) if values else WORDS[key]


def name_of(group: str, key: str) -> str:
    """`metric.sharpe`, or the key itself, readable, where there are no words for it."""
    return WORDS.get(f"{group}.{key}") or readable(key)


def readable(key: str) -> str:
    """`max_consecutive_losses` as words."""
    return key.replace("_", " ").strip().capitalize()
