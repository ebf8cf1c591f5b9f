from landmark_retrieval.configuration import drop_nulls


def test_null_takes_a_key_out_and_nothing_else_does():
    assert drop_nulls({"a": None, "b": 0, "c": {"d": None}}) == {"b": 0, "c": {"d": None}}
    assert drop_nulls([None]) == [None]
