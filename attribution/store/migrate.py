"""Bringing a store to this version's form: forward only, each step whole or not at all."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from attribution.errors import StoreError
from attribution.store.engine import reading, writing

_HERE = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def newest_revision() -> str:
    """Return the form that this version reads and writes."""
    head = _scripts().get_current_head()
    if head is None:
        raise StoreError("this installation has no migrations; install it again")
    return head


def revision_of(connection: Connection) -> str | None:
    """Return a store's form; None for an empty database. Raises StoreError for a foreign one."""
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" not in tables:
        if tables:
            named = ", ".join(sorted(tables)[:3])
            raise StoreError(
                f"the database holds something else ({named}, …) and is left alone. Name "
                "another one."
            )
        return None
    return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: Engine, to: str | None = None) -> tuple[str | None, str]:
    """Bring a store forward, one revision a transaction; return (before, after). Raises StoreError
    for a newer store.
    """
    scripts, target = _scripts(), to or newest_revision()
    known = {script.revision for script in scripts.walk_revisions()}
    with reading(engine) as connection:
        before = revision_of(connection)
    if before is not None and before not in known:
        raise StoreError(
            f"the store has the form {before!r}, which this version does not know: a newer one "
            "wrote it. Use that version."
        )
    if before == target:
        return before, target
    while True:
        with writing(engine) as connection:
            at = revision_of(connection)
            if at == target:
                return before, target
            _one_step(connection, scripts, at, target)


def _one_step(
    connection: Connection, scripts: ScriptDirectory, at: str | None, target: str
) -> None:
    """Run the next revision after `at`, in the transaction that is open."""
    steps = [script.revision for script in scripts.iterate_revisions(target, at or "base")]
    following = steps[-1]

    def upgrade(revision: object, context: MigrationContext) -> list[object]:
        return list(scripts._upgrade_revs(following, revision))  # type: ignore[arg-type]

    with EnvironmentContext(
        _config(), scripts, fn=upgrade, destination_rev=following
    ) as environment:
        environment.configure(connection=connection, transactional_ddl=False)
        environment.run_migrations()
