"""Whatever lies in a test's folder: it is opened, or refused in one line that names the file."""

import json
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from reverie.cli.app import app as command
from reverie.errors import ReverieError
from reverie.listening.folder import ABOUT, DATABASE, ListeningTest
from reverie.listening.outcome import outcome
from tests.listening.making import answer_all, make_test


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small test that two people have taken."""
    made = make_test(tmp_path_factory.mktemp("whole"), None, participants=2, anchors=0)
    answer_all(made, {}, "fine")
    return made.folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "test")


def refused(folder: Path, name: str) -> str:
    """What is said of a folder that cannot be used; the same by every command."""
    with pytest.raises(ReverieError) as caught:
        ListeningTest.open(folder)
    said = str(caught.value)
    assert str(folder) in said
    assert name in said
    assert said.isprintable(), said
    for word in ("design", "results", "serve"):
        result = CliRunner().invoke(command, ["listen", word, str(folder)])
        assert result.exit_code == 2, result.output
        assert "Traceback" not in result.output
    return said


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as database:
        for one in statements:
            database.execute(one)


@pytest.mark.parametrize(
    "statement",
    [
        "drop table answers",
        "alter table sounds rename to noises",
        "alter table sounds drop column sent_boot",
        "alter table answers add column more text",
        "create table other (x)",
        "create trigger quiet after insert on answers begin delete from answers; end",
        "create view seen as select 1",
        "update participants set invitation = x'00ff' where id = 1",
        "update participants set invitation = '../../x' where id = 1",
        "update participants set invitation = 'abcdefghijklmnop' || char(27) where id = 1",
        "update participants set opened_at = 'noon'",
        "update participants set finished_at = 1e300",
        "update participants set comment = x'ff00'",
        "update participants set comment = cast(x'ff41' as text)",
        "update participants set user_agent = 3.5e0 || x'80'",
        "update participants set id = 7 where id = 2",
        "update participants set id = -1 where id = 1",
        "delete from participants where id = 2",
        "delete from participants",
        "insert into participants (id, invitation, cookie) values "
        "(3, 'abcdefghijklmnopqr', 'abcdefghijklmnopqrs')",
        "delete from about where name = 'organiser'",
        "update about set value = 'perhaps' where name = 'rehearsal'",
        "update about set value = '1' where name = 'organiser'",
        "update about set value = x'31' where name = 'organiser'",
        "insert into about values ('ended_at', 'soon')",
        "insert into about values ('ended_at', '-5')",
        "update about set value = 'x' where name = 'about_sha256'",
        "delete from trials where participant = 1",
        "delete from trials where participant = 1 and position = 3",
        "update trials set position = position + 100 where participant = 1",
        "update trials set kind = 'jest' where participant = 1",
        "update trials set kind = 'attention' where kind = 'test'",
        "update trials set expected = 9 where kind = 'attention'",
        "update trials set expected = null where kind = 'attention'",
        "update trials set token = x'ff' where participant = 1 and position = 0",
        "delete from sounds",
        "delete from sounds where participant = 1 and position = 0",
        "update sounds set stimulus = 'abcdefghijklmnopqr'",
        "update sounds set stimulus = '../../../etc/passwd' where participant = 1",
        "update sounds set sent_seconds = 'late'",
        "update sounds set place = 1e300 where participant = 1",
        "insert into sounds values ('abcdefghijklmnopqr', 1, 0, 1, "
        "(select stimulus from sounds limit 1), null, null)",
        "update answers set answer = 6",
        "update answers set answer = -9223372036854775808",
        "update answers set answer = 'three'",
        "update answers set answer = x'03'",
        "update answers set given_at = 9e99",
        "update answers set user_agent = x'00'",
        "update answers set position = 999 where position = 0",
    ],
)
def test_a_database_that_is_another_programs_or_was_changed(folder: Path, statement: str) -> None:
    change(folder, "pragma foreign_keys = off", statement)
    refused(folder, DATABASE)


def cut(content: bytes) -> Iterator[bytes]:
    for size in (0, 1, 15, 16, 100, 4095, 4096, 5000, len(content) // 2, len(content) - 4096):
        yield content[:size]


def test_a_database_cut_short_or_overwritten(folder: Path) -> None:
    path = folder / DATABASE
    content = path.read_bytes()
    for damage in (*cut(content), b"\0" * len(content), b"SQLite format 3\0" + b"\xff" * 5000):
        path.write_bytes(damage)
        refused(folder, DATABASE)
        assert path.read_bytes() == damage, "it was changed"


def test_another_programs_database_is_left_as_it_is(folder: Path) -> None:
    test, path = ListeningTest.open(folder), folder / DATABASE
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table mine (x)")
    before = path.read_bytes()
    for opened in (test.store, test.answered):
        with pytest.raises(ReverieError, match="another program"):
            opened()
    assert path.read_bytes() == before
    assert sorted(one.name for one in folder.iterdir()) == [DATABASE, "stimuli", ABOUT]


def test_what_is_no_file(folder: Path) -> None:
    for name in (DATABASE, ABOUT):
        path = folder / name
        moved = path.rename(path.with_suffix(".moved"))
        refused(folder, name)
        path.mkdir()
        refused(folder, name)
        path.rmdir()
        os.mkfifo(path)
        refused(folder, name)
        path.unlink()
        moved.rename(path)
    assert ListeningTest.open(folder).settings.participants == 2


Change = Callable[[dict[str, Any]], object]

ABOUTS: dict[str, Change] = {
    "no settings": lambda told: told.pop("settings"),
    "settings of another kind": lambda told: told.update(settings=[1]),
    "a setting that there is not": lambda told: told["settings"].update(colour="red"),
    "endless": lambda told: told["settings"].update(seconds=float("inf")),
    "no number": lambda told: told.update(seconds=float("nan")),
    "a negative seed": lambda told: told["settings"].update(seed=-1),
    "a number as text": lambda told: told.update(rate_hz="16000"),
    "a rate of nothing": lambda told: told.update(rate_hz=0),
    "a rate beyond all": lambda told: told.update(rate_hz=10**30),
    "no conditions": lambda told: told.update(conditions=[]),
    "conditions by number": lambda told: told.update(conditions=[1, 2]),
    "conditions alike": lambda told: told["conditions"].append(told["conditions"][0]),
    "a role that there is not": lambda told: told["conditions"][0].update(role="king"),
    "a condition without sounds": lambda told: told["conditions"][0].update(name="other"),
    "a name that acts": lambda told: told["stimuli"][0].update(name="\x1b]0;x\x07"),
    "a title that acts": lambda told: told["settings"].update(title="\x1b[2J"),
    "half a character": lambda told: told["stimuli"][0].update(name="\ud800"),
    "a path as a token": lambda told: told["stimuli"][0].update(token="../../../../etc/passwd"),
    "tokens alike": lambda told: told["stimuli"][0].update(token=told["stimuli"][1]["token"]),
    "no digest": lambda told: told["stimuli"][0].update(sha256=""),
    "no sounds": lambda told: told.update(stimuli=[]),
    "six beeps": lambda told: told["stimuli"][-1].update(beeps=6),
    "sources by number": lambda told: told.update(sources={"a": 1}),
    "left out by number": lambda told: told.update(left_out=7),
    "one thing more": lambda told: told.update(more=1),
    "another title": lambda told: told["settings"].update(title="Another"),
    "sounds exchanged": lambda told: told["stimuli"][0].update(
        condition=next(one["name"] for one in told["conditions"]
                       if one["name"] != told["stimuli"][0]["condition"])),
}  # fmt: skip


@pytest.mark.parametrize("name", ABOUTS)
def test_settings_that_cannot_be_or_were_changed(folder: Path, name: str) -> None:
    told = json.loads((folder / ABOUT).read_text())
    ABOUTS[name](told)
    (folder / ABOUT).write_text(json.dumps(told))
    refused(folder, ABOUT)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b"3", b'"x"', b"{}", b"\xff\xfe", b"[" * 100_000, b"\0" * 100,
     b'{"format": 1}', b'{"format": "reverie-listening-test"}', b"1e999999", b"9" * 10_000],
)  # fmt: skip
def test_settings_that_are_none(folder: Path, content: bytes) -> None:
    (folder / ABOUT).write_bytes(content)
    refused(folder, ABOUT)


def test_bytes_at_random_give_no_traceback(whole: Path, tmp_path: Path) -> None:
    random_bytes = random.Random(0)
    for name, rounds in ((ABOUT, 30), (DATABASE, 70)):
        content = (whole / name).read_bytes()
        folder = shutil.copytree(whole, tmp_path / name)
        for _ in range(rounds):
            damaged = bytearray(content)
            at = random_bytes.randrange(len(damaged))
            size = random_bytes.choice((1, 1, 8, 200))
            damaged[at : at + size] = random_bytes.randbytes(size)
            (folder / name).write_bytes(damaged)
            try:
                test = ListeningTest.open(folder)
                outcome(test, peek=True)
            except ReverieError as error:
                assert str(folder) in str(error)
            else:
                assert name == DATABASE, "the file that tells of the test has a digest"
