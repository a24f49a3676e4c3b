"""Of which frames a page plays the sound."""

import pytest
import torch

from reverie.errors import ReverieError
from reverie.export.html.model_tables import sound_tables
from reverie.frames.representation import fit_representation
from reverie.frames.settings import FrameSettings


def test_frames_of_numbers_are_refused() -> None:
    frames = fit_representation(FrameSettings(), 8000, iter([torch.randn(1, 1, 80_000)]))
    with pytest.raises(ReverieError, match="codes alone"):
        sound_tables(frames)
