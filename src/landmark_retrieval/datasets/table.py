"""Tables as Parquet."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from kedro_datasets._typing import TablePreview

from landmark_retrieval.datasets.atomic import AtomicDataset

if TYPE_CHECKING:
    import pandas as pd


class TableDataset(AtomicDataset["pd.DataFrame", "pd.DataFrame"]):
    """A DataFrame without index as Parquet; columns of lists come back as lists."""

    def preview(self, nrows: int = 20) -> TablePreview:
        """The first rows inside kedro-viz, without reading the others."""
        from pyarrow.parquet import ParquetFile

        with ParquetFile(Path(self._get_load_path())) as file:
            columns, first = file.schema_arrow.names, islice(file.iter_batches(batch_size=nrows), 1)
            data = [list(row.values()) for batch in first for row in batch.to_pylist()]
        return TablePreview({"index": list(range(len(data))), "columns": columns, "data": data})

    def _read(self, path: Path) -> pd.DataFrame:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile

        with ParquetFile(path) as file:
            table = file.read()
        frame = table.to_pandas()
        for field in table.schema:
            if pa.types.is_list(field.type):
                frame[field.name] = table[field.name].to_pylist()
        return frame

    def _write(self, path: Path, data: pd.DataFrame) -> None:
        data.to_parquet(path, index=False)
