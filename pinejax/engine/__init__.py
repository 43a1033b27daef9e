"""Backtests of many parameter sets at once: blocks of lanes, one compiled program, metrics in the carry. No search, no files."""
