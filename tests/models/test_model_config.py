import pytest
from pydantic import ValidationError

from landmark_retrieval.models.config import EmbeddingSettings, ModelSettings


def test_exactly_one_rule_of_resizing(embedding_settings: EmbeddingSettings) -> None:
    given = embedding_settings.model_dump()
    with pytest.raises(ValidationError, match="exactly one of aspect_groups and max_side"):
        EmbeddingSettings(**{**given, "max_side": 1024})
    with pytest.raises(ValidationError, match="exactly one of aspect_groups and max_side"):
        EmbeddingSettings(**{**given, "aspect_groups": None})
    assert EmbeddingSettings(**{**given, "aspect_groups": None, "max_side": 1024}).max_side == 1024


@pytest.mark.parametrize(
    "change", [{"dim": 0}, {"gem_p": 0}, {"seed": -1}, {"backbones": "resnet18"}, {"backbone": None}]
)
def test_a_model_of_bad_settings_is_refused(model_settings: ModelSettings, change: dict) -> None:
    with pytest.raises(ValidationError, match=next(iter(change))):
        ModelSettings(**{**model_settings.model_dump(), **change})


def test_no_scale_is_refused(embedding_settings: EmbeddingSettings) -> None:
    with pytest.raises(ValidationError, match="scales"):
        EmbeddingSettings(**{**embedding_settings.model_dump(), "scales": []})
