from pathlib import Path

import pytest

from landmark_retrieval.storage.atomic_write import atomic_write, remove_partials


def files_below(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*"))


def test_an_interruption_leaves_nothing(tmp_path):
    def interrupted(path: Path) -> None:
        with atomic_write(path) as partial:
            partial.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path / "new" / "file")
    assert files_below(tmp_path) == []


def test_the_target_of_a_link_is_replaced_not_the_link(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    with atomic_write(tmp_path / "link") as partial:
        partial.mkdir()
        (partial / "new").touch()
    assert (tmp_path / "link").is_symlink()
    assert files_below(tmp_path / "disk") == ["new"]


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "file.partial").touch()
    stopped = [atomic_write(tmp_path / name) for name in ("a.npz", "b")]
    stopped[0].__enter__().touch()
    stopped[1].__enter__().mkdir()
    assert len(files_below(tmp_path)) == 4
    remove_partials(tmp_path)
    remove_partials(tmp_path / "missing")
    assert files_below(tmp_path) == ["file", "file.partial"]
