"""Plan of the photographs, made before any is rendered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.world.plan.catalogue import Catalogue, draw_catalogue
from landmark_retrieval.world.plan.naming import image_id, image_seed
from landmark_retrieval.world.plan.settings import WorldSettings

Row = dict[str, Any]
Numbers = NDArray[np.int64]

PHOTOGRAPH_COLUMNS = (
    *("image_id", "part", "split", "path", "landmark", "family"),
    *("view", "difficulty", "seed", "label", "fault", "usage"),
)


@dataclass(frozen=True)
class WorldPlan:
    """Every photograph and landmark of a world.

    Attributes:
        settings: The settings it was made from.
        photographs: A row per photograph: `image_id`, `part` (`gldv1`, `gldv2`, `revisited`), `split`
            (`train`, `index`, `query`), `path` below the root of its part, true `landmark` and its `family`
            (-1: none), `view` (`exterior`, `interior`, `detail`, `distractor`, `irrelevant`), `difficulty`
            (`easy`, `hard`, `junk` or empty), `seed`, `label` written (-1: none; each part, and train and
            index, number their labels in their own way), `fault` (`wrong label`, `irrelevant` or empty) and
            `usage` of queries.
        landmarks: A row per landmark: `landmark`, `family`, `name`, `revisited_name`, and the ids it bears in
            `gldv1_label`, `gldv2_label`, `index_label` (-1: does not occur), `revisited` (bool).
    """

    settings: WorldSettings
    photographs: pd.DataFrame
    landmarks: pd.DataFrame


def plan_world(settings: WorldSettings) -> WorldPlan:
    """Plan every landmark and photograph; nothing is rendered."""
    catalogue = draw_catalogue(settings)
    rng = np.random.default_rng([settings.seed, 20])
    sets = (_gldv1, _gldv2_train, _gldv2_index, _gldv2_queries, _revisited)
    rows = [row for photographs in sets for row in photographs(settings, catalogue, rng)]
    return WorldPlan(settings, _table(settings, catalogue, rows), catalogue.table)


def _table(settings: WorldSettings, catalogue: Catalogue, rows: list[Row]) -> pd.DataFrame:
    """Give every row its name and seed, and each distractor a landmark of its own."""
    defaults: Row = {"difficulty": "", "fault": "", "usage": "", "label": -1}
    revisited_numbers = iter(np.random.default_rng([settings.seed, 21]).permutation(len(rows)))
    spare = len(catalogue.table)
    for serial, row in enumerate(rows):
        if row["view"] == "distractor":
            row["landmark"], spare = spare, spare + 1
        landmark = row["landmark"]
        row |= {key: value for key, value in defaults.items() if key not in row}
        row["image_id"] = image_id(settings.seed, serial)
        if row["part"] == "revisited":
            row["image_id"] = f"rworld_{next(revisited_numbers):06d}"
        row["family"] = catalogue.family(landmark)
        row["seed"] = image_seed(settings.seed, serial)
        row["path"] = _path(row)
    return pd.DataFrame(rows, columns=list(PHOTOGRAPH_COLUMNS))


def _path(row: Row) -> str:
    name = str(row["image_id"])
    if row["part"] == "gldv1":
        return f"train/{name}.jpg"
    if row["part"] == "revisited":
        return f"jpg/{name}.jpg"
    folder = "test" if row["split"] == "query" else str(row["split"])
    return f"{folder}/{name[0]}/{name[1]}/{name[2]}/{name}.jpg"


def _numbers(mean: float, spread: float, least: int, size: int, rng: np.random.Generator) -> Numbers:
    """How many photographs each landmark has: log-normal, at least `least`."""
    drawn = mean * rng.lognormal(-(spread**2) / 2, spread, size)
    return np.maximum(least, np.rint(drawn)).astype(np.int64)


def _views(settings: WorldSettings, number: int, rng: np.random.Generator) -> list[str]:
    """The views of one landmark's photographs: of both kinds where there are two photographs or more."""
    share = settings.interior_share
    interior = min(number - 1, max(1, round(share * number))) if share else 0
    detail = min(number - interior, int(rng.binomial(number, settings.detail_share)))
    views = ["interior"] * interior + ["detail"] * detail + ["exterior"] * (number - interior - detail)
    return [views[i] for i in rng.permutation(number)]


def _of_landmarks(
    settings: WorldSettings, landmarks: Numbers, mean: float, rng: np.random.Generator, part: str, split: str
) -> list[Row]:
    """Photographs of each landmark, where it has several in both kinds of views."""
    least = 1 if split == "train" else 2
    numbers = _numbers(mean, settings.size_spread, least, len(landmarks), rng)
    return [
        {"part": part, "split": split, "landmark": int(landmark), "view": view}
        for landmark, number in zip(landmarks, numbers, strict=True)
        for view in _views(settings, int(number), rng)
    ]


def _add_faults(
    rows: list[Row], wrong: float, irrelevant: float, landmarks: Numbers, rng: np.random.Generator
) -> None:
    """Make a share of the rows show another landmark than their label, and a share none."""
    order = rng.permutation(len(rows))
    end = round(wrong * len(rows)) if len(landmarks) > 1 else 0
    for i in order[:end]:
        others = landmarks[landmarks != rows[i]["landmark"]]
        rows[i] |= {"landmark": int(rng.choice(others)), "fault": "wrong label"}
    for i in order[end : end + round(irrelevant * len(rows))]:
        rows[i] |= {"landmark": -1, "view": "irrelevant", "fault": "irrelevant"}


def _labelled(rows: list[Row], labels: pd.Series) -> list[Row]:
    return [{**row, "label": int(labels[row["landmark"]])} for row in rows]


def _gldv1(settings: WorldSettings, catalogue: Catalogue, rng: np.random.Generator) -> list[Row]:
    mean = settings.gldv1.photographs_per_landmark
    drawn = _of_landmarks(settings, catalogue.gldv1, mean, rng, "gldv1", "train")
    rows = _labelled(drawn, catalogue.table["gldv1_label"])
    _add_faults(rows, settings.gldv1.wrong_label_rate, 0.0, catalogue.gldv1, rng)
    return rows


def _gldv2_train(settings: WorldSettings, catalogue: Catalogue, rng: np.random.Generator) -> list[Row]:
    sizes = settings.gldv2
    mean = sizes.train_photographs_per_landmark
    drawn = _of_landmarks(settings, catalogue.train, mean, rng, "gldv2", "train")
    rows = _labelled(drawn, catalogue.table["gldv2_label"])
    _add_faults(rows, sizes.wrong_label_rate, sizes.irrelevant_rate, catalogue.train, rng)
    return rows


def _gldv2_index(settings: WorldSettings, catalogue: Catalogue, rng: np.random.Generator) -> list[Row]:
    sizes = settings.gldv2
    mean = sizes.index_photographs_per_landmark
    drawn = _of_landmarks(settings, catalogue.index, mean, rng, "gldv2", "index")
    rows = _labelled(drawn, catalogue.table["index_label"])
    return rows + _distractors(sizes.index_distractors, rng, part="gldv2", split="index")


def _distractors(number: int, rng: np.random.Generator, **fixed: str) -> list[Row]:
    """Buildings seen once, and pictures of no building."""
    views = rng.choice(["distractor", "irrelevant"], number, p=[0.7, 0.3])
    return [{**fixed, "landmark": -1, "view": str(view)} for view in views]


def _gldv2_queries(settings: WorldSettings, catalogue: Catalogue, rng: np.random.Generator) -> list[Row]:
    """Queries; those without a relevant index image show a landmark of train only, or none."""
    sizes = settings.gldv2
    idle_share = sizes.queries_without_landmark_share if len(catalogue.index) else 1.0
    idle = round(sizes.queries * idle_share)
    inside, close = settings.interior_share, settings.detail_share
    views, chances = ["exterior", "interior", "detail"], [1 - inside - close, inside, close]
    rows: list[Row] = []
    for landmark in _drawn_evenly(catalogue.index, sizes.queries - idle, rng):
        rows.append({"landmark": landmark, "view": str(rng.choice(views, p=chances))})
    unindexed = np.setdiff1d(catalogue.train, catalogue.index)
    for landmark in _drawn_evenly(unindexed, idle // 3, rng):
        rows.append({"landmark": landmark, "view": "exterior"})
    rows += _distractors(sizes.queries - len(rows), rng)
    for row in rows:
        row |= {"part": "gldv2", "split": "query", "usage": "Public" if rng.random() < 1 / 3 else "Private"}
    return rows


def _drawn_evenly(landmarks: Numbers, number: int, rng: np.random.Generator) -> list[int]:
    """`number` landmarks; how often each is drawn differs by at most one."""
    if not len(landmarks):
        return []
    return [int(landmarks[i]) for i in np.resize(rng.permutation(len(landmarks)), number)]


def _revisited(settings: WorldSettings, catalogue: Catalogue, rng: np.random.Generator) -> list[Row]:
    """Index and queries of the evaluation set; interiors are junk, for queries show the outside."""
    sizes = settings.revisited
    mean = sizes.index_photographs_per_landmark
    rows = _of_landmarks(settings, catalogue.revisited, mean, rng, "revisited", "index")
    for row in rows:
        if row["view"] == "interior":
            row["difficulty"] = "junk"
        else:
            row["difficulty"] = str(rng.choice(["easy", "hard", "junk"], p=[0.48, 0.40, 0.12]))
            row["view"] = "exterior"
    rows += _distractors(sizes.distractors, rng, part="revisited", split="index")
    for landmark in _drawn_evenly(catalogue.revisited, sizes.queries, rng):
        query: Row = {"landmark": landmark, "view": "exterior", "difficulty": "easy"}
        rows.append({**query, "part": "revisited", "split": "query"})
    return rows
