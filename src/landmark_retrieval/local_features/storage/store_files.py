"""Index of the shards of a folder of local features."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.features import Encoding
from landmark_retrieval.local_features.storage.shard import FORMAT, FeatureShard

CONTENTS_FILE = "contents.json"
IDS_FILE = "image_ids.npy"


def shard_path(folder: Path, number: int) -> Path:
    """Path of a shard."""
    return folder / f"{number:06d}.safetensors"


@dataclass(frozen=True)
class ShardEntry:
    """Summary of a shard; `width` and `encoding` are those of its descriptors."""

    images: int
    keypoints: int
    width: int
    encoding: str
    digest: str

    @classmethod
    def of(cls, shard: FeatureShard) -> ShardEntry:
        """The entry of a shard."""
        total, width = shard.descriptors.shape
        return cls(len(shard), total, width, shard.descriptors.dtype.name, shard.digest)


@dataclass(frozen=True)
class Contents:
    """The shards of a store in their order, each but the last of `shard_images` images.

    `width` and `encoding` are those of the descriptors; `fingerprint` is the SHA-256 over the digests of the
    shards, which cover ids and features.
    """

    shards: tuple[ShardEntry, ...]
    shard_images: int
    width: int
    encoding: Encoding
    fingerprint: str

    @classmethod
    def of(cls, shards: Sequence[ShardEntry], shard_images: int) -> Contents:
        """The contents of these shards; `ValueError` if their descriptors differ in length or encoding."""
        known = [s for s in shards if s.keypoints] or sorted(shards, key=lambda s: -s.width)[:1]
        kinds = {(s.width, s.encoding) for s in known} or {(0, "float16")}
        if len(kinds) > 1:
            raise ValueError(f"descriptors of different kinds in one store: {sorted(kinds)}")
        [(width, encoding)] = kinds
        digest = hashlib.sha256("\n".join([FORMAT, *(s.digest for s in shards)]).encode())
        return cls(tuple(shards), shard_images, width, cast(Encoding, encoding), digest.hexdigest())

    def save(self, folder: Path, ids: NDArray[np.str_]) -> None:
        """Write the ids, then the index, which completes the folder; shards of higher numbers are removed."""
        for path in folder.glob("*.safetensors"):
            if path.stem.isdecimal() and int(path.stem) >= len(self.shards):
                path.unlink()
        np.save(folder / IDS_FILE, ids, allow_pickle=False)
        head = {"format": FORMAT, "shard_images": self.shard_images, "fingerprint": self.fingerprint}
        text = json.dumps({**head, "shards": [asdict(s) for s in self.shards]}, indent=1)
        (folder / CONTENTS_FILE).write_text(text + "\n")

    @classmethod
    def load(cls, folder: Path) -> tuple[Contents, NDArray[np.str_]]:
        """What `save` wrote, and the ids `(n,)` str; `DataError` if files are missing or do not match."""
        path = folder / CONTENTS_FILE
        try:
            saved = json.loads(path.read_text())
            if saved["format"] != FORMAT:
                raise ValueError(f"expected {FORMAT!r}, found {saved['format']!r}")
            contents = cls.of([ShardEntry(**entry) for entry in saved["shards"]], saved["shard_images"])
            ids = np.load(folder / IDS_FILE, mmap_mode="r")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{folder} holds no local features of this version: {error}") from error
        contents._check(folder, saved["fingerprint"], len(ids))
        return contents, ids

    def _check(self, folder: Path, fingerprint: str, n_ids: int) -> None:
        n = sum(s.images for s in self.shards)
        if n != n_ids or fingerprint != self.fingerprint:
            raise DataError(f"{folder}: {CONTENTS_FILE} and {IDS_FILE} are of different local features")
        there = {entry.name for entry in os.scandir(folder)}
        for number in range(len(self.shards)):
            if (name := shard_path(folder, number).name) not in there:
                raise DataError(f"{folder}: the shard {name} is missing")
