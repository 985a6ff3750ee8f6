"""A message before it has a recipient: what the subject answers, what the table shows, where the button leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Message:
    """One fact as a mail; several of one `group_key` may leave as one mail, then `*_many` speak for them.

    `subject_many` holds `{n}` for their number. Paths are of the operator's pages; rows are texts, column by column.
    An empty path means no button: a supplier has no account here. With an `object_key` the button leads to a file of
    the object store, by a link that is signed when the mail leaves.
    """

    kind: str
    subject: str
    intro: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    path: str = ""
    object_key: str | None = None
    button: str = ""
    subject_many: str = ""
    path_many: str = ""
    button_many: str = ""
    group_key: str | None = None
    facts: Sequence[str] = field(default=())

    def body(self) -> dict[str, Any]:
        """What is kept beside the notification until it is rendered."""
        return asdict(self)

    @classmethod
    def read(cls, body: dict[str, Any]) -> Self:
        """The message that `body` was made from; fields of an older or newer version are left out."""
        return cls(**{name: body[name] for name in cls.__dataclass_fields__ if name in body})


def merge(messages: Sequence[Message]) -> Message:
    """One message that says what all of them say, in their order; they are of one group."""
    first = messages[0]
    if len(messages) == 1:
        return first
    rows: dict[tuple[str, ...], None] = dict.fromkeys(tuple(row) for message in messages for row in message.rows)
    paths = {message.path for message in messages}
    is_one_place = len(paths) == 1
    return Message(
        kind=first.kind,
        subject=(first.subject_many or first.subject).replace("{n}", str(len(messages))),
        intro=first.intro,
        columns=first.columns,
        rows=list(rows),
        path=first.path if is_one_place else first.path_many or first.path,
        button=first.button if is_one_place else first.button_many or first.button,
        group_key=first.group_key,
        facts=list(dict.fromkeys(fact for message in messages for fact in message.facts)),
    )
