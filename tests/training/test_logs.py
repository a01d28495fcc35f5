from rewardlab.training.logs import CsvWriter, read_progress


def write(writer, step, **values):
    writer.write(values, {}, step)


def test_a_new_column_keeps_the_rows_before_it(tmp_path):
    writer = CsvWriter(tmp_path / "progress.csv", 0)
    write(writer, 10, a=1.0)
    write(writer, 20, a=2.0, b=3.0)
    columns, rows = read_progress(tmp_path / "progress.csv")
    assert columns == ["a", "time/total_timesteps", "b"]
    assert rows == [
        {"a": "1.0", "time/total_timesteps": "10"},
        {"a": "2.0", "time/total_timesteps": "20", "b": "3.0"},
    ]


def test_a_resumed_run_cuts_the_rows_after_its_checkpoint(tmp_path):
    writer = CsvWriter(tmp_path / "progress.csv", 0)
    for step in (10, 20, 30, 40):
        write(writer, step, a=step)
    resumed = CsvWriter(tmp_path / "progress.csv", 20)
    write(resumed, 30, a="again")
    rows = read_progress(tmp_path / "progress.csv")[1]
    assert [row["a"] for row in rows] == ["10", "20", "again"]


def test_a_row_cut_off_by_a_crash_is_dropped(tmp_path):
    path = tmp_path / "progress.csv"
    writer = CsvWriter(path, 0)
    write(writer, 10, a=1.0)
    with path.open("a") as file:
        file.write("2.0,2")
    write(CsvWriter(path, 10), 20, a=3.0)
    assert [row["time/total_timesteps"] for row in read_progress(path)[1]] == ["10", "20"]


def test_what_is_measured_at_one_step_is_one_row(tmp_path):
    writer = CsvWriter(tmp_path / "progress.csv", 0)
    write(writer, 10, a=1.0)
    write(writer, 10, b=2.0)
    rows = read_progress(tmp_path / "progress.csv")[1]
    assert rows == [{"a": "1.0", "time/total_timesteps": "10", "b": "2.0"}]


def test_text_with_commas_and_quotes_is_read_back(tmp_path):
    write(CsvWriter(tmp_path / "progress.csv", 0), 10, a='x, "y"')
    assert read_progress(tmp_path / "progress.csv")[1][0]["a"] == 'x, "y"'
