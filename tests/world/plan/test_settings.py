import pytest
from pydantic import ValidationError

from landmark_retrieval.world.plan.settings import WorldSettings


def _broken(settings, *path, value):
    values = settings.model_dump()
    inner = values
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return values


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("sead",), 1, "sead"),
        (("gldv2", "wrong_label_rate"), 1.2, "wrong_label_rate"),
        (("gldv2", "irrelevant_rate"), 0.9, "wrong_label_rate \\+ irrelevant_rate"),
        (("gldv2", "index_only_share"), 0.9, "train_only_share \\+ index_only_share"),
        (("revisited", "same_names"), 3, "same_names"),
        (("interior_share",), 0.95, "interior_share \\+ detail_share"),
    ],
)
def test_wrong_settings_are_refused_by_name(settings, path, value, said):
    with pytest.raises(ValidationError, match=said):
        WorldSettings.model_validate(_broken(settings, *path, value=value))


def test_nothing_is_assumed(settings):
    values = settings.model_dump()
    del values["gldv1"]["landmarks"]
    with pytest.raises(ValidationError, match="landmarks"):
        WorldSettings.model_validate(values)
