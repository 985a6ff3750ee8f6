"""What can be wrong with label templates.

ApiError
├── NotFound
│   └── LabelTemplateNotFound
└── Conflict
    └── PatternTaken        labels of this pattern have a meaning there already
"""

from __future__ import annotations

from api.core.errors import Conflict, NotFound


class LabelTemplateNotFound(NotFound):
    """There is no such template, or none that this person may see."""

    code = "label_template_not_found"


class PatternTaken(Conflict):
    """Labels of this pattern have a meaning at this location already."""

    code = "pattern_taken"
