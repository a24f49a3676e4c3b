"""Which files are taken for recordings, by their suffix."""

from pathlib import PurePath

AUDIO_SUFFIXES = frozenset(
    """
    .mp3 .mp2 .mpga .wav .wave .bwf .rf64 .w64 .flac .ogg .oga .opus .spx .m4a .m4b .m4r .aac .adts
    .mp4 .mov .3gp .aif .aiff .aifc .caf .au .snd .wma .ape .wv .tta .tak .alac .mka .mkv .webm
    .weba .ac3 .eac3 .dts .amr .ra .rm .dsf .dff .mpc .shn .voc
    """.split()  # noqa: SIM905
)
"""Suffixes, in lower case, of the files that FFmpeg may find audio in."""


def is_audio_name(name: str) -> bool:
    """Whether a file of this name is taken for a recording, whatever the case of its letters.

    macOS leaves `._x.mp3` beside each `x.mp3` on foreign disks: those hold no audio.
    """
    return PurePath(name).suffix.lower() in AUDIO_SUFFIXES and not name.startswith("._")
