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
    ("dictionary", POINTER(Array)), ("release", c_void_p), ("private_data", c_void_p),
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


def offsets_of(*numbers: int) -> int:
    """Give where offsets are, which stay there."""
    made = (ctypes.c_int32 * len(numbers))(*numbers)
    kept.append(made)
    return ctypes.addressof(made)


def break_offsets(array: Array, dice: random.Random) -> None:
    """Point beyond the elements, or backwards, or nowhere."""
    wrong = [(0, 1, 2, 99, 99), (0, -1, 0, 1, 2), (3, 2, 1, 0, 0), (-5, 0, 1, 2, 3)]
    array.buffers[1] = offsets_of(*dice.choice(wrong))


def break_child(array: Array, dice: random.Random) -> None:
    """Make one thing wrong with what a list or a struct holds."""
    child = array.children[0].contents
    match dice.randrange(5):
        case 0:
            array.n_children = 0
        case 1:
            child.length = dice.choice([-1, 0, 1])
        case 2:
            child.offset = -1
        case 3:
            child.n_buffers = dice.choice([0, 1, 9])
        case _:
            child.buffers[1] = None


def break_nested(batch: Array, dice: random.Random) -> None:
    """Make one thing of a batch of lists, structs, dictionaries and views wrong."""
    names = ["list", "texts", "fixed", "view", "pair", "dictionary", "string"]
    number = dice.randrange(len(names))
    array = batch.children[number].contents
    if dice.randrange(4) == 0:
        array.n_buffers = dice.choice([0, 9 if names[number] != "string" else 2, -1])
        return
    match names[number]:
        case "list" | "texts":
            dice.choice([break_offsets, break_child])(array, dice)
        case "fixed" | "pair":
            break_child(array, dice)
        case "view":
            array.buffers[dice.choice([1, 2])] = offsets_of(0, 9, -1, 2, 3)
        case "dictionary":
            if dice.randrange(2):
                array.dictionary = None
            else:
                array.buffers[1] = offsets_of(0, 1, 2, dice.choice([-1, 3, 2**31 - 1]))
        case _:
            views = [13, 0, dice.choice([-1, 1, 2**31 - 1]), 0] * 4
            if dice.randrange(2):
                views = [dice.choice([-1, 999]), 0, 0, dice.choice([0, -1, 2**31 - 1])] * 4
            array.buffers[1] = offsets_of(*views)


def flat() -> Any:
    """Give a batch of numbers and text."""
    import pyarrow as pa

    return pa.record_batch(
        {"a": pa.array([1, None, 3, 4], pa.int64()), "b": pa.array(["x", "yy", None, "zzz"])}
    )


def nested() -> Any:
    """Give a batch of types that hold others, or point elsewhere; the order is break_nested's."""
    import pyarrow as pa

    kinds = pa.struct([("a", pa.int64()), ("b", pa.string())])
    words = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 0], pa.int32()), ["a", "b", "c"])
    return pa.record_batch({
        "list": pa.array([[1], [2, 3], [4], [5]], pa.list_(pa.int64())),
        "texts": pa.array([["a"], ["b", "c"], ["d"], ["e"]], pa.list_(pa.string())),
        "fixed": pa.array([[1, 2]] * 4, pa.list_(pa.int64(), 2)),
        "view": pa.array([[1], [2, 3], [4], [5]], pa.list_view(pa.int64())),
        "pair": pa.array([{"a": 1, "b": "x"}] * 4, kinds),
        "dictionary": words,
        "string": pa.array(["a" * 20] * 4, pa.string_view()),
    })  # fmt: skip


class Source:
    """A stream of one batch that is broken as a seed says; or one that lies in other ways."""

    def __init__(self, seed: int, *, is_nested: bool = False) -> None:
        self.seed = seed
        self.is_nested = is_nested

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        dice = random.Random(self.seed)
        batch = nested() if self.is_nested else flat()
        break_it = break_nested if self.is_nested else break_batch

        def get_schema(_stream: int, out: int) -> int:
            if self.seed == 0 and not self.is_nested:
                return 5
            batch.schema._export_to_c(out)
            return 0

        def get_next(_stream: int, out: int) -> int:
            if self.seed == 1 and not self.is_nested:
                return 5
            batch._export_to_c(out)
            break_it(Array.from_address(out), dice)
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
        nested: bool = False

    def scan(self, plan: ScanPlan, context: ScanContext) -> Source:
        options: Any = context.table.options
        return Source(options.seed, is_nested=options.nested)
