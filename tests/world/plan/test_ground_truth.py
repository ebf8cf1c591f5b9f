import io

import pandas as pd

from landmark_retrieval.world.plan.ground_truth import ground_truth
from landmark_retrieval.world.plan.lists import gldv2_files


def test_truth_agrees_with_the_published_list(plan):
    table = ground_truth(plan).set_index("image_id")
    written = pd.read_csv(io.BytesIO(gldv2_files(plan)["train.csv"]), index_col="id")
    train = table[(table["part"] == "gldv2") & (table["split"] == "train")]
    assert set(train.index) == set(written.index)
    assert (train["label"] == written["landmark_id"].reindex(train.index)).all()


def test_overlap_marks_all_images_labelled_with_a_leaked_landmark_and_no_others(plan):
    table = ground_truth(plan)
    leaked = [
        row.gldv2_label for row in plan.landmarks.itertuples() if row.revisited and row.gldv2_label >= 0
    ]
    for row in table.itertuples():
        expected = row.part == "gldv2" and row.split == "train" and row.label in leaked
        assert row.overlap == expected
    assert table["overlap"].any()
