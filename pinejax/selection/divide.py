"""How the bars of one run are divided: what is searched, what its best sets are judged on, and what is held out. Spans, no feeds cut yet.

What is kept back is cut off where it begins: the searched bars end there. How many bars beside that edge tell too much (`purge`) is known
only when a strategy is traced, so they are left out of what is judged: `Split.judged`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

from pinejax.core.feed import Feed
from pinejax.errors import ConfigError
from pinejax.selection.config import ValidationConfig
from pinejax.selection.purge import Purge
from pinejax.selection.splits import Fold, Span, combinatorial, holdout
from pinejax.selection.timeline import Timeline
from pinejax.selection.walk import walk_folds

GROUPS = {"purged_kfold": "k", "cpcv": "n_groups"}
"""Methods under which a trial's value is made of parts of the history, and the key that says of how many."""


@dataclass(frozen=True, eq=False)
class Split:
    """Spans of a line of all bars, in order of time. test: what the best sets of a search are ranked on again; held_out: what is opened
    once, for the chosen set; parts: what the searched bars are cut into where a trial's value is made of parts, else empty.
    """

    config: ValidationConfig
    timeline: Timeline
    searched: Span
    test: Span | None = None
    held_out: Span | None = None

    @property
    def keeps_back(self) -> bool:
        """Whether some bars are not searched."""
        return self.searched.stop < self.timeline.n_bars

    @property
    def walks(self) -> bool:
        """Whether the searched bars are searched anew in train spans."""
        return self.config.method == "walk_forward" and self.config.walk == "reoptimise"

    @cached_property
    def parts(self) -> tuple[Span, ...]:
        """Equal parts of the searched bars."""
        key = GROUPS.get(self.config.method)
        n = 0 if key is None else getattr(self.config, key)
        edges = [len(self.searched) * i // n for i in range(n + 1)] if n else []
        if any(a == b for a, b in pairwise(edges)):
            raise ConfigError(f"validation.{key}: {len(self.searched)} bars cannot be cut into {n} parts. Choose fewer.")
        return tuple(Span(a, b) for a, b in pairwise(edges))

    @property
    def identity(self) -> dict[str, Any]:
        """What of it changes what a search does, as plain JSON; empty where all bars are searched as one."""
        found: dict[str, Any] = {}
        if self.keeps_back:
            found["searched"] = f"the first {self.searched.stop} of {self.timeline.n_bars} bars"
        if self.parts:
            found |= {"parts": len(self.parts), "folds": self.config.folds}
            found |= {"std_weight": self.config.std_weight} if self.config.folds == "mean_std" else {}
        return found

    @property
    def embargo(self) -> int:
        """Bars that are left out behind a test part."""
        return round(self.config.embargo * len(self.searched))

    def purge_of(self, memory: int, higher: int, holding: int | None = None) -> Purge:
        """`validation.purge`, else what is needed. Errors: ConfigError for a length that is none."""
        given = self.config.purge
        return Purge(memory, higher, holding, None if given is None else self.timeline.bars_of(given, "validation.purge"))

    def judged(self, span: Span, purge: int) -> Span:
        """What of a span behind the searched bars is judged on: not its first `purge` bars. Errors: ConfigError where that is nothing."""
        if purge >= len(span):
            raise ConfigError(
                f"validation: a purge of {purge} bars leaves nothing of the {len(span)} bars that are kept back. Keep more back, choose a "
                "shorter validation.purge, or a strategy with a shorter memory."
            )
        return Span(span.first + purge, span.stop)

    def folds(self, purge: int) -> list[Fold]:
        """Of the parts: each choice of test parts, and what is left to choose on. Errors: ConfigError where that is nothing."""
        n_test = self.config.n_test_groups if self.config.method == "cpcv" else 1
        return combinatorial(len(self.searched), len(self.parts), n_test, purge=purge, embargo=self.embargo)

    def check(self, purge: Purge) -> None:
        """Errors: ConfigError where the purge leaves nothing to judge on, or nothing to choose on; DataError where a dataset has no bars in
        a span that is searched or judged on by itself.
        """
        for span in (self.test, self.held_out):
            if span is not None:
                self.timeline.windows(self.judged(span, purge.bars), 0)
        if self.parts:
            self.folds(purge.bars)
        if self.walks:
            self._check_walk(purge)

    def _check_walk(self, purge: Purge) -> None:
        """Errors: ConfigError where the purge leaves too little of a train span; DataError."""
        folds = walk_folds(self.config, self.timeline, self.searched.stop, purge.bars)
        shortest = min(len(fold.train[0]) for fold in folds)
        if shortest <= purge.memory:
            raise ConfigError(
                f"validation.train: a purge of {purge.bars} bars leaves {shortest} of a train span, expected more than the {purge.memory} "
                "that the longest indicator looks back. Choose longer train spans, or fewer windows."
            )
        for fold in folds:
            self.timeline.windows(fold.train[0], 0)
            self.timeline.windows(fold.test[0], 0)

    def on(self, feeds: tuple[Feed, ...]) -> Split:
        """The same moments on other datasets, such as some of them."""
        return replace(self, timeline=replace(self.timeline, feeds=feeds))

    @property
    def lines(self) -> list[str]:
        """What is kept back, in words."""
        named = {"held out": self.held_out, "test": self.test}
        said = [f"{name}: {self._said(span)}" for name, span in named.items() if span is not None]
        if self.keeps_back:
            said.append(f"searched: {self._said(self.searched)}")
        if self.parts:
            said.append(f"a trial's value: {self.config.folds} of {len(self.parts)} parts of {len(self.parts[0]):,} bars")
        return said

    def _said(self, span: Span) -> str:
        first, last = self.timeline.dates(span)
        return f"{first} .. {last}, {len(span):,} bars"


def divide(config: ValidationConfig, timeline: Timeline) -> Split:
    """Errors: ConfigError for spans that the bars have no room for."""
    n_bars, held_out, test = timeline.n_bars, None, None
    if config.holdout:
        held_out = holdout(n_bars, config.holdout).test[0]
        n_bars = held_out.first
    if config.method == "train_test":
        test = holdout(n_bars, config.test_rate).test[0]
        n_bars = test.first
    elif config.method == "walk_forward":
        folds = walk_folds(config, timeline, n_bars)
        if config.walk == "rerank":
            n_bars = folds[0].train[-1].stop
    split = Split(config, timeline, Span(0, n_bars), test, held_out)
    return split if not split.parts else _checked(split)


def _checked(split: Split) -> Split:
    """Without a purge there must be folds at least."""
    split.folds(0)
    return split
