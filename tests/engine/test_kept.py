"""Programs kept on disk: found again by what they compute, never for another program, and a broken file is no harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pinejax.core.inputs import Strategy, input
from pinejax.core.orders import LONG
from pinejax.engine import on_native
from pinejax.engine.digest import described, digest_of
from pinejax.engine.engine import Engine
from pinejax.engine.on_native import NativeRunner, recording_digest
from pinejax.native.machine import is_available
from tests.engine.busy import BROKER

native = pytest.mark.skipif(not is_available(), reason="llvmlite is not installed")
X = jax.ShapeDtypeStruct((8,), np.float64)
TABLE = np.arange(100.0)


def cross(length: int = 20, comment: str = "in", when: Callable[[Any], Any] = lambda bar: bar.close) -> type[Strategy]:
    """A strategy of its own class each time: what it does is what counts."""

    class Cross(Strategy):
        fast = input.int(9, low=3, high=40)

        def on_bar(self, ctx: Any) -> None:
            fast, slow = ctx.ta.ema(when(ctx.bar), self.fast), ctx.ta.ema(ctx.bar.close, length)
            ctx.broker.entry("L", LONG, ctx.ta.crossover(fast, slow), comment=comment)
            ctx.broker.close("L", ctx.ta.crossunder(fast, slow))

    return Cross


@pytest.fixture
def runner(engine: Callable[..., Engine], tmp_path: Path) -> Callable[..., NativeRunner]:
    feeds = engine().feeds

    def make(strategy: type[Strategy], broker: Any = BROKER) -> NativeRunner:
        job = Engine(strategy, feeds, broker, strategy.inputs).runner._job  # type: ignore[attr-defined]
        return NativeRunner(job, tmp_path)

    return make


def test_equal_functions_have_one_digest_and_others_another():
    functions = [
        lambda x: x * 2.0 + 1.0,
        lambda x: x * 2.0 + 1.0000000000000002,
        lambda x: 1.0 + x * 2.0,
        lambda x: x * 2.0 + jnp.arange(8),
        lambda x: x * 2.0 + TABLE[:8],
        lambda x: x * 2.0 + TABLE[1:9],
        lambda x: jnp.where(jnp.any(x > 0), x * 2.0, x + 1.0),
        lambda x: jax.lax.fori_loop(0, 3, lambda i, s: s * 2.0, x),
        lambda x: jax.lax.fori_loop(0, 3, lambda i, s: s * 3.0, x),
        lambda x: jax.lax.fori_loop(0, 3, lambda i, s: s * TABLE[:8], x),
        lambda x: jax.lax.fori_loop(0, 3, lambda i, s: s * TABLE[2:10], x),
    ]
    with jax.enable_x64(True):
        first, second = ([digest_of(jax.make_jaxpr(lambda x, f=f: f(x))(X)) for f in functions] for _ in range(2))
        assert None not in first and first == second and len(set(first)) == len(functions)
        assert digest_of(jax.make_jaxpr(functions[0])(X), 1) != digest_of(jax.make_jaxpr(functions[0])(X), 2)


def test_values_that_differ_are_described_differently():
    values = [0.0, -0.0, 0, False, "0", None, (0,), [0], np.zeros(1), np.zeros(1, np.int64), np.zeros((1, 1)), {"a": 0}, {"b": 0}]
    values += [np.arange(1000.0), np.arange(1000.0) + 1e-12]
    assert len({described(v) for v in values}) == len(values)


def test_what_cannot_be_described_has_no_digest():
    closed = jax.make_jaxpr(lambda x: x)(X)
    assert digest_of(closed, object()) is None
    assert digest_of(closed, lambda: 0) is None


@native
def test_a_known_program_is_neither_lowered_nor_is_its_recording_traced(runner: Any, monkeypatch: pytest.MonkeyPatch):
    def run(r: NativeRunner) -> list[np.ndarray]:
        r.prepare(0)
        found = []
        for rows in (0, 64):
            state = r._job.program.initial(rows, rows)
            after = r.whole(r.advance(r.hold(state), on_native.default_params(r._job.program), 0, 0, 64))
            found += [np.asarray(x) for x in jax.tree.leaves(after)]
        return found

    expected = run(runner(cross()))
    traces: list[Any] = []
    monkeypatch.setattr(on_native, "lowered", None)
    monkeypatch.setattr(on_native, "traced", lambda *args, f=on_native.traced: traces.append(args) or f(*args))
    again = runner(cross())
    for x, y in zip(run(again), expected, strict=True):
        np.testing.assert_array_equal(x, y)
    assert len(traces) == 1 and again.n_compiled == 0


@native
def test_recordings_of_different_orders_are_told_apart(runner: Any):
    def digest(strategy: type[Strategy], broker: Any = BROKER, rows: int = 8) -> str | None:
        r = runner(strategy, broker)
        r.prepare(0)
        state = r._job.program.initial(rows, rows)
        return recording_digest(r._digest, r._job, state, r._axes(state))

    cases = [
        (cross(), BROKER),
        (cross(21), BROKER),
        (cross(comment="other"), BROKER),
        (cross(when=lambda bar: bar.open), BROKER),
        (cross(when=lambda bar: bar.close * 1.0000000001), BROKER),
        (cross(), replace(BROKER, commission=BROKER.commission, pyramiding=BROKER.pyramiding + 1)),
    ]
    digests = [digest(*case) for case in cases] + [digest(cross(), rows=16)]
    assert None not in digests and len(set(digests)) == len(digests)
    assert digest(cross()) == digests[0]


@native
def test_a_broken_file_is_written_anew(runner: Any, tmp_path: Path):
    runner(cross()).prepare(0)
    (file,) = tmp_path.glob("*.program")
    good = file.read_bytes()
    file.write_bytes(good[:100])
    runner(cross()).prepare(0)
    assert file.read_bytes() == good
