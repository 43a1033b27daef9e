"""`python -m pinejax.report`: hands over to `pinejax.report.cli`, nothing else."""

from __future__ import annotations

from pinejax.report.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
