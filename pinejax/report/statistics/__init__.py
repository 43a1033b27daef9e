"""What the page and the figures compute of a run in the same way: importances, a surface, monthly returns, bins. No pictures."""
