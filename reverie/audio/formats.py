"""Recognise recordings by the suffix of their names."""

from pathlib import PurePath

SOUND = """
    .mp3 .mp2 .mp1 .m1a .m2a .mpa .mpga .wav .wave .bwf .rf64 .w64 .flac .ogg .oga .ogx .opus .spx
    .m4a .m4b .m4r .m4p .f4a .f4b .aac .adts .loas .latm .qta .caf .caff .aif .aiff .aifc .aiffc
    .afc .au .snd .sf .ircam .nist .sph .pvf .voc .sox .8svx .iff .avr .paf .fap .wv .tta .tak
    .alac .ape .apl .mac .mka .weba .wma .xwma .ac3 .ac4 .eac3 .ec3 .dts .dtshd .mlp .thd .truehd
    .amr .awb .3ga .gsm .qcp .g722 .722 .g723_1 .g728 .g729 .sln .ra .rm .oma .omg .aa3 .aea
    .aa .aax .dsf .dff .wsd .mpc .mp+ .mpp .shn .ofr .bonk .osq .rka .wa .qoa .lc3 .iamf .sbc .msbc
    .aptx .aptxhd .dfpwm .vqf .vqe .vql .dss .mmf .laf .hca .hcom .adx .adp .dtk .ads .ss2 .aix .acm
    .ast .apc .bcstm .bcwav .bfstm .brstm .binka .fsb .fwse .genh .msf .mtaf .musx .nsp .rsd .rso
    .daud    .sds .sdx .sdns .son .svag .vag .vpk .wve .wady .way .xa .xvag .xmd .mca
"""

PICTURES_WITH_SOUND = """
    .mp4 .mov .qt .m4v .3gp .3gpp .3g2 .3gp2 .3gpp2 .f4v .f4p .flv .mj2 .psp .ism .isma .ismv .cmfa
    .cmfv .avi .divx .mkv .mk3d .webm .wmv .wm .asf .dvr-ms .wtv .ts .mts .m2ts .m2t .m2p .tp
    .trp .tod .mod .mpg .mpeg .mpe .mp2v .vob .vro .evo .ogv .ogm .mxf .gxf .nut .nuv .nsv .rmvb
    .ivr .dv .dif .amv .swf .viv .ty .ty+ .pva .roq .smk .bik .bk2 .thp .usm .xmv .str .mods .moflex
    .mlv .lvf .dav .kux .mvi .mv .sdr2
"""

AUDIO_SUFFIXES = frozenset(f"{SOUND} {PICTURES_WITH_SOUND}".split())
"""Suffixes, in lower case, of files in which FFmpeg may find audio. Samples without a header
(`.raw`, `.ul`) are not among them, because their rate is unknown."""


def is_audio_name(name: str) -> bool:
    """Return whether a file of this name is taken for a recording; case does not matter.

    On foreign disks macOS writes `._x.mp3` beside each `x.mp3`; these files hold no audio.
    """
    return PurePath(name).suffix.lower() in AUDIO_SUFFIXES and not name.startswith("._")
