import logging

import numpy as np
import pytest

from landmark_retrieval.storage.parts import InMemoryParts, Shards


def count(made):
    """Makes arrays and remembers how often."""

    def make():
        made.append(len(made))
        return {"numbers": np.arange(1_000) + 0.5, "names": np.array(["a", "b"])}

    return make


def check(arrays):
    assert sorted(arrays) == ["names", "numbers"]
    np.testing.assert_array_equal(arrays["numbers"], np.arange(1_000) + 0.5)
    assert arrays["names"].tolist() == ["a", "b"]


def test_a_part_is_made_once(tmp_path):
    made = []
    for _ in range(3):
        check(Shards(tmp_path / "deep" / "folder", "one").get_or_compute("part", count(made)))

    assert made == [0]
    assert [path.name for path in (tmp_path / "deep" / "folder").iterdir()] == ["part.npz"]


def test_a_part_of_other_work_is_made_anew(tmp_path, caplog):
    made = []
    for fingerprint in ("one", "another", "another"):
        check(Shards(tmp_path, fingerprint).get_or_compute("part", count(made)))

    assert made == [0, 1]
    assert "other data or settings" in caplog.text


@pytest.mark.parametrize("damage", [lambda b: b[:-100], lambda b: b[:700] + b"\0\1" + b[702:], lambda b: b""])
def test_a_damaged_part_is_made_anew(tmp_path, caplog, damage):
    made = []
    shards = Shards(tmp_path, "one")
    check(shards.get_or_compute("part", count(made)))
    path = tmp_path / "part.npz"
    path.write_bytes(damage(path.read_bytes()))

    with caplog.at_level(logging.WARNING):
        check(shards.get_or_compute("part", count(made)))

    assert made == [0, 1]
    assert f"{path} cannot be read" in caplog.text
    check(shards.get_or_compute("part", count(made)))
    assert made == [0, 1]


def test_a_part_that_was_not_completed_leaves_nothing_under_its_name(tmp_path):
    def fail():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Shards(tmp_path, "one").get_or_compute("part", fail)
    assert not (tmp_path / "part.npz").exists()


def test_clearing_removes_the_parts_alone(tmp_path):
    shards = Shards(tmp_path, "one")
    shards.get_or_compute("part", count([]))
    (tmp_path / "other.npz.partial").touch()
    (tmp_path / "values.npy").touch()

    shards.clear()

    assert [path.name for path in tmp_path.iterdir()] == ["values.npy"]


def test_what_is_there_is_known_before_it_is_taken(tmp_path):
    for parts in (Shards(tmp_path, "one"), InMemoryParts()):
        assert not parts.has("part")
        parts.get_or_compute("part", count([]))
        assert parts.has("part")
        assert not parts.has("another")
    assert not Shards(tmp_path, "another").has("part")
    (tmp_path / "part.npz").write_bytes(b"PK")
    assert not Shards(tmp_path, "one").has("part")


def test_parts_of_other_work_are_removed(tmp_path, caplog):
    own, other = Shards(tmp_path, "one"), Shards(tmp_path, "another")
    own.get_or_compute("a", count([]))
    other.get_or_compute("b", count([]))
    other.get_or_compute("c", count([]))
    (tmp_path / "d.npz.partial").touch()

    with caplog.at_level(logging.INFO):
        own.remove_stale()

    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
    assert "removed 3 parts" in caplog.text
    caplog.clear()
    own.remove_stale()
    Shards(tmp_path / "missing", "one").remove_stale()
    assert "removed" not in caplog.text


def test_in_memory_a_part_is_made_once_too():
    made, kept = [], InMemoryParts()
    check(kept.get_or_compute("part", count(made)))
    check(kept.get_or_compute("part", count(made)))

    assert made == [0]
