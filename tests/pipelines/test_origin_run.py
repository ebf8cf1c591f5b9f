"""A part that is run alone never puts figures beside data they were not made from."""

from pathlib import Path

import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import manifest_fingerprint
from landmark_retrieval.manifests.origin import read_origin

pytestmark = pytest.mark.slow

STRICTER = {"v2_clean": {"cleaning": {"min_inliers": 30}}}


@pytest.fixture(scope="module")
def cleaned_again(whole, tmp_path_factory):
    """Cleaning run alone with another threshold, beside everything that was made before."""
    laboratory = whole.laboratory.copy(tmp_path_factory.mktemp("again") / "data")
    session = laboratory.run(STRICTER, pipeline_names=["data_cleaning"], namespaces=["v2_clean"])
    return laboratory, session


def path_of(laboratory, name):
    _, catalog = laboratory.open()
    dataset = catalog.get(name)
    return Path(dataset._get_versioned_path(dataset.resolve_load_version()))


def test_cleaning_runs_alone(whole, cleaned_again):
    laboratory, session = cleaned_again
    _, catalog = laboratory.open()
    before, after = whole.load("v2_clean.manifest"), catalog.load("v2_clean.manifest")
    assert 0 < after["kept"].sum() < before["kept"].sum()
    assert {name.partition(".")[0] for name in laboratory.written(session)} == {"v2_clean"}


@pytest.mark.parametrize(
    ("choices", "node", "pipelines"),
    [
        ({"pipeline_names": ["label_prediction"]}, "v2_clean.", "training,embedding"),
        (
            {"pipeline_names": ["data_cleaning"], "namespaces": ["rgldv2_clean"]},
            "rgldv2_clean.",
            "training,embedding",
        ),
        ({"node_names": ["summarise"]}, "summarise", "training,embedding"),
        ({"pipeline_names": ["audit"]}, "audits.", "training,embedding"),
    ],
)
def test_stale_artefacts_are_refused(cleaned_again, choices, node, pipelines):
    laboratory, session = cleaned_again
    with pytest.raises(
        DataError, match=rf"v2_clean\.manifest is .*{session}.*--pipelines=.*{pipelines}"
    ) as error:
        laboratory.run(**choices)
    assert str(error.value).startswith(node)
    assert "\n" not in str(error.value)


def test_figures_keep_the_fingerprint_of_what_they_were_made_from(whole, cleaned_again):
    laboratory, _ = cleaned_again
    laboratory.run(pipeline_names=["evaluation"], namespaces=["v2_clean.sort"])
    origin = read_origin(path_of(laboratory, "v2_clean.sort.gldv2.metrics"))
    fingerprint = manifest_fingerprint(whole.load("v2_clean.manifest"))
    assert origin.ancestors["v2_clean.manifest"].fingerprint == fingerprint
    assert origin.upstream_parameters["v2_clean.cleaning"][0]["min_inliers"] != 30


def test_everything_made_again_is_accepted(cleaned_again):
    laboratory, _ = cleaned_again
    laboratory.run(STRICTER, pipeline_names=["training", "embedding"], namespaces=["v2_clean"])
    voted = laboratory.run(STRICTER, pipeline_names=["label_prediction"], namespaces=["v2_clean"])
    assert "v2_clean.gldv2.query_predictions" in laboratory.written(voted)
