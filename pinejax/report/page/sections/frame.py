"""What sections share: a heading, one block per dataset, a place for a chart."""

from __future__ import annotations

from collections.abc import Callable

from pinejax.report.page.markup import Child, Markup, el
from pinejax.report.page.words import say
from pinejax.report.saved import Dataset, Saved


def framed(key: str, *content: Child, title: str = "") -> Markup:
    """A section named by a key of the words, which is also its anchor. title: said instead of those words."""
    return el("section", el("h2", title or say(key)), content, id=key)


def heading(saved: Saved, key: str) -> str:
    """A section's name: where nothing was searched no set is the best."""
    return say("set") if key == "best" and saved.is_backtest else say(key)


def per_dataset(saved: Saved, content: Callable[[Dataset], Child]) -> list[Markup]:
    """One block per dataset; the page shows that of the chosen one."""
    many = len(saved.datasets) > 1
    return [
        el("div", el("h3", dataset.name, class_="dataset-name") if many else None, content(dataset), class_="of-dataset", data_dataset=i)
        for i, dataset in enumerate(saved.datasets)
    ]


def note(text: str) -> Markup:
    """A sentence below a heading or a chart."""
    return el("p", text, class_="note")


def definitions(rows: list[tuple[str, Child]]) -> Markup:
    """Terms and what they are."""
    return el("dl", [el("div", el("dt", term), el("dd", value)) for term, value in rows])


def folded(summary: str, *content: Child, open_: bool = False) -> Markup:
    """Something that can be folded away, and is at first unless `open_`."""
    return el("details", el("summary", summary), content, open=open_)
