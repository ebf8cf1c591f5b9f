import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.world.plan.plan import plan_world
from landmark_retrieval.world.plan.settings import WorldSettings


def _part(plan, part, split):
    rows = plan.photographs
    return rows[(rows["part"] == part) & (rows["split"] == split)]


def test_the_same_settings_give_the_same_plan(settings, plan):
    again = plan_world(settings)
    pd.testing.assert_frame_equal(plan.photographs, again.photographs)
    pd.testing.assert_frame_equal(plan.landmarks, again.landmarks)


def test_names_and_seeds_are_unique_and_well_formed(plan):
    rows = plan.photographs
    assert rows["image_id"].is_unique
    assert rows["seed"].is_unique
    assert rows.groupby("part")["path"].apply(lambda paths: paths.is_unique).all()
    assert rows.loc[rows["part"] != "revisited", "image_id"].str.fullmatch("[0-9a-f]{16}").all()
    assert rows.loc[rows["part"] == "revisited", "image_id"].str.fullmatch(r"rworld_\d{6}").all()
    noisy = rows[rows["part"] == "gldv2"].iloc[0]
    name = noisy["image_id"]
    assert noisy["path"].endswith(f"/{name[0]}/{name[1]}/{name[2]}/{name}.jpg")


def test_worlds_of_other_seeds_have_nothing_in_common(settings, plan):
    other = plan_world(settings.model_copy(update={"seed": settings.seed + 1}))
    assert not set(plan.photographs["image_id"][:50]) & set(other.photographs["image_id"])
    assert not set(plan.photographs["seed"]) & set(other.photographs["seed"])
    assert not set(plan.landmarks["name"]) & set(other.landmarks["name"])


def test_as_many_train_images_are_wrong_as_asked_for(settings, plan):
    train = _part(plan, "gldv2", "train")
    rates = train["fault"].value_counts(normalize=True)
    assert abs(rates["wrong label"] - settings.gldv2.wrong_label_rate) < 0.01
    assert abs(rates["irrelevant"] - settings.gldv2.irrelevant_rate) < 0.01
    assert (_part(plan, "gldv1", "train")["fault"] == "wrong label").sum() == round(
        0.1 * len(_part(plan, "gldv1", "train"))
    )


def test_labels_are_true_where_no_fault_is_stated_and_only_there(plan):
    for part, split, column in (
        ("gldv1", "train", "gldv1_label"),
        ("gldv2", "train", "gldv2_label"),
        ("gldv2", "index", "index_label"),
    ):
        for row in _part(plan, part, split).itertuples():
            own = plan.landmarks[column].get(row.landmark, -1)
            if row.view == "distractor" or (split == "index" and row.view == "irrelevant"):
                assert row.label == -1
            else:
                assert (row.label == own) == (row.fault == "")
                assert (row.landmark == -1) == (row.view == "irrelevant")


def test_every_train_landmark_is_shown_from_outside_and_inside_as_far_as_labels_go(plan):
    for part in ("gldv1", "gldv2"):
        train = _part(plan, part, "train")
        counts = train[train["fault"] != "irrelevant"].groupby("label")["view"].agg(set)
        whole = _part(plan, part, "train").groupby("label").size()
        assert (whole >= 2).all()
        assert np.mean([{"exterior", "interior"} <= views for views in counts]) > 0.8


def test_train_and_index_share_most_landmarks_but_not_all(plan):
    landmarks = plan.landmarks
    in_train, in_index = landmarks["gldv2_label"] >= 0, landmarks["index_label"] >= 0
    assert (in_train & in_index).sum() == 12 - 2 - 2
    assert (in_train & ~in_index).sum() == 2
    assert (in_index & ~in_train).sum() == 2
    assert landmarks.loc[in_train, "gldv2_label"].is_unique
    assert (landmarks["gldv2_label"] != landmarks["index_label"])[in_train & in_index].any()


def test_the_evaluation_set_leaks_as_many_landmarks_as_asked_for(plan):
    landmarks = plan.landmarks
    leaked = landmarks[landmarks["revisited"] & (landmarks["gldv2_label"] >= 0)]
    assert len(leaked) == 2
    assert (leaked["name"] == leaked["revisited_name"]).sum() == 1
    assert landmarks["revisited"].sum() == 4
    assert not (landmarks["revisited"] & (landmarks["gldv1_label"] >= 0)).any()
    used = _part(plan, "revisited", "index")
    assert set(used.loc[used["difficulty"] != "", "landmark"]) == set(landmarks.index[landmarks["revisited"]])
    assert set(used.loc[used["view"] == "interior", "difficulty"]) == {"junk"}


def test_few_landmarks_are_large_and_most_are_small(settings):
    small = settings.gldv1.model_copy(update={"landmarks": 2000, "photographs_per_landmark": 10.0})
    drawn = {}
    for spread in (0.0, 1.0):
        plan = plan_world(settings.model_copy(update={"gldv1": small, "size_spread": spread}))
        drawn[spread] = _part(plan, "gldv1", "train")["label"].value_counts()
    assert (drawn[0.0] == 10).all()
    # quartiles of a log-normal distribution of mean 10: 10 exp(-1/2 ± 0.674)
    assert drawn[1.0].quantile([0.25, 0.5, 0.75]).tolist() == pytest.approx([3.1, 6.1, 11.9], abs=1)
    assert drawn[1.0].min() == 1
    assert drawn[1.0].max() > 100


def test_lookalikes_come_in_pairs(plan):
    families = plan.landmarks["family"].value_counts()
    size = len(plan.landmarks)
    assert families.max() == 2
    assert 2 * (families == 2).sum() == 2 * round(0.5 * size / 2)


def test_distractors_are_buildings_seen_nowhere_else(plan):
    rows = plan.photographs
    once = rows.loc[rows["view"] == "distractor", "landmark"]
    assert once.is_unique
    assert not set(once) & set(plan.landmarks["landmark"])


def test_some_queries_have_nothing_to_find(settings, plan):
    queries = _part(plan, "gldv2", "query")
    assert len(queries) == settings.gldv2.queries
    indexed = queries["landmark"].map(plan.landmarks["index_label"]).fillna(-1) >= 0
    assert (~indexed).sum() == 6
    assert set(queries["usage"]) == {"Public", "Private"}


def test_a_world_may_consist_of_the_small_set_alone(settings):
    values = settings.model_dump()
    for part in ("gldv2", "revisited"):
        for key, value in values[part].items():
            if isinstance(value, int):
                values[part][key] = 0
    values["gldv1"]["shared_landmarks"] = 0
    alone = plan_world(WorldSettings.model_validate(values))
    assert set(alone.photographs["part"]) == {"gldv1"}
    assert len(alone.landmarks) == settings.gldv1.landmarks
