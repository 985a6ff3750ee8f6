"""Walking through every page once, as somebody, and keeping what was shown and what could be taken along."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboards import parts
from dashboards.session import KEPT, KeptSession
from dashboards.streamlit_app import PAGES

APP = Path(__file__).parents[2] / "dashboards" / "streamlit_app.py"


@dataclass(frozen=True)
class Page:
    """What one page showed: its titles, captions and figures, every element as sent to the browser, every file."""

    titles: list[str]
    captions: list[str]
    figures: dict[str, str]
    helps: list[str]
    kinds: set[str]
    errors: list[str]
    sent: bytes
    files: dict[str, bytes] = field(default_factory=dict)

    def holds(self, text: str) -> bool:
        """Whether a text stands anywhere in it, files included."""
        return text.encode() in self.sent or any(text.encode() in content for content in self.files.values())


def walk(token: str, names: Iterable[str] = tuple(PAGES)) -> dict[str, Page]:
    """Visit the pages with this access token, taking every file along."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.session_state[KEPT] = KeptSession(token, "", "csrf")
    app.run()
    pages = {}
    for name in names:
        with _Files() as files:
            app.switch_page(f"app_pages/{name}.py").run()
        assert not app.exception, (name, app.exception)
        pages[name] = _page(app, files)
    return pages


class _Files:
    """What the pages offer to take along while the block lasts, fetched at once; how they offer it stays the same."""

    def __enter__(self) -> dict[str, bytes]:
        self._patch = pytest.MonkeyPatch()
        files: dict[str, bytes] = {}
        offer: Callable[..., None] = parts._offer

        def taking(title: str, content: bytes | Callable[[], bytes], file_name: str) -> None:
            offer(title, content, file_name)
            files[file_name] = content if isinstance(content, bytes) else content()

        self._patch.setattr(parts, "_offer", taking)
        return files

    def __exit__(self, *_: object) -> None:
        self._patch.undo()


def _page(app: AppTest, files: dict[str, bytes]) -> Page:
    elements = list(_elements(app._tree))
    return Page(
        [title.value for title in app.title],
        [caption.value for caption in app.caption],
        {metric.label: metric.value for metric in app.metric},
        [metric.help for metric in app.metric],
        {element.type for element in elements},
        [error.value for error in app.error],
        b"\n".join(element.proto.SerializeToString() for element in elements if element.proto is not None),
        files,
    )


def _elements(block: Any) -> Iterable[Any]:
    for child in block.children.values():
        if hasattr(child, "children"):
            if getattr(child, "proto", None) is not None:
                yield child
            yield from _elements(child)
        else:
            yield child


def forget_answers() -> None:
    """What the pages have kept from earlier runs."""
    st.cache_data.clear()
