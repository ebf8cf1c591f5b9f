import numpy as np
import pytest
import torch
from torch import nn

from landmark_retrieval.errors import DataError
from landmark_retrieval.local_features.delf.receptive_field import ReceptiveField, receptive_field
from landmark_retrieval.local_features.delf.trunk import mid_level_stages
from landmark_retrieval.models.backbone import Backbone

pytestmark = pytest.mark.costly


def open_everywhere(network):
    """Let every pixel of a receptive field have its influence: positive weights, averages for maxima."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.weight, 1 / module.weight[0].numel())
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        for name, child in module.named_children():
            if isinstance(child, nn.MaxPool2d):
                average = nn.AvgPool2d(
                    child.kernel_size, child.stride, child.padding, ceil_mode=child.ceil_mode
                )
                setattr(module, name, average)
    return network


def pixels_seen(network, side, row, column):
    """First and last row and column of a picture that a position of the map has a gradient to."""
    picture = torch.ones(1, 3, side, side, requires_grad=True)
    network(picture)[0, :, row, column].sum().backward()
    rows, columns = picture.grad[0].sum(0).nonzero().T
    return [int(edge) for edge in (rows.min(), rows.max(), columns.min(), columns.max())]


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_0", "alexnet", "mnasnet0_5", "shufflenet_v2_x0_5"])
def test_receptive_fields_are_where_gradients_are(name):
    trunk = open_everywhere(mid_level_stages(Backbone(name)))
    field = receptive_field(trunk)
    assert field.stride == 16
    row = int(np.ceil(field.size / 2 / 16))
    column = row + 1
    side = 16 * column + field.size // 2 + 20
    first_row, last_row, first_column, last_column = pixels_seen(trunk, side, row, column)
    assert last_row - first_row + 1 == last_column - first_column + 1 == field.size
    assert (first_row + last_row) / 2 == field.centres(np.array(row))
    assert (first_column + last_column) / 2 == field.centres(np.array(column))


def test_known_fields():
    by_hand = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, dilation=2))
    assert receptive_field(by_hand) == ReceptiveField(stride=4, first=10.0, size=21)
    assert receptive_field(mid_level_stages(Backbone("resnet50"))) == ReceptiveField(16, 0.0, 267)


def test_the_widest_branch_counts():
    class Branches(nn.Module):
        def __init__(self, stride):
            super().__init__()
            self.near, self.far = nn.Conv2d(3, 1, 1), nn.Conv2d(3, 1, 5, stride, padding=2)
            self.weight = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(1, 1, 1))

        def forward(self, x):
            both = self.near(x) + self.far(x)
            return both * self.weight(both)

    assert receptive_field(Branches(1)) == ReceptiveField(1, 0.0, 5)
    with pytest.raises(DataError, match=r"branches of strides \[1, 2\]"):
        receptive_field(Branches(2))


def test_what_has_no_square_fields_is_an_error():
    with pytest.raises(DataError, match="kernel_size of"):
        receptive_field(nn.Sequential(nn.Conv2d(3, 1, (1, 3))))
    with pytest.raises(DataError, match="no feature map"):
        receptive_field(nn.Sequential(nn.AdaptiveAvgPool2d(1)))
