"""Pages of the documentation site that are not files in `docs/`: papers of the root folder, and the API."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "landmark_retrieval"
PAPERS = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
_REMOTE_SCRIPT = "https://unpkg.com/iframe-worker/shim"
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """List the API pages in the navigation."""
    assert config.nav is not None
    config.nav.append({"API": sorted(api_pages())})
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the papers and the API pages."""
    for paper, page in PAPERS.items():
        files.append(File.generated(config, page, content=(ROOT / paper).read_text(encoding="utf-8")))
    for page, content in api_pages().items():
        files.append(File.generated(config, page, content=content))
    return files


def api_pages() -> dict[str, str]:
    """A page per room of the package, and one for the modules beside the rooms."""
    rooms = sorted(file.parent.name for file in PACKAGE.glob("*/__init__.py"))
    shared = sorted(file.stem for file in PACKAGE.glob("*.py") if not file.stem.startswith("__"))
    pages = {f"api/{room}.md": f"# {room}\n\n::: landmark_retrieval.{room}\n" for room in rooms}
    modules = "\n".join(f"## {name}\n\n::: landmark_retrieval.{name}\n" for name in shared)
    return {"api/shared_modules.md": f"# Shared modules\n\n{modules}", **pages}


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links between files of the repository at pages; files that are no page are named, not linked."""
    paper = {page_name: paper for paper, page_name in PAPERS.items()}.get(page.file.src_uri)
    folder = ROOT if paper else (ROOT / "docs" / page.file.src_uri).parent

    def pointed(match: re.Match[str]) -> str:
        image, text, target, anchor = match.groups()
        if "://" in target or target.startswith("mailto:"):
            return match.group(0)
        path = Path(os.path.normpath(folder / target))
        if not path.exists():
            raise PluginError(f"{paper or page.file.src_path}: link to {target}, which does not exist")
        name = path.relative_to(ROOT)
        within = PAPERS.get(str(name)) or (str(name.relative_to("docs")) if name.parts[0] == "docs" else None)
        if within is None or within.endswith(".py"):
            return text if f"{name}" in text else f"{text} (`{name}`)"
        relative = PurePosixPath(os.path.relpath(within, Path(page.file.src_uri).parent))
        return f"{image}[{text}]({relative}{anchor or ''})"

    return _LINK.sub(pointed, markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Replace the one script that the theme's offline plugin loads from the network."""
    local = os.path.relpath("assets/search_from_disk.js", Path(page.file.dest_uri).parent)
    return output.replace(_REMOTE_SCRIPT, local)


def on_post_template(output_content: str, template_name: str, config: MkDocsConfig) -> str:
    """Do the same on pages that come from no Markdown."""
    return output_content.replace(_REMOTE_SCRIPT, "assets/search_from_disk.js")
