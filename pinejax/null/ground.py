"""What a search is run on, real or not: its compiled program on other histories of its datasets. How those are made is `surrogate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pinejax.core.evaluation import Evaluator
from pinejax.core.feed import Feed
from pinejax.core.window import Window
from pinejax.engine.engine import Engine
from pinejax.engine.parted import PartedEngine
from pinejax.null.surrogate import Material, Method, Recipe, default_block_bars


@dataclass(frozen=True, eq=False)
class Ground:
    """engine: of the datasets that were searched; parts: windows by part and dataset, where a trial's value is made of parts."""

    engine: Engine
    parts: tuple[tuple[Window, ...], ...] = ()

    @property
    def n_datasets(self) -> int:
        """Of one history, parts counted as their dataset."""
        return len(self.engine.feeds)

    def on(self, *histories: Sequence[Feed]) -> Evaluator:
        """The search's evaluator on one history, or on several side by side. Nothing is traced or compiled again."""
        feeds = [feed for history in histories for feed in history]
        whole = self.engine.on(feeds=feeds, windows=[*self.engine.windows] * len(histories))
        return PartedEngine(whole, [list(part) * len(histories) for part in self.parts]) if self.parts else whole

    def recipe(self, method: Method, block_bars: int | None, seed: int) -> Recipe:
        """With the block length filled in. method: of `pinejax.null.surrogate`."""
        return Recipe(method, default_block_bars(self.engine.feeds) if block_bars is None else block_bars, seed)

    @cached_property
    def _material(self) -> Material:
        return Material.of(list({id(feed): feed for feed in self.engine.feeds}.values()))

    def surrogate(self, recipe: Recipe, number: int) -> list[Feed]:
        """One surrogate history of the datasets; windows of one history stay windows of one."""
        made = self._material.surrogate(recipe, number)
        of = {id(feed): new for feed, new in zip(self._material.feeds, made, strict=True)}
        return [of[id(feed)] for feed in self.engine.feeds]
