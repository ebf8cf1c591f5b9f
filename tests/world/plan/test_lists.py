import io
import pickle

import pandas as pd
import pytest

from landmark_retrieval.world.plan.lists import gldv1_files, gldv2_files, revisited_files


def _read(data):
    return pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("train.csv", ["id", "url", "landmark_id"]),
        ("index.csv", ["id"]),
        ("test.csv", ["id"]),
        ("train_label_to_category.csv", ["landmark_id", "category"]),
        ("index_image_to_landmark.csv", ["id", "landmark_id"]),
        ("retrieval_solution_v2.1.csv", ["id", "images", "Usage"]),
        ("recognition_solution_v2.1.csv", ["id", "landmarks", "Usage"]),
    ],
)
def test_columns_are_those_of_the_real_files(plan, name, columns):
    table = _read(gldv2_files(plan)[name])
    assert list(table.columns) == columns
    assert len(table)


def test_an_unknown_address_is_the_word_none(settings, plan):
    table = _read(gldv1_files(plan)["train.csv"])
    assert list(table.columns) == ["id", "url", "landmark_id"]
    assert table["url"].str.fullmatch(r"None|https://\S+\.jpg").all()


def test_retrieval_solution_lists_every_index_image_of_the_landmark(plan):
    rows = plan.photographs[plan.photographs["part"] == "gldv2"]
    solution = _read(gldv2_files(plan)["retrieval_solution_v2.1.csv"]).set_index("id")
    for query in rows[rows["split"] == "query"].itertuples():
        expected = {
            row.image_id
            for row in rows[rows["split"] == "index"].itertuples()
            if row.landmark == query.landmark and row.landmark >= 0
        }
        images, usage = solution.loc[query.image_id]
        assert (set(images.split()) == expected) if expected else (images == "None")
        assert usage == (query.usage if expected else "Ignored")


def test_recognition_solution_speaks_in_train_labels(plan):
    queries = plan.photographs[plan.photographs["split"] == "query"].set_index("image_id")
    solution = _read(gldv2_files(plan)["recognition_solution_v2.1.csv"])
    for row in solution.itertuples():
        label = plan.landmarks["gldv2_label"].get(queries.loc[row.id, "landmark"], -1)
        assert row.landmarks == ("" if label < 0 else str(label))
        assert row.Usage in ("Public", "Private")
    assert (solution["landmarks"] == "").any()
    assert (solution["landmarks"] != "").any()


def test_every_train_label_has_a_category(plan):
    files = gldv2_files(plan)
    labels = set(_read(files["train.csv"])["landmark_id"])
    named = _read(files["train_label_to_category.csv"])
    assert labels == set(named["landmark_id"])
    assert named["category"].is_unique
    assert named["category"].str.startswith("http://commons.wikimedia.org/wiki/Category:").all()


def _builtin(value):
    if isinstance(value, dict):
        return all(_builtin(key) and _builtin(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(_builtin, value))
    return type(value) in (str, int, float)


def test_revisited_pickle_holds_plain_values_and_grades_by_landmark(settings, plan):
    data = revisited_files(plan)["gnd_rworld.pkl"]
    assert data[:2] == b"\x80\x02"
    truth = pickle.loads(data)  # noqa: S301
    assert set(truth) == {"imlist", "qimlist", "gnd"}
    assert _builtin(truth)
    rows = plan.photographs.set_index("image_id")
    for name, judged in zip(truth["qimlist"], truth["gnd"], strict=True):
        landmark = rows.loc[name, "landmark"]
        for grade in ("easy", "hard", "junk"):
            expected = [
                i
                for i, image in enumerate(truth["imlist"])
                if rows.loc[image, "landmark"] == landmark and rows.loc[image, "difficulty"] == grade
            ]
            assert judged[grade] == expected
        left, top, right, bottom = judged["bbx"]
        assert 0 <= left < right <= settings.long_side
        assert 0 <= top < bottom <= settings.long_side


def test_names_of_evaluation_landmarks_match_categories_where_they_should(plan):
    names = _read(revisited_files(plan)["landmark_names.csv"])
    assert list(names.columns) == ["query", "name"]
    categories = {
        category.rsplit(":", 1)[1].replace("_", " ")
        for category in _read(gldv2_files(plan)["train_label_to_category.csv"])["category"]
    }
    assert len(set(names["name"]) & categories) == 1
