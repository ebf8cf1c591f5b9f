import collections
import datetime
import functools
import os
import pickle

import numpy as np
import pytest

from landmark_retrieval.errors import DataError
from landmark_retrieval.formats.files.restricted_pickle import read_pickle

PLAIN = {
    "text": ["é", ""],
    "numbers": (1, -(2**70), 1.5, True, None, b"\xff\x00", b""),
    "sets": [{1, 2}, frozenset({3}), bytearray(b"xy")],
}


@pytest.mark.parametrize("protocol", range(6))
def test_plain_containers_come_back(tree, protocol):
    assert read_pickle(tree(a__pkl=pickle.dumps(PLAIN, protocol)), "a.pkl") == PLAIN


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("core", [b"numpy._core", b"numpy.core"])
@pytest.mark.parametrize(
    "value",
    [
        np.arange(6, dtype=np.int64).reshape(2, 3),
        np.asfortranarray(np.ones((2, 2), dtype=np.float32)),
        np.array(["a", "longer"]),
        np.array([b"a", b"bc"]),
        np.array([1, "x", None], dtype=object),
        np.float64(2.5),
        np.zeros((0, 4)),
    ],
)
def test_numpy_arrays_of_both_module_names_come_back(tree, protocol, core, value):
    data = pickle.dumps(value, protocol)
    if core == b"numpy.core" and protocol < 4:
        data = data.replace(b"numpy._core", core)
    elif core == b"numpy.core":
        data = pickle.dumps(value, 3).replace(b"numpy._core", core)
    result = read_pickle(tree(a__pkl=data), "a.pkl")
    assert np.array_equal(result, value)
    assert result.dtype == value.dtype


def test_strings_of_python_2_are_latin_1(tree):
    data = b"(dp0\nS'names'\np1\n(lp2\nS'\\xe9glise'\np3\naS'b'\np4\nasS'n'\np5\nL12L\ns."
    assert read_pickle(tree(a__pkl=data), "a.pkl") == {"names": ["église", "b"], "n": 12}


def test_an_array_of_python_2_comes_back(tree):
    data = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I3\ntcnumpy\ndtype\n"
        b"(S'u1'\nI0\nI1\ntR(I3\nS'|'\nNNNI-1\nI-1\nI0\ntbI00\nS'\\x07\\x08\\xff'\ntb."
    )
    assert read_pickle(tree(a__pkl=data), "a.pkl").tolist() == [7, 8, 255]


class Runs:
    def __reduce__(self):
        return os.system, ("exit 1",)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Runs(), r"(posix|nt)\.system"),
        (collections.OrderedDict(a=1), r"collections\.OrderedDict"),
        (datetime.date(2020, 1, 1), r"datetime\.date"),
        (functools.partial(print), r"functools\.partial"),
        (eval, r"(builtins|__builtin__)\.eval"),
        (getattr, r"(builtins|__builtin__)\.getattr"),
        (np.load, r"numpy\.load"),
        (np.random.default_rng(0), r"numpy\.random\._pickle\.__generator_ctor"),
        ({"gnd": [np.array([collections.Counter()], dtype=object)]}, r"collections\.Counter"),
    ],
)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_everything_else_is_refused_by_its_full_name(tree, value, name, protocol):
    files = tree(a__pkl=pickle.dumps(value, protocol))
    with pytest.raises(DataError, match=rf"a\.pkl: refused {name}: only plain containers"):
        read_pickle(files, "a.pkl")


def test_a_dotted_name_reaches_nothing(tree):
    data = b"\x80\x04\x8c\x05numpy\x8c\x10ndarray.__init__\x93."
    with pytest.raises(DataError, match=r"refused numpy\.ndarray\.__init__"):
        read_pickle(tree(a__pkl=data), "a.pkl")


def test_bytes_of_old_pickles_are_encoded_in_nothing_but_latin_1(tree):
    data = b"c_codecs\nencode\n(Vabc\nVzip\ntR."
    with pytest.raises(DataError, match="refused to encode as 'zip'"):
        read_pickle(tree(a__pkl=data), "a.pkl")


@pytest.mark.parametrize(
    "value",
    [np.zeros(2, dtype=[("a", "i4")]), np.zeros(2, dtype="V8"), np.zeros(2, dtype="datetime64[s]")],
)
@pytest.mark.parametrize("protocol", [2, 5])
def test_arrays_of_structures_are_refused(tree, value, protocol):
    with pytest.raises(DataError, match="refused arrays of"):
        read_pickle(tree(a__pkl=pickle.dumps(value, protocol)), "a.pkl")


def test_an_array_cannot_claim_more_than_it_brings(tree):
    plain = pickle.dumps(np.arange(3, dtype=np.uint8), 2)
    objects = pickle.dumps(np.array([1, "x", None], dtype=object), 2)
    for data in (plain, objects):
        assert data.count(b"K\x03\x85") == 1
        with pytest.raises(DataError, match="expected a pickle"):
            read_pickle(tree(a__pkl=data.replace(b"K\x03\x85", b"K\x7f\x85")), "a.pkl")


def test_an_array_type_cannot_be_called(tree):
    data = b"cnumpy\nndarray\n((I1\ntS'O'\nS'12345678'\ntR."
    with pytest.raises(DataError, match="expected a pickle"):
        read_pickle(tree(a__pkl=data), "a.pkl")


def test_a_foreign_byte_order_is_understood(tree):
    value = np.array([1, 2, 300], dtype=">i4")
    for protocol in (2, 5):
        result = read_pickle(tree(a__pkl=pickle.dumps(value, protocol)), "a.pkl")
        assert result.tolist() == [1, 2, 300]


def test_what_is_no_pickle_is_said_to_be_none(tree):
    whole = pickle.dumps({"a": np.arange(100)})
    for data in [
        b"",
        b"hello",
        b"\x80\x09.",
        whole[:-20],
        whole[:10],
        b"\x8f" * 9,
        b"P1\n.",
        b"(((((",
        b"Ix\n.",
    ]:
        with pytest.raises(DataError, match=r"a\.pkl: expected a pickle"):
            read_pickle(tree(a__pkl=data), "a.pkl")


def test_a_missing_file_is_named(tree):
    with pytest.raises(DataError, match="no such file"):
        read_pickle(tree(), "a.pkl")
