"""The metrics of a batch: blocks write apart from each other, a trial's row reads as a mapping and stays as it was."""

from __future__ import annotations

import numpy as np

from pinejax.engine.blocks import Block
from pinejax.engine.found import Found
from pinejax.metrics import METRICS


def block(dataset: int, trials: list[int], lanes: int) -> Block:
    """Without parameters or state."""
    return Block(dataset, np.array(trials), lanes, {})


def figures(first: float, lanes: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """first, first + 1, ... for every metric, its number in the catalogue times 100 added; status likewise."""
    steps = first + np.arange(lanes)
    return {name: steps + 100.0 * i for i, name in enumerate(METRICS)}, steps.astype(np.int32)


def test_blocks_write_their_trials_and_unused_lanes_go_nowhere() -> None:
    found = Found(3, 2)
    found.put(block(0, [2, 0], 4), *figures(10.0, 4))
    found.put(block(1, [1], 4), *figures(20.0, 4))
    metrics = found.of(np.array([0, 1, 2]))
    assert list(metrics) == list(METRICS)
    np.testing.assert_array_equal(metrics["net_profit"], [[11.0, np.nan], [np.nan, 20.0], [10.0, np.nan]])
    np.testing.assert_array_equal(found.of(np.array([1]))["open_profit"], [[np.nan, 120.0]])


def test_a_row_is_a_mapping_that_later_segments_leave_alone() -> None:
    found = Found(2, 1)
    found.put(block(0, [0, 1], 8), *figures(1.0, 8))
    row, status = found.row(1)
    found.put(block(0, [0, 1], 8), *figures(50.0, 8))
    assert set(row) == set(METRICS) and len(row) == len(METRICS)
    assert row["net_profit"].tolist() == [2.0] and status.tolist() == [2]
    assert {name: values.tolist() for name, values in row.items()}["open_profit"] == [102.0]
    assert "no_such" not in row and row.get("no_such") is None
