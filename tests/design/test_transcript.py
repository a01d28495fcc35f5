import json

from rewardlab.design.transcript import Transcript


def test_calls_are_numbered_private_and_completed(tmp_path):
    transcript = Transcript(tmp_path / "llm")
    first = transcript.add({"reply": "a"})
    assert json.loads((tmp_path / "llm" / "0001.json").read_text()) == {"reply": "a"}
    transcript.add({"reply": "b"})
    transcript.complete(first, error="NoCode")
    files = sorted((tmp_path / "llm").iterdir())
    assert [f.name for f in files] == ["0001.json", "0002.json"]
    assert [f.stat().st_mode & 0o777 for f in files] == [0o600, 0o600]
    assert json.loads(files[0].read_text()) == {"reply": "a", "error": "NoCode"}


def test_earlier_calls_are_kept(tmp_path):
    Transcript(tmp_path).add({"reply": "a"})
    Transcript(tmp_path).add({"reply": "b"})
    assert sorted(f.name for f in tmp_path.iterdir()) == ["0001.json", "0002.json"]


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    transcript = Transcript(None)
    transcript.complete(transcript.add({"reply": "a"}), error=None)
    assert list(tmp_path.iterdir()) == []
