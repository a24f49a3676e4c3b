"""Play a model of this folder: numpy and onnxruntime are all that it needs.

python example.py music.wav 10
"""

# pyright: basic
import json
import math
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

HERE = Path(__file__).resolve().parent


class Music:
    """Endless music, a frame at a time."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        self.about: dict[str, Any] = json.loads((folder / "about.json").read_text("utf-8"))
        with np.load(folder / "start.npz") as start:
            arrays = {name: start[name] for name in start.files}
        self.rng = np.random.default_rng(seed)
        self.temperature, self.guidance = self.about["temperature"], self.about["guidance"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1

        def graph(name: str) -> Any:
            path = str(folder / f"{name}.onnx")
            return onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])

        self.step, self.decode = graph("step"), graph("decode")
        self.codes = graph("codes") if self.about["code_values"] else None
        self.prefix, self.output = arrays["seen"], arrays["output"]
        self.hidden, self.cell = arrays["hidden"], arrays["cell"]
        self.position, self.period = arrays["metronome"]
        names = [one.name for one in self.decode.get_inputs()][1:]
        self.sound = {name: arrays[name] for name in names}
        self.long_steps, self.short_steps = self.about["long_steps"], self.about["short_steps"]

    def next_samples(self) -> Any:
        """Return the samples of the next frame: [channels, samples]."""
        frame = self.draw()
        self.append(frame)
        samples, *state = self.decode.run(None, {"frame": frame, **self.sound})
        self.sound = dict(zip(self.sound, state, strict=True))
        return samples

    def draw(self) -> Any:
        """Draw the next frame from what the last step gave: [1, width]."""
        long, short = self.about["long_rows"], self.about["short_rows"]
        rows = [oldest(self.long_steps, long, 1)]
        if short and self.guidance:
            rows.append(long + oldest(self.short_steps, short, self.about["short_period"]))
        output = self.output[rows]
        if self.codes is None:
            return output
        codes = np.zeros((1, self.about["frame_width"]), np.int64)
        for place in range(codes.shape[1]):
            logits = self.codes.run(None, {"output": output, "codes": codes})[0][place]
            chances = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
            full = chances[0]
            if len(rows) > 1:
                full = chances[1] + (1 + self.guidance) * (chances[0] - chances[1])
            codes[0, place] = self.draw_code(full, place / max(1, codes.shape[1] - 1))
        return codes

    def draw_code(self, logits: Any, share: float) -> int:
        """Draw one code; `share` says how fine it is, from 0 to 1."""
        temperature = (1 - share) * self.temperature + share * self.about["detail_temperature"]
        if temperature <= 0:
            return int(logits.argmax())
        waits = self.rng.exponential(size=logits.shape)
        return int((logits / temperature - np.log(waits)).argmax())

    def append(self, frame: Any) -> None:
        """Advance all rows by a frame."""
        long, short = self.about["long_rows"], self.about["short_rows"]
        turn, within = divmod(self.short_steps, self.about["short_period"])
        renewed = [long + turn % short] if short and not within else []
        if self.about["renews_long_rows"]:
            renewed.append(self.long_steps % long)
        self.hidden[:, :, renewed] = 0
        self.cell[:, :, renewed] = 0
        seen = np.concatenate([self.prefix, frame[:, None]], axis=1)
        self.prefix = seen[:, 1:]
        told = {
            "seen": np.repeat(seen, long + short, axis=0),
            "hidden": self.hidden,
            "cell": self.cell,
        }
        if self.about["hears_beat"]:
            told["beat"] = self.next_beat()
        self.output, self.hidden, self.cell = self.step.run(None, told)
        self.long_steps, self.short_steps = self.long_steps + 1, self.short_steps + 1

    def next_beat(self) -> Any:
        """Advance the metronome: the beat of each row, none for those of the short context."""
        seconds = self.about["hop_samples"] / self.about["rate_hz"]
        if self.period > 0:
            self.position = (self.position + seconds / self.period) % 2
        beat = np.zeros((self.about["long_rows"] + self.about["short_rows"], 2), np.float32)
        beat[: self.about["long_rows"]] = self.position, self.period
        return beat


def oldest(steps: int, count: int, period: int) -> int:
    """Return the row that began first, of a ring of `count` in which one begins a `period`."""
    return max(-(-steps // period) - count, 0) % count


def main() -> None:
    """Write a WAV file."""
    path = sys.argv[1] if len(sys.argv) > 1 else "music.wav"
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    music = Music(HERE)
    about = music.about
    frames = math.ceil(seconds * about["rate_hz"] / about["hop_samples"])
    blocks = [music.next_samples() for _ in range(frames + about["lookahead_frames"])]
    samples = np.concatenate(blocks[about["lookahead_frames"] :], axis=1)
    pcm = (samples.clip(-1, 1) * 32767).astype("<i2")
    with wave.open(path, "wb") as file:
        file.setnchannels(about["channels"])
        file.setsampwidth(2)
        file.setframerate(about["rate_hz"])
        file.writeframes(pcm.T.tobytes())


if __name__ == "__main__":
    main()
