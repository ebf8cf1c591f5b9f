"""Manifests of published lists of kept images."""

from __future__ import annotations

import pandas as pd

from landmark_retrieval.manifests.manifest import checked_manifest

LISTED = "in the published list"
NOT_LISTED = "not in the published list"


def keep_listed(manifest: pd.DataFrame, image_ids: pd.Series) -> pd.DataFrame:
    """The manifest with only the listed images kept; images removed before keep their reason and evidence."""
    table = checked_manifest(manifest)
    listed, decided = table["image_id"].isin(image_ids), table["kept"]
    reason = listed.map({True: LISTED, False: NOT_LISTED}).astype("str")
    return table.assign(
        kept=decided & listed,
        reason=table["reason"].mask(decided, reason),
        evidence=table["evidence"].mask(decided, ""),
    )
