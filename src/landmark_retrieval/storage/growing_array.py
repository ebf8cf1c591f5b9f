"""`.npy` files that grow by rows."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class GrowingArray(AbstractContextManager["GrowingArray"]):
    """A `.npy` file whose first axis grows; complete when it is closed.

    Attributes:
        shape: of what was appended so far; the first rows decide on all axes but the first.
    """

    def __init__(self, path: Path, dtype: DTypeLike) -> None:
        self.shape: tuple[int, ...] = (0,)
        self._dtype = np.dtype(dtype)
        self._file = path.open("wb")

    def append(self, rows: NDArray[Any]) -> None:
        """Write rows after the earlier ones.

        Raises:
            ValueError: their shape differs from that of the earlier ones.
        """
        if not self.shape[0]:
            self.shape = (0, *rows.shape[1:])
            self._write_header()
            self._file.truncate()
        if not len(rows):
            return
        if rows.shape[1:] != self.shape[1:]:
            raise ValueError(f"expected rows of shape {self.shape[1:]}, found {rows.shape[1:]}")
        self._file.write(np.ascontiguousarray(rows, self._dtype).tobytes())
        self.shape = (self.shape[0] + len(rows), *rows.shape[1:])

    def __exit__(self, *_: object) -> None:
        self._write_header()
        self._file.close()

    def _write_header(self) -> None:
        # NumPy pads the header, so that a longer first axis fits into the same bytes.
        self._file.seek(0)
        header = {"descr": self._dtype.str, "fortran_order": False, "shape": self.shape}
        np.lib.format.write_array_header_1_0(self._file, header)
