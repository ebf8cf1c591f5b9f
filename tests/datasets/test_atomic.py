from pathlib import Path

import pytest
from kedro.io import DataCatalog, DatasetError

from landmark_retrieval.datasets.atomic import AtomicDataset

TEXT = {"type": "landmark_retrieval.datasets.HtmlDataset", "versioned": True}


class Fragile(AtomicDataset[str, str]):
    """Breaks in the middle of a folder."""

    def _read(self, path: Path) -> str:
        return (path / "text").read_text()

    def _write(self, path: Path, data: str) -> None:
        path.mkdir()
        (path / "text").write_text(data)
        if data == "broken":
            raise RuntimeError("in the middle")


def files_below(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def test_an_unversioned_folder_is_replaced_and_survives_a_failed_save(tmp_path):
    dataset = Fragile(filepath=str(tmp_path / "a"))
    dataset.save("first")
    dataset.save("second")
    with pytest.raises(DatasetError, match="in the middle"):
        dataset.save("broken")
    assert dataset.load() == "second"
    assert files_below(tmp_path) == ["a", "a/text"]


def test_a_failed_save_leaves_no_version_and_no_folder(tmp_path):
    catalog = DataCatalog.from_config(
        {"x": {"type": Fragile, "filepath": str(tmp_path / "deep" / "x"), "versioned": True}}
    )
    with pytest.raises(DatasetError, match="in the middle"):
        catalog.save("x", "broken")
    assert files_below(tmp_path) == []
    assert not catalog.exists("x")


def test_a_failed_save_keeps_the_versions_before_it(tmp_path):
    config = {"x": {"type": Fragile, "filepath": str(tmp_path / "x"), "versioned": True}}
    DataCatalog.from_config(config, save_version="2026-01-01").save("x", "good")
    with pytest.raises(DatasetError):
        DataCatalog.from_config(config, save_version="2026-01-02").save("x", "broken")
    catalog = DataCatalog.from_config(config)
    assert catalog["x"].list_versions(full_path=False) == ["2026-01-01"]
    assert catalog.load("x") == "good"


def test_versions_of_a_factory_dataset_are_listed_and_chosen(tmp_path):
    config = {"{variant}.page": TEXT | {"filepath": str(tmp_path / "{variant}.html")}}
    for version in ("2026-01-01", "2026-01-02"):
        DataCatalog.from_config(config, save_version=version).save("v2.page", version)
    catalog = DataCatalog.from_config(config)
    assert catalog["v2.page"].list_versions(full_path=False) == ["2026-01-02", "2026-01-01"]
    assert catalog.load("v2.page") == "2026-01-02"
    assert catalog.load("v2.page", version="2026-01-01") == "2026-01-01"
    pinned = DataCatalog.from_config(config, load_versions={"v2.page": "2026-01-01"})
    assert pinned.load("v2.page") == "2026-01-01"


def test_a_released_dataset_sees_the_newest_version(tmp_path):
    config = {"page": TEXT | {"filepath": str(tmp_path / "page.html")}}
    DataCatalog.from_config(config, save_version="2026-01-01").save("page", "old")
    reader = DataCatalog.from_config(config)
    assert reader.load("page") == "old"
    DataCatalog.from_config(config, save_version="2026-01-02").save("page", "new")
    reader.release("page")
    assert reader.load("page") == "new"


def test_a_version_is_never_written_twice(tmp_path):
    config = {"page": TEXT | {"filepath": str(tmp_path / "page.html")}}
    catalog = DataCatalog.from_config(config, save_version="2026-01-01")
    catalog.save("page", "first")
    with pytest.raises(DatasetError, match="must not exist"):
        catalog.save("page", "second")
    assert catalog.load("page") == "first"


def test_what_is_missing_is_named(tmp_path):
    dataset = Fragile(filepath=str(tmp_path / "nothing"))
    assert not dataset.exists()
    with pytest.raises(DatasetError, match=r"nothing does not exist: run the pipeline"):
        dataset.load()
