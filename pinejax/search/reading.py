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

from pinejax.search.lease import LEASE_KEY
from pinejax.search.records import VIOLATIONS_KEY
from pinejax.search.schema import PARAMS, STEPS, SYSTEM, TRIALS, USER, VALUES, to_local
from pinejax.search.store import DUPLICATE_OF, STATUS_KEY

CHUNK = 500

COLUMNS = [TRIALS.c[name] for name in ("trial_id", "number", "state", "datetime_start", "datetime_complete")]
"""What a row of `trials` needs to have."""


_RANKED_BY = (VIOLATIONS_KEY, DUPLICATE_OF, STATUS_KEY)
_CONSTRAINTS = "constraints"


def outlines(connection: Connection, rows: Sequence[Row[Any]]) -> list[FrozenTrial]:
    """The trials of rows with COLUMNS, with what ranking, counting and their leases need alone: no parameters, metrics or steps."""
    found: list[FrozenTrial] = []
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        ids = [row.trial_id for row in chunk]
        values: dict[int, list[float]] = defaultdict(list)
        for v in connection.execute(sa.select(VALUES).where(VALUES.c.trial_id.in_(ids)).order_by(VALUES.c.objective)):
            values[v.trial_id].append(models.TrialValueModel.stored_repr_to_value(v.value, v.value_type))
        leased_or_bound = SYSTEM.c.key.startswith(_CONSTRAINTS) | (SYSTEM.c.key == LEASE_KEY)
        user, system = (
            _attributes(connection, sa.select(t.c.trial_id, t.c.key, t.c.value_json).where(t.c.trial_id.in_(ids), wanted))
            for t, wanted in ((USER, USER.c.key.in_(_RANKED_BY)), (SYSTEM, leased_or_bound))
        )
        found += [
            FrozenTrial(
                number=row.number,
                state=row.state,
                value=None,
                values=values.get(row.trial_id),
                datetime_start=to_local(row.datetime_start),
                datetime_complete=to_local(row.datetime_complete),
                params={},
                distributions={},
                user_attrs=user.get(row.trial_id, {}),
                system_attrs=system.get(row.trial_id, {}),
                intermediate_values={},
                trial_id=row.trial_id,
            )
            for row in chunk
        ]
    return found


def _attributes(connection: Connection, query: sa.Select[Any, Any, Any]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in connection.execute(query):
        found[row.trial_id][row.key] = json.loads(row.value_json)
    return found


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
