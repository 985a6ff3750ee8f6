"""Sealing and verifying the trail."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy.orm import Session

from api.audit.record import record
from api.audit.sealer import seal
from api.audit.verify import verify


class TestSeal:
    def test_every_committed_act_has_one_entry_and_a_rolled_back_one_none(self, engine, act, seal_all, connection):
        act(3)
        with Session(engine) as session:
            record(session, actor_id=None, action="test.undone", subject_type="test")
            session.flush()
            session.rollback()
        act(2)
        assert seal_all() == 5
        rows = connection.execute("select sequence, content from audit_entries order by sequence").fetchall()
        assert [row[0] for row in rows] == [1, 2, 3, 4, 5]
        assert not any("test.undone" in row[1] for row in rows)
        assert seal_all() == 0

    def test_a_slow_transaction_with_an_earlier_id_is_sealed_once_it_commits(self, engine, act, seal_all, connection):
        slow = Session(engine)
        record(slow, actor_id=None, action="test.slow", subject_type="test")
        slow.flush()
        act(4)
        assert seal_all() == 4
        slow.commit()
        slow.close()
        assert seal_all() == 1
        rows = connection.execute("select sequence, intent_id from audit_entries order by sequence").fetchall()
        assert rows[-1][0] == 5
        assert rows[-1][1] < rows[0][1]
        assert verify(connection).ok

    def test_sealers_take_turns_and_leave_neither_gap_nor_fork(self, engine, act, seal_all, connection):
        act(60)
        start = threading.Barrier(4)

        def work() -> None:
            start.wait()
            for _ in range(20):
                with Session(engine) as session, session.begin():
                    seal(session, 5)

        sealers = [threading.Thread(target=work) for _ in range(4)]
        for sealer in sealers:
            sealer.start()
        for sealer in sealers:
            sealer.join()
        seal_all()  # whoever found another at work went away with nothing
        report = verify(connection)
        assert (report.ok, report.entries, report.waiting) == (True, 60, 0)


class TestVerify:
    def test_an_untouched_trail_is_whole_and_names_its_head(self, act, seal_all, connection):
        act(10)
        seal_all()
        act(1)
        report = verify(connection)
        assert report.ok
        assert (report.entries, report.waiting) == (10, 1)
        head = connection.execute("select hash from audit_entries where sequence = 10").fetchone()[0]
        assert report.head == head.hex()

    @pytest.mark.parametrize(
        ("tampering", "first_bad", "reason"),
        [
            (
                "update audit_entries set content = replace(content, 'brûlée', 'brulee') where sequence = 4",
                4,
                "content",
            ),
            ("update audit_entries set hash = sha256('x') where sequence = 4", 4, "content"),
            ("delete from audit_entries where sequence = 4", 4, "missing"),
            ("update audit_entries set sequence = sequence + 100 where sequence > 6", 7, "missing"),
            ("delete from audit_entries where sequence > 6", 7, "lost their entries"),
            ("update audit_intents set action = 'test.forged' where id = 5", 5, "changed"),
            ("update audit_intents set details = details || '{\"n\": 99}' where id = 5", 5, "changed"),
            ("delete from audit_intents where id = 5", 5, "deleted"),
            (
                (
                    "update audit_entries e set content = o.content, hash = o.hash, intent_id = -o.intent_id "
                    "from audit_entries o where e.sequence in (2, 3) and o.sequence = 5 - e.sequence"
                ),
                2,
                "content",
            ),
        ],
    )
    def test_tampering_is_named_at_its_first_entry(
        self, act, seal_all, connection, superuser, tampering, first_bad, reason
    ):
        act(10)
        seal_all()
        superuser.execute(tampering)
        report = verify(connection)
        assert not report.ok
        assert report.first_bad_sequence == first_bad
        assert reason in report.reason


class TestGuards:
    @pytest.mark.parametrize("table", ["audit_entries", "audit_intents"])
    @pytest.mark.parametrize("statement", ["update {} set {} = {}", "delete from {}", "truncate {}"])
    def test_the_application_role_cannot_change_the_trail(self, connection, act, seal_all, table, statement):
        import psycopg

        act(1)
        seal_all()
        column = "sequence" if table == "audit_entries" else "action"
        with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)):
            connection.execute(statement.format(table, column, column))
