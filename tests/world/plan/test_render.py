import io

import pandas as pd
import pytest

from landmark_retrieval.world.drawing.photograph import Photograph, render_photograph
from landmark_retrieval.world.plan.plan import WorldPlan
from landmark_retrieval.world.plan.render import PARTS, render_part

pytestmark = pytest.mark.costly


def test_all_files_are_there_once_and_counted(plan):
    for part in PARTS:
        publication = render_part(plan, part)
        files = list(publication)
        paths = [path for path, _ in files]
        assert len(files) == len(publication) == len(set(paths))
        pictures = [path for path in paths if path.endswith(".jpg")]
        assert set(pictures) == set(plan.photographs.loc[plan.photographs["part"] == part, "path"])
        assert all(data[:2] == b"\xff\xd8" for path, data in files if path in set(pictures))
        if part == "gldv2":
            _assert_listed_images_are_there(dict(files))


def test_bytes_do_not_depend_on_the_number_of_workers(settings, plan):
    more = WorldPlan(settings.model_copy(update={"workers": 2}), plan.photographs, plan.landmarks)
    assert list(render_part(more, "revisited")) == list(render_part(plan, "revisited"))


def test_a_photograph_does_not_depend_on_which_others_are_rendered(settings, plan):
    published = dict(render_part(plan, "gldv1"))
    rows = plan.photographs[plan.photographs["part"] == "gldv1"]
    for row in rows.sample(frac=1, random_state=0).head(12).itertuples():
        photograph = Photograph(row.landmark, row.family, row.view, row.difficulty, row.seed)
        assert render_photograph(photograph, settings.seed, settings.long_side) == published[row.path]


def _assert_listed_images_are_there(files):
    for split in ("train", "index", "test"):
        for name in pd.read_csv(io.BytesIO(files[f"{split}.csv"]))["id"]:
            assert f"{split}/{name[0]}/{name[1]}/{name[2]}/{name}.jpg" in files


def test_an_unknown_part_is_refused_by_name(plan):
    with pytest.raises(KeyError, match="gldv3"):
        render_part(plan, "gldv3")
