"""`reverie listen`, as people call it."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from typer.testing import CliRunner, Result

from reverie.cli.app import app
from reverie.corpus.corpus import Corpus
from reverie.listening.folder import ListeningTest
from tests.listening.making import CONDITIONS, answer_all, make_clips

SETTINGS = ("seconds=1", "shortest_seconds=1", "practice=0", "attention=0", "repeats=0",
            "anchors=1")  # fmt: skip


def listen(*words: object) -> Result:
    return CliRunner().invoke(app, ["listen", *map(str, words)])


def make(folder: Path, corpus: Corpus, *more: str) -> Path:
    """A test of three folders made by the command; gives its folder."""
    changes = [word for one in SETTINGS for word in ("--set", one)]
    made = listen("design", *make_clips(folder / "clips"), "--out", folder / "test", "--corpus",
                  corpus.folder, "--participants", 2, "--clips", 3, "--quiet", *changes,
                  *more)  # fmt: skip
    assert made.exit_code == 0, made.output
    return folder / "test"


@pytest.fixture(scope="module")
def untaken(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A test that nobody takes; tests leave it as it is."""
    return make(tmp_path_factory.mktemp("untaken"), corpus)


SCORES = {CONDITIONS[0]: 5, "real music": 5, "shaped noise": 1}


def test_from_design_to_results(corpus: Corpus, tmp_path: Path) -> None:
    folder = make(tmp_path, corpus)
    shown = listen("design", folder)
    assert "2 participants, 3 clips to rate each, and 2 hidden anchors" in shown.stdout
    assert "Chance to find a true difference" in shown.stdout
    for name in CONDITIONS:
        assert f"{name}: 2 trials, 1 for each participant" in shown.stdout
    told = json.loads(listen("design", folder, "--json").stdout)
    assert told["conditions"][CONDITIONS[0]]["per_place"] == [0, 1]
    assert len(told["orders"]) == 2

    early = listen("results", folder)
    assert early.exit_code == 2
    assert "0 of 2 participants have finished" in early.output
    nobody = listen("results", folder, "--peek")
    assert nobody.exit_code == 2
    assert "nobody has answered yet" in nobody.output

    answer_all(ListeningTest.open(folder), SCORES, "=cmd|'/c calc'!A1")
    found = json.loads(listen("results", folder, "--json").stdout)
    assert found["ended"] is True
    assert found["rehearsal"] is False
    means = {one["condition"]: one["mean"] for one in found["everyone"]["rows"]}
    assert means == {CONDITIONS[0]: 5, CONDITIONS[1]: 2, CONDITIONS[2]: 2, "real music": 5,
                     "shaped noise": 1}  # fmt: skip
    table = (folder / "answers.csv").read_text().strip().splitlines()
    assert len(table) == 1 + 2 * 5
    assert all(line.endswith(",people") for line in table[1:])
    assert "rehearsal" not in (folder / "results.html").read_text().lower()
    before = (folder / "results.html").read_bytes()
    assert "The report:" in listen("results", folder).stdout
    assert (folder / "results.html").read_bytes() == before


def test_a_rehearsal_says_so_everywhere(corpus: Corpus, tmp_path: Path) -> None:
    folder = make(tmp_path, corpus, "--rehearsal")
    answer_all(ListeningTest.open(folder), SCORES, "=cmd|'/c calc'!A1")
    result = listen("results", folder)
    assert "not people's ratings" in result.stdout
    assert json.loads((folder / "results.json").read_text())["rehearsal"] is True
    assert "not people's ratings" in (folder / "results.html").read_text().replace("&#39;", "'")
    table = (folder / "answers.csv").read_text().strip().splitlines()
    assert all("rehearsal: not people's ratings" in line for line in table[1:])
    assert json.loads(listen("design", folder, "--json").stdout)["rehearsal"] is True


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["missing"], "missing is not a folder of clips"),
        (["clips/zebra-model", "clips/zebra-model"], "given twice"),
        (["clips/zebra-model", "--set", "clps=3"], "Did you mean clips"),
        (["clips/zebra-model", "--participants", "0"], "participants"),
        (["clips/zebra-model", "--mode", "ranking"], "mode"),
        (["clips/zebra-model", "--corpus", "missing"], "missing"),
        (["test", "--participants", "3"], "settings are fixed"),
        (["clips/zebra-model", "--out", "test"], "already exists"),
        (["clips/zebra-model", "--mode", "preference", "--out", "new"], "two folders"),
        (["clips/zebra-model", "--set", "seed=-1"], "seed"),
        (["clips/zebra-model", "--set", f"seed={10**40}"], "seed"),
        (["clips/zebra-model", "--participants", "1000000000"], "participants"),
        (["clips/zebra-model", "--participants", "-3"], "participants"),
        (["clips/zebra-model", "--clips", "1000000000"], "clips"),
        (["clips/zebra-model", "--set", "seconds=inf"], "seconds"),
        (["clips/zebra-model", "--set", "seconds=nan"], "seconds"),
        (["clips/zebra-model", "--set", "least_answered=nan"], "least_answered"),
        (["clips/zebra-model", "--set", "repeats=1e400"], "repeats"),
        (["clips/zebra-model", "--set", "title=\x1b[31mred"], "title"),
        (["clips/zebra-model", "--set", "title=caf\udce9"], "title"),
        (["experiment"], "experiment.json"),
    ],
)
def test_mistakes_are_named(
    untaken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    shutil.copytree(untaken.parent, tmp_path, dirs_exist_ok=True)
    (tmp_path / "experiment" / "pool" / "a").mkdir(parents=True)
    (tmp_path / "experiment" / "experiment.json").write_text('{"corpus": ["a"]}')
    monkeypatch.chdir(tmp_path)
    for command in ("design", "serve"):
        result = listen(
            command, *words, *["--set", "shortest_seconds=1"] * ("test" not in words[0])
        )
        assert result.exit_code == 2, result.output
        assert says in result.output
        assert "Traceback" not in result.output
        assert isinstance(result.exception, SystemExit)


def test_served_until_ctrl_c_and_by_one_alone(corpus: Corpus, tmp_path: Path) -> None:
    folder = make(tmp_path, corpus)
    words = [sys.executable, "-m", "reverie", "listen", "serve", str(folder), "--port"]
    with subprocess.Popen(
        [*words, "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stdout
        lines = [serving.stdout.readline() for _ in range(4)]
        links = [re.findall(r"http\S+", line) for line in lines]
        assert [len(one) for one in links] == [1, 1, 1, 0]
        with urlopen(links[0][0]) as reply:
            assert b"0 of 2 participants have finished" in reply.read()
        again = listen("serve", folder, "--port", 0)
        assert again.exit_code == 2
        assert "another process" in again.output
        time.sleep(0.5)
        serving.send_signal(2)
        said = serving.communicate(timeout=120)[1]
    assert serving.returncode == 130
    assert said.strip() == "reverie: interrupted; what was finished is kept"


@pytest.mark.parametrize("url", ["https://host/path", "host.example", "ftp://host", "https://"])
def test_links_begin_with_a_host(untaken: Path, url: str) -> None:
    result = listen("serve", untaken, "--port", 0, "--url", url)
    assert result.exit_code == 2
    assert "links cannot begin with" in result.output


@pytest.mark.parametrize("host", ["a" * 300, "..", "no such host", "::1::", "\x1b[31m"])
def test_a_host_that_there_is_not(untaken: Path, host: str) -> None:
    result = listen("serve", untaken, "--port", 0, "--host", host)
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert "Choose another --port or --host" in result.output
    assert "\x1b" not in result.output


NAMES = [
    b"caf\xe9",
    b"\x1b]0;owned\x07",
    b"[bold red]x",
    b"<script>x",
    b"a\nb",
    "\u202ebad".encode(),
]


def test_names_that_act_or_are_no_text(tmp_path: Path) -> None:
    sources = make_clips(tmp_path / "clips", clips=2)
    for at, name in enumerate(NAMES):
        folder = Path(os.fsdecode(os.fsencode(tmp_path / "clips") + b"/" + name))
        shutil.copytree(sources[0], folder)
        clip = next(folder.iterdir())
        clip.rename(Path(os.fsdecode(os.fsencode(folder) + b"/" + NAMES[at - 1] + b".wav")))
        sources.append(folder)
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/test-\xe9"))
    words = ["design", *sources, "--out", folder, "--set", "seconds=1", "--participants", 2,
             "--set", "shortest_seconds=1"]  # fmt: skip
    made = listen(*words)
    assert made.exit_code == 0, made.output
    answer_all(ListeningTest.open(folder), {}, "fine \x1b[31mred\x9b2J \u202ebad")
    told = [made, listen("design", folder), listen("results", folder)]
    assert [one.exit_code for one in told] == [0, 0, 0]
    shown = "".join(one.output for one in told)
    page = (folder / "results.html").read_text()
    for name in ("\x1b", "\x07", "\u202e", "\udce9"):
        assert name not in shown
        assert name not in page
        assert name not in (folder / "answers.csv").read_text()
    assert "<script>x" not in page
    assert "[bold red]x" in shown
    assert "caf\\udce9" in shown


def test_a_condition_named_twice_once_its_name_can_be_shown(tmp_path: Path) -> None:
    sources = make_clips(tmp_path / "clips", clips=2)
    for at, name in enumerate((b"a\x07", b"a\\x07")):
        sources[at] = sources[at].rename(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    result = listen("design", *sources, "--out", tmp_path / "test", "--set", "shortest_seconds=1")
    assert result.exit_code == 2
    assert "has the name of another folder" in result.output


def test_a_port_that_is_taken(corpus: Corpus, tmp_path: Path) -> None:
    folder = make(tmp_path, corpus)
    for port in (1 << 20, "80000"):
        result = listen("serve", folder, "--port", port)
        assert result.exit_code == 2
        assert "Choose another --port" in result.output
    result = listen("serve", folder, "--host", "192.0.2.1", "--port", 0)
    assert result.exit_code == 2
    assert "cannot listen at 192.0.2.1:0" in result.output
