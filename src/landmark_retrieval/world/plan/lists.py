"""Lists published with the photographs, in the formats of the real data sets."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd

from landmark_retrieval.world.drawing.photograph import Photograph, building_box
from landmark_retrieval.world.plan.naming import category
from landmark_retrieval.world.plan.plan import WorldPlan

_NO_URL_SHARE = 0.03  # GLD-v1 has photographs whose address is unknown


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, lineterminator="\n").encode()


def _split(plan: WorldPlan, part: str, split: str) -> pd.DataFrame:
    rows = plan.photographs
    return rows[(rows["part"] == part) & (rows["split"] == split)].sort_values("image_id", ignore_index=True)


def _train_csv(rows: pd.DataFrame, unknown: np.ndarray | None = None) -> bytes:
    urls = "https://photographs.example/" + rows["image_id"] + ".jpg"
    if unknown is not None:
        urls = urls.mask(unknown, "None")
    return _csv(pd.DataFrame({"id": rows["image_id"], "url": urls, "landmark_id": rows["label"]}))


def gldv1_files(plan: WorldPlan) -> dict[str, bytes]:
    """`train.csv`; some addresses are the string `None`."""
    rows = _split(plan, "gldv1", "train")
    unknown = np.random.default_rng([plan.settings.seed, 31]).random(len(rows)) < _NO_URL_SHARE
    return {"train.csv": _train_csv(rows, unknown)}


def gldv2_files(plan: WorldPlan) -> dict[str, bytes]:
    """Lists of the splits, names of the landmarks, and both solutions."""
    train, index, queries = (_split(plan, "gldv2", split) for split in ("train", "index", "query"))
    named = plan.landmarks[plan.landmarks["gldv2_label"] >= 0].sort_values("gldv2_label")
    names = pd.DataFrame({"landmark_id": named["gldv2_label"], "category": named["name"].map(category)})
    seen = index[index["label"] >= 0]
    truth = pd.DataFrame({"id": seen["image_id"], "landmark_id": seen["label"]})
    return {
        "train.csv": _train_csv(train),
        "index.csv": _csv(pd.DataFrame({"id": index["image_id"]})),
        "test.csv": _csv(pd.DataFrame({"id": queries["image_id"]})),
        "train_label_to_category.csv": _csv(names),
        "index_image_to_landmark.csv": _csv(truth),
        "retrieval_solution_v2.1.csv": _csv(_retrieval(queries, seen)),
        "recognition_solution_v2.1.csv": _csv(_recognition(queries, plan.landmarks)),
    }


def _retrieval(queries: pd.DataFrame, index: pd.DataFrame) -> pd.DataFrame:
    """All index images of the query's landmark; `None` and `Ignored` where there are none."""
    relevant = index.groupby("landmark")["image_id"].agg(" ".join)
    images = queries["landmark"].map(relevant).fillna("None")
    usage = queries["usage"].mask(images == "None", "Ignored")
    return pd.DataFrame({"id": queries["image_id"], "images": images, "Usage": usage})


def _recognition(queries: pd.DataFrame, landmarks: pd.DataFrame) -> pd.DataFrame:
    """The landmark's id in train; empty for what train does not know."""
    labels = landmarks.loc[landmarks["gldv2_label"] >= 0, "gldv2_label"].astype(str)
    landmark = queries["landmark"].map(labels).fillna("")
    return pd.DataFrame({"id": queries["image_id"], "landmarks": landmark, "Usage": queries["usage"]})


def revisited_files(plan: WorldPlan) -> dict[str, bytes]:
    """`gnd_rworld.pkl`, and `landmark_names.csv` with a name for the landmark of every query."""
    index, queries = (_split(plan, "revisited", split) for split in ("index", "query"))
    truth = {
        "imlist": list(index["image_id"]),
        "qimlist": list(queries["image_id"]),
        "gnd": [_judgement(plan, query, index) for query in queries.to_dict("records")],
    }
    names = queries["landmark"].map(plan.landmarks["revisited_name"])
    return {
        "gnd_rworld.pkl": pickle.dumps(truth, protocol=2),
        "landmark_names.csv": _csv(pd.DataFrame({"query": queries["image_id"], "name": names})),
    }


def _judgement(plan: WorldPlan, query: dict[Any, Any], index: pd.DataFrame) -> dict[str, list[Any]]:
    """Rows of the index by difficulty, and the query's box."""
    same = index["landmark"] == query["landmark"]
    grade = index["difficulty"]
    grades = {name: np.flatnonzero(same & (grade == name)).tolist() for name in ("easy", "hard", "junk")}
    box = building_box(Photograph.of_row(query), plan.settings.seed, plan.settings.long_side)
    return {**grades, "bbx": box}
