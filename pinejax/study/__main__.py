"""`python -m pinejax.study`: hands over to `pinejax.study.cli`, nothing else."""

from __future__ import annotations

from pinejax.study.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
