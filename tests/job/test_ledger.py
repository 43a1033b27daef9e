from __future__ import annotations

from pinejax.job.ledger import MIN_PAUSE_S, SHARE, Pace


def test_writing_takes_at_most_its_share_of_the_time():
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    cost_s, n = 1.0, 0

    def write() -> None:
        now[0] += cost_s

    while now[0] < 1000.0:
        if pace.due:
            pace.timed(write)
            n += 1
        now[0] += 0.1
    assert pace.spent_s == n * cost_s
    assert 0.5 * SHARE < pace.spent_s / now[0] <= 1.1 * SHARE


def test_cheap_writing_is_not_done_all_the_time():
    now = [0.0]
    pace = Pace(clock=lambda: now[0])
    assert pace.due
    pace.timed(lambda: None)
    assert not pace.due
    now[0] += MIN_PAUSE_S
    assert pace.due


def test_the_first_time_may_be_later():
    now = [0.0]
    pace = Pace(first_after_s=30.0, clock=lambda: now[0])
    assert not pace.due
    now[0] = 30.0
    assert pace.due
