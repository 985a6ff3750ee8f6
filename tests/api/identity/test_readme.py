"""The README says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from api.identity.scopes import BUILTIN_ROLES, SCOPES

README = Path(__file__).parents[3] / "api" / "identity" / "README.md"


def row(role):
    return re.search(rf"^\| {role} \| (.+) \|$", README.read_text(encoding="utf-8"), re.MULTILINE)[1]


def named(text):
    return set(re.findall(r"[a-z_]+\.[a-z]+", text)) & set(SCOPES)


class TestRoles:
    def test_the_table_is_the_list(self):
        assert BUILTIN_ROLES["admin"] == set(SCOPES)
        assert BUILTIN_ROLES["manager"] == set(SCOPES) - named(row("manager"))
        assert BUILTIN_ROLES["operator"] == named(row("operator"))
        readable = {scope for scope in SCOPES if scope.endswith(".read")}
        assert BUILTIN_ROLES["analyst"] == readable - {"users.read", "audit.read"} | {"reports.edit"}
        assert named(row("analyst")) == {"users.read", "audit.read", "reports.edit"}
