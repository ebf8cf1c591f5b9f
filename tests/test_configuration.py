from landmark_retrieval.configuration import without_absent


def test_null_takes_a_key_out_and_nothing_else_does():
    assert without_absent({"a": None, "b": 0, "c": {"d": None}}) == {"b": 0, "c": {"d": None}}
    assert without_absent([None]) == [None]
