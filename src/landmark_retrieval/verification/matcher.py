"""Interface of matching methods, and the method selected by its settings."""

from __future__ import annotations

from typing import Any, Protocol

from landmark_retrieval.local_features.features import StoredFeatures
from landmark_retrieval.verification.light_glue import LightGlueMatcher, LightGlueSettings, known_by_content
from landmark_retrieval.verification.matching import Matches, MatchingSettings, NearestMatcher


class Matcher(Protocol):
    """Matches the local features of two pictures; the result depends on nothing but these two."""

    def prepare(self, image_id: str, features: StoredFeatures) -> Any:
        """What `match` takes of one picture, as it is matched with many; `DataError` names the image."""
        ...

    def match(self, first: Any, second: Any) -> Matches:
        """Rows of both, `(k, 2)` int64, best first."""
        ...


def make_matcher(settings: MatchingSettings | LightGlueSettings) -> Matcher:
    """The matcher of these settings; `DataError` if weights cannot be read."""
    if isinstance(settings, LightGlueSettings):
        return LightGlueMatcher(settings)
    return NearestMatcher(settings)


def portable(settings: MatchingSettings | LightGlueSettings) -> MatchingSettings | LightGlueSettings:
    """The settings with the content of a file in place of its path, for fingerprints."""
    return known_by_content(settings) if isinstance(settings, LightGlueSettings) else settings
