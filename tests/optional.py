"""The optional model of the evaluation, hidden where it would take most of a test's time."""

import importlib

import pytest


def hide_transcriber(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("reverie.evaluation.measures.notes.model_path", lambda: None)


def hide_transcriber_for_good() -> None:
    """The same in a process of its own, which works for tests alone."""
    notes = importlib.import_module("reverie.evaluation.measures.notes")
    vars(notes)["model_path"] = lambda: None
