"""`stockpot-dbt`: dbt that ends with the run that called it.

A run that is killed outright takes no leave of its children, and a dbt that goes on would build marts beside the dbt of
the next run. The kernel interrupts this one when its caller is gone; dbt then cancels what it asked of the database.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def become(program: str, arguments: Sequence[str]) -> None:
    """Become the program, to be interrupted when the caller dies; on Linux, elsewhere it is merely started."""
    caller = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != caller:
            raise SystemExit(130)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # heeded also below a caller that ignores it
    os.execv(program, [program, *arguments])  # noqa: S606 - no shell


def main() -> None:
    """What the command does: dbt of this environment, with the same arguments."""
    become(str(Path(sys.executable).parent / "dbt"), sys.argv[1:])


if __name__ == "__main__":
    main()
