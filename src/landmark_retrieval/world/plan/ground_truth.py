"""Ground truth of the world's faults, for tests and for scoring the cleaning."""

from __future__ import annotations

import pandas as pd

from landmark_retrieval.world.plan.plan import WorldPlan


def ground_truth(plan: WorldPlan) -> pd.DataFrame:
    """True landmark, label and fault of every photograph.

    Returns:
        A row per photograph: `image_id`, `part`, `split`, `label` (written; -1: none), `landmark` (true; -1:
        none), `fault` (empty, `wrong label` or `irrelevant`), `view`, `difficulty`, and `overlap`: whether a
        train image's label is that of a landmark of the revisited evaluation set.
    """
    columns = ["image_id", "part", "split", "label", "landmark", "fault", "view", "difficulty"]
    table = plan.photographs[columns].copy()
    labels = plan.landmarks.loc[plan.landmarks["revisited"], "gldv2_label"]
    leaked = labels[labels >= 0]
    train = (table["part"] == "gldv2") & (table["split"] == "train")
    table["overlap"] = train & table["label"].isin(leaked)
    return table
