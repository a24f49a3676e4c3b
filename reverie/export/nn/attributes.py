"""What nn~ asks a model for, by names: methods, attributes and their types.

`get_methods`; `NAME_params` of a method: channels in, ratio in, channels out, ratio out;
`get_attributes`, and of each `NAME_params` (0 boolean, 1 whole, 2 number, 3 text), `get_NAME` and
`set_NAME`, which returns 0.
"""

import torch

from reverie.export.nn.sampling import Sampling

BOOLEAN, WHOLE, NUMBER = 0, 1, 2
"""nn~'s types of attributes."""
ATTRIBUTES = (
    ("temperature", NUMBER),
    ("guidance", NUMBER),
    ("bpm", NUMBER),
    ("seed", WHOLE),
    ("reset", BOOLEAN),
)


class Attributes(Sampling):
    """Settings that nn~ reads and changes; see `Sampling`."""

    def restart(self) -> None:
        """Begin again from the prompt."""
        raise NotImplementedError  # the generator does, which inherits this

    def _set_contract(self, channels: int, ratio: int) -> None:
        """Say what nn~ asks for.

        Args:
            channels: C, of the music.
            ratio: samples of the music for each of the input.
        """
        self.register_buffer("generate_params", torch.tensor([1, ratio, channels, 1]))
        self.generate_input_labels = ["(signal) above 0.5 begins again"]
        sides = ["music"] if channels == 1 else ["left", "right"]
        self.generate_output_labels = [f"(signal) {side}" for side in sides]
        for name, kind in ATTRIBUTES:
            self.register_buffer(f"{name}_params", torch.tensor([kind]))

    @torch.jit.export
    def get_methods(self) -> list[str]:
        """Names of the methods that take buffers."""
        return ["generate"]

    @torch.jit.export
    def get_attributes(self) -> list[str]:
        """Names of what can be set."""
        return ["temperature", "guidance", "bpm", "seed", "reset"]

    @torch.jit.export
    def get_temperature(self) -> float:
        """Of the draws."""
        return self.temperature

    @torch.jit.export
    def set_temperature(self, value: float) -> int:
        """0 takes the likeliest; the finest codes keep their distance to the first."""
        kept = max(value, 0.0)
        if self.follows:
            self.detail_temperature = kept
        elif self.temperature > 0:
            self.detail_temperature = self.detail_temperature * kept / self.temperature
        self.temperature = kept
        return 0

    @torch.jit.export
    def get_guidance(self) -> float:
        """How much further to go from what the newest frames alone suggest."""
        return self.guidance

    @torch.jit.export
    def set_guidance(self, value: float) -> int:
        """0 for none."""
        self.guidance = max(value, 0.0)
        return 0

    @torch.jit.export
    def get_bpm(self) -> float:
        """The tempo; 0 is the prompt's."""
        return self.bpm

    @torch.jit.export
    def set_bpm(self, value: float) -> int:
        """In beats a minute; 0 keeps the prompt's."""
        self.bpm = 0.0 if value <= 0 else min(max(value, 30.0), 300.0)
        return 0

    @torch.jit.export
    def get_seed(self) -> int:
        """Of the draws."""
        return self.seed

    @torch.jit.export
    def set_seed(self, value: int) -> int:
        """Another one gives other music; its draws begin anew."""
        self.seed, self.drawn = value, 0
        return 0

    @torch.jit.export
    def get_reset(self) -> bool:
        """Never lasts."""
        return False

    @torch.jit.export
    def set_reset(self, value: bool) -> int:
        """Begin again from the prompt."""
        if value:
            self.restart()
        return 0
