"""What a kind of import is: how its files are mapped, and the statements that judge and load its rows."""

from __future__ import annotations

from dataclasses import dataclass

from api.imports.mapping import ProductMapping, SupplierProductMapping


@dataclass(frozen=True)
class Kind:
    """One kind of import.

    `judge` gives every readable row its verdict; `packs` lists the pack of each row that may be loaded, with what its
    product converts; `load` is run in order. Parameters: `import_id`, `line` (null: every row), `defaults` (JSON),
    `supplier_id`, `actor_id`. A row that was loaded is never touched again.
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

NEW_IDS = """
update import_rows set target_id = uuidv7()
 where import_id = :import_id and applied_at is null and verdict = 'new'
"""

DONE = """
update import_rows set applied_at = now(), version = version + 1
 where import_id = :import_id and applied_at is null and verdict in ('new', 'changed')
"""
