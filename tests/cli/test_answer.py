import io
import json

from rewardlab.cli.answer import Answer, Table, show

TABLE = Table(("task", "goal"), [("a/b", "Go."), ("a/longer", "Stay there.")])


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_off_a_terminal_a_table_is_plain_aligned_lines(capsys):
    show(Answer({}, TABLE), json=False)
    assert capsys.readouterr().out == ("task      goal\na/b       Go.\na/longer  Stay there.\n")


def test_on_a_terminal_nothing_of_a_table_is_lost(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    show(Answer({}, Table(("x",), [("[bold]not markup[/bold]",)])), json=False)
    assert "[bold]not markup[/bold]" in terminal.getvalue()


def test_no_cell_steers_the_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    show(Answer({}, Table(("x",), [("\x1b]0;title\x07\x1b[2J",)])), json=False)
    assert "\\x1b]0;title\\x07\\x1b[2J" in terminal.getvalue()


def test_json_is_one_document(capsys):
    show(Answer({"tasks": [1]}, TABLE), json=True)
    assert json.loads(capsys.readouterr().out) == {"tasks": [1]}


def test_an_empty_table_still_has_its_header(capsys):
    show(Answer({}, Table(("a", "bb"), [])), json=False)
    assert capsys.readouterr().out == "a  bb\n"
