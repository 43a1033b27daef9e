from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import MissingConfigException
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pinejax.cli import composition_message, main, quoted, rewrite
from pinejax.config import Config
from pinejax.errors import ConfigError, DataError


@pytest.fixture
def composed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs a command line in an empty folder and gives what the run was called with."""
    monkeypatch.chdir(tmp_path)

    def compose(*arguments: str) -> Config:
        got: list[tuple[Config, Path]] = []
        assert main(lambda config, folder: got.append((config, folder)), arguments) == 0
        assert len(got) == 1
        return got[0][0]

    return compose


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a refused command line says; it must end with 2, print no traceback and leave nothing behind."""
    assert main(lambda config, folder: None, arguments) == 2
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    assert said.out == ""
    assert not Path("outputs").exists()
    return said.err


def test_keys_people_type_reach_the_config_as_typed(composed):
    config = composed(
        "symbol=[BTCUSDT,BINANCE:ETHUSDT.P]",
        "timeframe=5m@1h",
        "strategy=supertrend",
        "data.root=data/my bars (new)",
        "data.start=2025-04-03",
        "search.n_trials=512",
        "search.sampler=cmaes",
        "search.pruner=median",
        "search.resume_from=bank.json",
        "sampler.tpe.multivariate=false",
        "enable=[use_htf]",
        "disable=[allow_short]",
        "objective.metric=calmar",
        "objective.gates.min_win_rate=0.4",
    )
    assert config.symbols == ("BTCUSDT", "BINANCE:ETHUSDT.P")
    assert str(config.timeframe) == "5m@1h"
    assert config.strategy == "supertrend"
    assert (config.data.root, config.data.start) == ("data/my bars (new)", "2025-04-03")
    assert (config.search.n_trials, config.search.sampler, config.search.pruner) == (512, "cmaes", "median")
    assert config.search.resume_from == "bank.json"
    assert config.samplers["tpe"]["multivariate"] is False
    assert (config.enable, config.disable) == (("use_htf",), ("allow_short",))
    assert config.objective.metric == "calmar"
    assert config.objective.gates["min_win_rate"] == 0.4


def test_several_banks_and_a_warm_start_are_typed_as_paths(composed):
    config = composed("search.resume_from=[outputs/a b (1),bank.json]", "sampler.cmaes.warm_start=outputs/a b (1)", "search.target=2")
    assert config.search.resume_from == ("outputs/a b (1)", "bank.json")
    assert config.samplers["cmaes"]["warm_start"] == "outputs/a b (1)"
    assert (config.search.target, config.search.patience_min_delta) == (2.0, 0.0)


def test_a_point_for_cmaes_and_points_for_nsga3_are_typed_as_such(composed):
    config = composed("sampler.cmaes.x0={fast: 9, slow: 21.5}", "sampler.nsga3.reference_points=[[0,1],[1,0]]")
    assert config.samplers["cmaes"]["x0"] == {"fast": 9, "slow": 21.5}
    assert config.samplers["nsga3"]["reference_points"] == [[0, 1], [1, 0]]


def test_parameters_are_pinned_and_narrowed_as_typed(composed):
    config = composed("params.fast=9", "params.slow=interval(20, 60)", "params.kind=choice(a,b)", "params.x=interval(0.5,2)")
    assert config.params == {"fast": 9, "slow": "interval(20, 60)", "kind": "choice(a,b)", "x": "interval(0.5,2)"}


@pytest.mark.parametrize(("typed", "meant"), [("15", "15m"), ("15m", "15m"), ("1D", "1D"), ("5m@1h", "5m@1h"), ("15m@4h", "15m@4h")])
def test_timeframes_need_no_quotes(composed, typed, meant):
    assert str(composed(f"timeframe={typed}").timeframe) == meant


@pytest.mark.parametrize("typed", ["path/to/mine.py:MyStrategy", "/abs/with space/mine.py:MyStrategy", "mine.py"])
def test_a_strategy_may_be_a_file(composed, typed):
    assert composed(f"strategy={typed}").strategy == typed


def test_a_storage_url_may_hold_any_character(composed):
    url = "postgresql+psycopg://me:p@ss=w'o(r,d@host:5432/db?sslmode=require&x={y}"
    assert composed(f"storage.url={url}").storage.url == url


def test_a_weighted_sum_and_several_objectives_can_be_typed(composed):
    assert composed("objective.metric={sharpe: 1, max_drawdown: -2}").objective.metric == {"sharpe": 1, "max_drawdown": -2}
    assert composed("objective.metric=[sharpe,max_drawdown]").objective.metric == ("sharpe", "max_drawdown")


def test_an_experiment_changes_only_what_it_says(composed):
    config = composed("experiment=squeeze_5m_1h", "search.n_trials=7")
    assert (config.strategy, str(config.timeframe), config.search.n_trials) == ("squeeze_momentum", "5m@1h", 7)
    assert config.broker == composed().broker


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("search.n_trial=3", "Did you mean search.n_trials"),
        ("broker.comission=0.1", "Did you mean broker.commission"),
        ("sybmol=BTCUSDT", "Did you mean symbol"),
        ("search.n_trials=many", "search.n_trials: expected a whole number, got 'many'"),
        ("search.worker=-1", "search.worker: expected 0 or more, got -1"),
        ("search.n_trials=0", "search.n_trials: expected 1 or more, got 0"),
        ("broker.commission=5", "broker.commission: expected a fraction"),
        ("broker.size_type=shares", "broker.size_type: expected fixed or cash"),
        ("broker=tradingveiw", "Could not find 'broker/tradingveiw'"),
        ("timeframe=1h@5m", "Write 5m@1h"),
        ("timeframe=5m@7m", "whole multiple"),
        ("timeframe=soon", "timeframe: expected something like"),
        ("symbol=A,B", "Ambiguous value"),
        ("sampler=tpe", "search.sampler=tpe"),
        ("data.start=(", "Error parsing override"),
        ("params=3", "params"),
    ],
)
def test_a_bad_key_or_value_is_one_message_and_exit_code_2(typed, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert said in refused(capsys, typed)


def test_a_refused_run_leaves_no_folder_and_says_why(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(config: Config, folder: Path) -> None:
        assert folder.is_dir()
        raise DataError("no bars of 'X'.")

    assert main(run, ["symbol=X"]) == 2
    assert capsys.readouterr().err == "pinejax: no bars of 'X'.\n"
    assert not Path("outputs").exists()


def test_a_bug_shows_its_traceback_and_exits_with_1(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(config: Config, folder: Path) -> None:
        raise ZeroDivisionError("ours")

    assert main(run, []) == 1
    short = capsys.readouterr().err
    assert "ZeroDivisionError: ours" in short
    assert "HYDRA_FULL_ERROR=1" in short
    assert "site-packages/hydra" not in short
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    assert main(run, []) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err
    assert os.environ["HYDRA_FULL_ERROR"] == "1"


@pytest.mark.parametrize("outcome", [DataError("db postgresql://me:secret@h/db"), RuntimeError("db postgresql://me:secret@h/db")])
def test_passwords_are_not_shown_whatever_happens(outcome, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)

    def run(config: Config, folder: Path) -> None:
        raise outcome

    main(run, ["storage.url=postgresql://me:secret@h/db"])
    main(run, ["storage.url=postgresql://me:secret@h/db", "search.n_trials=x"])
    main(run, ["storage.url=postgresql://me:secret@h/db", "oops=("])
    shown = capfd.readouterr()
    assert "secret" not in shown.err + shown.out
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and "secret" in path.read_text()]


def test_folders_are_named_after_time_symbols_and_timeframes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders: list[str] = []
    for typed in (["symbol=BINANCE:ENAUSDT", "timeframe=5m@1h"], ["symbol=[A,B,C]", "timeframe=15m"], []):
        assert main(lambda config, folder: folders.append(folder.name), typed) == 0
    assert [name.split("_", 2)[2] for name in folders] == ["BINANCE_ENAUSDT_5m_1h", "A+2_15m", "all_15m_1h"]


def test_a_sweep_runs_every_combination(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen: list[tuple[str, object]] = []
    run = ["-m", "timeframe=5m@15m,15m", "params.fast=3,5", "params.slow=choice(20,30)"]
    assert main(lambda config, folder: seen.append((str(config.timeframe), config.params["fast"])), run) == 0
    assert seen == [("5m@15m", 3), ("5m@15m", 5), ("15m", 3), ("15m", 5)]


@pytest.mark.parametrize(
    ("typed", "n_runs"),
    [
        (["params.fast=5"], 1),
        (["hydra.mode=MULTIRUN", "params.fast=3,5"], 2),
        (["hydra.mode=RUN"], 1),
        (["-m", "params.fast=5"], 1),
        (["--run"], 1),
    ],
)
def test_the_mode_is_the_one_that_hydra_would_find(typed, n_runs, tmp_path, monkeypatch):
    from hydra._internal.hydra import Hydra

    monkeypatch.chdir(tmp_path)
    seen: list[Config] = []
    theirs = Hydra.get_mode
    assert main(lambda config, folder: seen.append(config), typed) == 0
    assert len(seen) == n_runs and Hydra.get_mode is theirs


def test_hydra_composes_once_unless_its_mode_may_be_set(tmp_path, monkeypatch):
    from hydra._internal.hydra import Hydra

    monkeypatch.chdir(tmp_path)
    composed, theirs = [], Hydra.compose_config
    monkeypatch.setattr(Hydra, "compose_config", lambda *a, **k: composed.append(1) or theirs(*a, **k))
    counts = []
    for typed in (["search.seed=3"], ["hydra.mode=RUN"]):
        composed.clear()
        assert main(lambda config, folder: None, typed) == 0
        counts.append(len(composed))
    assert counts == [1, 2]


def test_rewriting_leaves_everything_else_alone():
    typed = ["-m", "--config-dir", "x", "symbol=A,B", "+new=1", "search.seed=3", "strategy=ema_cross,supertrend"]
    assert rewrite(typed) == typed


def test_choosing_a_pruner_like_a_group_says_how_to_choose_it():
    with pytest.raises(ConfigError, match=r"search\.pruner=median"):
        rewrite(["pruner=median"])


PARSER = OverridesParser.create()


@settings(max_examples=50, deadline=None)
@given(st.text(st.characters(blacklist_categories=("Cs",)), min_size=1).filter(lambda text: text[0] not in "'\""))
@example("a\\")
@example("it\\'s")
@example("\\\\'\\\\")
@example("C:\\data (1)\\한국, a=b\\")
def test_hydra_reads_quoted_text_as_it_was(text):
    (parsed,) = PARSER.parse_overrides([f"key={quoted(text)}"])
    assert parsed.value() == text


def test_folders_may_have_any_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders: list[str] = []
    name = "out (1), 결과 a=b"
    assert main(lambda config, folder: folders.append(folder.name), [f"hydra.run.dir={name}"]) == 0
    assert main(lambda config, folder: folders.append(folder.parent.name), ["-m", f"hydra.sweep.dir={name}", "timeframe=1h"]) == 0
    assert folders == [name, name]


def test_a_folder_that_cannot_be_made_is_one_message(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    assert "hydra.run.dir: file/run cannot be written" in refused(capsys, "hydra.run.dir=file/run")


def test_an_oserror_of_a_run_is_still_a_bug(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(config: Config, folder: Path) -> None:
        Path("nowhere/file").touch()

    assert main(run, []) == 1
    assert "FileNotFoundError" in capsys.readouterr().err


def test_the_flag_of_a_sweep_may_stand_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen: list[str] = []
    assert main(lambda config, folder: seen.append(str(config.timeframe)), ["search.n_trials=3", "-m", "timeframe=1h,2h"]) == 0
    assert seen == ["1h", "2h"]


@pytest.mark.parametrize("name", ["joblib", "submitit_slurm"])
def test_a_launcher_that_is_not_installed_says_how_to_get_it(name):
    error = MissingConfigException(f"In 'config': Could not find 'hydra/launcher/{name}'\n\nAvailable options:\n\tbasic", "x", [])
    assert str(composition_message(error)).endswith("Install it: pip install 'pinejax[slurm]'")


def test_the_ray_launcher_without_ray_says_how_to_get_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "ray", None)
    assert "needs ray. Install it: pip install 'pinejax[ray]'" in refused(capsys, "-m", "hydra/launcher=ray", "timeframe=1h,2h")


FILE = """# @package _global_
timeframe: 5m@1h
params:
  fast: 9
  mult: 1.0e-05
  use: true
  mode: "it's {a}, b"
"""


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([], ["timeframe='5m@1h'", "++params.fast=9", "++params.mult=1e-05", "++params.use=true", "++params.mode='it\\'s {a}, b'"]),
        (["params.fast=interval(5,20)", "timeframe=15m"], ["++params.fast='interval(5,20)'", "timeframe=15m"]),
        (["disable=[use]", "++params.mode=x", "params.fast=null"], ["disable=[use]", "++params.mode=x", "++params.fast=null"]),
    ],
)
def test_a_file_of_parameters_stands_before_what_is_typed_and_gives_way_to_it(tmp_path, more, expected):
    (tmp_path / "best.yaml").write_text(FILE)
    after, before = rewrite([*more, f"params={tmp_path}/best.yaml"]), rewrite([f"params={tmp_path}", *more])
    assert after == before
    assert after[len(after) - len(expected) :] == expected
    keys = [word.partition("=")[0] for word in after]
    assert len(keys) == len(set(keys))
    assert ("++params.use" in keys) == ("disable=[use]" not in more)


def test_a_tree_of_parameters_is_no_file():
    assert rewrite(["params={fast: 9}", "params=", "params=null"]) == ["params={fast: 9}", "params=", "params=null"]


def test_one_file_of_parameters_at_a_time(tmp_path):
    (tmp_path / "a,b.yaml").write_text("fast: 3\n")
    assert rewrite([f"params={tmp_path}/a,b.yaml"]) == ["++params.fast=3"]
    for words in (["params=a.yaml", "params=b.yaml"], ["params=a.yaml,b.yaml"]):
        with pytest.raises(ConfigError, match=r"expected one file or folder, got a\.yaml,"):
            rewrite(words)
