"""Trials from the rows of Optuna's tables. It decides nothing about which."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from optuna.distributions import BaseDistribution, json_to_distribution
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial
from sqlalchemy.engine import Connection, Row

from pinejax.search.schema import PARAMS, STEPS, SYSTEM, TRIALS, USER, VALUES, to_local

CHUNK = 500

COLUMNS = [TRIALS.c[name] for name in ("trial_id", "number", "state", "datetime_start", "datetime_complete")]
"""What a row of `trials` needs to have."""


class TrialReader:
    """Makes trials; keeps the distributions, which are few and written out a thousand times."""

    def __init__(self) -> None:
        self._distributions: dict[str, BaseDistribution] = {}

    def frozen(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[FrozenTrial]:
        """The trials of rows with COLUMNS."""
        trials: list[FrozenTrial] = []
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            parts = self._parts(connection, [row.trial_id for row in chunk])
            trials += [self._build(row, parts) for row in chunk]
        return trials

    def _parts(self, connection: Connection, ids: Sequence[int]) -> dict[str, dict[int, list[Row[Any]]]]:
        parts: dict[str, dict[int, list[Row[Any]]]] = {}
        for table in (PARAMS, VALUES, STEPS, USER, SYSTEM):
            key = next(iter(table.primary_key.columns))
            found = parts[table.name] = defaultdict(list)
            for row in connection.execute(sa.select(table).where(table.c.trial_id.in_(ids)).order_by(key)):
                found[row.trial_id].append(row)
        return parts

    def _build(self, row: Row[Any], parts: Mapping[str, Mapping[int, list[Row[Any]]]]) -> FrozenTrial:
        def of(table: sa.Table) -> list[Row[Any]]:
            return parts[table.name].get(row.trial_id, [])

        params = {p.param_name: (self._distribution(p.distribution_json), p.param_value) for p in of(PARAMS)}
        values = sorted(of(VALUES), key=lambda v: v.objective)
        return FrozenTrial(
            number=row.number,
            state=row.state,
            value=None,
            values=[models.TrialValueModel.stored_repr_to_value(v.value, v.value_type) for v in values] or None,
            datetime_start=to_local(row.datetime_start),
            datetime_complete=to_local(row.datetime_complete),
            params={name: d.to_external_repr(value) for name, (d, value) in params.items()},
            distributions={name: d for name, (d, _) in params.items()},
            user_attrs={a.key: json.loads(a.value_json) for a in of(USER)},
            system_attrs={a.key: json.loads(a.value_json) for a in of(SYSTEM)},
            intermediate_values={
                s.step: models.TrialIntermediateValueModel.stored_repr_to_intermediate_value(
                    s.intermediate_value, s.intermediate_value_type
                )
                for s in of(STEPS)
            },
            trial_id=row.trial_id,
        )

    def _distribution(self, text: str) -> BaseDistribution:
        found = self._distributions.get(text)
        if found is None:
            found = self._distributions[text] = json_to_distribution(text)
        return found
