"""Every figure is drawn, of folders in every state: pixels, names of axes, what is said where there is nothing to draw."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import polars as pl
import pytest
from judged_folder import judge
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from report_folder import make_run

from pinejax.errors import ReportError
from pinejax.report.figures.canvas import DARK, LIGHT, fenced
from pinejax.report.figures.words import told
from pinejax.report.loaded.figures import NAMES, Figures
from pinejax.report.page.words import say
from pinejax.report.saved import read_folder

BARE = ("parallel", "monthly_returns")
"""They name what they show inside."""
COLOURS = {
    "equity": ("gain", "loss", "hold"), "monthly_returns": (), "trade_returns": ("gain", "loss"), "history": ("ink", "mark"),
    "importance": ("gain",), "slices": ("mark",), "parallel": ("mark",), "contour": ("mark",), "pareto": ("mark",),
    "null": ("hold", "mark"), "walk_forward": ("gain", "loss"), "stress": ("gain", "loss", "hold"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _settings_are_left_alone() -> Iterator[None]:
    before = dict(mpl.rcParams)
    yield
    assert dict(mpl.rcParams) == before


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    return of(judge(make_run(tmp_path_factory.mktemp("runs") / "mine", n_trials=120, n_bars=800, seen=500)))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    return of(make_run(tmp_path_factory.mktemp("runs") / "two", n_trials=120, n_bars=50, objectives=("sharpe", "max_drawdown")))


def of(folder: Path) -> Figures:
    return Figures(read_folder(folder))


def pixels(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3]


def n_of(picture: np.ndarray, colour: str) -> int:
    wanted = np.round(255 * np.array(to_rgb(colour)))
    return int((np.abs(picture.astype(float) - wanted).max(axis=2) <= 2).sum())


def words(figure: Figure) -> str:
    found = figure.findobj(Text)
    return " ".join(text.get_text().replace("\n", " ") for text in found if text.get_visible())


@pytest.mark.parametrize(("name", "dark"), [*((name, False) for name in NAMES), ("equity", True)])
def test_every_figure_draws_in_the_pages_colours_and_names_what_it_shows(figures: Figures, two: Figures, name: str, dark: bool):
    source = two if name == "pareto" else figures
    figure, palette = getattr(source.dark if dark else source, name)(), DARK if dark else LIGHT
    assert isinstance(figure, Figure)
    picture = pixels(figure)
    assert n_of(picture, palette.paper) > 0.3 * picture[:, :, 0].size
    for colour in COLOURS[name]:
        assert n_of(picture, getattr(palette, colour)) > 20, colour
    if name == "monthly_returns":
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20
    said = words(figure)
    assert told("synthetic") in said and "ema_cross" in said
    if name not in BARE:
        assert any(axes.get_xlabel() for axes in figure.findobj(Axes))
        assert any(axes.get_ylabel() or len(axes.get_yticklabels()) for axes in figure.findobj(Axes))


@pytest.mark.parametrize(
    ("more", "drawn"),
    [
        ({"n_trials": 0}, ()),
        ({"states": ("FAIL",)}, ()),
        ({"n_trials": 1}, ("equity", "monthly_returns", "trade_returns", "history")),
        ({"every": 5_000}, ("equity", "monthly_returns", "history", "importance", "slices", "parallel")),
        ({"state": "running", "detailed": False, "n_bars": 3}, ("history", "importance", "slices", "parallel")),
    ],
)
def test_where_there_is_nothing_to_draw_a_figure_says_why(tmp_path: Path, more: dict, drawn: tuple[str, ...]):
    found = of(make_run(tmp_path / "run", **({"n_trials": 80, "symbols": ("AAA",), "n_bars": 400} | more))).all()
    assert tuple(found) == NAMES
    for name, figure in found.items():
        is_sentence = len(figure.axes) == 1 and not figure.axes[0].axison and len(figure.axes[0].texts) == 1
        assert is_sentence == (name not in drawn), name
        assert len(words(figure)) > 30
        if name in drawn and "n_trials" in more:
            pixels(figure)


def test_what_the_search_did_not_see_is_shaded_and_said(figures: Figures, tmp_path: Path):
    figure = figures.equity("AAA")
    above, below = figure.axes
    assert len(above.patches) == 1 and len(below.patches) == 1
    assert told("out") in words(figure) and told("shaded") in words(figure)
    other = of(make_run(tmp_path / "run", n_trials=1, symbols=("AAA",))).equity()
    assert told("out") not in words(other) and told("shaded") not in words(other)


def test_bars_that_are_not_synthetic_are_not_called_so(tmp_path: Path):
    folder = make_run(tmp_path / "run", n_trials=30)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"synthetic": False}))
    found = of(folder)
    assert all(told("synthetic") not in words(draw()) for draw in (found.equity, found.history, found.null))


def test_names_are_shown_as_they_are(tmp_path: Path):
    odd = "$A_1$ <script> \\frac"
    folder = make_run(tmp_path / "run", n_trials=30, symbols=("AAA",))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["strategy"]["name"] = odd
    for row in manifest["datasets"]:
        row["name"] = odd
    (folder / "manifest.json").write_text(json.dumps(manifest))
    pl.read_parquet(folder / "equity.parquet").with_columns(dataset=pl.lit(odd)).write_parquet(folder / "equity.parquet")
    for figure in (of(folder).history(), of(folder).equity(), of(folder).null()):
        assert odd in words(figure).replace(r"\$", "$")
    pixels(of(folder).equity())


def test_many_datasets_are_a_grid_of_the_first_twelve(tmp_path: Path):
    folder = make_run(tmp_path / "run", n_trials=3, symbols=tuple(f"S{i}" for i in range(14)), n_bars=100)
    figure = of(folder).equity()
    assert len([axes for axes in figure.axes if axes.get_visible()]) == 24
    assert told("more_datasets", shown=12, n=14) in words(figure)


def test_a_name_that_there_is_not_is_refused_with_the_nearest(figures: Figures, two: Figures):
    with pytest.raises(ReportError, match=r"objective: .* got 'sharp'\. Did you mean sharpe\?"):
        two.history("sharp")
    with pytest.raises(ReportError, match="objective: expected 0 to 1, or a name, got 2"):
        two.slices(2)
    with pytest.raises(ReportError, match="dataset: expected the name of one, got 'CCC'"):
        figures.equity("CCC")
    assert "Max drawdown" in words(two.history("max_drawdown")) and "Max drawdown" in words(two.contour(1))


def test_penalties_do_not_stretch_the_axis_and_are_counted(tmp_path: Path):
    folder = make_run(tmp_path / "run")
    trials = pl.read_parquet(folder / "trials.parquet")
    penalised = pl.when(pl.col("number") < 2).then(-1e6).otherwise(pl.col("value"))
    trials.with_columns(value=penalised).write_parquet(folder / "trials.parquet")
    figure = of(folder).history()
    low, high = figure.axes[0].get_ylim()
    assert -20 < low < high < 5 and told("beyond", n=2) in words(figure)
    assert fenced(np.array([1.0, 1.0, 1.0])).limits == (0.95, 1.05)


def test_trials_that_broke_a_gate_are_crosses_and_set_no_scale(tmp_path: Path):
    folder = make_run(tmp_path / "run")
    trials = pl.read_parquet(folder / "trials.parquet")
    broke = pl.col("number") < 10
    trials.with_columns(value=pl.when(broke).then(-50.0).otherwise("value"), violation=broke.cast(float)).write_parquet(
        folder / "trials.parquet"
    )
    for figure in (of(folder).history(), of(folder).slices()):
        assert figure.axes[0].get_ylim()[0] > -5
        assert told("broken", n=6) in words(figure)
    assert told("broken", n=6)[:7] not in words(of(make_run(tmp_path / "other")).history())


def test_all_figures_become_files_and_the_same_ones_each_time(tmp_path: Path):
    figures = of(make_run(tmp_path / "run", n_trials=0))
    paths, again = figures.save(tmp_path / "new" / "place", dpi=40), figures.save(str(tmp_path / "again"), dpi=40)
    assert [path.name for path in paths] == [f"{name}.png" for name in NAMES]
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]


def test_evidence_of_another_layout_is_not_drawn(tmp_path: Path):
    pieces = {"stress": {"new": 7}, "null_search": {"mode": "x", "best": "?"}, "walk_forward": {"folds": []}}
    found = of(judge(make_run(tmp_path / "run", n_trials=20), evidence=pieces))
    assert say("null") in words(found.null()) and told("none.null") in words(found.null())
    assert told("none.stress") in words(found.stress()) and told("none.walk") in words(found.walk_forward())
