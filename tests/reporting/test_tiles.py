import pytest

from landmark_retrieval.reporting.tiles import Tile


@pytest.mark.parametrize(
    "frames",
    [("query", "correct", "wrong", "ignored"), ("removed", "added", "relabelled", "kept", "pair")],
    ids=["gallery", "audit"],
)
def test_glyphs_of_one_page_differ(frames):
    assert len({Tile("a", frame, "", ()).glyph for frame in frames}) == len(frames)
