"""Numbers in sentences, the same on every line of a page and in the verdict."""

from __future__ import annotations


def probability(value: float) -> str:
    """Never rounded to certainty: `<0.001`, `0.050`, `>0.999`."""
    return ">0.999" if value > 0.999 else "<0.001" if value < 0.001 else f"{value:.3f}"


def p_of(value: float) -> str:
    """`p = 0.050`, `p < 0.001`."""
    return f"p < {0.001:g}" if value < 0.001 else f"p = {value:.3f}"


def percent(value: float, digits: int = 0, sign: str = "") -> str:
    """Of a fraction, never of a negative nothing. sign: `+` for one before gains too."""
    shown = round(100.0 * value, digits) + 0.0  # -0.0 + 0.0 is 0.0
    return f"{shown:{sign}.{digits}f}%"


def counted(n: int, one: str) -> str:
    """`1 trade`, `1,200 trades`."""
    return f"{n:,} {one}{'' if n == 1 else 's'}"
