"""Reading of image files as RGB pixels, with a reason for each that cannot be read."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from landmark_retrieval.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from landmark_retrieval.images.file_tree import FileTree

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
MAX_PIXELS = 2**28 // 3
"""More than 256 MiB of RGB is taken for a decompression bomb (89 megapixels; Pillow's limit too)."""

_SIGNATURE = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|GIF8|RIFF....WEBP|II\*\0|MM\0\*", re.DOTALL)
_JPEG_MARKER = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])")


class DamagedImage(DataError):  # noqa: N818 - a verdict on a file, named like the table it goes into
    """A picture that cannot be read; `reason` is one of those of `tables.DamagedImages`."""

    def __init__(self, path: str, reason: str, detail: str = "") -> None:
        super().__init__(path, reason, detail)
        self.path, self.reason, self.detail = path, reason, detail

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" + (f" ({self.detail})" if self.detail else "")


def read_rgb(files: FileTree, path: str) -> NDArray[np.uint8]:
    """The pixels of `read_picture`."""
    return read_picture(files, path)[0]


def read_picture(files: FileTree, path: str) -> tuple[NDArray[np.uint8], bytes]:
    """The pixels of a picture, `(height, width, 3)` uint8 RGB, and the file that they are made from.

    Grey, CMYK, paletted and 16-bit pictures become plain 8-bit RGB, transparency is dropped, of an animation
    the first frame is taken. An EXIF orientation is ignored: boxes and sizes of the benchmarks are given
    in stored pixels (an orientation inside a TIFF is still applied by the decoder).

    Raises:
        DamagedImage: with the reason; nothing is decoded before the size in its header is found acceptable.
    """
    with _open(_locate(files, path), path) as file:
        width, height, is_jpeg = _read_header(file, path)
        file.seek(0)
        data = file.read()
    if is_jpeg and not _has_end_of_image(data):
        raise DamagedImage(path, "truncated", f"{len(data)} bytes without an end-of-image marker")
    pixels = _decode(data)
    if pixels is None:
        raise DamagedImage(path, "truncated", f"the data of the {width} x {height} picture cannot be decoded")
    return pixels, data


def _locate(files: FileTree, path: str) -> Path:
    try:
        located = files.path(path)
        is_file, exists = located.is_file(), located.exists()
    except DataError as error:
        raise DamagedImage(path, "outside the root") from error
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name too long, a null byte
        raise DamagedImage(path, "missing", "the name cannot be followed") from error
    if not is_file:
        raise DamagedImage(path, "missing", "not a file" if exists else "")
    return located


def _open(located: Path, path: str) -> IO[bytes]:
    try:
        file = located.open("rb")
    except OSError as error:
        raise DamagedImage(path, "missing", str(error.strerror)) from error
    if not file.read(1):
        file.close()
        raise DamagedImage(path, "empty")
    file.seek(0)
    return file


def _read_header(file: IO[bytes], path: str) -> tuple[int, int, bool]:
    from PIL import Image

    try:
        with Image.open(file, formats=FORMATS) as header:
            width, height = header.size
            is_jpeg = header.format in ("JPEG", "MPO")
    except Image.DecompressionBombError as error:
        raise DamagedImage(path, "too large", str(error)) from error
    except Exception as error:  # Pillow's plugins raise whatever a broken header leads them to
        raise _broken_header(file, path) from error
    if width * height > MAX_PIXELS:
        raise DamagedImage(path, "too large", f"{width} x {height} pixels, at most {MAX_PIXELS} are read")
    return width, height, is_jpeg


def _broken_header(file: IO[bytes], path: str) -> DamagedImage:
    file.seek(0)
    if _SIGNATURE.match(file.read(16)):
        return DamagedImage(path, "truncated", "it ends or breaks within its header")
    return DamagedImage(path, "not a picture", f"none of {', '.join(FORMATS)}")


def _has_end_of_image(data: bytes) -> bool:
    """Whether the JPEG stream reaches its end marker; OpenCV 4 fills what is missing with grey, silently.

    Segments are stepped over by their length, so that the end of an embedded thumbnail does not count.
    """
    position = 2
    while found := _JPEG_MARKER.search(data, position):
        if found[1] == b"\xd9":
            return True
        position = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return False


def _decode(data: bytes) -> NDArray[np.uint8] | None:
    import cv2

    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        decoded: Any = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
    return decoded
