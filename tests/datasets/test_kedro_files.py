import json

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from kedro.io import DataCatalog, DatasetError
from matplotlib.figure import Figure

from landmark_retrieval.datasets.kedro_files import AtomicJSONDataset


class Breaking(Figure):
    """A figure whose drawing is interrupted when half of the file is written."""

    def savefig(self, file, **_):
        file.write(b"half")
        raise RuntimeError("in the middle")


def figure():
    drawn, axes = plt.subplots()
    axes.plot([1, 2])
    return drawn


class Row:
    """A cell that cannot be written."""

    def __str__(self):
        raise RuntimeError("in the middle")


CASES = {
    "JSON": (lambda: {"a": 1}, lambda: {"a": list(range(100_000)), "b": object()}, {}),
    "CSV": (
        lambda: pd.DataFrame({"a": [1]}),
        lambda: pd.DataFrame({"a": [*range(100_000), Row()]}),
        {"save_args": {"index": False}},
    ),
    "Matplotlib": (figure, Breaking, {"save_args": {"dpi": 20}}),
}


def catalog(tmp_path, kind, versioned, save_version=None):
    entry = {"type": f"landmark_retrieval.datasets.Atomic{kind}Dataset", **CASES[kind][2]}
    entry |= {"filepath": str(tmp_path / "file"), "versioned": versioned}
    return DataCatalog.from_config({"file": entry}, save_version=save_version)


@pytest.mark.parametrize("kind", CASES)
def test_a_failed_save_leaves_the_older_file_intact(tmp_path, kind):
    good, broken, _ = CASES[kind]
    catalog(tmp_path, kind, versioned=False).save("file", good())
    before = (tmp_path / "file").read_bytes()
    with pytest.raises(DatasetError):
        catalog(tmp_path, kind, versioned=False).save("file", broken())
    assert (tmp_path / "file").read_bytes() == before != b""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("kind", CASES)
def test_a_failed_save_leaves_no_version(tmp_path, kind):
    good, broken, _ = CASES[kind]
    catalog(tmp_path, kind, True, "2026-01-01").save("file", good())
    with pytest.raises(DatasetError):
        catalog(tmp_path, kind, True, "2026-01-02").save("file", broken())
    written = catalog(tmp_path, kind, True)
    assert written["file"].list_versions(full_path=False) == ["2026-01-01"]
    assert (tmp_path / "file" / "2026-01-01" / "file").stat().st_size > 0
    with pytest.raises(DatasetError, match="must not exist"):
        catalog(tmp_path, kind, True, "2026-01-01").save("file", good())


def test_what_is_saved_is_loaded(tmp_path):
    tables = catalog(tmp_path / "csv", "CSV", versioned=False)
    tables.save("file", pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}))
    assert tables.load("file").to_dict("list") == {"a": [1, 2], "b": ["x", "y"]}
    values = AtomicJSONDataset(filepath=str(tmp_path / "values.json"))
    values.save({"a": [1, 2]})
    assert values.load() == {"a": [1, 2]} == json.loads((tmp_path / "values.json").read_text())
    assert values.preview() == '{"a": [1, 2]}'
