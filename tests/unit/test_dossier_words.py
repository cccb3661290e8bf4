"""What a company reads in its dossier: every word that is not plain is explained."""

from __future__ import annotations

import pytest

from attribution.pattern.dossier.render import environment
from attribution.pattern.labels import Label
from attribution.pattern.tests import TESTS, Test


@pytest.mark.parametrize("label", list(Label))
def test_every_label_is_explained_in_the_dossier(label: Label) -> None:
    words = vars(environment().get_template("dossier_words.html.j2").module)
    assert words["meanings"][label.value].startswith(label.value.replace("_", "-").capitalize())


@pytest.mark.parametrize("test", TESTS)
def test_every_test_is_explained_in_the_dossier(test: Test) -> None:
    words = vars(environment().get_template("dossier_words.html.j2").module)
    assert f"stayed {test.horizon:g} days" in words["tests"][test.name]
