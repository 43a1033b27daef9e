"""What is to be run: every combination of the swept keys, composed and checked, with its names. Nothing is started or written here."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pinejax.cli import quoted
from pinejax.config import Config, from_mapping
from pinejax.core.secrets import without_passwords
from pinejax.errors import ConfigError
from pinejax.report.naming import Names, render, require_different
from pinejax.report.slug import slug

if TYPE_CHECKING:
    from hydra.core.config_loader import ConfigLoader
    from hydra.core.override_parser.types import Override
    from omegaconf import DictConfig

OWN_COLUMNS = ("symbol", "timeframe")
"""Swept keys with columns and placeholders of their own."""


@dataclass(frozen=True)
class Chosen:
    """One combination before it is composed. overrides: all of them; swept: the swept keys and their values among them."""

    overrides: tuple[str, ...]
    swept: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Combination:
    """One combination, ready to launch. folder: below the sweep's. study: its name, None for the search's own choice."""

    index: int
    chosen: Chosen
    config: Config
    names: Names
    folder: str
    study: str | None

    @property
    def said(self) -> str:
        """`timeframe=5m@1h symbol=BTCUSDT`: what tells it from the others."""
        return without_passwords(" ".join(f"{key}={value}" for key, value in self.chosen.swept)) or "the only combination"

    @property
    def other_swept(self) -> dict[str, str]:
        """Swept keys that are neither symbol nor timeframe."""
        return {key: without_passwords(value) for key, value in self.chosen.swept if key not in OWN_COLUMNS}

    def job(self, sweep_dir: str, worker: int) -> list[str]:
        """The overrides of one of its workers. Worker 0 has the combination's folder, the others one in it."""
        folder = self.folder if worker == 0 else f"{self.folder}/worker_{worker}"
        own = [f"hydra.sweep.dir={quoted(sweep_dir)}", f"hydra.sweep.subdir={quoted(folder)}"]
        if self.study is not None:
            own += ["search.study_template=null", f"search.study_name={quoted(self.study)}"]
        if worker:
            own.append(f"search.worker={worker}")
        return [*self.chosen.overrides, *own]


def choose(overrides: Sequence[Override], joint: bool) -> list[Chosen]:
    """The product of all swept keys, the last one fastest. joint: the timeframes stay together, as one list.

    Errors: ConfigError for what only a parameter of the strategy can have (an interval), and for a swept sweep.mode.
    """
    values: dict[str, list[tuple[str, str]]] = {}
    swept: set[str] = set()
    for override in overrides:
        key = override.get_key_element()
        if not override.is_sweep_override():
            text = override.get_value_element_as_str()
            values[key] = [(text, text)]
            swept.discard(key)
            continue
        if not override.is_discrete_sweep():
            typed = str(override.input_line).partition("=")[2]
            raise ConfigError(
                f"{key}: expected values with commas between them, got {typed}. Only a parameter of the "
                f"strategy can be searched in an interval: 'params.{key.rpartition('.')[2]}=interval(low,high)'."
            )
        if key == "sweep.mode":
            raise ConfigError("sweep.mode: expected study or joint, got both. Start two sweeps.")
        texts = list(override.sweep_string_iterator())
        if joint and key == "timeframe":
            texts = [f"[{','.join(texts)}]"]
        values[key] = [(text, _plain(text)) for text in texts]
        swept.add(key)
    found = []
    for product in itertools.product(*values.values()):
        pairs = list(zip(values, product, strict=True))
        found.append(
            Chosen(
                tuple(f"{key}={text}" for key, (text, _) in pairs),
                tuple((key.lstrip("+"), shown) for key, (_, shown) in pairs if key in swept),
            )
        )
    return found


def compose(chosen: Sequence[Chosen], loader: ConfigLoader, config: DictConfig) -> list[Combination]:
    """Every combination's Config and names. Errors: Hydra's for keys, ConfigError for values, and for names that are not different."""
    found = []
    for index, one in enumerate(chosen):
        tree, subdir = _composed(one, index, loader, config)
        resolved = from_mapping(tree)
        others = [(key, value) for key, value in one.swept if key not in OWN_COLUMNS]
        names = Names.of(resolved.symbols, resolved.pairs, index=index, total=len(chosen), swept=others)
        search = resolved.search
        tag = search.run_tag_template
        folder = subdir if tag is None else slug(render("search.run_tag_template", tag, names))
        template = search.study_template
        study = search.study_name if template is None else render("search.study_template", template, names)
        found.append(Combination(index, one, resolved, names, folder, study))
    said = [one.said for one in found]
    require_different("hydra.sweep.subdir or search.run_tag_template", [one.folder for one in found], said)
    named = [one for one in found if one.study is not None]
    if any(one.config.search.study_template is not None for one in named):
        require_different("search.study_template", [str(one.study) for one in named], [one.said for one in named])
    elif named:
        _refuse_one_name(named)
    return found


def _refuse_one_name(named: Sequence[Combination]) -> None:
    names = [one.study for one in named]
    if len(set(names)) < len(names):
        raise ConfigError(
            f"search.study_name={names[0]}: {len(names)} combinations would share one study. Give each a name of its own: "
            "search.study_template='{symbol_slug}_{ltf_slug}_{htf_slug}', or none for names that are made."
        )


def _composed(one: Chosen, index: int, loader: ConfigLoader, config: DictConfig) -> tuple[Mapping[str, Any], str]:
    from omegaconf import OmegaConf, open_dict

    composed = loader.load_sweep_config(config, list(one.overrides))
    with open_dict(composed):
        composed.hydra.job.num = index
        composed.hydra.job.id = str(index)
        subdir = str(OmegaConf.select(composed, "hydra.sweep.subdir"))
        del composed["hydra"]
    tree = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    assert isinstance(tree, dict), "a configuration is a tree"
    return {str(key): value for key, value in tree.items()}, subdir


def _plain(text: str) -> str:
    r"""A value as its author typed it: without the quotes and the `\:` that Hydra's grammar puts in."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text.replace("\\", "")
