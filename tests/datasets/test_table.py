import numpy as np
import pandas as pd
import pytest
from kedro.io import DatasetError, Version

from landmark_retrieval.datasets.table import TableDataset

TABLE = pd.DataFrame(
    {
        "image_id": ["a", "b", "c"],
        "landmark_id": [1, 2, 3],
        "relevant": [["x", "y"], [], ["z"]],
        "landmark_ids": [[1, 2], [], [3]],
        "x1": [0.5, np.nan, 2.0],
        "kept": [True, False, True],
        "note": ["p", None, "q"],
    }
)


def test_every_kind_of_column_comes_back_as_it_was(tmp_path):
    dataset = TableDataset(filepath=str(tmp_path / "t.parquet"), version=Version(None, "v1"))
    dataset.save(TABLE)
    loaded = dataset.load()
    pd.testing.assert_frame_equal(loaded, TABLE)
    assert [type(value) for value in loaded["relevant"]] == [list] * 3
    assert isinstance(loaded["landmark_ids"][0][0], int)


@pytest.mark.parametrize("rows", [0, 1])
def test_short_tables_keep_their_types(tmp_path, rows):
    dataset = TableDataset(filepath=str(tmp_path / "t.parquet"))
    dataset.save(TABLE[:rows])
    loaded = dataset.load()
    assert loaded.dtypes.drop(["relevant", "landmark_ids"]).equals(
        TABLE.dtypes.drop(["relevant", "landmark_ids"])
    )
    assert loaded["relevant"].dtype == object
    assert len(loaded) == rows


def test_the_index_is_not_saved(tmp_path):
    dataset = TableDataset(filepath=str(tmp_path / "t.parquet"))
    dataset.save(TABLE.iloc[[2, 0]])
    pd.testing.assert_frame_equal(dataset.load(), TABLE.iloc[[2, 0]].reset_index(drop=True))


def test_a_table_that_cannot_be_written_leaves_no_version(tmp_path):
    dataset = TableDataset(filepath=str(tmp_path / "t.parquet"), version=Version(None, "v1"))
    with pytest.raises(DatasetError):
        dataset.save(pd.DataFrame({"mixed": [1, "a", object()]}))
    assert not dataset.exists()
    assert list(tmp_path.iterdir()) == []


def test_the_preview_shows_the_first_rows(tmp_path):
    dataset = TableDataset(filepath=str(tmp_path / "t.parquet"))
    dataset.save(TABLE[["image_id", "relevant"]])
    assert dataset.preview(nrows=2) == {
        "index": [0, 1],
        "columns": ["image_id", "relevant"],
        "data": [["a", ["x", "y"]], ["b", []]],
    }
    dataset.save(TABLE[:0])
    assert dataset.preview()["data"] == []
