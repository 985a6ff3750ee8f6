{#- What each model reads, from the project's own graph, so that a reader sees where a figure comes from. -#}
{%- set steps = [] -%}
{%- if execute -%}
    {%- for node in graph.nodes.values() if node.resource_type in ('model', 'snapshot') and node.package_name == project_name -%}
        {%- for parent_id in node.depends_on.nodes -%}
            {%- set parent = graph.nodes.get(parent_id) or graph.sources.get(parent_id) -%}
            {%- if parent and parent.resource_type in ('model', 'source', 'snapshot') -%}
                {%- do steps.append((node, parent)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endif -%}

with steps as (
    {% for child, parent in steps %}
        select
            cast('{{ child.schema ~ "." ~ child.name if child.resource_type == "source" else child.name }}' as text) as child,
            cast('{{ child.fqn[1] if child.resource_type == "model" else child.resource_type }}' as text) as child_kind,
            cast('{{ parent.schema ~ "." ~ parent.name if parent.resource_type == "source" else parent.name }}' as text) as parent,
            cast('{{ parent.fqn[1] if parent.resource_type == "model" else parent.resource_type }}' as text) as parent_kind,
            cast('{{ (child.description or "") | trim | replace("'", "''") }}' as text) as description
        {{ "union all" if not loop.last }}
    {% else %}
        select
            cast('' as text) as child,
            cast('' as text) as child_kind,
            cast('' as text) as parent,
            cast('' as text) as parent_kind,
            cast('' as text) as description
        where false
    {% endfor %}
),

final as (
    select
        child,
        child_kind,
        parent,
        parent_kind,
        description,
        {{ load_id() }} as load_id
    from steps
)

select * from final
