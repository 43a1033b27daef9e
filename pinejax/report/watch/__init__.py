"""Searches looked on while they run, on any storage: `tally` counts, `text` and `screen` show, `loop` looks again and again."""
