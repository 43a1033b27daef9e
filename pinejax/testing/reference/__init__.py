"""The slow reference: one strategy, one dataset, plain numbers, every rule spelled out. The fast engine is checked against it.

Independent of `pinejax.engine`, `pinejax.ta` and the traced broker on purpose: agreement then means something.
"""

from pinejax.testing.reference.broker import Broker
from pinejax.testing.reference.context import ReferenceResult, run
from pinejax.testing.reference.feeds import make_feed
from pinejax.testing.reference.fills import Fill, ScalarBar

__all__ = ["Broker", "Fill", "ReferenceResult", "ScalarBar", "make_feed", "run"]
