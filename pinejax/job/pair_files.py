"""A joint study's results by timeframe pair: a folder for each, as a search of that pair would leave, and the tables that compare them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from optuna.trial import FrozenTrial

from pinejax.job.joint import TIMEFRAME, JointSession
from pinejax.job.study_table import StudyTable
from pinejax.report.entry import SYNTHETIC_NOTE
from pinejax.report.folder import RunFolder
from pinejax.report.naming import Names
from pinejax.report.slug import timeframe_slug
from pinejax.report.sweep_folder import write_heatmap, write_sweep
from pinejax.report.sweep_rows import SweepRow, filled
from pinejax.report.sweep_tables import sweep_text
from pinejax.search import Objective, SearchConfig
from pinejax.search.records import counts


class PairFiles:
    """Writes the folders of the pairs below a run's."""

    def __init__(self, session: JointSession, objective: Objective, settings: SearchConfig):
        self._study, self._synthetic = settings.study_name, session.synthetic
        self._tables = {
            pair: StudyTable(
                settings.study_name,
                session.strategy.name,
                part.space,
                objective,
                part.datasets,
                settings.top_k,
                left_out=(TIMEFRAME,),
            )
            for pair, part in session.by_pair.items()
        }

    @property
    def folders(self) -> dict[str, str]:
        """Each pair's folder."""
        return {pair: timeframe_slug(pair) for pair in self._tables}

    def write(self, folder: Path, trials: Sequence[FrozenTrial], final: bool = False) -> None:
        """trials, results_datasets, bank and best of every pair, with the study's own trial numbers, and a short manifest. final: as in
        `RunFolder.write_study`."""
        for pair, table in self._tables.items():
            mine = [trial for trial in trials if trial.params.get(TIMEFRAME) == pair]
            files = RunFolder(folder / self.folders[pair])
            files.path.mkdir(exist_ok=True)
            files.write_study(table.of(mine), final)
            files.write_manifest(
                {
                    "study": {"name": self._study},
                    "timeframe": pair,
                    "n_trials": sum(map(counts, mine)),
                    "synthetic": SYNTHETIC_NOTE if self._synthetic else False,
                }
            )


def compare_pairs(folder: Path, session: JointSession) -> str:
    """Writes results.csv, summary, rankings and heat map of one joint search into its folder; the table as text."""
    config = session.config
    names = Names.of(config.symbols, config.pairs)
    row = SweepRow(0, names.symbol, config.timeframe, strategy=session.strategy.name, state="done", symbols=tuple(config.symbols))
    rows = filled(row, folder, config.pairs)
    write_sweep(folder, rows)
    write_heatmap(folder, rows)
    return sweep_text(rows, together=False)
