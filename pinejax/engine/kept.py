"""Lowered programs kept on disk beside their machine code, by what they compute: a known one is not lowered again. A file is a cache entry
of this machine, never an exchange format."""

from __future__ import annotations

import logging
import os
import pickle
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax

from pinejax.native.call import UNFORESEEN, NativeProgram
from pinejax.native.errors import NotLowered
from pinejax.native.machine import load
from pinejax.native.program import Layout, lower_runner

logger = logging.getLogger(__name__)


def recall(folder: Path | None, key: str | None) -> tuple[str, Layout] | None:
    """The text and the layout of a program; None where it was not kept."""
    if folder is None or key is None:
        return None
    try:
        text, layout = pickle.loads(zlib.decompress(_file(folder, key).read_bytes()))
    except FileNotFoundError:
        return None
    except Exception as error:  # whatever a broken file leads to: it is written anew
        logger.info("%s: %s", _file(folder, key), error)
        return None
    return (text, layout) if isinstance(text, str) and isinstance(layout, Layout) else None


def keep(folder: Path | None, key: str | None, text: str, layout: Layout) -> None:
    """Write a program's file, whole or not at all."""
    if folder is None or key is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as out:
            out.write(zlib.compress(pickle.dumps((text, layout)), 1))
        os.replace(name, _file(folder, key))
    except OSError as error:  # a full disk, a folder of somebody else's: the next run lowers once more
        logger.info("%s: %s", folder, error)


def _file(folder: Path, key: str) -> Path:
    return folder / f"native-{key[:32]}.program"


def lowered(closed: Any, axes: Sequence[int], n_params: int, width: int) -> tuple[str, Layout]:
    """The text and the layout of a traced runner. Errors: NotLowered."""
    try:
        return lower_runner(closed, axes, n_params, width)
    except NotLowered:
        raise
    except UNFORESEEN as error:
        raise _hole(error) from error


def loaded(text: str, layout: Layout, state: Any, axes: Sequence[int], folder: Path | None) -> NativeProgram:
    """The program of a text. state: an example of one group. Errors: NotLowered."""
    try:
        code, known = load(text, folder)
    except UNFORESEEN as error:
        raise _hole(error) from error
    named, tree = jax.tree_util.tree_flatten_with_path(state)
    paths = tuple(jax.tree_util.keystr(path) for path, _ in named)
    return NativeProgram(code, layout, tuple(axes), paths, tree, known)


def _hole(error: Exception) -> NotLowered:
    """A hole in the compiler must not stop a run that XLA can do."""
    logger.warning("Please report: the native backend failed with %s: %s", type(error).__name__, error)
    return NotLowered(f"what it takes to avoid a {type(error).__name__}")
