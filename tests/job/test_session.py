"""pinejax.job.session"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from small_run import MINE

from pinejax.config import from_mapping
from pinejax.errors import DataError
from pinejax.job.session import prepare


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A configuration that names no symbols: all that are stored."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MINE)
    return {"strategy": "mine.py:Mine", "timeframe": "1h@4h"}


def test_a_root_without_bars_is_named_with_what_to_do(tree: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "csvs").mkdir()
    with pytest.raises(DataError, match=r"^data\.root: expected .*, got csvs, which has none\. Import some: .* --root csvs$"):
        prepare(from_mapping({**tree, "data": {"root": "csvs"}}))


def test_an_empty_root_is_refused(tree: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"^data\.root: expected .*, got an empty text"):
        prepare(from_mapping({**tree, "data": {"root": ""}}))
