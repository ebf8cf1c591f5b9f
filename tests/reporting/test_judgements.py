import pandas as pd
import pytest

from landmark_retrieval.reporting.judgements import GLYPHS, judgements_of_revisited, judgements_of_solution


def test_of_a_solution():
    solution = pd.DataFrame(
        {
            "image_id": ["q1", "q2", "q3"],
            "usage": ["Public", "Ignored", "Public"],
            "relevant": [["a", "b"], [], ["c"]],
        }
    )
    assert judgements_of_solution(solution, ["q1", "q2"]) == {
        "q1": {"a": "correct", "b": "correct"},
        "q2": {},
    }


@pytest.mark.parametrize(
    ("difficulty", "easy", "hard"),
    [("Easy", "correct", "ignored"), ("Medium", "correct", "correct"), ("Hard", "ignored", "correct")],
)
def test_of_the_revisited_grades(difficulty, easy, hard):
    rows = [("q", "a", "easy"), ("q", "b", "hard"), ("q", "c", "junk"), ("other", "a", "easy")]
    relevance = pd.DataFrame(rows, columns=["query_id", "image_id", "grade"])
    judged = judgements_of_revisited(relevance, difficulty, ["q", "unjudged"])
    assert judged == {"q": {"a": easy, "b": hard, "c": "ignored"}, "unjudged": {}}


def test_glyphs_differ():
    assert len(set(GLYPHS.values())) == len(GLYPHS)
