"""The tables of the ledger, for SQLite and PostgreSQL alike.

Moments are milliseconds since 1970, by the ledger's own clock. On PostgreSQL the tables
have a schema of their own, since whatever lies in Supabase's `public` is served to
browsers.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

#: Raised with each change of the tables, which then need a migration.
LAYOUT = 1
POSTGRES_SCHEMA = "melotech_mailer"

metadata = MetaData()

#: One row says which layout the others have.
layout = Table(
    "layout",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
)

#: Every status change that was heard of, `place` in the order of their arrival. The
#: version and what two webhooks of one change have in common: shared.versions and
#: shared.same_change. A sequence may have more digits than 64 bits hold.
changes = Table(
    "changes",
    metadata,
    Column("place", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("submission_id", Text, nullable=False),
    Column("status", Text),
    Column("status_before", Text),
    Column("sequence", Text),
    Column("updated_at", BigInteger),
    Column("deleted", Boolean, nullable=False),
    Column("fingerprint", Text),
    Column("told_at", BigInteger),
    Column("seen_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Index("changes_by_submission", "submission_id", "place"),
    Index("changes_by_age", "seen_at"),
)

#: A claim for each mail: made before Mailgun is called, settled after its answer.
mails = Table(
    "mails",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("submission_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("message_id", Text, nullable=False),
    Column("mailgun_id", Text),
    Index("mails_by_submission", "submission_id"),
    Index("mails_by_state", "state"),
)

#: What Mailgun told of a mail, `id` the event's, which is told more than once.
outcomes = Table(
    "outcomes",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("severity", Text),
    Column("reason", Text),
    Column("time", Text, nullable=False),
    UniqueConstraint("id"),
    Index("outcomes_by_cause", "cause"),
)

#: Addresses, by their keys, that must get no more mails, and why.
suppressions = Table(
    "suppressions",
    metadata,
    Column("recipient_key", Text, primary_key=True),
    Column("masked", Text),
    Column("reason", Text, nullable=False),
    Column("cause", Text),
    Column("since", BigInteger, nullable=False),
)
