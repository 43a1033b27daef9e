"""TradingView's list of trades beside ours, and its performance summary. Files in, verdicts out: no engine, no search."""

from pinejax.tradingview.compare import Asked, Verdict, compare, place_export
from pinejax.tradingview.export import Export, ExportedTrade, read_export
from pinejax.tradingview.place import Placed, PlacedTrade, place
from pinejax.tradingview.start import Run

__all__ = [
    "Asked", "Export", "ExportedTrade", "Placed", "PlacedTrade", "Run", "Verdict", "compare", "place", "place_export", "read_export",
]  # fmt: skip
