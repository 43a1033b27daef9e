"""The null search: what the same search finds in histories without an edge."""
