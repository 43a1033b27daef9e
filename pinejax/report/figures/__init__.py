"""Figures of runs and sweeps, drawn by Matplotlib: one module each, from arrays to a Figure, without a window and without global state."""
