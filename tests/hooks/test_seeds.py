import random

import numpy as np
import pytest
import torch
from kedro.io import DataCatalog
from kedro.pipeline import node

from landmark_retrieval.hooks.seeds import SeedHooks

pytestmark = pytest.mark.costly


def drawn(name: str, seed: int) -> tuple[float, float, float]:
    """What a node of that name would draw from the global generators."""
    hooks, catalog = SeedHooks(), DataCatalog({})
    catalog["params:seed"] = seed
    hooks.before_pipeline_run(catalog=catalog)
    hooks.before_node_run(node=node(lambda: 1, None, "x", name=name))
    return random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002


def test_every_generator_is_seeded_by_seed_and_node():
    first = drawn("train", 1)
    assert drawn("train", 1) == first
    for other in (drawn("train", 2), drawn("embed", 1)):
        assert all(a != b for a, b in zip(first, other, strict=True))


def embeddings(finished, variant: str) -> str:
    return next(d["sha256"] for d in finished.record["datasets"] if d["name"] == f"{variant}.embeddings")


def test_a_node_draws_the_same_whatever_ran_before(project, whole):
    alone = project.run(env="quiet", node_names=["v2_clean.train"])
    other = project.run(env="quiet", node_names=["v2_clean.train"], parameters={"seed": 8})
    assert embeddings(alone, "v2_clean") == embeddings(whole, "v2_clean")
    assert embeddings(whole, "v2") != embeddings(whole, "v2_clean") != embeddings(other, "v2_clean")
