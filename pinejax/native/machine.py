"""LLVM IR text to machine code of this processor, kept on disk. The only module that knows llvmlite."""

from __future__ import annotations

import ctypes
import hashlib
import logging
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

llvm: Any
try:
    import llvmlite.binding as llvm
except ImportError:  # the extra `native` is not installed
    llvm = None

logger = logging.getLogger(__name__)
SIGNATURE = ctypes.CFUNCTYPE(None, *(ctypes.c_void_p,) * 6, ctypes.c_int32, ctypes.c_int32, ctypes.c_int64)
"""run(shared state, groups' states, groups' parameters, common numbers, rows, room for a chunk's shared results, begin, end, groups)"""


def is_available() -> bool:
    """Whether code can be made here."""
    return llvm is not None


@cache
def _target() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple()


def machine() -> Any:
    """A fresh description of this processor: LLVM gives it up to whoever compiles with it."""
    return _target().create_target_machine(cpu=processor()[0], features=processor()[1], opt=3, jit=True)


@cache
def processor() -> tuple[str, str]:
    """Name and features of this processor, as LLVM names them."""
    _target()
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


@cache
def vector_bytes() -> int:
    """Bytes of the widest vectors that this processor has."""
    features = processor()[1]
    return 64 if "+avx512f" in features else 32


class Code:
    """Machine code of one function `run`, loaded. It lives as long as this object."""

    def __init__(self, binary: bytes):
        backing = llvm.parse_assembly("")
        self._engine = llvm.create_mcjit_compiler(backing, machine())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(binary))
        self._engine.finalize_object()
        self.run = SIGNATURE(self._engine.get_function_address("run"))


def compiled(text: str) -> bytes:
    """The object file of a module."""
    module = llvm.parse_assembly(text)
    module.verify()
    tuning = llvm.create_pipeline_tuning_options(speed_level=2)
    tuning.loop_vectorization, tuning.slp_vectorization, tuning.loop_unrolling = True, False, False
    target = machine()
    passes = llvm.create_pass_builder(target, tuning)
    passes.getModulePassManager().run(module, passes)
    return target.emit_object(module)


def load(text: str, folder: Path | None) -> tuple[Code, bool]:
    """The code of a module, from the folder if it was compiled before, and whether it was."""
    key = hashlib.sha256("\0".join([text, *processor(), str(llvm.llvm_version_info)]).encode()).hexdigest()
    file = None if folder is None else folder / f"native-{key[:32]}.o"
    known = None if file is None else _read(file)
    if known is not None:
        return Code(known), True
    binary = compiled(text)
    if file is not None:
        _write(file, hashlib.sha256(binary).digest() + binary)
    return Code(binary), False


def _read(file: Path) -> bytes | None:
    """The machine code in a file, None where there is none or it is not whole."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    digest, binary = content[:32], content[32:]
    return binary if hashlib.sha256(binary).digest() == digest else None


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all: other processes may look for the same file. Without room for it, or the right to, the run goes on."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
            os.replace(name, file)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        logger.warning("%s was not kept: %s", file, error)
