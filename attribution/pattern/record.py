"""What happened to one provider: the part of a history on which it is judged. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from attribution.pattern.arrays import Bools, Ints
from attribution.pattern.columns import Table, Tables
from attribution.pattern.signs import Sign
from attribution.pattern.times import ALWAYS, Day


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Tables):
    """What happened to one provider, or to several names that are one.

    `cases` has one more column: `number`, the row in the history.
    """

    names: tuple[str, ...]
    providers: tuple[int, ...]
    """The numbers of the names."""
    notices: tuple[str, ...]
    """What each case is called."""
    linked_at: Day = ALWAYS
    """When it was known that the names are one."""

    def signs_of(self, *kinds: Sign) -> Table:
        """Return the signs of some kinds."""
        return self.signs.take(np.isin(self.signs["sign"], kinds))

    def contacts_of(self, *kinds: Sign) -> Table:
        """Return what happened to the contact, of some kinds."""
        return self.contacts.take(np.isin(self.contacts["sign"], kinds))

    def without(self, removed: frozenset[str]) -> Record:
        """Return a record without some notices, and without all that belongs to them."""
        stays: Bools = np.array([name not in removed for name in self.notices], bool)
        urls_stay = stays[self.urls["case"]]
        new_case, new_url = np.cumsum(stays) - 1, np.cumsum(urls_stay) - 1
        return replace(
            self,
            notices=tuple(name for name in self.notices if name not in removed),
            cases=self.cases.take(stays),
            urls=_of_owners(self.urls, "case", stays, new_case),
            signs=_of_owners(self.signs, "case", stays, new_case),
            checks=_of_owners(self.checks, "url", urls_stay, new_url),
            ends=_of_owners(self.ends, "url", urls_stay, new_url),
        )


def _of_owners(table: Table, name: str, stays: Bools, new_number: Ints) -> Table:
    """Return the rows whose owners stay, with the owners' new numbers."""
    rows = table.take(stays[table[name]])
    return rows.with_column(name, new_number[rows[name]])
