"""What a kind of import is: how its files are mapped, and the statements that judge and load its rows."""

from __future__ import annotations

from dataclasses import dataclass

from api.imports.mapping import ProductMapping, SupplierProductMapping


@dataclass(frozen=True)
class Kind:
    """One kind of import.

    `judge` gives every readable row its verdict, and a new one the id that it will have; `packs` lists the pack of each
    row that may be loaded, with what its product converts; `load` is run in order. Parameters: `import_id`, `line`
    (null: every row), `defaults` (JSON), `supplier_id`, `actor_id`. A row that was loaded is never touched again.
    """

    name: str
    scope: str
    mapping: type[ProductMapping | SupplierProductMapping]
    judge: str
    packs: str
    load: tuple[str, ...]


AUDIT = """
insert into audit_intents (actor_id, action, subject_type, subject_id, details, request_id)
select cast(:actor_id as uuid),
       '{subject}.' || case r.verdict when 'new' then 'created' else 'edited' end, '{subject}', r.target_id,
       jsonb_build_object('import_id', r.import_id, 'line', r.line, 'fields', to_jsonb(r.changes)), :request_id
  from import_rows r
 where r.import_id = :import_id and r.applied_at is null and r.verdict in ('new', 'changed')
"""

GIVE_VERDICTS = """, verdicts as (
    select line, product_id, row_id,
           case when problem is not null then 'quarantined' when row_id is null then 'new'
                when changes <> '{}' then 'changed' else 'unchanged' end as verdict,
           case when problem is null then '[]'::jsonb else jsonb_build_array(problem) end as problems,
           case when problem is null then changes else '{}' end as changes
      from judged
)
update import_rows r
   set verdict = v.verdict, problems = v.problems, changes = v.changes, product_id = v.product_id,
       target_id = case when v.verdict = 'new' then uuidv7() else v.row_id end
  from verdicts v
 where r.import_id = :import_id and r.line = v.line
   and (r.verdict, r.problems, r.changes, r.product_id)
       is distinct from (v.verdict, v.problems, v.changes, v.product_id)
"""

DONE = """
update import_rows set applied_at = now(), version = version + 1
 where import_id = :import_id and applied_at is null and verdict in ('new', 'changed')
"""
