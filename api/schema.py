"""Imports every models module, so that the metadata is whole for Alembic and for string references
between rooms. Every entry point (`api.main`, `api.worker`, the migrations) imports it first.
"""

from __future__ import annotations

import api.alerts.models
import api.alerts.pipeline.models
import api.audit.models
import api.catalog.label_templates.models
import api.catalog.models
import api.identity.models
import api.imports.models
import api.inventory.adjustments.models
import api.inventory.counts.models
import api.inventory.reasons.models
import api.inventory.transfers.models
import api.inventory.waste.models
import api.ledger.models
import api.ledger.snapshot_models
import api.menu.models
import api.menu.production.models
import api.notifications.models
import api.outbox.models
import api.purchasing.models
import api.reports.models
import api.scans.models
import api.suppliers.models  # noqa: F401
from api.core.models import Base

metadata = Base.metadata
