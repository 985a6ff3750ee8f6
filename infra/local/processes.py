"""Small helpers around child processes, ports and locks that the embedded services share."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

LOOPBACK = "127.0.0.1"
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(signal_number: int = signal.SIGTERM) -> Callable[[], None]:
    """A `preexec_fn` after which the kernel sends `signal_number` to the child when its parent is gone.

    Linux only; elsewhere `sweep` at the next start finds what was left behind. The signal is heeded again by the child
    of a parent that ignores it, as everything does that a shell's script has started in the background.
    """

    def arm() -> None:
        signal.signal(signal_number, signal.SIG_DFL)
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal_number)

    return arm


def free_port() -> int:
    """A TCP port on loopback that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def port_is_taken(port: int) -> bool:
    """Whether a service could not bind `port` on loopback, because somebody else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def answers_tcp(port: int, timeout: float = 0.5) -> bool:
    """Whether somebody accepts connections on `port` of loopback."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=timeout).close()
    except OSError:
        return False
    return True


def wait_until(condition: Callable[[], bool], seconds: float, interval: float = 0.05) -> bool:
    """Ask `condition` every `interval` seconds until it is true (True) or `seconds` have passed (False)."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


@contextlib.contextmanager
def exclusive(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file `path`; with `wait=False` raise BlockingIOError at once when somebody else holds it.

    The kernel drops the lock with the process, so a killed holder never blocks the next one.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def stop_process(pid: int, signal_number: int = signal.SIGTERM, seconds: float = 10.0) -> None:
    """Ask a process and its descendants to stop, and kill what is still there after `seconds`."""
    try:
        leader = psutil.Process(pid)
        family = [*leader.children(recursive=True), leader]
        leader.send_signal(signal_number)
    except psutil.NoSuchProcess:
        return
    _, alive = psutil.wait_procs(family, timeout=seconds)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
