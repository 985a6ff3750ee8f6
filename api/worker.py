"""The worker: outbox relay, consumers, mail, audit sealer."""

from __future__ import annotations

import api.schema  # noqa: F401  # string references between rooms resolve only when every model is known
