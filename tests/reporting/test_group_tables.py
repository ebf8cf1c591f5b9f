import pandas as pd
import pytest

from landmark_retrieval.metrics.query_groups import WITH_COPY, WITHOUT_COPY
from landmark_retrieval.reporting.group_tables import copy_notes, group_tables

SIZE = "training images of the landmark: 1 to 4"


@pytest.fixture
def groups(comparison) -> pd.DataFrame:
    """Queries of the first benchmark parted by copies, those of the second by landmark size."""
    leading = comparison[comparison["metric"].isin(["mAP@100", "mAP"])]
    parts = [
        leading[(leading["benchmark"] == leading["benchmark"].iloc[0]) == first].assign(group=group)
        for group, first in ((WITHOUT_COPY, True), (WITH_COPY, True), (SIZE, False))
    ]
    table = pd.concat(parts, ignore_index=True)
    table.loc[table["group"] == WITHOUT_COPY, "n"] = 20
    table.loc[table["group"] == WITH_COPY, "n"] = 6
    return table


def test_a_table_for_each_group(groups):
    world, oxford = group_tables(groups).values()
    assert [title for title, _ in world.groups] == [WITHOUT_COPY, WITH_COPY]
    assert [title for title, _ in oxford.groups] == [SIZE]
    for _, block in (*world.groups, *oxford.groups):
        assert len(block.lines) == (6 if block.benchmark == "world" else 3)
        assert block.headers[1][0] == "Δ to knn"
    copied = world.groups[1][1]
    assert copied.n == "6 Private in 26 clusters, 6 Public in 14 clusters"
    assert all(name.endswith("(6 Private queries in 26 clusters)") for name, _ in copied.by_system)
    assert not any(line.is_best for line in copied.lines)
    assert oxford.notes == ()
    assert group_tables(pd.DataFrame()) == {}


def test_the_note_counts_the_queries_of_the_leading_split(groups):
    world = groups[groups["group"] != SIZE]
    (note,) = copy_notes(world)
    assert note.startswith("6 of 26 Private queries have a near-duplicate in train or index")
    assert copy_notes(groups[groups["group"] == SIZE]) == []
    assert copy_notes(groups.iloc[:0]) == []


def test_the_note_says_how_systems_differ(groups):
    world = groups[groups["group"] != SIZE]
    last = world["system"] == world["system"].iloc[-1]
    missing = world[~(last & (world["group"] == WITH_COPY))].copy()
    missing.loc[last & (world["group"] == WITHOUT_COPY), "n"] = 26
    assert copy_notes(missing)[0].startswith("0 to 6 of 26 Private queries")
    block = group_tables(missing)[missing["benchmark"].iloc[0]].groups[0][1]
    assert block.n.startswith("20 to 26 Private in 26 clusters")
