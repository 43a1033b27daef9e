"""Figures that matplotlib draws, each without a window and without its global state. Nothing else imports matplotlib."""
