"""Arrow streams that are wrong in one place, as a library with a bug would make them."""

from __future__ import annotations

import ctypes
import random
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from typing import Any

from exclave.fdw import ForeignDataWrapper, Options, ScanContext, ScanPlan


class Array(Structure):
    """struct ArrowArray of the C data interface."""


Array._fields_ = [
    ("length", c_int64), ("null_count", c_int64), ("offset", c_int64), ("n_buffers", c_int64),
    ("n_children", c_int64), ("buffers", POINTER(c_void_p)), ("children", POINTER(POINTER(Array))),
    ("dictionary", c_void_p), ("release", c_void_p), ("private_data", c_void_p),
]  # fmt: skip

GetNext = CFUNCTYPE(c_int, c_void_p, c_void_p)
GetError = CFUNCTYPE(c_char_p, c_void_p)
Release = CFUNCTYPE(None, c_void_p)


class Stream(Structure):
    """struct ArrowArrayStream of the C stream interface."""

    _fields_ = (
        ("get_schema", GetNext), ("get_next", GetNext), ("get_last_error", GetError),
        ("release", Release), ("private_data", c_void_p),
    )  # fmt: skip


new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype = ctypes.py_object
new_capsule.argtypes = [c_void_p, c_char_p, c_void_p]

kept: list[object] = []


def break_batch(batch: Array, dice: random.Random) -> None:
    """Make one thing of a batch wrong that its reader can notice."""
    child = batch.children[dice.randrange(batch.n_children)].contents
    match dice.randrange(10):
        case 0:
            batch.length = dice.choice([-1, 100, 2**62])
        case 1:
            batch.offset = dice.choice([-1, 7, 2**62])
        case 2:
            batch.null_count = dice.randrange(1, 5)
        case 3:
            child.n_buffers = dice.choice([0, 1, 4, -1])
        case 4:
            child.length = dice.choice([-1, 0, 1])
        case 5:
            child.offset = -dice.randrange(1, 1000)
        case 6:
            child.buffers[1] = None
        case 7:
            child.buffers[0] = None
            child.null_count = 3
        case 8:
            text = batch.children[1].contents
            numbers = [0, 1, 3, 3, 6]  # too large ones nobody can notice
            wrong = dice.choice([1, 2, 4])
            numbers[wrong] = numbers[wrong - 1] - dice.randrange(1, 2**31)
            offsets = (ctypes.c_int32 * 5)(*numbers)
            kept.append(offsets)
            text.buffers[1] = ctypes.addressof(offsets)
        case _:
            batch.children[1].contents.buffers[2] = None


class Source:
    """A stream of one batch that is broken as a seed says; or one that lies in other ways."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        import pyarrow as pa

        dice = random.Random(self.seed)
        batch: Any = pa.record_batch(
            {"a": pa.array([1, None, 3, 4], pa.int64()), "b": pa.array(["x", "yy", None, "zzz"])}
        )

        def get_schema(_stream: int, out: int) -> int:
            if self.seed == 0:
                return 5
            batch.schema._export_to_c(out)
            return 0

        def get_next(_stream: int, out: int) -> int:
            if self.seed == 1:
                return 5
            batch._export_to_c(out)
            break_batch(Array.from_address(out), dice)
            return 0

        def get_error(_stream: int) -> bytes | None:
            return None if self.seed == 0 else b"\xff"

        stream = Stream(
            GetNext(get_schema), GetNext(get_next), GetError(get_error), Release(lambda _: None)
        )
        kept.append(stream)
        return new_capsule(ctypes.addressof(stream), b"arrow_array_stream", None)


class Malformed(ForeignDataWrapper):
    """Gives a stream that is wrong."""

    class TableOptions(Options):
        seed: int

    def scan(self, plan: ScanPlan, context: ScanContext) -> Source:
        options: Any = context.table.options
        return Source(options.seed)
