{#-
    Incremental models rewrite what is new and nothing else. Each remembers how far it has read what it is built from:
    rows of an incremental model carry `built_at`, the moment of the transaction that wrote them, and the reader keeps the
    newest one it has seen in `intermediate.built_until`, in the transaction in which it writes its own rows. A run that
    dies between two models is therefore made good by the next.
-#}
{% macro create_built_until() -%}
    create schema if not exists intermediate;
    create table if not exists intermediate.built_until (model text primary key, until timestamptz not null)
{%- endmacro %}

{#- How far this model has read: a literal, because the planner takes a subquery's answer for a third of the table. -#}
{% macro built_until() -%}
    {%- set known = none -%}
    {%- if execute and is_incremental() -%}
        {%- set query -%}
            select cast(until as text) from intermediate.built_until where model = '{{ this.name }}'
        {%- endset -%}
        {%- set known = run_query(query).columns[0].values() | first -%}
    {%- endif -%}
    cast('{{ known or "-infinity" }}' as timestamptz)
{%- endmacro %}

{#- Remember how far this model has now read: the newest `moment` of the rows of `relation`. -#}
{% macro remember(relation, moment='built_at', condition='true') -%}
    insert into intermediate.built_until (model, until)
    select '{{ this.name }}', max({{ moment }}) from {{ relation }} where {{ condition }} having max({{ moment }}) is not null
    on conflict (model) do update set until = greatest(excluded.until, built_until.until)
{%- endmacro %}

{#- The keys of rows that are new in `relation` since this model was built last. -#}
{% macro touched(relation, keys) -%}
    select distinct {{ keys | join(', ') }} from {{ relation }} where built_at > {{ built_until() }}
{%- endmacro %}

{#- Before rows of touched keys are written anew, the old ones go: some may have none any more. -#}
{% macro forget_touched(relation, keys) -%}
    {%- if is_incremental() -%}
    delete from {{ this }} as known using ({{ touched(relation, keys) }}) as touched
    where {% for name in keys %}known.{{ name }} = touched.{{ name }}{{ ' and ' if not loop.last }}{% endfor %}
    {%- endif -%}
{%- endmacro %}

{#- The rows of `relation` on the days of products with new movements; at first all of them. -#}
{% macro of_touched_days(relation) -%}
    {%- if not is_incremental() -%}
    {{ relation }}
    {%- else -%}
    {%- set day = ['location_id', 'product_id', 'business_day'] -%}
    (
        select own.* from {{ relation }} as own
        inner join ({{ touched(ref('int_movement_legs'), day) }}) as touched
            on {% for name in day %}own.{{ name }} = touched.{{ name }}{{ ' and ' if not loop.last }}{% endfor %}
    )
    {%- endif -%}
{%- endmacro %}

{#- Before the days of each product from a start on (`starts`: location_id, product_id, from_day) are written anew, those that were written go. -#}
{% macro forget_from(starts) -%}
    {%- if is_incremental() -%}
    delete from {{ this }} as known using ({{ starts }}) as starts
    where
        known.location_id = starts.location_id
        and known.product_id = starts.product_id
        and known.business_day >= starts.from_day
    {%- endif -%}
{%- endmacro %}

{#- The earliest new day of each product at each location since this model was built last. -#}
{% macro first_new_days() -%}
    select location_id, product_id, min(business_day) as from_day
    from {{ ref('int_movement_legs') }}
    where built_at > {{ built_until() }}
    group by location_id, product_id
{%- endmacro %}

{#-
    A lateral subquery: the rows of `relation` for a row of `of`, of its location and product, on the days that `on_days` says.
    A few by their index, however long the past is: the offset keeps the planner from reading the relation whole for a join.
-#}
{% macro rows_of(relation, of, on_days, also=[]) -%}
    lateral (
        select * from {{ relation }} as own
        where
            {% for name in ['location_id', 'product_id'] + also -%} own.{{ name }} = {{ of }}.{{ name }} and {% endfor -%}
            own.business_day {{ on_days }}
        offset 0
    )
{%- endmacro %}

{#- The newest movements are found by this index; it is of blocks, so it costs the load next to nothing. -#}
{% macro index_by_recorded_at(relation) -%}
    {%- if execute and target.type == 'postgres' and load_relation(relation) is not none -%}
        create index if not exists {{ relation.identifier }}_recorded_at on {{ relation }} using brin (recorded_at)
    {%- endif -%}
{%- endmacro %}

{#-
    Strategy `since`: for each key (`since_keys`) that has new rows, every old row from the first of them on (by
    `since_column`) is replaced; what lies before stays untouched.
-#}
{% macro get_incremental_since_sql(arg_dict) -%}
    {%- set target, new = arg_dict['target_relation'], arg_dict['temp_relation'] -%}
    {%- set keys, column = config.require('since_keys'), config.require('since_column') -%}
    {%- set names = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ target }} as known
    using (
        select {{ keys | join(', ') }}, min({{ column }}) as since from {{ new }} group by {{ keys | join(', ') }}
    ) as rewritten
    where
        {% for name in keys -%} known.{{ name }} = rewritten.{{ name }} and {% endfor -%}
        known.{{ column }} >= rewritten.since;

    insert into {{ target }} ({{ names }}) select {{ names }} from {{ new }}
{%- endmacro %}
