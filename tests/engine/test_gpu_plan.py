"""How many lanes and datasets a call to a GPU holds, and that sharing a call or a machine changes nothing."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from pinejax.engine.devices import (
    MOST_LANES,
    USABLE_RATE,
    Footprint,
    deal,
    devices_of,
    footprint_of,
    is_gpu,
    lane_bucket,
    memory_of,
    plan_calls,
)
from pinejax.engine.groups import advance_group, compiled_group, group_blocks, stacked
from pinejax.engine.loop import compiled
from pinejax.engine.on_gpu import plan_for
from pinejax.errors import ConfigError
from tests.engine.gpu import case, same_state

SMALL = Footprint(lane=300, dataset=1_000)
ROWS = 2_000_000


def test_a_small_batch_on_five_datasets_is_one_call() -> None:
    plan = plan_calls(SMALL, n_trials=1_000, n_datasets=5, rows_bytes=ROWS)
    assert (plan.lanes, plan.datasets, plan.calls) == (1_024, 5, 1)
    assert "1 x (5 datasets x 1,024 lanes)" in str(plan)


def test_a_large_batch_is_cut_into_the_largest_calls() -> None:
    plan = plan_calls(SMALL, n_trials=1_000_000, n_datasets=2, rows_bytes=ROWS)
    assert (plan.lanes, plan.datasets, plan.calls) == (MOST_LANES, 1, 8)


@pytest.mark.parametrize("memory", [10**7, 5 * 10**7, 10**9])
def test_a_call_fits_the_memory(memory: int) -> None:
    plan = plan_calls(SMALL, n_trials=200_000, n_datasets=3, rows_bytes=ROWS, memory=memory)
    assert SMALL.of_call(plan.lanes, plan.datasets, ROWS) == plan.bytes <= memory * USABLE_RATE
    assert plan.calls * plan.lanes * plan.datasets >= 200_000 * 3
    assert plan.lanes % 64 == 0


def test_more_memory_never_means_more_calls() -> None:
    calls = [plan_calls(SMALL, n_trials=70_000, n_datasets=4, rows_bytes=ROWS, memory=m * 10**6).calls for m in (5, 20, 80, 320, 1280)]
    assert calls == sorted(calls, reverse=True)


def test_no_device_is_left_idle() -> None:
    for n_devices in (1, 2, 4, 8):
        plan = plan_calls(SMALL, n_trials=8_192, n_datasets=4, rows_bytes=ROWS, n_devices=n_devices)
        assert plan.calls >= n_devices
        assert plan.calls * plan.lanes * plan.datasets == 8_192 * 4


def test_a_program_is_planned_by_its_own_state() -> None:
    c = case("ema_cross", 64)
    plan = plan_for(c.program, c.rows, devices_of("cpu"), 10_000)
    assert (plan.lanes, plan.datasets, plan.calls) == (10_240, 2, 1)
    assert plan.bytes == footprint_of(c.program).of_call(10_240, 2, c.rows[0].nbytes)


def test_a_memory_too_small_for_one_block_is_told() -> None:
    with pytest.raises(ConfigError, match=r"expected room for .* bytes"):
        plan_calls(SMALL, n_trials=10, n_datasets=1, rows_bytes=ROWS, memory=10**5)


def test_blocks_waste_little_and_are_few() -> None:
    sizes = {lane_bucket(n) for n in range(1, 5_000)}
    assert len(sizes) < 25
    assert all(n <= lane_bucket(n) <= 1.25 * n + 64 for n in range(1, 5_000))
    assert lane_bucket(1_024, below=True) == 896
    assert lane_bucket(64, below=True) == 64


def test_the_footprint_is_the_states() -> None:
    program = case("squeeze_momentum", 64).program
    found = footprint_of(program)
    total = sum(np.asarray(x).nbytes for x in jax.tree.leaves(program.initial()))
    params = 8 * (len(program.inputs) - len(program.static))
    assert (found.lane - params) * program.lanes + found.dataset == total


def test_work_is_dealt_in_turn_and_comes_back_in_order() -> None:
    assert deal(range(7), "abc", lambda item, device: f"{item}{device}") == ["0a", "1b", "2c", "3a", "4b", "5c", "6a"]


def test_without_a_gpu_one_cpu_is_used() -> None:
    assert [d.platform for d in devices_of("cpu")] == ["cpu"]
    assert memory_of(devices_of("cpu")[0]) is None or memory_of(devices_of("cpu")[0]) > 0  # type: ignore[operator]
    if not any(map(is_gpu, jax.devices())):
        with pytest.raises(ConfigError, match="found cpu"):
            devices_of("gpu")


@dataclass
class Lanes:
    """A block."""

    dataset: int
    lanes: int
    params: dict[str, np.ndarray]
    state: Any


@pytest.mark.slow
def test_blocks_that_share_a_call_get_what_each_gets_alone() -> None:
    c = case("braced", 64)
    shared = list(zip(c.rows, c.terms, c.windows, strict=True))
    blocks = [Lanes(d, 64, c.params, c.initial()) for d in (0, 1, 1)]
    run = compiled_group(c.program)
    for begin, end in ((0, 120), (120, 300)):
        for group in group_blocks(blocks, [300, 300], 2):
            advance_group(run, group, shared, begin, end, size=2)
    plain = compiled(c.program, False)
    for block in blocks:
        rows, terms, window = shared[block.dataset]
        alone = plain(c.initial(), rows, c.params, terms, window, np.int32(0), np.int32(300))
        assert same_state(block.state, alone)
        assert np.asarray(alone.account.stats.n_trades).sum() > 50


def test_datasets_of_different_lengths_share_no_call() -> None:
    blocks = [Lanes(d, 1, {}, None) for d in (0, 1, 2, 2)]
    assert [[b.dataset for b in g] for g in group_blocks(blocks, [700, 600, 700], 2)] == [[0, 2], [2], [1]]


def test_stacking_makes_a_leading_axis() -> None:
    found = stacked([{"a": np.ones(3)}, {"a": np.zeros(3)}])
    assert found["a"].shape == (2, 3)


_FOUR_DEVICES = """
import sys
import jax, numpy as np
from pinejax.engine import engine as E
from pinejax.engine.config import EngineConfig
from pinejax.engine.on_gpu import GpuRunner
from pinejax.engine.on_xla import XlaRunner
from tests.engine.busy import wave
from tests.engine.gpu import PROGRAMS, drawn
from pinejax.broker.config import BrokerConfig

# Devices share what was compiled for one of them.
jax.config.update("jax_compilation_cache_dir", sys.argv[1])
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
strategy, _ = PROGRAMS["ema_cross"]
feeds = [wave(n, seed) for seed, n in enumerate((600, 600, 500, 600))]
rng = np.random.default_rng(0)
sets = [strategy.complete(drawn(strategy, rng)) for _ in range(100)]
used = set()
E.may_be_native = lambda config, device: False

def engine(devices, **config):
    E.devices_of, E.is_gpu = (lambda name: devices), (lambda device: len(config) == 0)
    config_ = EngineConfig(n_threads=1, n_segments=3, **config).for_batch(100)
    made = E.Engine(strategy, feeds, BrokerConfig(size=0.1), strategy.inputs, config_)
    assert isinstance(made.runner, XlaRunner if config else GpuRunner)
    if not config:
        measured = made.runner.measured
        made.runner.measured = lambda state: used.update(d.id for d in state.account.status.devices()) or measured(state)
    made.warm_up()
    return made

def thin(segment, trials, metrics):
    return trials % 2 == 0 if segment == 0 else np.full(len(trials), True)

def figures(found):
    return [(dict(e.metrics), e.status, e.pruned_at) for e in found]

def agree(a, b, rtol):
    for (m, s, p), (n, t, q) in zip(figures(a), figures(b), strict=True):
        assert p == q and np.array_equal(s, t) and np.array_equal(m["n_trades"], n["n_trades"])
        assert all(np.allclose(m[k], n[k], rtol=rtol, atol=rtol, equal_nan=True) for k in m)

devices = jax.devices()
assert len(devices) == 4
plain, one, four = engine(devices[:1], backend="xla"), engine(devices[:1]), engine(devices)
assert (one.program.lanes, one.runner._sizes) == (128, [3, 3, 1, 3])
for keep in (None, thin):
    expected = plain.evaluate(sets, keep)
    assert sum(e.metrics["n_trades"].sum() for e in expected) > 1_000
    used.clear()
    alone = one.evaluate(sets, keep)
    assert used == {0}
    agree(alone, expected, 1e-9)
    used.clear()
    agree(four.evaluate(sets, keep), alone, 0)
    assert used == {0, 1, 2, 3}, used
E.is_gpu = lambda device: True
detail = one.detail(sets[0], 1)
assert detail.trades, detail.metrics
assert np.isclose(detail.metrics["net_profit"], expected[0].metrics["net_profit"][1])
print("same")
"""


@pytest.mark.slow
def test_an_engine_on_four_devices_gives_what_it_gives_on_one_and_what_xla_gives(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    environment = {"XLA_FLAGS": "--xla_force_host_platform_device_count=4", "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", _FOUR_DEVICES, str(tmp_path)],
        env={"PATH": "", **environment},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stdout.strip() == "same"
