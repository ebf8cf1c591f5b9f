import pytest

from landmark_retrieval.world.plan.plan import WorldPlan, plan_world
from landmark_retrieval.world.plan.settings import WorldSettings

SETTINGS = {
    "seed": 3,
    "long_side": 96,
    "workers": 1,
    "size_spread": 0.4,
    "interior_share": 0.3,
    "detail_share": 0.1,
    "lookalike_share": 0.5,
    "gldv1": {"landmarks": 6, "photographs_per_landmark": 5, "shared_landmarks": 2, "wrong_label_rate": 0.1},
    "gldv2": {
        "landmarks": 12,
        "train_only_share": 0.2,
        "index_only_share": 0.2,
        "train_photographs_per_landmark": 9,
        "index_photographs_per_landmark": 4,
        "index_distractors": 8,
        "queries": 20,
        "queries_without_landmark_share": 0.3,
        "wrong_label_rate": 0.15,
        "irrelevant_rate": 0.1,
    },
    "revisited": {
        "landmarks": 4,
        "queries": 6,
        "index_photographs_per_landmark": 8,
        "distractors": 5,
        "landmarks_in_train": 2,
        "same_names": 1,
    },
}


@pytest.fixture(scope="session")
def settings() -> WorldSettings:
    return WorldSettings.model_validate(SETTINGS)


@pytest.fixture(scope="session")
def plan(settings: WorldSettings) -> WorldPlan:
    return plan_world(settings)
