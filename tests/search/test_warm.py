import csv
import json

import pytest
from quadratic import SHARPE, Bowl, Quadratic, Steps

from pinejax.errors import ConfigError
from pinejax.search import ObjectiveConfig, SearchConfig, build_objective, build_space, run_search
from pinejax.search.samplers import SamplerContext, make_sampler
from pinejax.search.warm import read_warm_start

PINS = {"use_offset": True, "mode": "deep"}
BEST = {"length": 34, "mult": 0.4, "offset": 0.9, "depth": 9}
"""Far from the middle, where CMA-ES starts without a hint."""


def corner(p):
    return -sum(abs(p[name] - BEST[name]) / span for name, span in (("length", 37), ("mult", 4), ("offset", 1), ("depth", 8)))


def space(**more):
    return build_space(Bowl, {**PINS, **more})


def source(url, name="source", n=200, **more):
    return run_search(SearchConfig(name, n, sampler="random", **more), space(), SHARPE, Quadratic(score=corner), url)


def search(url=None, n=16, **flags):
    return run_search(
        SearchConfig("target", n, sampler="cmaes", batch_size=16, sampler_flags=flags), space(), SHARPE, Quadratic(score=corner), url
    )


def mean_of(trials):
    return sum(t.values[0] for t in trials) / len(trials)


def write_bank(path, *sets, **more):
    path.write_text(json.dumps([{"params": params, **more} for params in sets]))
    return path


def write_trials(path, result):
    names = list(space().distributions)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "state", "value", "duplicate_of", *(f"params_{name}" for name in names)])
        for t in result.trials:
            writer.writerow([t.number, t.state.name, t.values[0], "", *(t.params.get(name, "") for name in names)])
    return path


def test_cmaes_starts_where_a_study_of_the_same_storage_was_good(url):
    found = source(url)
    cold, warm = search(), search(url, warm_start="source")
    assert warm.warm_start == "CMA-ES starts from the best tenth of 200 trials of source."
    assert all("cmawm:generation" in t.system_attrs for t in warm.trials), "CMA-ES did not ask for these points"
    assert mean_of(warm.trials) > mean_of(cold.trials) + 0.3
    elite = sorted((t.values[0] for t in found.trials), reverse=True)[:20]
    assert mean_of(warm.trials) > min(elite) - 0.3


def test_the_first_mean_is_that_of_the_best_tenth(url):
    found = source(url)
    warm = read_warm_start("source", space(), SHARPE.directions, url)
    made = make_sampler("cmaes", {"warm_start": "source"}, SamplerContext(space(), 1, 1, 16, 1, warm))
    assert len(made._source_trials) == 200
    best = max(found.trials, key=lambda t: t.values[0])
    again = max(made._source_trials, key=lambda t: t.values[0])
    assert again.values == best.values
    assert again.params == {name: best.params[name] for name in BEST}


def test_a_bank_starts_from_its_best_set(tmp_path):
    bank = write_bank(tmp_path / "bank.json", {**BEST, **PINS}, {"length": 3, **PINS})
    cold, warm = search(), search(warm_start=str(bank))
    assert warm.warm_start == f"CMA-ES starts from the best set of {bank}."
    assert mean_of(warm.trials) > mean_of(cold.trials) + 0.5
    wide = search(warm_start=str(bank), sigma0=0.4)
    assert mean_of(wide.trials) < mean_of(warm.trials)


def test_a_runs_folder_starts_from_its_trials_and_else_from_its_bank(tmp_path, url):
    bank = write_bank(tmp_path / "bank.json", {**BEST, **PINS}, directions={"sharpe": "maximize"})
    assert search(warm_start=str(tmp_path)).warm_start == f"CMA-ES starts from the best set of {tmp_path}."
    trials = write_trials(tmp_path / "trials_final.csv", source(url))
    for place in (tmp_path, trials):
        warm = search(warm_start=str(place))
        assert warm.warm_start == f"CMA-ES starts from the best tenth of 200 trials of {place}."
        assert mean_of(warm.trials) > mean_of(search().trials) + 0.3
    assert bank.is_file()


def test_a_killed_runs_folder_starts_from_the_lines_it_has_left(tmp_path, url):
    same = {"state": "COMPLETE", "duplicate_of": None}
    lines = [json.dumps({**same, "values": {"sharpe": t.values[0]}, "params": t.params}) for t in source(url).trials]
    (tmp_path / "trials.jsonl").write_text("\n".join(lines)[:-5])
    warm = search(warm_start=str(tmp_path))
    assert warm.warm_start == f"CMA-ES starts from the best tenth of 199 trials of {tmp_path}."
    assert warm.trials[0].params == search(warm_start=str(tmp_path / "trials.jsonl")).trials[0].params


def test_x0_and_sigma0_are_where_cmaes_starts():
    warm = search(x0=BEST, sigma0=0.02)
    assert mean_of(warm.trials) > -0.7
    assert warm.warm_start is None


def test_sets_outside_the_space_are_left_out_and_counted(url):
    source(url)
    narrow = space(length="interval(20, 40)")
    warm = read_warm_start("source", narrow, SHARPE.directions, url)
    assert 0 < warm.n_outside < 200
    assert len(warm.trials) == 200 - warm.n_outside
    assert f"{warm.n_outside} lie outside this space" in str(warm)


def test_a_resumed_search_goes_on_and_does_not_start_over(url):
    source(url)
    search(url, 32, warm_start="source")
    again = search(url, 48, warm_start="source")
    assert [t.system_attrs["cmawm:generation"] for t in again.trials] == [i // 16 for i in range(48)]


def test_what_cannot_be_a_source_is_refused(url, tmp_path):
    source(url)
    source(url, "short", 9)
    with pytest.raises(ConfigError, match=r"warm_start=sorce: storage .* there is no study 'sorce'\. Did you mean source"):
        search(url, warm_start="sorce")
    with pytest.raises(ConfigError, match="at least 10 evaluated trials inside this search's space, got 9"):
        search(url, warm_start="short")
    with pytest.raises(ConfigError, match="has no storage"):
        search(warm_start="source")
    with pytest.raises(ConfigError, match=r"cannot read .*no\.json"):
        search(warm_start=str(tmp_path / "no.json"))
    with pytest.raises(ConfigError, match="Steps has no such parameter"):
        read_warm_start("source", build_space(Steps), SHARPE.directions, url)
    least = build_objective(ObjectiveConfig("max_drawdown"))
    with pytest.raises(ConfigError, match=r'goes minimize, as this one, got \["maximize"\]'):
        read_warm_start("source", space(), least.directions, url)
    outside = write_bank(tmp_path / "bank.json", {**BEST, **PINS, "use_offset": False})
    with pytest.raises(ConfigError, match=r"expected a set inside this search's space, got 0 \(1 lie outside\)"):
        search(warm_start=str(outside))


def test_a_warm_start_is_not_mixed_with_another_start(url):
    source(url)
    for flags, message in (
        ({"x0": BEST}, "both say where to start"),
        ({"sigma0": 0.1}, "takes the spread from them"),
        ({"with_margin": False}, "needs with_margin=true"),
    ):
        with pytest.raises(ConfigError, match=message):
            search(url, warm_start="source", **flags)
