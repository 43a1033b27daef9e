"""`engine.memory_limit`: what it says, what it leaves, and that rounds of blocks change nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pinejax.engine.blocks import make_blocks
from pinejax.engine.config import EngineConfig
from pinejax.engine.engine import Engine
from pinejax.engine.memory import STATE_COPIES, Cut, Need, available_bytes, bytes_of, cut_batch, in_words
from pinejax.errors import ConfigError
from tests.engine.test_lanes import Trials, all_same

NEED = Need(lane=1_000, bars=50_000)
UNIT = 8


def limit_of(lanes: int) -> int:
    """Just enough for so many lanes."""
    return NEED.bars + STATE_COPIES * NEED.lane * lanes


def cut(limit: int | None, **changes: Any) -> Cut:
    """Of 100 trials on 3 datasets with 2 threads."""
    return cut_batch(NEED, limit, **{"n_trials": 100, "n_datasets": 3, "unit": UNIT, "n_threads": 2, "pruned": False, **changes})


@pytest.mark.parametrize(
    ("text", "n"),
    [("4GB", 4 * 10**9), ("1.5 GiB", 3 * 2**29), ("800mb", 8 * 10**8), ("20k", 20_000), (7, 7), ("2000000000", 2 * 10**9)],
)
def test_a_limit_is_bytes_or_text(text: int | str, n: int) -> None:
    assert bytes_of(text) == n
    assert EngineConfig(memory_limit=text).memory_limit == text


@pytest.mark.parametrize("text", ["", "much", "-1GB", 0, "0GB", "4 GB of it"])
def test_a_limit_that_is_none_is_refused(text: int | str) -> None:
    with pytest.raises(ConfigError, match=r"engine\.memory_limit: expected bytes such as 4GB"):
        EngineConfig(memory_limit=text)


@pytest.mark.parametrize("n", [999, 50_000, 1_250_000, 16_000_000_000, 3 * 10**12])
def test_bytes_in_words_can_be_typed(n: int) -> None:
    assert bytes_of(in_words(n)) == pytest.approx(n, rel=0.006)


def test_without_a_limit_a_dataset_is_one_block() -> None:
    assert cut(None) == Cut(lanes=104, n_threads=2)
    assert cut(10**9) == Cut(lanes=104, n_threads=2)


@pytest.mark.parametrize("lanes", [8, 15, 16, 40, 100, 1_000])
def test_what_runs_at_once_fits(lanes: int) -> None:
    found = cut(limit_of(lanes))
    assert found.lanes % UNIT == 0
    assert UNIT <= found.lanes * found.n_threads <= max(lanes, UNIT)


def test_threads_are_given_up_before_the_smallest_block() -> None:
    assert cut(limit_of(8)) == Cut(lanes=8, n_threads=1)
    assert cut(limit_of(16)) == Cut(lanes=8, n_threads=2)


def test_a_limit_below_one_unit_is_refused_with_what_is_needed() -> None:
    with pytest.raises(ConfigError, match=r"for 8 lanes do not fit in .*Set engine\.memory_limit=\S+ kB or more") as caught:
        cut(limit_of(7))
    asked = re.search(r"=(\S+ kB) or more", str(caught.value))
    assert asked is not None
    cut(bytes_of(asked[1]))


def test_a_pruner_needs_all_lanes_and_is_told_the_batch_that_fits() -> None:
    assert cut(limit_of(3 * 104), pruned=True).lanes >= UNIT
    with pytest.raises(ConfigError, match=r"100 trials x 3 datasets.*search\.batch_size=96 or less"):
        cut(limit_of(3 * 104 - 1), pruned=True)
    assert cut(limit_of(3 * 104 - 1), pruned=True, n_trials=96)
    with pytest.raises(ConfigError, match="Choose fewer datasets"):
        cut(limit_of(16), pruned=True)


def write(root: Path, files: dict[str, str]) -> Path:
    """Files below a folder."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


MACHINE = {"proc/meminfo": "MemTotal: 9000 kB\nMemAvailable:    8000 kB\n"}


def test_the_machine_and_its_groups_say_what_is_free(tmp_path: Path) -> None:
    assert available_bytes(write(tmp_path / "none", {})) is None
    assert available_bytes(write(tmp_path / "free", MACHINE)) == 8_192_000
    second = {
        "proc/self/cgroup": "0::/job\n", "sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/job/memory.max": "5000000\n",
        "sys/fs/cgroup/job/memory.current": "3000000\n", "sys/fs/cgroup/job/memory.stat": "anon 1\ninactive_file 500000\n",
    }  # fmt: skip
    assert available_bytes(write(tmp_path / "second", MACHINE | second)) == 2_500_000
    first = {
        "proc/self/cgroup": "3:cpu:/x\n4:memory:/y\n0::/\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "4000000\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": "1000000\n",
    }  # fmt: skip
    assert available_bytes(write(tmp_path / "first", MACHINE | first)) == 3_000_000


def limited(original: Engine, limit: int | str, **changes: Any) -> Engine:
    """The same engine with a limit."""
    config = replace(original.config, memory_limit=limit, **changes)
    return Engine(original.strategy, original.feeds, original.broker, original.inputs, config)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["native", "xla"])
def test_rounds_change_nothing_and_are_told(engine: Callable[..., Engine], trials: Trials, backend: str) -> None:
    whole = engine(backend=backend)
    whole.warm_up()
    need, unit = whole._need, whole.runner.unit
    small = limited(whole, need.bars + STATE_COPIES * need.lane * unit)
    assert all_same(small.evaluate(trials), whole.evaluate(trials))
    n = -(-len(trials) // unit) * 2
    assert small.plan.startswith(f"engine: {n * unit} lanes in {n} blocks of {unit}, ")
    assert in_words(need.bars) in small.plan


def test_a_state_lives_no_longer_than_its_block_runs(
    engine: Callable[..., Engine], trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = engine()
    small.warm_up()
    alive, most = 0, 0
    initial, finish = small.runner.initial, small._finish

    def born(lanes: int) -> Any:
        nonlocal alive, most
        alive += lanes
        most = max(most, alive)
        return initial(lanes)

    def died(found: Any, spans: Any, last: bool, block: Any) -> None:
        nonlocal alive
        finish(found, spans, last, block)
        assert block.state is None
        alive -= block.lanes

    monkeypatch.setattr(small.runner, "initial", born)
    monkeypatch.setattr(small, "_finish", died)
    monkeypatch.setattr(small, "_limit", small._need.bars + STATE_COPIES * small._need.lane * 24)
    small.evaluate(trials)
    assert (alive, most) == (0, 24)


def test_a_pruner_within_the_limit_is_served_and_beyond_it_refused(engine: Callable[..., Engine], trials: Trials) -> None:
    whole = engine()
    whole.warm_up()
    keep = lambda segment, running, metrics: np.arange(len(running)) % 2 == 0  # noqa: E731
    small = limited(whole, whole._need.bars + STATE_COPIES * whole._need.lane * 2 * 40)
    assert all_same(small.evaluate(trials[:40], keep), whole.evaluate(trials[:40], keep))
    with pytest.raises(ConfigError, match=r"41 trials x 2 datasets.*search\.batch_size=40 or less"):
        small.evaluate(trials[:41], keep)


def test_a_limit_below_the_bars_is_refused(engine: Callable[..., Engine], trials: Trials) -> None:
    with pytest.raises(ConfigError, match=r"engine\.memory_limit: .* of bars and .* do not fit in 1 kB"):
        limited(engine(), 1_000).evaluate(trials[:1])


@pytest.mark.parametrize("n_threads", [1, 2, 3, 4, 16])
@pytest.mark.parametrize("n_datasets", [1, 2, 5, 8])
def test_every_trial_has_one_lane_on_every_dataset(engine: Callable[..., Engine], trials: Trials, n_threads: int, n_datasets: int) -> None:
    some = engine()
    some.warm_up()
    blocks = make_blocks(some.program, some.runner, trials[:100], n_datasets, Cut(104, n_threads))
    lanes = sorted((b.dataset, int(t)) for b in blocks for t in b.trials)
    assert lanes == [(d, t) for d in range(n_datasets) for t in range(100)]
    assert all(b.lanes % some.runner.unit == 0 and len(b.params["fast"]) == b.lanes for b in blocks)
    assert all(trials[t]["fast"] == b.params["fast"][i] for b in blocks for i, t in enumerate(b.trials))


def test_datasets_left_over_are_divided_among_the_threads(engine: Callable[..., Engine], trials: Trials) -> None:
    some = engine()
    some.warm_up()
    blocks = make_blocks(some.program, some.runner, trials[:16], 5, Cut(16, 2))
    assert [b.lanes for b in blocks] == [16, 16, 16, 16, 8, 8]
