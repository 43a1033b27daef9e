"""A run's folder as a page: its sections in order, and what their charts read. What a section says is the sections' business."""

from __future__ import annotations

from pinejax.report.page.dataset_data import dataset_data
from pinejax.report.page.document import Document, html
from pinejax.report.page.markup import Child, Markup, el
from pinejax.report.page.search_data import search_data
from pinejax.report.page.sections import best, chart, evidence, manifest, months, overview, performance, search, stored, trades, verdict
from pinejax.report.page.sections.frame import heading
from pinejax.report.page.sweep import pairs
from pinejax.report.page.words import say
from pinejax.report.saved import Saved

CHARTS = ("data", "chart", "equity", "marks", "candles", "trades", "plot", "search", "parallel", "surface")
"""In the order in which they need each other."""
FIGURES = ("performance", "analysis", "ratios")
MOST_NAMED = 3


def page(saved: Saved) -> str:
    """The whole HTML text."""
    data, compared = search_data(saved), pairs.compared(saved)
    shown = {
        "verdict": verdict.section(saved),
        "best": best.section(saved),
        "matrix": pairs.section(compared) if compared else None,
        "overview": overview.section(saved),
        "stored": stored.section(saved),
        "chart": chart.section(saved),
        "performance": performance.performance(saved),
        "analysis": performance.analysis(saved),
        "ratios": performance.ratios(saved),
        "trades": trades.section(saved),
        "months": months.section(saved),
        "search": None if saved.is_backtest else search.section(saved, data),
        "evidence": evidence.section(saved),
        "manifest": manifest.section(saved),
    }
    sections = {key: section for key, section in shown.items() if section is not None and key not in stored.left_out(saved)}
    own = {"datasets": dataset_data(saved) if saved.best is not None else [], "search": data.plain}
    return html(
        Document(
            title=_title(saved),
            folder=saved.folder.resolve().name,
            header=_header(saved),
            sections=sections,
            headings={key: heading(saved, key) for key in sections},
            body=_laid_out(sections),
            data=own | (pairs.data(compared) if compared else {}),
            scripts=(*CHARTS, *(("matrix", "sorting") if compared else ()), "frame", "start"),
            styles=("page", *(("sweep",) if compared else ())),
            tools=_choose(saved),
            has_charts=True,
        )
    )


def _laid_out(sections: dict[str, Markup]) -> list[Markup]:
    """One below the other; the tables of figures beside each other where there is room."""
    figures = [sections[key] for key in FIGURES if key in sections]
    return [el("div", figures, class_="figures-grid") if key == FIGURES[0] else section for key, section in sections.items()
            if key == FIGURES[0] or key not in FIGURES]  # fmt: skip


def _title(saved: Saved) -> str:
    strategy = saved.manifest.get("strategy", {}).get("name") or saved.folder.name
    symbols = list(dict.fromkeys(dataset.symbol for dataset in saved.datasets))
    if not symbols:
        return str(strategy)
    more = f" + {len(symbols) - MOST_NAMED}" if len(symbols) > MOST_NAMED else ""
    shown = dict.fromkeys(dataset.timeframe for dataset in saved.datasets)
    n_others = len({row.get("timeframe") for row in saved.manifest.get("datasets", ())} - set(shown))
    others = say("title.pairs", pairs=f"{n_others} more pair{'s' if n_others != 1 else ''}") if n_others else ""
    return say("title", strategy=strategy, datasets=f"{', '.join(symbols[:MOST_NAMED])}{more} {', '.join(shown)}{others}")


def _header(saved: Saved) -> Child:
    said = saved.manifest
    facts = []
    if name := said.get("study", {}).get("name"):
        facts.append(say("study", name=name))
    if when := said.get("started"):
        facts.append(say("started", when=str(when).replace("T", " ").replace("+00:00", " UTC")))
    if source := said.get(stored.KEY):
        facts.append(say("source", storage=source["storage"]))
    note = said.get("synthetic")
    return [
        el("p", " · ".join(facts), class_="facts"),
        el("p", el("strong", say("synthetic")), f" {note if isinstance(note, str) else ''}", class_="banner") if note else None,
        _state(saved),
        stored.banners(saved),
    ]


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


def _choose(saved: Saved) -> Markup | None:
    """Which dataset is shown, where there are several."""
    if len(saved.datasets) < 2 or saved.best is None:
        return None
    options = [el("option", dataset.name, value=i) for i, dataset in enumerate(saved.datasets)]
    return el("label", el("span", say("dataset"), class_="sr"), el("select", options, id="dataset"))
