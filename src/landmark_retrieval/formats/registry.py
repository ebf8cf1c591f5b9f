"""Data formats: the splits, tables and ground truth of each.

A format is a module of this package with a function `read(files, settings)` that returns its tables, and a
record in `FORMATS`. How rankings are judged is a matter of `metrics.families`; a record refers to it by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from landmark_retrieval.formats.reading import Tables

Split = Literal["train", "index", "query"]


@dataclass(frozen=True)
class Format:
    """A data format.

    Attributes:
        name: as in `experiments.sources`; also the module with the reader.
        splits: what a source of this format holds.
        tables: names of the tables that the reader returns beside those of the images and the ground truth
            of retrieval (`Family.truth`).
        families: protocol families that its ground truth may belong to, the default first; none means that
            nothing is evaluated.
        has_pictures: there are pictures to inspect, embed and show.
        has_clean_list: it publishes a cleaned training list.
        embedding: parameters by which its index and queries are embedded.
    """

    name: str
    splits: tuple[Split, ...]
    tables: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    has_pictures: bool = True
    has_clean_list: bool = False
    embedding: Literal["embedding", "embedding_revisited"] = "embedding"

    @property
    def read(self) -> Callable[..., Tables]:
        """The reader; its module is imported on first use."""
        reader: Callable[..., Tables] = import_module(f"landmark_retrieval.formats.{self.name}").read
        return reader

    @property
    def image_tables(self) -> tuple[str, ...]:
        """Names of the tables of images, and of those that the inspection of the pictures gives."""
        inspection = ("damaged_images", "image_hashes") if self.has_pictures else ()
        return (*(f"{split}_images" for split in self.splits), *inspection)

    @property
    def has_train(self) -> bool:
        """Whether there are labelled training images."""
        return "train" in self.splits

    @property
    def is_benchmark(self) -> bool:
        """Whether there are queries, an index and their ground truth."""
        return bool(self.families)

    @property
    def names_query_landmarks(self) -> bool:
        """Whether the landmark that a query shows is known, in the numbering of the training images."""
        return "recognition_solution" in self.tables


_ALL: tuple[Split, ...] = ("train", "index", "query")
_GLDV2_TABLES = ("recognition_solution", "landmark_names", "query_names")

FORMATS = {
    record.name: record
    for record in (
        Format("gldv1", ("train",)),
        Format("gldv2", _ALL, _GLDV2_TABLES, ("gldv2",), has_clean_list=True),
        Format(
            "revisited", ("index", "query"), ("query_names",), ("revisited",), embedding="embedding_revisited"
        ),
        Format("photo_folder", _ALL, _GLDV2_TABLES, ("gldv2",)),
        Format("distractors", ("index",)),
        Format("descriptors", _ALL, ("recognition_solution",), ("gldv2",), has_pictures=False),
        Format("revisited_descriptors", ("index", "query"), (), ("revisited",), has_pictures=False),
        Format("distractor_descriptors", ("index",), has_pictures=False),
        Format("vectors", (), has_pictures=False),  # files of embeddings alone, see formats.vectors
    )
}
