"""The optional models of the evaluation, hidden where they would take most of a test's time."""

import pytest


def hide_optional_models(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("reverie.evaluation.musicnn.weights_folder", lambda: None)
    patch.setattr("reverie.evaluation.notes.model_path", lambda: None)
