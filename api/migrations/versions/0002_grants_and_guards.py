"""Who may touch what: least privilege per role, an append-only ledger and audit chain, monthly partitions."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = ("stock_movements", "audit_intents", "audit_entries", "supplier_product_prices", "purchase_order_receipts")

PARTITIONS = """
create function ensure_movement_partitions(p_from date, p_until date) returns integer
language plpgsql security definer set search_path = public as $$
-- Monthly partitions by the time inside the UUIDv7 key: 48 bits of Unix milliseconds, then version and variant bits.
declare
    v_month date := date_trunc('month', p_from)::date;
    v_name text;
    v_made integer := 0;
begin
    while v_month <= p_until loop
        v_name := 'stock_movements_' || to_char(v_month, 'YYYY_MM');
        if to_regclass(v_name) is null then
            execute format('create table %I partition of stock_movements for values from (%L) to (%L)',
                           v_name, uuidv7_floor(v_month), uuidv7_floor((v_month + interval '1 month')::date));
            v_made := v_made + 1;
        end if;
        v_month := (v_month + interval '1 month')::date;
    end loop;
    return v_made;
end $$
"""

NOTE_INTENTS = """
create function note_unsealed_intents() returns trigger language plpgsql as $$
begin
    insert into audit_unsealed (intent_id) select id from written;
    return null;
end $$
"""

FLOOR = """
create function uuidv7_floor(p_day date) returns uuid language sql immutable strict as $$
    select (lpad(to_hex((extract(epoch from p_day::timestamp at time zone 'UTC') * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$
"""


def upgrade() -> None:
    op.execute(
        """
        create function refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception '% is append-only: correct it by a reversal and a new row', tg_table_name
                using errcode = 'restrict_violation';
        end $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(f"create trigger append_only before update or delete on {table} for each row execute function refuse_change()")
        op.execute(f"create trigger no_truncate before truncate on {table} for each statement execute function refuse_change()")

    op.execute(NOTE_INTENTS)
    op.execute(
        "create trigger note_unsealed after insert on audit_intents referencing new table as written "
        "for each statement execute function note_unsealed_intents()"
    )

    op.execute("grant usage on schema public to stockpot_app, stockpot_pipeline")
    op.execute("grant select, insert, update, delete on all tables in schema public to stockpot_app")
    op.execute("grant usage on all sequences in schema public to stockpot_app")
    for table in APPEND_ONLY:
        op.execute(f"revoke update, delete on {table} from stockpot_app")
    op.execute("revoke insert, update, delete on alembic_version from stockpot_app")  # read by /readyz
    # The pipeline reads facts, never credentials or sessions.
    op.execute("grant select on all tables in schema public to stockpot_pipeline")
    op.execute("revoke select on users, sessions, refresh_tokens, idempotency_keys, supplier_contacts, notifications from stockpot_pipeline")
    op.execute("revoke create on schema public from public")
    op.execute("revoke all on schema public from analyst")

    # Partitions come after the grants: rows are reached through the parent alone.
    op.execute(FLOOR)
    op.execute(PARTITIONS)
    op.execute("create table stock_movements_default partition of stock_movements default")
    op.execute(
        "select ensure_movement_partitions((current_date - interval '14 months')::date, (current_date + interval '3 months')::date)"
    )
    op.execute("revoke execute on function ensure_movement_partitions(date, date) from public")
    op.execute("grant execute on function ensure_movement_partitions(date, date) to stockpot_app")


def downgrade() -> None:
    for role in ("stockpot_app", "stockpot_pipeline"):
        op.execute(f"revoke all on all tables in schema public from {role}")
        op.execute(f"revoke all on all sequences in schema public from {role}")
    op.execute("drop function ensure_movement_partitions(date, date) cascade")
    op.execute(
        """
        do $$ declare r record; begin
            for r in select inhrelid::regclass as name from pg_inherits where inhparent = 'stock_movements'::regclass loop
                execute format('drop table %s', r.name);
            end loop;
        end $$
        """
    )
    op.execute("drop function uuidv7_floor(date)")
    op.execute("drop function note_unsealed_intents() cascade")
    op.execute("drop function refuse_change() cascade")
