from __future__ import annotations

import io

from pinejax.report.progress import LineProgress, StageLines, Step, clock_time, progress_for, stages_for


def test_plain_lines_are_rare_and_the_last_one_always_comes():
    now = [0.0]
    out = io.StringIO()
    with LineProgress(out, clock=lambda: now[0]) as progress:
        for n in range(1, 101):
            now[0] = n * 0.5
            progress.update(Step(n_done=n, n_total=100, n_here=n, n_pruned=0, best="1.5 (trial 3)"))
    lines = out.getvalue().splitlines()
    assert len(lines) == 6
    assert lines[0] == "1/100 trials  2.0 trials/s  best 1.5 (trial 3)  50s left"
    assert lines[-1] == "100/100 trials  2.0 trials/s  best 1.5 (trial 3)"


def test_time_left_counts_only_the_trials_of_this_run():
    now = [0.0]
    out = io.StringIO()
    with LineProgress(out, clock=lambda: now[0]) as progress:
        now[0] = 1.0
        progress.update(Step(n_done=900, n_total=1000, n_here=10, n_pruned=4, best=""))
    assert out.getvalue() == "900/1000 trials  10.0 trials/s  4 pruned  10s left\n"


def test_a_pipe_gets_lines_and_a_terminal_a_bar():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert isinstance(progress_for(io.StringIO()), LineProgress)
    screen = Terminal()
    with progress_for(screen) as progress:
        assert not isinstance(progress, LineProgress)
        progress.update(Step(n_done=3, n_total=4, n_here=3, n_pruned=0, best="[bold]1.5"))
    assert "3/4" in screen.getvalue()
    assert "[bold]1.5" in screen.getvalue()


def test_times_are_short():
    assert [clock_time(s) for s in (0.4, 59.4, 185, 7800)] == ["0s", "59s", "3m05s", "2h10m"]


def test_stages_are_told_where_they_take_long():
    now = [0.0]
    out = io.StringIO()
    with StageLines(out, clock=lambda: now[0]) as stages:
        for at, text in ((1.0, "deflation"), (11.0, "null search: 3 of 100"), (12.0, "null search: 4 of 100"), (25.0, "holdout")):
            now[0] = at
            stages.say(text)
    assert out.getvalue() == "judging: null search: 3 of 100\njudging: holdout\n"


def test_a_terminal_shows_the_stage_in_one_line():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    with stages_for(screen) as stages:
        stages.say("[bold]stress")
    assert isinstance(stages_for(io.StringIO()), StageLines)
    assert "judging: [bold]stress" in screen.getvalue()
