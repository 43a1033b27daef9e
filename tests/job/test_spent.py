from __future__ import annotations

import pytest

from pinejax.engine.engine import Timings as EngineTimings
from pinejax.job.spent import Spent, advice, seconds, shares, time_text, with_judging
from pinejax.search import Timings


def table(ask_s: float = 2.0, total_s: float = 20.0) -> dict[str, float]:
    search = Timings(open_s=0.5, ask_s=ask_s, evaluate_s=6.0, tell_s=0.25, flush_s=0.25)
    return seconds(EngineTimings(trace_s=0.5, compile_s=1.0), search, Spent(1.5, 0.5, 0.25, report_s=0.25, detail_s=1.0, total_s=total_s))


def test_the_parts_add_up_to_the_total_and_the_shares_to_one():
    found = table()
    assert found["total"] == 20.0
    assert sum(found.values()) == pytest.approx(2 * found["total"])
    assert found["compile"] == 1.25
    assert found["other"] == 6.0
    assert sum(shares(found).values()) == pytest.approx(1.0, abs=1e-3)
    assert "total" not in shares(found)


def test_the_largest_parts_are_said_first():
    said = time_text(table(), 3.21)
    assert said == (
        "Time: 20.0 s, 3.2 s to the first trial: other 30%, evaluate 30%, ask 10%, import 8%, compile 6%, detail 5%, "
        "trace 2%, open 2%, load 2%."
    )
    assert time_text(table(), None).startswith("Time: 20.0 s: other")


def test_a_cheaper_sampler_is_suggested_only_where_asking_takes_most():
    assert advice(table(), "tpe", 1) == ""
    slow = table(ask_s=20.0, total_s=34.0)
    assert advice(slow, "tpe", 1).startswith("Asking tpe took 67% of the time after start-up. search.sampler=cmaes")
    assert "search.sampler=nsga2" in advice(slow, "tpe", 2)
    assert advice(slow, "random", 1) == ""


def test_judging_is_a_part_of_the_run_and_nothing_else_changes():
    before = table()
    found = with_judging(before, judge_s=3.0, total_s=24.0)
    assert (found["judge"], found["total"]) == (3.0, 24.0)
    assert found["other"] == pytest.approx(before["other"] + 1.0)
    assert sum(found.values()) == pytest.approx(2 * found["total"])
    assert {name: found[name] for name in before if name not in ("other", "total")} == {
        name: spent for name, spent in before.items() if name not in ("other", "total")
    }
