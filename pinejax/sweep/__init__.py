"""A sweep: the combinations of what was typed with commas, launched, recorded, compared. One search is `pinejax.run`'s business."""

from pinejax.sweep.run import run_sweep

__all__ = ["run_sweep"]
