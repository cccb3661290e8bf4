"""Programs that are no Python packages: found, or in CI missed aloud."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

_PACKAGES = {
    "chromium": "chromium",
    "php": "php-cli and php-curl",
    "nginx": "nginx-light",
    "openssl": "openssl",
}


def program(name: str) -> str:
    """Return a program's path. Where it is not there: a failure in CI, else a skip that says how to
    get it.
    """
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        missing(
            f"{name} is not on this machine",
            f"on Debian `apt install {_PACKAGES[name]}`, or `make tools` as root",
        )
    return found


def missing(what: str, remedy: str) -> NoReturn:
    """End a test that lacks something: a failure in CI, else a skip that says how to get it."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}: {remedy}")
    pytest.skip(f"{what}: {remedy}")
