"""Every container and codec that is tried: the rows of docs/files.md, and the fuzzer's seeds.

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
    pictures: bool = False
    options: tuple[tuple[str, str], ...] = ()
    told: str = ""
    """What is special about it."""

    @property
    def name(self) -> str:
        """A name that tells it from the others, such as `pcm_s16le.wav`."""
        return f"{self.codec}{'-' * bool(self.told)}{self.told.replace(' ', '-')}{self.suffix}"

    def make(self, path: Path, sound: NDArray[np.float32]) -> Path:
        """Write float32 [samples, channels], of this kind's own rate and channels, to `path`."""
        if not self.ffmpeg:
            return encode(
                path, sound, self.codec, rate_hz=self.rate_hz, bit_rate=self.bit_rate,
                container=self.container, options=dict(self.options),
            )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            plain = wav(Path(folder) / "a.wav", sound, rate_hz=self.rate_hz)
            command = ["ffmpeg", "-v", "error", "-nostdin", "-y"]
            if self.pictures:
                seconds = len(sound) / self.rate_hz
                command += ["-f", "lavfi", "-i", f"color=s=64x64:r=25:d={seconds}"]
            command += ["-i", str(plain), "-c:a", self.codec, "-b:a", str(self.bit_rate)]
            command += ["-strict", "-2"]
            command += [word for key, one in self.options for word in (f"-{key}", one)]
            command += ["-f", self.container] if self.container else []
            subprocess.run([*command, str(path)], check=True)
        return path


def can_make(kind: Kind) -> bool:
    """Whether this machine has what makes it."""
    return not kind.ffmpeg or shutil.which("ffmpeg") is not None


def kinds(suffix: str, codecs: str, container: str | None = None) -> list[Kind]:
    """A kind for each of several codecs."""
    return [Kind(suffix, codec, container) for codec in codecs.split()]


BARE = (("write_xing", "0"), ("id3v2_version", "0"))
FRAGMENTS = (("movflags", "+frag_keyframe+empty_moov+default_base_moof"),)
FAST_START = (("movflags", "+faststart"),)

KINDS = (
    *kinds(".wav", "pcm_u8 pcm_s16le pcm_s24le pcm_s32le pcm_f32le pcm_f64le pcm_alaw pcm_mulaw"),
    *kinds(".wav", "adpcm_ms adpcm_ima_wav libmp3lame"),
    Kind(".wav", "g722", rate_hz=16000, channels=1, bit_rate=64000),
    Kind(".wav", "g726", rate_hz=8000, channels=1, bit_rate=32000),
    Kind(".wav", "pcm_s16le", options=(("rf64", "always"),), told="RF64"),
    Kind(".wav", "pcm_s24le", channels=8, told="8 channels"),
    Kind(".w64", "pcm_s24le"),
    *kinds(".aiff", "pcm_s16be pcm_s24be", "aiff"),
    *kinds(".aifc", "pcm_f32be pcm_s16le pcm_alaw", "aiff"),
    *kinds(".au", "pcm_s16be pcm_f32be pcm_mulaw"),
    *kinds(".caf", "pcm_s16be pcm_f32le alac"),
    Kind(".voc", "pcm_u8", rate_hz=8000, channels=1),
    Kind(".voc", "pcm_s16le"),
    Kind(".sf", "pcm_s16le", "ircam"),
    Kind(".sox", "pcm_s32le", "sox"),
    *kinds(".flac", "flac"),
    Kind(".flac", "flac", channels=8, told="8 channels"),
    *kinds(".wv", "wavpack"),
    *kinds(".tta", "tta"),
    Kind(".mp3", "libmp3lame"),
    Kind(".mp3", "libmp3lame", options=BARE, told="no header"),
    Kind(".mp3", "libmp3lame", options=BARE, bit_rate=0, told="VBR no header"),
    Kind(".mp3", "libmp3lame", rate_hz=22050, told="MPEG 2"),
    Kind(".mp2", "mp2"),
    Kind(".aac", "aac", "adts"),
    Kind(".loas", "aac", "latm"),
    Kind(".ac3", "ac3"),
    Kind(".ac3", "ac3", rate_hz=48000, channels=6, bit_rate=384_000, told="6 channels"),
    Kind(".eac3", "eac3"),
    Kind(".amr", "libopencore_amrnb", rate_hz=8000, channels=1, bit_rate=12200),
    Kind(".g722", "g722", rate_hz=16000, channels=1, bit_rate=64000),
    Kind(".sbc", "sbc"),
    Kind(".aptx", "aptx", rate_hz=48000),
    Kind(".adx", "adpcm_adx"),
    Kind(".ogg", "vorbis"),
    Kind(".ogg", "flac"),
    Kind(".opus", "libopus", rate_hz=48000),
    *kinds(".m4a", "aac alac", "ipod"),
    Kind(".m4a", "aac", "ipod", options=FAST_START, told="table first"),
    *kinds(".m4b", "aac", "ipod"),
    *kinds(".mp4", "flac libmp3lame ac3"),
    Kind(".mp4", "libopus", rate_hz=48000),
    Kind(".mp4", "aac", options=FRAGMENTS, told="fragments"),
    *kinds(".mov", "pcm_s16be pcm_s24le pcm_f32le adpcm_ima_qt aac"),
    Kind(".qta", "alac", "mov"),
    Kind(".3gp", "libopencore_amrnb", rate_hz=8000, channels=1, bit_rate=12200),
    *kinds(".3g2", "aac"),
    *kinds(".f4v", "aac"),
    *kinds(".mka", "flac aac pcm_s24le wavpack tta alac libmp3lame vorbis", "matroska"),
    *kinds(".mkv", "aac ac3"),
    Kind(".webm", "libopus", rate_hz=48000),
    *kinds(".wma", "wmav1 wmav2", "asf"),
    *kinds(".asf", "pcm_s16le"),
    *kinds(".wtv", "mp2"),
    *kinds(".avi", "pcm_s16le libmp3lame aac ac3 adpcm_ms"),
    *kinds(".ts", "aac mp2 ac3", "mpegts"),
    Kind(".ts", "libopus", "mpegts", rate_hz=48000),
    *kinds(".m2ts", "ac3", "mpegts"),
    *kinds(".mpg", "mp2"),
    Kind(".vob", "ac3", rate_hz=48000),
    *kinds(".flv", "libmp3lame aac adpcm_swf"),
    *kinds(".nut", "flac"),
    *kinds(".rm", "ac3"),
    Kind(".ra", "real_144", "rm", rate_hz=8000, channels=1),
    *kinds(".ast", "pcm_s16be_planar"),
    Kind(".dts", "dca", rate_hz=48000, ffmpeg=True, bit_rate=768_000),
    Kind(".thd", "truehd", "truehd", rate_hz=48000, ffmpeg=True),
    Kind(".mlp", "mlp", rate_hz=48000, ffmpeg=True),
    Kind(".gsm", "libgsm", rate_hz=8000, channels=1, ffmpeg=True, bit_rate=13000),
    Kind(".wav", "libgsm_ms", rate_hz=8000, channels=1, ffmpeg=True, bit_rate=13000),
    Kind(".spx", "libspeex", rate_hz=16000, channels=1, ffmpeg=True, bit_rate=24000),
    Kind(".ogg", "libvorbis", ffmpeg=True),
    Kind(".m4v", "aac", "mp4", ffmpeg=True, pictures=True),
    Kind(".mkv", "libvorbis", ffmpeg=True, pictures=True, told="pictures"),
    Kind(".avi", "libmp3lame", ffmpeg=True, pictures=True, told="pictures"),
    Kind(".mts", "ac3", "mpegts", ffmpeg=True, pictures=True),
    Kind(".wmv", "wmav2", "asf", ffmpeg=True, pictures=True),
    Kind(".ogv", "libvorbis", ffmpeg=True, pictures=True),
    Kind(".mxf", "pcm_s16le", rate_hz=48000, ffmpeg=True, pictures=True),
)
