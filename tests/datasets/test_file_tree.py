import pytest
from kedro.io import DatasetError

from landmark_retrieval.datasets.file_tree import FileTreeDataset

FILES = [("train.csv", b"id\n"), ("0/1/a.jpg", b"\xff\xd8"), ("0/b.jpg", b"")]


def test_a_tree_is_written_and_read(tmp_path):
    dataset = FileTreeDataset(filepath=str(tmp_path / "raw"))
    dataset.save(iter(FILES))
    tree = dataset.load()
    assert {name: tree.path(name).read_bytes() for name, _ in FILES} == dict(FILES)


def test_a_new_tree_replaces_the_old_one_whole(tmp_path):
    dataset = FileTreeDataset(filepath=str(tmp_path / "raw"))
    dataset.save(FILES)
    dataset.save([("only", b"1")])
    assert [p.name for p in (tmp_path / "raw").iterdir()] == ["only"]
    assert [p.name for p in tmp_path.iterdir()] == ["raw"]


@pytest.mark.parametrize("name", ["../escaped", "/escaped", "a/../../escaped"])
def test_paths_that_lead_out_are_refused(tmp_path, name):
    dataset = FileTreeDataset(filepath=str(tmp_path / "raw"))
    dataset.save([("kept", b"1")])
    with pytest.raises(DatasetError, match="leads out of"):
        dataset.save([("fine", b"1"), (name, b"2")])
    assert [p.relative_to(tmp_path).as_posix() for p in sorted(tmp_path.rglob("*"))] == ["raw", "raw/kept"]


def test_a_path_that_stands_twice_is_refused(tmp_path):
    dataset = FileTreeDataset(filepath=str(tmp_path / "raw"))
    with pytest.raises(DatasetError, match=r"'a/b' occurs twice"):
        dataset.save([("a/b", b"1"), ("a/b", b"2")])


def test_a_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(
        DatasetError,
        match=r"raw does not exist: put the files there .*draws those of sources that are `generated`",
    ):
        FileTreeDataset(filepath=str(tmp_path / "raw")).load()


def test_a_file_is_no_tree(tmp_path):
    (tmp_path / "raw").touch()
    with pytest.raises(DatasetError, match="expected a folder"):
        FileTreeDataset(filepath=str(tmp_path / "raw")).load()
