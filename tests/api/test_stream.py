"""A stream: music without end, whose settings change while it plays."""

import itertools
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import reverie
from reverie.api.clip import Clip
from reverie.api.run import Run
from reverie.api.stream import CHANGEABLE, OF_PROMPT, Stream
from tests.music import write_recordings


def taken(stream: Stream, blocks: int) -> NDArray[np.float32]:
    return np.concatenate(list(itertools.islice(stream, blocks)))


@pytest.fixture(scope="module")
def tune(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prompt")
    write_recordings(folder, 1, 3.0, 8000)
    return folder / "tune 0.wav"


def test_blocks_without_end(over_codes: Run) -> None:
    stream = over_codes.stream(block_frames=4)
    assert iter(stream) is stream
    block = next(stream)
    assert block.shape == (stream.block_samples,) == (4 * 256,)
    assert block.dtype == np.float32
    assert stream.rate_hz == 8000
    assert len(taken(stream, 20)) == 20 * 1024
    assert over_codes.stream().block_samples >= 8000, "about a second or more"


def test_a_block_may_be_one_frame_and_holds_the_same_music(over_codes: Run, run: Run) -> None:
    assert next(over_codes.stream(block_frames=1)).shape == (256,)
    single, larger = (run.stream(temperature=0.5, block_frames=count) for count in (1, 6))
    assert np.allclose(taken(single, 12), taken(larger, 2), atol=1e-5)


def test_the_same_seed_gives_the_same_bytes(over_codes: Run) -> None:
    first, again, other = (
        taken(over_codes.stream({"seed": prompt}, block_frames=8), 2) for prompt in (1, 1, 2)
    )
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_it_is_the_music_that_generate_makes(run: Run) -> None:
    (clip,) = run.generate(seconds=1, count=1, temperature=0.5)
    streamed = taken(run.stream(temperature=0.5, block_frames=8), 4)
    assert np.allclose(streamed[:8000], clip.samples, atol=1e-5)


CHANGES: list[dict[str, Any]] = [
    {"temperature": 0.2},
    {"detail_temperature": 0.1},
    {"top_k": 1},
    {"top_p": 0.1},
    {"min_p": 0.9},
    {"guidance": 2.0},
    {"beat": False},
    {"bpm": 90.0},
    {"guard": False},
    {"reprise_seconds": 5.0},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_settings_change_while_it_plays(over_codes: Run, change: dict[str, Any]) -> None:
    stream = over_codes.stream(block_frames=1)
    played: list[bytes] = []
    enough, stop = threading.Event(), threading.Event()

    def play() -> None:
        for block in stream:
            played.append(block.tobytes())
            if len(played) >= 5:
                enough.set()
            if stop.is_set():
                return

    player = threading.Thread(target=play)
    player.start()
    assert enough.wait(60)
    stream.update(change)
    at = len(played)
    (name, value), *_ = change.items()
    assert getattr(stream.settings, name) == value
    while len(played) < at + 5 and player.is_alive():
        threading.Event().wait(0.01)
    stop.set()
    player.join()
    assert len(played) >= at + 5


def test_a_change_counts_from_the_next_frame_on(over_codes: Run) -> None:
    plain, changed = (over_codes.stream(block_frames=4, temperature=1.0) for _ in range(2))
    assert next(plain).tobytes() == next(changed).tobytes()
    changed.update(top_k=1)
    assert taken(plain, 3).tobytes() != taken(changed, 3).tobytes()
    assert {next(iter(one)) for one in CHANGES} == CHANGEABLE - OF_PROMPT


def test_none_takes_a_setting_back(over_codes: Run) -> None:
    stream = over_codes.stream(detail_temperature=0.3)
    stream.update(detail_temperature=None)
    assert stream.settings.detail_temperature is None
    with pytest.raises(reverie.ReverieError, match="temperature"):
        stream.update(temperature=None)


@pytest.mark.parametrize("wrong", [0, -1, 10**9, 1.5, "1", True, [1]], ids=repr)
def test_a_block_of_no_such_length_is_refused(over_codes: Run, wrong: Any) -> None:
    with pytest.raises(reverie.ReverieError, match="block_frames is"):
        over_codes.stream(block_frames=wrong)


def test_other_settings_are_refused_and_nothing_changes(over_codes: Run) -> None:
    stream = over_codes.stream(block_frames=1)
    before = stream.settings
    for name, value in (("method", "rolling"), ("checkpoint", "latest"), ("count", 2)):
        with pytest.raises(reverie.ReverieError, match=f"{name} cannot change while"):
            stream.update({name: value})
    with pytest.raises(reverie.ReverieError, match="Did you mean temperature"):
        stream.update(temprature=0.5)
    with pytest.raises(reverie.ReverieError, match="temperature"):
        stream.update(temperature=-1)
    with pytest.raises(reverie.ReverieError, match="is no file"):
        stream.update(prompt="missing.wav")
    assert stream.settings == before
    next(stream)


def test_another_prompt(over_codes: Run, tune: Path) -> None:
    stay, go = (over_codes.stream(block_frames=2, temperature=0) for _ in range(2))
    assert next(stay).tobytes() == next(go).tobytes()
    go.update(prompt=tune, prompt_at_seconds=1.0)
    assert go.settings.prompt == str(tune)
    assert go.settings.prompt_at_seconds == 1.0
    assert taken(stay, 4).tobytes() != taken(go, 4).tobytes()
    go.update(temperature=0.5)
    assert go.settings.prompt == str(tune), "the prompt stays"
    go.update(prompt=None)
    assert go.settings.prompt == "nothing"
    assert go.settings.prompt_at_seconds is None, "a place in a file goes with that file"
    assert len(next(go)) == go.block_samples


def test_a_folder_as_prompt_gives_one_voice(over_codes: Run, tune: Path) -> None:
    stream = over_codes.stream(prompt=tune.parent, block_frames=1)
    stream.update(prompt=str(tune.parent))
    assert next(stream).shape == (256,)


def test_reset_begins_again_from_the_prompt(over_codes: Run, tune: Path) -> None:
    stream = over_codes.stream(prompt=tune, temperature=0, guard=False, block_frames=8)
    first = next(stream)
    next(stream)
    stream.reset()
    assert np.allclose(next(stream), first, atol=1e-5)


def test_a_run_over_numbers_streams_too(run: Run) -> None:
    stream = run.stream(prompt=None, temperature=1.0, block_frames=1)
    before = taken(stream, 3)
    assert np.isfinite(before).all()
    stream.update(temperature=0)
    assert np.isfinite(taken(stream, 3)).all()


def test_the_newest_music_is_kept_with_all_that_made_it(over_codes: Run, tmp_path: Path) -> None:
    stream = over_codes.stream(block_frames=4, temperature=1.0, seed=3)
    with pytest.raises(reverie.ReverieError, match="no music"):
        stream.keep()
    heard = taken(stream, 6)
    at = stream.update(temperature=0.25)
    assert at == stream.change_at_sample >= stream.total_samples == len(heard)
    heard = np.concatenate([heard, taken(stream, 6)])
    clip = stream.keep(1.0)
    assert clip.samples.tobytes() == heard[-8000:].tobytes()
    assert stream.keep(0.5, until_sample=6000).samples.tobytes() == heard[2000:6000].tobytes()
    made = clip.provenance
    assert made is not None
    assert made.excerpt is not None
    assert (made.settings["seed"], made.settings["temperature"]) == (3, 1.0)
    assert made.excerpt.begins_seconds == (len(heard) - 8000) / 8000
    (change,) = made.excerpt.changes
    assert change.settings == {"temperature": 0.25}
    assert change.at_seconds == (at - len(heard) + 8000) / 8000
    first, second = (stream.keep(0.5, out=tmp_path / "kept") for _ in range(2))
    assert [kept.path and kept.path.name for kept in (first, second)] == ["001.wav", "002.wav"]
    assert first.path is not None
    read = Clip.open(first.path)
    assert read.provenance is not None
    assert first.provenance is not None
    assert read.provenance.deciding() == first.provenance.deciding()
    assert np.allclose(read.samples, heard[-4000:], atol=1 / 32000)
    assert first.path.with_suffix(".png").is_file()


def test_another_seed_draws_another_prompt(over_codes: Run) -> None:
    stream = over_codes.stream(block_frames=1, seed=1)
    prompts: set[float] = set()
    for seed in range(6):
        stream.update(seed=seed)
        made = stream.keep(1.0).provenance if taken(stream, 1) is not None else None
        assert made is not None
        assert made.excerpt is not None
        prompt = made.excerpt.changes[-1].prompt
        assert prompt is not None
        prompts.add(prompt.offset_seconds)
    assert len(prompts) > 1


@pytest.mark.parametrize(
    ("seconds", "until", "name"),
    [
        *((wrong, None, "seconds is") for wrong in (np.nan, -1, 0, 1e-9, None, "1", True)),
        *((1.0, wrong, "until_sample is") for wrong in (-1, 1.5, "1", np.nan, True)),
    ],
)
def test_what_is_kept_is_of_some_length(
    over_codes: Run, seconds: Any, until: Any, name: str
) -> None:
    stream = over_codes.stream(block_frames=4)
    next(stream)
    with pytest.raises(reverie.ReverieError, match=name):
        stream.keep(seconds, until_sample=until)
    assert stream.keep(np.inf).samples.shape[-1] == stream.total_samples
