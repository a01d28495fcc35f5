from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rewardlab.coders.cache import ReplyCache, cache_folder, content_hash


def test_what_was_put_comes_back_and_nothing_else_does(tmp_path):
    cache = ReplyCache(tmp_path)
    assert cache.get({"a": 1}) is None
    cache.put({"a": 1}, {"text": "x"})
    assert cache.get({"a": 1}) == {"text": "x"}
    assert cache.get({"a": 2}) is None


def test_the_hash_is_of_the_content_not_of_its_order():
    assert content_hash({"a": 1, "b": "é"}) == content_hash({"b": "é", "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": "1"})


def test_many_writers_leave_one_whole_entry(tmp_path):
    cache = ReplyCache(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: cache.put({"k": 0}, {"text": str(i) * 1000}), range(32)))
    text = cache.get({"k": 0})["text"]
    assert text in {str(i) * 1000 for i in range(32)}
    assert [f.suffix for f in tmp_path.rglob("*") if f.is_file()] == [".json"]


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    cache = ReplyCache(tmp_path / "file")
    cache.put({"a": 1}, {"text": "x"})
    assert cache.get({"a": 1}) is None


def test_the_folder_is_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("REWARDLAB_CACHE", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"
    monkeypatch.delenv("REWARDLAB_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "rewardlab"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "rewardlab"
