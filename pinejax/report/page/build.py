"""A run's folder to its report.html: one file with its data, styles and scripts inside. What a section says is the sections' business."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from pinejax import __version__
from pinejax.report.atomic import write_text
from pinejax.report.page.dataset_data import dataset_data
from pinejax.report.page.embed import script_hash, script_json
from pinejax.report.page.markup import Markup, el, join
from pinejax.report.page.search_data import search_data
from pinejax.report.page.sections import best, chart, evidence, manifest, months, overview, performance, search, stored, trades, verdict
from pinejax.report.page.words import WORDS, say
from pinejax.report.saved import Saved, read_folder

NAME = "report.html"
HERE = Path(__file__).parent
CHARTS = "vendor/lightweight-charts.standalone.production.js"
SCRIPTS = ("data", "chart", "equity", "marks", "candles", "trades", "plot", "search", "parallel", "surface", "start")
"""In the order in which they need each other."""
FIGURES = ("performance", "analysis", "ratios")
MOST_NAMED = 3


def build(folder: Path, out: Path | None = None) -> Path:
    """Write the report of a run's folder, to report.html in it unless told where; the path written. Errors: ReportError."""
    path = folder / NAME if out is None else out
    write_text(path, page(read_folder(folder)))
    return path


def page(saved: Saved) -> str:
    """The whole HTML text."""
    data = search_data(saved)
    shown = [
        ("verdict", verdict.section(saved)),
        ("best", best.section(saved)),
        ("overview", overview.section(saved)),
        ("stored", stored.section(saved)),
        ("chart", chart.section(saved)),
        ("performance", performance.performance(saved)),
        ("analysis", performance.analysis(saved)),
        ("ratios", performance.ratios(saved)),
        ("trades", trades.section(saved)),
        ("months", months.section(saved)),
        ("search", search.section(saved, data)),
        ("evidence", evidence.section(saved)),
        ("manifest", manifest.section(saved)),
    ]
    sections = [(key, section) for key, section in shown if section is not None and key not in stored.left_out(saved)]
    has_best = saved.best is not None
    embedded = {
        "words": WORDS,
        "datasets": dataset_data(saved) if has_best else [],
        "search": data.plain,
    }
    charts, script = (HERE / CHARTS).read_text(encoding="utf-8"), _script()
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; script-src "
    return Template((HERE / "assets/page.html").read_text(encoding="utf-8")).substitute(
        policy=policy + " ".join(f"'{script_hash(text)}'" for text in (charts, script)),
        version=join(__version__),
        title=join(_title(saved)),
        style=(HERE / "assets/page.css").read_text(encoding="utf-8"),
        skip=join(say("skip")),
        header=_header(saved),
        navigation=_navigation(saved, [key for key, _ in sections]),
        sections=_laid_out(dict(sections)),
        footer=_footer(saved),
        data=script_json(embedded),
        charts=charts,
        script=script,
    )


def _script() -> str:
    parts = [(HERE / f"assets/{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"


def _laid_out(sections: dict[str, Markup]) -> str:
    """One below the other; the tables of figures beside each other where there is room."""
    figures = [sections[key] for key in FIGURES if key in sections]
    parts = [el("div", figures, class_="figures-grid") if key == FIGURES[0] else section for key, section in sections.items()
             if key == FIGURES[0] or key not in FIGURES]  # fmt: skip
    return "\n".join(parts)


def _title(saved: Saved) -> str:
    strategy = saved.manifest.get("strategy", {}).get("name") or saved.folder.name
    symbols = list(dict.fromkeys(dataset.symbol for dataset in saved.datasets))
    if not symbols:
        return str(strategy)
    more = f" + {len(symbols) - MOST_NAMED}" if len(symbols) > MOST_NAMED else ""
    pairs = ", ".join(dict.fromkeys(dataset.timeframe for dataset in saved.datasets))
    return say("title", strategy=strategy, datasets=f"{', '.join(symbols[:MOST_NAMED])}{more} {pairs}")


def _header(saved: Saved) -> Markup:
    said = saved.manifest
    facts = []
    if name := said.get("study", {}).get("name"):
        facts.append(say("study", name=name))
    if when := said.get("started"):
        facts.append(say("started", when=str(when).replace("T", " ").replace("+00:00", " UTC")))
    if source := said.get(stored.KEY):
        facts.append(say("source", storage=source["storage"]))
    note = said.get("synthetic")
    return el(
        "header",
        el("p", say("page"), class_="kicker"),
        el("h1", _title(saved)),
        el("p", " · ".join(facts), class_="facts"),
        el("p", el("strong", say("synthetic")), f" {note if isinstance(note, str) else ''}", class_="banner") if note else None,
        _state(saved),
        stored.banners(saved),
        el("noscript", el("p", say("no_script"), class_="banner")),
    )


def _state(saved: Saved) -> Markup | None:
    """How the run ended, where it did not end well."""
    said = saved.manifest
    state = said.get("state") if said else "empty"
    words = {
        "running": lambda: say("state.running"),
        "interrupted": lambda: say("state.interrupted"),
        "failed": lambda: say("state.failed", error=said.get("error", "")),
        "empty": lambda: say("state.empty"),
    }
    return el("p", words[state](), class_="banner") if state in words else None


def _navigation(saved: Saved, keys: Sequence[str]) -> Markup:
    links = [el("li", el("a", WORDS.get(f"nav.{key}", say(key)), href=f"#{key}")) for key in keys]
    choose: Any = None
    if len(saved.datasets) > 1 and saved.best is not None:
        options = [el("option", dataset.name, value=i) for i, dataset in enumerate(saved.datasets)]
        choose = el("label", el("span", say("dataset"), class_="sr"), el("select", options, id="dataset"))
    theme = el("button", "◐", type="button", class_="theme", aria_label=say("theme"), title=say("theme"))
    return el("div", el("ul", links), choose, theme)


def _footer(saved: Saved) -> Markup:
    made = say("made", version=__version__, folder=saved.folder.resolve().name)
    link = el("a", "https://www.tradingview.com/", href="https://www.tradingview.com/", rel="noreferrer")
    return el("footer", el("p", made), el("p", say("notice"), " ", link))
