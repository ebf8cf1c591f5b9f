import numpy as np

from landmark_retrieval.cleaning.decision import format_reasons, images


def test_each_row_gets_its_words_and_each_distinct_row_is_formatted_once():
    numbers = np.random.default_rng(0).integers(0, 5, (200, 3))
    asked = []

    def word(a, b, c):
        asked.append((a, b, c))
        return f"{a} of {b}, {c}"

    texts = format_reasons(numbers, word)
    assert list(texts) == [f"{a} of {b}, {c}" for a, b, c in numbers.tolist()]
    assert len(asked) == len(set(asked)) == len(np.unique(numbers, axis=0))


def test_no_rows_have_no_words():
    assert len(format_reasons(np.zeros((0, 2), np.int64), images)) == 0


def test_one_image_and_more():
    assert [images(n) for n in (0, 1, 2)] == ["0 images", "1 image", "2 images"]
    assert images(1, "needed ") == "1 needed image"
