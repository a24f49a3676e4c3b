"""Clips: right length, seamless, provenance beside them, same seed same bytes, nothing lost."""

import json
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
import torch

from reverie import __version__, progress
from reverie.audio.pcm import to_int16
from reverie.corpus.corpus import Corpus
from reverie.errors import ReverieError
from reverie.frames.channels import ChannelFrames
from reverie.frames.fourier import FourierFrames
from reverie.frames.mdct import MdctFrames
from reverie.frames.normalised import Normalised
from reverie.frames.transforms import frame_spec
from reverie.generation import clips, plan
from reverie.generation.clips import generate, generate_missing, generate_more
from reverie.generation.preview import PREVIEW_SECONDS, preview
from reverie.generation.prompt_music import PromptMusic
from reverie.generation.prompts import choose_prompts
from reverie.generation.settings import GenerationSettings
from reverie.generation.stream import Stream, stream_of
from reverie.models.calibration import Calibration
from reverie.models.trained import TrainedModel
from reverie.runs.checkpoint import MODEL
from reverie.runs.run import Run
from reverie.runs.settings import GenerationDefaults
from reverie.storage import file_sha256
from reverie.training.recipe import load_recipe
from tests.conftest import RATE_HZ, SMALL
from tests.generation.making import contents
from tests.music import write_recordings


def test_clips_and_what_lies_beside_them(run: Run, corpus: Corpus, tmp_path: Path) -> None:
    settings = GenerationSettings(seconds=1.23, count=2, seed=7, checkpoint="3")
    made = generate(run, settings, tmp_path / "clips", quiet=True)
    assert sorted(contents(tmp_path / "clips")) == [
        "001.json", "001.png", "001.wav", "002.json", "002.png", "002.wav"
    ]  # fmt: skip
    held_out = {r.path for r in corpus.of_split("held-out")}
    for clip in made:
        samples, rate_hz = soundfile.read(clip.path)
        assert (len(samples), rate_hz) == (round(1.23 * RATE_HZ), RATE_HZ)
        assert soundfile.info(clip.path).subtype == "PCM_16"
        told = json.loads(clip.path.with_suffix(".json").read_text())
        assert told["checkpoint_sha256"] == file_sha256(run.find_checkpoint("3") / MODEL)
        assert told["audio_sha256"] == file_sha256(clip.path)
        assert told["corpus_hash"] == corpus.content_hash
        assert told["epoch"] == 3
        assert told["prompt"]["recording"] in held_out
        assert told["settings"]["seed"] == 7
        assert told["clip"] == int(clip.path.stem)
        assert told["made_by"] == f"reverie {__version__}"
        assert told["run"] == str(run.folder)
        assert told["rate_hz"] == RATE_HZ
        assert told["hop_samples"] == 250
        assert told["checkpoint"] == "epoch-00003"
        assert told["prompt"]["silence_seconds"] == 0
        assert clip.generated
        assert clip.path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")


def test_same_seed_same_bytes(run: Run, tmp_path: Path) -> None:
    for name, number in (("a", 1), ("b", 1), ("c", 2)):
        settings = GenerationSettings(seconds=0.5, count=2, seed=number, temperature=0.5)
        generate(run, settings, tmp_path / name, quiet=True)
    a, b, c = ((tmp_path / name / "002.wav").read_bytes() for name in "abc")
    assert a == b != c


def test_clips_are_what_the_model_goes_on_with(run: Run, tmp_path: Path) -> None:
    """One generator chooses the prompts, and then where the draws begin."""
    settings = GenerationSettings(seconds=0.3, count=2, seed=7, temperature=0.5)
    order = np.random.default_rng([7, 0])
    prompts, music = choose_prompts(run, "held-out", 2, order)
    rng = torch.Generator().manual_seed(int(order.integers(1 << 62)))
    stream = stream_of(run, run.load(run.find_checkpoint("best")), music, settings, rng)
    expected = torch.cat(list(stream.take(round(0.3 * RATE_HZ))), dim=-1).numpy()
    made = generate(run, settings, tmp_path, quiet=True)
    assert [clip.prompt for clip in made] == prompts
    for clip, wave in zip(made, expected[:, 0], strict=True):
        samples_made, _ = soundfile.read(clip.path, dtype="int16")
        np.testing.assert_array_equal(samples_made, to_int16(wave))
        told = json.loads(clip.path.with_suffix(".json").read_text())
        assert told["architecture"] == "baseline"
        assert told["clipped_samples"] == clip.clipped_samples


def test_progress_is_counted_in_frames(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(progress, "PLAIN_INTERVAL_SECONDS", -1.0)
    settings = GenerationSettings(seconds=2.51, count=1)  # a second is 64 frames of 250 samples
    for make, folder in ((generate, "a"), (generate_missing, "b")):
        make(run, settings, tmp_path / folder, pictures=False)
        told = [line.split(", ")[0] for line in capsys.readouterr().err.splitlines()]
        assert told == ["generating: 64/81 frames", "generating: 81/81 frames"]
        make(run, settings, tmp_path / f"{folder}, quietly", pictures=False, quiet=True)
        assert capsys.readouterr().err == ""


def test_clipped_samples_are_counted_and_remembered(run: Run, tmp_path: Path) -> None:
    settings = GenerationSettings(seconds=0.3, count=2, temperature=100)
    made = generate(run, settings, tmp_path, quiet=True)
    assert all(clip.clipped_samples > 0 for clip in made)
    assert made[0].clipped_samples != made[1].clipped_samples
    again = generate(run, settings, tmp_path, quiet=True)
    assert [one.clipped_samples for one in again] == [one.clipped_samples for one in made]


@pytest.mark.parametrize(("kind", "subtype"), [("flac", "PCM_16"), ("float-wav", "FLOAT")])
def test_formats(run: Run, tmp_path: Path, kind: str, subtype: str) -> None:
    settings = GenerationSettings(
        seconds=0.3, count=1, format="flac" if kind == "flac" else "float-wav"
    )
    (clip,) = generate(run, settings, tmp_path, quiet=True)
    assert clip.path.suffix == (".flac" if kind == "flac" else ".wav")
    assert soundfile.info(clip.path).subtype == subtype
    assert soundfile.info(clip.path).frames == round(0.3 * RATE_HZ)


def test_a_file_of_ones_own_is_gone_on_from(run: Run, tmp_path: Path) -> None:
    write_recordings(tmp_path / "mine", 1, 2.0, 16000)
    mine = tmp_path / "mine" / "tune 0.wav"
    settings = GenerationSettings(seconds=0.3, count=1, prompt=str(mine))
    (clip,) = generate(run, settings, tmp_path / "clips", quiet=True)
    assert clip.prompt.recording == str(mine)
    assert 0 <= clip.prompt.offset_seconds < clip.prompt.offset_seconds + clip.prompt.seconds <= 2.0
    short = GenerationSettings(seconds=0.3, count=1, prompt=str(tmp_path / "none.wav"))
    with pytest.raises(ReverieError, match="is no file"):
        generate(run, short, tmp_path / "other", quiet=True)
    write_recordings(tmp_path / "short", 1, 0.02, 8000)
    short = GenerationSettings(prompt=str(tmp_path / "short" / "tune 0.wav"))
    with pytest.raises(ReverieError, match=r"has 0.02 s, and a prompt needs 0.03 s"):
        generate(run, short, tmp_path / "other", quiet=True)
    assert not (tmp_path / "other").exists()


def test_a_file_shorter_than_the_window_is_heard_whole(run: Run, tmp_path: Path) -> None:
    write_recordings(tmp_path / "short", 1, 0.12, 8000)
    settings = GenerationSettings(
        seconds=0.3, count=1, prompt=str(tmp_path / "short" / "tune 0.wav")
    )
    (clip,) = generate(run, settings, tmp_path / "clips", quiet=True)
    assert 0.09 < clip.prompt.seconds <= 0.12


def test_clips_begin_from_nothing(run: Run, tmp_path: Path) -> None:
    settings = GenerationSettings(seconds=0.3, count=2, prompt="nothing", temperature=1.0)
    one, other = generate(run, settings, tmp_path / "clips", quiet=True)
    assert one.prompt.seconds == 0
    assert one.path.read_bytes() != other.path.read_bytes()
    assert soundfile.info(one.path).frames == round(0.3 * RATE_HZ)


def test_seeds_take_every_recording_in_turn(run: Run, corpus: Corpus) -> None:
    prompts, music = choose_prompts(run, "training", 6, np.random.default_rng(0))
    needed = frame_spec(run.recipe.frames, run.rate_hz).samples_for(
        run.recipe.prompt_frames(run.rate_hz)
    )
    assert music.samples.shape == (6, 1, needed)
    names = [prompt.recording for prompt in prompts]
    assert set(names[:4]) == {r.path for r in corpus.of_split("train")}


def test_seeds_come_from_where_training_learns(with_rests: Corpus, tmp_path: Path) -> None:
    recipe = load_recipe("paper", [*SMALL, "training.trim_silence_db=35"])
    run = Run(tmp_path, recipe, with_rests.folder, with_rests.content_hash, RATE_HZ)
    prompts, _ = choose_prompts(run, "training", 50, np.random.default_rng(0))
    assert min(prompt.offset_seconds for prompt in prompts) >= 0.9
    assert max(prompt.offset_seconds + prompt.seconds for prompt in prompts) <= 4.1


class Echo(torch.nn.Module):
    """A model that knows the future: it predicts the frames it is told, in order."""

    step_frames, unit = 1, "nothing"
    conditioner = None

    def __init__(self, future: torch.Tensor) -> None:
        super().__init__()
        self.future, self.place, self.head, self.core = future, -1, self, self
        self.outputs = future.shape[-1]
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def initial_state(self, *_: object) -> tuple[()]:
        return ()

    def project(self, frames: torch.Tensor, _: object = None) -> torch.Tensor:
        return frames.unsqueeze(1)

    def step(self, projected: torch.Tensor, _: object) -> tuple[torch.Tensor, tuple[()]]:
        self.place += 1
        return projected, ()

    def forward(self, _: torch.Tensor) -> torch.Tensor:
        return self.future[:, self.place]

    def loss(self, *_: object) -> torch.Tensor:
        raise AssertionError("it is not trained")

    def predict(self, output: torch.Tensor) -> torch.Tensor:
        return output

    def draw(self, output: torch.Tensor, *_: object) -> torch.Tensor:
        return output


@pytest.mark.parametrize("frames", [FourierFrames(100), MdctFrames(100)])
def test_a_true_prediction_goes_on_without_a_seam(frames: FourierFrames | MdctFrames) -> None:
    """With the true frames predicted, prompt and clip together are the recording."""
    whole = torch.randn(1, 1, 3000)
    representation = Normalised(
        ChannelFrames(frames, 1), torch.zeros(frames.spec.width), torch.ones(frames.spec.width)
    )
    prompt = whole[..., : frames.spec.samples_for(8)]
    echo = Echo(representation.analyse(whole)[:, 1:])
    trained = TrainedModel(
        echo,  # pyright: ignore[reportArgumentType]
        representation,
        Calibration(),
    )
    rng = torch.Generator()
    settings = GenerationDefaults(method="carry")
    stream = Stream(trained, PromptMusic(prompt), settings, rng, rate_hz=RATE_HZ, window_frames=1)
    made = torch.cat(list(stream.take(1234)), dim=-1)
    torch.testing.assert_close(made, whole[..., 800 : 800 + 1234], atol=1e-5, rtol=1e-4)


def test_long_clips_take_no_more_memory(run: Run, tmp_path: Path) -> None:
    generate(run, GenerationSettings(seconds=30, count=1), tmp_path / "short", quiet=True)
    before = psutil.Process().memory_info().rss
    generate(run, GenerationSettings(seconds=300, count=1), tmp_path / "long", quiet=True)
    grown = psutil.Process().memory_info().rss - before
    assert soundfile.info(tmp_path / "long" / "001.wav").frames == 300 * RATE_HZ
    assert grown < 8_000_000  # the samples alone, as floats, would be 10 MB


def test_a_clip_is_whole_or_not_there(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(*_: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(plan, "stream_of", stops)
    with pytest.raises(KeyboardInterrupt):
        generate(run, GenerationSettings(count=2), tmp_path / "clips", quiet=True)
    assert contents(tmp_path / "clips") == {}
    assert not list((tmp_path / "clips").glob(".*.partial"))


def test_preview(run: Run) -> None:
    trained = run.load(run.find_checkpoint())
    assert preview(trained, run).shape == (PREVIEW_SECONDS * RATE_HZ,)


def test_a_changed_corpus_is_refused(run: Run, tmp_path: Path) -> None:
    told = json.loads((run.folder / "corpus.json").read_text())
    other = Run(run.folder, run.recipe, run.corpus_folder, "0" * 64, told["rate_hz"])
    with pytest.raises(ReverieError, match="has changed since"):
        generate(other, GenerationSettings(), tmp_path / "clips", quiet=True)


def test_a_folder_gets_more_and_a_stopped_call_is_finished(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = GenerationSettings(seconds=0.2, count=2, temperature=0.5)
    alone = generate(run, settings, tmp_path / "alone", quiet=True)
    first = generate_more(run, settings, tmp_path / "clips", quiet=True)
    assert [clip.path.read_bytes() for clip in first] == [clip.path.read_bytes() for clip in alone]
    published = clips.publish

    def stops(stage: Path, sound: Path) -> None:
        if sound.stem == "004":
            raise KeyboardInterrupt
        published(stage, sound)

    monkeypatch.setattr(clips, "publish", stops)
    with pytest.raises(KeyboardInterrupt):
        generate_more(run, settings, tmp_path / "clips", quiet=True)
    monkeypatch.setattr(clips, "publish", published)
    finished = generate_more(run, settings, tmp_path / "clips", quiet=True)
    assert [(clip.path.stem, clip.generated) for clip in finished] == [
        ("003", False),
        ("004", True),
    ]
    more = generate_more(run, settings, tmp_path / "clips", quiet=True)
    assert [clip.path.stem for clip in more] == ["005", "006"]
    sounds = {clip.path.read_bytes() for clip in (*first, *finished, *more)}
    assert len(sounds) == 6
