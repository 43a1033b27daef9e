"""A jaxpr made plain: calls inlined, loops of at most one round as ifs, dead values gone. What `lower` works on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax.extend.core as jex
import numpy as np

from pinejax.native.errors import NotLowered

CALLS = {"jit", "pjit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "remote_call", "checkpoint"}
SAME = {"copy", "copy_p", "optimization_barrier", "stop_gradient", "reduce_precision"}


@dataclass(eq=False)
class Var:
    """One value of one execution of its block."""

    shape: tuple[int, ...]
    dtype: np.dtype


@dataclass(eq=False)
class Const:
    """A value known when compiling."""

    value: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        """As a NumPy array's."""
        return self.value.shape

    @property
    def dtype(self) -> np.dtype:
        """As a NumPy array's."""
        return self.value.dtype


Atom = Var | Const


@dataclass(eq=False)
class Block:
    """Straight-line code. It may use the values of the blocks around it."""

    ins: list[Var]
    eqns: list[Eqn] = field(default_factory=list)
    outs: list[Atom] = field(default_factory=list)


@dataclass(eq=False)
class Eqn:
    """outs = op(ins).

    if: ins = (condition, *before), blocks = (then,) without inputs of its own, outs = what `then` makes, or `before`.
    while: ins = before, blocks = (goes_on, round). scan: ins = (*before, *columns), blocks = (round,).
    """

    op: str
    ins: list[Atom]
    outs: list[Var]
    params: dict[str, Any] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()


def plain_block(closed: Any, width: int) -> Block:
    """The block of a closed jaxpr for so many lanes, its dead code removed."""
    ins = [_new(v) for v in closed.jaxpr.invars]
    block = Block(ins)
    block.outs = _inline(block, closed.jaxpr, closed.consts, ins)
    drop_dead(block)
    _mark_spreads(block, width)
    return block


def _mark_spreads(block: Block, width: int) -> None:
    """Give a number's broadcast over the lanes an operation of its own: `pinejax.native.split` leaves it to the lanes."""
    for eqn in block.eqns:
        if eqn.op == "broadcast_in_dim" and not eqn.ins[0].shape and eqn.outs[0].shape[-1:] == (width,):
            eqn.op = "spread"
        for inner in eqn.blocks:
            _mark_spreads(inner, width)


def _new(v: Any) -> Var:
    return Var(tuple(v.aval.shape), np.dtype(v.aval.dtype))


def _inline(block: Block, jaxpr: Any, consts: Sequence[Any], args: Sequence[Atom]) -> list[Atom]:
    """Append a jaxpr's equations, its inputs being `args`; its outputs."""
    env: dict[Any, Atom] = dict(zip(jaxpr.invars, args, strict=True))
    env.update({v: Const(np.asarray(c)) for v, c in zip(jaxpr.constvars, consts, strict=True)})

    def read(atom: Any) -> Atom:
        if isinstance(atom, jex.Literal):
            return Const(np.asarray(atom.val, dtype=atom.aval.dtype))  # type: ignore[attr-defined]
        return env[atom]

    for eqn in jaxpr.eqns:
        ins, name, params = [read(a) for a in eqn.invars], eqn.primitive.name, eqn.params
        if name in CALLS and params.get("name") != "any_lane":
            inner = params.get("jaxpr") or params.get("call_jaxpr")
            outs = _inline(block, inner.jaxpr, inner.consts, ins) if hasattr(inner, "jaxpr") else _inline(block, inner, (), ins)
            env.update(zip(eqn.outvars, outs, strict=True))
        elif name in SAME:
            env.update(zip(eqn.outvars, ins, strict=True))
        else:
            outs = [_new(v) for v in eqn.outvars]
            known = _folded(name, ins, params, outs)
            if known is not None:
                outs = [known]
            elif name in CALLS:
                block.eqns.append(Eqn("any_lane", ins, outs))
            elif name == "while":
                outs = _while(block, params, ins, outs)
            elif name == "scan":
                _scan(block, params, ins, outs)
            elif name == "cond":
                _cond(block, params, ins, outs)
            else:
                block.eqns.append(Eqn(name, ins, outs, params))
            env.update(zip(eqn.outvars, outs, strict=True))
    return [read(v) for v in jaxpr.outvars]


def _folded(name: str, ins: Sequence[Atom], params: dict[str, Any], outs: Sequence[Var]) -> Const | None:
    """The result where everything is known: else each constant would count as a value that the lanes share and read from memory."""
    if name not in FOLDS or not all(isinstance(a, Const) for a in ins):
        return None
    out = outs[0]
    if out.shape and out.shape != ins[0].shape:
        return None
    with np.errstate(all="ignore"):
        value = FOLDS[name](*(a.value for a in ins))  # type: ignore[union-attr]
    return Const(np.asarray(value).reshape(out.shape).astype(out.dtype))


FOLDS: dict[str, Callable[..., Any]] = {
    "convert_element_type": lambda x: x,
    "broadcast_in_dim": lambda x: x,
    "squeeze": lambda x: x,
    "not": np.invert,
    "neg": np.negative,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
}


def _closed(jaxpr: Any, ins: Sequence[Var], args: Sequence[Atom]) -> Block:
    block = Block(list(ins))
    block.outs = _inline(block, jaxpr.jaxpr, jaxpr.consts, args)
    return block


def _while(block: Block, params: dict[str, Any], ins: list[Atom], outs: list[Var]) -> list[Atom]:
    """A while equation, as an if where it goes on at most once (`pinejax.core.gate.where_asked`); its outputs."""
    n_cond, n_body = params["cond_nconsts"], params["body_nconsts"]
    carried = ins[n_cond + n_body :]
    new = lambda: [Var(tuple(a.shape), np.dtype(a.dtype)) for a in carried]  # noqa: E731
    cond_ins, body_ins = new(), new()
    cond = _closed(params["cond_jaxpr"], cond_ins, [*ins[:n_cond], *cond_ins])
    body = _closed(params["body_jaxpr"], body_ins, [*ins[n_cond : n_cond + n_body], *body_ins])
    asked = cond.outs[0]
    if not cond.eqns and isinstance(asked, Var) and asked in cond_ins:
        k = cond_ins.index(asked)
        last = body.outs[k]
        if isinstance(last, Const) and not last.value:
            then = Block([], body.eqns, [a for i, a in enumerate(body.outs) if i != k])
            replace(then, dict(zip(body_ins, carried, strict=True)) | {body_ins[k]: Const(np.asarray(True))})
            rest = [v for i, v in enumerate(outs) if i != k]
            block.eqns.append(Eqn("if", [carried[k], *(a for i, a in enumerate(carried) if i != k)], rest, {}, (then,)))
            return [Const(np.asarray(False)) if i == k else v for i, v in enumerate(outs)]
    block.eqns.append(Eqn("while", carried, outs, {}, (cond, body)))
    return list(outs)


def _cond(block: Block, params: dict[str, Any], ins: list[Atom], outs: list[Var]) -> None:
    """A condition with two sides, as an if for each."""
    if len(params["branches"]) != 2:
        raise NotLowered("a switch of more than two")
    no, yes = (_closed(b, [], ins[1:]) for b in params["branches"])
    flag = lambda op, right: Eqn(op, [ins[0], Const(np.zeros((), ins[0].dtype))], [right])  # noqa: E731
    is_yes, is_no = Var((), np.dtype(bool)), Var((), np.dtype(bool))
    before = [Const(np.zeros(v.shape, v.dtype)) for v in outs]
    between = [Var(v.shape, v.dtype) for v in outs]
    first = Eqn("if", [is_no, *before], between, {}, (no,))
    block.eqns += [flag("ne", is_yes), flag("eq", is_no), first, Eqn("if", [is_yes, *between], outs, {}, (yes,))]


def _scan(block: Block, params: dict[str, Any], ins: list[Atom], outs: list[Var]) -> None:
    n_consts, n_carry = params["num_consts"], params["num_carry"]
    if params["reverse"]:
        raise NotLowered("a reversed scan")
    jaxpr = params["jaxpr"]
    inner = [_new(v) for v in jaxpr.jaxpr.invars[n_consts:]]
    body = _closed(jaxpr, inner, [*ins[:n_consts], *inner])
    block.eqns.append(Eqn("scan", ins[n_consts:], outs, {"length": params["length"], "n_carry": n_carry}, (body,)))


def replace(block: Block, new: dict[Var, Atom]) -> None:
    """Put other atoms for some variables, in nested blocks too."""
    swap = lambda atoms: [new.get(a, a) if isinstance(a, Var) else a for a in atoms]  # noqa: E731
    for eqn in block.eqns:
        eqn.ins = swap(eqn.ins)
        for inner in eqn.blocks:
            replace(inner, new)
    block.outs = swap(block.outs)


def free_vars(block: Block) -> set[Var]:
    """What a block reads of the blocks around it."""
    used = _vars(block.outs)
    own = set(block.ins)
    for eqn in block.eqns:
        used |= uses(eqn)
        own |= set(eqn.outs)
    return used - own


def uses(eqn: Eqn) -> set[Var]:
    """What an equation reads, its blocks included."""
    return _vars(eqn.ins).union(*(free_vars(b) for b in eqn.blocks))


def _vars(atoms: Iterable[Atom]) -> set[Var]:
    return {a for a in atoms if isinstance(a, Var)}


def drop_dead(block: Block) -> None:
    """Remove what nothing reads: equations, and what ifs and loops carry in vain."""
    needed, kept = _vars(block.outs), []
    for eqn in reversed(block.eqns):
        if not any(v in needed for v in eqn.outs) and eqn.op != "export":
            continue
        if eqn.op == "if":
            _keep_outputs(eqn, [v in needed for v in eqn.outs])
        elif eqn.op == "while":
            _keep_carried(eqn, needed)
        for inner in eqn.blocks:
            drop_dead(inner)
        needed |= uses(eqn)
        kept.append(eqn)
    block.eqns = kept[::-1]


def _keep_outputs(eqn: Eqn, keep: list[bool]) -> None:
    (then,) = eqn.blocks
    pick = lambda xs: [x for x, k in zip(xs, keep, strict=True) if k]  # noqa: E731
    eqn.blocks = (Block([], then.eqns, pick(then.outs)),)
    eqn.ins, eqn.outs = [eqn.ins[0], *pick(eqn.ins[1:])], pick(eqn.outs)


def _keep_carried(eqn: Eqn, needed: set[Var]) -> None:
    goes_on, body = eqn.blocks
    keep = [v in needed or i in free_or_own(goes_on) for v, i in zip(eqn.outs, goes_on.ins, strict=True)]
    while True:
        trial = Block(body.ins, list(body.eqns), [o for o, k in zip(body.outs, keep, strict=True) if k])
        read = _reads(trial)
        more = [k or v in read for k, v in zip(keep, body.ins, strict=True)]
        if more == keep:
            break
        keep = more
    pick = lambda xs: [x for x, k in zip(xs, keep, strict=True) if k]  # noqa: E731
    eqn.ins, eqn.outs = pick(eqn.ins), pick(eqn.outs)
    eqn.blocks = (Block(pick(goes_on.ins), goes_on.eqns, goes_on.outs), Block(pick(body.ins), body.eqns, pick(body.outs)))


def free_or_own(block: Block) -> set[Var]:
    """Every variable that a block's code mentions."""
    return _vars(block.outs).union(*(uses(e) for e in block.eqns))


def _reads(block: Block) -> set[Var]:
    """Of a block's inputs and surroundings what its outputs need."""
    needed = _vars(block.outs)
    for eqn in reversed(block.eqns):
        if any(v in needed for v in eqn.outs):
            needed |= uses(eqn)
    return needed
