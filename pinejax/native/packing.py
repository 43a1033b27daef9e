"""Arrays `[..., lanes]` into the pieces of memory that native code reads, a vector of lanes per group, and back."""

from __future__ import annotations

import numpy as np

from pinejax.native.program import Piece


def aligned(n_rows: int, n_bytes: int) -> np.ndarray:
    """Zeros that begin where a vector may."""
    raw = np.zeros(n_rows * n_bytes + 64, np.uint8)
    first = -raw.ctypes.data % 64
    return raw[first : first + n_rows * n_bytes].reshape(n_rows, n_bytes)


def put(memory: np.ndarray, leaf: np.ndarray, piece: Piece, axis: int, width: int) -> None:
    """Write one array into its piece of every group."""
    n_groups, view = len(memory), piece.view(memory, width)
    if axis < 0:
        grouped = np.broadcast_to(leaf, (n_groups, *leaf.shape))
    else:
        shape = (*leaf.shape[:axis], n_groups, width, *leaf.shape[axis + 1 :])
        grouped = np.moveaxis(leaf.reshape(shape), axis, 0)
    if piece.kind.axis is not None:
        grouped = np.moveaxis(grouped, piece.kind.axis + 1, -1)
        if piece.kind.dtype == bool:
            grouped = np.packbits(grouped, axis=-1, bitorder="little")
    view[...] = grouped


def take(memory: np.ndarray, piece: Piece, axis: int, width: int) -> np.ndarray:
    """One array out of its piece of every group, `[..., lanes]`; what the lanes share comes from the first group."""
    grouped = piece.view(memory, width)
    if piece.kind.dtype == bool:
        grouped = np.unpackbits(grouped, axis=-1, bitorder="little").astype(bool) if piece.kind.axis is not None else grouped.astype(bool)
    if axis < 0:
        grouped = grouped[0]
        return np.array(grouped if piece.kind.axis is None else np.moveaxis(grouped, -1, piece.kind.axis))
    n, last = grouped.ndim, grouped.ndim - 1
    if axis == piece.kind.axis == n - 2:  # the lanes come last: groups go in front of them
        moved = grouped.transpose(*range(1, last), 0, last)
    else:
        grouped = grouped if piece.kind.axis is None else np.moveaxis(grouped, -1, piece.kind.axis + 1)
        moved = np.moveaxis(grouped, 0, axis)
    # A copy: the memory goes on changing.
    whole = np.array(moved, order="C")
    return whole.reshape(*whole.shape[:axis], whole.shape[axis] * whole.shape[axis + 1], *whole.shape[axis + 2 :])
