"""Evidence beside pairs of different landmarks, from the artefacts of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.reporting.chance import Chance, strongest_pairs
from landmark_retrieval.reporting.review.rows import ReviewSettings

_TABLE = ".false_verifications"


def chance_parts(
    found: Mapping[str, Any],
    manifest: pd.DataFrame,
    files: Mapping[str, FileTree],
    max_side: int,
    drawn: int,
    settings: ReviewSettings,
) -> tuple[Chance, ...]:
    """One part for each `<name>.false_verifications` among the artefacts, with `<name>.different_evidence`.

    Args:
        found: artefacts.
        manifest: of the training images.
        files: by source.
        max_side: pixels, of the extractor that found the local features.
        drawn: drawings of each part.
        settings: size and quality of the drawings.
    """
    names = [name.removesuffix(_TABLE) for name in found if name.endswith(_TABLE)]
    return tuple(
        Chance(
            name,
            found[name + _TABLE],
            strongest_pairs(
                found[f"{name}.different_evidence"],
                manifest,
                files,
                max_side,
                drawn,
                settings.drawing_height,
                settings.lines,
                settings.quality,
            ),
        )
        for name in names
    )
