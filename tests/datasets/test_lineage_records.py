import json
import logging

import pytest
from kedro.io import DataCatalog, DatasetError


@pytest.fixture
def catalog_of(tmp_path):
    """A catalog of an artefact and of the record of who wrote it."""
    place = {"filepath": str(tmp_path / "{variant}.html"), "versioned": True}
    record = {"type": "landmark_retrieval.datasets.LineageRecordDataset"}
    config = {
        "{variant}.page": {"type": "landmark_retrieval.datasets.HtmlDataset", **place},
        "{variant}.page_record": {**record, **place, "lineage": {"path": str(tmp_path / "lineage")}},
    }
    (tmp_path / "lineage").mkdir()

    def open_catalog(session=None, **choices):
        return DataCatalog.from_config(config, save_version=session, **choices)

    return open_catalog


@pytest.fixture
def write(catalog_of, tmp_path):
    """Save the page in a session, with or without a record."""

    def write(session, *, recorded=True):
        catalog_of(session).save("v2.page", session)
        record = {
            "session": session,
            "status": "succeeded",
            "command": f"kedro run {session}",
            "datasets": [],
        }
        if recorded:
            (tmp_path / "lineage" / f"{session}.json").write_text(json.dumps(record))

    return write


def test_the_record_is_that_of_the_session_that_wrote_the_newest_version(catalog_of, write):
    write("2026-01-01")
    write("2026-01-02")
    assert catalog_of().load("v2.page_record")["command"] == "kedro run 2026-01-02"


def test_the_record_follows_the_version_that_is_chosen(catalog_of, write):
    write("2026-01-01")
    write("2026-01-02")
    pinned = catalog_of(load_versions={"v2.page_record": "2026-01-01"})
    assert pinned.load("v2.page_record")["session"] == "2026-01-01"
    assert catalog_of().load("v2.page_record", version="2026-01-01")["session"] == "2026-01-01"


def test_an_artefact_without_a_record_has_an_empty_one_and_a_warning(catalog_of, write, caplog):
    write("2026-01-01")
    write("2026-01-02", recorded=False)
    with caplog.at_level(logging.WARNING):
        assert catalog_of().load("v2.page_record") == {}
    assert "has no record" in caplog.text
    assert "2026-01-02.json does not exist" in caplog.text


def test_a_damaged_record_is_an_error(catalog_of, write, tmp_path):
    write("2026-01-01")
    (tmp_path / "lineage" / "2026-01-01.json").write_text("{")
    with pytest.raises(DatasetError, match=r"2026-01-01\.json: cannot be read"):
        catalog_of().load("v2.page_record")


def test_no_artefact_has_no_record(catalog_of):
    catalog = catalog_of()
    assert not catalog.exists("v2.page_record")
    with pytest.raises(DatasetError):
        catalog.load("v2.page_record")


def test_records_are_not_saved_from_a_node(catalog_of, tmp_path):
    with pytest.raises(DatasetError, match="not saved from a node"):
        catalog_of("2026-01-01").save("v2.page_record", {})
    assert [p.name for p in tmp_path.iterdir()] == ["lineage"]
