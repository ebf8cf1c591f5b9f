import io
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.reading import MAX_PIXELS, DamagedImage, read_rgb


@pytest.fixture
def read(tmp_path):
    """Read bytes as a picture of that name."""

    def read(data, name="picture.jpg"):
        (tmp_path / name).write_bytes(data)
        return read_rgb(FileTree(tmp_path), name)

    return read


def reason_of(read, data):
    with pytest.raises(DamagedImage) as damage:
        read(data)
    return damage.value.reason


def png_header_of(width, height, encode):
    data = bytearray(encode("PNG"))
    ihdr = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes(data[24:29])
    data[12:29], data[29:33] = ihdr, zlib.crc32(ihdr).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_pictures_are_read_to_the_pixel_as_rgb(read, encode, scene, name):
    assert np.array_equal(read(encode(name)), np.asarray(scene))


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA"])
def test_every_colour_mode_becomes_plain_rgb(read, encode, scene, mode):
    image = scene.convert(mode)
    assert np.array_equal(read(encode("PNG", image)), np.asarray(image.convert("RGB")))


def test_sixteen_bits_become_eight(read, scene):
    deep = np.asarray(scene).astype(np.uint16) * 256
    pixels = read(cv2.imencode(".png", deep[..., ::-1])[1].tobytes())
    assert pixels.dtype == np.uint8
    assert np.array_equal(pixels, np.asarray(scene))


@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"restart_marker_blocks": 2}, {"subsampling": 0, "quality": 98}]
)
def test_jpegs_look_like_what_pillow_sees(read, encode, options):
    data = encode("JPEG", **options)
    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert np.abs(read(data) - expected).max() <= 4


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_grey_and_cmyk_jpegs_become_rgb(read, encode, scene, mode):
    data = encode("JPEG", scene.convert(mode), quality=95)
    expected = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    pixels = read(data)
    assert pixels.shape == (40, 60, 3)
    assert np.abs(pixels - expected).mean() < 2


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_pixels_stay_as_stored_whatever_the_exif_orientation(read, encode, name):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read(encode(name, exif=exif)).shape == (40, 60, 3)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"restart_marker_blocks": 2}),
        ("PNG", {}),
        ("WEBP", {}),
        ("TIFF", {}),
        ("GIF", {}),
    ],
)
def test_a_picture_cut_anywhere_is_truncated(read, encode, name, options):
    data = encode(name, **options)
    assert read(data).shape == (40, 60, 3)
    cuts = {*range(16, len(data), max(1, len(data) // 60)), *range(len(data) - 12, len(data))}
    assert {reason_of(read, data[:cut]) for cut in cuts} == {"truncated"}


def test_a_bitmap_cut_in_its_pixels_is_truncated(read, encode):
    data = encode("BMP")
    assert {reason_of(read, data[:cut]) for cut in range(60, len(data), 500)} == {"truncated"}


def test_the_end_of_an_embedded_thumbnail_is_not_the_end(read, encode, scene):
    data, thumbnail = encode("JPEG"), encode("JPEG", scene.resize((16, 16)))
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    whole = data[:2] + segment + data[2:]
    assert np.array_equal(read(whole), read(data))
    assert reason_of(read, whole[: len(whole) // 2]) == "truncated"
    assert reason_of(read, whole[:-2]) == "truncated"


def test_what_follows_the_end_of_a_jpeg_does_no_harm(read, encode):
    data = encode("JPEG")
    assert np.array_equal(read(data + b"\0" * 100), read(data))


def test_zeros_in_place_of_the_rest_are_truncated(read, encode):
    data = encode("JPEG")
    assert reason_of(read, data[: len(data) // 2] + b"\0" * 5000) == "truncated"


def test_a_broken_stream_is_truncated(read, encode):
    data = encode("PNG")
    middle = len(data) // 2
    assert reason_of(read, data[:middle] + b"\x13\x77" * 20 + data[middle + 40 :]) == "truncated"


@pytest.mark.parametrize(
    "data", [b"<html>404 not found</html>", b"\0" * 5000, b"x", b"BMX is a sport", b"%PDF-1.7\n"]
)
def test_other_files_are_no_pictures(read, data):
    assert reason_of(read, data) == "not a picture"


def test_an_empty_file_is_empty(read):
    assert reason_of(read, b"") == "empty"


@pytest.mark.filterwarnings("ignore:Image size")
@pytest.mark.parametrize("size", [(10_000, 10_000), (50_000, 50_000), (2**31 - 1, 2**31 - 1)])
def test_a_decompression_bomb_is_judged_by_its_header(read, encode, size):
    assert reason_of(read, png_header_of(*size, encode)) == "too large"


def test_the_limit_itself_is_not_too_large(read, encode):
    assert reason_of(read, png_header_of(MAX_PIXELS // 5, 5, encode)) == "truncated"


def test_names_that_lead_nowhere_are_missing(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for name in ["nothing.jpg", "folder.jpg", "a", "x" * 5000, "null\0byte.jpg", "no/where.jpg"]:
        with pytest.raises(DamagedImage) as damage:
            read_rgb(FileTree(tmp_path), name)
        assert damage.value.reason == "missing"


def test_names_that_lead_out_are_outside_the_root(tmp_path, encode):
    (tmp_path / "secret.jpg").write_bytes(encode("JPEG"))
    root = tmp_path / "root"
    root.mkdir()
    (root / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    for name in ["../secret.jpg", str(tmp_path / "secret.jpg"), "link.jpg"]:
        with pytest.raises(DamagedImage) as damage:
            read_rgb(FileTree(root), name)
        assert damage.value.reason == "outside the root"


def test_the_message_names_the_picture_and_the_reason(tmp_path):
    with pytest.raises(DamagedImage, match=r"^a/b\.jpg: missing$"):
        read_rgb(FileTree(tmp_path), "a/b.jpg")
