"""A name for what a traced function computes: equal names mean equal programs, whatever they were made from. Not a hash of source text."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import jax
import jax.extend.core as jex
import numpy as np
from jax.core import Tracer

from pinejax.native.blocks import CALLS

PLAIN = (type(None), bool, int, float, str, bytes, enum.Enum, np.dtype, type)


class Unknown(Exception):
    """Something whose text may not say all of it."""


def digest_of(closed: Any, *more: Any) -> str | None:
    """The digest of a closed jaxpr and of some plain values; None where something in them cannot be told apart for sure.

    Every operation with its parameters, operands, types and constants to the last bit, and the versions of whatever compiles it.
    """
    try:
        words = _Words()
        words.jaxpr(closed.jaxpr, closed.consts)
        return text_digest(*words.found, *(described(m) for m in more))
    except Unknown:
        return None


def text_digest(*words: str) -> str:
    """The digest of some texts and of this installation."""
    return hashlib.sha256("\n".join([*installation(), *words]).encode()).hexdigest()


@cache
def installation() -> tuple[str, ...]:
    """The package's own source, and the versions of those it compiles with."""
    root = Path(__file__).resolve().parent.parent
    own = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        own.update(str(file.relative_to(root)).encode())
        own.update(file.read_bytes())
    versions = [f"{d.name} {d.version}" for name in ("jax", "jaxlib", "numpy", "llvmlite") for d in metadata.distributions(name=name)]
    return own.hexdigest(), *versions


def described(value: Any) -> str:
    """A text that only equal values have. Errors: Unknown."""
    if isinstance(value, PLAIN):
        return f"{type(value).__qualname__}:{value!r}"
    if isinstance(value, (tuple, list, frozenset)):
        parts = [described(v) for v in value]
        return f"{type(value).__qualname__}({','.join(sorted(parts) if isinstance(value, frozenset) else parts)})"
    if isinstance(value, dict):
        return f"dict({','.join(sorted(f'{described(k)}={described(v)}' for k, v in value.items()))})"
    if isinstance(value, (np.ndarray, np.generic, jax.Array)) and not isinstance(value, Tracer):
        array = np.asarray(value)
        if array.dtype.hasobject:
            raise Unknown
        return f"{array.dtype}{array.shape}{hashlib.sha256(array.tobytes()).hexdigest() if array.size > 8 else array.tobytes().hex()}"
    fields = getattr(type(value), "__dataclass_fields__", None)
    if fields is not None:
        return f"{type(value).__qualname__}({','.join(f'{name}={described(getattr(value, name))}' for name in fields)})"
    raise Unknown


class _Words:
    """The text of a jaxpr, its values numbered in the order of their making. A jaxpr that is met again is named by its number."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._values: dict[Any, int] = {}
        self._jaxprs: dict[int, int] = {}
        self._held: list[Any] = []

    def jaxpr(self, jaxpr: Any, consts: Sequence[Any] = ()) -> None:
        """Append an open jaxpr and the values of its constants."""
        known = self._jaxprs.get(id(jaxpr))
        self.found.append(f"jaxpr {len(self._jaxprs) if known is None else known} {described(list(consts))}")
        if known is not None:
            return
        self._jaxprs[id(jaxpr)] = len(self._jaxprs)
        self._held.append(jaxpr)
        self.found.append(" ".join(map(self._made, [*jaxpr.constvars, *jaxpr.invars])))
        for eqn in jaxpr.eqns:
            name, params = eqn.primitive.name, eqn.params
            read = " ".join(map(self._read, eqn.invars))
            if name in CALLS:  # of a call only its function counts, and a name that is looked for
                inner = params.get("jaxpr") or params.get("call_jaxpr")
                self.found.append(f"{name} {params.get('name')} {read}")
                self.jaxpr(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()))
            else:
                self.found.append(f"{name} {read}")
                for key in sorted(params):
                    self._param(key, params[key])
            self.found.append(" ".join(map(self._made, eqn.outvars)))
        self.found.append("out " + " ".join(map(self._read, jaxpr.outvars)))

    def _param(self, key: str, value: Any) -> None:
        if isinstance(value, jex.ClosedJaxpr):
            self.found.append(key)
            self.jaxpr(value.jaxpr, value.consts)
        elif isinstance(value, jex.Jaxpr):
            self.found.append(key)
            self.jaxpr(value)
        elif isinstance(value, (tuple, list)) and any(isinstance(v, (jex.ClosedJaxpr, jex.Jaxpr)) for v in value):
            for i, v in enumerate(value):
                self._param(f"{key}.{i}", v)
        else:
            self.found.append(f"{key}={described(value)}")

    def _made(self, var: Any) -> str:
        number = self._values[var] = len(self._values)
        aval = var.aval
        return f"%{number}:{aval.dtype}{aval.shape}"

    def _read(self, atom: Any) -> str:
        if isinstance(atom, jex.Literal):
            return f"{described(atom.val)}:{atom.aval.dtype}{atom.aval.shape}"  # type: ignore[attr-defined]
        return f"%{self._values[atom]}"
