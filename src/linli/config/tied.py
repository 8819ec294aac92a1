"""``python -m linli.config.tied PID COMMAND…``: run COMMAND, which is asked to end when its parent PID dies.

Linux alone can promise this; elsewhere the leash (``linli.config.processes``) does it. It is a program, not a
function run between fork and exec, since little may safely be done there.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""``prctl(2)``; kept by exec."""


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() != parent:
            return  # it died before the kernel had been asked
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
