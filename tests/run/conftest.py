"""A command line that ends in a small search of a user's own strategy, and one such search that tests may look at."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_run import MINE, SMALL

from pinejax.cli import main
from pinejax.run import run

Search = Callable[..., Path]


@dataclass(frozen=True)
class Finished:
    """A search that has ended: its working folder, the folder of its results, what it said."""

    place: Path
    folder: Path
    said: str


@pytest.fixture(scope="package")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The small search, done once. To be read only."""
    place = tmp_path_factory.mktemp("finished")
    (place / "mine.py").write_text(MINE)
    before = Path.cwd()
    os.chdir(place)
    try:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            assert main(run, SMALL) == 0
    finally:
        os.chdir(before)
    (folder,) = (place / "outputs").glob("*/")
    return Finished(place, folder, said.getvalue())


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with mine.py in it."""
    (tmp_path / "mine.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def search(place: Path) -> Search:
    """Runs the small search with the given words added; gives the folder of its results."""

    def start(*arguments: str, code: int = 0) -> Path:
        before = set((place / "outputs").glob("*/"))
        assert main(run, [*SMALL, *arguments]) == code
        (folder,) = set((place / "outputs").glob("*/")) - before
        return folder

    return start


@pytest.fixture
def search_again(place: Path, finished: Finished, search: Search) -> Search:
    """The same in a working folder in which the small search has been done before."""
    shutil.copytree(finished.place / "outputs", place / "outputs")
    return search
