"""pinejax: search the parameters of Pine-style strategies with TradingView's fills. A strategy's author needs these names."""

from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG, SHORT

__version__ = "0.1.0"

__all__ = ["LONG", "SHORT", "Strategy", "__version__", "input"]
