"""Whole pages of folders in every state that a run can leave."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from page_reader import read
from report_folder import make_run
from report_verdict import VERDICT

from pinejax.errors import ReportError
from pinejax.report.page.build import build
from pinejax.report.page.embed import script_hash
from pinejax.report.page.run_page import page
from pinejax.report.page.words import WORDS
from pinejax.report.saved import read_folder

WALK = "walk_forward_equity.parquet"


def test_a_page_has_every_section_in_order_and_links_to_each(tmp_path: Path):
    folder = make_run(tmp_path / "run")
    found, best = read(folder), json.loads((folder / "best.json").read_text())
    sections = ["verdict", "best", "overview", "chart", "performance", "analysis", "ratios", "trades", "months", "search", "manifest"]
    assert [i for i in found.ids if i in sections] == sections
    assert [link for link in found.links if link.startswith("#")] == ["#verdict", *(f"#{s}" for s in sections)]
    assert not found.open
    assert f"Trial {best['trial']}: Sharpe {best['values']['sharpe']:.6g}" in found.text


def test_nothing_on_the_page_is_fetched(tmp_path: Path):
    path = build(make_run(tmp_path / "run"))
    found = read(path.parent)
    assert {link for link in found.links if not link.startswith("#")} == {"https://www.tradingview.com/"}
    text = path.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy and policy[1].startswith("default-src 'none';") and "unsafe-inline' script" not in policy[1]
    assert [f"'{script_hash(script)}'" for script in found.scripts[1:]] == policy[1].rpartition("script-src ")[2].split()


def test_names_are_text_and_never_markup(tmp_path: Path):
    evil = "</script><script>alert(1)</script>\u2028'\"&"
    folder = make_run(tmp_path / "run", study=evil)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["strategy"]["name"] = manifest["synthetic"] = evil
    for row in manifest["datasets"]:
        row["symbol"] = row["name"] = evil
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for name in ("equity.parquet", "bars.parquet"):
        pl.read_parquet(folder / name).with_columns(dataset=pl.lit(evil)).write_parquet(folder / name)
    (folder / "verdict.json").write_text(
        json.dumps({"level": evil, "sentence": evil, "reasons": [{"name": evil}], "evidence": {evil: {evil: [evil]}}})
    )
    found = read(folder)
    assert len(found.scripts) == 3
    assert found.text.count("alert(1)") > 5
    assert not found.open
    assert found.data["datasets"][0]["name"] == evil


def test_the_best_set_can_be_typed_again(tmp_path: Path):
    folder = make_run(tmp_path / "run")
    best = json.loads((folder / "best.json").read_text())
    best["params"] |= {"fast": -3, "mult": 0.1 + 0.2}
    (folder / "best.json").write_text(json.dumps(best))
    assert "fast = -3 mult = 0.3 use = " in read(folder).text


def test_tradingviews_inputs_are_those_of_the_file(tmp_path: Path):
    folder = make_run(tmp_path)
    (folder / "inputs.txt").write_text("Chart\n  Symbol  <b>$A\n\nInputs\n  use_stop  [x]\n")
    assert "Symbol <b>$A Inputs use_stop [x]" in " ".join(read(folder).text.split())


def test_a_dollar_in_a_name_is_not_a_placeholder(tmp_path: Path):
    assert "Study $data ${style} $" in read(make_run(tmp_path / "run", study="$data ${style} $")).text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"n_trials": 1}, "One set was tried"),
        ({"every": 5_000}, WORDS["trades.none"]),
        ({"states": ("FAIL",)}, "All 40 trials failed"),
        ({"states": ("PRUNED",)}, WORDS["verdict.no_best"]),
        ({"state": "running", "detailed": False}, WORDS["state.running"]),
        ({"state": "interrupted"}, WORDS["state.interrupted"]),
        ({"objectives": ("sharpe", "max_drawdown")}, "The first of a Pareto front of 4 sets"),
        ({"n_trials": 0}, WORDS["verdict.no_trials"]),
        ({"symbols": ("AAA",)}, "ema_cross on AAA 15m@1h"),
    ],
)
def test_every_end_of_a_run_gives_a_page_that_says_so(tmp_path: Path, more: dict, said: str):
    found = read(make_run(tmp_path / "run", **more))
    assert said in found.text
    assert "nan" not in found.text.lower().split()
    assert not found.open


def test_a_run_that_was_killed_before_it_wrote_anything(tmp_path: Path):
    (tmp_path / "manifest.json").touch()
    assert WORDS["state.empty"] in read(tmp_path).text


def test_a_failed_run_says_why(tmp_path: Path):
    folder = make_run(tmp_path / "run", state="failed")
    manifest = json.loads((folder / "manifest.json").read_text()) | {"error": "DataError: <gone>"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert "This run failed: DataError: <gone>" in read(folder).text


def test_every_file_but_the_manifest_may_be_missing(tmp_path: Path):
    folder = make_run(tmp_path / "run")
    for path in sorted(folder.iterdir()):
        if path.name not in ("manifest.json", "report.html"):
            path.unlink()
            assert not read(folder).open


def test_a_folder_without_a_manifest_is_refused_with_what_to_do(tmp_path: Path):
    make_run(tmp_path / "run")
    with pytest.raises(ReportError, match=r"It holds runs: name one, such as .*run"):
        read_folder(tmp_path)
    with pytest.raises(ReportError, match="printed after `Files:`"):
        read_folder(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["best.json", "equity.parquet"])
def test_a_broken_file_is_named(tmp_path: Path, name: str):
    folder = make_run(tmp_path / "run")
    (folder / name).write_text("{broken")
    with pytest.raises(ReportError, match=name):
        build(folder)


def test_a_verdict_comes_first_with_its_reasons_and_evidence(tmp_path: Path):
    folder = make_run(tmp_path / "run")
    (folder / "verdict.json").write_text(json.dumps(VERDICT))
    days = [datetime(2024, 1, 1), datetime(2024, 1, 2), datetime(2024, 1, 3)]
    pl.DataFrame({"day": days, "fold": 1, "return": [0.0, 0.1, -0.1], "equity": [1.0, 1.1, 0.99]}).write_parquet(folder / WALK)
    found = read(folder)
    text = found.text
    assert text.index(WORDS["level.luck"]) < text.index("deflated Sharpe ratio 0.13 after 40 sets") < text.index("Best set Trial")
    assert "failed: Deflated Sharpe ratio 0.1332" in text and "0.1332 \u2265 0.95 no" in text
    assert "6 histories, their median 0.55 against 0.6: p = 0.4286, which cannot be below 0.1429 with so many." in text
    assert "Higher commission 0.3271 \u22120.4847" in text and "Without SYNTH_A 1.347" in text
    assert "Not enough to go by: expected 60 days, found 14." in text
    assert "best on the fold's other bars. A note." in text
    assert "A piece nobody knows" in text and "42" in text
    assert "1 2 \u22121.00% 10.00%" in text
    assert "2024-01-01 to 2024-01-09: 2.00% 2.00% 2024-01-01 2024-01-19 Above, all test spans as one history" in text
    assert "The chosen parameters from span to span fast 30 10 moves 50.00%, by chance 34.00%" in text
    assert "rerank" not in text.lower()
    assert found.data["search"]["importance"] == [[["use", 0.7], ["fast", 0.3]]]


def test_a_piece_of_another_layout_is_shown_as_it_is(tmp_path: Path):
    folder = make_run(tmp_path / "run")
    (folder / "verdict.json").write_text(
        json.dumps({"sentence": "s", "evidence": {"stress": {"new": 7}, "null_search": {"mode": "x", "best": "?"}}})
    )
    assert "New 7" in read(folder).text


def test_only_what_the_search_saw_is_shaded_as_such(tmp_path: Path):
    spans = read(make_run(tmp_path / "run", seen=1_500)).data["datasets"][0]["equity"]["shades"]
    assert [span["seen"] for span in spans] == [True, False]
    assert spans[0]["to"] - spans[0]["from"] == 1_500 * 900


def test_the_page_is_the_same_each_time(tmp_path: Path):
    saved = read_folder(make_run(tmp_path / "run"))
    assert page(saved) == page(read_folder(saved.folder))
