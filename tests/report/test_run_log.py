from __future__ import annotations

import io
import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pinejax.errors import ConfigError
from pinejax.report.run_log import RunLog, put, stamped

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def noon() -> datetime:
    return NOON


def test_every_line_has_its_time_and_is_plain_text():
    assert stamped("\none\n\n  two\n", NOON) == "2026-01-31T12:00:00Z  one\n2026-01-31T12:00:00Z\n2026-01-31T12:00:00Z    two"
    assert stamped("\x1b[1;31mred\x1b[0m \x07bell\x1b]0;title\x07 end", NOON).endswith("  red bell end")
    assert stamped("10%\r20%\r\n30%", NOON).count("Z  ") == 3


def test_passwords_are_never_noted(tmp_path: Path):
    log = RunLog(noon)
    log.keep(tmp_path / "run.log")
    log.note("cannot reach postgresql://me:secret@host/db")
    assert "me:***@host" in (tmp_path / "run.log").read_text()


def test_what_was_said_before_there_is_a_file_is_in_it_and_earlier_runs_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "run.log"
    path.write_text("an earlier run\n")
    log = RunLog(noon)
    log.say("first")
    log.note("not printed")
    log.keep(path)
    log.say("last")
    assert capsys.readouterr().out == "first\nlast\n"
    assert [line.rpartition("  ")[2] for line in path.read_text().splitlines()] == ["an earlier run", "first", "not printed", "last"]


def test_a_run_that_writes_nothing_leaves_no_log(tmp_path: Path):
    with pytest.raises(ConfigError), RunLog(noon):
        raise ConfigError("refused")
    assert list(tmp_path.iterdir()) == []


def test_warnings_are_noted_while_it_runs(tmp_path: Path):
    path = tmp_path / "run.log"
    with RunLog(noon) as log:
        log.keep(path)
        logging.getLogger("pinejax.search.study").warning("%d trials were given up", 3)
        logging.getLogger("optuna").warning("experimental")
        logging.getLogger("pinejax.search").info("nothing to worry about")
    logging.getLogger("pinejax").warning("after the run")
    assert path.read_text() == "2026-01-31T12:00:00Z  WARNING: 3 trials were given up\n2026-01-31T12:00:00Z  WARNING: experimental\n"


def test_a_warning_that_nobody_else_shows_is_still_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with RunLog(noon):
        logging.getLogger("pinejax.search").warning("said once")
    assert capsys.readouterr().err == "said once\n"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ConfigError("storage: postgresql://me:secret@host/db is away"), "Failed: storage: postgresql://me:***@host/db is away"),
        (KeyboardInterrupt(), "Interrupted."),
        (ZeroDivisionError("ours"), "ZeroDivisionError: ours"),
    ],
)
def test_the_end_of_a_run_by_an_exception_is_noted(error: BaseException, said: str, tmp_path: Path):
    path = tmp_path / "run.log"
    log = RunLog(noon)
    log.keep(path)
    with pytest.raises(type(error)), log:
        raise error
    text = path.read_text()
    assert text.endswith(f"{said}\n")
    assert ("Traceback" in text) is isinstance(error, ZeroDivisionError)


def test_a_log_that_cannot_be_written_is_given_up_and_the_run_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    log = RunLog(noon)
    log.keep(tmp_path / "away" / "run.log")
    log.note("nothing yet")
    log.note("nothing more")
    assert capsys.readouterr().err.count("run.log cannot be written (No such file or directory); the run goes on without it.") == 1


class Broken(io.StringIO):
    """A stream whose writes fail."""

    def __init__(self, error: OSError):
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


def test_a_stream_that_takes_no_more_does_not_end_a_run_but_a_reader_that_left_does(tmp_path: Path):
    log = RunLog(noon)
    log.keep(tmp_path / "run.log")
    log.say("all the same", Broken(OSError(28, "No space left on device")))
    assert (tmp_path / "run.log").read_text().endswith("  all the same\n")
    with pytest.raises(BrokenPipeError):
        log.say("to nobody", Broken(BrokenPipeError()))


def test_what_an_encoding_lacks_is_escaped():
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    put("연구 …", stream)
    assert raw.getvalue() == rb"\uc5f0\uad6c \u2026" + b"\n"
