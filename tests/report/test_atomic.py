from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from pinejax.report.atomic import write_atomically, write_json


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "best.json"
    write_json(path, {"a": 1})

    def fail(beside: Path) -> None:
        beside.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, fail)
    assert json.loads(path.read_text()) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_json_holds_plain_values_only(tmp_path: Path):
    path = tmp_path / "x.json"
    write_json(
        path, {"nan": math.nan, "inf": np.float64(np.inf), "n": np.int64(3), "xs": np.array([1.5, np.nan]), 4: (True, None, Path("p"))}
    )
    assert json.loads(path.read_text()) == {"nan": None, "inf": None, "n": 3, "xs": [1.5, None], "4": [True, None, "p"]}
