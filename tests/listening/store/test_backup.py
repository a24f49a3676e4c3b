"""Copies of a test that is being served, and tests where nothing can be written."""

import json
import shlex
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from reverie.cli.app import app as command
from reverie.listening.folder import DATABASE, ListeningTest
from reverie.listening.store.database import read_database
from reverie.listening.store.records import Answer
from reverie.listening.store.writer import Store
from tests.listening.making import FastClock, answer_all, make_test
from tests.listening.serving import PATIENCE_SECONDS, Client, served


@pytest.fixture
def made(tmp_path: Path) -> ListeningTest:
    return make_test(tmp_path, None, participants=2, anchors=0)


def listen(*words: object) -> Result:
    return CliRunner().invoke(command, ["listen", *map(str, words)])


def answer_one(store: Store) -> None:
    """The first participant answers the next trial."""
    who = store.who(store.admit(store.participants()[0].invitation))
    store.consent(who, "en", "")
    store.ready(who)
    state = store.state(who)
    for sound in state.sounds:
        store.sent(sound)
    store.answer(who, state.token, Answer(3, 1, 1000, 300), "")


def answers_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("select count(*) from answers").fetchone()[0]


def test_a_copy_taken_while_answers_come_is_whole(made: ListeningTest, tmp_path: Path) -> None:
    out = tmp_path / "caf\udce9 copy.sqlite"
    with closing(made.store(FastClock())) as store:
        answer_one(store)
        plain = shutil.copyfile(made.folder / DATABASE, tmp_path / "plain.sqlite")
        result = listen("backup", made.folder, "--out", out)
        assert result.exit_code == 0, result.output
        answer_one(store)  # and the test goes on
        assert len(store.answers()) == 2
    assert answers_in(out) == 1
    assert out.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in tmp_path.iterdir() if "copy" in one.name) == [out.name]
    # This is what the command is for: what was answered last is not in the one file yet.
    assert answers_in(plain) == 0
    # Put in its place, the copy is the test as it was.
    for name in ("", "-wal", "-shm"):
        (made.folder / (DATABASE + name)).unlink(missing_ok=True)
    shutil.copyfile(out, made.folder / DATABASE)
    with closing(ListeningTest.open(made.folder).store(FastClock())) as store:
        assert len(store.answers()) == 1
        answer_one(store)


def test_a_quiet_moment_makes_a_plain_copy_whole(made: ListeningTest, tmp_path: Path) -> None:
    with closing(made.store(FastClock())) as store:
        answer_one(store)
        store.checkpoint()
        plain = shutil.copyfile(made.folder / DATABASE, tmp_path / "plain.sqlite")
        assert answers_in(plain) == 1
        # Whoever reads just then is not waited for, and nothing is lost.
        with closing(read_database(made.folder / DATABASE)) as reader:
            reader.execute("begin")
            reader.execute("select * from answers").fetchone()
            answer_one(store)
            began = time.monotonic()
            store.checkpoint()
            assert time.monotonic() - began < 10
        store.checkpoint()
        assert answers_in(shutil.copyfile(made.folder / DATABASE, plain)) == 2


def test_a_server_has_such_moments(made: ListeningTest, tmp_path: Path) -> None:
    plain = tmp_path / "plain.sqlite"
    with served(made) as app:
        Client(app.base_url).begin(app.link(app.store.participants()[0].invitation))
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            time.sleep(0.1)
            shutil.copyfile(made.folder / DATABASE, plain)
            with closing(sqlite3.connect(plain)) as database:
                query = "select count(*) from participants where ready_at is not null"
                if database.execute(query).fetchone() == (1,):
                    return
    pytest.fail("the one file never had it")


def test_a_copy_overwrites_nothing_and_needs_a_test(made: ListeningTest, tmp_path: Path) -> None:
    there = tmp_path / "there.sqlite"
    there.write_text("mine")
    result = listen("backup", made.folder, "--out", there)
    assert result.exit_code == 2
    assert "already exists" in result.output
    assert there.read_text() == "mine"
    assert listen("backup", tmp_path, "--out", tmp_path / "new.sqlite").exit_code == 2
    assert not (tmp_path / "new.sqlite").exists()
    nowhere = listen("backup", made.folder, "--out", tmp_path / "there.sqlite" / "x.sqlite")
    assert nowhere.exit_code == 2
    assert "Traceback" not in nowhere.output


def test_answers_are_saved_from_a_test_whose_settings_are_lost(
    made: ListeningTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_all(made, {})
    (made.folder / "test.json").write_text("{")
    monkeypatch.chdir(tmp_path)
    assert listen("backup", made.folder).exit_code == 0
    (copy,) = tmp_path.glob("test-*.sqlite")
    assert answers_in(copy) == 2 * len(made.orders[0])


DRIVER = """
import json, sys
from typer.testing import CliRunner
from reverie.cli.app import app
for words in json.loads(sys.argv[1]):
    told = CliRunner().invoke(app, ["listen", *words])
    print(json.dumps([told.exit_code, told.stdout, told.stderr]))
"""


def mounted(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run `command` where `folder` is mounted so that nobody can write to it."""
    where, own = shlex.quote(str(folder)), shlex.join(command)
    script = f"mount --bind {where} {where} && mount -o remount,ro,bind {where} && exec {own}"
    return subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True,
                          check=False)  # fmt: skip


def without_writing(folder: Path, *commands: list[object]) -> list[tuple[int, str, str]]:
    """What `reverie listen` gives and says there."""
    if shutil.which("unshare") is None or mounted(folder, "true").returncode:
        pytest.skip("this system lets nobody mount")
    words = json.dumps([list(map(str, one)) for one in commands])
    told = mounted(folder, sys.executable, "-c", DRIVER, words)
    assert told.returncode == 0, told.stderr
    return [tuple(json.loads(line)) for line in told.stdout.splitlines()]


def test_a_file_system_that_cannot_be_written(made: ListeningTest, tmp_path: Path) -> None:
    answer_all(made, {"zebra-model": 5})
    elsewhere, report = tmp_path / "report", "invited listeners answered"
    told, refused, serving, design = without_writing(
        made.folder,
        ["results", made.folder, "--out", elsewhere],
        ["results", made.folder],
        ["serve", made.folder, "--port", 0],
        ["design", made.folder],
    )
    assert (told[0], refused[0], serving[0], design[0]) == (0, 2, 2, 0), (told, design)
    assert report in told[1]
    assert (elsewhere / "results.html").is_file()
    assert report in refused[1]
    assert "Give a folder that can be written as --out." in refused[2]
    assert f"{made.folder} cannot be written, but answers are stored there" in serving[2]
    assert sorted(one.name for one in made.folder.iterdir()) == [DATABASE, "stimuli", "test.json"]


def test_what_was_answered_last_is_read_where_nothing_can_be_written(
    made: ListeningTest, tmp_path: Path
) -> None:
    with closing(made.store(FastClock())) as store:
        answer_one(store)
        killed = shutil.copytree(made.folder, tmp_path / "killed")  # with what lies beside it
    (killed / f"{DATABASE}-shm").unlink()
    with closing(sqlite3.connect(f"file:{killed / DATABASE}?immutable=1", uri=True)) as blind:
        assert blind.execute("select count(*) from answers").fetchone() == (0,)
    copy = tmp_path / "copy.sqlite"
    (told,) = without_writing(killed, ["backup", killed, "--out", copy])
    assert told[0] == 0, told
    assert answers_in(copy) == 1


def test_a_report_that_cannot_be_written_is_still_told(made: ListeningTest, tmp_path: Path) -> None:
    answer_all(made, {"zebra-model": 5})
    (tmp_path / "file").write_text("")
    result = listen("results", made.folder, "--out", tmp_path / "file" / "report")
    assert result.exit_code == 2
    assert "invited listeners answered" in result.stdout
    assert "--out" in result.stderr
