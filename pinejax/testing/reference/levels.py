"""Pivot point levels of a finished period, as TradingView's page on Pivot Points Standard lists them: [P, R1, S1, R2, S2, ...]."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pinejax.testing.reference.sites import na


def traditional(o: Any, h: Any, l: Any, c: Any, opened: Any) -> list[Any]:  # noqa: E741
    """Five pairs."""
    p = (h + l + c) / 3
    found = [p, p * 2 - l, p * 2 - h, p + (h - l), p - (h - l)]
    for k in (2, 3, 4):
        found += [p * k + (h - k * l), p * k - (k * h - l)]
    return found


def fibonacci(o: Any, h: Any, l: Any, c: Any, opened: Any) -> list[Any]:  # noqa: E741
    """Three pairs."""
    p = (h + l + c) / 3
    return [p, p + 0.382 * (h - l), p - 0.382 * (h - l), p + 0.618 * (h - l), p - 0.618 * (h - l), p + (h - l), p - (h - l)]


def woodie(o: Any, h: Any, l: Any, c: Any, opened: Any) -> list[Any]:  # noqa: E741
    """Four pairs; the pivot has the open of the new period in place of the close."""
    p = (h + l + 2 * opened) / 4
    r3, s3 = h + 2 * (p - l), l - 2 * (h - p)
    return [p, 2 * p - l, 2 * p - h, p + (h - l), p - (h - l), r3, s3, r3 + (h - l), s3 - (h - l)]


def classic(o: Any, h: Any, l: Any, c: Any, opened: Any) -> list[Any]:  # noqa: E741
    """Four pairs."""
    p = (h + l + c) / 3
    return [p, 2 * p - l, 2 * p - h, p + (h - l), p - (h - l), p + 2 * (h - l), p - 2 * (h - l), p + 3 * (h - l), p - 3 * (h - l)]


def demark(o: Any, h: Any, l: Any, c: Any, opened: Any) -> list[Any]:  # noqa: E741
    """One pair, by the period's direction."""
    if o == c:
        x = h + l + 2 * c
    elif c > o:
        x = 2 * h + l + c
    else:
        x = 2 * l + h + c
    return [x / 4, x / 2 - l, x / 2 - h]


def camarilla(o: Any, h: Any, l: Any, c: Any, opened: Any) -> list[Any]:  # noqa: E741
    """Five pairs around the close."""
    found = [(h + l + c) / 3]
    for part in (12, 6, 4, 2):
        found += [c + 1.1 * (h - l) / part, c - 1.1 * (h - l) / part]
    r5 = h / l * c if l != 0 else na
    return [*found, r5, c - (r5 - c)]


LEVELS: dict[str, Callable[..., list[Any]]] = {
    "Traditional": traditional,
    "Fibonacci": fibonacci,
    "Woodie": woodie,
    "Classic": classic,
    "DM": demark,
    "Camarilla": camarilla,
}
