"""What the rows and positions of a ranking mean."""

from __future__ import annotations

from collections.abc import Iterable

from landmark_retrieval.embeddings import fingerprint_ids


def rows_fingerprint(query_ids: Iterable[str], index_ids: Iterable[str]) -> str:
    """SHA-256 of the query ids and the index ids, each in row order: the `rows` of a `Ranking`."""
    return fingerprint_ids([fingerprint_ids(query_ids), fingerprint_ids(index_ids)])
