"""The section `null_search`: its numbers by hand, what is kept, budgets, and what it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from null_case import case_in, with_null

from pinejax.judge import null_search as module
from pinejax.judge.case import Case, NotEnough
from pinejax.judge.null_search import ground_of, null_search
from pinejax.null.best import FAILED, Best, best_of, p_value
from pinejax.null.replay import at_once
from pinejax.search import SearchResult, StopRequest, run_search
from pinejax.search.many import Judgements


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return case_in(tmp_path_factory.mktemp("plain"), null={"mode": "replay", "n_surrogates": 7, "budget_s": None})


@pytest.fixture
def case(plain: Case, tmp_path: Path) -> Case:
    """In a folder of its own."""
    (tmp_path / "run").mkdir()
    return replace(plain, folder=tmp_path / "run")


def test_a_replay_is_the_best_of_the_sets_on_each_surrogate(case: Case) -> None:
    seen: list[tuple[int, int]] = []
    found = null_search(case, lambda done, of: seen.append((done, of)))
    json.dumps(found, allow_nan=False)
    assert (found["mode"], found["method"], found["block_bars"], found["n_made"], found["n_asked"]) == ("replay", "permutation", 4, 7, 7)
    assert found["optimistic"] and not found["stopped_by_budget"] and found["n_sets"] == len(case.sets) > 8
    assert seen[0] == (0, 7) and seen[-1] == (7, 7)

    ground = ground_of(case)
    recipe = ground.recipe("permutation", None, case.config.null.seed)
    ranks = []
    for feeds in [list(case.engine.feeds), *(ground.surrogate(recipe, b) for b in range(7))]:
        told = [case.objective.judge(e.metrics, e.status) for e in case.engine.on(feeds=feeds).evaluate(case.sets.params)]
        ranks.append(min((sum(v.violations.values()), -v.values[0]) for v in told if v.values))
    assert found["best"] == pytest.approx(-ranks[0][1]) == pytest.approx(case.chosen.values[0])
    assert found["distribution"] == pytest.approx([-value for _, value in ranks[1:]])
    assert found["p_value"] == (1 + sum(r <= ranks[0] for r in ranks[1:])) / 8
    assert found["n_infeasible"] == sum(r[0] > 0 for r in ranks[1:])
    assert set(found["per_dataset"]) == set(case.engine.datasets)


def test_several_histories_in_one_call_change_nothing(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    one = null_search(case)
    monkeypatch.setattr(module, "at_once", lambda ground: 3)
    (case.folder / "other").mkdir()
    three = null_search(replace(case, folder=case.folder / "other"))
    assert one["distribution"] == three["distribution"] and one["per_dataset"] == three["per_dataset"]


def test_so_many_at_once_that_every_thread_has_whole_datasets(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    ground = ground_of(case)
    for threads, expected in ((1, 1), (2, 1), (4, 2), (6, 3)):
        monkeypatch.setattr(ground.engine, "config", replace(ground.engine.config, n_threads=threads))
        assert at_once(ground) == expected
    monkeypatch.setattr(ground.engine, "_limit", 5 * ground.engine._need.bars)
    assert at_once(ground) == 2
    monkeypatch.setattr(ground.engine, "_limit", 1)
    assert at_once(ground) == 1


def test_what_was_found_is_kept_and_gone_on_from(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = null_search(with_null(case, n_surrogates=3))
    lines = (case.folder / "null.jsonl").read_text().splitlines()
    assert len(lines) == 3
    # A kill in the middle of a line.
    (case.folder / "null.jsonl").write_text("\n".join(lines[:2]) + "\n" + lines[2][:20])
    asked: list[int] = []
    found = module._found
    monkeypatch.setattr(module, "_found", lambda *args: asked.extend(args[3]) or found(*args))
    again = null_search(with_null(case, n_surrogates=5))
    assert asked == [2, 3, 4] and again["distribution"][:3] == whole["distribution"]
    # The same command's next run has another folder beside it.
    beside = case.folder.parent / "run_2"
    beside.mkdir()
    asked.clear()
    third = null_search(with_null(case, beside, n_surrogates=5))
    assert not asked and third["distribution"] == again["distribution"] and (beside / "null.jsonl").exists()


@pytest.mark.parametrize("change", [{"seed": 2}, {"method": "bootstrap"}, {"block_bars": 9}, {"mode": "research"}])
def test_another_null_search_takes_nothing_over(case: Case, change: dict[str, Any]) -> None:
    first = null_search(with_null(case, n_surrogates=2))
    other = null_search(with_null(case, n_surrogates=2, **change))
    assert other["distribution"] != first["distribution"]
    assert len((case.folder / "null.jsonl").read_text().splitlines()) == 4


def test_a_budget_ends_it_and_says_so(case: Case) -> None:
    found = null_search(with_null(case, budget_s=1e-9))
    assert 0 < found["n_made"] < 7 and found["stopped_by_budget"]
    assert found["smallest_p"] == 1 / (1 + found["n_made"]) and len(found["distribution"]) == found["n_made"]
    more = null_search(with_null(case, budget_s=1e-9))
    assert more["n_made"] == found["n_made"]
    assert null_search(case)["n_made"] == 7


def test_a_research_is_the_search_again_on_each_surrogate(case: Case) -> None:
    case = with_null(case, mode="research", n_surrogates=3)
    found = null_search(case)
    assert (found["mode"], found["n_trials"], found["n_made"], found["optimistic"]) == ("research", 12, 3, False)
    assert found["best"] == case.chosen.values[0] and found["per_dataset"] == {}
    ground = ground_of(case)
    history = ground.surrogate(ground.recipe("permutation", None, case.config.null.seed), 1)
    plan = module.settings_for(case.settings, 12, case.config.null.seed, 1)
    assert plan.seed != case.settings.seed and plan.n_trials == 12
    result = run_search(plan, case.session.space, case.objective, case.engine.on(feeds=history))
    assert result.best is not None and found["distribution"][1] == result.best.values[0]


def test_a_research_has_as_many_trials_as_the_study_though_the_last_run_asked_for_fewer(case: Case) -> None:
    """A study of twelve trials that is judged again with `search.n_trials=3` is still the best of twelve."""
    asked_for_fewer = replace(case, settings=replace(case.settings, n_trials=3))
    found = null_search(with_null(asked_for_fewer, mode="research", n_surrogates=1))
    assert found["n_trials"] == 12


def test_interrupting_a_research_leaves_no_half_a_search(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    from pinejax.null import research

    def broken_off(*args: Any, stop: StopRequest, **more: Any) -> SearchResult:
        found = run_search(*args, stop=stop, **more)
        stop.set()  # in its last batch
        return found

    monkeypatch.setattr(research, "run_search", broken_off)
    asked_to_end = replace(case, stop=StopRequest())  # the case is shared by the tests
    with pytest.raises(KeyboardInterrupt):
        null_search(with_null(asked_to_end, mode="research", n_surrogates=3))
    assert not (case.folder / "null.jsonl").exists()


@pytest.mark.slow
def test_a_search_over_parts_is_replayed_over_parts(tmp_path: Path) -> None:
    case = case_in(tmp_path, validation={"method": "purged_kfold", "k": 3}, null={"mode": "replay", "n_surrogates": 2, "budget_s": None})
    found = null_search(case)
    assert found["best"] == pytest.approx(case.chosen.values[0]) and found["n_made"] == 2
    assert list(found["per_dataset"]) == ["SYNTH_A 1h@4h", "SYNTH_B 1h@4h"]


def test_a_search_that_began_with_known_sets_is_said_to_be_optimistic(case: Case, tmp_path: Path) -> None:
    bank = tmp_path / "bank.json"
    bank.write_text(json.dumps([{"params": dict(case.chosen.complete)}]))
    case = with_null(replace(case, settings=replace(case.settings, resume_from=str(bank))), mode="research", n_surrogates=1)
    assert null_search(case)["optimistic"]


def test_a_start_that_other_bars_do_not_have_is_not_enough(case: Case) -> None:
    settings = replace(case.settings, sampler="cmaes", sampler_flags={"warm_start": "a study of the storage"})
    with pytest.raises(NotEnough, match=r"can be repeated on other bars\. sampler\.cmaes\.warm_start"):
        null_search(with_null(replace(case, settings=settings), mode="research", n_surrogates=1))


def test_none_is_none(case: Case) -> None:
    assert null_search(with_null(case, mode="none")) == {"mode": "none"}


def test_what_has_no_best_is_not_enough(case: Case) -> None:
    with pytest.raises(NotEnough, match="expected a complete trial"):
        null_search(replace(case, study=replace(case.study, best=(), trials=())))
    two = replace(case.objective, terms=case.objective.terms * 2)
    with pytest.raises(NotEnough, match="one objective, found 2"):
        null_search(replace(case, objective=two))


def test_violations_rank_before_values() -> None:
    real, worse, broken = Best(1.0), Best(0.5), Best(9.0, 0.1)
    assert p_value(real, [worse, broken, Best(1.0)], 1.0) == 2 / 4
    assert p_value(Best(0.2), [Best(0.1), Best(0.3)], -1.0) == 2 / 3
    assert p_value(real, [], 1.0) == 1.0


def test_a_failed_set_is_behind_every_other(case: Case) -> None:
    values, violations = np.array([np.nan, -3.0, 2.0]), np.array([0.0, 0.5, 0.9])
    assert best_of(Judgements(values, violations), case.objective) == Best(-3.0, 0.5)
    assert best_of(Judgements(values[:1], violations[:1]), case.objective) == Best(-case.objective.penalty, FAILED)


def test_blocks_longer_than_a_quarter_of_the_bars_make_no_null_search(case: Case) -> None:
    with pytest.raises(NotEnough, match=r"blocks of bars: expected at most a quarter of the shortest history"):
        null_search(with_null(case, mode="replay", block_bars=len(case.engine.feeds[0]) // 2))
