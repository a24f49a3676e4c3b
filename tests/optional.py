"""The optional model of the evaluation, hidden where it would take most of a test's time."""

import pytest


def hide_transcriber(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("reverie.evaluation.measures.notes.model_path", lambda: None)
