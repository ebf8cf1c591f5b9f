import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.near_duplicates.copies import CopySettings, group_copies, query_copies
from landmark_retrieval.tables import QueryCopies

SETTINGS = CopySettings(max_hamming=2, max_group=3, max_pairs=50)


def images(files: list[str], looks: list[int | None]) -> pd.DataFrame:
    return pd.DataFrame({"sha256": pd.array(files, "str"), "perceptual": pd.array(looks, "Int64")})


def test_groups_are_numbered_as_they_begin():
    table = images(["a", "b", "c", "b", "d", "a"], [None, 0, -1, 1000, 3, None])
    assert group_copies(table, SETTINGS).tolist() == [0, 1, 2, 1, 1, 0]


def test_copies_of_copies_are_copies():
    chain = images(list("abcd"), [0, 0b11, 0b1111, 0b111111])
    assert group_copies(chain, SETTINGS).tolist() == [0, 0, 0, 0]


def test_a_large_group_is_one_group():
    table = images(["a"] * 10 + [f"file {i}" for i in range(10)], [None] * 10 + [5] * 10)
    assert group_copies(table, SETTINGS).tolist() == [0] * 10 + [1] * 10


def test_without_images_there_is_no_group():
    assert group_copies(images([], []), SETTINGS).tolist() == []


def test_the_order_changes_nothing_but_the_numbers():
    rng = np.random.default_rng(0)
    table = images([f"{i}" for i in rng.integers(0, 60, 80)], list(rng.integers(0, 2**7, 80) << 40))
    settings = SETTINGS.model_copy(update={"max_hamming": 1, "max_pairs": 10_000})
    order = rng.permutation(80)
    groups, shuffled = group_copies(table, settings), group_copies(table.iloc[order], settings)
    assert len(set(zip(groups[order], shuffled, strict=True))) == len(set(groups)) == len(set(shuffled))


def test_too_many_pairs_are_refused():
    with pytest.raises(DataError, match="too many pairs"):
        group_copies(images([f"{i}" for i in range(64)], list(range(64))), SETTINGS)


def hash_table(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    """`image_id`, split and file of each image; no image has a perceptual hash."""
    table = pd.DataFrame(rows, columns=["image_id", "split", "sha256"], dtype="str")
    return table.assign(perceptual=pd.array([None] * len(rows), "Int64"))


def test_copies_of_queries_in_the_searched_index_and_in_any_training_set():
    # fmt: off
    hashes = {
        "mine": hash_table(
            [("q1", "query", "a"), ("q2", "query", "b"), ("q3", "query", "c"), ("q4", "query", "c"),
             ("i1", "index", "a"), ("i2", "index", "z"), ("t1", "train", "a"), ("t2", "train", "z")]
        ),
        "extra": hash_table([("d1", "index", "b"), ("q1", "query", "z"), ("t3", "train", "b")]),
        "else": hash_table([("e1", "index", "c"), ("t1", "train", "b")]),
    }
    # fmt: on
    found = query_copies(hashes, "mine", ["mine", "extra"], SETTINGS)
    QueryCopies.validate(found)
    groups = found.groupby("group")[["source", "split", "image_id"]].apply(
        lambda g: set(g.itertuples(index=False, name=None))
    )
    assert groups.tolist() == [
        {("mine", "query", "q1"), ("mine", "index", "i1"), ("mine", "train", "t1")},
        {
            ("mine", "query", "q2"),
            ("extra", "index", "d1"),
            ("extra", "train", "t3"),
            ("else", "train", "t1"),
        },
    ]
    alone = query_copies({"mine": hashes["mine"].query("split == 'query'")}, "mine", ["mine"], SETTINGS)
    QueryCopies.validate(alone)
    assert not len(alone)
