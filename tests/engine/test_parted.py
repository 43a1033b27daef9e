"""Parts of histories as datasets: each is a history of its own, and a pruner's steps are the parts in order of time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pinejax.core.window import Window
from pinejax.engine.parted import PartedEngine
from tests.engine.busy import N_BARS, wave

SPANS = ((0, 0, 230), (190, 230, 470), (430, 470, N_BARS))


def windows() -> list[list[Window]]:
    """Of three parts, for two datasets."""
    return [[Window(*map(np.int32, span))] * 2 for span in SPANS]


def values(found: Any) -> np.ndarray:
    """[metrics, datasets]"""
    return np.array([found.metrics[name] for name in found.metrics])


@pytest.fixture
def parts(engine: Any) -> PartedEngine:
    return PartedEngine(engine(), windows())


def test_a_part_is_a_window_of_its_dataset(parts: PartedEngine, trials: list[dict[str, Any]]) -> None:
    assert parts.datasets[:4] == (*(f"WAVE1 1h@4h part {i} of 3" for i in (1, 2, 3)), "WAVE2 1h@4h part 1 of 3")
    found = parts.evaluate(trials[:5])
    for p, part in enumerate(windows()):
        alone = parts.whole.on(windows=part).evaluate(trials[:5])
        for a, b in zip(found, alone, strict=True):
            np.testing.assert_array_equal(values(a)[:, p::3], values(b))


def test_part_by_part_gives_what_all_at_once_does_and_stops_where_told(parts: PartedEngine, trials: list[dict[str, Any]]) -> None:
    together, seen = parts.evaluate(trials[:8]), []

    def keep(step: int, running: np.ndarray, metrics: Any) -> np.ndarray:
        seen.append((step, running.tolist(), metrics["sharpe"].shape))
        return running % 4 != step

    found = parts.evaluate(trials[:8], keep)
    assert seen == [(0, list(range(8)), (8, 2)), (1, [1, 2, 3, 5, 6, 7], (6, 4))]
    assert [e.pruned_at for e in found] == [0, 1, None, None] * 2
    for a, b in zip(found, together, strict=True):
        n = 3 if a.pruned_at is None else a.pruned_at + 1
        run = np.isin(np.arange(6) % 3, np.arange(n))
        np.testing.assert_array_equal(values(a)[:, run], values(b)[:, run])
        assert np.isnan(values(a)[:, ~run]).all()


def test_nothing_is_left_where_all_are_dropped(parts: PartedEngine, trials: list[dict[str, Any]]) -> None:
    found = parts.evaluate(trials[:3], lambda step, running, metrics: np.zeros(len(running), bool))
    assert [e.pruned_at for e in found] == [0, 0, 0]


def test_details_are_of_parts_and_of_the_whole(parts: PartedEngine, trials: list[dict[str, Any]]) -> None:
    (found,) = parts.evaluate(trials[3:4])
    detail = parts.detail(trials[3], 4)
    assert len(detail.equity) == 470 - 190
    np.testing.assert_array_equal([detail.metrics[name] for name in found.metrics], values(found)[:, 4])
    assert len(parts.detail_of_whole(trials[3], 1).equity) == N_BARS


def test_the_same_parts_of_other_histories(parts: PartedEngine, trials: list[dict[str, Any]]) -> None:
    others = [wave(N_BARS, 5), wave(N_BARS, 6)]
    found = parts.on(others)
    assert found.datasets[3] == "WAVE6 1h@4h part 1 of 3"
    alone = parts.whole.on(others, windows()[2]).evaluate(trials[:2])
    np.testing.assert_array_equal(values(found.evaluate(trials[:2])[1])[:, 2::3], values(alone[1]))
