with source as (
    select * from {{ raw_table('supplier_catalogs', 'prices') }}
),

final as (
    select
        cast(row_id as text) as supplier_price_id,
        cast(supplier_id as uuid) as supplier_id,
        cast(supplier_code as text) as supplier_code,
        cast(supplier_sku as text) as supplier_sku,
        cast(name as text) as name,
        cast(gtin as text) as gtin,
        cast(price as numeric(18, 6)) as list_price,
        cast(price_quantity as numeric(18, 6)) as price_quantity,
        cast(currency as text) as currency,
        cast(valid_from as date) as valid_from,
        cast(is_dated as boolean) as is_dated,
        cast(valid_until as date) as valid_until,
        cast(pack_units as numeric(18, 6)) as pack_units,
        cast(pack_quantity as numeric(18, 6)) as pack_quantity,
        cast(pack_unit as text) as pack_unit,
        cast(is_offered as boolean) as is_offered,
        cast(loaded_at as timestamptz) as loaded_at
    from source
)

select * from final
