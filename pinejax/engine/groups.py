"""Several blocks in one call: the loop over bars, mapped over blocks of datasets with the same number of bars. For GPUs.

There a bar costs the same few microseconds whatever the lanes, so a batch on five datasets is one call instead of five. On a CPU a
block at a time is faster: a bar's prices are then scalars.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from pinejax.engine.program import Program, State
from pinejax.engine.runner import P, Part
from pinejax.engine.ungated import compiled_ungated


def group_blocks(blocks: Sequence[P], spans: Sequence[Hashable], at_most: int) -> list[list[P]]:
    """Blocks that may share a call: of datasets with one span of bars (`spans` per dataset), at most so many in a group, in order."""
    groups = []
    for span in dict.fromkeys(spans):
        mine = [b for b in blocks if spans[b.dataset] == span]
        groups += [mine[first : first + at_most] for first in range(0, len(mine), at_most)]
    return groups


def compiled_group(program: Program) -> Callable[..., State]:
    """`compiled_ungated`, with a leading axis of blocks on everything but begin and end."""
    mapped = jax.vmap(compiled_ungated(program), in_axes=(0, 0, 0, 0, 0, None, None))
    return jax.jit(mapped, donate_argnums=0)


def advance_group(
    run: Callable[..., State], blocks: Sequence[Part], shared: Sequence[tuple], begin: int, end: int, *, device: Any = None, size: int = 0
) -> None:
    """Move the states of a group's blocks over the bars begin..end.

    run: of `compiled_group`; shared: (rows, terms, window) per dataset; size: of the call, filled up with the first block, so that the last
    group of some needs no program of its own.
    """
    full = [*blocks, *[blocks[0]] * (size - len(blocks))]
    state = stacked([b.state for b in full], device)
    rows, terms, window = (stacked([shared[b.dataset][i] for b in full], device) for i in range(3))
    params = stacked([b.params for b in full], device)
    after = jax.block_until_ready(run(state, rows, params, terms, window, np.int32(begin), np.int32(end)))
    for i, block in enumerate(blocks):
        block.state = jax.tree.map(lambda x, i=i: x[i], after)


def stacked(trees: Sequence[Any], device: Any = None) -> Any:
    """Pytrees of one shape as one, with a leading axis, on a device."""

    def stack(*leaves: Any) -> Any:
        # From one device to another only through the host: JAX refuses to combine arrays of several devices.
        if any(isinstance(x, jax.Array) and x.devices() != {device} for x in leaves):
            leaves = tuple(np.asarray(x) for x in leaves)
        together = jnp.stack(leaves) if all(isinstance(x, jax.Array) for x in leaves) else np.stack(leaves)
        return jax.device_put(together, device)

    return jax.tree.map(stack, *trees)
