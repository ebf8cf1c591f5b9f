import subprocess
import sys

import pytest

from landmark_retrieval.formats.registry import FORMATS
from landmark_retrieval.metrics.families import FAMILIES


@pytest.mark.parametrize(
    ("name", "has_train", "is_benchmark", "names_query_landmarks"),
    [
        ("gldv1", True, False, False),
        ("gldv2", True, True, True),
        ("photo_folder", True, True, True),
        ("revisited", False, True, False),
        ("descriptors", True, True, True),
        ("revisited_descriptors", False, True, False),
        ("distractors", False, False, False),
        ("distractor_descriptors", False, False, False),
        ("vectors", False, False, False),
    ],
)
def test_what_a_format_holds(name: str, has_train: bool, is_benchmark: bool, names_query_landmarks: bool):
    record = FORMATS[name]

    assert (record.has_train, record.is_benchmark) == (has_train, is_benchmark)
    assert record.names_query_landmarks == names_query_landmarks


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_reader_and_known_families(name: str):
    record = FORMATS[name]
    assert not record.image_tables or callable(record.read)
    assert set(FORMATS[name].families) <= set(FAMILIES)


@pytest.mark.costly
def test_readers_are_imported_when_they_are_needed():
    code = (
        "import sys; from landmark_retrieval.formats.registry import FORMATS;"
        "print('pandas' in sys.modules);"
        "FORMATS['gldv2'].read;"
        "print('landmark_retrieval.formats.gldv2' in sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.split() == ["False", "True"]
