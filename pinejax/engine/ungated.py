"""A traced function without its gates: what a gate would skip is computed and not chosen. For GPUs.

With very many lanes some lane asks on nearly every bar, and a loop in XLA's GPU code waits for the host on every round, also where it
makes none. The walk along a bar's path stays a loop: how many fills it needs is known to nobody before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.extend import core

from pinejax.engine.loop import compiled
from pinejax.engine.program import Program, State
from pinejax.engine.rowwise import is_gate


def compiled_ungated(program: Program) -> Callable[..., State]:
    """The segment runner of `compiled`, without gates."""
    return jax.jit(ungated(compiled(program, False)), donate_argnums=0)


def ungated(f: Callable[..., Any]) -> Callable[..., Any]:
    """`f`, each `pinejax.core.gate.where_asked` of it computed on every round, each `any_lane` as one reduction."""

    def run(*args: Any) -> Any:
        closed, shapes = jax.make_jaxpr(f, return_shape=True)(*args)
        found = _run(closed.jaxpr, closed.consts, jax.tree.leaves(args))
        return jax.tree.unflatten(jax.tree.structure(shapes), found)

    return run


def _run(jaxpr: core.Jaxpr, consts: Sequence[Any], args: Sequence[Any]) -> list[Any]:
    values: dict[Any, Any] = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*consts, *args], strict=True))
    read = lambda v: v.val if isinstance(v, core.Literal) else values[v]  # noqa: E731
    for eqn in jaxpr.eqns:
        found = _apply(eqn, [read(v) for v in eqn.invars])
        values.update(zip(eqn.outvars, found, strict=True))
    return [read(v) for v in jaxpr.outvars]


def _apply(eqn: Any, args: list[Any]) -> Sequence[Any]:
    params = eqn.params
    match eqn.primitive.name:
        case "jit" if params["name"] == "any_lane":
            return [jnp.any(args[0])]
        case "jit":
            return _run(params["jaxpr"].jaxpr, params["jaxpr"].consts, args)
        case "while":
            return _loop(params, args)
        case "scan":
            return _scan(params, args)
        case "cond":
            sides = [lambda *a, b=b: _run(b.jaxpr, b.consts, a) for b in params["branches"]]
            return lax.switch(args[0], sides, *args[1:])
    found = eqn.primitive.bind(*args, **params)
    return found if eqn.primitive.multiple_results else [found]


def _loop(params: Any, args: list[Any]) -> Sequence[Any]:
    n, m = params["cond_nconsts"], params["body_nconsts"]
    asks, does = params["cond_jaxpr"], params["body_jaxpr"]
    test, body, first = args[:n], args[n : n + m], args[n + m :]
    once = lambda carried: _run(does.jaxpr, does.consts, [*body, *carried])  # noqa: E731
    if is_gate(asks.jaxpr, does.jaxpr, n, m):
        return [jnp.where(first[0], new, old) for new, old in zip(once(first), first, strict=True)]
    return lax.while_loop(lambda carried: _run(asks.jaxpr, asks.consts, [*test, *carried])[0], once, first)


def _scan(params: Any, args: list[Any]) -> Sequence[Any]:
    n, m, body = params["num_consts"], params["num_carry"], params["jaxpr"]

    def once(carried: list, xs: list) -> tuple[list, list]:
        out = _run(body.jaxpr, body.consts, [*args[:n], *carried, *xs])
        return out[:m], out[m:]

    carried, ys = lax.scan(
        once, args[n : n + m], args[n + m :], length=params["length"], reverse=params["reverse"], unroll=params["unroll"]
    )
    return [*carried, *ys]
