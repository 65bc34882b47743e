"""Results as they come, in any database that SQLAlchemy knows."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    Float,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from tf2torch.diagnostics import SourceError
from tf2torch.fleet.result import Result

TABLES = MetaData()
RUNS = Table(
    "tf2torch_runs",
    TABLES,
    Column("run", String(32), primary_key=True),
    Column("registry", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("versions", Text, nullable=False),
    Column("started", DateTime, nullable=False),
    Column("finished", DateTime),
)
RESULTS = Table(
    "tf2torch_results",
    TABLES,
    Column("run", String(32), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("place", Text, nullable=False, index=True),
    Column("key", String(64), nullable=False),
    Column("outcome", String(20), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("score", Float),
    Column("seconds", Float, nullable=False),
    Column("finished", DateTime, nullable=False),
    Column("result", Text, nullable=False),
)


class Store:
    """``place``: the output folder of the ports, which results are looked up for."""

    def __init__(self, url: str, place: Path):
        self._place = str(place)
        try:
            self._engine: Engine = create_engine(_with_driver(url))
            TABLES.create_all(self._engine)
        except (ArgumentError, SQLAlchemyError, ImportError) as error:
            line = str(error).splitlines()[0]
            if isinstance(error, ModuleNotFoundError) and error.name == "psycopg":
                line += ": pip install 'tf2torch[postgresql]'"
            shown = url.rpartition("@")[2]  # without the password
            raise SourceError(f"{shown} is no database: {line}") from None

    def begin(
        self, registry: str, settings: Mapping[str, Any], versions: Mapping[str, str]
    ) -> str:
        """A new run; its id."""
        run = uuid.uuid4().hex
        row = {"run": run, "registry": registry, "settings": _text(settings)}
        row |= {"versions": _text(versions)}
        with self._engine.begin() as database:
            database.execute(insert(RUNS).values(**row, started=_now()))
        return run

    def last(self, registry: str, settings: Mapping[str, Any]) -> str | None:
        """The run of this registry that is to be resumed; SourceError when it was
        started with other settings."""
        wanted = select(RUNS.c.run, RUNS.c.settings).where(RUNS.c.registry == registry)
        wanted = wanted.order_by(RUNS.c.started.desc()).limit(1)
        with self._engine.connect() as database:
            row = database.execute(wanted).first()
        if row is None:
            return None
        before = json.loads(row.settings)
        changed = sorted(k for k in settings if before.get(k) != settings[k])
        if changed:
            raise SourceError(
                f"the run to resume had another {changed[0]} "
                f"({before.get(changed[0])}): start anew, without --resume"
            )
        return str(row.run)

    def end(self, run: str) -> None:
        done = update(RUNS).where(RUNS.c.run == run).values(finished=_now())
        with self._engine.begin() as database:
            database.execute(done)

    def put(self, run: str, result: Result) -> None:
        """Keep a result, in place of an earlier one of the same model in this run."""
        row = {
            "run": run,
            "name": result.name,
            "place": f"{self._place}/{result.name}",
            "key": result.key,
            "outcome": result.outcome.value,
            "reason": _printable(result.reason),
            "owner": _printable(result.owner),
            "score": result.score,
            "seconds": result.seconds,
            "finished": _now(),
            "result": _text(result.to_json()),
        }
        mine = (RESULTS.c.run == run) & (RESULTS.c.name == result.name)
        with self._engine.begin() as database:
            database.execute(delete(RESULTS).where(mine))
            database.execute(insert(RESULTS).values(**row))

    def results(self, run: str) -> dict[str, Result]:
        """Name → result of a run so far."""
        wanted = select(RESULTS.c.result).where(RESULTS.c.run == run)
        with self._engine.connect() as database:
            rows = [
                Result.from_json(json.loads(r.result)) for r in database.execute(wanted)
            ]
        return {result.name: result for result in sorted(rows, key=lambda r: r.name)}

    def latest(self, name: str) -> Result | None:
        """What was last written to this place, in any run."""
        wanted = select(RESULTS.c.result)
        wanted = wanted.where(RESULTS.c.place == f"{self._place}/{name}")
        wanted = wanted.order_by(RESULTS.c.finished.desc()).limit(1)
        with self._engine.connect() as database:
            row = database.execute(wanted).first()
        return None if row is None else Result.from_json(json.loads(row.result))

    def close(self) -> None:
        self._engine.dispose()


def _with_driver(url: str) -> str:
    """PostgreSQL through psycopg 3, where the URL names no driver."""
    scheme, mark, rest = url.partition("://")
    postgresql = scheme in {"postgresql", "postgres"}
    return f"postgresql+psycopg{mark}{rest}" if postgresql else url


def _printable(text: str) -> str:
    """No database keeps a NUL in a text."""
    return text.replace("\0", "\\0")


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
