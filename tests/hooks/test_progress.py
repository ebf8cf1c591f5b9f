import logging

import pytest

from landmark_retrieval.hooks import progress

pytestmark = pytest.mark.costly


@pytest.fixture
def messages(caplog, monkeypatch, project):
    """Lines of a run of the nodes of `v2_clean.knn` and `world`."""

    def run(slow: float) -> list[str]:
        monkeypatch.setattr(progress, "_SLOW", slow)
        caplog.clear()
        with caplog.at_level(logging.INFO, logger=progress.__name__):
            project.run(env="quiet", node_names=["world.draw", "v2_clean.knn.evaluate"])
        return [r.message for r in caplog.records if r.name == progress.__name__]

    return run


def test_every_node_is_counted(messages, whole):
    lines = messages(slow=60)
    assert [line.split(":")[0] for line in lines] == ["node 1 of 2", "node 2 of 2"]
    assert {line.split(": ")[1] for line in lines} == {"world.draw", "v2_clean.knn.evaluate"}


def test_slow_nodes_tell_where_their_time_went(messages, whole):
    slow = [line for line in messages(slow=0) if "took" in line]
    assert len(slow) == 2
    assert "s (load 0." in slow[0]
