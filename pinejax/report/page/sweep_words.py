"""The words of a sweep's report, beside those of a run's in `words`, which takes them in."""

from __future__ import annotations

SWEEP_WORDS: dict[str, str] = {
    # the frame
    "sweep.title": "{n} combinations: {what}",
    "sweep.title_one": "One combination: {what}",
    "sweep.what": "{strategies} on {symbols}",
    "sweep.what_strategies": "{n} strategies",
    "sweep.what_symbols": "{n} symbols",
    "sweep.took": "took {time}",
    "sweep.by": "launched by {launcher}",
    "sweep.state.banner.running": (
        "This sweep has not said that it ended: it still runs, or it was killed. {done} of {n} combinations have ended. "
        "The same command goes on with the same studies."
    ),
    "sweep.state.banner.interrupted": "This sweep was interrupted. The same command goes on with the same studies.",
    "sweep.state.banner.failed": "{failed} of {n} combinations failed:",
    "sweep.state.banner.none": "This sweep has not written anything yet.",
    "sweep.state.banner.more": "see what happened, and how to go on",
    "sweep.state": "State",
    "sweep.state.done": "done",
    "sweep.state.failed": "failed",
    "sweep.state.running": "running",
    "sweep.state.waiting": "waiting",
    "sweep.state.interrupted": "interrupted",
    "sweep.state.not run": "not run",
    # the headline
    "sweep": "What was found",
    "sweep.found.differs_one": "1 of {n} judged combinations differs from search luck, each judged alone.",
    "sweep.found.differs": "{k} of {n} judged combinations differ from search luck, each judged alone.",
    "sweep.found.none_one": "The one judged combination does not differ from search luck.",
    "sweep.found.none": "None of {n} judged combinations differs from search luck, each judged alone.",
    "sweep.found.unjudged": "No combination has been judged: the best of them is the luckiest of all their trials.",
    "sweep.found.nothing": "No combination has left a value that could be compared.",
    "sweep.found.smallest": (
        "The smallest p-value against histories without an edge, adjusted for the "
        "{n} combinations that have one (Benjamini and Hochberg), is {q}."
    ),
    "sweep.found.not_enough": "Of {n} there is not enough for a verdict.",
    "sweep.found.lost": "{n} of these p-values are lost with their folders, and count as tests that found nothing.",
    "sweep.found.best": "All together they had {trials} trials, and the best of all combinations is the best of all those trials.",
    "sweep.count.all": "Combinations",
    "sweep.count.unjudged": "Without a verdict",
    "sweep.count.failed": "Failed",
    "sweep.count.open": "Not ended",
    "sweep.count.trials": "Trials",
    "sweep.first": "First in sample",
    "sweep.first.text": "{objective} {value}",
    "sweep.first.outside": "; {kind} {value}",
    # the matrix
    "matrix": "Timeframes and symbols",
    "nav.matrix": "Matrix",
    "sweep.ltf": "LTF",
    "sweep.htf": "HTF",
    "sweep.view": "Show",
    "sweep.all_views": "all {n}",
    "sweep.pick": "Point at a cell, or reach it with the Tab and arrow keys, to see what is known of it; follow it to its report.",
    "sweep.open": "Open its report",
    "sweep.cell.out": "out",
    "sweep.cell.in": "in",
    "sweep.cell.in_sample": "in sample",
    "sweep.cell.none": "no value",
    "sweep.cell.gone": "folder gone",
    "sweep.gone": "{state}; its folder is gone",
    "sweep.state.banner.gone": "The folder of {name} is gone: its trials and p-value are counted as the sweep's own files know them.",
    "sweep.cell.broke": "broke a gate",
    "sweep.broke": "Gates",
    "sweep.broke.said": "broken, by {violation:.3g}: no set held all of them, so there is no value to compare",
    "sweep.colour.holdout": "Colour: {objective} on the holdout, which the search did not see",
    "sweep.colour.walk_forward": "Colour: {objective} out of sample, mean over the test spans of walk-forward",
    "sweep.colour.test": "Colour: {objective} on the test bars, which the search did not see",
    "sweep.colour.cross_validation": "Colour: {objective} out of sample, mean over the folds of cross-validation",
    "sweep.colour.none": "Colour, hatched: {objective} IN SAMPLE, the best of each search. Nothing is out of sample here",
    "sweep.kind.holdout": "Out of sample (holdout)",
    "sweep.kind.walk_forward": "Out of sample (walk-forward)",
    "sweep.kind.test": "Out of sample (test bars)",
    "sweep.kind.cross_validation": "Out of sample (cross-validation)",
    "sweep.key.deflated": (
        "The large number is the deflated Sharpe ratio: the probability that the best set is better than what so many tries show by luck; "
        "below 0.95 it may well be luck."
    ),
    "sweep.key.values": "Below it: the objective's value out of sample, and the best in sample, which every search can make look good.",
    "sweep.key.inside": "Hatched: no value out of sample, so no colour.",
    "sweep.key.all_inside": (
        "No combination has a value on bars that its search did not see (validation=holdout or another gives one), so these "
        "colours say what was found, not what will last."
    ),
    "sweep.key.marks": "Verdicts:",
    "sweep.key.arrows": "Arrow keys move between cells, Enter opens a report.",
    "sweep.in_sample": "{objective} in sample",
    "sweep.deflated": "Deflated Sharpe ratio",
    "sweep.p": "p against luck",
    "sweep.q": "p, adjusted for all",
    "sweep.trials": "Trials",
    "sweep.seconds": "Seconds",
    "sweep.error": "Error",
    # the pairs of one study
    "pairs.note": (
        "One study searched all pairs, and spent more trials on those that did well: their numbers of trials differ. "
        "No pair has been judged, nor seen out of sample; sweep.mode=study does both."
    ),
    # the ranking
    "ranking": "Ranking",
    "ranking.note": (
        "From the best to the worst in sample, objective by objective; those whose best set broke a gate are last. "
        "A click on a heading sorts."
    ),
    "ranking.p.note": (
        "p: against the best of histories without an edge; adjusted: for all combinations together (Benjamini and Hochberg 1995)."
    ),
    "ranking.name": "Combination",
    "ranking.in": "In sample",
    "ranking.out": "Out of sample",
    "ranking.deflated": "Deflated",
    "ranking.p": "p",
    "ranking.q": "p, adjusted",
    "ranking.objective": "Objective",
    # the summary
    "summary": "By timeframe and symbol",
    "nav.summary": "Summary",
    "summary.note": (
        "Of the best values in sample of the combinations that have each value, without those that broke a gate; "
        "{best} is the best of them. A mean over few is a rough one."
    ),
    "summary.by.ltf": "LTF",
    "summary.by.htf": "HTF",
    "summary.by.symbol": "Symbol",
    "summary.n": "Combinations",
    "summary.mean": "Mean",
    "summary.median": "Median",
    "summary.best": "Best",
    "summary.out": "Mean out of sample",
    # the curves
    "curves": "Equity of each best set",
    "nav.curves": "Equity",
    "curves.note": (
        "All over the same time and the same scale (logarithmic), from the capital: the best set in blue, buy and hold in grey; with "
        "several symbols each has its lines. Bars that the search did not see are shaded; what was made on them is behind `out`, the other "
        "numbers are of the bars before."
    ),
    "curves.left": "The first {n} of {all} in the ranking are here.",
    "curves.label": "{name}: the best set {set}, buy and hold {hold}",
    "curves.hold": "hold",
    "curves.out": "out",
    # the parameters
    "parameters": "Parameters of the best sets",
    "nav.parameters": "Parameters",
    "parameters.note": (
        "Each dot is the best set of a combination within the range that was searched. Apart: the mean difference of two combinations, "
        "as a part of the range, beside what random choices would show; far below it they agree, where chance alone "
        "would rarely bring so many so near; near it each search found something else."
    ),
    "parameters.range": "Searched, or how often",
    "parameters.values": "Where the best sets are",
    "parameters.apart": "Apart",
    "parameters.apart.said": "{apart} (by chance {chance})",
    "parameters.times": "{option} ({n})",
    "parameters.agree": "agree",
    "parameters.differ": "differ",
    "parameters.all": "Each combination's best set",
    "parameters.strategy": "{strategy}: {n} combinations",
    # what failed
    "failed": "Failed",
    "failed.note": "The others were not touched. Once the cause is gone, the same sweep goes on with the same studies; or one alone:",
    "failed.alone": "As a command of its own",
    "failed.reports": "Reports that could not be made",
    # the manifest
    "sweep.command": "Command",
    "sweep.launcher": "Launcher",
    "sweep.mode": "Studies",
    "sweep.mode.study": "one for each combination",
    "sweep.mode.joint": "one for all timeframe pairs of a combination",
    "sweep.workers": "Workers per combination",
    "sweep.started": "Started",
    "sweep.ended": "Ended",
    "sweep.files": "Tables",
    "sweep.files.text": (
        "results.csv, results.parquet, results_datasets.csv, results_timeframe_summary.csv, results_timeframe_rankings.csv, heatmap.png"
    ),
    "sweep.manifest.all": "Everything that sweep.json says",
}
