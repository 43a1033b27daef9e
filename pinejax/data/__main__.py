"""`python -m pinejax.data`: hands over to `pinejax.data.cli`, nothing else."""

from __future__ import annotations

from pinejax.data.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
