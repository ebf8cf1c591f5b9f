"""Extraction that was stopped, or whose input has changed, makes what is missing and nothing else."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.local_features.extraction import extract_features
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.storage.store import LocalFeatureStore

pytestmark = pytest.mark.costly

N, SHARD = 12, 3


class Logged:
    """Colours of a few pixels; a line of a file for each call, of which the last one may end the process."""

    one_at_a_time = False

    def __init__(self, log, fingerprint="pixels", calls=None):
        self.log, self.fingerprint, self.calls = Path(log), fingerprint, calls

    def __call__(self, image):
        with self.log.open("a") as file:
            file.write(f"{image[0, 0, 0]}\n")
        if self.calls is not None and len(self.log.read_text().split()) >= self.calls:
            os.kill(os.getpid(), signal.SIGKILL)
        colours = image[::4, ::4].reshape(-1, 3).astype(np.float32)
        rows = colours / np.linalg.norm(colours, axis=1, keepdims=True)
        points = np.stack([np.arange(len(rows))] * 2, axis=1).astype(np.float32)
        return LocalFeatures(points, rows, np.ones(len(rows), np.float32))


def draw(folder, number, seed):
    picture = np.random.default_rng(seed).integers(1, 256, (16, 20, 3), dtype=np.uint8)
    picture[0, 0] = number
    cv2.imwrite(str(folder / f"{number:02d}.png"), picture)


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    for number in range(1, N + 1):
        draw(folder, number, seed=number)
    return folder


def table(numbers=range(1, N + 1)):
    names = [f"{number:02d}" for number in numbers]
    return pd.DataFrame({"image_id": names, "path": [f"{name}.png" for name in names]})


def run(tmp_path, photographs, store="store", images=None, **of_extractor):
    """The store that is made, and the pictures that were looked at for it."""
    log = tmp_path / "log"
    log.write_text("")
    extractor = Logged(log, **of_extractor)
    images = table() if images is None else images
    stream = extract_features(FileTree(photographs), images, extractor, 2, crop=True, work=tmp_path / "work")
    saved = stream.save(tmp_path / store, shard_images=SHARD)
    return saved, sorted(int(line) for line in log.read_text().split())


def undisturbed(tmp_path, photographs, images=None):
    images = table() if images is None else images
    stream = extract_features(FileTree(photographs), images, Logged(tmp_path / "other"), 1, crop=True)
    return stream.save(tmp_path / "undisturbed", shard_images=SHARD)


def assert_same_files(one, other):
    names = sorted(path.name for path in one.folder.iterdir())
    assert names == sorted(path.name for path in other.folder.iterdir())
    for name in names:
        assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes(), name


def test_what_is_finished_is_not_made_again_but_linked(tmp_path, photographs):
    first, looked_at = run(tmp_path, photographs, "first")
    assert looked_at == list(range(1, N + 1))
    second, looked_at = run(tmp_path, photographs, "second")
    assert looked_at == []
    assert_same_files(first, second)
    assert_same_files(second, undisturbed(tmp_path, photographs))
    inodes = {(s.folder / "000001.safetensors").stat().st_ino for s in (first, second)}
    assert len(inodes) == 1


def killed_run(tmp_path, photographs, calls):
    """Start the extraction in another process that is killed at so many calls of the extractor."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from test_continuing import run\n"
        "run(Path(sys.argv[2]), Path(sys.argv[3]), 'killed', calls=int(sys.argv[4]))"
    )
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": str(here.parents[1] / "src")}
    command = [sys.executable, "-c", code, str(here), str(tmp_path), str(photographs), str(calls)]
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL


def test_a_killed_run_is_continued_to_the_same_bytes(tmp_path, photographs):
    killed_run(tmp_path, photographs, calls=8)
    finished = sorted(path.stem for path in (tmp_path / "work").glob("*.json"))
    assert 0 < len(finished) < N / SHARD
    assert not (tmp_path / "killed" / "contents.json").exists()
    store, looked_at = run(tmp_path, photographs)
    done = {SHARD * int(name) + i for name in finished for i in range(1, SHARD + 1)}
    assert looked_at == sorted(set(range(1, N + 1)) - done)
    assert_same_files(store, undisturbed(tmp_path, photographs))


def test_killed_between_a_shard_and_its_note(tmp_path, photographs):
    first, _ = run(tmp_path, photographs, "first")
    (tmp_path / "work" / "000002.json").unlink()
    (tmp_path / "work" / ".000002.json.0123.partial").write_bytes(b"half")
    second, looked_at = run(tmp_path, photographs, "second")
    assert looked_at == [7, 8, 9]
    assert_same_files(first, second)
    assert list((tmp_path / "work").glob(".*")) == []


def test_a_changed_picture_is_looked_at_again_and_an_older_store_stays(tmp_path, photographs):
    older, _ = run(tmp_path, photographs, "older")
    before = [older.features(row).descriptors.copy() for row in range(N)]
    draw(photographs, 5, seed=99)
    newer, looked_at = run(tmp_path, photographs, "newer")
    assert looked_at == [4, 5, 6]
    assert_same_files(newer, undisturbed(tmp_path, photographs))
    again = LocalFeatureStore.load(older.folder)
    for row in range(N):
        np.testing.assert_array_equal(again.features(row).descriptors, before[row])
    assert older.fingerprint != newer.fingerprint


def test_pictures_that_were_copied_are_the_same(tmp_path, photographs):
    run(tmp_path, photographs, "first")
    shutil.copytree(photographs, tmp_path / "elsewhere", copy_function=shutil.copyfile)
    assert run(tmp_path, tmp_path / "elsewhere", "second")[1] == []


def flip(path):
    content = bytearray(path.read_bytes())
    content[-200] ^= 1
    path.unlink()
    path.write_bytes(content)


DAMAGES = {
    "another bit": flip,
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-10]),
    "empty": lambda path: path.write_bytes(b""),
    "missing": lambda path: path.unlink(),
}


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [*((".safetensors", damage) for damage in DAMAGES), *((".json", damage) for damage in list(DAMAGES)[1:])],
)
def test_a_damaged_shard_is_made_anew(tmp_path, photographs, suffix, damage):
    expected, _ = run(tmp_path, photographs, "first")
    shutil.copytree(expected.folder, tmp_path / "copied")
    path = tmp_path / "work" / f"000001{suffix}"
    copy = path.with_name("copy")
    shutil.copyfile(path, copy)
    path.unlink()
    copy.rename(path)
    DAMAGES[damage](path)
    store, looked_at = run(tmp_path, photographs, "second")
    assert looked_at == [4, 5, 6]
    assert_same_files(store, LocalFeatureStore.load(tmp_path / "copied"))


def test_another_extractor_is_another_work(tmp_path, photographs):
    run(tmp_path, photographs, "first")
    assert run(tmp_path, photographs, "second", fingerprint="other")[1] == list(range(1, N + 1))


def test_only_shards_with_other_images_or_boxes_are_made_anew(tmp_path, photographs):
    images = table().assign(width=20, height=16, **dict.fromkeys(["x1", "y1", "x2", "y2"], np.nan))
    run(tmp_path, photographs, "first", images)
    renamed = images.replace({"image_id": {"02": "two"}})
    renamed.loc[11, ["x1", "y1", "x2", "y2"]] = [0, 0, 10, 10]
    store, looked_at = run(tmp_path, photographs, "second", renamed)
    assert looked_at == [1, 2, 3, 10, 11, 12]
    assert_same_files(store, undisturbed(tmp_path, photographs, renamed))


def test_fewer_images_need_nothing_new_but_the_last_shard(tmp_path, photographs):
    run(tmp_path, photographs, "first")
    store, looked_at = run(tmp_path, photographs, "second", table(range(1, 9)))
    assert looked_at == [7, 8]
    assert_same_files(store, undisturbed(tmp_path, photographs, table(range(1, 9))))


def test_what_was_finished_before_an_unreadable_picture_is_kept(tmp_path, photographs):
    good = (photographs / "08.png").read_bytes()
    (photographs / "08.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"08\.png: not a picture"):
        run(tmp_path, photographs, "first")
    (photographs / "08.png").write_bytes(good)
    store, looked_at = run(tmp_path, photographs, "second")
    assert looked_at == [7, 8, 9, 10, 11, 12]
    assert_same_files(store, undisturbed(tmp_path, photographs))


def test_shards_are_copied_where_files_cannot_be_linked(tmp_path, photographs, monkeypatch):
    def another_disk(*paths):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", another_disk)
    store, _ = run(tmp_path, photographs)
    assert (store.folder / "000000.safetensors").stat().st_nlink == 1
    assert_same_files(store, undisturbed(tmp_path, photographs))
