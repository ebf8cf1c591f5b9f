import hashlib
import os
import shutil

from landmark_retrieval.storage.file_stamp import UNKNOWN, FileStamp


def test_a_stamp_says_what_is_in_the_file(tmp_path):
    (tmp_path / "a").write_bytes(b"picture")
    stamp = FileStamp.of(tmp_path / "a")
    assert (stamp.size, stamp.sha256) == (7, hashlib.sha256(b"picture").hexdigest())
    assert stamp.matches(tmp_path / "a")


def test_touched_or_copied_is_the_same(tmp_path):
    (tmp_path / "a").write_bytes(b"picture")
    stamp = FileStamp.of(tmp_path / "a")
    os.utime(tmp_path / "a", ns=(0, 0))
    shutil.copyfile(tmp_path / "a", tmp_path / "b")
    assert stamp.matches(tmp_path / "a")
    assert stamp.matches(tmp_path / "b")


def test_other_content_is_noticed_though_size_and_time_of_change_are_put_back(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"picture")
    stamp = FileStamp.of(path)
    path.unlink()  # so that the time of the change of attributes is another one, whatever the clock's steps
    (tmp_path / "b").write_bytes(b"changed")
    os.utime(tmp_path / "b", ns=(stamp.modified, stamp.modified))
    (tmp_path / "b").rename(path)
    assert path.stat().st_mtime_ns == stamp.modified
    assert stamp._replace(changed=0).matches(path) is False


def test_what_is_missing_or_unknown_does_not_fit(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    assert not FileStamp.of(tmp_path / "a").matches(tmp_path / "b")
    assert not UNKNOWN.matches(tmp_path / "a")
