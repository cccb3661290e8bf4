"""Programs that are no Python packages: found, or in CI missed aloud."""

from __future__ import annotations

import os
import shutil

import pytest

_PACKAGES = {"chromium": "chromium", "php": "php-cli and php-curl", "nginx": "nginx-light"}


def program(name: str) -> str:
    """Return a program's path. Where it is not there: a failure in CI, else a skip that says how to get it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found:
        return found
    how = f"{name} is not on this machine: install it, on Debian `apt install {_PACKAGES[name]}`, or run `make tools` as root"
    if os.environ.get("CI"):
        pytest.fail(how)
    pytest.skip(how)
