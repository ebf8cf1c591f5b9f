import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree


@pytest.mark.parametrize("climbing", ["../x.jpg", "a/../../x.jpg", "/etc/hostname", "link/x.jpg"])
def test_nothing_climbs_out_of_the_root(tmp_path, climbing):
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    with pytest.raises(DataError, match="leads out"):
        FileTree(root).path(climbing)


def test_paths_below_the_root_lead_there_also_through_a_linked_root(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "root")
    assert FileTree(tmp_path / "alias").path("a/../b/c.jpg") == tmp_path / "root" / "b" / "c.jpg"
