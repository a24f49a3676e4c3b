"""Build the parts of architectures from the settings that they share."""

from dataclasses import dataclass

import torch

from reverie.frames.contract import CodebookInfo, FrameSpec
from reverie.models.adversarial_head import AdversarialHead
from reverie.models.code_head import CodeHead
from reverie.models.contract import Front, Head
from reverie.models.cores import Join, LstmCore
from reverie.models.embedding import CodeEmbedding, EmbeddedFront
from reverie.models.fronts import ConvFront, DenseFront, NoFront
from reverie.models.heads import EnsembleHead, LinearHead
from reverie.models.linear import Dense
from reverie.models.lstm import Lstm
from reverie.models.settings import ModelSettings


@dataclass(frozen=True)
class Parts:
    """Build parts; their initial weights are drawn in the order of the calls."""

    settings: ModelSettings
    frames: FrameSpec
    rng: torch.Generator | None
    codebook_info: CodebookInfo | None = None

    @property
    def seen(self) -> int:
        """Width of a frame as a front reads it: its numbers, or those of its codes' vectors."""
        return self.frames.codebook_dim or self.frames.width

    def no_front(self) -> Front:
        """Build a front that passes frames through unchanged."""
        return self._embedded(NoFront(self.seen))

    def dense_front(self, *, relu: bool) -> Front:
        """Build a front with a dense layer of the LSTM's width."""
        return self._embedded(DenseFront(self.dense(self.seen, relu=relu)))

    def conv_front(self, *, planes: int, step_frames: int) -> Front:
        """Build a convolutional front."""
        return self._embedded(
            ConvFront(
                self.seen,
                planes=planes,
                step_frames=step_frames,
                filters=self.settings.filters,
                rng=self.rng,
            )
        )

    def _embedded(self, front: Front) -> Front:
        """Return `front`, with an embedding before it if frames are codes."""
        if not self.frames.codebook_size:
            return front
        return EmbeddedFront(CodeEmbedding(self.frames, self.codebook_info, self.rng), front)

    def dense(self, features: int, *, relu: bool) -> Dense:
        """Build a dense layer to the LSTM's width."""
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
        """Build a stack of `depth` LSTM layers, each with `members` in parallel."""
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

    def linear_head(self, dense: Dense | None = None) -> Head:
        """Build a linear layer to the next frame or its codes, after the optional `dense`."""
        if self.frames.codebook_size:
            return self._code_head(self.settings.hidden, dense=dense)
        head = LinearHead(
            self.settings.hidden,
            self.frames.width,
            dense=dense,
            precision=self.settings.precision,
            rng=self.rng,
        )
        return self._judged(head, self.settings.hidden)

    def ensemble_head(self, hidden: int) -> Head:
        """Build a linear layer for each member of `hidden` features, averaged; or a head of
        codes."""
        if self.frames.codebook_size:
            return self._code_head(hidden, members=self.settings.members)
        members = self.settings.members
        head = EnsembleHead(
            members,
            hidden,
            self.frames.width,
            trained=self.settings.members_trained,
            precision=self.settings.precision,
            rng=self.rng,
        )
        return self._judged(head, members * hidden)

    def _judged(self, head: LinearHead | EnsembleHead, features: int) -> Head:
        """Return `head`, with `features` inputs, and an adversary around it if the settings ask."""
        settings = self.settings
        if settings.adversary == "none":
            return head
        return AdversarialHead(
            features,
            head,
            self.frames.width,
            inner=settings.head_width,
            noise=settings.noise_width,
            form=settings.adversary,
            weight=settings.adversary_weight,
            matching=settings.feature_matching,
            precision=settings.precision,
            rng=self.rng,
        )

    def _code_head(
        self, features: int, *, dense: Dense | None = None, members: int = 1
    ) -> CodeHead:
        settings = self.settings
        return CodeHead(
            features,
            self.frames,
            self.codebook_info,
            width=settings.head_width,
            dense=dense,
            members=members,
            trained=settings.members_trained,
            dropout=settings.dense_dropout,
            smoothing=settings.label_smoothing,
            precision=settings.precision,
            rng=self.rng,
        )
