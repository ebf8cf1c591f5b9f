from landmark_retrieval.hooks.mlflow_namespaces import Namespace, namespaces_of

EXPERIMENTS = {
    "variants": {"v1": {"source": "a"}, "v2": {"source": "b"}},
    "models": {
        "v1": {"trained_on": "v1"},
        "large": {"trained_on": "v1", "voters": ["v1", "v2"]},
        "given": {"vectors": "mine"},
    },
}


def test_variants_and_models_have_runs_and_know_the_manifests_behind_them():
    found = namespaces_of(EXPERIMENTS)

    assert found["v2"] == Namespace("variant", {"variant": "v2"}, {"manifest": "v2"})
    assert found["v1"].level == found["large"].level == "model"
    assert found["large-by-v2"] == Namespace(
        "model", {"model": "large", "variant": "v1", "voters": "v2"}, {"manifest": "v1", "voters": "v2"}
    )
    assert found["given"] == Namespace("model", {"model": "given"}, {})
