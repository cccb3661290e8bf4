"""What a company reads in its dossier: every word that is not plain is explained."""

from __future__ import annotations

import pytest

from attribution.pattern.dossier.dossier import dossier
from attribution.pattern.dossier.render import dossier_files
from attribution.pattern.labels import Label
from attribution.pattern.tests import TESTS, Test
from stories import Story


@pytest.mark.parametrize("label", list(Label))
def test_every_label_is_explained_in_the_dossier(label: Label) -> None:
    assert label.line.startswith(label.value.replace("_", "-").capitalize())


@pytest.mark.parametrize("test", TESTS)
def test_every_test_is_explained_in_the_dossier(test: Test) -> None:
    assert f"stayed {test.horizon:g} days" in test.name.line


def test_the_dossier_shows_what_its_label_and_every_test_mean() -> None:
    page = dossier_files(dossier(Story().weekly(12).history(), "p"))["dossier.html"].decode()
    assert Label.SYSTEMATIC.line in page
    assert all(test.name.line in page for test in TESTS)
