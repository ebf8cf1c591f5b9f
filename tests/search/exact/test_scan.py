import sys

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.search.exact.scan import (
    choose_backend,
    choose_precisions,
    multiplies_bfloat16,
    propose,
)


def test_a_scan_in_bfloat16_is_followed_by_one_in_float32():
    assert choose_precisions("bfloat16", "tiled") == ("bfloat16", "float32")
    assert choose_precisions("float32", "tiled") == ("float32",)


def test_auto_is_bfloat16_where_the_processor_multiplies_it():
    assert choose_precisions("auto", "faiss") == ("float32",)
    assert choose_precisions("auto", "torch") == ("float32",)
    assert len(choose_precisions("auto", "tiled")) == 1 + multiplies_bfloat16()


def test_faiss_is_not_asked_for_bfloat16():
    with pytest.raises(DataError, match="FAISS scans in float32"):
        choose_precisions("bfloat16", "faiss")


@pytest.mark.parametrize(("backend", "package"), [("tiled", "numba"), ("faiss", "faiss")])
def test_a_missing_package_is_named(monkeypatch, backend, package):
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(DataError, match=f"expected the package {package}"):
        choose_backend(backend, 10)


def test_auto_takes_what_is_installed(monkeypatch):
    for package in ("numba", "faiss"):
        monkeypatch.setitem(sys.modules, package, None)

    assert choose_backend("auto", 10) == "torch"


@pytest.mark.parametrize(
    ("backend", "precision"),
    [("tiled", "float32"), ("tiled", "bfloat16"), ("faiss", "float32"), ("torch", "bfloat16")],
)
def test_every_scan_proposes_the_nearest_row(backend, precision):
    index = np.random.default_rng(0).standard_normal((2_000, 32)).astype(np.float32)
    index /= np.linalg.norm(index, axis=1, keepdims=True)

    proposals = propose(index[:20], index, 5, backend, precision, 500)

    assert (proposals.positions == np.arange(20)[:, None]).any(axis=1).all()
