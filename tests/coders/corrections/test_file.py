import json
import stat

import pytest

from rewardlab.coders.corrections.file import append, corrections_file, read
from rewardlab.errors import StorageError


def test_records_come_back_in_order_and_equal_ones_once(correction, tmp_path):
    file = tmp_path / "new" / "c.jsonl"
    first, second = correction(ts="a"), correction(code="UnknownName", ts="b")
    for record in (first, second, correction(ts="later")):
        append(file, record)
    assert read(file).records == (first, second)
    assert len(file.read_text().splitlines()) == 3


def test_nobody_else_may_read_it(correction, tmp_path):
    append(tmp_path / "c.jsonl", correction())
    assert stat.S_IMODE((tmp_path / "c.jsonl").stat().st_mode) == 0o600


def test_a_broken_line_is_named_and_the_rest_kept(correction, tmp_path):
    file = tmp_path / "c.jsonl"
    append(file, correction(ts="a"))
    with file.open("a") as stream:
        stream.write('{"schema": 1, "id"\n[]\n\n')
    append(file, correction(code="UnknownName", ts="b"))
    found = read(file)
    assert [r.feedback.code for r in found.records] == ["UnknownAttribute", "UnknownName"]
    assert [b.line for b in found.broken] == [2, 3]
    assert "no JSON" in found.broken[0].why
    assert "no JSON object" in found.broken[1].why


def test_what_a_crash_left_of_a_line_spoils_no_other(correction, tmp_path):
    file = tmp_path / "c.jsonl"
    file.write_text(json.dumps(correction(ts="a").to_json())[:80])
    append(file, correction(ts="b"))
    found = read(file)
    assert [len(found.records), [b.line for b in found.broken]] == [1, [1]]


def test_where_it_lies(monkeypatch, tmp_path):
    assert corrections_file("here.jsonl").name == "here.jsonl"
    monkeypatch.setenv("REWARDLAB_CORRECTIONS", "off")
    assert corrections_file() is None
    monkeypatch.delenv("REWARDLAB_CORRECTIONS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert corrections_file() == tmp_path / "rewardlab" / "corrections.jsonl"
    assert corrections_file("off") is None


def test_no_file_is_empty_and_a_folder_is_an_error(tmp_path):
    assert read(tmp_path / "none").records == ()
    with pytest.raises(StorageError):
        read(tmp_path)
