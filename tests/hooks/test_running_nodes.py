import pytest
from kedro.pipeline import node

from landmark_retrieval.hooks.running_nodes import RunningNodes

pytestmark = pytest.mark.costly

TWO = node(lambda: (1, 2), None, ["a", "b"], name="two")
ONE = node(lambda x: x, "a", "c", name="one")


def test_a_node_ends_with_its_last_output():
    nodes = RunningNodes()
    assert nodes.begin(TWO)
    assert not nodes.begin(TWO)
    assert nodes.begin(ONE)
    assert not nodes.save(TWO, "b")
    assert nodes.names == ["one", "two"]
    assert nodes.save(TWO, "a")
    assert nodes.names == ["one"]
