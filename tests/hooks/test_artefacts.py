import hashlib
from pathlib import Path

import pytest
from kedro.io import MemoryDataset, Version

from landmark_retrieval.datasets.html import HtmlDataset
from landmark_retrieval.datasets.read_only import WorkFolderDataset
from landmark_retrieval.hooks.artefacts import Fingerprint, Fingerprints, locate

pytestmark = pytest.mark.costly


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def fingerprint(path: Path, content_limit: int = 1000, names_limit: int = 1000) -> Fingerprint:
    return Fingerprints(content_limit, names_limit).of(path, changed=False)


def test_a_file_has_the_sha256_that_every_tool_shows(tmp_path):
    write(tmp_path, {"a": "text"})
    expected = Fingerprint(hashlib.sha256(b"text").hexdigest(), "content", 4, 1)
    assert fingerprint(tmp_path / "a") == expected


def test_a_folder_is_its_names_and_contents_in_any_order(tmp_path):
    files = {"b/2": "two", "a": "one", "b/1": "", "b.txt": "x"}
    first = fingerprint(write(tmp_path / "first", files))
    second = fingerprint(write(tmp_path / "second", dict(reversed(files.items()))))
    assert first == second
    assert (first.bytes, first.files) == (7, 4)


@pytest.mark.parametrize(
    "other", [{"a": "one", "b": "owt"}, {"a": "one", "c": "two"}, {"a": "two", "b": "one"}]
)
def test_another_name_or_content_is_another_folder(tmp_path, other):
    first = fingerprint(write(tmp_path / "first", {"a": "one", "b": "two"}))
    assert fingerprint(write(tmp_path / "second", other)).sha256 != first.sha256


def test_much_content_is_told_by_names_and_sizes(tmp_path):
    first = fingerprint(write(tmp_path / "first", {"a": "one", "b": "two"}), content_limit=5)
    same = fingerprint(write(tmp_path / "same", {"a": "xxx", "b": "yyy"}), content_limit=5)
    longer = fingerprint(write(tmp_path / "longer", {"a": "one", "b": "three"}), content_limit=5)
    assert first.sha256_of == "names and sizes"
    assert first == same
    assert first.sha256 != longer.sha256


def test_too_many_files_are_not_looked_at(tmp_path):
    folder = write(tmp_path / "many", {str(i): "x" for i in range(5)})
    assert fingerprint(folder, names_limit=4) == Fingerprint(None, "nothing", None, None)
    assert fingerprint(folder, names_limit=5).files == 5


def test_what_does_not_exist_has_no_fingerprint(tmp_path):
    assert fingerprint(tmp_path / "nothing").sha256 is None
    assert fingerprint(tmp_path).files == 0


def test_a_path_is_read_once_unless_it_changed(tmp_path):
    known = Fingerprints(1000, 1000)
    first = known.of(write(tmp_path, {"a": "one"}) / "a", changed=False)
    write(tmp_path, {"a": "two"})
    assert known.of(tmp_path / "a", changed=False) == first
    assert known.of(tmp_path / "a", changed=True) == known.of(tmp_path / "a", changed=False) != first


def test_datasets_are_located_as_read_and_as_written(tmp_path):
    page = HtmlDataset(filepath=str(tmp_path / "p.html"), version=Version(None, "v2"))
    write(tmp_path, {"p.html/v1/p.html": "old"})
    assert locate(page, saved=False) == (tmp_path / "p.html" / "v1" / "p.html", "v1")
    assert locate(page, saved=True) == (tmp_path / "p.html" / "v2" / "p.html", "v2")
    assert locate(HtmlDataset(filepath=str(tmp_path / "q")), saved=True) == (tmp_path / "q", None)
    assert locate(WorkFolderDataset(filepath=str(tmp_path / "c")), saved=False) == (tmp_path / "c", None)
    assert locate(MemoryDataset(1), saved=False) == (None, None)
