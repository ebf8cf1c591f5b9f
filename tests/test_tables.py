import pandas as pd
import pytest
from pandera.errors import SchemaError, SchemaErrors

from landmark_retrieval import tables
from landmark_retrieval.errors import DataError
from landmark_retrieval.tables import (
    LandmarkNames,
    Table,
    checked_table,
    column_types,
    table_of,
)

MODELS = [
    model
    for model in vars(tables).values()
    if isinstance(model, type) and issubclass(model, Table) and model is not Table
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_table_without_rows_has_its_columns_and_types(model: type[Table]):
    empty = table_of(model, [])
    assert {name: str(kind) for name, kind in empty.dtypes.items()} == column_types(model)
    model.validate(empty)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_another_column_and_a_lacking_one_are_refused(model: type[Table]):
    empty = table_of(model, [])
    for wrong in (empty.assign(other=1), empty.iloc[:, 1:]):
        with pytest.raises((SchemaError, SchemaErrors)):
            model.validate(wrong)


def test_a_table_of_rows_and_one_of_mappings_are_the_same():
    rows = [(7, "gate"), (8, "keep")]
    table = table_of(LandmarkNames, rows)
    mappings = [{"name": name, "landmark_id": landmark} for landmark, name in rows]
    pd.testing.assert_frame_equal(table, table_of(LandmarkNames, mappings))
    pd.testing.assert_frame_equal(
        checked_table(table.iloc[::-1], LandmarkNames, "names"), table[::-1].reset_index(drop=True)
    )


def test_a_violation_names_the_table_and_the_column():
    table = table_of(LandmarkNames, [(7, "gate"), (7, "keep")])
    with pytest.raises(DataError, match=r"names: .*landmark_id"):
        checked_table(table, LandmarkNames, "names")
