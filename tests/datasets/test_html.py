from landmark_retrieval.datasets.html import HtmlDataset


def test_a_page_comes_back_and_shows_itself(tmp_path):
    page = "<p>Ø — 東京 α</p>\n"
    dataset = HtmlDataset(filepath=str(tmp_path / "page.html"))
    dataset.save(page)
    assert dataset.load() == dataset.preview() == page
    assert (tmp_path / "page.html").read_bytes() == page.encode()
