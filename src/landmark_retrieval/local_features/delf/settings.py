"""Settings of DELF: keypoints, training, model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.local_features.scaling import MAX_SIDE, MIN_SIDE

Scale = Annotated[float, Field(gt=0)]


class KeypointSettings(Settings):
    """Selection of the keypoints of a picture."""

    max_keypoints: int = Field(gt=0, description="highest scores kept per picture, over all scales")
    max_side: int = Field(
        ge=MIN_SIDE, le=MAX_SIDE, description="pixels; a longer side is scaled down to it before all scales"
    )
    scales: tuple[Scale, ...] = Field(
        min_length=1, description="factors by which the picture is resized for the network"
    )
    min_score: float = Field(
        ge=0, description="lowest attention of a keypoint; its range differs between networks"
    )
    amp: bool = Field(description="bfloat16 autocast of the backbone; else float32, without TF32")


class DelfSettings(KeypointSettings):
    """DELF as the local features of geometric verification."""

    kind: Literal["delf"] = Field(description="which extractor these settings are of")
    threads: int = Field(gt=0, description="of the network on a CPU, on which the last digits depend")


class PcaSettings(Settings):
    """PCA of the descriptors."""

    dim: int = Field(gt=0, description="dimensions of a descriptor")
    images: int = Field(gt=0, description="training photographs it is fitted to, at most")
    keypoints: KeypointSettings = Field(description="of these photographs, whose descriptors it is fitted to")


class DelfTrainingSettings(Settings):
    """Training of the attention on labelled photographs (Noh et al. 2017, §4.2)."""

    hidden: int = Field(gt=0, description="channels between the two convolutions of the attention")
    side: int = Field(ge=32, description="largest side in pixels of the square crops")
    crop: float = Field(
        gt=0, le=1, description="side of the random crop, as a fraction of the central square of a photograph"
    )
    min_scale: float = Field(
        gt=0, le=1, description="smallest side of a batch, as a fraction of `side`; drawn uniformly up to 1"
    )
    epochs: int = Field(gt=0, description="passes over the photographs")
    batch_size: int = Field(gt=1, description="photographs in a step")
    lr: float = Field(gt=0, description="learning rate of Adam at the start of its cosine schedule to 0")
    weight_decay: float = Field(ge=0, description="of Adam, decoupled (AdamW)")
    seed: int = Field(
        ge=0, description="of the initial weights, the order, the crops and the sample of the PCA"
    )
    amp: bool = Field(description="bfloat16 autocast of the backbone")
    threads: int = Field(gt=0, description="of the network on a CPU, on which the last digits depend")
    workers: int = Field(gt=0, description="background threads that decode; without effect on the result")
    pca: PcaSettings = Field(description="of descriptors, fitted once attention is trained")


class DelfModelSettings(Settings):
    """Architecture of a DELF model."""

    backbone: str = Field(description="name of a convolutional classification model of torchvision")
    hidden: int = Field(gt=0, description="channels between the two convolutions of the attention")
    dim: int = Field(gt=0, description="of a descriptor after the PCA")
