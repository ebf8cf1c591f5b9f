import json

import pytest

from landmark_retrieval.errors import DataError

pytestmark = pytest.mark.costly

OTHER = {"reading": {"landmark": 2}}


def origin_of(project, path, session):
    folder = project.path / "data" / path / session
    return json.loads((folder / f".{folder.parent.name}.origin.json").read_text())


def test_an_artefact_carries_everything_upstream(project, whole):
    origin = origin_of(project, "v2/knn/gldv2/metrics.parquet", whole.session)
    assert origin["node"] == "v2.knn.evaluate"
    assert set(origin["ancestors"]) == {"v2.embeddings", "v2.manifest"}
    manifest = origin["ancestors"]["v2.manifest"]
    assert manifest["version"] == whole.session
    assert manifest["fingerprint"] == whole.runs["v2"].data.tags["manifest_fingerprint"]
    assert origin["upstream_parameters"]["v2.training"] == [{"lr": 0.1, "note": "own"}]
    assert "reading" in origin["upstream_parameters"]  # through artefacts in memory


@pytest.fixture
def another_manifest(project, whole):
    """A newer manifest of `v2_clean`, beside everything that was made from the one before."""
    made = project.run(
        env="quiet", from_nodes=["gldv2.read"], to_nodes=["v2_clean.publish"], parameters=OTHER
    )
    assert made.error is None
    yield made.session
    project.run(env="quiet", from_nodes=["gldv2.read"])


def test_figures_are_of_the_manifest_they_were_made_from(project, whole, another_manifest):
    part = project.run(namespaces=["v2_clean.alpha_qe"])
    assert part.error is None
    tags = part.runs["v2_clean.alpha_qe"].data.tags
    assert tags["manifest_fingerprint"] == whole.runs["v2_clean"].data.tags["manifest_fingerprint"]
    assert tags["manifest_version"] != another_manifest


def test_what_does_not_belong_together_is_not_joined(project, whole, another_manifest):
    refused = project.run(env="quiet", pipeline_names=["joining"])
    assert isinstance(refused.error, DataError)
    message = str(refused.error)
    assert message.startswith("join: v2_clean.manifest is ")
    assert f"(of {another_manifest}) for v2_clean.manifest" in message
    assert " for v2_clean.embeddings; " in message
    assert message.endswith(" make them again: kedro run --pipelines=training")


def test_equal_content_made_again_is_the_same(project, whole):
    project.run(env="quiet", from_nodes=["gldv2.read"], to_nodes=["v2_clean.publish"])
    assert project.run(env="quiet", pipeline_names=["joining"]).error is None
