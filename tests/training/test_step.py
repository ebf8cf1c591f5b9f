import torch
from torch import nn
from torch.nn import functional

from landmark_retrieval.losses.arcface import ArcFace
from landmark_retrieval.models.embedding_model import EmbeddingModel
from landmark_retrieval.training.trainer import training_step

GENERATOR = torch.Generator().manual_seed(0)
IMAGES = torch.randn(6, 3, 32, 48, generator=GENERATOR)
LABELS = torch.tensor([0, 1, 2, 0, 1, 1])


def head() -> ArcFace:
    made = ArcFace(3, 8, scale=30, margin=0.3)
    nn.init.normal_(made.weight, generator=torch.Generator().manual_seed(1))
    return made


def test_sums_and_descent(model: EmbeddingModel) -> None:
    arcface = head()
    with torch.no_grad():
        cosines = arcface.cosines(model.train()(IMAGES))
        loss = functional.cross_entropy(arcface.logits(cosines, LABELS), LABELS, reduction="sum")
    optimiser = torch.optim.SGD([*model.parameters(), *arcface.parameters()], lr=0.01)
    sums = [training_step(model, arcface, optimiser, IMAGES, LABELS, amp=False) for _ in range(8)]
    torch.testing.assert_close(sums[0][0].float(), loss, rtol=1e-4, atol=0)
    assert sums[0][1] == (cosines.argmax(dim=1) == LABELS).sum()
    assert sums[-1][0] < sums[0][0]


def test_bfloat16_takes_nearly_the_same_step(model: EmbeddingModel) -> None:
    moved = []
    start = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    for amp in (False, True):
        model.load_state_dict(start)
        arcface = head()
        optimiser = torch.optim.SGD([*model.train().parameters(), *arcface.parameters()], lr=0.1)
        training_step(model, arcface, optimiser, IMAGES, LABELS, amp=amp)
        moved.append((arcface.weight - head().weight).detach().flatten())
        assert all(p.dtype == torch.float32 for p in model.parameters())
    assert functional.cosine_similarity(moved[0], moved[1], dim=0) > 0.99
