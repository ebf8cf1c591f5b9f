import hashlib
import json

import pytest

pytestmark = pytest.mark.costly


def dataset(finished, name):
    return next(d for d in finished.record["datasets"] if d["name"] == name)


def test_a_dataset_is_told_with_file_version_content_and_nodes(project, whole):
    manifest = dataset(whole, "v2.manifest")
    path = f"data/v2/manifest.parquet/{whole.session}/manifest.parquet"
    content = (project.path / path).read_bytes()
    assert manifest == {
        "name": "v2.manifest",
        "type": "landmark_retrieval.datasets.table.TableDataset",
        "path": path,
        "version": whole.session,
        "sha256": hashlib.sha256(content).hexdigest(),
        "sha256_of": "content",
        "bytes": len(content),
        "files": 1,
        "written_by": "v2.publish",
        "read_by": ["v2.train"],
    }


def test_every_dataset_is_told_once_in_memory_or_not(whole):
    names = [d["name"] for d in whole.record["datasets"]]
    assert len(names) == len(set(names)) == 17
    assert dataset(whole, "gldv2.images")["path"] is None
    assert dataset(whole, "gldv2.raw")["version"] is None
    assert dataset(whole, "gldv2.raw")["files"] == 3
    assert dataset(whole, "v2.knn.gldv2.metrics")["read_by"] == ["summarise"]


def test_the_run_and_its_parameters_are_told(project, whole):
    record = whole.record
    assert (record["session"], record["status"]) == (whole.session, "succeeded")
    assert record["started"] < record["ended"]
    assert record["parameters"]["taken"]["params:v2.training"] == {"lr": 0.1, "note": "own"}
    other = project.run(env="quiet", node_names=["world.draw"], parameters={"v2": {"training": {"lr": 1.0}}})
    assert other.record["runtime_params"] == {"v2": {"training": {"lr": 1.0}}}
    assert other.record["env"] == "quiet"
    assert other.record["parameters"]["sha256"] != record["parameters"]["sha256"]


def test_the_version_read_is_told_not_the_newest(project, whole):
    again = project.run(env="quiet", node_names=["v2.train"])
    evaluate = {"env": "quiet", "namespaces": ["v2.knn"]}
    newest = dataset(project.run(**evaluate), "v2.embeddings")
    chosen = dataset(project.run(**evaluate, load_versions={"v2.embeddings": whole.session}), "v2.embeddings")
    assert newest["version"] == again.session
    assert chosen["version"] == whole.session
    assert (chosen["written_by"], chosen["read_by"]) == (None, ["v2.knn.evaluate"])


@pytest.mark.parametrize(
    ("where", "kind", "message"),
    [("in the function", "RuntimeError", "no such luck"), ("while saving", "DatasetError", "Unpicklable")],
)
def test_a_failed_run_tells_where(failed, where, kind, message):
    finished = failed(where)
    error = finished.record["error"]
    assert finished.record["status"] == "failed"
    assert (error["type"], error["nodes"]) == (kind, ["v2_clean.knn.evaluate"])
    assert message in error["message"]
    assert dataset(finished, "v2_clean.embeddings")["read_by"][-1] == "v2_clean.knn.evaluate"
    assert "v2_clean.knn.gldv2.metrics" not in [d["name"] for d in finished.record["datasets"]]


def test_an_input_that_cannot_be_loaded_tells_its_node(project, whole):
    finished = project.run(env="quiet", node_names=["v2.train"], load_versions={"v2.manifest": "1999"})
    assert finished.record["error"]["nodes"] == ["v2.train"]
    assert "1999" in finished.record["error"]["message"]


def test_a_record_is_there_while_nodes_run(project, whole, monkeypatch):
    from landmark_retrieval.hooks.lineage import LineageRecord

    seen = []
    write = LineageRecord.write

    def spied(self, status, *details):
        write(self, status, *details)
        record = json.loads(self._path.read_text())
        seen.append((record["status"], len(record["datasets"]), record["ended"] is None))

    monkeypatch.setattr(LineageRecord, "write", spied)
    project.run(env="quiet", node_names=["v2.train"])
    assert seen == [("running", 0, True), ("running", 3, True), ("succeeded", 3, False)]
