"""What a user sees while a search runs: on a terminal, in a file, and afterwards in run.log."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pinejax_process import SLOW_SEARCH, environment
from small_run import SMALL

STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(  |$)")
ESCAPE, HIDDEN, SHOWN = "\x1b", "\x1b[?25l", "\x1b[?25h"


def logged(folder: Path) -> list[str]:
    """The lines of run.log, without their times, which each must have."""
    lines = (folder / "run.log").read_text().splitlines()
    assert all(STAMP.match(line) for line in lines)
    return [line[22:] for line in lines]


def test_the_log_has_what_was_printed_and_each_new_best(finished):
    lines = logged(finished.folder)
    assert [line for line in lines if line in finished.said.splitlines()] == finished.said.splitlines()
    assert lines[0].startswith("Mine: 3 of 3 parameters searched with random")
    assert any(re.fullmatch(r"new best sharpe -?[\d.]+ \(trial \d\)(: params\.\w+=\S+.*)?", line) for line in lines)
    assert [line.split("  ")[0] for line in lines if " trials  " in line] == ["4/8 trials", "8/8 trials"]


def test_a_search_that_fails_says_so_in_its_log(search, place, monkeypatch):
    from pinejax.job.outcome import Outcome

    def broken(self, result) -> None:
        self.folder  # noqa: B018 (something has been written)
        raise ZeroDivisionError("of nothing")

    monkeypatch.setattr(Outcome, "_finish", broken)
    search(code=1)
    (log,) = place.glob("outputs/*/run.log")
    assert log.read_text().endswith("ZeroDivisionError: of nothing\n")


@pytest.mark.slow
def test_the_stages_of_judging_are_in_the_log(search):
    lines = logged(search("verdict=default", "null=replay", "null.n_surrogates=3", "report=none"))
    assert "judging: 1 of 11, deflation" in lines and "judging: 11 of 11, holdout" in lines
    assert any(line.startswith("Verdict: ") for line in lines)


@dataclass(frozen=True)
class Seen:
    """What a terminal was sent, and how the process ended."""

    text: str
    code: int


def on_terminal(
    place: Path, words: tuple[str, ...], act: Callable[[str, subprocess.Popen[bytes]], None] = lambda text, process: None, **env: str
) -> Seen:
    """`python -m pinejax.run WORDS` on a terminal of 80 columns. act: called with what has come so far, whenever something came."""
    import fcntl
    import termios

    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
    variables = {key: value for key, value in environment({"TERM": "xterm-256color", **env}).items() if key not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "pinejax.run", *words], cwd=place, env=variables | env, stdin=there, stdout=there, stderr=there
    )
    os.close(there)
    got, deadline = b"", time.monotonic() + 120
    try:
        while time.monotonic() < deadline:
            if not select.select([here], [], [], 1.0)[0]:
                continue
            try:
                part = os.read(here, 65536)
            except OSError:  # the other side is closed
                break
            if not part:
                break
            got += part
            act(got.decode("utf-8", "replace"), process)
        return Seen(got.decode("utf-8").replace("\r\n", "\n"), process.wait(60))
    finally:
        process.kill()
        process.wait()
        os.close(here)


@pytest.mark.slow
def test_a_terminal_shows_a_bar_that_is_gone_at_the_end(place):
    (place / "mine.py").write_text((place / "mine.py").read_text() + "\nprint('a strategy of mine')\n")
    seen = on_terminal(place, (*SMALL, "search.study_name=mine", "search.n_trials=64"))
    assert seen.code == 0, seen.text
    assert re.search(r"study mine +first batch  0s", seen.text)
    assert seen.text.count(HIDDEN) == seen.text.count(SHOWN) == 1
    before, after = seen.text.split(HIDDEN)[0], seen.text.rpartition(SHOWN)[2]
    assert "a strategy of mine\n" in before
    assert ESCAPE not in after.partition("\n")[2]
    assert re.search(r"64/64 trials  \S+ trials/s for \d+s  best sharpe ", after)
    assert "Best set: trial " in after and "Files: outputs" in after
    (log,) = place.glob("outputs/*/run.log")
    assert ESCAPE not in log.read_text() and "64/64 trials  " in log.read_text()


@pytest.mark.slow
def test_ctrl_c_is_answered_on_the_screen_and_leaves_the_terminal_as_it_was(place):
    sent: list[int] = []

    def interrupt(text: str, process: subprocess.Popen[bytes]) -> None:
        if re.search(r"batch \d", text) and not sent:
            process.send_signal(signal.SIGINT)
            sent.append(process.pid)

    seen = on_terminal(place, (*SLOW_SEARCH, "search.n_trials=100000", "report=none"), interrupt)
    assert seen.code == 130, seen.text
    assert seen.text.count(HIDDEN) == seen.text.count(SHOWN) == 1
    assert "Interrupted after " in seen.text.rpartition(SHOWN)[2]
    assert "left" in seen.text and "━" in seen.text


@pytest.mark.slow
def test_a_dumb_terminal_gets_plain_lines(place):
    seen = on_terminal(place, (*SMALL, "report=none"), TERM="dumb")
    assert seen.code == 0
    assert ESCAPE not in seen.text and "\r" not in seen.text
    assert re.search(r"Z  8/8 trials  ", seen.text)
