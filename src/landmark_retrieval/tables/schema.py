"""Base of all table schemas, and tables built and checked by them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaError, SchemaErrors

from landmark_retrieval.errors import DataError


class Table(pa.DataFrameModel):
    """Exactly these columns, of exactly these types."""

    class Config:
        """Other columns are refused, other types are not converted."""

        strict = True
        coerce = False


def column_types(model: type[pa.DataFrameModel]) -> dict[str, str]:
    """Columns of a schema in order, with the pandas type of each ("str", "int64", "Int64", …)."""
    types = {name: str(column.dtype) for name, column in model.to_schema().columns.items()}
    return {name: "str" if kind.startswith("string") else kind for name, kind in types.items()}


def table_of(model: type[pa.DataFrameModel], rows: Iterable[Any]) -> pd.DataFrame:
    """A table from rows (tuples in the order of the columns, or mappings), typed even without any row."""
    types = column_types(model)
    return pd.DataFrame(list(rows), columns=list(types)).astype(types)


def checked_table(table: pd.DataFrame, model: type[pa.DataFrameModel], name: str) -> pd.DataFrame:
    """The table itself, with its rows numbered from 0.

    Raises:
        DataError: it violates the schema; the message begins with `name` and states the first violation.
    """
    try:
        return model.validate(table.reset_index(drop=True))
    except SchemaErrors as error:
        raise DataError(f"{name}: {error.schema_errors[0]}") from error
    except SchemaError as error:
        raise DataError(f"{name}: {error}") from error
