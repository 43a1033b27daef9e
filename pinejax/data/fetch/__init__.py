"""Bars from exchanges: Binance's archive and REST interface, and what ccxt knows. It ends in parts that `ingest` checks and merges."""
