"""Settings of training and augmentation."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from landmark_retrieval.configuration import Settings
from landmark_retrieval.losses.config import LossSettings
from landmark_retrieval.models.config import AspectGroups

Fraction = Annotated[float, Field(ge=0, lt=1)]


class AugmentationSettings(Settings):
    """Random changes of the training photographs.

    Attributes:
        brightness: pixels are multiplied by a factor from 1 ± this.
        brightness_probability: of a change of brightness.
        scale: height and width are each multiplied by an own factor from 1 ± this, then cropped or padded
            with black to where they were.
    """

    brightness: Fraction
    brightness_probability: Annotated[float, Field(ge=0, le=1)]
    scale: Fraction


class TrainingSettings(Settings):
    """One stage of training (two-stage paper §5.1).

    Attributes:
        aspect_groups: sizes that photographs are resized to, by aspect ratio.
        augmentation: random changes.
        loss: cosine softmax loss.
        epochs: passes over the photographs; 0 leaves the model as it is. None: `iterations` are counted.
        iterations: steps of one batch each; 0 leaves the model as it is. None: `epochs` are counted.
        batch_size: photographs of one aspect group in a step.
        lr: learning rate of SGD at the start of the cosine schedule.
        lr_min: learning rate at its end.
        momentum: of SGD.
        weight_decay: of SGD; the paper's β‖W‖² is a weight decay of 2β.
        warmup_iterations: steps in which the learning rate first rises linearly to `lr`; 0 for none.
        seed: of the head's initialisation, the order of the photographs and their changes.
        amp: bfloat16 autocast.
        threads: of the network on a CPU, on which the last digits depend.
        workers: background threads that decode; without effect on the result.
    """

    aspect_groups: AspectGroups
    augmentation: AugmentationSettings
    loss: LossSettings
    epochs: Annotated[int, Field(ge=0)] | None
    iterations: Annotated[int, Field(ge=0)] | None
    batch_size: Annotated[int, Field(gt=1)]
    lr: Annotated[float, Field(gt=0)]
    lr_min: Annotated[float, Field(ge=0)]
    momentum: Fraction
    weight_decay: Annotated[float, Field(ge=0)]
    warmup_iterations: Annotated[int, Field(ge=0)]
    seed: Annotated[int, Field(ge=0)]
    amp: bool
    threads: Annotated[int, Field(gt=0)]
    workers: Annotated[int, Field(gt=0)]

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.epochs is None) == (self.iterations is None):
            raise ValueError("one of epochs and iterations is a number, the other is null")
        return self

    def steps(self, steps_per_epoch: int) -> int:
        """Steps of the whole training."""
        return (self.epochs or 0) * steps_per_epoch + (self.iterations or 0)
