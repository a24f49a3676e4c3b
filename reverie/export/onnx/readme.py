"""What a folder of graphs says of itself."""

from collections.abc import Mapping, Sequence
from typing import Any


def readme(
    about: Mapping[str, Any], graphs: Mapping[str, tuple[Sequence[str], Sequence[str]]]
) -> str:
    """Write the text.

    Args:
        about: of the export.
        graphs: by file, the inputs and outputs in words.
    """
    parts = [
        "# A model of music, as ONNX graphs\n",
        f"Made by {about['made_by']}: {about['architecture']} over {about['frames']}, "
        f"{about['rate_hz']} Hz, {'stereo' if about['channels'] > 1 else 'mono'}. A frame is "
        f"{about['hop_samples']} samples.\n",
        "    pip install numpy onnxruntime\n    python example.py music.wav 10\n",
        "`example.py` needs nothing else; what it does in Python, any runtime can do.\n",
    ]
    for name, (inputs, outputs) in graphs.items():
        parts.append(f"## {name}\n")
        parts.append(f"{_MEANING[name]}\n")
        parts.append(f"- in: {', '.join(inputs)}\n- out: {', '.join(outputs)}\n")
    parts += [
        "## start.npz and about.json\n",
        "`start.npz` holds what the first step and the first decoding begin with, `output` "
        "included, from which the first frame is drawn. `about.json` holds sizes, and how frames "
        "are drawn.\n",
        "## Rows\n",
        "`step` advances any number of rows side by side, each a state of its own. The first "
        f"{about['long_rows']} rows have the long context"
        + (", and begin anew in turn" if about["renews_long_rows"] else "")
        + f". {_short_rows(about) if about['short_rows'] else ''}"
        "A row begins anew by zeros in `hidden` and `cell`.\n",
    ]
    if about["hears_beat"]:
        parts.append(
            "## The beat\n\n`beat` is position and period, in beats and in seconds, of the frame "
            "that is to be predicted; a period of 0 is no beat. `metronome` in `start.npz` is "
            "where it begins; with each frame the position moves by the frame's seconds over the "
            "period, modulo 2.\n"
        )
    if about["code_values"]:
        parts.append(
            "## What is not in the graphs\n\nReverie's guards, which keep endless music as loud "
            "and as surprising as music is, change the logits of the first code; the graphs have "
            f"none. The first {about['lookahead_frames']} calls of `decode` give silence, since a "
            "frame waits for those after it.\n"
        )
    return "\n".join(parts)


def _short_rows(about: Mapping[str, Any]) -> str:
    return (
        f"The last {about['short_rows']} begin anew in turn, one every {about['short_period']} "
        "frames, and are told no beat: the one that began first has seen the newest frames alone. "
        "Guidance w draws from the log-probabilities after the short context plus (1 + w) times "
        "their difference from those after the long one. Without guidance the short rows can be "
        "left out. "
    )


_MEANING = {
    "step.onnx": "Takes a frame (and those before it that a step sees) and the states; gives what "
    "the next frame is drawn from.",
    "codes.onnx": "Gives the logits of every code of a frame, given `output` of a step and the "
    "codes that are drawn already: those of a code ignore it and all after it. Draw one, put it in "
    "its place, and ask again.",
    "decode.onnx": "Turns a frame into samples, phases included; its state goes in and comes out.",
}
