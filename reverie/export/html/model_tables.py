"""The tables and sizes of a model over codes and of its codec, by the names that the page knows.

Letters as in `models/contract.py` and `frames/codec.py`.
"""

from typing import Any

from torch import Tensor

from reverie.errors import ReverieError
from reverie.frames.codec import Codec
from reverie.frames.contract import Representation
from reverie.frames.decoder import ContextNetwork
from reverie.frames.full_band.bands import HIGH_STEPS, NOISE_SEED, NOISE_WINDOWS
from reverie.frames.full_band.codec import FullBandCodec
from reverie.frames.full_band.widening import MOST_SIDE
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


def sound_tables(representation: Representation) -> tuple[Tables, dict[str, Any]]:
    """Return the tables of frames that are codes, and their sizes as plain values.

    Raises:
        ReverieError: they are no codes.
    """
    if isinstance(representation, Codec):
        tables, sizes = _codec_tables(representation)
        return tables, {"codec": sizes}
    if isinstance(representation, FullBandCodec):
        tables, sizes = _codec_tables(representation.narrow)
        wide, wide_sizes = _wide_tables(representation)
        return tables | wide, {"codec": sizes, "wide": wide_sizes}
    raise ReverieError("the page plays models over codes alone.", REMEDY)


def _codec_tables(codec: Codec) -> tuple[Tables, dict[str, Any]]:
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
        tables["decoder.scale"] = codec.decoder.scale.reshape(1)
        tables |= _network_tables("decoder", codec.decoder)
    sizes = {
        "hop_samples": codec.spec.hop_samples,
        "n_components": len(codec.basis),
        "decoder": {"blocks": codec.decoder.size.blocks} if codec.decoder else None,
    }
    return tables, sizes


def _wide_tables(codec: FullBandCodec) -> tuple[Tables, dict[str, Any]]:
    """Return what is told of the full band, and from what it is made."""
    bands = codec.bands
    high = bands.high.sum(0)
    tables = _network_tables("teller", codec.teller) | {
        "wide.means": codec.means,
        "wide.scales": codec.scales,
        "wide.vector_scale": codec.vector_scale.reshape(1),
        "wide.turn": bands.turn.imag,
        "wide.long_bands": bands.stereo.argmax(0),
        "wide.short_bands": bands.stereo_of_high,
        "wide.high_bands": bands.high.argmax(0) if bands.n_high else high.long(),
    }
    sizes = {
        "hop_samples": codec.spec.hop_samples,
        "channels": codec.spec.channels,
        "blocks": codec.teller.size.blocks,
        "steps": HIGH_STEPS,
        "n_high": bands.n_high,
        "n_stereo": len(bands.stereo),
        "high_from": int((high == 0).sum()),
        "most_side": MOST_SIDE,
        "noise_windows": NOISE_WINDOWS,
        "noise_seed": NOISE_SEED,
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


def _network_tables(name: str, network: ContextNetwork) -> Tables:
    tables: Tables = {}
    named = [("enter", network.enter), ("leave", network.leave)]
    named += [(f"convolve.{place}", one) for place, one in enumerate(network.convolve)]
    named += [(f"mix.{place}", one) for place, one in enumerate(network.mix)]
    for part, layer in named:
        tables[f"{name}.{part}.weight"] = layer.weight
        tables[f"{name}.{part}.bias"] = layer.bias
    return tables


def _linear(name: str, layer: Linear) -> Tables:
    return {f"{name}.weight": layer.weight, f"{name}.bias": layer.bias}


def _usual(usual: UsualRange | None) -> dict[str, float] | None:
    return None if usual is None else usual._asdict()
