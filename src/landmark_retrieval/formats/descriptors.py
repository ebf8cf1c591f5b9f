"""Global descriptors that others published beside a benchmark."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.restricted_pickle import read_pickle

if TYPE_CHECKING:
    from landmark_retrieval.images.file_tree import FileTree


def read_descriptors(files: FileTree, path: str) -> Embeddings:
    """Descriptors as they stand in an `.npz` file or a pickle with `names` `(n,)` and `X` `(n, dim)`.

    Raises:
        DataError: no such file, neither of the two, an array missing, shapes that do not agree, a name
            twice, a value that is not finite.
    """
    source = files.path(path)
    content = _read_npz(files, path) if path.endswith(".npz") else read_pickle(files, path)
    try:
        names = np.asarray(content["names"]).astype(np.str_)
        vectors = np.ascontiguousarray(content["X"], dtype=np.float32)
        embeddings = Embeddings(names, vectors)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{source}: expected names (n,) and X (n, dim): {error}") from error
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise DataError(f"{source}, X[{row}] ({names[row]}): expected finite numbers")
    return embeddings


def _read_npz(files: FileTree, path: str) -> dict[str, Any]:
    source = files.path(path)
    try:
        with np.load(source, allow_pickle=False) as content:
            return {name: content[name] for name in content.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{source}: expected an npz file of plain arrays ({error})") from error
