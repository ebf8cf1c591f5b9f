import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.gldv2_csv.landmarks import read_landmark_names
from landmark_retrieval.tables import LandmarkNames

WIKI = "http://commons.wikimedia.org/wiki/Category:"


@pytest.mark.parametrize(
    ("category", "name"),
    [
        (f"{WIKI}Happy_Valley_Racecourse", "Happy Valley Racecourse"),
        (f"{WIKI}Sacr%C3%A9-C%C5%93ur_(Paris)", "Sacré-Cœur (Paris)"),
        (f'"{WIKI}Church,_Bath/Somerset"', "Church, Bath/Somerset"),
        (f"{WIKI}Timișoara", "Timișoara"),
        ("http://x/y/Old_Mill", "Old Mill"),
        ("Eiffel Tower", "Eiffel Tower"),
    ],
)
def test_names_are_readable(tree, category, name):
    names = read_landmark_names(tree(train_label_to_category__csv=f"landmark_id,category\n12,{category}\n"))
    LandmarkNames.validate(names)
    assert names.to_numpy().tolist() == [[12, name]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (f"1,{WIKI}B", "landmark_id '1' is already in line 2"),
        ("2,", "expected category the address of a category, found ''"),
        (f"two,{WIKI}B", "expected landmark_id a whole number, found 'two'"),
    ],
)
def test_bad_names_are_named(tree, row, message):
    text = f"landmark_id,category\n1,{WIKI}A\n{row}\n"
    with pytest.raises(DataError, match=r"category\.csv, line 3: " + message):
        read_landmark_names(tree(train_label_to_category__csv=text))
