"""Running the command as somebody whom permission bits bind, also where the tests run as root.

A process that gives up CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH before it starts another is bound
by them, as root too.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

import pytest

from command import COMMAND

_PR_CAPBSET_DROP = 24
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2


def give_up_rights() -> None:
    """Be bound by permission bits from the next exec on.

    Raises OSError where this process may not give rights up.
    """
    if os.geteuid() != 0:
        return
    library = ctypes.CDLL(None, use_errno=True)
    for capability in (_DAC_OVERRIDE, _DAC_READ_SEARCH):
        if library.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl(PR_CAPBSET_DROP)")


def run_bound(*arguments: str | Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run `attribution` bound by permission bits;
    skips the test only where rights cannot be given up.
    """
    try:
        return subprocess.run(
            [*COMMAND, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
            preexec_fn=give_up_rights,
        )
    except subprocess.SubprocessError:
        pytest.skip("this account is root, and may not give up its rights")
