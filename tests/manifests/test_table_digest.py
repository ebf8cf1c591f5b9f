import hashlib
import struct

import pandas as pd
import pytest

from landmark_retrieval.manifests.table_digest import table_digest


@pytest.fixture
def table():
    texts = pd.array(["b", "ä", "a", ""], dtype="str")
    notes = pd.array(["«außen»\n", "", "x", "x"], dtype="str")
    return pd.DataFrame(
        {"image_id": texts, "landmark_id": [3, -1, 2**40, 0], "kept": [True, False, True, True]}
    ).assign(note=notes)


def naive_digest(table, key):
    """Value by value, as documented."""
    digest = hashlib.sha256()
    rows = sorted(range(len(table)), key=lambda row: table[key][row].encode())
    for name in table:
        values = [table[name][row] for row in rows]
        kind = "s" if isinstance(values[0], str) else "b" if table[name].dtype == bool else "i"
        digest.update(f"{name} {kind} {len(table)}\n".encode())
        if kind == "s":
            texts = [value.encode() for value in values]
            digest.update(b"".join(struct.pack("<q", len(text)) for text in texts) + b"".join(texts))
        else:
            digest.update(b"".join(struct.pack("<q" if kind == "i" else "<?", value) for value in values))
    return digest.hexdigest()


def test_agrees_with_value_by_value(table):
    assert table_digest(table, "image_id") == naive_digest(table, "image_id")


def test_order_of_rows_and_layout_change_nothing(table):
    digest = table_digest(table, "image_id")
    assert table_digest(table.iloc[[2, 0, 3, 1]], "image_id") == digest
    assert table_digest(pd.concat([table.iloc[:1], table.iloc[1:]]), "image_id") == digest
    assert table_digest(table.astype({"landmark_id": "int64"}).copy(), "image_id") == digest


def test_names_and_borders_of_texts_count(table):
    digest = table_digest(table, "image_id")
    assert table_digest(table.rename(columns={"note": "reason"}), "image_id") != digest
    moved = table.assign(note=pd.array(["«außen»", "\n", "x", "x"], dtype="str"))
    assert table_digest(moved, "image_id") != digest


def test_tables_without_rows_or_without_texts(table):
    assert table_digest(table.iloc[:0], "image_id") != table_digest(table.iloc[:1], "image_id")
    empty = table.assign(note=pd.array([""] * 4, dtype="str"))
    assert table_digest(empty, "image_id") == naive_digest(empty, "image_id")
