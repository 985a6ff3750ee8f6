"""Count sheets, their lines and who counted."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# In the order in which they reference each other.
TABLES = (
    """
    create table counts (
        id uuid not null default uuidv7(),
        number text not null default 'CNT-' || lpad(nextval('count_numbers')::text, 6, '0'),
        location_id uuid not null,
        status text not null default 'counting',
        is_blind boolean not null default true,
        note text,
        created_by uuid not null,
        created_at timestamptz not null default clock_timestamp(),
        submitted_by uuid, submitted_at timestamptz,
        posted_by uuid, posted_at timestamptz,
        cancelled_by uuid, cancelled_at timestamptz,
        version bigint not null default 1,
        constraint pk_counts primary key (id),
        constraint uq_counts_number unique (number),
        constraint ck_counts_status check (status in ('counting', 'submitted', 'posted', 'cancelled')),
        constraint fk_counts_location_id foreign key (location_id) references locations (id)
    )
    """,
    """
    create table count_areas (
        id uuid not null default uuidv7(),
        count_id uuid not null,
        area_id uuid,
        constraint pk_count_areas primary key (id),
        constraint uq_count_areas_count_id_area_id unique nulls not distinct (count_id, area_id),
        constraint fk_count_areas_count_id foreign key (count_id) references counts (id) on delete cascade,
        constraint fk_count_areas_area_id foreign key (area_id) references storage_areas (id)
    )
    """,
    """
    create table count_items (
        id uuid not null default uuidv7(),
        count_id uuid not null,
        item_id uuid not null,
        position integer not null,
        is_found boolean not null default false,
        round integer not null default 1,
        measured_at timestamptz,
        expected numeric(18, 6), counted numeric(18, 6), variance numeric(18, 6), variance_value numeric(18, 6),
        movement_id uuid,
        constraint pk_count_items primary key (id),
        constraint uq_count_items_count_id_item_id unique (count_id, item_id),
        constraint ck_count_items_result_is_whole check (num_nonnulls(measured_at, expected, counted, variance) in (0, 4)),
        constraint ck_count_items_variance_adds_up check (variance = counted - expected),
        constraint fk_count_items_count_id foreign key (count_id) references counts (id) on delete cascade,
        constraint fk_count_items_item_id foreign key (item_id) references inventory_items (id)
    )
    """,
    """
    create table count_lines (
        id uuid not null,
        count_id uuid not null,
        count_item_id uuid not null,
        round integer not null,
        entries jsonb not null,
        quantity numeric(18, 6) not null,
        counted_at timestamptz not null,
        counted_by uuid not null,
        device_id text,
        note text,
        is_withdrawn boolean not null default false,
        recorded_at timestamptz not null default clock_timestamp(),
        updated_at timestamptz not null default clock_timestamp(),
        content bytea not null,
        version bigint not null default 1,
        constraint pk_count_lines primary key (id),
        constraint ck_count_lines_not_negative check (quantity >= 0),
        constraint ck_count_lines_id_is_uuidv7 check (uuid_extract_version(id) is not distinct from 7),
        constraint fk_count_lines_count_id foreign key (count_id) references counts (id) on delete cascade,
        constraint fk_count_lines_count_item_id foreign key (count_item_id) references count_items (id) on delete cascade
    )
    """,
    """
    create table count_recounts (
        id uuid not null default uuidv7(),
        count_item_id uuid not null,
        round integer not null,
        reason text,
        asked_by uuid not null,
        asked_at timestamptz not null default clock_timestamp(),
        constraint pk_count_recounts primary key (id),
        constraint uq_count_recounts_count_item_id_round unique (count_item_id, round),
        constraint fk_count_recounts_count_item_id foreign key (count_item_id) references count_items (id) on delete cascade
    )
    """,
    """
    create table shelf_positions (
        item_id uuid not null,
        position integer not null,
        constraint pk_shelf_positions primary key (item_id),
        constraint fk_shelf_positions_item_id foreign key (item_id) references inventory_items (id) on delete cascade
    )
    """,
)
NAMES = ("counts", "count_areas", "count_items", "count_lines", "count_recounts", "shelf_positions")

INDEXES = (
    "create index ix_counts_location_id_created_at on counts (location_id, created_at)",
    "create index ix_count_items_item_id_measured_at on count_items (item_id, measured_at)",
    "create index ix_count_lines_count_item_id on count_lines (count_item_id)",
    "create index ix_count_lines_count_id on count_lines (count_id)",
)

# What was posted stays as it was: its undo is the reversal of its movements.
KEEP = (
    """
    create function keep_posted_counts() returns trigger language plpgsql as $$
    begin
        if old.status = 'posted' then
            raise exception 'count % is posted: undo it by reversing its movements', old.number
                using errcode = 'restrict_violation';
        end if;
        if tg_op = 'DELETE' then
            return old;
        end if;
        return new;
    end $$
    """,
    """
    create function keep_lines_of_posted_counts() returns trigger language plpgsql as $$
    declare
        v_count uuid := case tg_op when 'INSERT' then new.count_id else old.count_id end;
    begin
        if exists (select from counts c where c.id = v_count and c.status = 'posted') then
            raise exception 'count % is posted: undo it by reversing its movements', v_count
                using errcode = 'restrict_violation';
        end if;
        if tg_op = 'DELETE' then
            return old;
        end if;
        return new;
    end $$
    """,
    "create trigger keep_posted before update or delete on counts for each row execute function keep_posted_counts()",
    "create trigger keep_posted before insert or update or delete on count_items "
    "for each row execute function keep_lines_of_posted_counts()",
    "create trigger keep_posted before insert or update or delete on count_lines "
    "for each row execute function keep_lines_of_posted_counts()",
)


def upgrade() -> None:
    op.execute("create sequence count_numbers")
    for statement in (*TABLES, *INDEXES, *KEEP):
        op.execute(statement)
    for name in NAMES:
        op.execute(f"grant select, insert, update on {name} to stockpot_app")
        op.execute(f"grant select on {name} to stockpot_pipeline")
    op.execute("grant usage on sequence count_numbers to stockpot_app")


def downgrade() -> None:
    for name in reversed(NAMES):
        op.execute(f"drop table {name}")
    op.execute("drop function keep_lines_of_posted_counts()")
    op.execute("drop function keep_posted_counts()")
    op.execute("drop sequence count_numbers")
