import pandas as pd

from landmark_retrieval.manifests.manifest import as_published
from landmark_retrieval.manifests.published_list import LISTED, NOT_LISTED, keep_listed


def test_a_list_keeps_what_it_names_and_nothing_that_was_out():
    train = pd.DataFrame(
        {
            "image_id": pd.array(["a", "b", "c"], dtype="str"),
            "path": pd.array(["a.jpg", "b.jpg", "c.jpg"], dtype="str"),
            "width": 4,
            "height": 3,
            "landmark_id": [1, 1, 2],
        }
    )
    manifest = as_published(train, "set", "version")
    manifest.loc[2, ["kept", "reason", "evidence"]] = [False, "no good", "somewhere"]

    listed = keep_listed(manifest, pd.Series(["c", "a", "elsewhere"]))

    assert listed["kept"].tolist() == [True, False, False]
    assert listed["reason"].tolist() == [LISTED, NOT_LISTED, "no good"]
    assert listed["evidence"].tolist() == ["", "", "somewhere"]
