"""Embeddings that other programs wrote: arrays with the ids of their rows.

A file is `<split>.<ending>`, or `descriptors.<ending>` where it holds the images of all splits:

* `.npy`: vectors `(n, dim)`; the ids are the lines of the `.txt` file of the same name, or, where there is
  none, those of the images of the split in the order of their list (`images.csv`, `gnd_*.pkl`, …);
* `.npz`, `.h5`, `.hdf5`, `.pkl`: ids `names` (or `ids`, `image_ids`) and vectors `X` (or `vectors`,
  `embeddings`, `features`).
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.files.csv_rows import read_csv
from landmark_retrieval.formats.files.restricted_pickle import read_pickle

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from landmark_retrieval.images.file_tree import FileTree

logger = logging.getLogger(__name__)

IMAGES = "images.csv"
_ALL = "descriptors"
_SPLITS = ("train", "index", "query")
_IDS = ("names", "ids", "image_ids")
_VECTORS = ("X", "vectors", "embeddings", "features")


def read_vectors(
    files: FileTree,
    source: str,
    split: str,
    image_ids: Iterable[str],
    listed: Iterable[str] | None = None,
    *,
    complete: bool = False,
) -> Embeddings:
    """Embeddings of the given images in their order, L2-normalised; vectors of other images are ignored.

    Args:
        files: a folder with the files above, or with one such folder for each source.
        source: whose images they are; its own folder comes before the common one.
        split: "train", "index" or "query".
        image_ids: of the rows to return.
        listed: all images of the split in the order of their list, whose ids a `.npy` file without a list
            has; by default those of `image_ids`.
        complete: refuse vectors of images that are not listed, unless the file is for all splits.

    Raises:
        DataError: no file or several, one that is damaged, ids and vectors of different lengths, a repeated
            id, a value that is not finite, a vector of zeros, an image without a vector, or a vector without
            an image where that is refused.
    """
    path = _find(files, source, split)
    _check_dimensions(files, path)
    ids = np.asarray([str(i) for i in image_ids], dtype=np.str_)
    known = ids.tolist() if listed is None else [str(i) for i in listed]
    found = read_embeddings_file(files, path, known)
    if complete and not path.rpartition("/")[2].startswith(_ALL):
        unlisted = np.setdiff1d(found.image_ids, known)
        if len(unlisted):
            raise DataError(
                f"{files.path(path)}: {len(unlisted)} vectors of no listed {split} image, "
                f"first {str(unlisted[0])!r}"
            )
    rows = found.rows_of(ids.tolist())
    if (rows < 0).any():
        lacking = f"{(rows < 0).sum()} of {len(ids)} {split} images of {source!r}"
        raise DataError(f"{files.path(path)}: no vector for {lacking}, first {str(ids[rows < 0][0])!r}")
    if len(found) > len(ids):
        logger.info("%s: ignored %d vectors of other images", files.path(path), len(found) - len(ids))
    vectors = normalise(found.vectors[rows])
    zero = ~vectors.any(axis=1)
    if zero.any():
        raise DataError(f"{files.path(path)}: the vector of {str(ids[zero][0])!r} is zero")
    return Embeddings(ids, vectors)


def read_embeddings_file(files: FileTree, path: str, listed: Sequence[str] = ()) -> Embeddings:
    """A whole file as it is, `(n, dim)` float32; `listed` are the ids of a `.npy` file that has no list.

    Raises:
        DataError: see `read_vectors`.
    """
    source = files.path(path)
    ending = source.suffix
    if ending not in _READERS:
        raise DataError(f"{source}: expected {', '.join(_READERS)}, found {ending or 'no ending'!r}")
    names, vectors = _READERS[ending](files, path, listed)
    try:
        ids = np.asarray(names).astype(np.str_).ravel()
        if np.iscomplexobj(vectors):
            raise TypeError("complex numbers")
        with np.errstate(over="ignore"):
            embeddings = Embeddings(ids, np.ascontiguousarray(vectors, dtype=np.float32))
    except (TypeError, ValueError) as error:
        raise DataError(f"{source}: expected unique ids (n,) and vectors (n, dim): {error}") from error
    finite = np.isfinite(embeddings.vectors).all(axis=1)
    if not finite.all():
        row = int(np.argmin(finite))
        raise DataError(f"{source}, row {row} ({ids[row]}): expected finite float32 numbers")
    return embeddings


def _check_dimensions(files: FileTree, path: str) -> None:
    """Refuse `.npy` files of one folder that differ in their number of dimensions."""
    folder, _, name = path.rpartition("/")
    if not name.endswith(".npy"):
        return
    found = {}
    for other in dict.fromkeys([name, *(f"{split}.npy" for split in _SPLITS)]):
        beside = files.path(f"{folder}/{other}" if folder else other)
        if beside.is_file():
            shape = _opened(beside, lambda file: np.load(file, mmap_mode="r", allow_pickle=False)).shape
            found[other] = shape[-1] if len(shape) == 2 else 0
    if len(set(found.values())) > 1:
        told = ", ".join(f"{other} has {dim}" for other, dim in found.items())
        raise DataError(f"{files.path(path).parent}: expected vectors of one dimension, but {told}")


def _find(files: FileTree, source: str, split: str) -> str:
    for folder in (f"{source}/", ""):
        for stem in (split, _ALL):
            found = [f"{folder}{stem}{e}" for e in _READERS if files.path(f"{folder}{stem}{e}").is_file()]
            if len(found) > 1:
                several = " and ".join(found)
                raise DataError(f"{files.root}: expected one file of {split} vectors, found {several}")
            if found:
                return found[0]
    raise DataError(
        f"{files.root}: no {split} vectors of {source!r}: expected {split}.npy, .npz, .h5 or .pkl"
    )


def _npy(files: FileTree, path: str, listed: Sequence[str]) -> tuple[Any, Any]:
    vectors = _opened(files.path(path), lambda file: np.load(file, mmap_mode="r", allow_pickle=False))
    names = path.removesuffix(".npy") + ".txt"
    ids = list(listed)
    if files.path(names).is_file():
        ids = [
            line.strip()
            for line in files.path(names).read_text(encoding="utf-8").splitlines()
            if line.strip()
        ]
    elif path.endswith(f"{_ALL}.npy"):
        ids = (
            read_csv(files, path.removesuffix(f"{_ALL}.npy") + IMAGES, "image_id")
            .text("image_id")
            .to_pylist()
        )
    if len(ids) != len(vectors):
        raise DataError(f"{files.path(path)}: {len(vectors)} vectors, but {len(ids)} ids")
    return ids, vectors


def _npz(files: FileTree, path: str, _: Sequence[str]) -> tuple[Any, Any]:
    def arrays(file: Path) -> dict[str, NDArray[Any]]:
        with np.load(file, allow_pickle=False) as content:
            return {name: content[name] for name in content.files}

    return _named(files.path(path), _opened(files.path(path), arrays))


def _hdf5(files: FileTree, path: str, _: Sequence[str]) -> tuple[Any, Any]:
    import h5py

    def arrays(file: Path) -> dict[str, Any]:
        with h5py.File(file, "r") as content:
            names = {name: content[name] for name in content if isinstance(content[name], h5py.Dataset)}
            return {n: d.asstr()[()] if h5py.check_string_dtype(d.dtype) else d[()] for n, d in names.items()}

    return _named(files.path(path), _opened(files.path(path), arrays))


def _pickle(files: FileTree, path: str, _: Sequence[str]) -> tuple[Any, Any]:
    return _named(files.path(path), read_pickle(files, path))


def _opened(file: Path, read: Callable[[Path], Any]) -> Any:
    try:
        return read(file)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise DataError(f"{file}: expected an intact {file.suffix} file of plain arrays ({error})") from error


def _named(file: Path, content: Any) -> tuple[Any, Any]:
    if not isinstance(content, Mapping):
        raise DataError(f"{file}: expected a mapping of names and arrays, found {type(content).__name__}")
    ids, vectors = ([key for key in keys if key in content] for keys in (_IDS, _VECTORS))
    if not ids or not vectors:
        found = ", ".join(map(repr, list(content)[:5])) or "nothing"
        found += ", …" if len(content) > 5 else ""
        raise DataError(f"{file}: expected names (n,) and X (n, dim), found {found}")
    return content[ids[0]], content[vectors[0]]


_READERS: dict[str, Callable[[FileTree, str, Sequence[str]], tuple[Any, Any]]] = {
    ".npy": _npy,
    ".npz": _npz,
    ".h5": _hdf5,
    ".hdf5": _hdf5,
    ".pkl": _pickle,
}
