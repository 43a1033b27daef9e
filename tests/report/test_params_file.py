from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pinejax.cli import main
from pinejax.errors import ConfigError, SpaceError
from pinejax.report.params_file import ChosenParams, params_text, read_params, strategy_of

PARAMS = {"fast": 9, "mult": 1e-05, "use": False, "mode": "a: 'b' # c", "word": "off"}


def test_what_is_written_is_read_back(tmp_path: Path):
    file = tmp_path / "best.yaml"
    file.write_text(params_text(PARAMS, "5m@1h", ["Best set"]))
    assert read_params(str(file)) == read_params(str(tmp_path)) == ChosenParams(PARAMS, "5m@1h")
    file.write_text(params_text(PARAMS))
    assert read_params(str(file)) == ChosenParams(PARAMS)


def test_comments_stay_comments_whatever_a_study_is_called():
    text = params_text({"fast": 9}, said=["study\nparams: {fast: 1}\n\u2028<script>"])
    assert yaml.safe_load(text) == {"params": {"fast": 9}}
    assert text.splitlines()[0] == "# @package _global_"


def test_parameters_alone_and_narrowings_are_read(tmp_path: Path):
    (tmp_path / "mine.yaml").write_text("fast: interval(5, 20)\nslow: 30\n")
    assert read_params(str(tmp_path / "mine.yaml")) == ChosenParams({"fast": "interval(5, 20)", "slow": 30})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1\n", "expected parameters and their values"),
        ("", "expected parameters and their values"),
        ("params: [1]\n", r"expected params with values, .*got \[1\]"),
        ("params: {fast: 1}\nbroker: {size: 1}\n", "got broker too"),
        ("params: {a b: 1}\n", "expected names of parameters, got 'a b'"),
        ("params: {fast: [1, 2]}\n", r"fast: expected a value, .*got \[1, 2\]"),
        ("params: {fast: null}\n", "fast: expected a value"),
        ("a: b: c\n", "is not YAML"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, said: str):
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_params(str(tmp_path / "x.yaml"))


def test_a_folder_without_a_best_set_says_where_there_is_one(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"found none\. Has the search found a set"):
        read_params(str(tmp_path))
    (tmp_path / "0_A_5m").mkdir()
    (tmp_path / "0_A_5m/best.yaml").write_text(params_text(PARAMS))
    with pytest.raises(ConfigError, match=r"It holds runs: name one, such as params=.*0_A_5m"):
        read_params(str(tmp_path))
    with pytest.raises(ConfigError, match="No such file"):
        read_params(str(tmp_path / "no.yaml"))


def test_a_run_says_whose_parameters_they_are_and_a_message_that_they_do_not_fit_repeats_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "best.yaml").write_text(params_text(PARAMS, said=["Best set of study a (b) (RsiStop): trial 3, sharpe = 1"]))
    (tmp_path / "mine.yaml").write_text("fast: 5\n")
    assert strategy_of(str(tmp_path)) == "RsiStop" and strategy_of(str(tmp_path / "mine.yaml")) is strategy_of("no such") is None

    def run(config: object, folder: Path) -> None:
        raise SpaceError("params.use: EmaCross has no such parameter.")

    assert main(run, [f"params={tmp_path}", f"hydra.run.dir={tmp_path}/run"]) == 2
    assert f"no such parameter. params={tmp_path} is of strategy RsiStop: give strategy=... with it." in capsys.readouterr().err
