"""List the layers of a model, read from the model itself, for tables and pictures."""

from dataclasses import dataclass, field
from typing import Literal

from torch import nn

from reverie.models.adversarial_head import AdversarialHead
from reverie.models.code_head import CodeHead
from reverie.models.code_stack import CodeStack
from reverie.models.contract import Core, FrameModel, Front, Head
from reverie.models.cores import LstmCore
from reverie.models.embedding import EmbeddedFront
from reverie.models.fronts import ConvFront, DenseFront, NoFront
from reverie.models.heads import EnsembleHead, LinearHead
from reverie.models.linear import Dense, Linear
from reverie.models.lstm import Lstm
from reverie.models.pooled_conv import POOL_COLUMNS

Part = Literal["input", "front", "core", "head", "join", "output"]


@dataclass(frozen=True)
class Stage:
    """One layer between the input frames and the predicted frame."""

    part: Part
    name: str
    detail: str
    """The shape of its output, and how it is computed."""
    parameters: int = 0


@dataclass(frozen=True)
class Branches:
    """Parallel branches, and the layer that joins them."""

    ways: tuple[tuple[Stage, ...], ...]
    join: Stage | None = field(default=None)
    """None if each branch continues in the following `Branches`."""


Outline = tuple[Stage | Branches, ...]


def outline(model: FrameModel, width: int) -> Outline:
    """Outline `model`, whose frames have `width` numbers; every parameter is counted once.

    Raises:
        TypeError: `model` has a front or a head of an unknown class.
    """
    count = model.step_frames
    frames = "1 frame" if count == 1 else f"{count} frames"
    shape = f"{width} numbers" if count == 1 else f"{count} x {width} numbers"
    return (
        Stage("input", frames, shape),
        *_front(model.front),
        *_core(model.core),
        *_head(model.head),
        Stage("output", "next frame", f"{width} numbers"),
    )


_JUDGING = ("own", "both", "score")
"""The layers of a discriminator after its embedding."""


def all_stages(parts: Outline) -> list[Stage]:
    """Return the stages of an outline in order, those of branches one after another."""
    flat: list[Stage] = []
    for part in parts:
        if isinstance(part, Stage):
            flat.append(part)
        else:
            flat += [stage for way in part.ways for stage in way]
            flat += [part.join] if part.join else []
    return flat


def operations(model: FrameModel) -> int:
    """Count the floating-point operations of one training step's products, forward and backward.

    The forward pass multiplies and adds each weight once for each place that uses it. The backward
    pass does so once for the weight's gradient, and once for that of its input, unless the input
    is the frame itself.
    """
    front, passes = model.front, _passes(model)
    total = 0
    for name, weight in model.named_parameters():
        if name.endswith(("bias", "embedding.weight")):
            continue
        places = 1
        front = front.front if isinstance(front, EmbeddedFront) else front
        if isinstance(front, ConvFront) and weight is front.weight:
            places = front.rows * front.columns
        total += 2 * weight.numel() * places * passes.get(name, 3)
    return total


def _passes(model: FrameModel) -> dict[str, int]:
    """Return, for each weight that a step does not multiply three times, how often it does."""
    parts: dict[str, int] = {}
    if isinstance(model.head, AdversarialHead):
        # Real frames, generated ones, and generated ones again for the model's own loss.
        parts |= dict.fromkeys([f"head.discriminator.{name}.weight" for name in _JUDGING], 8)
        parts |= {"head.discriminator.embed.weight": 6, "head.noise.weight": 2}
    if isinstance(model.front, EmbeddedFront):
        return parts
    if isinstance(model.front, NoFront):
        return parts | {"core.layer1.weight_input": 2}
    first = [name for name, _ in model.named_parameters() if name.startswith("front.")]
    return parts | dict.fromkeys(first, 2)


def _front(front: Front) -> Outline:
    match front:
        case NoFront():
            return ()
        case EmbeddedFront():
            all_stages, values, vector = front.embedding.weight.shape
            size = front.embedding.weight.numel()
            learnt = Stage(
                "front", "embedding", f"{all_stages} codes of {values} -> sum, {vector}", size
            )
            return (learnt, *_front(front.front))
        case DenseFront():
            return (_dense("front", front.dense),)
        case ConvFront():
            rows, columns = front.weight.shape[2:]
            image = f"{front.channels} x {front.rows} x {front.columns}"
            size = front.weight.numel() + front.bias.numel()
            return (
                Stage("front", "image", f"{image} (channels, rows, columns)"),
                Stage(
                    "front",
                    "convolution, ReLU",
                    f"{front.weight.shape[0]} filters {rows} x {columns}",
                    size,
                ),
                Stage(
                    "front",
                    "max-pool, flatten",
                    f"{front.rows} x {POOL_COLUMNS} -> {front.features}",
                ),
            )
        case _:
            raise TypeError(f"no outline of a {type(front).__name__}")


def _core(core: Core) -> Outline:
    match core:
        case LstmCore():
            way = tuple(_lstm(layer) for layer in core.layers)
            members = core.layers[0].members
            if members == 1:
                return way
            join = Stage("join", "sum", f"{core.outputs}") if core.join == "sum" else None
            return (Branches((way,) * members, join),)
        case _:  # a core from outside the package
            parameters = core.parameters() if isinstance(core, nn.Module) else ()
            size = sum(parameter.numel() for parameter in parameters)
            return (Stage("core", type(core).__name__, f"{core.outputs}", size),)


def _head(head: Head) -> Outline:
    match head:
        case CodeHead():
            before = (_dense("head", head.dense),) if head.dense else ()
            each = tuple((_code_stack(member),) for member in head.members)
            if len(each) == 1:
                return (*before, *each[0])
            return (Branches(each, Stage("join", "average", f"trained {head.trained}")),)
        case EnsembleHead():
            each = tuple((_linear("head", member),) for member in head.members)
            return (Branches(each, Stage("join", "average", f"trained {head.trained}")),)
        case AdversarialHead():
            size = sum(parameter.numel() for parameter in head.discriminator.parameters())
            drawn = [*head.inner.parameters(), *head.noise.parameters()]
            return (
                *_head(head.mean),
                Stage(
                    "head",
                    "noise, ReLU",
                    f"{head.noise_width} -> {len(head.inner.bias)}",
                    sum(parameter.numel() for parameter in drawn),
                ),
                _linear("head", head.spread),
                Stage("head", "adversary", "in training alone", size),
            )
        case LinearHead():
            before = (_dense("head", head.dense),) if head.dense else ()
            return (*before, _linear("head", head.linear))
        case _:
            raise TypeError(f"no outline of a {type(head).__name__}")


def _lstm(lstm: Lstm) -> Stage:
    size = sum(parameter.numel() for parameter in lstm.parameters()) // lstm.members
    return Stage("core", "LSTM", f"{lstm.hidden}", size)


def _code_stack(stack: CodeStack) -> Stage:
    size = sum(parameter.numel() for parameter in stack.parameters())
    return Stage("head", "codes, one after another", f"{stack.n_codebooks} x {stack.width}", size)


def _dense(part: Part, dense: Dense) -> Stage:
    linear = _linear(part, dense.linear)
    return Stage(part, "dense, ReLU" if dense.relu else "linear", linear.detail, linear.parameters)


def _linear(part: Part, linear: Linear) -> Stage:
    size = linear.weight.numel() + linear.bias.numel()
    return Stage(part, "linear", f"{linear.weight.shape[0]}", size)
