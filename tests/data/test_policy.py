"""data.policy: a run on odd bars says so, or refuses"""

from __future__ import annotations

from pathlib import Path

import pytest

from pinejax.config import from_mapping
from pinejax.data.ingest import import_files
from pinejax.errors import ConfigError, DataError
from pinejax.job.session import prepare


@pytest.fixture
def root(tmp_path: Path, csv_file, make_bars) -> Path:
    import_files(tmp_path / "store", [csv_file("X_5m.csv", make_bars(600, skip=[300, 301]))])
    return tmp_path / "store"


def notes(root: Path, **data) -> list[str]:
    tree = {"strategy": {"name": "ema_cross"}, "timeframe": "5m", "symbol": "X", "data": {"root": str(root), **data}}
    return prepare(from_mapping(tree)).notes


def test_a_run_says_what_is_odd_about_its_bars(root: Path) -> None:
    assert notes(root) == ["WARNING: X 5m: gaps: 1, bars missing: 2, never filled; the longest: 2 from 2024-01-02 01:00 UTC on"]


def test_only_the_bars_of_the_run_count(root: Path) -> None:
    assert notes(root, policy="strict", end="2024-01-02") == []


def test_a_strict_run_refuses_until_the_kind_is_accepted(root: Path) -> None:
    with pytest.raises(DataError, match=r"data\.policy=strict: X 5m: gaps: 1, .* run with data\.policy=warn"):
        notes(root, policy="strict")
    (root / "symbols.yaml").write_text("instruments:\n  X:\n    accept: [gaps]\n")
    assert notes(root, policy="strict") == []


def test_another_policy_is_refused(root: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.policy: expected strict or warn, got 'lax'"):
        notes(root, policy="lax")
