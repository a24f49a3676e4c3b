"""Which files are taken for recordings."""

import av
import pytest
from av.format import ContainerFormat

from reverie.audio.formats import AUDIO_SUFFIXES, is_audio_name

NO_SOUND = set(
    """
    adf ans apv aqt art asc avc avif avs avs2 avs3 bit bitpacked bmv c2 cdata cdg cdxl cgi cif dat
    diz evc flm gif h261 h264 h265 h266 h26l heic heif hevc ice idf idx ifv imx ipu j2k jxl mcc
    mjpeg mjpg mks mpl2 mpo mxg nfo obu pdv pjs qcif rcv rgb rt sami sbg scc ser sga smi stl sub sup
    svs txt v v210 vb vc1 vt vtt vvc webvtt xl y4m yop yuv yuv10 264 265 266 302
    """.split()  # noqa: SIM905
)
"""Endings that FFmpeg knows of pictures, texts, and files of any kind."""

NO_HEADER = {"al", "ul", "sb", "sw", "ub", "uw", "rco", "tco"}
"""Those of samples that no header tells the rate of."""


def test_every_ending_that_ffmpeg_reads_sound_from_is_known() -> None:
    known: set[str] = set()
    for name in av.formats_available:
        try:
            known |= ContainerFormat(name, "r").extensions
        except ValueError:
            continue
    unknown = {ending for ending in known if f".{ending}" not in AUDIO_SUFFIXES}
    assert unknown - NO_SOUND - NO_HEADER == set()


@pytest.mark.parametrize(
    "suffix",
    """qta AVI m4v ts mts m2ts 3gp 3g2 mpg mpeg vob flv f4v asf wmv ogv mxf wtv nut mp3 wav aifc caf
    dsf oga opus qt""".split(),  # noqa: SIM905
)
def test_names_of_recordings(suffix: str) -> None:
    assert is_audio_name(f"a.b.{suffix}")


@pytest.mark.parametrize("name", ["a.jpg", "mp3", ".mp3", "._a.mp3", "a.mp3.part", "a.raw"])
def test_names_of_other_files(name: str) -> None:
    assert not is_audio_name(name)
