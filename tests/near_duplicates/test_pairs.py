import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.embeddings import Embeddings, normalise
from landmark_retrieval.errors import DataError
from landmark_retrieval.near_duplicates.pairs import (
    NearDuplicateSettings,
    copy_groups,
    near_duplicates,
    summarise_near_duplicates,
)
from landmark_retrieval.search.settings import SearchSettings

pytestmark = pytest.mark.costly

SETTINGS = NearDuplicateSettings(max_hamming=6, min_cosine=0.9, neighbours=50, max_group=50, max_pairs=10**6)
EXACT = SearchSettings(
    factory=None, n_probe=None, ef_search=None, rescore=10, train_sample=1000, seed=0,
    backend="auto", scan="auto", block_rows=1024, memory_gib=None,
)  # fmt: skip
COLUMNS = [
    "kind", "image_id", "split", "source", "landmark_id",
    "other_id", "other_split", "other_source", "other_landmark_id", "distance",
]  # fmt: skip


def hash_table(split, ids, sha256, perceptual):
    return pd.DataFrame(
        {
            "image_id": pd.array(ids, dtype="str"),
            "split": pd.array([split] * len(ids), dtype="str"),
            "sha256": pd.array(sha256, dtype="str"),
            "perceptual": pd.array(perceptual, dtype="Int64"),
        }
    )


class World:
    """A training set and two benchmarks of images with few different files, hashes and directions."""

    def __init__(self, make_manifest, seed=0):
        self.rng = np.random.default_rng(seed)
        self.manifest = make_manifest({f"t{i:02d}": i % 5 for i in range(30)})
        self.manifest["kept"] = self.manifest.index % 7 != 3
        self.hashes, self.embeddings = {}, {}
        self._add("gldv2", "train", [f"t{i:02d}" for i in range(30)])
        for source, split, n in [("gldv2", "index", 25), ("gldv2", "query", 10), ("rworld", "index", 12)]:
            self._add(source, split, [f"{split[0]}{i}" for i in range(n)])
        kept = self.manifest.loc[self.manifest["kept"], "image_id"].to_numpy(str)
        train = self.embeddings.pop(("gldv2", "train"))
        self.train = Embeddings(kept, train.vectors[train.rows_of(kept)])

    def _add(self, source, split, ids):
        n = len(ids)
        bits = self.rng.choice(np.array([0, 1, 255, -1, -64, 2**62], np.int64), n).astype(object)
        bits[self.rng.random(n) < 0.1] = pd.NA
        table = hash_table(split, ids, [f"{x:064x}" for x in self.rng.integers(0, 20, n)], bits)
        self.hashes[source] = pd.concat([self.hashes.get(source, table[:0]), table], ignore_index=True)
        directions = np.random.default_rng(9).standard_normal((6, 8))[self.rng.integers(0, 6, n)]
        vectors = normalise(directions + 0.2 * self.rng.standard_normal((n, 8)))
        self.embeddings[source, split] = Embeddings(np.array(ids), vectors)

    @property
    def benchmarks(self):
        of = {}
        for (source, split), embeddings in self.embeddings.items():
            of.setdefault(source, {})[split] = embeddings
        return of

    def find(self, settings=SETTINGS):
        return near_duplicates(self.manifest, self.hashes, self.train, self.benchmarks, settings, EXACT)


@pytest.fixture
def world(make_manifest):
    return World(make_manifest)


def images_of(world):
    """Every image: (source, split, id), landmark, SHA-256, perceptual hash, embedding."""
    landmarks = dict(zip(world.manifest["image_id"], world.manifest["landmark_id"], strict=True))
    for source, table in world.hashes.items():
        for row in table.itertuples():
            train = row.split == "train"
            here = world.train if train else world.embeddings[source, row.split]
            place = here.rows_of([row.image_id])[0]
            if place >= 0:
                landmark = landmarks[row.image_id] if train else None
                key = (source, row.split, row.image_id)
                yield key, landmark, row.sha256, row.perceptual, here.vectors[place]


def distances_of(a, b, settings):
    """How a pair of images is a near-duplicate."""
    found = {}
    if a[2] == b[2]:
        found["bytes"] = 0.0
    if a[3] is not pd.NA and b[3] is not pd.NA:
        bits = ((int(a[3]) ^ int(b[3])) & (2**64 - 1)).bit_count()
        if bits <= settings.max_hamming:
            found["perceptual"] = float(bits)
    if "train" in (a[0][1], b[0][1]) and a[4] @ b[4] >= settings.min_cosine:
        found["embedding"] = 1 - float(a[4] @ b[4])
    return found


def naive(world, settings):
    """Every pair of images that meets the definition."""
    images, rows = sorted(images_of(world), key=lambda image: image[0]), []
    for first, a in enumerate(images):
        for b in images[first + 1 :]:
            for kind, distance in distances_of(a, b, settings).items():
                (source, split, image), (other_source, other_split, other) = a[0], b[0]
                sides = (image, split, source, a[1], other, other_split, other_source, b[1])
                rows.append((kind, *sides, distance))
    order = ["bytes", "perceptual", "embedding"]
    return sorted(rows, key=lambda r: (order.index(r[0]), r[3], r[2], r[1], r[7], r[6], r[5]))


@pytest.mark.parametrize("seed", [0, 1])
def test_pairs_are_those_of_the_naive_loop(make_manifest, seed):
    world = World(make_manifest, seed)
    table = world.find()
    expected = pd.DataFrame(naive(world, SETTINGS), columns=COLUMNS)
    assert list(table.columns) == COLUMNS
    assert set(table["kind"]) == {"bytes", "perceptual", "embedding"}
    assert (table["landmark_id"].dtype, table["other_landmark_id"].dtype) == ("Int64", "Int64")
    np.testing.assert_allclose(table["distance"], expected["distance"], atol=1e-6)
    for column in COLUMNS[:-1]:
        assert table[column].astype(object).where(table[column].notna(), None).tolist() == [
            None if value is None or value != value else value for value in expected[column]
        ]


def test_the_order_of_rows_changes_nothing(world):
    expected = world.find()
    rng = np.random.default_rng(5)
    world.hashes = {s: t.sample(frac=1, random_state=1) for s, t in reversed(world.hashes.items())}
    world.manifest = world.manifest.sample(frac=1, random_state=2)
    order = rng.permutation(len(world.train))
    world.train = Embeddings(world.train.image_ids[order], world.train.vectors[order])
    pd.testing.assert_frame_equal(world.find(), expected)


def test_as_many_neighbours_as_asked_for_besides_the_image_itself(world):
    one = world.find(SETTINGS.model_copy(update={"neighbours": 1})).query("kind == 'embedding'")
    cosines = world.train.vectors @ world.train.vectors.T - 2 * np.eye(len(world.train))
    best = cosines.max(axis=1)
    within = one[(one["split"] == "train") & (one["other_split"] == "train")]
    named = set(within["image_id"]) | set(within["other_id"])
    assert named == set(world.train.image_ids[best >= 0.9].tolist())
    assert within.duplicated(["image_id", "other_id"]).sum() == 0


def test_pictures_without_a_hash_are_no_duplicates_of_each_other(world):
    world.hashes = {
        s: t.assign(perceptual=pd.array([pd.NA] * len(t), dtype="Int64")) for s, t in world.hashes.items()
    }
    assert "perceptual" not in set(world.find()["kind"])


def test_hundreds_of_identical_files_do_not_give_their_square(make_manifest):
    manifest = make_manifest({f"t{i:04d}": i % 2 for i in range(300)})
    hashes = {"gldv2": hash_table("train", manifest["image_id"], ["a" * 64] * 300, [7] * 300)}
    vectors = normalise(np.random.default_rng(0).standard_normal((300, 8)))
    train = Embeddings(manifest["image_id"].to_numpy(str), vectors)
    table = near_duplicates(manifest, hashes, train, {}, SETTINGS, EXACT)
    assert table["kind"].value_counts()[["bytes", "perceptual"]].tolist() == [299, 299]


def test_the_summary_counts_what_the_table_says(world):
    table = world.find()
    summary = summarise_near_duplicates(table)
    assert summary["pairs"].sum() == len(table)
    for row in summary.itertuples():
        found = table[
            (table["kind"] == row.kind)
            & (table["source"] == row.source) & (table["split"] == row.split)
            & (table["other_source"] == row.other_source) & (table["other_split"] == row.other_split)
        ]  # fmt: skip
        landmarks = list(zip(found["landmark_id"], found["other_landmark_id"], strict=True))
        without = sum(pd.isna(a) or pd.isna(b) for a, b in landmarks)
        same = sum(not pd.isna(a) and not pd.isna(b) and a == b for a, b in landmarks)
        assert (row.pairs, row.without_landmark, row.same_landmark) == (len(found), without, same)
        assert row.different_landmark == row.pairs - same - without
        assert (row.images, row.others) == (len(set(found["image_id"])), len(set(found["other_id"])))
    within = summary.query("split == 'train' and other_split == 'train'")
    assert within["same_landmark"].sum() > 0
    assert within["different_landmark"].sum() > 0


def test_nothing_twice_gives_empty_tables_of_the_same_columns(make_manifest):
    manifest = make_manifest({"a": 1, "b": 2})
    hashes = {"gldv2": hash_table("train", ["a", "b"], ["1" * 64, "2" * 64], [0, -1])}
    train = Embeddings(np.array(["a", "b"]), np.eye(2, dtype=np.float32))
    table = near_duplicates(manifest, hashes, train, {}, SETTINGS, EXACT)
    assert list(table.columns) == COLUMNS
    assert len(table) == len(summarise_near_duplicates(table)) == 0


def test_what_is_missing_is_named(world):
    hashes = dict(world.hashes)
    world.hashes = {"gldv2": hashes["gldv2"]}
    with pytest.raises(DataError, match="expected those of rworld, found those of gldv2"):
        world.find()
    world.hashes = hashes | {"gldv2": hashes["gldv2"].query("image_id != 't05'")}
    with pytest.raises(DataError, match="image hashes of gldv2: none for 't05' of the manifest"):
        world.find()
    world.hashes = hashes | {"gldv2": pd.concat([hashes["gldv2"], hashes["gldv2"].query("image_id == 'i3'")])}
    with pytest.raises(DataError, match="gldv2 index image 'i3' is listed twice"):
        world.find()
    world.hashes = hashes
    world.train = Embeddings(world.train.image_ids[1:], world.train.vectors[1:])
    with pytest.raises(DataError, match=r"embeddings of train: expected 26, found 25, none for 't00'"):
        world.find()


@pytest.mark.parametrize("seed", range(3))
def test_copies_are_joined_by_files_and_looks_alone(make_manifest, seed):
    world = World(make_manifest, seed)
    table = world.hashes["gldv2"]
    table["sha256"] = [f"{i % 40:064x}" for i in range(len(table))]
    looks = world.rng.integers(0, 2**62, len(table))
    looks[3:9] = looks[10:16] ^ np.array([1, 3, 31, 63, 127, 255])
    table["perceptual"] = pd.array(looks, dtype="Int64").copy()
    groups = copy_groups(world.manifest, world.hashes, SETTINGS)
    kept = world.manifest.loc[world.manifest["kept"], "image_id"].tolist()
    assert groups["image_id"].tolist() == kept
    hashes = world.hashes["gldv2"].query("split == 'train'").set_index("image_id")
    joined = {image: {image} for image in kept}
    for one in kept:
        for other in kept:
            a, b = hashes.loc[one], hashes.loc[other]
            bits = 99
            if pd.notna(a["perceptual"]) and pd.notna(b["perceptual"]):
                bits = bin((int(a["perceptual"]) ^ int(b["perceptual"])) & (2**64 - 1)).count("1")
            if a["sha256"] == b["sha256"] or bits <= SETTINGS.max_hamming:
                together = joined[one] | joined[other]
                joined.update(dict.fromkeys(together, together))
    of_group = groups.groupby("group")["image_id"].agg(set).tolist()
    assert {frozenset(group) for group in of_group} == {frozenset(group) for group in joined.values()}
    assert 1 < len(of_group) < len(kept)
