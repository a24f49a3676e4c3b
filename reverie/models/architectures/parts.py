"""The parts that architectures are made of, with the settings they share filled in."""

from dataclasses import dataclass

import torch

from reverie.frames.contract import Frames
from reverie.models.cores import Join, LstmCore
from reverie.models.fronts import ConvFront, DenseFront, NoFront
from reverie.models.heads import EnsembleHead, LinearHead
from reverie.models.linear import Dense
from reverie.models.lstm import Lstm
from reverie.models.settings import ModelSettings


@dataclass(frozen=True)
class Parts:
    """Makes parts; weights are drawn in the order in which they are asked for."""

    settings: ModelSettings
    frames: Frames
    rng: torch.Generator | None

    def no_front(self) -> NoFront:
        """Frames as they are."""
        return NoFront(self.frames.width)

    def dense_front(self, *, relu: bool) -> DenseFront:
        """Each frame through a dense layer of the LSTM's width."""
        return DenseFront(self.dense(self.frames.width, relu=relu))

    def conv_front(self, *, planes: int, step_frames: int) -> ConvFront:
        """The convolutional network."""
        return ConvFront(
            self.frames.width,
            planes=planes,
            step_frames=step_frames,
            filters=self.settings.filters,
            rng=self.rng,
        )

    def dense(self, features: int, *, relu: bool) -> Dense:
        """A dense layer to the LSTM's width."""
        settings = self.settings
        return Dense(
            features,
            settings.hidden,
            relu=relu,
            dropout=settings.dense_dropout,
            precision=settings.precision,
            rng=self.rng,
        )

    def lstms(
        self,
        features: int,
        *,
        depth: int = 1,
        members: int = 1,
        hidden: int | None = None,
        join: Join = "sum",
    ) -> LstmCore:
        """`depth` LSTM layers, one upon the other, of `members` side by side."""
        settings = self.settings
        width = hidden or settings.hidden
        return LstmCore(
            [
                Lstm(
                    width if number else features,
                    width,
                    members=members,
                    input_dropout=settings.input_dropout,
                    hidden_dropout=settings.hidden_dropout,
                    precision=settings.precision,
                    rng=self.rng,
                )
                for number in range(depth)
            ],
            join,
        )

    def linear_head(self, dense: Dense | None = None) -> LinearHead:
        """A linear layer to the next frame, after `dense` if it is given."""
        return LinearHead(
            self.settings.hidden,
            self.frames.width,
            dense=dense,
            precision=self.settings.precision,
            rng=self.rng,
        )

    def ensemble_head(self, hidden: int) -> EnsembleHead:
        """A linear layer for each member, of `hidden` features each, averaged."""
        return EnsembleHead(
            self.settings.members,
            hidden,
            self.frames.width,
            trained=self.settings.members_trained,
            precision=self.settings.precision,
            rng=self.rng,
        )
