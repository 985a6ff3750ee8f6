"""The processes that serve where there are several: forks of one that has loaded the application."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

_PR_SET_PDEATHSIG = 1


class ServingWorker(UvicornWorker):  # type: ignore[misc] # it ships no types
    """Uvicorn under Gunicorn, as it serves alone: our own log tells of requests, and it ends with whoever forked it."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {"access_log": False, "timeout_graceful_shutdown": 5}

    def init_process(self) -> None:
        """On Linux the kernel kills this process when the one that forked it is gone: else it would keep the port."""
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != self.ppid:
                raise SystemExit(0)
        super().init_process()
