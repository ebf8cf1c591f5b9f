"""What is set about DELF: its features, its training, its model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from landmark_retrieval.configuration import Settings
from landmark_retrieval.local_features.scaling import MAX_SIDE, MIN_SIDE

Scale = Annotated[float, Field(gt=0)]


class KeypointSettings(Settings):
    """Which keypoints a picture has."""

    max_keypoints: int = Field(gt=0, description="of the highest scores kept per picture, over all scales")
    max_side: int = Field(
        ge=MIN_SIDE, le=MAX_SIDE, description="pixels; a longer side is scaled down to it before all scales"
    )
    scales: tuple[Scale, ...] = Field(
        min_length=1, description="factors of the picture at which the network sees it"
    )
    min_score: float = Field(
        ge=0, description="attention that a keypoint needs; its range differs from network to network"
    )
    amp: bool = Field(description="bfloat16 autocast of the backbone; else float32, without TF32")


class DelfSettings(KeypointSettings):
    """DELF as the local features of geometric verification."""

    kind: Literal["delf"] = Field(description="tells DELF's settings from those of other local features")


class PcaSettings(Settings):
    """The reduction of descriptors."""

    dim: int = Field(gt=0, description="of a descriptor")
    images: int = Field(gt=0, description="training photographs drawn for it, at most")
    keypoints: KeypointSettings = Field(description="of these photographs, whose descriptors are analysed")


class DelfTrainingSettings(Settings):
    """How attention is trained from the labels of photographs (Noh et al. 2017, §4.2)."""

    hidden: int = Field(gt=0, description="channels between the two convolutions of the attention")
    side: int = Field(ge=32, description="pixels a side of the square that the network sees, at most")
    crop: float = Field(
        gt=0, le=1, description="side of the random crop, relative to the central square of a photograph"
    )
    min_scale: float = Field(
        gt=0, le=1, description="the square's side is drawn for each batch from this times `side` to `side`"
    )
    epochs: int = Field(gt=0, description="passes over the photographs")
    batch_size: int = Field(gt=1, description="photographs in a step")
    lr: float = Field(gt=0, description="learning rate of Adam at the start of its cosine schedule to 0")
    weight_decay: float = Field(ge=0, description="of Adam, decoupled (AdamW)")
    seed: int = Field(ge=0, description="of the first weights, the order, the crops, the sample of the PCA")
    amp: bool = Field(description="bfloat16 autocast of the backbone")
    workers: int = Field(gt=0, description="background threads that decode; without effect on the result")
    pca: PcaSettings = Field(description="of descriptors, fitted once attention is trained")


class DelfModelSettings(Settings):
    """What a DELF model is made of."""

    backbone: str = Field(description="name of a convolutional classification model of torchvision")
    hidden: int = Field(gt=0, description="channels between the two convolutions of the attention")
    dim: int = Field(gt=0, description="of a descriptor after the PCA")
