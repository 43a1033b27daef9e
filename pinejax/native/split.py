"""A loop over bars in two: what all lanes share, done once per bar, and what each lane does, which reads the other's results.

Indicators of prices alone (the ladders of `pinejax.ta.window`), clocks, sessions and most of the higher timeframes are shared. Without
the split every group of lanes would do them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pinejax.native.blocks import Atom, Block, Const, Eqn, Var, drop_dead, free_vars, replace, uses


@dataclass(frozen=True)
class Halves:
    """Two versions of one program, each ending in a loop. exports: what the shared one leaves per bar for the other, in that order.

    kept: which of the program's outputs the shared one makes; the lanes' one makes the others.
    """

    shared: Block
    lanes: Block
    exports: list[Var]
    kept: list[bool]


def split(block: Block, shared_ins: set[Var]) -> Halves:
    """Split a program whose last equation is its loop; the loop's first carried value counts the bars.

    shared_ins: inputs that are the same for all lanes.
    """
    loop = block.eqns[-1]
    prologue = block.eqns[:-1]
    outside = set(shared_ins)
    for eqn in prologue:
        if _is_known(eqn, outside):
            outside.update(eqn.outs)
    goes_on, body = loop.blocks
    carried = _shared_carries(loop, outside)
    known = outside | {v for v, s in zip(body.ins, carried, strict=True) if s}
    shared_eqns, lane_eqns = _divide(body.eqns, known)
    pick = lambda xs, want: [x for x, s in zip(xs, carried, strict=True) if s == want]  # noqa: E731

    # Both halves count the bars; of the rest the lanes read what the shared half left.
    twice = [s and _counts(goes_on, i) for i, s in enumerate(carried)]
    mine = [not s or t for s, t in zip(carried, twice, strict=True)]
    of_lanes = lambda xs: [x for x, m in zip(xs, mine, strict=True) if m]  # noqa: E731
    lane_outs = of_lanes(body.outs)
    counting = [e for e in shared_eqns if _makes(e, _needed(shared_eqns, [o for o, t in zip(body.outs, twice, strict=True) if t]))]
    again = {v for e in counting for v in e.outs} | {v for v, t in zip(body.ins, twice, strict=True) if t}
    here = {v for e in shared_eqns for v in e.outs} | set(pick(body.ins, True))
    needed = free_vars(Block([], lane_eqns, lane_outs)) & here - again
    exports = [v for v in [*body.ins, *(v for e in shared_eqns for v in e.outs)] if v in needed]

    counter = body.ins[0]
    begin = loop.ins[0]
    leave = Eqn("export", [counter, begin, *exports], [], {})
    shared_body = Block(pick(body.ins, True), [*shared_eqns, leave], pick(body.outs, True))
    shared_loop = Eqn(
        "while", pick(loop.ins, True), pick(loop.outs, True), {}, (Block(pick(goes_on.ins, True), goes_on.eqns, goes_on.outs), shared_body)
    )
    of_shared = outside | set(shared_loop.outs)
    kept = [isinstance(o, Const) or o in of_shared for o in block.outs]
    known_prologue = [e for e in prologue if _is_known(e, outside)]
    shared = Block(block.ins, [*known_prologue, shared_loop], [o for o, k in zip(block.outs, kept, strict=True) if k])

    copies = {v: Var(v.shape, v.dtype) for v in exports}
    fetch = Eqn("import", [counter, begin], list(copies.values()), {})
    lane_body = Block(of_lanes(body.ins), [*map(copied, counting), fetch, *lane_eqns], lane_outs)
    replace(Block([], lane_eqns), dict(copies))
    lane_body.outs = [copies.get(o, o) if isinstance(o, Var) else o for o in lane_body.outs]
    lane_loop = Eqn(
        "while", of_lanes(loop.ins), of_lanes(loop.outs), {}, (Block(of_lanes(goes_on.ins), goes_on.eqns, goes_on.outs), lane_body)
    )
    lanes = Block(block.ins, [*map(copied, prologue), lane_loop], [o for o, k in zip(block.outs, kept, strict=True) if not k])
    drop_dead(lanes)
    return Halves(shared, lanes, exports, kept)


def copied(eqn: Eqn) -> Eqn:
    """The same equation of the same values as an object of its own: what is dead in one half may live in the other."""
    blocks = tuple(Block(list(b.ins), [copied(e) for e in b.eqns], list(b.outs)) for b in eqn.blocks)
    return Eqn(eqn.op, list(eqn.ins), list(eqn.outs), eqn.params, blocks)


def _counts(goes_on: Block, i: int) -> bool:
    """Whether the loop's condition reads the i-th carried value, or it is the counter."""
    return i == 0 or goes_on.ins[i] in free_vars(Block([], goes_on.eqns, goes_on.outs))


def _shared_carries(loop: Eqn, outside: set[Var]) -> list[bool]:
    """Which carried values are the same for all lanes on every bar: those that begin so and are made of nothing else."""
    _, body = loop.blocks
    shared = [isinstance(a, Const) or a in outside for a in loop.ins]
    while True:
        known = outside | {v for v, s in zip(body.ins, shared, strict=True) if s}
        for eqn in body.eqns:
            _note(eqn, known)
        still = [s and (isinstance(o, Const) or o in known) for s, o in zip(shared, body.outs, strict=True)]
        if still == shared:
            return shared
        shared = still


def _is_known(eqn: Eqn, known: set[Var]) -> bool:
    """Whether the shared half can run an equation, and had better: a number spread over the lanes is cheaper to make than to pass."""
    return eqn.op != "spread" and uses(eqn) <= known


def _note(eqn: Eqn, known: set[Var]) -> None:
    """Add what an equation makes of shared values alone; of an if that concerns both, its shared outputs."""
    if _is_known(eqn, known):
        known.update(eqn.outs)
        return
    if eqn.op != "if" or not _all_known(eqn.ins[:1], known):
        return
    (then,) = eqn.blocks
    for inner in then.eqns:
        _note(inner, known)
    for out, before, after in zip(eqn.outs, eqn.ins[1:], then.outs, strict=True):
        if _all_known([before, after], known):
            known.add(out)


def _all_known(atoms: Sequence[Atom], known: set[Var]) -> bool:
    return all(isinstance(a, Const) or a in known for a in atoms)


def _divide(eqns: Sequence[Eqn], known: set[Var]) -> tuple[list[Eqn], list[Eqn]]:
    """The shared equations and the lanes'; an if that concerns both becomes one of each. Adds to the known values."""
    shared, lanes = [], []
    for eqn in eqns:
        if _is_known(eqn, known):
            known.update(eqn.outs)
            shared.append(eqn)
        elif eqn.op == "if" and _all_known(eqn.ins[:1], known):
            first, second = _divide_if(eqn, known)
            shared += [first] if first.outs else []
            lanes += [second] if second.outs else []
        else:
            lanes.append(eqn)
    return shared, lanes


def _divide_if(eqn: Eqn, known: set[Var]) -> tuple[Eqn, Eqn]:
    """What the lanes' half reads of the shared half's inside comes out of it as further outputs."""
    (then,) = eqn.blocks
    shared, lanes = _divide(then.eqns, known)
    common = [_all_known([b, a], known) for b, a in zip(eqn.ins[1:], then.outs, strict=True)]
    pick = lambda xs, want: [x for x, c in zip(xs, common, strict=True) if c == want]  # noqa: E731
    lane_outs = pick(then.outs, False)
    made = [v for e in shared for v in e.outs]
    needed = free_vars(Block([], lanes, lane_outs))
    passed = {v: Var(v.shape, v.dtype) for v in made if v in needed}
    nothing = [Const(np.zeros(v.shape, v.dtype)) for v in passed]
    outs = [*pick(eqn.outs, True), *passed.values()]
    first = Eqn("if", [eqn.ins[0], *pick(eqn.ins[1:], True), *nothing], outs, {}, (Block([], shared, [*pick(then.outs, True), *passed]),))
    inner = Block([], lanes, lane_outs)
    replace(inner, dict(passed))
    second = Eqn("if", [eqn.ins[0], *pick(eqn.ins[1:], False)], pick(eqn.outs, False), {}, (inner,))
    known.update(outs)
    return first, second


def _needed(eqns: Sequence[Eqn], outs: Sequence[Atom]) -> set[Var]:
    """What some outputs are made of, transitively."""
    needed = {o for o in outs if isinstance(o, Var)}
    for eqn in reversed(eqns):
        if _makes(eqn, needed):
            needed |= uses(eqn)
    return needed


def _makes(eqn: Eqn, needed: set[Var]) -> bool:
    return any(v in needed for v in eqn.outs)
