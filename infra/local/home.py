"""The folder that holds one installation's state (STOCKPOT_HOME), its secrets and the ports it keeps."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.errors import CannotRunError
from infra.local.keys import ensure_key_pair
from infra.local.postgres import new_passwords
from infra.local.processes import free_port, port_is_taken
from infra.local.variables import whole_number

FOLDERS = ("log", "pg", "redis", "objects", "mail", "drop/pos", "dagster", "keys", "dlt")
KEPT_PORTS = ("postgres", "redis", "dagster_code")
MINIMUM_FREE_MEGABYTES = 1024


@dataclass(frozen=True)
class Home:
    """Paths of one installation; two installations never share a home."""

    path: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Home:
        """The home that STOCKPOT_HOME names, `var` by default, as an absolute path."""
        return cls(Path(environment.get("STOCKPOT_HOME") or "var").expanduser().resolve())

    def folder(self, name: str) -> Path:
        """A folder of the home, such as `log` or `drop/pos`."""
        return self.path / name

    @property
    def stack_file(self) -> Path:
        """What the running stack says of itself: pids, ports, URLs."""
        return self.path / "stack.json"

    @property
    def lock_file(self) -> Path:
        """Held by the one process that runs this home's services."""
        return self.path / "stack.lock"

    @property
    def logins_file(self) -> Path:
        """The demo accounts with their passwords."""
        return self.path / "demo-logins.json"

    def create(self) -> None:
        """Create the folders that are missing."""
        try:
            if not self.path.exists():
                self.path.mkdir(parents=True)
                self.path.chmod(0o755)  # PostgreSQL's own user passes through it when we are root
            for name in FOLDERS:
                self.folder(name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotRunError(f"cannot write to {self.path} (STOCKPOT_HOME): {error.strerror}") from error

    def prepare(self) -> None:
        """Create the folders and key pairs that are missing; refuse a nearly full disk."""
        self.create()
        self.check_disk()
        ensure_key_pair(self.folder("keys"), "jwt")
        ensure_key_pair(self.folder("keys"), "service")

    def check_disk(self) -> None:
        """Raise CannotRunError below STOCKPOT_MIN_FREE_MB (1024) of free space: PostgreSQL stops on a full disk."""
        needed = whole_number("STOCKPOT_MIN_FREE_MB", MINIMUM_FREE_MEGABYTES)
        free = shutil.disk_usage(self.path).free // 2**20
        if free < needed:
            raise CannotRunError(
                f"the disk that holds {self.path} has {free} MB left and Stockpot wants {needed} MB: "
                "free some space, or set STOCKPOT_HOME to another disk or STOCKPOT_MIN_FREE_MB to less"
            )

    def secrets(self) -> dict[str, str]:
        """Random secrets of this home, made once: database passwords by role, `redis`, `csrf`, `link`."""
        names = {**new_passwords(), **{name: secrets.token_urlsafe(36) for name in ("redis", "csrf", "link")}}
        return self._remember("secrets.json", names)

    def ports(self, environment: Mapping[str, str] = os.environ) -> dict[str, int]:
        """Ports of the embedded services: as the environment says, else those this home keeps, else free ones."""
        kept = self._remember("ports.json", {name: free_port() for name in KEPT_PORTS})
        asked = {name: environment.get(f"STOCKPOT_{name.upper()}_PORT") for name in KEPT_PORTS}
        return {name: port_number(f"STOCKPOT_{name.upper()}_PORT", asked[name]) or kept[name] for name in KEPT_PORTS}

    def move_taken_ports(self, environment: Mapping[str, str] = os.environ) -> None:
        """Before a start: replace remembered ports that somebody else listens on now."""
        for name, port in self.ports(environment).items():
            if not environment.get(f"STOCKPOT_{name.upper()}_PORT") and port_is_taken(port):
                self._write("ports.json", {**self._read("ports.json"), name: free_port()})

    def read_stack(self) -> dict[str, Any]:
        """What `stack.json` says; empty when nothing runs."""
        return self._read("stack.json")

    def write_stack(self, description: Mapping[str, Any]) -> None:
        """Publish what runs."""
        self._write("stack.json", description)

    def _remember(self, name: str, proposal: Mapping[str, Any]) -> dict[str, Any]:
        """What the file holds, completed by the proposal for the keys it lacks."""
        known = self._read(name)
        if missing := {key: value for key, value in proposal.items() if key not in known}:
            known |= missing
            self._write(name, known)
        return known

    def _read(self, name: str) -> dict[str, Any]:
        path = self.path / name
        if not path.exists():
            return {}
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        """Replace the file at once, readable by its owner alone."""
        partial = self.path / f".{name}.{os.getpid()}"
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        partial.replace(self.path / name)


def port_number(variable: str, text: str | None) -> int | None:
    """The port that an environment variable holds, None where it is not set."""
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotRunError(f"{variable}={text} is not a port number (1 to 65535)")
    return int(text)
