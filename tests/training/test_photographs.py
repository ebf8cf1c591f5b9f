import numpy as np
import pandas as pd
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.images.file_tree import FileTree
from landmark_retrieval.training.photographs import TrainingPhotographs
from landmark_retrieval.training.settings import TrainingSettings

Photographs = tuple[FileTree, pd.DataFrame]


def test_batches_have_the_group_s_size_and_the_photograph_s_landmark(
    photographs: Photographs, settings: TrainingSettings
) -> None:
    training = TrainingPhotographs(*photographs, settings)
    batches = list(training.epoch(0))
    assert training.landmark_ids.tolist() == [86, 93, 100]
    assert len(batches) == training.steps_per_epoch == 3
    for pixels, labels in batches:
        assert pixels.shape[1:] in {(32, 48, 3), (48, 32, 3)}
        brightest = pixels.reshape(len(pixels), -1, 3).mean(axis=1).argmax(axis=1)
        # files are blue, green, red by landmark 100, 93, 86
        np.testing.assert_array_equal(training.landmark_ids[labels], np.array([86, 93, 100])[brightest])


def test_epochs_differ_and_repeat(photographs: Photographs, settings: TrainingSettings) -> None:
    training = TrainingPhotographs(*photographs, settings)
    first, again, second = (list(training.epoch(epoch)) for epoch in (0, 0, 1))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
    assert any(a[0].shape != b[0].shape or (a[0] != b[0]).any() for a, b in zip(first, second, strict=True))


def test_workers_do_not_change_the_batches(photographs: Photographs, settings: TrainingSettings) -> None:
    one, many = (
        list(TrainingPhotographs(*photographs, settings.model_copy(update={"workers": n})).epoch(2))
        for n in (1, 5)
    )
    for a, b in zip(one, many, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_array_equal(a[1], b[1])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda t: t.drop(columns="landmark_id"), "lack landmark_id: found image_id, path, width, height"),
        (lambda t: t.iloc[:0], "2 landmarks: found 0 of 0"),
        (lambda t: t[t["landmark_id"] == 86], "2 landmarks: found 5 of 1"),
        (lambda t: t.iloc[:2], "2 photographs make no batch"),
    ],
)
def test_a_table_that_cannot_be_trained_on(
    photographs: Photographs, settings: TrainingSettings, change: object, complaint: str
) -> None:
    files, table = photographs
    assert callable(change)
    with pytest.raises(DataError, match=complaint):
        TrainingPhotographs(files, change(table), settings)
