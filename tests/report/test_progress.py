from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from pinejax.report.progress import SearchProgress, SearchScreen, Stages, StageScreen, is_screen, passing
from pinejax.report.standing import Speed, Step, both_ends, clock_time, flowed, last_line, line, rate_of, rate_text, share

STEP = Step(n_done=1024, n_total=2000, n_here=1024, n_batches=16, n_finished=1030, best="sharpe 0.3812 (trial 97)", best_age_s=12.0)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock() -> Clock:
    return Clock()


def paced(*marks: tuple[float, int, int]) -> Speed:
    """A pace from (seconds, trials of this run, trials of the study)."""
    pace = Speed(0.0)
    for now_s, here, done in marks:
        pace.note(Step(n_done=done, n_total=10_000, n_here=here), now_s)
    return pace


def test_a_line_says_what_is_known_and_no_more():
    pace = paced((10.0, 952, 1024))
    assert line(STEP, pace, 10.0) == "1,024/2,000 trials  95.2 trials/s  best sharpe 0.3812 (trial 97)  10s left"
    full = replace(STEP, n_pruned=310, n_failed=2, n_repeated=14)
    assert "  310 pruned (30%)  2 failed (0.2%)  14 repeated  " in line(full, pace, 10.0)
    assert line(Step(0, 8, 0), Speed(0.0), 1.0) == "0/8 trials  0 trials/s"


def test_the_last_line_has_the_pace_of_the_whole_run():
    text = last_line(replace(STEP, n_done=2000, n_here=500, n_workers=3), paced((5.0, 400, 1900), (50.0, 500, 2000)), 50.0)
    assert text == "2,000/2,000 trials  10 trials/s for 50s  best sharpe 0.3812 (trial 97)"


def test_trials_of_earlier_runs_are_no_pace():
    pace = paced((2.0, 20, 920))
    assert pace.rates.here == pace.rates.study == 10.0
    assert line(Step(920, 1000, 20), pace, 2.0).endswith("  8s left")


def test_the_time_left_is_by_the_pace_of_all_workers_of_late():
    pace = paced((10.0, 10, 10), (20.0, 20, 50), (60.0, 60, 250))
    assert pace.rates.here == 1.0 and pace.rates.study == 5.0  # of the last forty seconds
    step = Step(250, 10_000, 60, n_workers=4)
    assert rate_text(step, pace.rates) == "1 trials/s here, 5 with 4 workers"
    assert pace.time_left(step, 60.0) == "32m30s left"
    assert pace.time_left(step, 70.0) == "32m20s left"  # it counts down while a batch runs
    assert pace.time_left(replace(step, n_done=10_000), 60.0) == ""


def test_a_time_limit_that_comes_first_is_what_is_left():
    pace = paced((10.0, 10, 10))
    step = Step(10, 10_000, 10, limit_s=50.0)
    assert pace.time_left(step, 20.0) == "40s left of search.timeout_s"
    assert pace.time_left(replace(step, limit_s=1e6), 10.0) == "2h46m left"


def test_numbers_are_short():
    assert [clock_time(s) for s in (0.4, 59.4, 185, 7800)] == ["0s", "59s", "3m05s", "2h10m"]
    assert [rate_of(r) for r in (0.07131, 95.21, 1234.5)] == ["0.0713", "95.2", "1,234"]
    assert [share(n, 1000) for n in (0, 1, 300)] + [share(1, 10_000), share(0, 0)] == ["0%", "0.1%", "30%", "<0.1%", "0%"]


def test_parts_flow_over_lines_and_none_is_broken():
    assert flowed(["12345", "12345", "123"], 12) == ["12345  12345", "123"]
    assert flowed(["1234567890"], 5) == ["1234…"]
    assert both_ends("a long name", "right", 12) == "a lo…  right"
    assert both_ends("left", "right", 20) == "left           right"


@pytest.mark.parametrize("width", [30, 80, 120])
def test_the_screen_fits_its_terminal(width: int, clock: Clock):
    clock.now = 100.0
    screen = SearchScreen("BTCUSDT+11_15m_4h_squeeze_momentum_1a2b3c4d", lambda: True, clock)
    drawn(screen, width)
    pace = paced((60.0, 7500, 9000), (100.0, 9500, 12_345))
    step = replace(
        STEP, n_done=12_345, n_total=1_000_000, n_finished=12_400, n_pruned=3000, n_failed=200, n_repeated=1, n_workers=16, limit_s=3600.0
    )
    screen.show(step, pace, 100.0)
    clock.now = 104.0
    text = drawn(screen, width)
    assert max(map(len, text)) <= width and len(text) <= (11 if width == 30 else 6)
    whole = " ".join(text)
    assert "12,345/1,000,000" in whole and "batch 16" in text[0]
    if width > 30:
        assert "best sharpe 0.3812 (trial 97) for 16s" in whole and "50 trials/s here, 83.6 with 16 workers" in whole
        assert "left of search.timeout_s" in text[1] and "Ctrl-C again" in text[-1]


def drawn(screen: object, width: int) -> list[str]:
    from rich.console import Console

    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None, legacy_windows=False)
    with console.capture() as taken:
        console.print(screen)
    return taken.get().rstrip("\n").split("\n")


def test_plain_lines_are_rare_have_their_time_and_the_last_one_always_comes(clock: Clock):
    out, notes = io.StringIO(), []
    with SearchProgress("study", out, notes.append, clock=clock) as progress:
        for n in range(1, 101):
            clock.now = n * 0.5
            progress.update(Step(n_done=n, n_total=100, n_here=n))
    lines = out.getvalue().splitlines()
    assert [text.split("  ", 1)[1] for text in lines] == notes
    assert notes == [
        *(f"{n}/100 trials  2 trials/s  {50 - n / 2:.0f}s left" for n in (1, 21, 41, 61, 81)),
        "100/100 trials  2 trials/s for 50s",
    ]
    assert all(text[:20].endswith("Z") and text[10] == "T" for text in lines)


def test_a_run_among_others_names_itself_and_draws_nothing(clock: Clock):
    screen = Terminal()
    with SearchProgress("study", screen, label="2_BTCUSDT_15m", clock=clock) as progress:
        progress.update(STEP)
    assert screen.getvalue().splitlines()[0].startswith("[2_BTCUSDT_15m] 1,024/2,000 trials")
    assert "\x1b" not in screen.getvalue()


def test_a_terminal_gets_a_screen_that_is_gone_at_the_end_and_a_last_line(clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm")
    screen, notes = Terminal(), []
    with SearchProgress("[bold]study", screen, notes.append, clock=clock) as progress:
        progress.update(Step(n_done=3, n_total=4, n_here=3, best="[bold]1.5"))
        print("printed meanwhile", file=screen)
    text = screen.getvalue()
    assert "study [bold]study" in text
    assert text.endswith("3/4 trials  3,000,000,000 trials/s for 0s  best [bold]1.5\n")
    assert "\x1b[?25l" in text and "\x1b[?25h" in text  # the cursor is back
    assert notes[0].startswith("3/4 trials") and "\x1b" not in "".join(notes)


def test_what_cannot_tell_how_far_it_is_shows_a_few_words_while_it_goes_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm")
    screen, file = Terminal(), io.StringIO()
    with passing(screen, "compiling ..."), passing(file, "compiling ..."):
        assert screen.getvalue() == "compiling ..."
    assert screen.getvalue() == "compiling ...\r\x1b[K" and not file.getvalue()


@pytest.mark.parametrize(("term", "is_one"), [("xterm-256color", True), ("dumb", False), ("unknown", False)])
def test_lines_are_drawn_again_only_where_that_can_be(term: str, is_one: bool):
    assert is_screen(Terminal(), {"TERM": term}) is is_one
    assert not is_screen(io.StringIO(), {"TERM": term})


def test_stages_are_told_where_they_take_long_and_noted_all(clock: Clock):
    out, notes = io.StringIO(), []
    told: list[tuple[float, Callable[[Stages], None]]] = [
        (1.0, lambda say: say("1 of 3, deflation")),
        (11.0, lambda say: say("2 of 3, null search: 3 of 100", 3, 100)),
        (12.0, lambda say: say("2 of 3, null search: 4 of 100", 4, 100)),
        (21.0, lambda say: say("2 of 3, null search: 13 of 100", 13, 100)),
        (35.0, lambda say: say("3 of 3, holdout")),
    ]
    with Stages(out, notes.append, clock=clock) as stages:
        for clock.now, tell in told:
            tell(stages)
    long = ["judging: 2 of 3, null search: 3 of 100", "judging: 2 of 3, null search: 13 of 100, 1m27s left", "judging: 3 of 3, holdout"]
    assert [text.split("  ", 1)[1] for text in out.getvalue().splitlines()] == long
    assert notes == ["judging: 1 of 3, deflation", *long]


def test_a_terminal_shows_the_stage_and_a_bar_where_steps_are_counted(clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    with Stages(out, clock=clock) as stages:
        stages("1 of 2, [bold]stress")
    assert "\x1b[?25h" in out.getvalue()
    screen = StageScreen(clock)
    screen.show("2 of 2, null search", 30, 100, "2m05s left")
    clock.now = 65.0
    first, second = drawn(screen, 80)
    assert first.startswith("judging: 2 of 2, null search") and first.endswith("1m05s")
    assert second.endswith("30/100  30%  2m05s left") and len(second) <= 80
