import numpy as np
import pytest

from landmark_retrieval.cleaning.match_graph import MatchGraphSettings

LARGEST = MatchGraphSettings(
    method="match_graph",
    neighbours=10,
    max_verified=5,
    copies_verify=True,
    min_inliers=10,
    components="largest",
    min_component=2,
    min_landmark_size=1,
    too_small="remove",
)
ALL = LARGEST.model_copy(update={"components": "all"})


def outcome(evidence, manifest, settings):
    decision = settings.decide(evidence, manifest)
    return manifest.loc[decision.keep, "image_id"].tolist(), dict(
        zip(manifest["image_id"], decision.reasons, strict=True)
    )


def naive_components(evidence, manifest, min_inliers):
    """Groups of images that can be walked to, one image after the other."""
    landmark = {r.image_id: r.landmark_id for r in manifest.itertuples() if r.kept}
    edges = {}
    for (a, b), inliers in zip(evidence.image_ids[evidence.pairs].tolist(), evidence.inliers, strict=True):
        if inliers >= min_inliers and a in landmark and landmark[a] == landmark.get(b):
            edges[a, b] = int(inliers)
    groups = []
    for image in sorted(landmark):
        if not any(image in group for group in groups):
            group = {image}
            while reached := {x for pair in edges if group & set(pair) for x in pair} - group:
                group |= reached
            groups.append(group)
    weight = [sum(w for pair, w in edges.items() if set(pair) <= group) for group in groups]
    return landmark, groups, weight


@pytest.mark.parametrize("seed", range(1, 7))
def test_agrees_with_walking_from_image_to_image(make_manifest, make_evidence, seed):
    rng = np.random.default_rng(seed)
    manifest = make_manifest({f"i{i:02}": int(rng.integers(3)) for i in rng.permutation(40)})
    manifest.loc[rng.random(40) < 0.1, "kept"] = False
    pairs = [
        (f"i{i:02}", f"i{j:02}", int(rng.integers(5, 12)))
        for i, j in rng.integers(40, size=(150, 2))
        if i != j
    ]
    evidence = make_evidence(pairs, manifest["image_id"])
    landmark, groups, weight = naive_components(evidence, manifest, 10)
    every = {i for group in groups if len(group) >= 2 for i in group}
    best = {}
    for group, w in zip(groups, weight, strict=True):
        key = (-len(group), -w, min(group))
        of = landmark[min(group)]
        best[of] = min(best.get(of, (key, group)), (key, group), key=lambda pair: pair[0])
    largest = {i for _, group in best.values() if len(group) >= 2 for i in group}
    assert set(outcome(evidence, manifest, LARGEST)[0]) == largest
    assert set(outcome(evidence, manifest, ALL)[0]) == every
    assert 0 < len(largest) < len(every)


def test_weak_edges_are_pruned_and_reasons_tell_the_components(make_manifest, make_evidence):
    manifest = make_manifest(dict.fromkeys("abcdefg", 1) | {"h": 2})
    edges = [("a", "b", 10), ("c", "b", 30), ("d", "e", 99), ("c", "d", 9)]
    kept, reasons = outcome(make_evidence(edges, manifest["image_id"]), manifest, LARGEST)
    assert kept == ["a", "b", "c"]
    assert reasons["a"] == "in the largest component of its landmark, of 3 images"
    assert reasons["d"] == "in a component of 2 images, the largest has 3"
    assert reasons["f"] == "in a component of 1 image, the largest has 3"
    assert reasons["h"] == "in a component of 1 of 2 needed images"


def test_all_components_of_some_size(make_manifest, make_evidence):
    manifest = make_manifest(dict.fromkeys("abcdef", 1))
    evidence = make_evidence([("a", "b", 10), ("c", "b", 30), ("d", "e", 99)], manifest["image_id"])
    assert outcome(evidence, manifest, ALL)[0] == list("abcde")
    three = ALL.model_copy(update={"min_component": 3})
    kept, reasons = outcome(evidence, manifest, three)
    assert kept == ["a", "b", "c"]
    assert reasons["a"] == "in a component of 3 images"
    assert reasons["d"] == "in a component of 2 of 3 needed images"


def test_of_equally_large_components_the_one_of_more_inliers_is_kept(make_manifest, make_evidence):
    manifest = make_manifest(dict.fromkeys("abcd", 1))
    kept, reasons = outcome(make_evidence([("a", "b", 10), ("c", "d", 11)]), manifest, LARGEST)
    assert kept == ["c", "d"]
    assert reasons["a"] == "in a component of 2 images, the one kept is as large"
    even = make_evidence([("a", "d", 11), ("b", "c", 11)])
    assert outcome(even, manifest.iloc[::-1], LARGEST)[0] == ["d", "a"]


def test_who_asked_does_not_matter(make_manifest, make_evidence):
    manifest = make_manifest(dict.fromkeys("abc", 1))
    one, both = [("a", "b", 20), ("c", "b", 20)], [("a", "b", 20), ("b", "a", 20), ("b", "c", 20)]
    for edges in (one, both):
        assert outcome(make_evidence(edges), manifest, LARGEST)[0] == ["a", "b", "c"]
