"""Foreign pickles: plain containers, numbers, text and NumPy arrays, and nothing else."""

from __future__ import annotations

import pickle
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from landmark_retrieval.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from landmark_retrieval.images.file_tree import FileTree


def _encode_latin1(text: str, encoding: str) -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise DataError(f"refused to encode as {encoding!r}: only latin1 stands for bytes in old pickles")
    return text.encode("latin1")


def _allowed() -> dict[str, Callable[..., Any]]:
    plain = {f"{home}.{t.__name__}": t for home in ("builtins", "__builtin__") for t in _PLAIN_TYPES}
    array: Any = np.zeros(1)
    # NumPy's own rebuilding functions, under the module names of NumPy 1 and 2.
    rebuilding: dict[str, Callable[..., Any]] = {
        "multiarray._reconstruct": array.__reduce__()[0],
        "multiarray.scalar": array[0].__reduce__()[0],
        "numeric._frombuffer": array.__reduce_ex__(5)[0],
    }
    numpy = {f"numpy.{core}.{name}": f for core in ("core", "_core") for name, f in rebuilding.items()}
    types: dict[str, Callable[..., Any]] = {
        "numpy.ndarray": np.ndarray,
        "numpy.dtype": np.dtype,
        "_codecs.encode": _encode_latin1,
    }
    return {**plain, **numpy, **types}


_PLAIN_TYPES = (set, frozenset, bytes, bytearray)
_ALLOWED = _allowed()


class _RestrictedUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        full_name = f"{module}.{name}"
        if full_name not in _ALLOWED:
            raise DataError(f"refused {full_name}: only plain containers and NumPy arrays are read")
        return _ALLOWED[full_name]


def read_pickle(files: FileTree, path: str) -> Any:
    """What a pickle of plain data holds; those of Python 2 are read too, their text as Latin-1.

    Raises:
        DataError: no such file, not a pickle, or one that asks for anything but containers, numbers, text and
            NumPy arrays; what it asked for is named and never imported.
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
