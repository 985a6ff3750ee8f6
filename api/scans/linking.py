"""An unknown code gets its product, and what was scanned under it its movements."""

from __future__ import annotations

from pydantic import ValidationError

from api.catalog import service as catalog
from api.catalog.errors import ProductNotFound
from api.catalog.schemas import BarcodeAnswer, NewBarcode
from api.core.access import Principal
from api.core.database import transaction
from api.core.errors import FieldProblem, Invalid
from api.scans import repository
from api.scans.errors import CodeNotWaiting
from api.scans.models import Scan
from api.scans.planning import read
from api.scans.replaying import MOST, replay
from api.scans.schemas import Linked, NewLink, ReplayedScan

SCAN = "inventory.scan"


def link_unknown(principal: Principal, code: str, body: NewLink) -> Linked:
    """Link a code that was scanned and kept, then replay its scans, oldest first. Blocking.

    Two steps, each committed by itself as scans always are: linking, and the replay, which goes on where it stopped
    when this is asked again. Scans at locations that the person may not see are posted too, but not shown.

    Raises:
        CodeNotWaiting: no scan of it was kept at a location that the person may see.
        BarcodeTaken, Invalid: see their names.
    """
    visible = principal.locations(SCAN)
    with transaction() as session:
        kept = repository.latest_kept(session, code, visible)
        if kept is None:
            raise CodeNotWaiting("No scan of this code was kept, or none that you may see.")
        barcode = _as_asked(kept, body)
        try:
            linked = catalog.link_barcode(session, actor_id=principal.id, product_id=body.product_id, body=barcode)
        except ProductNotFound as error:
            problem = FieldProblem("product_id", "unknown_product", "There is no such product.")
            raise Invalid("The code cannot be linked.", errors=(problem,)) from error
        answer = BarcodeAnswer.model_validate(linked)
    done = replay(answer.code, linked_by=principal.id, most=MOST)
    shown = [each for each in done if visible is None or each.location_id in visible]
    results = [ReplayedScan.model_validate({"code": e.code, "location_id": e.location_id, **e.answer}) for e in shown]
    return Linked(barcode=answer, results=results)


def _as_asked(kept: Scan, body: NewLink) -> NewBarcode:
    """The link in the catalogue's terms: of an element string its GTIN, of a label what its own location reads.

    Raises:
        Invalid: the catalogue keeps no such code.
    """
    symbology = body.symbology or kept.symbology
    asked = body.model_dump(exclude={"product_id"}) | {
        "code": read(kept.code, symbology).key,
        "symbology": symbology,
        "label_location_id": kept.location_id,
    }
    try:
        return NewBarcode.model_validate(asked)
    except ValidationError as error:
        problems = [
            FieldProblem(".".join(map(str, each["loc"])), each["type"], each["msg"])
            for each in error.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise Invalid("The code cannot be linked.", errors=tuple(problems)) from error
