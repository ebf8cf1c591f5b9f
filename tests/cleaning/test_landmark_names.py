import pandas as pd
import pytest

from landmark_retrieval.cleaning.landmark_names import normalise_name, propose_by_name

NAMES = pd.DataFrame(
    {
        "landmark_id": [31, 32, 33],
        "name": ["Hôtel des Invalides, Paris", "Radcliffe Camera", "All Souls' College"],
    }
)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Hôtel_des_Invalides, Paris", "hotel des invalides paris"),
        ("All Souls' College (Oxford)", "all souls college oxford"),
        ("  Straße  7 ", "strasse 7"),
        ("…", ""),
    ],
)
def test_normalised_names(name, plain):
    assert normalise_name(name) == plain
    assert normalise_name(plain) == plain


def test_alike_names_are_proposed():
    proposed = propose_by_name(NAMES, ["invalides", "radclife camera", "pantheon"], 90)
    assert proposed["landmark_id"].tolist() == [31, 32]
    assert proposed["reason"][0] == "its name 'Hôtel des Invalides, Paris' is like 'invalides' (100 %)"
    assert "'radclife camera'" in proposed["reason"][1]


def test_order_of_names_changes_nothing():
    evaluation = ["invalides", "radclife camera", "pantheon"]
    forth = propose_by_name(NAMES, evaluation, 90)
    back = propose_by_name(NAMES.iloc[::-1], evaluation[::-1], 90)
    pd.testing.assert_frame_equal(forth, back)


@pytest.mark.parametrize("evaluation", [[], ["…"], ["pantheon"]])
def test_no_name_like_any(evaluation):
    assert propose_by_name(NAMES, evaluation, 90).empty


def test_an_empty_name_is_like_no_other():
    assert propose_by_name(pd.DataFrame({"landmark_id": [1], "name": ["…"]}), ["…", "pantheon"], 90).empty
