"""Tables of the images, landmarks and reasons in each version of the training set."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd


def variant_table(manifests: Mapping[str, pd.DataFrame], fingerprints: Mapping[str, str]) -> pd.DataFrame:
    """`variant`, `images`, `landmarks` that are kept, and the `fingerprint` of the manifest."""
    kept = {name: manifest.loc[manifest["kept"], "landmark_id"] for name, manifest in manifests.items()}
    rows = [(name, len(ids), ids.nunique(), fingerprints[name]) for name, ids in kept.items()]
    return pd.DataFrame(rows, columns=["variant", "images", "landmarks", "fingerprint"])


def reason_table(manifests: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Images that each reason keeps or removes: `variant`, `kept`, `reason`, `images`, most first."""
    counts = [
        manifest.groupby(["kept", "reason"], as_index=False)
        .size()
        .rename(columns={"size": "images"})
        .sort_values(["kept", "images", "reason"], ascending=[False, False, True])
        .assign(variant=name)
        for name, manifest in manifests.items()
    ]
    return _stacked(counts, ["variant", "kept", "reason", "images"])


def images_per_landmark(manifests: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """`variant`, `landmark_id`, `images` that are kept."""
    counts = [
        manifest[manifest["kept"]]
        .groupby("landmark_id")
        .size()
        .reset_index(name="images")
        .assign(variant=name)
        for name, manifest in manifests.items()
    ]
    return _stacked(counts, ["variant", "landmark_id", "images"])


def _stacked(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)
