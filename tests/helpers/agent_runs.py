# ruff: noqa: E501 - tools write long lines
"""Transcripts of agents, with tool outputs: web research, a failing build, a migration."""

from typing import Any

from litemem import Memory
from litemem.extraction import run_document

RUN = {"agent_id": "ops", "run_id": "r1"}
Chat = list[dict[str, str]]


def add(memory: Memory, messages: Chat, **more: Any) -> dict[str, Any]:
    ids = more or RUN
    (result,) = memory.add(messages, memory_type="procedural_memory", **ids)["results"]
    return dict(result)


def section(text: str, name: str) -> list[str]:
    entries: tuple[str, ...] = getattr(run_document.from_markdown(text), name)
    return list(entries)


def chat(*said: str) -> Chat:
    """Read "role: content" texts as messages."""
    return [dict(zip(("role", "content"), text.split(": ", 1), strict=True)) for text in said]


RESEARCH = chat(
    "system: You are a purchasing assistant. Compare offers, cite every source.",
    "user: Find a quiet heat pump for a 140 m2 house in Graz, at most 12,000 EUR with installation.",
    "assistant: I'll start with the national test database.",
    'tool: GET https://klima-test.example/db?class=air-water&max_db=50 -> 200 OK\n{"count": 23}',
    "assistant: 23 models are at or below 50 dB. I'll filter those with at least 8 kW.",
    "tool: GET https://klima-test.example/db?class=air-water&max_db=50&min_kw=8 -> 200 OK\n"
    "Norvik A9: 8.4 kW, 46 dB, SCOP 4.7\nTerrano 10S: 9.8 kW, 49 dB, SCOP 4.4\n"
    "Helio Q8: 8.1 kW, 44 dB, SCOP 4.1",
    "assistant: Three candidates remain: Norvik A9, Terrano 10S and Helio Q8. Now prices.",
    "tool: GET https://preise.example/search?q=norvik+a9 -> 403 Forbidden (bot check)",
    "assistant: The price portal blocks me with a 403. I'll use the makers' dealer lists instead.",
    "tool: GET https://norvik.example/dealers/graz.pdf -> 200 OK\n"
    "Installateur Moser, Norvik A9 installed 11,450 EUR, delivery 6 weeks",
    "tool: GET https://terrano.example/at/preise -> 200 OK\nTerrano 10S installed from 12,900 EUR",
    "tool: GET https://helio.example/partner -> 200 OK\nHelio Q8 installed 10,200 EUR, delivery 14 weeks",
    "assistant: The Terrano is over the budget at 12,900 EUR, so I drop it.",
    "user: We need it before winter, 14 weeks is too long. Is there a subsidy?",
    "tool: GET https://foerderung.example/stmk/waermepumpe -> 200 OK\n"
    "Raus aus Oel: up to 7,500 EUR, application before the order is placed",
    "assistant: I recommend the Norvik A9: 46 dB, SCOP 4.7, 11,450 EUR installed by Installateur "
    "Moser, delivery 6 weeks. The subsidy of up to 7,500 EUR has to be applied for before ordering. "
    "Still open: ask Moser for a written offer, and file the application.",
)

BUILD = chat(
    "user: The nightly build of ledger-api fails since yesterday. Find out why and fix it.",
    "assistant: I'll look at the last log.",
    "tool: $ gh run view 88213 --log-failed\n"
    "step 7 cargo test --workspace\n   Compiling ledger-core v0.14.2\n   Compiling ledger-api v0.9.0\n"
    "error[E0308]: mismatched types\n  --> crates/api/src/rates.rs:112:21\n"
    "   | expected `Decimal`, found `f64`\nerror: could not compile `ledger-api`",
    "assistant: The error is E0308 in crates/api/src/rates.rs line 112. I check what changed.",
    "tool: $ git log --oneline -3 -- Cargo.lock\n9c41e7d bump fxfeed 2.3.1 -> 3.0.0\n1b0aa52 rustls\nee01f3a serde",
    "assistant: Commit 9c41e7d raised fxfeed from 2.3.1 to 3.0.0, which returns f64 now.",
    "assistant: I first try to pin fxfeed to 2.3.1.",
    "tool: $ cargo update -p fxfeed --precise 2.3.1\nerror: failed to select a version for `fxfeed`\n"
    'required by package `ledger-risk v0.3.5` : fxfeed = "^3.0"',
    "assistant: Pinning does not work: ledger-risk 0.3.5 needs fxfeed 3. I convert the value instead.",
    "tool: edited crates/api/src/rates.rs: Decimal::from_f64_retain(rate).ok_or(RateError::Invalid)?",
    "tool: $ cargo test --workspace\ntest result: FAILED. 411 passed; 1 failed\n"
    "rates::rounding: left: 1.0834999 right: 1.0835",
    "assistant: One test fails: rates::rounding. The conversion keeps binary noise; I round to 6 places.",
    "tool: edited crates/api/src/rates.rs: .round_dp(6)",
    "tool: $ cargo test --workspace\ntest result: ok. 412 passed; 0 failed; finished in 38.52s",
    "assistant: All 412 tests pass. I pushed the fix and opened a pull request.",
    "tool: $ gh pr create\nhttps://git.example/bank/ledger-api/pull/641",
    "user: Good. Should we tell the fxfeed people?",
    "assistant: Yes. I have not reported it to fxfeed yet; and the PR waits for a review by Dana.",
)

MIGRATION = chat(
    "user: Move the customer table from the old MySQL server to Postgres. No downtime in office hours.",
    "assistant: I'll count first, then copy into a staging table and compare.",
    "tool: mysql> SELECT count(*) FROM customers;\n48213",
    "tool: mysql> SHOW CREATE TABLE customers;\n`email` varchar(190) COLLATE latin1_swedish_ci, `vat` char(14)",
    "assistant: 48213 rows; the texts are latin1, so they have to be converted to UTF-8.",
    "user: Fine. Keep the old ids.",
    "assistant: Decision: the old ids stay the primary key.",
    "tool: $ pgloader /opt/migrate/customers.load\nrows read 48213, imported 48197, errors 16\n"
    "reject file: /var/tmp/pgloader/customers.dat",
    "assistant: 16 rows were rejected. I look at the reject file.",
    "tool: $ head -3 /var/tmp/pgloader/customers.log\n"
    'ERROR 22021 invalid byte sequence for encoding "UTF8": 0xfc\nCONTEXT: COPY customers, line 731',
    "assistant: They hold byte 0xfc, which is latin1. I set the encoding in the load file.",
    "tool: edited /opt/migrate/customers.load: WITH encoding 'latin1'",
    "tool: $ pgloader /opt/migrate/customers.load\nrows read 48213, imported 48213, errors 0\ntotal 41.7s",
    "assistant: All 48213 rows are in. Now the checksums.",
    "tool: $ python /opt/migrate/compare.py --table customers\nchecksum mysql 5f2c9e11 checksum pg 5f2c9e11 OK",
    "assistant: The checksums agree: 5f2c9e11 on both sides.",
    "assistant: I'll switch the application at 19:30, after office hours.",
    "tool: $ kubectl set env deploy/crm DB_URL=postgres://pg-01.internal:5432/crm\ndeployment.apps/crm env updated",
    "assistant: The crm deployment uses postgres://pg-01.internal:5432/crm since 19:30.",
    "user: Great. Leave MySQL running for a week.",
    "assistant: MySQL stays read-only until 28 November. Still to do: drop the old table then, and "
    "move the nightly backup job to Postgres.",
)

MORE_MIGRATION = chat(
    "user: Please go on: the backup job.",
    "tool: $ crontab -l\n15 2 * * * /opt/backup/mysql_dump.sh",
    "assistant: The job runs mysql_dump.sh at 2:15. I write a pg_dump version.",
    "tool: wrote /opt/backup/pg_dump.sh",
    "tool: $ /opt/backup/pg_dump.sh\npg_dump: error: permission denied for schema audit",
    "assistant: The backup user may not read the schema audit. I grant it.",
    "tool: $ psql -c 'GRANT USAGE ON SCHEMA audit TO backup'\nGRANT",
    "tool: $ /opt/backup/pg_dump.sh\nwrote /backup/crm-2025-11-21.dump (212 MB)",
    "assistant: The backup to /backup/crm-2025-11-21.dump works, 212 MB, and the nightly job is moved "
    "to Postgres. The old table can still only be dropped on 28 November.",
)
