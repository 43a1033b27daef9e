"""README's examples do what it says, and what is installed is complete."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pinejax.cli import main
from tests.docs.what_you_see import shortened

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def test_the_two_commands_are_there_and_ci_runs_the_second():
    first, second = (block.strip() for block in blocks("sh")[:2])
    assert first.endswith("-m pinejax.run")
    assert second.endswith("-m pytest -q")
    ci = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    assert second.removeprefix("python3 ") in ci
    assert os.access(REPOSITORY / ".ci" / "run", os.X_OK)


def test_every_key_in_the_table_can_be_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = [text for line in README.splitlines() if line.startswith("| `") for text in re.findall(r"`([^`]*=[^`]*)`", line)]
    typed = [shlex.split(text.replace("...", "x"))[0] for text in cells if not text.endswith("=")]
    assert len(typed) > 25
    while typed:  # a key that the table shows twice goes into another command line
        line = {text.partition("=")[0]: text for text in reversed(typed)}
        assert main(lambda config, folder: None, list(line.values())) == 0, line
        typed = [text for text in typed if text not in line.values()]


@pytest.mark.slow
def test_what_you_see_is_what_is_printed(tmp_path):
    """Line by line; figures may differ in their last digits from machine to machine, so only their places are compared."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "pinejax.run"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr

    def shape(text: str) -> list[str]:
        lines = [re.sub(r"^Time: .*", "Time:", line) for line in text.strip().splitlines()]  # its parts depend on the machine
        named = [re.sub(r"_[0-9a-f]{8}$", "_HASH", line) for line in lines if not line.startswith("Asking ")]
        return [re.sub(r"[ -]*\d[\d,.:_-]*", "#", line) for line in named]

    assert shape(next(block for block in blocks("text"))) == shape(shortened(done.stdout))
    page = (REPOSITORY / "docs" / "getting-started.md").read_text(encoding="utf-8")
    assert shape(next(block for block in blocks("text", page))) == shape(done.stdout)


@pytest.mark.slow
def test_the_wheel_brings_configuration_and_sample_and_runs_anywhere(tmp_path):
    wheels = tmp_path / "wheels"
    build = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(wheels), str(REPOSITORY)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed"), "PYTHONSAFEPATH": "1"}
    command = [sys.executable, "-m", "pinejax.run", "search.n_trials=8", "symbol=SYNTH_A", "timeframe=1h"]
    done = subprocess.run(command, cwd=elsewhere, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "equals the trial" in done.stdout
    assert next((elsewhere / "outputs").glob("*/best.json"))
