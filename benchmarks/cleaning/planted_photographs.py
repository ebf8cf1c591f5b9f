"""Are wrong pictures found among real photographs, and the landmarks that two sets share?

    … benchmarks/cleaning/planted_photographs.py PHOTOGRAPHS --weights WEIGHTS [--out FOLDER]

PHOTOGRAPHS holds one sub-folder per landmark in `landmarks/`, and photographs of none in `distractors/`.
WEIGHTS is what the configuration calls `model.weights` of a SqueezeNet, such as `caffe:squeezenet1_0.pth`.
Nothing is trained.

Cleaning: to each landmark of at least four photographs, a picture of a distractor and one of another
landmark are added under its label. Overlap: of every other landmark of at least six photographs two are
held back as queries; all photographs of some further landmarks and some distractors are queries, too, whose
landmarks the training set lacks. Settings are those of `conf/photos`. With `--out`, the review sheet is
written there, to be looked at.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from landmark_retrieval.cleaning.neighbours import same_landmark_neighbours
from landmark_retrieval.cleaning.spatial_cleaning import CleaningSettings, clean
from landmark_retrieval.embeddings import Embeddings
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.inspection import inspect_images
from landmark_retrieval.local_features.extraction import extract_features
from landmark_retrieval.local_features.root_sift import RootSift, RootSiftSettings
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
NEIGHBOURS = {"neighbours": 1000, "max_verified": 100, "min_landmark_size": 1}
CLEANINGS = {
    f"{method}, at least {inliers} inliers": CleaningSettings.model_validate(
        {"method": method, "min_inliers": inliers, **NEIGHBOURS, **own}
    )
    for method, bounds, own in (
        ("frequency", (6, 8, 11, 16), {"min_verified_neighbours": 1}),
        ("match_graph", (5, 7, 10, 15), {"components": "largest", "min_component": 2}),
    )
    for inliers in bounds
}
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

    def __init__(self, folder: Path, weights: str) -> None:
        self.files = FileTree(folder)
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
            aspect_groups=None, max_side=512, scales=(1.0,), multiple_of=32, min_side=64, batch_size=16,
            amp=False, threads=WORKERS, workers=WORKERS, super_global=None,
        )  # fmt: skip
        stream = extract(model, self.files, self.images, settings, torch.device("cpu"))
        self._vectors = np.concatenate(list(stream))

    def embeddings(self, rows: np.ndarray, ids: list[str]) -> Embeddings:
        """Embeddings of some photographs under other ids."""
        return Embeddings(np.asarray(ids, dtype=str), self._vectors[rows])

    def features(self, table: pd.DataFrame) -> LocalFeatureStore:
        """Local features of a table's photographs."""
        found = extract_features(self.files, table, RootSift(FEATURES), WORKERS, crop=False)
        return LocalFeatureStore.pack(found.image_ids.tolist(), found)


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
    ids = table["image_id"].tolist()
    embeddings = collection.embeddings(table["row"].to_numpy(), ids)
    ranking = search(embeddings, embeddings, min(NEIGHBOURS["neighbours"], len(ids)))
    pairs = same_landmark_neighbours(ranking, table["landmark_id"].to_numpy(), NEIGHBOURS["max_verified"])
    evidence = verify_pairs(collection.features(table), pairs, VERIFICATION, WORKERS)
    columns = ["image_id", "path", "width", "height", "landmark_id"]
    source = as_published(table[columns], "photographs", "")
    print(f"{len(table)} photographs, {(table['fault'] != '').sum()} of them planted, {len(evidence)} pairs")
    for name, settings in CLEANINGS.items():
        manifest = clean(evidence, source, settings, "evidence")
        print(f"\n{name}\n{_shown(score_cleaning(manifest, table[['image_id', 'fault']]))}")
        good = (table["fault"] == "").to_numpy()
        kept = manifest["kept"][good].groupby(_kind(table["place"])[good].to_numpy()).agg(["sum", "size"])
        print("good ones kept: " + ", ".join(f"{kind} {n} of {of}" for kind, n, of in kept.itertuples()))


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
    evidence = verify_pairs(features[0], looked_at, VERIFICATION, WORKERS, others=features[1])
    print(f"\n{len(queries)} queries, {len(train)} training photographs, {len(evidence)} pairs")
    names = pd.DataFrame(
        {"landmark_id": list(numbers.values()), "name": pd.array(list(numbers), dtype="str")}
    )
    nobody = read_verdicts({}, "photographs", set())
    for inliers in (8, 11, 16):
        settings = OverlapSettings(min_inliers=inliers, **OVERLAP)
        pairs = overlap_pairs("held back", ranking, asked.image_ids, train, evidence, settings)
        alike = pd.DataFrame(columns=["benchmark", "landmark_id", "evaluation_name", "name_similarity"])
        candidates = overlap_candidates(pairs, alike, names, {}, settings)
        decisions = decide_overlap(candidates, nobody, settings, {})
        true = {numbers[place] for place in shared}
        print(f"\nat least {inliers} inliers\n{_shown(score_overlap(decisions, true))}")
        if out is not None:
            evaluation = {"held back": EvaluationSet(evidence, with_whole_boxes(queries), collection.files)}
            training = TrainingSet(train, collection.files)
            rows = build_rows(candidates, pairs, evaluation, training, FEATURES.max_side, REVIEW)
            page = review_sheet(rows, "photographs", sheet_fingerprint(candidates), len(candidates))
            (out / f"review_{inliers}.html").write_text(page, encoding="utf-8")


def with_whole_boxes(queries: pd.DataFrame) -> pd.DataFrame:
    """Queries without a box."""
    return queries.assign(x1=np.nan, y1=np.nan, x2=np.nan, y2=np.nan)


def _shown(scores: pd.DataFrame) -> str:
    return scores.round(3).to_string(index=False)


def main() -> None:
    """Both questions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
    collection = Collection(arguments.photographs, arguments.weights)
    measure_cleaning(collection)
    find_overlap(collection, arguments.out)


if __name__ == "__main__":
    main()
