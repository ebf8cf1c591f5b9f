import pytest

from landmark_retrieval.images.file_tree import FileTree


@pytest.fixture
def tree(tmp_path):
    """A source with the given text or byte files; missing folders are made."""

    def tree(**contents):
        return tree_of({name.replace("__", "."): content for name, content in contents.items()})

    def tree_of(contents):
        for name, content in contents.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return FileTree(tmp_path)

    tree.of = tree_of
    return tree
