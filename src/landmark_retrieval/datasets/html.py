"""HTML pages."""

from __future__ import annotations

from pathlib import Path

from kedro_datasets._typing import HTMLPreview

from landmark_retrieval.datasets.atomic import AtomicDataset


class HtmlDataset(AtomicDataset[str, str]):
    """The text of a self-contained HTML page."""

    def preview(self) -> HTMLPreview:
        """The page inside kedro-viz."""
        return HTMLPreview(self.load())

    def _read(self, path: Path) -> str:
        return path.read_text(encoding="utf-8")

    def _write(self, path: Path, data: str) -> None:
        path.write_text(data, encoding="utf-8")
