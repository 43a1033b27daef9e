"""What the probes have in common besides their bodies: the properties that Pine's `strategy(...)` would declare."""

from __future__ import annotations

from typing import Any

# One million, one contract, no costs: what every probe has unless it says otherwise.
D0: dict[str, Any] = {
    "initial_capital": 1_000_000.0, "size_type": "fixed", "size": 1.0, "pyramiding": 1, "commission": 0.0, "leverage": 1.0,
}  # fmt: skip


def d0(**changes: Any) -> dict[str, Any]:
    """The common properties with some changed."""
    return D0 | changes
