"""Core types that every layer may import: timeframes, instruments, feeds, inputs, statuses. No Polars, no Optuna."""
