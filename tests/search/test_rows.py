from landmark_retrieval.search.rows import rows_fingerprint


def test_every_change_of_ids_changes_the_fingerprint():
    same = rows_fingerprint(["a", "b"], ["c"])

    assert same == rows_fingerprint(iter(["a", "b"]), iter(["c"]))
    others = [(["b", "a"], ["c"]), (["a"], ["b", "c"]), (["a", "b", "c"], []), (["c"], ["a", "b"])]
    assert len({same, *(rows_fingerprint(*ids) for ids in others)}) == 5
