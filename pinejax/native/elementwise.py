"""What each element-wise operation of a jaxpr is in LLVM, for a number and for a vector of lanes alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pinejax.native.errors import NotLowered
from pinejax.native.text import Function, literal, scalar_type


class Spot:
    """Where an operation is written: its function, the operands' and the result's types, the vector width (0: a number)."""

    def __init__(self, fn: Function, dtypes: list[np.dtype], out: np.dtype, width: int, params: dict[str, Any]):
        self.fn, self.dtypes, self.out, self.width, self.params = fn, dtypes, out, width, params

    def type(self, dtype: Any) -> str:
        """The LLVM type of an operand of that type."""
        kind = scalar_type(np.dtype(dtype))
        return f"<{self.width} x {kind}>" if self.width else kind

    def const(self, value: float, dtype: Any) -> str:
        """A constant operand."""
        text = literal(value, np.dtype(dtype))
        return f"splat ({scalar_type(np.dtype(dtype))} {text})" if self.width else text

    def call(self, name: str, *args: str, dtype: Any = None) -> str:
        """An overloaded intrinsic of one type."""
        dtype = np.dtype(self.dtypes[0] if dtype is None else dtype)
        suffix = {"float64": "f64", "float32": "f32", "int32": "i32", "int64": "i64", "bool": "i1"}[dtype.name]
        if self.width:
            suffix = f"v{self.width}{suffix}"
        kind = self.type(dtype)
        return self.fn.call(f"llvm.{name}.{suffix}", kind, [(kind, a) for a in args])

    @property
    def floating(self) -> bool:
        """Whether the first operand is a float."""
        return self.dtypes[-1].kind == "f"


def is_known_number(operand: str) -> bool:
    """Whether an operand is a constant other than NaN."""
    return not operand.startswith("%") and "0x7FF8" not in operand


def _binary(floats: str, ints: str) -> Callable[..., str]:
    def rule(s: Spot, a: str, b: str) -> str:
        return s.fn.op(f"{floats if s.floating else ints} {s.type(s.dtypes[0])} {a}, {b}")

    return rule


def _compare(floats: str, ints: str) -> Callable[..., str]:
    def rule(s: Spot, a: str, b: str) -> str:
        kind = s.type(s.dtypes[0])
        if s.floating:
            return s.fn.op(f"fcmp {floats} {kind} {a}, {b}")
        # True is -1 to a signed comparison of bits.
        return s.fn.op(f"icmp {ints.replace('s', 'u', 1) if s.dtypes[0].kind == 'b' else ints} {kind} {a}, {b}")

    return rule


def _extreme(floats: str, ints: str, bools: str) -> Callable[..., str]:
    def rule(s: Spot, a: str, b: str) -> str:
        kind, mask = s.type(s.dtypes[0]), s.type(bool)
        if s.dtypes[0].kind == "b":
            return s.fn.op(f"{bools} {kind} {a}, {b}")
        if not s.floating:
            return s.call(ints, a, b)
        if is_known_number(b):
            a, b = b, a
        # NaN where one is: a comparison with NaN is false and leaves b, which is where the NaN is unless it is in a.
        first = s.fn.op(f"fcmp {floats} {kind} {a}, {b}")
        if not is_known_number(a):
            nan = s.fn.op(f"fcmp uno {kind} {a}, {a}")
            first = s.fn.op(f"or {mask} {first}, {nan}")
        return s.fn.op(f"select {mask} {first}, {kind} {a}, {kind} {b}")

    return rule


def _select(s: Spot, which: str, *cases: str) -> str:
    kind = s.type(s.out)
    if s.dtypes[0].kind != "b":
        raise NotLowered("a choice among more than two")
    return s.fn.op(f"select {s.type(bool)} {which}, {kind} {cases[1]}, {kind} {cases[0]}")


def _whole_division(op: str, by_zero: Callable[[Spot, str], str]) -> Callable[..., str]:
    """As XLA: no trap where the divisor is 0, or where the smallest number is divided by -1."""

    def rule(s: Spot, a: str, b: str) -> str:
        if s.floating:
            return s.fn.op(f"{'fdiv' if op == 'sdiv' else 'frem'} {s.type(s.dtypes[0])} {a}, {b}")
        kind, mask = s.type(s.dtypes[0]), s.type(bool)
        zero = s.fn.op(f"icmp eq {kind} {b}, {s.const(0, s.dtypes[0])}")
        minus = s.fn.op(f"icmp eq {kind} {b}, {s.const(-1, s.dtypes[0])}")
        bad = s.fn.op(f"or {mask} {zero}, {minus}")
        safe = s.fn.op(f"select {mask} {bad}, {kind} {s.const(1, s.dtypes[0])}, {kind} {b}")
        out = s.fn.op(f"{op} {kind} {a}, {safe}")
        if op == "sdiv":
            negative = s.fn.op(f"sub {kind} {s.const(0, s.dtypes[0])}, {a}")
            out = s.fn.op(f"select {mask} {minus}, {kind} {negative}, {kind} {out}")
        return s.fn.op(f"select {mask} {zero}, {kind} {by_zero(s, a)}, {kind} {out}")

    return rule


def _convert(s: Spot, a: str) -> str:
    old, new = s.dtypes[0], s.out
    was, to = s.type(old), s.type(new)
    if old == new:
        return a
    if new.kind == "b":
        zero = s.const(0, old)
        return s.fn.op(f"fcmp une {was} {a}, {zero}" if old.kind == "f" else f"icmp ne {was} {a}, {zero}")
    if old.kind == "b":
        if new.kind == "f":
            return s.fn.op(f"select {was} {a}, {to} {s.const(1, new)}, {to} {s.const(0, new)}")
        return s.fn.op(f"zext {was} {a} to {to}")
    if old.kind == "f" and new.kind == "f":
        return s.fn.op(f"{'fpext' if new.itemsize > old.itemsize else 'fptrunc'} {was} {a} to {to}")
    if old.kind == "f":
        names = {"float64": "f64", "float32": "f32", "int32": "i32", "int64": "i64"}
        prefix = f"v{s.width}" if s.width else ""
        return s.fn.call(f"llvm.fptosi.sat.{prefix}{names[new.name]}.{prefix}{names[old.name]}", to, [(was, a)])
    if new.kind == "f":
        return s.fn.op(f"sitofp {was} {a} to {to}")
    if old.itemsize == new.itemsize:
        return a
    return s.fn.op(f"{'sext' if new.itemsize > old.itemsize else 'trunc'} {was} {a} to {to}")


def _sign(s: Spot, a: str) -> str:
    dtype, kind, mask = s.dtypes[0], s.type(s.dtypes[0]), s.type(bool)
    zero, one, minus = (s.const(v, dtype) for v in (0, 1, -1))
    up = s.fn.op(f"fcmp ogt {kind} {a}, {zero}" if s.floating else f"icmp sgt {kind} {a}, {zero}")
    down = s.fn.op(f"fcmp olt {kind} {a}, {zero}" if s.floating else f"icmp slt {kind} {a}, {zero}")
    rest = s.fn.op(f"select {mask} {down}, {kind} {minus}, {kind} {a}")  # NaN and zeros stay what they are
    return s.fn.op(f"select {mask} {up}, {kind} {one}, {kind} {rest}")


def _unary(name: str) -> Callable[..., str]:
    return lambda s, a: s.call(name, a)


def _library(name: str) -> Callable[..., str]:
    """A function of the C library, called lane by lane. Sources: its manual."""

    def rule(s: Spot, *args: str) -> str:
        one = scalar_type(s.out)
        symbol = name if s.out == np.float64 else name + "f"
        if not s.width:
            return s.fn.call(symbol, one, [(one, a) for a in args])
        kind, out = s.type(s.out), "poison"
        for lane in range(s.width):
            picked = [s.fn.op(f"extractelement {kind} {a}, i32 {lane}") for a in args]
            done = s.fn.call(symbol, one, [(one, p) for p in picked])
            out = s.fn.op(f"insertelement {kind} {out}, {one} {done}, i32 {lane}")
        return out

    return rule


def _power(s: Spot, a: str, b: str) -> str:
    if s.dtypes[1].kind != "f":
        b = s.fn.op(f"sitofp {s.type(s.dtypes[1])} {b} to {s.type(s.out)}")
    return _library("pow")(s, a, b)


def _integer_pow(s: Spot, a: str) -> str:
    n, kind = s.params["y"], s.type(s.dtypes[0])
    times = "fmul" if s.floating else "mul"
    out, square = "", a
    for bit in bin(abs(n))[:1:-1]:
        if bit == "1":
            out = s.fn.op(f"{times} {kind} {out}, {square}") if out else square
        square = s.fn.op(f"{times} {kind} {square}, {square}")
    out = out or s.const(1, s.dtypes[0])
    return s.fn.op(f"fdiv {kind} {s.const(1, s.dtypes[0])}, {out}") if n < 0 else out


def _round(s: Spot, a: str) -> str:
    return s.call("roundeven" if int(s.params["rounding_method"]) == 1 else "round", a)


def _is_finite(s: Spot, a: str) -> str:
    size = s.call("fabs", a)
    return s.fn.op(f"fcmp olt {s.type(s.dtypes[0])} {size}, {s.const(np.inf, s.dtypes[0])}")


def _neg(s: Spot, a: str) -> str:
    kind = s.type(s.dtypes[0])
    return s.fn.op(f"fneg {kind} {a}" if s.floating else f"sub {kind} {s.const(0, s.dtypes[0])}, {a}")


def _abs(s: Spot, a: str) -> str:
    if s.floating:
        return s.call("fabs", a)
    kind, mask = s.type(s.dtypes[0]), s.type(bool)
    below = s.fn.op(f"icmp slt {kind} {a}, {s.const(0, s.dtypes[0])}")
    return s.fn.op(f"select {mask} {below}, {kind} {_neg(s, a)}, {kind} {a}")


def _not(s: Spot, a: str) -> str:
    return s.fn.op(f"xor {s.type(s.dtypes[0])} {a}, {s.const(1 if s.dtypes[0].kind == 'b' else -1, s.dtypes[0])}")


def _clamp(s: Spot, low: str, x: str, high: str) -> str:
    return RULES["min"](s, RULES["max"](s, x, low), high)


def _square(s: Spot, a: str) -> str:
    return RULES["mul"](s, a, a)


RULES: dict[str, Callable[..., str]] = {
    "add": _binary("fadd", "add"),
    "add_any": _binary("fadd", "add"),
    "sub": _binary("fsub", "sub"),
    "mul": _binary("fmul", "mul"),
    "and": _binary("and", "and"),
    "or": _binary("or", "or"),
    "xor": _binary("xor", "xor"),
    "div": _whole_division("sdiv", lambda s, a: s.const(-1, s.dtypes[0])),
    "rem": _whole_division("srem", lambda s, a: a),
    "eq": _compare("oeq", "eq"),
    "ne": _compare("une", "ne"),
    "lt": _compare("olt", "slt"),
    "le": _compare("ole", "sle"),
    "gt": _compare("ogt", "sgt"),
    "ge": _compare("oge", "sge"),
    "max": _extreme("ogt", "smax", "or"),
    "min": _extreme("olt", "smin", "and"),
    "select_n": _select,
    "convert_element_type": _convert,
    "neg": _neg,
    "not": _not,
    "sign": _sign,
    "abs": _abs,
    "floor": _unary("floor"),
    "ceil": _unary("ceil"),
    "round": _round,
    "sqrt": _unary("sqrt"),
    "is_finite": _is_finite,
    "clamp": _clamp,
    "square": _square,
    "integer_pow": _integer_pow,
    "pow": _power,
    **{
        ours: _library(theirs)
        for ours, theirs in {
            "exp": "exp", "exp2": "exp2", "log": "log", "log1p": "log1p", "expm1": "expm1", "sin": "sin", "cos": "cos",
            "tan": "tan", "asin": "asin", "acos": "acos", "atan": "atan", "atan2": "atan2", "sinh": "sinh", "cosh": "cosh",
            "tanh": "tanh", "cbrt": "cbrt", "erf": "erf",
        }.items()
    },
}  # fmt: skip
"""By the name of JAX's primitive: `rule(spot, *operands) -> operand`."""
