"""The beat that generated music is told."""

import torch

from reverie.generation.metronome import Metronome


def test_it_goes_on_at_the_last_tempo() -> None:
    metronome = Metronome(torch.tensor([[1.75, 0.5], [0.0, 0.8]]), 0.1)
    told = torch.stack([metronome.next() for _ in range(8)], dim=1)
    torch.testing.assert_close(told[0, :3, 0], torch.tensor([1.95, 0.15, 0.35]))
    torch.testing.assert_close(told[1, :, 0], torch.arange(1, 9) * 0.125)
    assert (told[..., 1] == torch.tensor([[0.5], [0.8]])).all()


def test_no_beat_stays_no_beat_until_a_tempo_is_asked_for() -> None:
    metronome = Metronome(torch.tensor([[0.5, 0.0]]), 0.1)
    assert metronome.next().tolist() == [[0.5, 0.0]]
    torch.testing.assert_close(metronome.next(120.0), torch.tensor([[0.7, 0.5]]))
    torch.testing.assert_close(metronome.next(60.0), torch.tensor([[0.8, 1.0]]))
    torch.testing.assert_close(metronome.next(), torch.tensor([[0.8, 0.0]]))


def test_hours_do_not_drift() -> None:
    metronome = Metronome(torch.tensor([[0.0, 0.5]]), 0.03125)
    beats = [metronome.next() for _ in range(100_000)]
    torch.testing.assert_close(beats[-1][0, 0], torch.tensor(100_000 / 16 % 2), atol=1e-5, rtol=0)
