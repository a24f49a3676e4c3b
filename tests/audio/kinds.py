"""Every container and codec that is tried: the table of docs/files.md and the fuzzer's seeds.

PyAV's own FFmpeg makes most of them; those with `ffmpeg` set need its program, which knows more
encoders.
"""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.audio.making import encode, wav


@dataclass(frozen=True)
class Kind:
    """One way to store a recording: the suffix, the codec, and what these demand."""

    suffix: str
    codec: str
    container: str | None = None
    rate_hz: int = 44100
    channels: int = 2
    bit_rate: int = 128_000
    ffmpeg: bool = False
    options: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """A name that tells it from the others, such as `pcm_s16le.wav`."""
        kind = f"{self.codec}{self.suffix}"
        return kind if not self.options else f"{'-'.join(one for _, one in self.options)}-{kind}"

    def make(self, path: Path, sound: NDArray[np.float32]) -> Path:
        """Write float32 [samples, channels], of this kind's own rate and channels, to `path`."""
        if not self.ffmpeg:
            return encode(
                path, sound, self.codec, rate_hz=self.rate_hz, bit_rate=self.bit_rate,
                container=self.container, options=dict(self.options),
            )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            plain = wav(Path(folder) / "a.wav", sound, rate_hz=self.rate_hz)
            command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", str(plain)]
            command += ["-c:a", self.codec, "-b:a", str(self.bit_rate), "-strict", "-2"]
            command += [word for key, one in self.options for word in (f"-{key}", one)]
            command += ["-f", self.container] if self.container else []
            subprocess.run([*command, str(path)], check=True)
        return path


def can_make(kind: Kind) -> bool:
    """Whether this machine has what makes it."""
    return not kind.ffmpeg or shutil.which("ffmpeg") is not None


BARE_MP3 = (("write_xing", "0"), ("id3v2_version", "0"))
VOICE = {"rate_hz": 8000, "channels": 1}

KINDS = (
    *(
        Kind(".wav", codec)
        for codec in (
            "pcm_u8",
            "pcm_s16le",
            "pcm_s24le",
            "pcm_s32le",
            "pcm_f32le",
            "pcm_f64le",
            "pcm_alaw",
            "pcm_mulaw",
            "adpcm_ms",
            "adpcm_ima_wav",
        )
    ),
    Kind(".wav", "libmp3lame"),
    Kind(".wav", "g722", rate_hz=16000, channels=1, bit_rate=64000),
    Kind(".wav", "g726", **VOICE, bit_rate=32000),
    Kind(".wav", "pcm_s16le", options=(("rf64", "always"),)),
    Kind(".w64", "pcm_s24le"),
    *(Kind(".aiff", codec, "aiff") for codec in ("pcm_s16be", "pcm_s24be")),
    *(Kind(".aifc", codec, "aiff") for codec in ("pcm_f32be", "pcm_s16le", "pcm_alaw")),
    *(Kind(".au", codec) for codec in ("pcm_s16be", "pcm_f32be", "pcm_mulaw")),
    *(
        Kind(".caf", codec)
        for codec in ("pcm_s16be", "pcm_f32le", "alac", "aac", "libopus")
        if codec != "libopus"
    ),
    Kind(".caf", "libopus", rate_hz=48000),
    Kind(".voc", "pcm_u8", channels=1),
    Kind(".voc", "pcm_s16le"),
    Kind(".sf", "pcm_s16le", "ircam"),
    Kind(".sox", "pcm_s32le", "sox"),
    Kind(".flac", "flac"),
    Kind(".wv", "wavpack"),
    Kind(".tta", "tta"),
    Kind(".mp3", "libmp3lame"),
    Kind(".mp3", "libmp3lame", options=BARE_MP3),
    Kind(".mp3", "libmp3lame", options=BARE_MP3, bit_rate=0),
    Kind(".mp2", "mp2"),
    Kind(".aac", "aac", "adts"),
    Kind(".loas", "aac", "latm"),
    Kind(".ac3", "ac3"),
    Kind(".eac3", "eac3"),
    Kind(".amr", "libopencore_amrnb", **VOICE, bit_rate=12200),
    Kind(".g722", "g722", rate_hz=16000, channels=1, bit_rate=64000),
    Kind(".sbc", "sbc"),
    Kind(".aptx", "aptx"),
    Kind(".adx", "adpcm_adx"),
    Kind(".ogg", "vorbis"),
    Kind(".ogg", "flac"),
    Kind(".oga", "flac", "oga"),
    Kind(".opus", "libopus", rate_hz=48000),
    Kind(".ogv", "vorbis", "ogv"),
    *(Kind(".m4a", codec, "ipod") for codec in ("aac", "alac")),
    *(Kind(".mp4", codec) for codec in ("aac", "flac", "libmp3lame", "ac3")),
    Kind(".mp4", "libopus", rate_hz=48000),
    Kind(".mp4", "aac", options=(("movflags", "+frag_keyframe+empty_moov+default_base_moof"),)),
    *(
        Kind(".mov", codec)
        for codec in ("pcm_s16be", "pcm_s24le", "pcm_f32le", "adpcm_ima_qt", "aac")
    ),
    Kind(".qta", "alac", "mov"),
    Kind(".qta", "aac", "ipod"),
    Kind(".m4b", "aac", "ipod"),
    Kind(".3gp", "libopencore_amrnb", **VOICE, bit_rate=12200),
    Kind(".3g2", "aac"),
    Kind(".m4v", "aac", "mp4"),
    Kind(".f4v", "aac"),
    *(
        Kind(".mka", codec, "matroska")
        for codec in ("flac", "aac", "vorbis", "pcm_s24le", "wavpack", "tta", "alac", "libmp3lame")
    ),
    Kind(".mkv", "aac"),
    Kind(".mkv", "ac3"),
    Kind(".mkv", "libopus", rate_hz=48000),
    Kind(".webm", "libopus", rate_hz=48000),
    Kind(".weba", "vorbis", "webm"),
    *(Kind(".wma", codec, "asf") for codec in ("wmav1", "wmav2")),
    Kind(".wmv", "wmav2", "asf"),
    Kind(".asf", "pcm_s16le"),
    Kind(".wtv", "mp2"),
    *(Kind(".avi", codec) for codec in ("pcm_s16le", "libmp3lame", "aac", "ac3", "adpcm_ms")),
    *(Kind(".ts", codec) for codec in ("aac", "mp2", "ac3")),
    Kind(".m2ts", "ac3", "mpegts"),
    Kind(".ts", "libopus", rate_hz=48000),
    Kind(".mpg", "mp2"),
    Kind(".vob", "ac3", rate_hz=48000),
    Kind(".flv", "libmp3lame"),
    Kind(".flv", "aac"),
    Kind(".flv", "adpcm_swf"),
    Kind(".nut", "flac"),
    Kind(".rm", "ac3"),
    Kind(".ra", "real_144", "rm", **VOICE),
    Kind(".oma", "pcm_s16be") if False else Kind(".ast", "pcm_s16be_planar"),
    Kind(".mxf", "pcm_s16le", rate_hz=48000),
    Kind(".dts", "dca", rate_hz=48000, ffmpeg=True, bit_rate=768_000),
    Kind(".thd", "truehd", "truehd", rate_hz=48000, ffmpeg=True),
    Kind(".mlp", "mlp", rate_hz=48000, ffmpeg=True),
    Kind(".gsm", "libgsm", **VOICE, ffmpeg=True, bit_rate=13000),
    Kind(".wav", "libgsm_ms", **VOICE, ffmpeg=True, bit_rate=13000),
    Kind(".spx", "libspeex", rate_hz=16000, channels=1, ffmpeg=True, bit_rate=24000),
    Kind(".ogg", "libvorbis", ffmpeg=True),
)
