"""Foreign pickles: plain containers, numbers, text and NumPy arrays, and nothing else."""

from __future__ import annotations

import math
import pickle
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from landmark_retrieval.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from landmark_retrieval.images.file_tree import FileTree


_PLAIN_TYPES = (set, frozenset, bytes, bytearray)
_PLAIN_KINDS = "biufcSUO"


class _Dtype:
    """Stands for `numpy.dtype`, whose own `__setstate__` believes any size and so can lead past an end."""

    def __init__(self, code: str, *_: object) -> None:
        self.dtype = np.dtype(code)
        if self.dtype.kind not in _PLAIN_KINDS:
            raise DataError(f"refused arrays of {self.dtype}: only numbers, text and plain objects are read")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array(np.ndarray):
    """An array whose state is checked before NumPy believes it."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        version, shape, dtype, is_fortran, data = state
        if dtype.dtype.hasobject and (not isinstance(data, list) or len(data) != math.prod(shape)):
            raise ValueError(f"the objects do not fill an array of shape {shape}")
        super().__setstate__((version, shape, dtype.dtype, is_fortran, data))


def _empty_array(*_: object) -> _Array:
    return _Array((0,))


def _array_of(buffer: bytes, dtype: _Dtype, shape: tuple[int, ...], order: Any) -> NDArray[Any]:
    return np.frombuffer(buffer, dtype.dtype).reshape(shape, order=order)


def _scalar_of(dtype: _Dtype, data: bytes | str) -> Any:
    return np.frombuffer(data.encode("latin1") if isinstance(data, str) else data, dtype.dtype)[0]


def _encode_latin1(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise DataError(f"refused to encode as {encoding!r}: only latin1 stands for bytes in old pickles")
    return text.encode("latin1")


def _allowed() -> dict[str, Any]:
    plain = {f"{home}.{t.__name__}": t for home in ("builtins", "__builtin__") for t in _PLAIN_TYPES}
    arrays = {
        f"numpy.{core}.{name}": rebuild
        for core in ("core", "_core")  # NumPy 1 and 2
        for name, rebuild in {
            "multiarray._reconstruct": _empty_array,
            "multiarray.scalar": _scalar_of,
            "numeric._frombuffer": _array_of,
        }.items()
    }
    named = {"numpy.ndarray": "ndarray", "numpy.dtype": _Dtype, "_codecs.encode": _encode_latin1}
    return {**plain, **arrays, **named}


_ALLOWED = _allowed()


class _RestrictedUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        full_name = f"{module}.{name}"
        if full_name not in _ALLOWED:
            raise DataError(f"refused {full_name}: only plain containers and NumPy arrays are read")
        return _ALLOWED[full_name]


def read_pickle(files: FileTree, path: str) -> Any:
    """What a pickle of plain data holds; those of Python 2 are read too, their text as Latin-1.

    Raises:
        DataError: no such file, not a pickle, or one that asks for anything but containers, numbers, text and
            NumPy arrays; the message names it, and it is never imported.
    """
    source = files.path(path)
    if not source.is_file():
        raise DataError(f"{source}: no such file")
    with source.open("rb") as file:
        try:
            return _load(file)
        except DataError as error:
            raise DataError(f"{source}: {error}") from error


def _load(file: IO[bytes]) -> Any:
    try:
        return _RestrictedUnpickler(file, encoding="latin1").load()
    except DataError:
        raise
    except Exception as error:  # a broken pickle can fail as anything
        raise DataError(f"expected a pickle, found what cannot be unpickled ({error!r})") from error
