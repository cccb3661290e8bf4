"""What each verb needs beyond the base:
declared beside it, and looked for before it does anything.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from attribution.extras import Extra, require

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def needs(
    verb: str, *extras: Extra
) -> Callable[[Callable[_Given, _Result]], Callable[_Given, _Result]]:
    """Declare the extras of a verb.

    Where one is missing, the verb raises MissingExtra instead of being run.
    """

    def declare(run: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
        @wraps(run)
        def checked(*args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
            for extra in extras:
                require(verb, extra)
            return run(*args, **kwargs)

        checked.needs = (verb, extras)  # type: ignore[attr-defined]  # read by the test that covers every verb
        return checked

    return declare
