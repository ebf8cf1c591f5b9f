"""Schemas of all tables: every column, declared once."""

from landmark_retrieval.tables.manifests import *  # noqa: F403
from landmark_retrieval.tables.overlap import *  # noqa: F403
from landmark_retrieval.tables.results import *  # noqa: F403
from landmark_retrieval.tables.schema import *  # noqa: F403
from landmark_retrieval.tables.sources import *  # noqa: F403
