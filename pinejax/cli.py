"""From a command line to a Config, and from an error to an exit code. Hydra composes; what is run is the caller's business."""

from __future__ import annotations

import os
import re
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pinejax.core.secrets import without_passwords
from pinejax.errors import EXIT_INTERRUPTED, EXIT_USER, ConfigError, PinejaxError, SpaceError, SweepError, did_you_mean
from pinejax.report.slug import symbols_slug, timeframe_slug
from pinejax.resources import conf_dir

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from pinejax.config import Config

EXIT_BUG = 1
EXIT_PIPE = 141

_OPEN_KEY = re.compile(r"\+{0,2}((?:params|objective\.gates)\.[A-Za-z_]\w*)=(.*)", re.DOTALL)
"""Keys the tree need not hold before: a strategy's own parameters, gates on any metric."""
_TEXT = re.compile(
    r"(storage\.url|storage\.address|storage\.journal|storage\.sqlite|data\.root|data\.rates|search\.resume_from|search\.study_name"
    r"|sampler\.cmaes\.warm_start"
    r"|strategy\.name|compare|compare_zone|search\.study_template|search\.run_tag_template|hydra\.sweeper\.storage|hydra\.sweeper\.study_name"
    r"|hydra\.run\.dir|hydra\.sweep\.dir)=(.*)",
    re.DOTALL,
)
_MODE = re.compile(r"^\s*(hydra[./])?mode\s*:", re.MULTILINE)
_OWN_MODES = ("null", "sweep")
"""Groups with a `mode` of their own, which is not Hydra's."""
STOP_FILE = ".stop"
"""Where it lies in a sweep's folder, a job that has not begun does not begin."""
_NARROWING = re.compile(r"\s*(interval|choice)\s*\(.*\)\s*", re.DOTALL)
_PARAMS_FILE = re.compile(r"params=(?!\s*(?:\{|null\s*$|$))(.*)", re.DOTALL)
"""The name of a file; not a tree in braces, not nothing."""
_LIST_GROUPS = ("sampler", "pruner")
_MULTIRUN = ("-m", "--multirun")
_EXTRA_LAUNCHER = re.compile(r"Could not find 'hydra/launcher/(joblib|submitit_local|submitit_slurm)'")


def main(run: Callable[[Config, Path], int | None], argv: Sequence[str] | None = None) -> int:
    """Compose the configuration from `argv` and call `run` with it and the run's own folder.

    Returns the exit code: 0; 2 for a user's mistake (one message on standard error); 130 for Ctrl-C; 141 where nobody reads the
    output any more; 1 for a bug, with its traceback (complete when HYDRA_FULL_ERROR is set). With `-m` Hydra calls `run` once per
    combination.
    """
    full = os.environ.get("HYDRA_FULL_ERROR", "0") not in ("", "0")
    try:
        with _hydra_arguments(_flag_first(rewrite(list(sys.argv[1:] if argv is None else argv)))):
            return _compose_and_run(run)
    except PinejaxError as error:
        said = str(error) + (_of_another_strategy(sys.argv[1:] if argv is None else argv) if isinstance(error, SpaceError) else "")
        return _say(said, error.code if isinstance(error, SweepError) else EXIT_USER)
    except KeyboardInterrupt:
        return _say("Interrupted.", EXIT_INTERRUPTED)
    except BrokenPipeError:  # the reader of our output went away (`... | head`)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE
    except SystemExit as stop:
        return EXIT_INTERRUPTED if stop.code == EXIT_INTERRUPTED else EXIT_USER if stop.code else 0
    except Exception as error:
        message = composition_message(error)
        if message is not None:
            return _say(message, EXIT_USER)
        _show_bug(error, full)
        return EXIT_BUG


def rewrite(arguments: Sequence[str]) -> list[str]:
    """What the user typed, in Hydra's grammar.

    `params.x=...` and `objective.gates.x=...` are added to the tree whether there or not; `interval(...)` and `choice(...)` stay
    text instead of becoming Hydra sweeps; `strategy=FILE.py:CLASS` becomes `strategy.name`; free text (URLs, paths) is quoted;
    `params=FILE` becomes the parameters in it. Errors: ConfigError for `sampler=x` and `pruner=x`, which would be groups of flags, not a
    choice, and for a file that cannot be used.
    """
    return [item for argument in _without_files(arguments) for item in _rewrite_one(argument)]


def _without_files(arguments: Sequence[str]) -> list[str]:
    """`params=FILE` as what stands in it, before everything that was typed; what is typed of a parameter or the timeframe wins."""
    files = [found[1].strip() for argument in arguments if (found := _PARAMS_FILE.fullmatch(argument))]
    if not files:
        return list(arguments)
    if len(files) > 1 or ("," in files[0] and not Path(files[0]).exists()):
        raise ConfigError(f"params: expected one file or folder, got {', '.join(files)}. Start a run for each.")
    from pinejax.report.params_file import read_params

    chosen = read_params(files[0])
    rest = [argument for argument in arguments if not _PARAMS_FILE.fullmatch(argument)]
    typed = {key.lstrip("+~"): value for key, _, value in (argument.partition("=") for argument in rest)}
    switched = set(re.findall(r"\w+", " ".join(typed.get(key, "") for key in ("enable", "disable"))))
    pair = [f"timeframe={quoted(chosen.timeframe)}"] if chosen.timeframe is not None and "timeframe" not in typed else []
    pins = [
        f"params.{name}={_typed(value)}" for name, value in chosen.params.items() if f"params.{name}" not in typed and name not in switched
    ]
    return [*pair, *pins, *rest]


def _of_another_strategy(arguments: Sequence[str]) -> str:
    """Whose parameters a `params=FILE` has, where the file says it: for the end of a message that some do not fit. Empty without one."""
    from pinejax.report.params_file import strategy_of

    files = [found[1].strip() for argument in arguments if (found := _PARAMS_FILE.fullmatch(argument))]
    name = strategy_of(files[0]) if files else None
    return "" if name is None else f" params={files[0]} is of strategy {name}: give strategy=... with it."


def _typed(value: bool | int | float | str) -> str:
    """A value so that it is read back as it is."""
    if isinstance(value, bool):
        return str(value).lower()
    return quoted(value) if isinstance(value, str) else repr(value)


def _flag_first(arguments: Sequence[str]) -> list[str]:
    """`-m` before all keys: argparse takes it there and after them, not in between."""
    return sorted(arguments, key=lambda argument: argument not in _MULTIRUN)


def _rewrite_one(argument: str) -> list[str]:
    param = _OPEN_KEY.fullmatch(argument)
    if param:
        value = quoted(param[2]) if _NARROWING.fullmatch(param[2]) else param[2]
        return [f"++{param[1]}={value}"]
    key, equals, value = argument.partition("=")
    if equals and key in _LIST_GROUPS:
        raise ConfigError(f"{key}={value}: a {key} is chosen with search.{key}={value}; its flags are {key}.{value}.<flag>=...")
    if equals and key == "strategy":
        return _strategy(value)
    text = _TEXT.fullmatch(argument)
    return [f"{text[1]}={_quoted_text(text[2])}"] if text and text[2] not in ("", "null") else [argument]


def _strategy(value: str) -> list[str]:
    """A preset of conf/strategy by its name; anything else (a file, a class, a list of them to sweep) as `strategy.name`."""
    names = value.split(",")
    if all((conf_dir() / "strategy" / f"{name}.yaml").is_file() for name in names):
        return [f"strategy={value}"]
    return [f"strategy.name={','.join(map(quoted, names))}"]


def _quoted_text(text: str) -> str:
    """Free text; of a list in brackets each item."""
    if text.startswith("[") and text.endswith("]"):
        return "[" + ",".join(quoted(item.strip()) for item in text[1:-1].split(",") if item.strip()) + "]"
    return quoted(text)


def quoted(text: str) -> str:
    """Text that Hydra's grammar takes as it is."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text
    # Its grammar takes a backslash as it is, unless a quote follows.
    return "'" + re.sub(r"(\\*)('|\Z)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), text) + "'"


@contextmanager
def _hydra_arguments(arguments: list[str]) -> Iterator[None]:
    """Hydra reads sys.argv, and reports errors itself unless HYDRA_FULL_ERROR is set; we do, so that the exit code is ours."""
    argv, full = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv = [argv[0], *arguments]
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    finally:
        sys.argv = argv
        if full is None:
            os.environ.pop("HYDRA_FULL_ERROR", None)
        else:
            os.environ["HYDRA_FULL_ERROR"] = full


def _compose_and_run(run: Callable[[Config, Path], int | None]) -> int:
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode

    register_resolvers()
    failures: list[Exception] = []
    codes = [0]
    begun: list[bool] = []

    def task(composed: DictConfig) -> int:
        begun.append(True)
        hydra = HydraConfig.get()
        folder, alone = Path(hydra.runtime.output_dir), hydra.mode == RunMode.RUN
        if not alone and (Path(hydra.sweep.dir) / STOP_FILE).exists():
            discard_if_empty(folder)
            return EXIT_INTERRUPTED
        try:
            codes.append(run(to_config(composed), folder) or 0)
            return codes[-1]
        except Exception as error:
            discard_if_empty(folder)
            if not alone:
                if composition_message(error) is None:
                    _show_bug(error, full=False)
                raise
            failures.append(error)  # raised outside Hydra, which would print the overrides with their passwords
            return EXIT_USER
        except KeyboardInterrupt:
            discard_if_empty(folder)
            raise

    with _composed_once(sys.argv[1:]):
        try:
            hydra.main(config_path=str(conf_dir()), config_name="config", version_base="1.3")(task)()
        except OSError as error:
            if begun or not _is_of_jobs_folder(error):
                raise
            raise ConfigError(f"hydra.run.dir: {error.filename} cannot be written ({error.strerror}). Choose another.") from None
    if failures:
        raise failures[0]
    return max(codes)


def _is_of_jobs_folder(error: OSError) -> bool:
    """Whether it was raised where Hydra makes a job's folder."""
    return any(frame.name == "run_job" for frame in traceback.extract_tb(error.__traceback__))


@contextmanager
def _composed_once(arguments: Sequence[str]) -> Iterator[None]:
    """Hydra composes everything a first time only to read hydra.mode, which takes as long as the second time. Where neither an argument
    nor a file of the tree can set it, it is told that nothing does.
    """
    from hydra._internal.hydra import Hydra

    found = getattr(Hydra, "get_mode", None)
    if found is None or _may_set_mode(arguments):
        yield
        return
    Hydra.get_mode = lambda self, *args, **more: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        Hydra.get_mode = found  # type: ignore[method-assign]


def _may_set_mode(arguments: Sequence[str]) -> bool:
    """Whether hydra.mode may have a value: Hydra's own keys and files from elsewhere may give it one."""
    harmless = ("hydra.run.dir=", "hydra.sweep.dir=", "hydra.sweep.subdir=")
    if any("hydra" in a.partition("=")[0] and not a.startswith(harmless) for a in arguments):
        return True
    if any(a.startswith("-") and a not in _MULTIRUN for a in arguments):
        return True
    files = (file for file in conf_dir().rglob("*.yaml") if file.parent.name not in _OWN_MODES)
    return any(_MODE.search(file.read_text(encoding="utf-8")) for file in files)


def to_config(composed: DictConfig) -> Config:
    """A Config from what Hydra composed. Errors: ConfigError."""
    from hydra.core.hydra_config import HydraConfig
    from hydra.types import RunMode
    from omegaconf import OmegaConf

    from pinejax.config import from_mapping

    tree = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    assert isinstance(tree, dict), "a configuration is a tree"
    config = from_mapping({str(key): value for key, value in tree.items()}, broker_given=chosen_keys("broker"))
    hydra = HydraConfig.get()
    in_sweep = hydra.mode != RunMode.RUN
    return replace(config, in_sweep=in_sweep, beside=in_sweep and not is_basic(hydra.launcher))


def is_basic(launcher: Mapping[Any, Any]) -> bool:
    """Whether `hydra.launcher` is Hydra's own that runs one job after the other."""
    return str(launcher.get("_target_")).endswith(".BasicLauncher")


def chosen_keys(group: str) -> set[str]:
    """The keys of a group that somebody chose: typed, or set by a chosen file (an experiment, another one of the group).

    What only the group's default file says is not among them. Hydra keeps no record of where a value is from, so its files are read again.
    """
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import OmegaConf

    from pinejax.config import flat_keys

    hydra = HydraConfig.get()
    typed = (override.lstrip("+~").partition("=")[0] for override in hydra.overrides.task)
    found = {key.removeprefix(f"{group}.") for key in typed if key.startswith(f"{group}.")}
    folders = [Path(source.path) for source in hydra.runtime.config_sources if source.schema == "file"]
    for kind, choice in hydra.runtime.choices.items():
        if kind.startswith("hydra/") or not isinstance(choice, str) or (kind == group and choice == "default"):
            continue
        file = next((path for folder in folders if (path := folder / kind / f"{choice}.yaml").is_file()), None)
        if file is not None:
            tree: Any = OmegaConf.to_container(OmegaConf.load(file), resolve=False)
            own = tree if kind == group else (tree or {}).get(group)
            found |= {key for key in flat_keys(own) if key.partition(".")[0] != "defaults"}
    return found


def register_resolvers() -> None:
    """`${pinejax.slug:symbol,timeframe}` and, with the time before it, `${pinejax.folder:...}` for Hydra's folders."""
    from omegaconf import OmegaConf

    def run_slug(symbol: Any, timeframe: Any) -> str:
        listed = [] if symbol is None else [symbol] if isinstance(symbol, (str, int, float)) else symbol
        return f"{symbols_slug([str(item) for item in listed])}_{timeframe_slug(timeframe)}"

    def folder(symbol: Any, timeframe: Any) -> str:
        return f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{run_slug(symbol, timeframe)}"

    OmegaConf.register_new_resolver("pinejax.slug", run_slug, replace=True)
    OmegaConf.register_new_resolver("pinejax.folder", folder, replace=True, use_cache=True)


def discard_if_empty(folder: Path) -> None:
    """Remove a run's folder in which nothing was written, so that a refused run leaves nothing behind."""
    if folder.is_dir() and not any(folder.iterdir()):
        shutil.rmtree(folder)
        if folder.parent.is_dir() and not any(folder.parent.iterdir()):
            folder.parent.rmdir()


def composition_message(error: BaseException) -> str | None:
    """One message for a mistake that Hydra or OmegaConf found in keys or values; None for any other error."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__  # type: ignore[assignment]
    for item in chain:
        if isinstance(item, PinejaxError):
            return str(item)
    if not isinstance(chain[0], (HydraException, OmegaConfBaseException)):
        return None
    key = next((str(item.full_key) for item in chain if isinstance(item, OmegaConfBaseException) and item.full_key), "")
    if key and any("is not in struct" in str(item) for item in chain):
        return f"{key}: there is no such key. {_nearest(key)}"
    kept = [line.strip() for line in str(chain[0]).splitlines() if line.strip()]
    kept = kept[: next((i for i, line in enumerate(kept) if line.startswith("Config search path")), len(kept))]
    if _EXTRA_LAUNCHER.search(kept[0] if kept else ""):
        kept.append("Install it: pip install 'pinejax[slurm]'")
    return "\n".join(line for line in kept if not line.startswith("See https"))


def _nearest(key: str) -> str:
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from omegaconf import OmegaConf

    GlobalHydra.instance().clear()
    with initialize_config_dir(config_dir=str(conf_dir()), version_base="1.3"):
        tree = OmegaConf.to_container(compose("config"), resolve=False)
    return did_you_mean(key, _paths(tree))


def _paths(tree: object, prefix: str = "") -> list[str]:
    if not isinstance(tree, dict):
        return [prefix]
    found = [prefix] if prefix else []
    for key, value in tree.items():
        found += _paths(value, f"{prefix}.{key}" if prefix else str(key))
    return found


def _say(message: str, code: int) -> int:
    print(without_passwords(f"pinejax: {message}"), file=sys.stderr)
    return code


def _show_bug(error: Exception, full: bool) -> None:
    lines = traceback.format_exception(error)
    if not full:
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if f"{os.sep}hydra{os.sep}" not in frame.filename]
        lines = ["Traceback (most recent call last):\n", *traceback.format_list(own), *traceback.format_exception_only(error)]
        lines.append("\nThis is a bug in pinejax. Set HYDRA_FULL_ERROR=1 for the complete stack trace.\n")
    sys.stderr.write(without_passwords("".join(lines)))
