"""Memory and calls: packing, groups, segments, chunks, threads, and machine code kept on disk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from pinejax.core.gate import any_lane, where_asked
from pinejax.native.errors import NotLowered
from pinejax.native.packing import aligned, put, take
from pinejax.native.program import Piece, lay_out
from pinejax.native.values import kind_of
from tests.native.harness import PADDING, TERMS, WINDOW, Case, assert_same, check, lanes_of

Values = dict[str, Any]


def busy_step(s: Values, row: Any, p: Values) -> Values:
    """Something of everything: lanes, gates, big arrays, shared values, bools, whole numbers."""
    ladder = lax.dynamic_update_index_in_dim(s["ladder"], row[2], p["t"] % 40, 0)
    x, b = where_asked(
        any_lane(s["x"] > 3), lambda q: (q[0] * 0.5, lax.dynamic_update_index_in_dim(q[1], q[0], p["t"] % 40, 0)), (s["x"], s["b"])
    )
    x = x + p["p"] * row[0] + ladder[3]
    return {"x": x, "b": b, "ladder": ladder, "on": s["on"] ^ (x > 0), "n": s["n"] + 1, "total": s["total"] + row[1], "deep": s["deep"]}


def busy(groups: int, width: int = 8, bars: int = 12) -> Case:
    """A case of so many groups."""
    n = groups * width
    state = {
        "x": lanes_of(width, groups), "b": lanes_of(width, groups, 40, seed=1), "ladder": np.arange(40.0), "on": np.arange(n) % 3 == 0,
        "n": np.arange(n, dtype=np.int32), "total": np.float64(0), "deep": lanes_of(width, groups, 2, 3, seed=2),
    }  # fmt: skip
    rows = np.random.default_rng(bars).normal(size=(bars, 3))
    return Case(busy_step, state, ("ladder", "total"), {"p": np.linspace(-1, 1, n)}, rows, width)


@pytest.mark.parametrize("width", [8, 16])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.int64, bool])
def test_what_is_packed_comes_back(dtype: Any, width: int) -> None:
    rng, n_groups = np.random.default_rng(0), 3
    shapes = [
        ((width,), 0),
        ((3, width), 1),
        ((40, width), 1),
        ((width, 3), 0),
        ((2, width, 5), 1),
        ((4, width, 1), 1),
        ((width, width), 0),
    ]
    shapes += [((width, width), 1), ((), -1), ((5,), -1), ((width,), -1), ((3, width), -1), ((40,), -1), ((0, width), 1)]
    pieces, _, n_bytes = lay_out([kind_of(shape, np.dtype(dtype), width) for shape, _ in shapes], width)
    memory = aligned(n_groups, n_bytes)
    assert memory.ctypes.data % 64 == 0 and n_bytes % 64 == 0
    leaves = []
    for (shape, axis), piece in zip(shapes, pieces, strict=True):
        whole = tuple(n * n_groups if i == axis else n for i, n in enumerate(shape))
        values = rng.normal(size=whole) * 9
        leaves.append(np.asarray(values > 0 if dtype is bool else values, dtype))
        put(memory, leaves[-1], piece, axis, width)
    for leaf, (_, axis), piece in zip(leaves, shapes, pieces, strict=True):
        got = take(memory, piece, axis, width)
        assert got.dtype == leaf.dtype
        np.testing.assert_array_equal(got, leaf)


def test_pieces_do_not_overlap() -> None:
    kinds = [kind_of(s, np.dtype(d), 8) for s in [(8,), (), (40, 8), (3,), (40,), (17, 8)] for d in (np.float64, bool)]
    pieces, first_big, end = lay_out(kinds, 8)

    def end_of(piece: Piece) -> int:
        lanes = 1 if piece.kind.axis is None else 8
        bits = 1 if piece.kind.dtype == bool and lanes == 8 else 8 * piece.kind.dtype.itemsize
        return piece.offset + piece.kind.size * lanes * bits // 8

    ordered = sorted(pieces, key=lambda p: p.offset)
    assert all(end_of(a) <= b.offset for a, b in pairwise(ordered)) and end_of(ordered[-1]) <= end
    assert all((p.offset >= first_big) == p.kind.big and p.offset % 64 == 0 for p in pieces)


@pytest.mark.parametrize("width", [8, 16])
def test_many_groups_in_one_call_equal_one_by_one_bit_for_bit(width: int) -> None:
    case = busy(5, width)
    program = case.compile()
    together = case.native(program)
    check(case)
    for i in range(5):
        state, params = case.group(i)
        alone = Case(case.step, state, case.shared, params, case.rows, width).native(program)
        mine = slice(i * width, (i + 1) * width)
        expected = {k: v if k in case.shared else v[..., mine] for k, v in together.items()}
        assert_same(alone, expected, rtol=0)


def test_one_group_repeated_is_many_equal_groups() -> None:
    case = busy(1)
    program = case.compile()
    packed = program.repeated(program.pack(dict(case.state)), 3)
    params = {"p": np.tile(case.parameters["p"], 3)}
    program.run(packed, params, case.table, program.common_numbers(TERMS, WINDOW), 0, len(case.table) - PADDING)
    once, found = case.native(program), program.unpack(packed)
    for name in case.names:
        np.testing.assert_array_equal(found[name], once[name] if name in case.shared else np.concatenate([once[name]] * 3, axis=-1))


def test_only_wanted_leaves_are_unpacked() -> None:
    case = busy(2)
    program = case.compile()
    found = program.unpack(program.pack(dict(case.state)), lambda path: path == "['x']")
    np.testing.assert_array_equal(found["x"], case.state["x"])
    assert found["b"] is None and found["ladder"] is None


@pytest.mark.parametrize("cuts", [(1,), (5,), (3, 3, 4), (11,), (0, 12)])
def test_segments_equal_the_whole(cuts: tuple[int, ...]) -> None:
    case = busy(2)
    program = case.compile()
    assert_same(case.native(program, cuts), case.native(program), rtol=0)


def test_more_bars_than_a_chunk() -> None:
    case = busy(2, bars=1)
    program = case.compile()
    chunk = program.layout.chunk
    for bars in (chunk - 1, chunk, chunk + 1, 2 * chunk + 3):
        case = busy(2, bars=bars)
        assert_same(case.native(program), case.plain(), rtol=1e-9)
    assert_same(case.native(program, (7, chunk + 8)), case.native(program), rtol=0)


def test_two_threads_at_once() -> None:
    cases = [busy(4, bars=700 + i) for i in range(8)]
    program = cases[0].compile()
    alone = [c.native(program) for c in cases]
    with ThreadPoolExecutor(2) as pool:
        for one, other in zip(pool.map(lambda c: c.native(program), cases), alone, strict=True):
            assert_same(one, other, rtol=0)


def test_common_numbers_of_every_type() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        terms, window = p["terms"], p["window"]
        x = s["x"] * terms["size"] + terms["first"] + jnp.where(terms["open"], 0.25, 8.0)
        return {"x": x + window["rate"], "left": s["left"] + (p["t"] + 1 < window["stop"])}

    check(Case(step, {"x": lanes_of(8, 2), "left": np.zeros((), np.int32)}, ("left",)))


def test_lanes_may_lie_on_any_axis() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        return {"x": s["x"] + s["wide"][:, 1], "wide": s["wide"] * row[0], "tall": s["tall"] + s["wide"][:, :2].T[..., None]}

    state = {"x": lanes_of(8, 2), "wide": lanes_of(8, 2, 3).T.copy(), "tall": lanes_of(8, 2, 2)[..., None].copy()}
    try:
        check(Case(step, state, axes={"wide": 0, "tall": 1}))
    except NotLowered:
        pytest.skip("refused")


def test_single_numbers_of_32_bits() -> None:
    def step(s: Values, row: Any, p: Values) -> Values:
        where = jnp.abs(s["x"]).astype(jnp.int32)
        x = s["x"] * 0.5 + row[0] + s["ladder"].at[where].get(mode="clip")
        ladder = lax.dynamic_update_index_in_dim(s["ladder"], row[1], p["t"] % 40, 0)
        return {"x": x, "b": jnp.where(s["b"] > 0, s["b"] + x, s["b"]), "ladder": ladder}

    state = {"x": lanes_of(16, 2), "b": lanes_of(16, 2, 40), "ladder": np.arange(40.0)}
    rows = np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32)
    narrow = {k: np.asarray(v, np.float32) for k, v in state.items()}
    check(Case(step, narrow, ("ladder",), {"p": np.ones(32, np.float32)}, rows, 16), rtol=1e-5)


# Machine code on disk


def test_second_compilation_comes_from_the_disk(tmp_path: Path) -> None:
    case = busy(2)
    first, second = case.compile(tmp_path), case.compile(tmp_path)
    assert (first.from_disk, second.from_disk) == (False, True)
    assert len(list(tmp_path.iterdir())) == 1
    assert_same(case.native(first), case.native(second), rtol=0)
    assert not busy(2, 16).compile(tmp_path).from_disk


@pytest.mark.parametrize("damage", ["empty", "half", "other", "bit"])
def test_damaged_code_on_disk_is_compiled_again(tmp_path: Path, damage: str) -> None:
    case = busy(1)
    case.compile(tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    file.write_bytes({"empty": b"", "half": whole[: len(whole) // 2], "other": b"x" * 4000, "bit": bytes(flipped)}[damage])
    again = case.compile(tmp_path)
    assert not again.from_disk
    assert file.read_bytes() == whole and case.compile(tmp_path).from_disk
    assert_same(case.native(again), case.plain())


def test_a_folder_that_cannot_be_written_only_costs_the_next_compilation(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("no folder")
    assert not busy(1).compile(file / "cache").from_disk
