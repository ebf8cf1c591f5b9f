"""Settings that all readers share, and the inspection of the pictures in their tables."""

from __future__ import annotations

import pandas as pd
from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.formats.photo_splits import PhotoFolderSettings
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.images.inspection import inspect_images

Tables = dict[str, pd.DataFrame]


class ReadingSettings(Settings):
    """How sources are read."""

    workers: int = Field(ge=1, description="threads that decode pictures")
    photo_folder: PhotoFolderSettings


def inspected(files: FileTree, images: Tables, settings: ReadingSettings) -> Tables:
    """The tables `<split>_images` with `width` and `height` of readable pictures, and `image_hashes`.

    Pictures that cannot be read are listed in `damaged_images`.
    """
    tables, damaged, hashes = {}, [], []
    for name, table in images.items():
        inspection = inspect_images(files, table, name.removesuffix("_images"), settings.workers)
        tables[name] = inspection.readable
        damaged.append(inspection.damaged)
        hashes.append(inspection.hashes)
    return {
        **tables,
        "damaged_images": pd.concat(damaged, ignore_index=True),
        "image_hashes": pd.concat(hashes, ignore_index=True),
    }
