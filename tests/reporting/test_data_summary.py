import pandas as pd

from landmark_retrieval.reporting.data_summary import images_per_landmark, reason_table, variant_table


def test_variants(manifests):
    table = variant_table(manifests, {"v2": "a" * 64, "v2_clean": "b" * 64})
    assert table.to_numpy().tolist() == [["v2", 78, 12, "a" * 64], ["v2_clean", 68, 8, "b" * 64]]


def test_every_image_has_its_reason_counted(manifests):
    table = reason_table(manifests)
    assert table.to_numpy().tolist() == [
        ["v2", True, "listed in the source", 78],
        ["v2_clean", True, "3 verified neighbours", 68],
        ["v2_clean", False, "too few verified neighbours", 10],
    ]


def test_images_per_landmark_counts_what_is_kept(manifests):
    table = images_per_landmark(manifests)
    clean = table[table["variant"] == "v2_clean"].set_index("landmark_id")["images"]
    assert clean.to_dict() == {landmark: landmark + 1 for landmark in range(4, 12)}


def test_without_variants():
    for table in (variant_table({}, {}), reason_table({}), images_per_landmark({})):
        assert isinstance(table, pd.DataFrame)
        assert len(table) == 0
