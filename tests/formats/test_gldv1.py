import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.gldv1 import read_gldv1


def test_images_lie_flat_and_an_address_may_be_none(tree):
    files = tree(train__csv='id,url,landmark_id\nab12,None,7\n"cd-34","http://x/y,z.jpg",0\n')
    images = read_gldv1(files)
    assert images.to_dict("list") == {
        "image_id": ["ab12", "cd-34"],
        "path": ["train/ab12.jpg", "train/cd-34.jpg"],
        "landmark_id": [7, 0],
    }
    assert images["landmark_id"].dtype == "int64"
    assert images["image_id"].dtype == images["path"].dtype == "str"


def test_other_places_can_be_named(tree):
    files = tree.of({"meta/v1.csv": "id,url,landmark_id\nab,None,7\n"})
    assert read_gldv1(files, "meta/v1.csv", "pictures/v1")["path"].tolist() == ["pictures/v1/ab.jpg"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("../../etc,None,1", r"line 3: expected id without spaces and slashes, found '\.\./\.\./etc'"),
        ("a b,None,1", "line 3: expected id without spaces"),
        (",None,1", "line 3: expected id without spaces and slashes, found ''"),
        ("ab,None,1", "line 3: id 'ab' is already in line 2"),
        ("cd,None,None", "line 3: expected landmark_id a whole number, found 'None'"),
        ("cd,None,1.5", "line 3: expected landmark_id a whole number, found '1.5'"),
        ("cd,None", "line 3: expected 3 fields, found 2"),
    ],
)
def test_bad_rows_are_named(tree, row, message):
    with pytest.raises(DataError, match=r"train\.csv, " + message):
        read_gldv1(tree(train__csv=f"id,url,landmark_id\nab,None,1\n{row}\n"))
