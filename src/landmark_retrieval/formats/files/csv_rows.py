"""CSV files as checked columns; every error names the file and the line."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from landmark_retrieval.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from landmark_retrieval.images.file_tree import FileTree

_BLOCK_BYTES = 8 << 20


def read_csv(files: FileTree, path: str, *columns: str) -> CsvRows:
    """Read some columns of a UTF-8 CSV file with a header, block by block.

    A byte-order mark, any line ending, empty lines and spaces around a field are tolerated. Columns that
    are not requested are only checked for their shape.

    Raises:
        DataError: no such file, no rows, a column missing or named twice, a row with too few or too many
            fields, a line break within a field (a quote that was never closed), text that is not UTF-8.
    """
    source = files.path(path)
    if not source.is_file():
        raise DataError(f"{source}: no such file")
    names = _read_header(source, columns)
    blocks, n_rows = [], 0
    for block in _blocks(source, len(names)):
        _refuse_line_breaks(source, block, n_rows)
        texts = [_as_text(source, block.column(names.index(name)), n_rows) for name in columns]
        blocks.append(pa.record_batch(texts, names=list(columns)))
        n_rows += block.num_rows
    if n_rows == 0:
        raise DataError(f"{source}: expected rows after the header, found none")
    return CsvRows(source, pa.Table.from_batches(blocks))


@dataclass(frozen=True)
class CsvRows:
    """Columns of text, stripped; rows are counted from 0 and named by their line."""

    source: Path
    table: pa.Table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def text(self, column: str) -> pa.ChunkedArray:
        """A column without any check."""
        return self.table[column]

    def matching(self, column: str, pattern: str, expected: str) -> pa.ChunkedArray:
        """A column whose every field matches a regular expression."""
        values = self.table[column]
        row = pc.index(pc.match_substring_regex(values, pattern), False).as_py()
        if row >= 0:
            raise self.error(row, f"{column} {expected}", values[row].as_py())
        return values

    def unique(self, column: str, pattern: str, expected: str) -> pa.ChunkedArray:
        """A column of ids: each matches, none occurs twice."""
        values = self.matching(column, pattern, expected)
        if pc.count_distinct(values).as_py() < len(values):
            raise self._repetition(column)
        return values

    def integers(self, column: str) -> NDArray[np.int64]:
        """A column of ids from 0 upwards, `(n,)` int64."""
        values = self.matching(column, "^[0-9]{1,18}$", "a whole number")
        return values.cast(pa.int64()).to_numpy()

    def error(self, row: int, expected: str, found: object) -> DataError:
        """What is wrong with a row."""
        return _row_error(self.source, row, f"expected {expected}, found {_shortened(found)}")

    def _repetition(self, column: str) -> DataError:
        first: dict[str, int] = {}
        for row, value in enumerate(self.table[column].to_pylist()):
            earlier = first.setdefault(value, row)
            if earlier != row:
                break
        what = f"{column} {value!r} is already in line {_line_of(self.source, earlier)}"
        return _row_error(self.source, row, what)


def _read_header(source: Path, columns: tuple[str, ...]) -> list[str]:
    with source.open(encoding="utf-8-sig", errors="replace") as file:
        line = file.readline(1 << 16)
    names = [name.strip() for name in next(csv.reader([line]), [])]
    for column in columns:
        if names.count(column) != 1:
            found = ", ".join(map(repr, names)) or "none"
            raise DataError(f"{source}, line 1: expected one column {column!r}, found {found}")
    return names


def _blocks(source: Path, n_columns: int) -> Iterator[pa.RecordBatch]:
    invalid: list[arrow_csv.InvalidRow] = []

    def stop_at(row: arrow_csv.InvalidRow) -> str:
        invalid.append(row)
        return "error"

    # One thread: with more, Arrow does not know the number of a broken row.
    names = [str(i) for i in range(n_columns)]
    reading = arrow_csv.ReadOptions(
        column_names=names, skip_rows=1, block_size=_BLOCK_BYTES, use_threads=False
    )
    parsing = arrow_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=stop_at)
    converting = arrow_csv.ConvertOptions(
        column_types={name: pa.binary() for name in names}, strings_can_be_null=False
    )
    try:
        with arrow_csv.open_csv(source, reading, parsing, converting) as reader:
            yield from reader
    except pa.ArrowInvalid as error:
        if not invalid:
            raise DataError(f"{source}: {error}") from error
        row = invalid[0]
        found = f"expected {row.expected_columns} fields, found {row.actual_columns}"
        raise _row_error(source, row.number - 2, found) from error


def _refuse_line_breaks(source: Path, block: pa.RecordBatch, n_before: int) -> None:
    for column in block.columns:
        row = pc.index(pc.match_substring_regex(column, "[\r\n]"), True).as_py()
        if row >= 0:
            what = "expected fields within one line, found a line break in one (a quote not closed?)"
            raise _row_error(source, n_before + row, what)


def _as_text(source: Path, values: pa.Array, n_before: int) -> pa.Array:
    try:
        return pc.utf8_trim_whitespace(values.cast(pa.string()))
    except pa.ArrowInvalid as error:
        row = next(i for i, value in enumerate(values.to_pylist()) if not _is_utf8(value))
        what = f"expected UTF-8 text, found {_shortened(values[row].as_py())}"
        raise _row_error(source, n_before + row, what) from error


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _row_error(source: Path, row: int, what: str) -> DataError:
    return DataError(f"{source}, line {_line_of(source, row)}: {what}")


def _line_of(source: Path, row: int) -> int:
    """Line, from 1, of a data row: empty lines hold no row, the first line is the header."""
    with source.open(encoding="latin-1") as file:
        filled = (number for number, line in enumerate(file, start=1) if number > 1 and line != "\n")
        return next(number for i, number in enumerate(filled) if i == row)


def _shortened(found: object) -> str:
    text = repr(found)
    return text if len(text) <= 80 else f"{text[:80]}…"
