from collections.abc import Callable
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.metrics.comparison import compare
from landmark_retrieval.metrics.intervals import IntervalSettings
from landmark_retrieval.metrics.protocol import GLDV2_RETRIEVAL, REVISITED

SETTINGS = IntervalSettings(resamples=100, confidence=0.95, seed=0)


def gldv2_table(level: float) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    ap = np.clip(rng.random(40) * 0.6 + level, 0, 1)
    ids = [f"q{i:02}" for i in range(40)]
    usage = np.where(np.arange(40) % 3 == 0, "Public", "Private")
    return pd.DataFrame(
        {"image_id": ids, "usage": usage, "cluster": ids, "ap": ap, "p10": ap / 2, "first_correct": 3.0}
    )


def revisited_table(level: float) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = [
        (f"q{i}", difficulty, f"q{i // 2}", *np.clip(rng.random(4) * 0.5 + level, 0, 1))
        for i in range(15)
        for difficulty in ("Easy", "Medium", "Hard")
    ]
    return pd.DataFrame(rows, columns=["query_id", "difficulty", "cluster", "ap", "p1", "p5", "p10"])


class Reader(HTMLParser):
    """Ids, images, links and unclosed elements of a page."""

    VOID = ("meta", "img", "br", "link")

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.targets: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [found["id"]] if "id" in found else []
        self.sources += [found["src"]] if "src" in found else []
        self.targets += [found["href"]] if tag == "a" else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="session")
def read_page() -> Callable[[str], Reader]:
    """Parses a page, every element of which must be closed."""

    def read(page: str) -> Reader:
        reader = Reader()
        reader.feed(page)
        assert reader.open == []
        return reader

    return read


@pytest.fixture(scope="session")
def comparison() -> pd.DataFrame:
    """Two variants with three ablations on a GLD-v2 benchmark; only one of them on a revisited one."""
    levels = {"knn": 0.1, "aqe": 0.09, "sort_insert": 0.3}
    gldv2 = {(v, a): gldv2_table(level) for v in ("v2", "v2_clean") for a, level in levels.items()}
    revisited = {("v2_clean", a): revisited_table(level) for a, level in levels.items()}
    protocols = [protocol.on("oxford") for protocol in REVISITED]
    return pd.concat(
        [
            compare(gldv2, [GLDV2_RETRIEVAL.on("world")], "knn", SETTINGS),
            compare(revisited, protocols, "knn", SETTINGS),
        ],
        ignore_index=True,
    )


@pytest.fixture(scope="session")
def manifests() -> dict[str, pd.DataFrame]:
    """A variant and what cleaning left of it."""
    landmark_id = np.repeat(np.arange(12), np.arange(1, 13))
    whole = pd.DataFrame({"landmark_id": landmark_id, "kept": True, "reason": "listed in the source"})
    kept = landmark_id >= 4
    clean = whole.assign(
        kept=kept, reason=np.where(kept, "3 verified neighbours", "too few verified neighbours")
    )
    return {"v2": whole, "v2_clean": clean}
