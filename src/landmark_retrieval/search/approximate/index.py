"""Approximate index with a record of the vectors it was built from, in memory and on disk."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import ReferenceType, ref

import numpy as np
from pydantic import Field, ValidationError

from landmark_retrieval.arrays import Floats
from landmark_retrieval.configuration import Settings
from landmark_retrieval.embeddings import Embeddings, fingerprint_ids
from landmark_retrieval.errors import DataError
from landmark_retrieval.search.blocks import read_blocks
from landmark_retrieval.search.identity import Vectors, vectors_of

logger = logging.getLogger(__name__)


class IndexRecord(Settings):
    """Provenance of an approximate index; equal records mean equal indexes on one kind of machine.

    Attributes:
        factory: string of FAISS `index_factory`.
        train_sample: vectors it was trained on, at most.
        seed: of the sample.
        n_index: vectors in it, rows.
        dim: their columns.
        ids: SHA-256 of the image ids in row order, empty where vectors had none.
        content: SHA-256 of the vectors as float32, row by row.
        faiss_version: that made it.
    """

    factory: str
    train_sample: int = Field(gt=0)
    seed: int = Field(ge=0)
    n_index: int = Field(ge=0)
    dim: int = Field(gt=0)
    ids: str
    content: str
    faiss_version: str


@dataclass(frozen=True, eq=False)
class ApproximateIndex:
    """A filled `faiss.Index` with its record.

    Raises:
        DataError: the index does not hold what the record says.
    """

    faiss_index: Any
    record: IndexRecord
    _checked: list[ReferenceType[Vectors]] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        expected = (self.record.n_index, self.record.dim)
        if (found := (self.faiss_index.ntotal, self.faiss_index.d)) != expected:
            raise DataError(f"approximate index: its record says {expected} vectors, found {found}")

    def check(self, index: Vectors) -> None:
        """Raise if `index` differs from the indexed vectors. The check is cached per object.

        Raises:
            DataError: another shape, other image ids, or other vectors.
        """
        if any(reference() is index for reference in self._checked):
            return
        vectors, made = vectors_of(index), self.record
        if vectors.shape != (made.n_index, made.dim):
            shape = (made.n_index, made.dim)
            raise DataError(f"approximate index: made from vectors {shape}, found {vectors.shape}")
        if (ids := image_ids_digest(index)) and made.ids and ids != made.ids:
            raise DataError(f"approximate index: made from image ids {made.ids[:12]}, found {ids[:12]}")
        if (content := content_fingerprint(vectors)) != made.content:
            raise DataError(f"approximate index: made from vectors {made.content[:12]}, found {content[:12]}")
        self._checked.append(ref(index))


def image_ids_digest(index: Vectors) -> str:
    """SHA-256 of the image ids, empty where there are none."""
    return fingerprint_ids(index.image_ids) if isinstance(index, Embeddings) else ""


def content_fingerprint(vectors: Floats) -> str:
    """SHA-256 of `(n, dim)` vectors as float32; float16 that holds the same numbers gives the same."""
    digest = hashlib.sha256()
    for _, block in read_blocks(vectors, "index"):
        digest.update(np.ascontiguousarray(block, dtype="<f4"))
    return digest.hexdigest()


def save_index(index: ApproximateIndex, folder: Path) -> None:
    """Write `index.faiss` and `index.json` to a folder that exists."""
    import faiss

    faiss.write_index(index.faiss_index, str(folder / "index.faiss"))
    (folder / "index.json").write_text(index.record.model_dump_json(indent=2) + "\n", encoding="utf-8")


def load_index(folder: Path) -> ApproximateIndex:
    """Read what `save_index` wrote.

    Raises:
        DataError: a file is missing or damaged, or the two do not belong together.
    """
    import faiss

    try:
        record = IndexRecord.model_validate_json((folder / "index.json").read_bytes())
        faiss_index = faiss.read_index(str(folder / "index.faiss"))
    except (OSError, RuntimeError, ValidationError) as error:
        raise DataError(f"{folder}: not an approximate index: {error}") from error
    if record.faiss_version != faiss.__version__:
        logger.info("%s was built by FAISS %s, this is %s", folder, record.faiss_version, faiss.__version__)
    return ApproximateIndex(faiss_index, record)
