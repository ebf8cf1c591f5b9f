"""Removal of whole landmarks from a manifest."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from landmark_retrieval.errors import DataError
from landmark_retrieval.manifests.manifest import checked_manifest


def remove_landmarks(
    manifest: pd.DataFrame, reasons: Mapping[int, str], prefix: str, evidence: str
) -> pd.DataFrame:
    """The manifest without some landmarks; images removed before keep their reason and evidence.

    `prefix` is put before each reason, such as "also in roxford5k"; `evidence` names the artefact that the
    decisions rest on, empty for none.

    Raises:
        DataError: a landmark to be removed is not in the manifest.
    """
    table = checked_manifest(manifest).copy()
    unknown = sorted(set(reasons) - set(table["landmark_id"]))
    if unknown:
        raise DataError(f"landmark {unknown[0]} is to be removed, but is not in the manifest")
    removed = table["kept"] & table["landmark_id"].isin(list(reasons))
    landmarks = table.loc[removed, "landmark_id"]
    table.loc[removed, "reason"] = f"{prefix}: " + landmarks.map(dict(reasons)).astype("str")
    table.loc[removed, "evidence"] = evidence
    table["kept"] &= ~removed
    return table
