"""What a backtest is judged by: names, directions, and how they follow from the reductions in the engine's carry."""

from pinejax.metrics.catalogue import METRICS, Metric

__all__ = ["METRICS", "Metric"]
