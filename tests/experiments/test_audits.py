import pytest
from pydantic import ValidationError

from landmark_retrieval.experiments.audits import Audit

BUILD = "2026-01-31T12.00.00.000Z"


def test_a_side_names_the_newest_or_one_build_of_a_variant():
    before, after = Audit(before=f"v2@{BUILD}", after="v2").sides

    assert (before.variant, before.build) == ("v2", BUILD)
    assert (after.variant, after.build) == ("v2", None)
    assert before.dataset("manifest") == f"builds.{BUILD}.v2.manifest"
    assert after.dataset("manifest") == "v2.manifest"
    assert [str(side) for side in (before, after)] == [f"v2@{BUILD}", "v2"]


@pytest.mark.parametrize("side", ["v2@", "v2@yesterday", f"v2@../{BUILD}", f"v2@{BUILD}/.."])
def test_what_is_no_build_is_refused(side: str):
    with pytest.raises(ValidationError, match="expected a build such as"):
        Audit(before=side, after="v2")
