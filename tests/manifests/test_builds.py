import json
import os
from pathlib import Path

import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.builds import (
    DatasetNames,
    Named,
    find_builds,
    freed_bytes,
    removable,
    remove,
)
from landmark_retrieval.manifests.lineage_records import newest_succeeded, read_session, read_sessions

CATALOG = {
    "{variant}.manifest": {"filepath": "data/03_primary/{variant}/manifest.parquet"},
    "{variant}.{benchmark}.index_embeddings": {"filepath": "data/04_feature/{variant}/{benchmark}/index"},
    "{benchmark}.comparison": {"filepath": "data/08_reporting/comparison/{benchmark}.parquet"},
    "{variant}.scores": {"filepath": "data/08_reporting/{variant}/scores.parquet"},
    "summary_page": {"filepath": "data/08_reporting/summary.html"},
    "in_memory": {"type": "MemoryDataset"},
}
MANIFEST, PAGE = "03_primary/v2/manifest.parquet", "08_reporting/summary.html"


def stamp(day):
    return f"2026-01-{day:02d}T10.00.00.000Z"


class Project:
    def __init__(self, path):
        self.path, self.data = path, path / "data"
        self.data.mkdir(parents=True)
        self.names = DatasetNames(CATALOG, path)

    def add(self, where, day, content="content"):
        folder = self.data / where / stamp(day)
        folder.mkdir(parents=True)
        (folder / Path(where).name).write_text(content)
        return folder

    def record(self, day, *, written=(), read=(), status="succeeded", file=None):
        entries = [self._entry(*what, "node", []) for what in written]
        entries += [self._entry(*what, None, ["node"]) for what in read]
        record = {"session": stamp(day), "status": status, "env": "base", "datasets": entries}
        path = self.path / "lineage" / (file or f"{stamp(day)}.json")
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(record))
        return path

    def _entry(self, where, day, written_by, read_by):
        path = f"data/{where}/{stamp(day)}/{Path(where).name}"
        return {"path": path, "version": stamp(day), "written_by": written_by, "read_by": read_by}

    def find(self, name=""):
        return find_builds(self.data, self.names, name)

    def removable(self, keep, kept=None):
        sessions = read_sessions(self.path / "lineage")
        kept = newest_succeeded(sessions, keep) if kept is None else kept
        return [(b.dataset, int(b.version[8:10])) for b in removable(self.find(), sessions, kept, keep)]


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path / "project")


def test_builds_are_listed_by_dataset_the_newest_first(project):
    for where, day in [(PAGE, 1), (MANIFEST, 3), (MANIFEST, 5), ("03_primary/v1/manifest.parquet", 4)]:
        project.add(where, day)
    project.add("04_feature/v2/gldv2/index", 2)
    project.add("08_reporting/comparison/gldv2.parquet", 2)
    project.add("08_reporting/v2/scores.parquet", 2)
    project.add("05_model_input/unknown.bin", 2)
    assert [(b.dataset, b.version) for b in project.find()] == [
        ("05_model_input/unknown.bin", stamp(2)),
        ("gldv2.comparison", stamp(2)),
        ("summary_page", stamp(1)),
        ("v1.manifest", stamp(4)),
        ("v2.gldv2.index_embeddings", stamp(2)),
        ("v2.manifest", stamp(5)),
        ("v2.manifest", stamp(3)),
        ("v2.scores", stamp(2)),
    ]
    assert {b.dataset for b in project.find("v2")} == {
        "v2.manifest",
        "v2.scores",
        "v2.gldv2.index_embeddings",
    }
    assert [b.version for b in project.find("v2.manifest")] == [stamp(5), stamp(3)]
    assert project.find("v") == []


def test_what_is_no_version_is_not_listed(project):
    project.add(MANIFEST, 1)
    project.add("01_raw/gldv2", 1)
    project.add("gldv2/03_primary/v2/manifest.parquet", 1)  # of another environment
    (project.data / "03_primary/v2/manifest.parquet/notes").mkdir()
    (project.data / "03_primary" / stamp(1)).mkdir()
    (project.data / "03_primary" / stamp(1) / "somebody's file").touch()
    assert [b.dataset for b in project.find()] == ["v2.manifest"]


def test_a_place_that_comes_twice_must_be_the_same_twice(tmp_path):
    names = DatasetNames({"{v}.x": {"filepath": "data/{v}/a/{v}.bin"}}, tmp_path)
    assert names.of(tmp_path / "data/v2/a/v2.bin", tmp_path) == "v2.x"
    assert names.of(tmp_path / "data/v2/a/v1.bin", tmp_path) == "data/v2/a/v1.bin"


def test_the_newest_and_what_kept_sessions_name_stays(project):
    for day in range(1, 9):
        project.add(MANIFEST, day)
    project.record(8, written=[(MANIFEST, 8)])
    project.record(7, written=[(MANIFEST, 7)], read=[(MANIFEST, 2)])
    project.record(6, read=[(MANIFEST, 1)], status="failed")
    project.record(5, read=[(MANIFEST, 4)])
    assert project.removable(2) == [("v2.manifest", day) for day in (6, 5, 4, 3, 1)]
    assert project.removable(3) == [("v2.manifest", day) for day in (5, 3, 1)]
    own = [read_session(project.record(9, read=[(MANIFEST, 3)], file="own.json"))]
    assert project.removable(1, own) == [("v2.manifest", day) for day in (7, 6, 5, 4, 2, 1)]


def test_every_dataset_is_counted_alone(project):
    for day in (1, 2, 3):
        project.add(MANIFEST, day)
    project.add(PAGE, 1)
    assert project.removable(2) == [("v2.manifest", 1)]


def test_unfinished_versions_count_for_nothing_and_go_with_their_age(project):
    for day in (1, 4):
        project.add(MANIFEST, day)
    for day in (2, 3, 5):
        folder = project.data / MANIFEST / stamp(day)
        folder.mkdir()
        (folder / ".manifest.parquet.0123.partial").touch()
    assert [b.complete for b in project.find()] == [False, True, False, False, True]
    assert project.removable(1) == [("v2.manifest", 3), ("v2.manifest", 2), ("v2.manifest", 1)]
    assert project.removable(2) == []


def test_what_a_running_session_writes_stays(project):
    for day in (1, 2, 3):
        project.add(MANIFEST, day)
    project.record(2, status="running")
    assert project.removable(1) == [("v2.manifest", 1)]


@pytest.mark.parametrize(
    "path",
    [
        "data/{0}/{1}/manifest.parquet",
        "data/{0}/{1}",
        "/elsewhere/data/{0}/{1}/manifest.parquet",
        "v2/manifest.parquet/{1}/manifest.parquet",
        "data/{0}/{1}/manifest.parquet/part.bin",
        "data/{0}",
    ],
)
def test_a_build_is_known_by_whatever_part_of_its_path_a_record_tells(project, path):
    project.add(MANIFEST, 1)
    project.add("03_primary/v1/manifest.parquet", 1)
    record = project.record(1)
    entry = {
        "path": path.format(MANIFEST, stamp(1)),
        "version": stamp(1),
        "written_by": None,
        "read_by": ["n"],
    }
    record.write_text(json.dumps(json.loads(record.read_text()) | {"datasets": [entry]}))
    named = Named([read_session(record)])
    assert [named.of(b) for b in project.find()] == [[], [("read", stamp(1))]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "expected an object, found list"),
        ('{"session": "x", "status": "succeeded"}', "expected datasets as list, found None"),
        ('{"session": 3, "status": "succeeded", "datasets": []}', "expected session as str, found 3"),
        (
            '{"session": "x", "status": "succeeded", "datasets": [{"path": "data"}]}',
            "entry 0 of datasets: expected path, version, written_by and read_by",
        ),
        (
            '{"session": "x", "status": "succeeded", "datasets": [{"path": 3, "version": "1", '
            '"written_by": null, "read_by": []}]}',
            "entry 0 of datasets",
        ),
    ],
)
def test_a_damaged_record_is_named(project, text, message):
    path = project.record(1)
    path.write_text(text)
    with pytest.raises(DataError, match=message) as error:
        read_sessions(path.parent)
    assert str(path) in str(error.value)


def test_a_version_is_removed_and_nothing_else(project):
    gone, stays = project.add(MANIFEST, 1), project.add(MANIFEST, 2)
    remove(project.find()[1])
    assert not gone.exists()
    assert (stays / "manifest.parquet").read_text() == "content"


def test_links_are_neither_followed_nor_removed(project, tmp_path):
    outside = tmp_path / "outside"
    (outside / stamp(1)).mkdir(parents=True)
    (outside / stamp(1) / "manifest.parquet").touch()
    project.add(MANIFEST, 2)
    (project.data / MANIFEST / stamp(1)).symlink_to(outside / stamp(1))
    (project.data / "03_primary" / "linked").symlink_to(outside)
    (project.data / "06_models").symlink_to(outside)
    assert [b.version for b in project.find()] == [stamp(2)]

    build = project.find()[0]
    (build.folder / "manifest.parquet").unlink()
    build.folder.rmdir()
    build.folder.symlink_to(outside / stamp(1))
    with pytest.raises(DataError, match="nothing was removed"):
        remove(build)
    assert (outside / stamp(1) / "manifest.parquet").exists()


def test_a_link_inside_a_version_goes_without_what_it_leads_to(project, tmp_path):
    project.add(MANIFEST, 1)
    (tmp_path / "precious").write_text("x" * 1000)
    build = project.find()[0]
    build.path.unlink()
    build.path.symlink_to(tmp_path / "precious")
    assert freed_bytes([build]) < 1000
    remove(build)
    assert (tmp_path / "precious").exists()
    assert project.find() == []


def test_a_data_folder_may_itself_be_a_link(project, tmp_path):
    project.add(MANIFEST, 1)
    moved = project.data.rename(tmp_path / "disk")
    project.data.symlink_to(moved)
    (build,) = project.find()
    assert build.dataset == "v2.manifest"
    remove(build)
    assert project.find() == []


def test_hard_links_free_nothing_until_the_last_goes(project):
    first, second = project.add(MANIFEST, 1, "x" * 100), project.add(MANIFEST, 2, "y" * 10)
    os.link(first / "manifest.parquet", second / ".manifest.parquet.copy")
    builds = project.find()
    assert [freed_bytes([b]) for b in builds] == [10, 0]
    assert freed_bytes(builds) == 110


def test_no_data_folder_is_one_clear_error(project):
    with pytest.raises(DataError, match="nowhere: expected a data folder"):
        find_builds(project.path / "nowhere", project.names)
