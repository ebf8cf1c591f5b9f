"""Are wrong pictures found among real photographs, and the landmarks that two sets share?

    … benchmarks/cleaning/planted_photographs.py PHOTOGRAPHS --weights WEIGHTS
        [--aliked ALIKED] [--out FOLDER]

PHOTOGRAPHS holds one sub-folder per landmark in `landmarks/`, and photographs of none in `distractors/`.
WEIGHTS is what the configuration calls `model.weights` of a SqueezeNet, such as `caffe:squeezenet1_0.pth`.
Nothing is trained. ALIKED are published weights of ALIKED-n16, whose local features replace RootSIFT.

Cleaning: to each landmark of at least four photographs, a picture of a distractor and one of another
landmark are added under its label. Thresholds are fixed, or chosen (`auto`) by a rate of false
verifications from pairs of different labels, the planted ones among them. Overlap: of every other landmark
of at least six photographs two are held back as queries; all photographs of some further landmarks and some
distractors are queries, too, whose landmarks the training set lacks. Settings are those of `conf/photos`.
With `--out`, the review sheet is written there, to be looked at.
"""

from __future__ import annotations

import argparse
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from landmark_retrieval.cleaning.neighbours import same_landmark_neighbours
from landmark_retrieval.cleaning.spatial_cleaning import CleaningSettings, clean
from landmark_retrieval.cleaning.verified_counts import tried_neighbours
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.inspection import inspect_images
from landmark_retrieval.local_features.extraction import extract_features
from landmark_retrieval.local_features.factory import make_extractor
from landmark_retrieval.local_features.features import LocalFeatures
from landmark_retrieval.local_features.kornia_extractor import KorniaSettings
from landmark_retrieval.local_features.root_sift import RootSiftSettings
from landmark_retrieval.local_features.storage.store import LocalFeatureStore
from landmark_retrieval.manifests.manifest import as_published
from landmark_retrieval.metrics.cleaning_quality import score_cleaning, score_overlap
from landmark_retrieval.models.config import EmbeddingSettings, ModelSettings
from landmark_retrieval.models.embedding_model import build_model
from landmark_retrieval.models.extraction import extract
from landmark_retrieval.overlap.candidates import overlap_candidates
from landmark_retrieval.overlap.decisions import decide_overlap
from landmark_retrieval.overlap.pairs import overlap_pairs, pairs_to_verify
from landmark_retrieval.overlap.settings import OverlapSettings
from landmark_retrieval.overlap.verdict_files import read_verdicts
from landmark_retrieval.reporting.review.rows import EvaluationSet, ReviewSettings, TrainingSet, build_rows
from landmark_retrieval.reporting.review.sheet import review_sheet, sheet_fingerprint
from landmark_retrieval.search.exact_search import search
from landmark_retrieval.verification.different_landmarks import different_landmark_pairs
from landmark_retrieval.verification.evidence import Evidence
from landmark_retrieval.verification.false_verifications import (
    FalseVerificationSettings,
    false_verifications,
    used_row,
)
from landmark_retrieval.verification.pairs import verify_pairs
from landmark_retrieval.verification.settings import VerificationSettings

FEATURES = RootSiftSettings(kind="root_sift", max_keypoints=800, max_side=640, contrast_threshold=0.02)
VERIFICATION = VerificationSettings.model_validate(
    {
        "matching": {"method": "product", "mutual": True, "max_distance": 0.9, "ratio": 0.9},
        "consensus": {"transform": "affine", "threshold_px": 10.0, "iterations": 2000, "confidence": 0.999},
        "seed": 0,
    }
)
NEIGHBOURS = {
    "neighbours": 1000,
    "max_verified": 100,
    "copies_verify": True,
    "min_landmark_size": 1,
    "too_small": "remove",
}
LARGEST = {"method": "match_graph", "components": "largest", "min_component": 2, **NEIGHBOURS}
MATCH_GRAPH = {
    f"match_graph, at least {n} inliers": CleaningSettings.model_validate({**LARGEST, "min_inliers": n})
    for n in (5, 7, 10, 15)
}
FIXED = {"RootSIFT": (6, 7, 8, 11, 16), "ALIKED": (8, 11, 16, 21, 31)}
RATES = (0.1, 0.01, 0.001)
FALSE = FalseVerificationSettings(rate=0.01, pairs=5000, confidence=0.95, seed=0, drawn=0)
OVERLAP = {
    "depth": 100, "min_images": 1, "name_similarity": None, "max_namesakes": 10, "listed": (),
    "rule": "any", "undecided": "remove", "expected": None,
}  # fmt: skip
REVIEW = ReviewSettings(
    candidates=100, queries=3, photographs=4, drawings=4, lines=12, thumbnail_height=120, drawing_height=240,
    quality=72,
)  # fmt: skip
WORKERS = 2


class Collection:
    """A folder of photographs, and the model that embeds them."""

    def __init__(self, folder: Path, weights: str, aliked: Path | None = None, threads: int = 1) -> None:
        self.files, self.name = FileTree(folder), "RootSIFT" if aliked is None else "ALIKED"
        self.extractor, self.verification = FEATURES, VERIFICATION
        if aliked is not None:
            self.extractor = KorniaSettings(
                kind="kornia", model="aliked-n16", weights=str(aliked), max_keypoints=800, max_side=512,
                detection_threshold=0.2, threads=1,
            )  # fmt: skip
            matching = VERIFICATION.matching.model_copy(update={"ratio": None})
            self.verification = VERIFICATION.model_copy(update={"matching": matching})
        paths = sorted(folder.glob("landmarks/*/*.jp*g")) + sorted(folder.glob("distractors/*.jp*g"))
        names = [path.relative_to(folder).as_posix() for path in paths]
        table = pd.DataFrame({"image_id": names, "path": names}, dtype="str")
        self.images = inspect_images(self.files, table, "photographs", WORKERS)[0]
        parts = self.images["path"].str.split("/")
        self.images["place"] = parts.str[1].where(parts.str[0] == "landmarks", "").astype("str")
        model = build_model(
            ModelSettings(
                backbone="squeezenet1_0", weights=weights, gem_p=3.0, gem_trainable=False, dim=None, seed=0
            )
        )
        settings = EmbeddingSettings(
            aspect_groups=None, max_side=512, scales=(1.0,), multiple_of=1, min_side=64, batch_size=16,
            amp=False, threads=threads, workers=WORKERS, super_global=None,
        )  # fmt: skip
        stream = extract(model, self.files, self.images, settings, torch.device("cpu"))
        self._vectors = np.concatenate(list(stream))

    def embeddings(self, rows: np.ndarray, ids: list[str]) -> Embeddings:
        """Embeddings of some photographs under other ids."""
        return Embeddings(np.asarray(ids, dtype=str), self._vectors[rows])

    def features(self, table: pd.DataFrame) -> LocalFeatureStore:
        """Local features of a table's photographs."""
        found = [self._found[path] for path in table["path"]]
        return LocalFeatureStore.pack(table["image_id"].tolist(), found)

    @cached_property
    def _found(self) -> dict[str, LocalFeatures]:
        """Local features of every photograph, by its path."""
        extractor = make_extractor(self.extractor, "cpu")
        stream = extract_features(self.files, self.images, extractor, WORKERS, crop=False)
        return dict(zip(self.images["path"], stream, strict=True))


def plant(images: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Labelled photographs with wrong ones among them: also `row`, `landmark_id` and `fault`."""
    places = [place for place, n in images["place"].value_counts().sort_index().items() if place and n >= 4]
    right = images[images["place"] != ""].assign(fault="")
    numbers = {place: number for number, place in enumerate(sorted(right["place"].unique()))}
    right["landmark_id"] = right["place"].map(numbers).astype("int64")
    street = rng.permutation(np.flatnonzero(images["place"] == ""))[: len(places)]
    wrong = [images.iloc[street].assign(fault="distractor", landmark_id=[numbers[p] for p in places])]
    others = [rng.choice(np.flatnonzero(~images["place"].isin([place, ""]))) for place in places]
    wrong.append(
        images.iloc[others].assign(fault="another landmark", landmark_id=[numbers[p] for p in places])
    )
    planted = pd.concat([right, *wrong]).rename_axis("row").reset_index()
    return planted.assign(image_id=[f"{i:04d}:{name}" for i, name in enumerate(planted["image_id"])])


def measure_cleaning(collection: Collection) -> None:
    """Plant, clean by each setting, and tell what was found."""
    table = plant(collection.images, np.random.default_rng(0))
    ids, landmarks = table["image_id"].tolist(), table["landmark_id"].to_numpy()
    embeddings = collection.embeddings(table["row"].to_numpy(), ids)
    ranking = search(embeddings, embeddings, min(NEIGHBOURS["neighbours"], len(ids)))
    pairs = same_landmark_neighbours(ranking, landmarks, NEIGHBOURS["max_verified"])
    features, copies = collection.features(table), table["row"].to_numpy()
    evidence = verify_pairs(features, pairs, collection.verification, WORKERS)
    columns = ["image_id", "path", "width", "height", "landmark_id"]
    source = as_published(table[columns], "photographs", "")
    print(f"{len(table)} photographs, {(table['fault'] != '').sum()} of them planted, {len(evidence)} pairs")
    for inliers in FIXED[collection.name]:
        tell(f"at least {inliers} inliers", inliers, evidence, source, table)
    for known, groups in (("known", copies), ("unknown", np.arange(len(ids)))):
        others = different_landmark_pairs(ranking, landmarks, groups, FALSE.pairs, FALSE.seed)
        different = verify_pairs(features, others, collection.verification, WORKERS).inliers
        for rate in RATES:
            wanted = FALSE.model_copy(update={"rate": rate})
            tried = tried_neighbours(evidence)
            chosen = false_verifications(different, evidence.inliers, tried, "auto", wanted)
            name = f"auto, {rate:g} per image, copies {known}: at least {used_row(chosen)['min_inliers']}"
            tell(name, int(used_row(chosen)["min_inliers"]), evidence, source, table)
        raw = [int((different >= t).mean() * tried <= FALSE.rate) for t in range(different.max() + 2)]
        print(f"{len(different)} pairs of different labels; by their shares as they are {raw.index(1)}")
    for name, settings in MATCH_GRAPH.items():
        print(f"{name}: {_told(clean(evidence, source, settings, 'evidence'), table)}")


def tell(name: str, inliers: int, evidence: Evidence, source: pd.DataFrame, table: pd.DataFrame) -> None:
    """What cleaning by one verified neighbour finds at a threshold."""
    settings = {"method": "frequency", "min_inliers": inliers, "min_verified_neighbours": 1, **NEIGHBOURS}
    manifest = clean(evidence, source, CleaningSettings.model_validate(settings), "evidence")
    print(f"{name}: {_told(manifest, table)}")


def _told(manifest: pd.DataFrame, table: pd.DataFrame) -> str:
    scores = score_cleaning(manifest, table[["image_id", "fault"]]).set_index(["measure", "fault"])
    good = (table["fault"] == "").to_numpy()
    kept = manifest["kept"][good].groupby(_kind(table["place"])[good].to_numpy()).agg(["sum", "size"])
    parts = [
        f"{measure} {fault} {row['count']:.0f} of {row['total']:.0f} {100 * row['value']:.1f} % "
        f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}]"
        for (measure, fault), row in scores.iterrows()
    ]
    return "; ".join([*parts, *(f"{kind} {n} of {of}" for kind, n, of in kept.itertuples())])


def _kind(places: pd.Series) -> pd.Series:
    """What kind of place it is, by the prefix of its name."""
    found = places.str.extract(r"^(w|tm)_", expand=False)
    return found.map({"w": "world sights", "tm": "Timișoara"}).fillna("multi-view places").astype("str")


def find_overlap(collection: Collection, out: Path | None) -> None:
    """Hold queries back, audit the overlap, and tell what was found."""
    images, rng = collection.images, np.random.default_rng(1)
    counts = images["place"].value_counts().sort_index()
    places = [place for place, n in counts.items() if place and n >= 6]
    shared, absent = places[::2], places[1::4]
    numbers = {place: number for number, place in enumerate(sorted(set(images["place"]) - {""}))}
    drawn = [rng.permutation(np.flatnonzero(images["place"] == place))[:2] for place in shared]
    distractors = rng.permutation(np.flatnonzero(images["place"] == ""))[:30]
    query_rows = np.sort(np.concatenate([*drawn, np.flatnonzero(images["place"].isin(absent)), distractors]))
    train_rows = np.setdiff1d(np.flatnonzero(images["place"] != ""), query_rows)
    queries, train = images.iloc[query_rows], images.iloc[train_rows].copy()
    train["landmark_id"] = train["place"].map(numbers).astype("int64")
    asked = collection.embeddings(query_rows, queries["image_id"].tolist())
    ranking = search(asked, collection.embeddings(train_rows, train["image_id"].tolist()), OVERLAP["depth"])
    looked_at = pairs_to_verify(ranking, OVERLAP["depth"])
    features = collection.features(queries), collection.features(train)
    evidence = verify_pairs(features[0], looked_at, collection.verification, WORKERS, others=features[1])
    print(f"\n{len(queries)} queries, {len(train)} training photographs, {len(evidence)} pairs")
    names = pd.DataFrame(
        {"landmark_id": list(numbers.values()), "name": pd.array(list(numbers), dtype="str")}
    )
    nobody = read_verdicts({}, "photographs", set())
    vectors = collection.embeddings(train_rows, train["image_id"].tolist())
    among, labels = search(vectors, vectors, 200), train["landmark_id"].to_numpy()
    others = different_landmark_pairs(among, labels, np.arange(len(train)), FALSE.pairs, FALSE.seed)
    different = verify_pairs(features[1], others, collection.verification, WORKERS).inliers
    for min_inliers in (*FIXED[collection.name], *RATES):
        rate = min_inliers if isinstance(min_inliers, float) else FALSE.rate
        wanted, given = (
            FALSE.model_copy(update={"rate": rate}),
            "auto" if rate == min_inliers else min_inliers,
        )
        compared = false_verifications(different, evidence.inliers, OVERLAP["depth"], given, wanted)
        inliers = int(used_row(compared)["min_inliers"])
        settings = OverlapSettings(min_inliers=inliers, **OVERLAP)
        pairs = overlap_pairs("held back", ranking, asked.image_ids, train, evidence, settings)
        alike = pd.DataFrame(columns=["benchmark", "landmark_id", "evaluation_name", "name_similarity"])
        candidates = overlap_candidates(pairs, alike, names, {}, settings)
        decisions = decide_overlap(candidates, nobody, settings, {})
        true = {numbers[place] for place in shared}
        how = f"auto, {rate:g} per query: " if given == "auto" else ""
        print(f"\n{how}at least {inliers} inliers\n{_shown(score_overlap(decisions, true))}")
        if out is not None:
            evaluation = {"held back": EvaluationSet(evidence, with_whole_boxes(queries), collection.files)}
            training = TrainingSet(train, collection.files)
            rows = build_rows(candidates, pairs, evaluation, training, collection.extractor.max_side, REVIEW)
            page = review_sheet(rows, "photographs", sheet_fingerprint(candidates), len(candidates))
            (out / f"review_{inliers}.html").write_text(page, encoding="utf-8")


def with_whole_boxes(queries: pd.DataFrame) -> pd.DataFrame:
    """Queries without a box."""
    return queries.assign(x1=np.nan, y1=np.nan, x2=np.nan, y2=np.nan)


def _shown(scores: pd.DataFrame) -> str:
    return scores.round(3).to_string(index=False)


def arguments_of_collection(description: str | None) -> argparse.ArgumentParser:
    """Parser of what a `Collection` is made from."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--aliked", type=Path)
    return parser


def main() -> None:
    """Both questions."""
    parser = arguments_of_collection(__doc__)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
    collection = Collection(arguments.photographs, arguments.weights, arguments.aliked)
    measure_cleaning(collection)
    find_overlap(collection, arguments.out)


if __name__ == "__main__":
    main()
