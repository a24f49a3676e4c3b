"""The tables and sizes of a model over codes and of its codec, by the names that the page knows.

Letters as in `models/contract.py` and `frames/codec.py`.
"""

from typing import Any

from torch import Tensor

from reverie.errors import ReverieError
from reverie.frames.codec import Codec
from reverie.frames.decoder import ContextDecoder
from reverie.generation.sampling.loudness import GAIN, MAX_BIAS
from reverie.models.beat import BeatConditioner
from reverie.models.calibration import Calibration, UsualRange
from reverie.models.code_head import CodeHead
from reverie.models.contract import FrameModel
from reverie.models.cores import LstmCore
from reverie.models.embedding import EmbeddedFront
from reverie.models.fronts import DenseFront, NoFront
from reverie.models.linear import Linear

Tables = dict[str, Tensor]
REMEDY = "Train one over codes: `reverie train --recipe codes`."


def model_tables(model: FrameModel) -> tuple[Tables, dict[str, Any]]:
    """Return the tables of a model over codes, and its sizes as plain values.

    Raises:
        ReverieError: it is a model that the page cannot play.
    """
    front, core, head = model.front, model.core, model.head
    if not (isinstance(front, EmbeddedFront) and isinstance(head, CodeHead)):
        raise ReverieError("the page plays models over codes, and this is none.", REMEDY)
    if not (isinstance(front.front, NoFront | DenseFront) and isinstance(core, LstmCore)):
        raise ReverieError(
            "the page plays no model with a convolution or an architecture of your own.",
            "Train one of `baseline`, `stacked`, `bilinear` or `ensemble`.",
        )
    tables: Tables = {"front.embedding": front.embedding.weight}
    dense = front.front.dense if isinstance(front.front, DenseFront) else None
    if dense:
        tables |= _linear("front.dense", dense.linear)
    if isinstance(model.conditioner, BeatConditioner):
        tables["conditioner"] = model.conditioner.weight
    for number, layer in enumerate(core.layers):
        for member in range(layer.members):
            name = f"core.{number}.{member}"
            tables[f"{name}.input.weight"] = layer.weight_input[member]
            tables[f"{name}.input.bias"] = layer.bias[member]
            tables[f"{name}.hidden.weight"] = layer.weight_hidden[member]
    if head.dense:
        tables |= _linear("head.dense", head.dense.linear)
    for number, stack in enumerate(head.members):
        tables[f"head.{number}.embedding"] = stack.embedding.weight
        tables |= _linear(f"head.{number}.context", stack.context)
        parts = ("prefix", stack.prefix), ("bottleneck", stack.bottleneck)
        for part, layers in (*parts, ("projection", stack.output_projection)):
            for place, layer in enumerate(layers):
                tables |= _linear(f"head.{number}.{part}.{place}", layer)
    sizes = {
        "n_codebooks": head.n_codebooks,
        "layers": [{"members": one.members, "hidden": one.hidden} for one in core.layers],
        "join": core.join,
        "front": {"relu": dense.relu} if dense else None,
        "head": {
            "members": len(head.members),
            "width": head.members[0].width,
            "dense": {"relu": head.dense.relu} if head.dense else None,
        },
        "has_beat": model.conditioner is not None,
    }
    return tables, sizes


def codec_tables(codec: Codec) -> tuple[Tables, dict[str, Any]]:
    """Return the tables of a codec of mono sound, and its sizes as plain values."""
    tables = {
        "codec.basis.weight": codec.basis.t(),
        "codec.basis.bias": codec.mean,
        "codec.codebooks": codec.quantiser.codebooks,
        "codec.levels": codec.levels,
        "codec.soft": codec.soft.reshape(1),
    }
    if codec.codebook_info:
        tables["codec.loudness"] = codec.codebook_info.levels
    if codec.decoder:
        tables |= _decoder_tables(codec.decoder)
    decoder = codec.decoder.size if codec.decoder else None
    sizes = {
        "hop_samples": codec.spec.hop_samples,
        "n_components": len(codec.basis),
        "decoder": {"channels": decoder.channels, "blocks": decoder.blocks} if decoder else None,
    }
    return tables, sizes


def calibration_values(calibration: Calibration) -> dict[str, Any]:
    """Return what held-out music told about sampling, and the guards' figures, as plain values."""
    beat = calibration.beat_seconds
    return {
        "surprisal_bits": _usual(calibration.surprisal_bits),
        "loudness_db": _usual(calibration.loudness_db),
        "beat_seconds": None if beat is None else [float(one) for one in beat],
        "gain": GAIN,
        "most_bias": MAX_BIAS,
    }


def _decoder_tables(decoder: ContextDecoder) -> Tables:
    tables = {"decoder.scale": decoder.scale.reshape(1)}
    named = [("enter", decoder.enter), ("leave", decoder.leave)]
    named += [(f"convolve.{place}", one) for place, one in enumerate(decoder.convolve)]
    named += [(f"mix.{place}", one) for place, one in enumerate(decoder.mix)]
    for name, layer in named:
        tables[f"decoder.{name}.weight"] = layer.weight
        tables[f"decoder.{name}.bias"] = layer.bias
    return tables


def _linear(name: str, layer: Linear) -> Tables:
    return {f"{name}.weight": layer.weight, f"{name}.bias": layer.bias}


def _usual(usual: UsualRange | None) -> dict[str, float] | None:
    return None if usual is None else usual._asdict()
