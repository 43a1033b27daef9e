"""The combinations that a page compares: their rows with what follows from all of them together, and where each has a report of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pinejax.report.matrix import Panel, Scale, panels, scales
from pinejax.report.page.figures import metric, rough
from pinejax.report.page.markup import Markup, el
from pinejax.report.page.words import WORDS, name_of, readable, say
from pinejax.report.sweep_rows import SweepRow
from pinejax.report.sweep_tables import adjusted, ranked_rows


@dataclass(frozen=True)
class Compared:
    """links: by row the address of its report, empty where there is none."""

    rows: Sequence[SweepRow]
    links: Sequence[str]

    @cached_property
    def scales(self) -> Mapping[str, Scale]:
        """Colours by objective."""
        return scales(self.rows)

    @cached_property
    def panels(self) -> Sequence[Panel]:
        """The matrix."""
        return panels(self.rows)

    @cached_property
    def adjusted(self) -> Sequence[float | None]:
        """By row its p-value adjusted for all."""
        return adjusted(self.rows)

    @cached_property
    def ranked(self) -> Sequence[int]:
        """Rows that have a value, objective by objective from the best to the worst in sample, those that broke a gate last."""
        return [self.place(row) for row in ranked_rows(self.rows)]

    @cached_property
    def is_judged(self) -> bool:
        """Whether any has a verdict."""
        return any(row.verdict for row in self.rows)

    @cached_property
    def kind(self) -> str:
        """How most kept bars back, empty where none did."""
        return next((scale.kind for scale in self.scales.values() if scale.kind), "")

    def place(self, row: SweepRow) -> int:
        """A row's number on the page."""
        return self._places[id(row)]

    def link(self, i: int) -> str:
        """To the row's own report, else to where the page says more of it."""
        return self.links[i] or (f"#failed-{self.rows[i].index}" if self.rows[i].error else f"#row-{i}")

    def outside(self, row: SweepRow) -> float | None:
        """Its value out of sample, of the kind that its objective's colours are of."""
        scale = self.scales.get(row.objective)
        return scale.value(row) if scale and scale.kind else None

    @cached_property
    def _places(self) -> Mapping[int, int]:
        return {id(row): i for i, row in enumerate(self.rows)}


def name(row: SweepRow) -> str:
    """`SYNTH_A 15m@1h, strategy=ema_cross`."""
    return ", ".join([f"{row.said} {row.timeframe}", *view_words(tuple(row.swept.items()))])


def named(row: SweepRow, link: str) -> Markup:
    """The same as a link, what else was swept below it."""
    text, view = f"{row.said} {row.timeframe}", view_words(tuple(row.swept.items()))
    return el("span", el("a", text, href=link) if link else text, el("small", ", ".join(view)) if view else None)


def view_words(view: Sequence[tuple[str, str]]) -> list[str]:
    """Swept keys as they are typed."""
    return [f"{key}={value}" for key, value in view]


def objective(row: SweepRow) -> str:
    """The objective's name."""
    return name_of("metric", row.objective) if row.objective else say("objective")


def state(row: SweepRow) -> str:
    """In words."""
    return WORDS.get(f"sweep.state.{row.state}") or readable(row.state)


def details(compared: Compared, i: int) -> list[tuple[str, str]]:
    """What is known of a combination, as terms and values."""
    row = compared.rows[i]
    outside = compared.outside(row)
    found: list[tuple[str, str]] = [(say("sweep.state"), say("sweep.gone", state=state(row)) if row.gone else state(row))]
    if row.broke:
        found.append((say("sweep.broke"), say("sweep.broke.said", violation=row.violation)))
    elif row.value is not None:
        found.append((say("sweep.in_sample", objective=objective(row)), rough(row.value)))
    if outside is not None:
        found.append((say(f"sweep.kind.{compared.scales[row.objective].kind}"), rough(outside)))
    if row.verdict:
        found.append((say("verdict"), WORDS.get(f"level.{row.verdict}", row.verdict)))
    numbers = [
        ("sweep.deflated", None if row.deflated_sharpe is None else f"{row.deflated_sharpe:.3f}"),
        ("sweep.p", None if row.null_p is None else f"{row.null_p:.3f}"),
        ("sweep.q", None if compared.adjusted[i] is None else f"{compared.adjusted[i]:.3f}"),
        ("sweep.trials", None if row.n_trials is None else f"{row.n_trials:,}"),
        ("sweep.seconds", None if row.seconds is None else f"{row.seconds:,.1f}"),
    ]
    found += [(say(key), text) for key, text in numbers if text is not None]
    found += [(name_of("metric", key), metric(key, row.metrics[key])) for key in ("n_trades", "max_drawdown") if key in row.metrics]
    if row.params:
        found.append((say("best"), ", ".join(f"{key}={rough(value)}" for key, value in row.params.items())))
    if row.error:
        found.append((say("sweep.error"), row.error))
    return found
