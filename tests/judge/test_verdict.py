from __future__ import annotations

from typing import Any

import pytest

from pinejax.judge.text import WIDTH, page
from pinejax.judge.verdict import verdict_of
from pinejax.selection.config import VerdictConfig

CONFIG = VerdictConfig()


def evidence(**more: Any) -> dict[str, Any]:
    """A search whose best set passes all that is needed, and nothing that takes the whole search into account."""
    counts = {"raw": 200, "complete": 190, "pruned": 6, "failed": 4, "repeated": 10, "distinct": 180}
    chosen = {"trial": 7, "values": [1.5], "violation": 0.0, "n_trades": 90, "net_profit": 900.0, "open_profit": 100.0, "exposed": True}
    found: dict[str, Any] = {
        "search": {"stopped": "done", "joint": False, "n_objectives": 1, "trials": counts, "days": 365, "chosen": chosen},
        "rule": {"text": "largest sharpe, mean over datasets", "recorded": {}, "changed": []},
        "deflation": {
            "chosen": {"n_days": 360, "sharpe_annual": 2.5},
            "deflated": {"distinct": {"dsr": 0.97, "expected_maximum_annual": 1.4}},
            "overfitting": {"pbo": 0.2, "null_low": 0.1, "null_high": 0.8},
        },
    }
    return found | more


def null(p: float, mode: str) -> dict[str, Any]:
    return {"mode": mode, "p_value": p, "n_made": 99, "optimistic": mode == "replay"}


@pytest.mark.parametrize(("p", "mode", "expected"), [(0.01, "research", "differs"), (0.01, "replay", "hint"), (0.06, "replay", "luck")])
def test_a_null_search_counts_as_what_it_is(p, mode, expected):
    said = verdict_of(evidence(null_search=null(p, mode)), CONFIG)
    assert said.level == expected
    assert f"null={mode}" in said.sentence


def test_a_search_that_began_with_known_sets_gives_a_hint_at_most():
    said = verdict_of(evidence(null_search=null(0.01, "research") | {"optimistic": True}), CONFIG)
    assert said.level == "hint"


def test_a_null_search_contradicts_a_good_holdout():
    assert level(evidence(null_search=null(0.2, "research"), holdout=holdout())) == "luck"


def test_too_few_histories_say_nothing():
    few = {"null_search": null(0.1, "research") | {"n_made": 9}}
    assert level(evidence(**few)) == "hint"
    assert level(evidence(holdout=holdout(), **few)) == "differs"


def holdout(gained: float = 0.1, probability: float | None = 0.97, n_sets: int = 1) -> dict[str, Any]:
    return {"method": "holdout", "return": gained, "sharpe": 2.0, "probability": probability, "openings": {"n": n_sets, "n_sets": n_sets}}


def changed(path: str, value: Any, base: dict[str, Any] | None = None) -> dict[str, Any]:
    """The evidence with another value at a path such as `search.chosen.n_trades`."""
    found = base or evidence()
    at: Any = found
    *way, last = path.split(".")
    for key in way:
        at = at[key]
    at[last] = value
    return found


def level(found: dict[str, Any]) -> str:
    return verdict_of(found, CONFIG).level


def test_without_a_test_of_the_whole_search_the_best_that_can_be_said_is_a_hint():
    said = verdict_of(evidence(), CONFIG)
    assert said.level == "hint"
    assert said.next == ("null=research", "validation=holdout")


@pytest.mark.parametrize(
    "more",
    [
        {"holdout": holdout()},
        {"walk_forward": {"method": "walk_forward", "stitched": {"return": 0.2, "sharpe": 1.8, "probability": 0.96}}},
    ],
    ids=lambda more: next(iter(more)),
)
def test_it_differs_with_bars_that_the_choice_never_saw(more):
    said = verdict_of(evidence(**more), CONFIG)
    assert said.level == "differs"
    assert "differs from search luck" in said.sentence


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (changed("deflation.deflated.distinct.dsr", 0.94), "deflated Sharpe ratio 0.940 after 180 sets"),
        (evidence(holdout=holdout(gained=-0.01)), "holdout: -1.00% out of sample"),
        (evidence(walk_forward={"stitched": {"return": -0.02, "sharpe": -0.3, "probability": 0.3}}), "walk-forward: -2.00%"),
        (evidence(rerank={"sets": [1, 2], "first": {"return": -0.1, "sharpe": -1.0, "probability": 0.1}}), "test bars: -10.00%"),
        (changed("deflation.overfitting.pbo", 0.51), "overfitting 0.51"),
        (changed("search.chosen.net_profit", -50.0), "positions still open"),
        (
            evidence(stress={"trades": {"profit_without": -3.0, "n_dropped": 5}}),
            "without the best 5 trades the profit, open positions included, is -3.00",
        ),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_whatever_contradicts_it_makes_it_luck(found, why):
    said = verdict_of(found | {"holdout": found.get("holdout", holdout())}, CONFIG)
    assert said.level == "luck"
    assert "not distinguishable from search luck" in said.sentence
    assert why in said.sentence


@pytest.mark.parametrize("key", ["n_trades", "days"])
def test_too_few_trades_or_days_are_not_enough_whatever_else_there_is(key):
    found = changed("search.chosen.n_trades", 29) if key == "n_trades" else changed("deflation.chosen.n_days", 59)
    assert level(found | {"holdout": holdout()}) == "not_enough"


def test_a_holdout_opened_for_several_sets_is_no_longer_a_proof():
    said = verdict_of(evidence(holdout=holdout(n_sets=2)), CONFIG)
    assert said.level == "hint"
    assert "opened for 2 sets, so it is no proof" in said.sentence
    assert "bars that were never opened (later data.end)" in said.next


def test_test_bars_on_which_sets_are_ranked_again_are_no_proof():
    first = {"return": 0.1, "sharpe": 2.0, "probability": 0.99}
    said = verdict_of(evidence(rerank={"method": "train_test", "openings": {"n_sets": 10}, "first": first}), CONFIG)
    assert said.level == "hint"
    assert "test bars: +10.00% out of sample, Sharpe 2.00, but 10 sets were ranked there" in said.sentence


@pytest.mark.parametrize("probability", [0.94, None])
def test_a_holdout_that_gains_without_being_sure_leaves_a_hint(probability):
    assert level(evidence(holdout=holdout(probability=probability))) == "hint"


def test_the_error_rate_is_the_users():
    assert verdict_of(evidence(), VerdictConfig(alpha=0.01)).level == "luck"
    assert verdict_of(evidence(), VerdictConfig(min_trades=91)).level == "not_enough"


@pytest.mark.parametrize("missing", [{"not_enough": "expected 2 sets or more"}, {}])
def test_without_a_deflated_ratio_nothing_is_said_for_it(missing):
    found = evidence(holdout=holdout()) | {"deflation": missing}
    assert level(found) == "not_enough"


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("search.stopped", "interrupted", "the search was interrupted"),
        ("search.trials.raw", 0, "no trial"),
        ("search.trials.failed", 200, "all 200 trials failed"),
        ("search.chosen", None, "there is no best set"),
        ("search.joint", True, "sweep.mode=study"),
        ("search.n_objectives", 2, "2 objectives"),
        ("search.chosen", {"n_trades": 0, "exposed": False, "net_profit": 0.0, "open_profit": 0.0}, "made no trade"),
        ("interrupted", {"section": None, "reached": ""}, "judging was interrupted. The same"),
        (
            "interrupted",
            {"section": "null_search", "reached": "null search: 3 of 19 histories"},
            "its null search (null search: 3 of 19 histories)",
        ),
    ],
)
def test_what_cannot_be_judged_has_a_sentence(path, value, said):
    verdict = verdict_of(changed(path, value), CONFIG)
    assert verdict.level == "not_enough"
    assert said in verdict.sentence
    assert verdict.reasons == ()


def test_a_result_that_is_one_open_position_is_luck():
    found = changed("search.chosen.net_profit", 0.0)
    found["search"]["chosen"]["n_trades"] = 30
    assert level(found) == "luck"


def test_every_reason_says_what_it_measured_and_needed():
    said = verdict_of(evidence(holdout=holdout()), CONFIG)
    by_name = {reason.name: reason for reason in said.reasons}
    assert (by_name["trades"].measured, by_name["trades"].threshold, by_name["trades"].passed) == (90, ">= 30", True)
    assert by_name["deflated_sharpe"].measured == 0.97
    assert by_name["holdout"].kind == "search"
    assert all(reason.text for reason in said.reasons)


def test_the_page_is_short_and_says_when_the_rule_was_changed():
    found = evidence(holdout=holdout(n_sets=3) | {"text": "Holdout of 500 bars. It was opened 3 times for 3 different sets."})
    found["rule"]["changed"] = ["null.mode"]
    found["datasets"] = {"not_enough": "expected a dataset with enough days"}
    text = page(verdict_of(found, CONFIG), found)
    lines = text.splitlines()
    assert len(lines) <= 30
    assert max(map(len, lines)) <= WIDTH
    assert text.startswith("Verdict: ")
    for said in ("200 raw, 6 pruned, 4 failed, 10 repeated; 180 distinct", "opened 3 times", "changed since: null.mode", "Sharpe 2.50"):
        assert said in " ".join(text.split())
    assert "datasets: expected a dataset" in text


def test_a_search_that_began_with_sets_of_another_does_not_know_how_many_were_looked_at():
    said = verdict_of(changed("search.told_by", "search.resume_from", evidence(holdout=holdout())), CONFIG)
    assert said.level == "not_enough"
    assert "does not count the trials that found the sets of search.resume_from" in said.sentence
    poor = changed("deflation.deflated.distinct.dsr", 0.5, changed("search.told_by", "search.resume_from"))
    assert level(poor) == "luck"


def test_a_plateau_is_no_overfitting():
    """PBO is a half where all sets are as good: then it is asked whether they lose out of sample."""
    flat = changed("deflation.overfitting", {"pbo": 0.6, "loss_rate": 0.01}, evidence(holdout=holdout()))
    lost = changed("deflation.overfitting", {"pbo": 0.6, "loss_rate": 0.3}, evidence(holdout=holdout()))
    assert (level(flat), level(lost)) == ("differs", "luck")


def test_the_sentence_names_a_loss_out_of_sample_first_and_the_page_all_that_failed():
    found = changed("deflation.deflated.distinct.dsr", 0.0001, evidence(holdout=holdout(-0.02), null_search=null(0.4, "replay")))
    said = verdict_of(found, CONFIG)
    order = [said.sentence.index(text) for text in ("holdout: -2.00%", "p = 0.400")]
    assert order == sorted(order) and "deflated" not in said.sentence
    text = " ".join(page(said, found).split())
    assert "against holdout: -2.00% out of sample" in text and "deflated Sharpe ratio <0.001 after 180 sets" in text
    assert "deflated <0.001: the best of 180 sets" in text


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (changed("search.days", 250), ("null=research", "bars of 300 days for validation=holdout (there are 250)")),
        (evidence(null_search=null(0.1, "research") | {"n_made": 9}), ("null.n_surrogates=19", "validation=holdout")),
        (evidence(null_search=null(0.01, "replay"), holdout=holdout(probability=0.9)), ("null=research",)),
        (changed("deflation.deflated.distinct.dsr", 0.5), ("more bars", "fewer parameters or sets (search.n_trials)")),
        (changed("search.chosen.n_trades", 5), ("more bars, for 30 closed trades",)),
        (evidence(holdout=holdout(-0.1)), ("more bars",)),
    ],
)
def test_only_what_can_change_the_level_is_advised(found, expected):
    assert verdict_of(found, CONFIG).next == expected


def test_bars_that_were_kept_back_and_not_opened_are_said():
    found = changed("search.n_objectives", 2)
    found["search"]["kept_back"] = {"holdout": {"dates": ["2024-03-01 00:00", "2024-04-01 23:00"], "bars": 700, "days": 32}}
    text = page(verdict_of(found, CONFIG), found)
    assert "held out      holdout kept back, not opened: 2024-03-01 00:00 .. 2024-04-01 23:00" in text
    assert "nothing:" not in text
    found["holdout"] = {"not_enough": "a purge of 800 bars leaves nothing"}
    text = " ".join(page(verdict_of(found, CONFIG), found).split())
    assert text.count("purge of 800 bars leaves nothing") == 1


def test_a_purge_that_was_given_and_is_too_short_is_on_the_page_once():
    warned = {"purge": {"warning": "WARNING: validation.purge=3 bars is less than the 60 that are needed."}}
    found = evidence(holdout=holdout() | warned, rerank=warned)
    assert page(verdict_of(found, CONFIG), found).count("WARNING: validation.purge=3") == 1


def test_there_is_no_minus_nothing():
    found = changed("search.chosen.open_profit", -0.1, evidence(holdout=holdout(-1e-7)))
    said = verdict_of(found, CONFIG)
    assert "-0" not in " ".join(reason.text for reason in said.reasons)


def test_a_set_that_breaks_the_gates_is_no_finding():
    base = evidence(null_search=null(0.01, "research"))
    broken = base | {"search": base["search"] | {"chosen": base["search"]["chosen"] | {"violation": 0.4}}}
    assert (level(base), level(broken)) == ("differs", "luck")
    assert "gates" in verdict_of(broken, CONFIG).sentence
