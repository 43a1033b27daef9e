"""Searches and judgements on some of the bars: folds, walk-forward, the holdout. How bars are cut is `pinejax.selection`."""
