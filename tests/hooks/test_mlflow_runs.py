import atexit
import logging
import subprocess
import sys
from collections import Counter

import pytest
from kedro.runner import ThreadRunner

pytestmark = pytest.mark.costly


def test_runs_are_nested_like_the_namespaces(whole):
    parents = {name: run.data.tags.get("mlflow.parentRunId") for name, run in whole.runs.items()}
    ids = {name: run.info.run_id for name, run in whole.runs.items()}
    assert parents == {
        "root": None,
        "v2": ids["root"],
        "v2.knn": ids["v2"],
        "v2.alpha_qe": ids["v2"],
        "v2_clean": ids["root"],
        "v2_clean.knn": ids["v2_clean"],
        "v2_clean.alpha_qe": ids["v2_clean"],
    }
    assert {run.info.status for run in whole.runs.values()} == {"FINISHED"}
    tags = whole.runs["v2_clean.alpha_qe"].data.tags
    assert (tags["level"], tags["variant"], tags["ablation"]) == ("ablation", "v2_clean", "alpha_qe")
    assert whole.runs["v2"].data.tags["level"] == "variant"
    assert "ablation" not in whole.runs["v2"].data.tags


def test_the_outermost_run_tells_where_it_comes_from(whole):
    root = whole.runs["root"]
    assert root.info.run_name == f"__default__ {whole.session}"
    assert {
        "level": "run",
        "pipeline": "__default__",
        "session": whole.session,
    }.items() <= root.data.tags.items()
    assert "pytest" in root.data.tags["command"]
    assert root.data.params["experiments.ablations.alpha_qe.steps.0.alpha"] == "3.0"
    assert root.data.params["reading.max_side"] == "800"


def test_parameters_are_named_alike_in_every_variant(whole):
    assert whole.runs["v2"].data.params["training.lr"] == "0.1"
    assert whole.runs["v2_clean"].data.params["training.lr"] == "0.2"
    assert whole.runs["v2.alpha_qe"].data.params["steps.0.method"] == "alpha_qe"
    assert whole.runs["v2_clean.knn"].data.params == {"steps.0.method": "knn", "breaks": "nowhere"}


def test_metrics_carry_intervals_and_protocol(whole):
    run = whole.runs["v2.knn"]
    assert run.data.metrics == pytest.approx(
        {
            "gldv2.Private.mAP_100": 0.2,
            "gldv2.Private.mAP_100.low": 0.1,
            "gldv2.Private.mAP_100.high": 0.3,
            "gldv2.Public.mAP_100": 0.3,
        }
    )
    assert run.data.tags["protocol.gldv2"] == "gldv2 retrieval 2.1"


def test_the_history_is_stepped_in_the_run_of_the_variant(project, whole):
    history = project.client.get_metric_history(whole.runs["v2_clean"].info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(1, 2.0), (2, 1.0)]
    assert whole.runs["v2_clean"].data.metrics["lr"] == 0.1


def test_manifests_are_inputs_and_fingerprint_every_run_of_their_variant(whole):
    fingerprints = {name: run.data.tags.get("manifest_fingerprint") for name, run in whole.runs.items()}
    assert fingerprints["root"] is None
    for variant in ("v2", "v2_clean"):
        own = fingerprints[variant]
        assert len(own) == 64
        assert fingerprints[f"{variant}.knn"] == fingerprints[f"{variant}.alpha_qe"] == own
        (entry,) = whole.runs[variant].inputs.dataset_inputs
        assert (entry.dataset.name, entry.dataset.digest) == (f"{variant}.manifest", own[:36])
    assert fingerprints["v2"] != fingerprints["v2_clean"]


def artefacts(project, run):
    folders = [item.path for item in project.client.list_artifacts(run.info.run_id)]
    return [
        item.path for folder in folders for item in project.client.list_artifacts(run.info.run_id, folder)
    ]


def test_tables_and_pages_are_artefacts(project, whole):
    assert artefacts(project, whole.runs["v2.knn"]) == ["gldv2.per_query/per_query.parquet"]
    assert artefacts(project, whole.runs["root"]) == ["summary/summary.html"]
    assert artefacts(project, whole.runs["v2"]) == []


def test_ablations_of_a_variant_are_found_best_first(project, whole):
    query = f"tags.variant = 'v2_clean' and tags.level = 'ablation' and tags.session = '{whole.session}'"
    found = project.search(query, order="metrics.`gldv2.Private.mAP_100` DESC")
    assert [run.info.run_name for run in found] == ["v2_clean.alpha_qe", "v2_clean.knn"]
    better = project.search(f"{query} and metrics.`gldv2.Private.mAP_100` > 0.45")
    assert [run.info.run_name for run in better] == ["v2_clean.alpha_qe"]


def test_a_part_of_the_pipelines_opens_its_runs_alone(project, whole):
    versions = {f"v2_clean.{name}": whole.session for name in ("embeddings", "manifest")}
    part = project.run(namespaces=["v2_clean.alpha_qe"], load_versions=versions)
    assert set(part.runs) == {"root", "v2_clean", "v2_clean.alpha_qe"}
    assert {run.info.status for run in part.runs.values()} == {"FINISHED"}
    tags = part.runs["v2_clean.alpha_qe"].data.tags
    assert tags["manifest_fingerprint"] == whole.runs["v2_clean"].data.tags["manifest_fingerprint"]
    assert tags["manifest_version"] == whole.session


def test_threads_share_the_runs(project, whole):
    finished = project.run(runner=ThreadRunner(max_workers=4))
    assert finished.error is None
    assert Counter(run.info.status for run in finished.runs.values()) == {"FINISHED": 7}
    metrics = {name: run.data.metrics for name, run in finished.runs.items()}
    assert metrics == {name: run.data.metrics for name, run in whole.runs.items()}


@pytest.mark.parametrize("where", ["in the function", "while saving"])
def test_a_failure_ends_what_was_open_as_failed(failed, where):
    finished = failed(where)
    status = {name: run.info.status for name, run in finished.runs.items()}
    assert status["root"] == status["v2_clean"] == status["v2_clean.knn"] == "FAILED"
    assert status["v2"] == status["v2.knn"] == "FINISHED"
    tags = finished.runs["v2_clean.knn"].data.tags
    assert type(finished.error).__name__ in tags["error"]
    assert tags["unfinished_nodes"] == "v2_clean.knn.evaluate"


def test_an_interrupted_run_is_ended_as_killed_when_python_exits(project, whole, monkeypatch):
    exits = []
    monkeypatch.setattr(atexit, "register", lambda *call: exits.append(call))
    with pytest.raises(KeyboardInterrupt):
        project.run(namespaces=["v2_clean.knn"], parameters={"breaks": "by hand"})
    for function, *arguments in exits:
        function(*arguments)
    newest = project.search("attributes.status = 'KILLED'")
    assert sorted(run.data.tags["level"] for run in newest) == ["ablation", "run", "variant"]
    assert {run.data.tags["unfinished_nodes"] for run in newest} == {"v2_clean.knn.evaluate"}


def test_a_store_that_fails_in_between_costs_a_warning(project, whole, caplog):
    folder, away = project.path / "mlartifacts", project.path / "away"
    folder.rename(away)
    folder.touch()
    with caplog.at_level(logging.WARNING):
        finished = project.run(namespaces=["v2.knn"])
    folder.unlink()
    away.rename(folder)
    assert finished.error is None
    assert finished.runs["v2.knn"].info.status == "FINISHED"
    assert finished.runs["v2.knn"].data.metrics["gldv2.Private.mAP_100"] == 0.2
    assert "MLflow has no record of v2.knn.gldv2.per_query" in caplog.text


QUIET = """
import sys
from pathlib import Path
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project

project = Path(sys.argv[1])
bootstrap_project(project)
from kedro.framework.project import settings
settings.HOOKS
from landmark_retrieval import datasets
kinds = ("Embeddings", "FileTree", "Html", "Model", "Ranking", "Table")
[getattr(datasets, f"{kind}Dataset") for kind in kinds]
heavy = {"torch", "pandas", "pyarrow", "numpy", "mlflow"} & set(sys.modules)
with KedroSession.create(project, env="quiet") as session:
    session.run(node_names=["world.draw"])
print("loaded:", sorted(heavy), "mlflow" in sys.modules)
"""


def test_without_tracking_mlflow_is_not_imported(project, whole):
    command = [sys.executable, "-c", QUIET, str(project.path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "loaded: ['numpy'] False"
