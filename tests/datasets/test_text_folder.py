import pytest
from kedro.io import DatasetError

from landmark_retrieval.datasets.text_folder import MAX_BYTES, TextFolderDataset


def dataset(folder):
    return TextFolderDataset(filepath=str(folder), suffix=".json")


def test_texts_by_name(tmp_path):
    (tmp_path / "b.json").write_text("{ü}", encoding="utf-8")
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf{}")
    (tmp_path / "notes.txt").write_text("passed over")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "c.json").write_text("passed over")
    (tmp_path / "folder.json").mkdir()
    assert list(dataset(tmp_path).load().items()) == [("a.json", "{}"), ("b.json", "{ü}")]


def test_a_missing_or_empty_folder_holds_no_texts(tmp_path):
    assert dataset(tmp_path).load() == {}
    assert dataset(tmp_path / "missing").load() == {}
    assert dataset(tmp_path / "missing").exists()
    assert not (tmp_path / "missing").exists()


def test_a_link_may_stay_inside_but_not_lead_out(tmp_path):
    folder = tmp_path / "verdicts"
    folder.mkdir()
    (folder / "a.json").write_text("{}")
    (folder / "b.json").symlink_to(folder / "a.json")
    assert dataset(folder).load() == {"a.json": "{}", "b.json": "{}"}
    (tmp_path / "secret.json").write_text("{}")
    (folder / "c.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(DatasetError, match=r"'c\.json' leads out of"):
        dataset(folder).load()


def test_a_link_to_nothing_is_an_error(tmp_path):
    (tmp_path / "a.json").symlink_to(tmp_path / "gone.json")
    with pytest.raises(DatasetError, match=r"gone\.json"):
        dataset(tmp_path).load()


def test_text_that_is_none_is_an_error(tmp_path):
    (tmp_path / "a.json").write_bytes(b"\xff\xfe")
    with pytest.raises(DatasetError, match=r"a\.json: expected UTF-8 text"):
        dataset(tmp_path).load()


def test_an_enormous_file_is_an_error(tmp_path):
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(DatasetError, match=r"a\.json: expected at most"):
        dataset(tmp_path).load()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "verdicts").touch()
    with pytest.raises(DatasetError, match="expected a folder"):
        dataset(tmp_path / "verdicts").load()


def test_saving_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="written to by people"):
        dataset(tmp_path / "verdicts").save({"a.json": "{}"})
    assert not (tmp_path / "verdicts").exists()
