"""Catalogue of landmarks: the sets they appear in, their ids and names."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landmark_retrieval.world.drawing.photograph import landmark_style
from landmark_retrieval.world.plan.naming import landmark_name
from landmark_retrieval.world.plan.settings import WorldSettings

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Catalogue:
    """Landmark numbers by set, and the table of all landmarks as in `WorldPlan`, indexed by number."""

    gldv1: Numbers
    train: Numbers
    index: Numbers
    revisited: Numbers
    table: pd.DataFrame

    def family(self, landmark: int) -> int:
        """Family of a landmark; a building outside the table is a family of its own."""
        return int(self.table["family"].to_numpy()[landmark]) if 0 <= landmark < len(self.table) else landmark


def draw_catalogue(settings: WorldSettings) -> Catalogue:
    """Distribute the landmarks over the sets."""
    rng = np.random.default_rng([settings.seed, 10])
    noisy = settings.gldv2.landmarks
    order = rng.permutation(noisy)
    train_only = round(settings.gldv2.train_only_share * noisy)
    index_only = round(settings.gldv2.index_only_share * noisy)
    train = np.sort(order[: noisy - index_only])
    index = np.sort(order[train_only:])
    leaked = rng.choice(train, min(settings.revisited.landmarks_in_train, len(train)), replace=False)
    revisited, end = _completed(leaked, settings.revisited.landmarks, noisy)
    others, small = np.setdiff1d(train, leaked), settings.gldv1
    number = min(small.shared_landmarks, len(others), small.landmarks)
    shared = rng.choice(others, number, replace=False)
    gldv1, end = _completed(shared, settings.gldv1.landmarks, end)
    table = _table(settings, end, rng)
    for column, members in (("gldv1_label", gldv1), ("gldv2_label", train), ("index_label", index)):
        table.loc[members, column] = _labels(len(members), rng)
    table.loc[revisited, "revisited"] = True
    _rename(table, leaked, settings.revisited.same_names, rng)
    return Catalogue(gldv1, train, index, np.sort(revisited), table)


def _completed(given: Numbers, size: int, start: int) -> tuple[Numbers, int]:
    """`given` and new landmarks from `start` on, `size` in all; and the next free number."""
    end = start + size - len(given)
    return np.sort(np.concatenate([given, np.arange(start, end)])).astype(np.int64), end


def _labels(number: int, rng: np.random.Generator) -> Numbers:
    """Ids with gaps, in no order."""
    return rng.choice(20 * number + 1, number, replace=False)


def _table(settings: WorldSettings, size: int, rng: np.random.Generator) -> pd.DataFrame:
    family = np.arange(size)
    pairs = rng.permutation(size)[: 2 * round(settings.lookalike_share * size / 2)].reshape(-1, 2)
    family[pairs[:, 1]] = pairs[:, 0]
    names = _names(settings.seed, family)
    table = pd.DataFrame({"landmark": np.arange(size), "family": family, "name": names})
    table["revisited_name"] = names
    table[["gldv1_label", "gldv2_label", "index_label"]] = -1
    return table.assign(revisited=False)


def _names(seed: int, family: Numbers) -> list[str]:
    """A name for every landmark, all different."""
    names: dict[str, None] = {}
    for landmark, relative in enumerate(family):
        rng = np.random.default_rng([seed, 30, landmark])
        typology = landmark_style(seed, landmark, int(relative)).typology
        while (name := landmark_name(typology, rng)) in names:
            continue
        names[name] = None
    return list(names)


def _rename(table: pd.DataFrame, leaked: Numbers, same: int, rng: np.random.Generator) -> None:
    """Give all but `same` of the leaked landmarks another name in the evaluation set."""
    for landmark in leaked[same:]:
        typology = str(rng.choice(["palace", "gate", "church"]))
        table.loc[landmark, "revisited_name"] = landmark_name(typology, rng)
