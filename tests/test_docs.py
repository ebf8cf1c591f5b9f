import re
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

PROJECT = Path(__file__).parents[1]
LOADED = re.compile(r"""(?:src=|<link[^>]*href=|url\(|@import )["']?((?:https?:)?//[^"')\s>]+)""")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    build(load_config(str(PROJECT / "mkdocs.yml"), site_dir=str(folder), strict=True))
    return folder


@pytest.mark.slow
def test_every_room_and_page_is_in_the_site(site):
    rooms = {file.parent.name for file in PROJECT.glob("src/landmark_retrieval/*/__init__.py")}
    assert {page.stem for page in site.glob("api/*.html")} == rooms | {"shared_modules"}
    assert {page.stem for page in PROJECT.glob("docs/*.md")} < {page.stem for page in site.glob("*.html")}


@pytest.mark.slow
def test_reading_the_site_loads_nothing_from_the_network(site):
    remote = {
        (page.name, address)
        for page in [*site.rglob("*.html"), *site.rglob("*.css")]
        for address in LOADED.findall(page.read_text(encoding="utf-8"))
    }
    assert remote == set()
    assert 'class="mermaid"' not in "".join(page.read_text(encoding="utf-8") for page in site.rglob("*.html"))


@pytest.mark.slow
def test_docstrings_are_on_the_api_pages(site):
    page = (site / "api/shared_modules.html").read_text(encoding="utf-8")
    assert "non-increasing" in page


@pytest.mark.slow
def test_a_link_to_a_missing_file_is_an_error(tmp_path, caplog):
    config = (PROJECT / "mkdocs.yml").read_text(encoding="utf-8")
    project = tmp_path / "project"
    (project / "docs").mkdir(parents=True)
    (project / "mkdocs.yml").write_text(re.sub(r"nav:(.|\n)*", "nav: [index.md]\n", config), encoding="utf-8")
    (project / "docs/site_pages.py").write_text((PROJECT / "docs/site_pages.py").read_text(encoding="utf-8"))
    (project / "README.md").write_text("# A [page](docs/nowhere.md)\n", encoding="utf-8")
    for paper in ("CONTRIBUTING.md", "CHANGELOG.md"):
        (project / paper).write_text("# Empty\n", encoding="utf-8")
    with pytest.raises(Abort):
        build(load_config(str(project / "mkdocs.yml"), site_dir=str(tmp_path / "site"), strict=True))
    assert "README.md: link to docs/nowhere.md, which does not exist" in caplog.text
