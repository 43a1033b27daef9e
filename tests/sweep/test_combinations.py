"""What a command line with -m comes to: combinations, names, the stock sweeper's words. Nothing is searched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pinejax.cli import main
from pinejax.config import Config


@pytest.fixture
def sweep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs a command line in an empty folder and gives what each combination was called with."""
    monkeypatch.chdir(tmp_path)

    def start(*arguments: str) -> list[Config]:
        got: list[Config] = []
        assert main(lambda config, folder: got.append(config), ["-m", *arguments]) == 0
        return got

    return start


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a refused sweep says; it must end with 2 and leave nothing behind."""
    assert main(lambda config, folder: pytest.fail("was started"), ["-m", *arguments]) == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert not Path("outputs").exists()
    return said


def test_every_combination_is_run_once_with_the_last_key_fastest(sweep):
    got = sweep("timeframe=5m@15m,5m@1h", "symbol=BINANCE:ENAUSDT,BTCUSDT")
    assert [(str(c.timeframe), c.symbols) for c in got] == [
        ("5m@15m", ("BINANCE:ENAUSDT",)),
        ("5m@15m", ("BTCUSDT",)),
        ("5m@1h", ("BINANCE:ENAUSDT",)),
        ("5m@1h", ("BTCUSDT",)),
    ]
    assert all(c.in_sweep and not c.beside for c in got)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["timeframe=15,60"], ["15m", "1h"]),
        (["timeframe=15m@1h"], ["15m@1h"]),
        (["timeframe='15m','1h@4h'"], ["15m", "1h@4h"]),
        (["timeframe=choice(15m,1h)"], ["15m", "1h"]),
    ],
)
def test_timeframes_can_be_swept_in_any_spelling(sweep, typed, meant):
    assert [str(c.timeframe) for c in sweep(*typed)] == meant


@pytest.mark.parametrize(
    ("typed", "key", "values"),
    [
        ("strategy=ema_cross,supertrend", "strategy", ["ema_cross", "supertrend"]),
        ("objective=sharpe,robust", "objective.metric", ["sharpe", "calmar"]),
        ("broker=default,free", "broker.commission", [0.0005, 0.0]),
        ("search.seed=range(1,3)", "search.seed", [1, 2]),
    ],
)
def test_any_key_can_be_swept(sweep, typed, key, values):
    def value(config):
        for name in key.split("."):
            config = getattr(config, name)
        return config

    assert [value(config) for config in sweep(typed)] == values


def test_a_list_in_brackets_is_one_value(sweep):
    assert [c.symbols for c in sweep("symbol=[A,B],C")] == [("A", "B"), ("C",)]


def test_names_come_from_templates(sweep):
    got = sweep("timeframe=5m@1h,15m", "symbol=B:X", "search.seed=1,2", "search.study_template={symbol_slug}_{ltf}_{htf_slug}_{suffix}",
                "search.run_tag_template={ltf_slug}_{index:02d}of{total}")  # fmt: skip
    assert [c.search.study_name for c in got] == ["B_X_5m_1h_seed-1", "B_X_5m_1h_seed-2", "B_X_15m_15m_seed-1", "B_X_15m_15m_seed-2"]
    (record,) = Path("outputs").glob("*_sweep/sweep.json")
    folders = [one["folder"] for one in json.loads(record.read_text())["combinations"]]
    assert folders == ["5m_00of4", "5m_01of4", "15m_02of4", "15m_03of4"]


def test_without_templates_a_study_is_named_by_its_search_and_a_folder_by_its_number(sweep):
    assert [c.search.study_name for c in sweep("timeframe=5m@1h,15m", "symbol=B:X")] == [None, None]
    (record,) = Path("outputs").glob("*_sweep/sweep.json")
    assert [one["folder"] for one in json.loads(record.read_text())["combinations"]] == ["0_B_X_5m_1h", "1_B_X_15m"]


def test_the_stock_sweepers_names_stand_for_ours(sweep):
    got = sweep(
        "hydra.sweeper.sampler=cmaes", "hydra.sweeper.pruner=median", "hydra.sweeper.direction=minimize", "hydra.sweeper.n_trials=7",
        "hydra.sweeper.storage=postgresql+psycopg://me:p@ss@h/db?x={y}", "hydra.sweeper.study_name={ltf}-x", "timeframe=15m,1h",
    )  # fmt: skip
    search = got[0].search
    assert (search.sampler, search.pruner, search.n_trials, got[0].objective.direction) == ("cmaes", "median", 7, "minimize")
    assert got[0].storage.url == "postgresql+psycopg://me:p@ss@h/db?x={y}"
    assert [c.search.study_name for c in got] == ["15m-x", "1h-x"]


def test_several_directions_can_be_given_to_the_stock_name(sweep):
    (got,) = sweep("objective=return_drawdown", "hydra.sweeper.direction=[maximize,minimize]")
    assert got.objective.direction == ("maximize", "minimize")


def test_params_narrow_and_sweep_and_give_way_to_what_is_typed(sweep):
    given = 'hydra.sweeper.params={params.fast: "interval(5, 20)", params.slow: 30, timeframe: "15m,1h", symbol: [A,B]}'
    got = sweep(given, "params.slow=40")
    assert [str(c.timeframe) for c in got] == ["15m", "1h"]
    assert got[0].params == {"fast": "interval(5, 20)", "slow": 40}
    assert got[0].symbols == ("A", "B")


def test_passwords_are_not_in_the_sweeps_file(sweep):
    sweep("storage.url=postgresql://me:secret@h/db", "timeframe=15m,1h")
    assert not [path for path in Path("outputs").rglob("*") if path.is_file() and "secret" in path.read_text()]


@pytest.mark.parametrize("kept", ["quick", "tpe_512", "cmaes_1000", "multi_objective"])
def test_presets_say_how_to_search_and_what_is_typed_wins(sweep, kept):
    (got,) = sweep(f"hparams_search={kept}", "search.n_trials=5")
    assert got.search.n_trials == 5 and got.search.sampler in ("tpe", "cmaes", "nsga2")
    assert (kept == "multi_objective") == (not isinstance(got.objective.metric, str))


def test_joint_mode_keeps_the_timeframes_together(sweep):
    got = sweep("sweep.mode=joint", "timeframe=5m@1h,15m,1h", "symbol=A,B")
    assert [[str(pair) for pair in c.pairs] for c in got] == [["5m@1h", "15m", "1h"]] * 2
    assert [c.symbols for c in got] == [("A",), ("B",)]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["hydra.sweeper.sampler=random", "search.sampler=tpe"], "hydra.sweeper.sampler: search.sampler is typed as well"),
        (["hydra.sweeper.storage=sqlite:///x", "storage.sqlite=y"], "storage.sqlite is typed as well"),
        (["hydra.sweeper.sampler={seed: 3}"], "expected a name, got {'seed': 3}"),
        (["hydra.sweeper.n_jobs=2"], "Choose one that runs them side by side"),
        (["hydra.sweeper.n_jobs=0"], "expected 1 or more workers"),
        (["hydra.sweeper.max_batch_size=0"], "hydra.sweeper.max_batch_size: expected 1 or more"),
        (["hydra.sweeper.study_name=x"], "'x' would be the name of two combinations, timeframe=15m and timeframe=1h"),
        (["search.study_name=x"], "2 combinations would share one study"),
        (["search.study_template={symbol}_{foo}"], "there is no placeholder {foo}"),
        (["search.study_template={ltf}", "search.study_name=x"], "Give one of the two"),
        (["search.run_tag_template={symbol}"], "'all' would be the name of two combinations"),
        (["search.seed=interval(1,3)"], "search.seed: expected values with commas between them, got interval(1,3)"),
        (["sweep.mode=study,joint"], "Start two sweeps"),
        (["sweep.mode=both"], "sweep.mode: expected study or joint"),
        (["symbol=[A,B]", "timeframe=5m@1h,1h@5m"], "Write 5m@1h"),
        (["timeframe=[15m,1h],5m"], "expected one pair, got 2. A study for each: -m timeframe=15m,1h"),
        (["search.n_trial=3"], "Did you mean search.n_trials"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_anything_starts(typed, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    default = [] if any(word.startswith("timeframe=") for word in typed) else ["timeframe=15m,1h"]
    assert said in refused(capsys, *default, *typed)
