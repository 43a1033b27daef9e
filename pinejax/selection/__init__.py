"""Honest selection: which bars a search may look at, and whether its best result differs from luck. No search, no engine."""

from pinejax.selection.splits import Fold, Span, combinatorial, holdout, purged_kfold, walk_forward

__all__ = ["Fold", "Span", "combinatorial", "holdout", "purged_kfold", "walk_forward"]
