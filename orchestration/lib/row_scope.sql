-- Who reads marts sees the rows of the locations in the claim that they show, and nobody can make a claim but this code.
-- A claim reads expiry.reader.locations.mac: seconds since 1970, who it is for, location ids with commas or `*` for
-- everywhere, and HMAC-SHA256 (RFC 2104) of what stands before it. Run by the owner of the marts at each publishing.

create schema if not exists row_scope;

create table if not exists row_scope.keys (
    is_only boolean primary key default true check (is_only),
    inner_key bytea not null check (length(inner_key) = 64), -- the key xor 0x36, as HMAC wants it: there is no xor of bytea
    outer_key bytea not null check (length(outer_key) = 64)
);

create or replace function row_scope.mac(p_said text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select encode(sha256(outer_key || sha256(inner_key || convert_to(p_said, 'UTF8'))), 'hex') from row_scope.keys
$$;

-- For the role analyst, who reads everything and may therefore hand out less: a claim of five minutes at most.
create or replace function row_scope.issue(p_reader uuid, p_locations uuid[], p_seconds integer) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_until bigint := ceil(extract(epoch from clock_timestamp())) + least(greatest(p_seconds, 1), 300);
    v_where text := coalesce(array_to_string(p_locations, ','), '*'); -- null is everywhere, an empty list is nowhere
    v_said text := concat_ws('.', v_until, p_reader, v_where);
begin
    return v_said || '.' || row_scope.mac(v_said);
end $$;

-- The locations as they stand in the session's claim; null where there is none, a forged one or one that has ended.
create or replace function row_scope.claimed() returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_part text[] := string_to_array(current_setting('stockpot.reader', true), '.');
begin
    if cardinality(v_part) is distinct from 4 then
        return null;
    end if;
    if sha256(convert_to(v_part[4], 'UTF8'))
        is distinct from sha256(convert_to(row_scope.mac(array_to_string(v_part[1:3], '.')), 'UTF8')) then
        return null;
    end if;
    return case when v_part[1]::bigint > extract(epoch from clock_timestamp()) then v_part[3] end;
end $$;

create or replace function row_scope.is_everywhere() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(row_scope.claimed() = '*', false)
$$;

create or replace function row_scope.locations() returns uuid[]
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(string_to_array(nullif(row_scope.claimed(), '*'), ','), '{}')::uuid[]
$$;

-- What a reader calls first in a transaction; the claim ends with it.
create or replace function row_scope.open(p_claim text) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    perform set_config('stockpot.reader', p_claim, true);
    if row_scope.claimed() is null then
        raise exception 'this right to read is not valid, or has ended'
            using errcode = 'invalid_authorization_specification';
    end if;
end $$;

revoke all on all functions in schema row_scope from public;
revoke all on row_scope.keys from public;
grant usage on schema row_scope to analyst, stockpot_reader;
grant execute on function row_scope.issue(uuid, uuid[], integer) to analyst;
grant execute on function row_scope.claimed(), row_scope.is_everywhere(), row_scope.locations(), row_scope.open(text)
to stockpot_reader;
grant execute on function row_scope.is_everywhere() to analyst; -- a view that asks it is asked by both
