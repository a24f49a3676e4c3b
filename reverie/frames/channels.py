"""Frames of several channels: each is transformed by itself, and all lie in one frame.

Letters as in `contract.py`, and P planes of a frame, F numbers in a plane of one channel.
"""

from dataclasses import replace

from torch import Tensor

from reverie.frames.contract import Frames, SynthesisState


class ChannelFrames(Frames):
    """The frames of C channels side by side, D = C·P·F.

    Within each plane the channels lie one after another: where a frame is read as an image, its
    rows are the planes still, and no pooling over rows mixes the channels.

    Args:
        transform: of one signal, [B, S].
        channels: C.
    """

    def __init__(self, transform: Frames, channels: int) -> None:
        self.transform = transform
        spec = transform.spec
        super().__init__(replace(spec, width=channels * spec.width, channels=channels))
        self.lookahead_frames = transform.lookahead_frames

    def analyse(self, samples: Tensor) -> Tensor:
        """Transform [B, C, T·n + overlap] to [B, T, D]."""
        return self._side_by_side(self.transform.analyse(samples.flatten(0, 1)))

    def synthesise(self, frames: Tensor, state: SynthesisState) -> tuple[Tensor, SynthesisState]:
        """Invert: [B, T, D] -> [B, C, T·n]; the state is the transform's, of B·C signals."""
        samples, state = self.transform.synthesise(self._apart(frames), state)
        return samples.reshape(len(frames), self.spec.channels, -1), state

    def state_after(self, samples: Tensor) -> SynthesisState:
        """Return the transform's."""
        return self.transform.state_after(samples.flatten(0, 1))

    def initial_state(self, batch: int, like: Tensor) -> SynthesisState:
        """Return the transform's."""
        return self.transform.initial_state(batch * self.spec.channels, like)

    def _side_by_side(self, frames: Tensor) -> Tensor:
        """Join [B·C, T, P·F] to [B, T, P·C·F]."""
        spec = self.spec
        width = spec.width // spec.planes // spec.channels
        parts = frames.reshape(-1, spec.channels, frames.shape[1], spec.planes, width)
        return parts.permute(0, 2, 3, 1, 4).flatten(2)

    def _apart(self, frames: Tensor) -> Tensor:
        """Invert `_side_by_side`."""
        spec = self.spec
        width = spec.width // spec.planes // spec.channels
        parts = frames.reshape(*frames.shape[:2], spec.planes, spec.channels, width)
        return parts.permute(0, 3, 1, 2, 4).flatten(3).flatten(0, 1)
