"""Photographs of a manifest, which may lie in several sources."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from landmark_retrieval.images.file_tree import FileForest, FileTree
from landmark_retrieval.manifests.manifest import kept


def pictures(manifest: pd.DataFrame, trees: Mapping[str, FileTree]) -> tuple[FileTree, pd.DataFrame]:
    """The files of a manifest's images, and the images that it keeps (`tables.TrainImages`).

    Args:
        manifest: `tables.Manifest`.
        trees: files of each of its sources, by name. Where there are several, the paths of the images begin
            with the name of their source.
    """
    images = kept(manifest)
    if len(trees) == 1:
        return next(iter(trees.values())), images
    sources = manifest.loc[manifest["kept"], "source"].reset_index(drop=True)
    forest = FileForest(next(iter(trees.values())).root, dict(trees))
    return forest, images.assign(path=sources + "/" + images["path"])
