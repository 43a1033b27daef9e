"""Whole pages of sweeps in every state that they can leave."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from page_reader import Reader, read
from sweep_folder import MIXED, One, make_sweep

from pinejax.errors import ReportError
from pinejax.report.page.build import build, build_sweep, is_current
from pinejax.report.page.words import WORDS
from pinejax.report.saved_sweep import read_sweep

SECTIONS = ["sweep", "matrix", "ranking", "summary", "curves", "parameters", "failed", "manifest"]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep of three pairs on two symbols, one of which failed; read only."""
    folder = make_sweep(tmp_path_factory.mktemp("page") / "sweep", state="failed")
    build(folder)
    return folder


def alone(folder: Path) -> Reader:
    """The sweep's own page, without those of its runs."""
    return Reader(build_sweep(folder).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(mixed: Path) -> Reader:
    return Reader((mixed / "report.html").read_text(encoding="utf-8"))


def test_a_sweeps_page_has_its_sections_in_order_and_links_to_each(page: Reader):
    assert [i for i in page.ids if i in SECTIONS] == SECTIONS
    assert [link for link in page.links if link[1:] in SECTIONS] == [
        "#sweep",
        "#failed",
        *(f"#{s}" for s in SECTIONS),
    ]  # to skip, in a banner
    assert not page.open and "nan" not in page.text.lower().split()
    assert "6 combinations: ema_cross on AAA, BBB" in page.text


def test_it_says_how_many_hold_up_and_that_the_best_is_the_best_of_all_trials(page: Reader):
    assert "1 of 4 judged combinations differs from search luck, each judged alone." in page.text
    assert "adjusted for the 5 combinations that have one (Benjamini and Hochberg), is 0.200." in page.text
    assert "they had 200 trials, and the best of all combinations is the best of all those trials" in page.text
    assert "First in sample AAA 1h@4h : Sharpe 2.5; out of sample (holdout) \u22120.2; a hint" in page.text
    assert "1 of 6 combinations failed:" in page.text and "Synthetic bars. Made up." in page.text


def test_every_run_has_a_report_of_its_own_that_its_cell_links_to(mixed: Path, page: Reader):
    reports = {link for link in page.links if link.endswith("report.html")}
    assert len(reports) == 5
    assert all((mixed / link).is_file() for link in reports)
    assert "#failed-5" in page.links and "failed-5" in page.ids


def test_a_cell_says_the_deflated_score_and_both_values(page: Reader):
    cells = page.data["cells"]
    assert [cell["title"] for cell in cells][:2] == ["AAA 15m@1h", "AAA 15m@4h"]
    told = dict(cells[0]["details"])
    assert (told["Sharpe in sample"], told["Out of sample (holdout)"], told["Deflated Sharpe ratio"]) == ("1.5", "0.4", "0.970")
    assert "0.97 out 0.4 in 1.5" in page.text and "0.25 in 0.7" in page.text
    assert dict(cells[5]["details"])["State"] == "failed" and cells[5]["href"] == ""
    assert "Colour: Sharpe on the holdout" in page.text and WORDS["sweep.key.inside"] in page.text


def test_a_failed_combination_has_its_error_and_a_command_of_its_own(page: Reader):
    assert "no bars of 'BBB' at 1h." in page.text
    assert "python -m pinejax.run timeframe=1h@4h symbol=BBB" in page.text


def test_the_manifest_has_the_command_the_launcher_and_the_versions(page: Reader):
    for text in ("python -m pinejax.run -m timeframe=15m@1h", "BasicLauncher", "one for each combination", "python 3.11"):
        assert text in page.text


def test_without_bars_out_of_sample_the_colours_are_of_those_in_sample_and_say_so(tmp_path: Path):
    found = alone(make_sweep(tmp_path / "sweep", [replace(one, outside=None, verdict="") for one in MIXED[:4]]))
    assert "Colour, hatched: Sharpe IN SAMPLE" in found.text and WORDS["sweep.key.all_inside"] in found.text
    assert WORDS["sweep.found.unjudged"] in found.text
    text = (tmp_path / "sweep/report.html").read_text(encoding="utf-8")
    assert text.count('class="cell up inside"') == 3 and text.count('class="cell down inside"') == 1


def test_names_are_text_and_never_markup(tmp_path: Path):
    evil = "</script><script>alert(1)</script>'\"&<img src=x>"
    one = One(evil, "15m@1h", 1.0, 0.5, "luck", swept={"strategy": evil, evil: evil})
    found = alone(make_sweep(tmp_path / "sweep", [one, replace(one, value=None, state="failed", error=evil)], launcher=evil, command=evil))
    assert len(found.scripts) == 2 and not found.open
    assert found.text.count("alert(1)") > 8
    assert {link for link in found.links if "<" in link} == set()


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_a_sweep_that_runs_or_was_killed_says_what_has_ended(tmp_path: Path, state: str):
    listed = [*MIXED[:2], replace(MIXED[2], value=None, outside=None, verdict="", state=state)]
    found = alone(make_sweep(tmp_path / "sweep", listed, state="running"))
    assert "2 of 3 combinations have ended." in found.text
    assert WORDS[f"sweep.state.{state}"] in found.text


def test_a_combination_that_ended_after_the_sweep_was_killed_is_read_from_its_own_files(tmp_path: Path):
    folder = make_sweep(tmp_path / "sweep", [replace(one, state="running") for one in MIXED[:2]], state="running")
    assert [row.state for row in read_sweep(folder).rows] == ["done", "done"]


def test_an_interrupted_sweep_says_how_to_go_on(tmp_path: Path):
    listed = [MIXED[0], One("AAA", "1h@4h", None, state="not run")]
    assert WORDS["sweep.state.banner.interrupted"] in alone(make_sweep(tmp_path / "sweep", listed, state="interrupted")).text


def test_folders_of_runs_may_be_missing_or_broken(tmp_path: Path):
    folder = make_sweep(tmp_path / "sweep")
    (folder / "0_AAA_15m_1h/equity.parquet").write_text("{broken")
    (folder / "1_AAA_15m_4h/manifest.json").write_text("{broken")
    for path in sorted((folder / "2_AAA_1h_4h").iterdir()):
        path.unlink()
    (folder / "2_AAA_1h_4h").rmdir()
    found = read(folder)
    assert not found.open and WORDS["failed.reports"] in found.text and "equity.parquet" in found.text


def test_a_sweep_that_has_not_written_anything(tmp_path: Path):
    (tmp_path / "sweep.json").touch()
    found = alone(tmp_path)
    assert WORDS["sweep.state.banner.none"] in found.text and not found.open


def test_a_sweep_of_backtests_compares_nothing(tmp_path: Path):
    found = alone(make_sweep(tmp_path / "sweep", [replace(one, value=None, error="", state="done") for one in MIXED]))
    assert WORDS["sweep.found.nothing"] in found.text


@pytest.mark.parametrize("text", ["{broken", '{"combinations": [{"timeframes": ["x"]}]}', '{"combinations": [7]}', "[1]"])
def test_another_sweep_json_is_named(tmp_path: Path, text: str):
    (tmp_path / "sweep.json").write_text(text)
    with pytest.raises(ReportError, match=r"sweep\.json"):
        build(tmp_path)


def test_views_are_chosen_where_other_keys_were_swept(tmp_path: Path):
    listed = [replace(one, swept={"strategy": name}) for name in ("one", "two") for one in MIXED[:2]]
    found = alone(make_sweep(tmp_path / "sweep", listed))
    assert "strategy=one strategy=two all 2" in found.text
    assert "Parameters of the best sets" in found.text


def test_the_reports_of_runs_are_made_again_only_where_something_is_younger(mixed: Path, tmp_path: Path):
    folder = make_sweep(tmp_path / "sweep", MIXED[:1])
    run = folder / "0_AAA_15m_1h"
    build_sweep(folder)
    assert not (run / "report.html").exists()
    assert not is_current(run)
    build(folder)
    assert is_current(run)
    first = (run / "report.html").stat().st_mtime_ns
    build(folder)
    assert (run / "report.html").stat().st_mtime_ns == first
    os.utime(run / "best.json", ns=(first + 1, first + 1))
    assert not is_current(run)


def test_a_page_elsewhere_links_back_to_the_runs(tmp_path: Path):
    folder = make_sweep(tmp_path / "a sweep", MIXED[:1])
    (tmp_path / "else where").mkdir()
    path = build(folder, tmp_path / "else where/out.html")
    assert "../a%20sweep/0_AAA_15m_1h/report.html" in Reader(path.read_text(encoding="utf-8")).links


def test_the_page_is_the_same_each_time(mixed: Path):
    first = (mixed / "report.html").read_bytes()
    assert build(mixed).read_bytes() == first


def test_parameters_on_which_combinations_agree_say_so(page: Reader):
    at = page.text.index("Parameters of the best sets")
    assert "agree 0.00 (by chance 0.33)" in page.text[at:]


def test_a_joint_studys_own_report_has_the_matrix_of_its_pairs(tmp_path: Path):
    folder = make_sweep(tmp_path / "sweep", MIXED[:1]) / "0_AAA_15m_1h"
    manifest, best = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("manifest.json", "best.json"))
    for pair, place, value in (("15m@1h", "15m_1h", 1.5), ("1h@4h", "1h_4h", 0.5)):
        (folder / place).mkdir()
        (folder / place / "manifest.json").write_text(json.dumps({"n_trials": 6, "synthetic": False}), encoding="utf-8")
        (folder / place / "best.json").write_text(json.dumps({**best, "values": {"sharpe": value}}), encoding="utf-8")
        manifest["pairs"] = {**manifest.get("pairs", {}), pair: place}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = read(folder)
    assert "matrix" in found.ids and "#matrix" in found.links
    assert [cell["title"] for cell in found.data["cells"]] == ["AAA 15m@1h", "AAA 1h@4h"]
    assert WORDS["pairs.note"] in found.text
