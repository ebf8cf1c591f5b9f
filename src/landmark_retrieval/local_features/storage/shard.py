"""Local features of some images in one safetensors file."""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.storage.quantisation import Quantised

FORMAT = "landmark-retrieval local features 1"

_TYPES = {"I64": np.int64, "U16": np.uint16, "F16": np.float16, "U8": np.uint8}
_CODES = {np.dtype(numpy): code for code, numpy in _TYPES.items()}
_PIECE = 8 << 20
_ROWS = ("keypoints", "descriptors", "scores")
_ARRAYS = ("offsets", "keypoints", "scores", "sizes", "descriptors", "ids")


@dataclass(frozen=True, eq=False)
class FeatureShard:
    """Local features of a few images, one after the other; memory-mapped if opened from a file.

    Attributes:
        offsets: `(n + 1,)` int64; image `i` owns the rows `offsets[i]:offsets[i + 1]` of the next three.
        keypoints: `(total, 2)` uint16 x, y in steps of 1/16 pixel.
        scores: `(total,)` float16.
        descriptors: `(total, d)` uint8 or float16.
        ids: `(m,)` uint8, the image ids as a JSON list in UTF-8.
        digest: SHA-256 of all of these and of `sizes`.
        sizes: `(n, 2)` uint16 width and height of each picture in pixels, 0 if unknown; None if all are.
    """

    offsets: NDArray[np.int64]
    keypoints: NDArray[np.uint16]
    scores: NDArray[np.float16]
    descriptors: NDArray[Any]
    ids: NDArray[np.uint8]
    digest: str
    sizes: NDArray[np.uint16] | None = None

    @classmethod
    def pack(cls, image_ids: Sequence[str], images: Sequence[Quantised]) -> FeatureShard:
        """The features of `image_ids` in order; `ValueError` if descriptors differ in length or type."""
        filled = [q for q in images if len(q.scores)] or images[:1]
        kinds = {(q.descriptors.shape[1], q.descriptors.dtype.name) for q in filled}
        if len(kinds) > 1:
            raise ValueError(f"descriptors of different kinds in one store: {sorted(kinds)}")
        arrays = {
            "offsets": np.cumsum([0, *(len(q.scores) for q in images)], dtype=np.int64),
            **{name: np.concatenate([getattr(q, name) for q in filled]) for name in _ROWS},
            "ids": np.frombuffer(json.dumps(list(image_ids)).encode(), np.uint8),
        }
        if any(max(q.size) for q in images):
            arrays["sizes"] = np.array([q.size for q in images], np.uint16)
        for array in arrays.values():
            array.flags.writeable = False  # as if they were mapped
        return cls(**arrays, digest=_digest(arrays))

    @classmethod
    def open(cls, path: Path) -> FeatureShard:
        """A shard that `save` wrote, memory-mapped; its digest is not verified.

        Raises:
            DataError: the file is missing, truncated or not a shard.
        """
        try:
            with path.open("rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            start = 8 + int.from_bytes(mapped[:8], "little")
            header = json.loads(mapped[8:start])
            about = header.pop("__metadata__")
            if about["format"] != FORMAT:
                raise ValueError(f"expected {FORMAT!r}, found {about['format']!r}")
            arrays = {name: _array(mapped, start, entry) for name, entry in header.items()}
            return cls(**arrays, digest=about["sha256"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path} is not a complete shard of local features: {error}") from error

    def save(self, path: Path) -> None:
        """Write the file `path`."""
        header: dict[str, Any] = {"__metadata__": {"format": FORMAT, "sha256": self.digest}}
        end = 0
        for name, array in self._arrays().items():
            start, end = end, end + array.nbytes
            code = _CODES[array.dtype]
            header[name] = {"dtype": code, "shape": array.shape, "data_offsets": [start, end]}
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with path.open("wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for array in self._arrays().values():
                file.write(array.reshape(-1).view(np.uint8))

    @cached_property
    def image_ids(self) -> list[str]:
        """Ids of the images, in order."""
        ids: list[str] = json.loads(self.ids.tobytes())
        return ids

    @property
    def is_whole(self) -> bool:
        """Whether the content is that of the digest; reads all of it."""
        return _digest(self._arrays()) == self.digest

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def _arrays(self) -> dict[str, NDArray[Any]]:
        # Wide types first, so that each array starts at a multiple of its item size.
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        return {name: array for name, array in arrays.items() if array is not None}


def _array(mapped: mmap.mmap, start: int, entry: dict[str, Any]) -> NDArray[Any]:
    first, last = entry["data_offsets"]
    flat = np.frombuffer(mapped, np.uint8, last - first, start + first)
    array: NDArray[Any] = flat.view(_TYPES[entry["dtype"]]).reshape(entry["shape"])
    return array


def _digest(arrays: dict[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256(FORMAT.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        flat = array.reshape(-1).view(np.uint8)
        for piece in range(0, len(flat), _PIECE):
            digest.update(flat[piece : piece + _PIECE])
    return digest.hexdigest()
