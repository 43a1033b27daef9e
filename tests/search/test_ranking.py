import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import FrozenTrial, TrialState, create_trial

from pinejax.search.ranking import pareto_front, ranked


def trial(number: int, values: list[float], constraint: float | None = None, **attrs: object) -> FrozenTrial:
    made = create_trial(values=values, user_attrs=dict(attrs), constraints=None if constraint is None else {"gate": constraint})
    made.number = number
    return made


def test_feasible_trials_come_first_and_duplicates_never():
    trials = [trial(0, [9.0], 0.5), trial(1, [1.0], 0.0), trial(2, [2.0], 0.0), trial(3, [2.0], 0.0, duplicate_of=2), trial(4, [8.0], 0.1)]
    assert [t.number for t in ranked(trials, "maximize")] == [2, 1, 4, 0]
    assert [t.number for t in ranked(trials, "minimize")] == [1, 2, 4, 0]


def test_pruned_trials_do_not_rank():
    assert ranked([create_trial(state=TrialState.PRUNED, value=1.0)], "maximize") == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12))
def test_the_front_is_what_nothing_dominates(points):
    trials = [trial(i, [float(a), float(b)]) for i, (a, b) in enumerate(points)]
    front = {t.number for t in pareto_front(trials, ["maximize", "minimize"])}
    costs = np.array([(-a, b) for a, b in points])
    for i, cost in enumerate(costs):
        dominated = any((other <= cost).all() and (other < cost).any() for other in costs)
        assert (i in front) == (not dominated)
