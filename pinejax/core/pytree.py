"""Frozen dataclasses as JAX pytrees. Nothing else."""

from __future__ import annotations

import dataclasses
from typing import TypeVar, dataclass_transform

import jax

T = TypeVar("T", bound=type)


@dataclass_transform(frozen_default=True)
def pytree(cls: T) -> T:
    """Make `cls` a frozen dataclass whose fields are all pytree children (None is an absent child)."""
    cls = dataclasses.dataclass(frozen=True)(cls)
    jax.tree_util.register_dataclass(cls, [f.name for f in dataclasses.fields(cls)], [])
    return cls
