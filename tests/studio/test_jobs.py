"""Jobs: run beside the server, queued, stopped, gone on with, and found again after every kill."""

import http.client
import json
import os
import shutil
import signal
import sys
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from reverie.storage import only_one
from reverie.studio.home import Home
from reverie.studio.jobs.command import Command
from reverie.studio.jobs.files import ENDED, OUTPUT, PROCESS, read_process
from reverie.studio.jobs.jobs import Jobs
from tests.conftest import RATE_HZ, SMALL
from tests.studio.serving import Page, StudioProcess, end, served, until

ENDLESS = [*SMALL, "training.epochs=1000000", "training.keep_epochs=[]"]
TRAIN = ["train", "corpus", "--recipe", "paper", "--out", "run"]
TRAIN += [word for setting in ENDLESS for word in ("--set", setting)]
PREPARE = ["prepare", "tunes", "--out", "made", "--rate", str(RATE_HZ), "--processes", "1"]


def jobs_folder(folder: Path) -> Path:
    return folder / ".reverie-studio" / "jobs"


def process_of(folder: Path, job: str) -> psutil.Process:
    told = until(lambda: read_process(jobs_folder(folder) / job))
    return psutil.Process(told.pid)


def is_learning(folder: Path) -> bool:
    """Whether an epoch of the run is over."""
    figures = folder / "run" / "metrics.jsonl"
    return figures.is_file() and figures.stat().st_size > 0


def test_a_command_becomes_a_job_that_is_done(page: Page, folder: Path) -> None:
    told = page.post("/api/command", {"command": PREPARE})
    assert told["line"] == f"reverie prepare tunes --out made --rate {RATE_HZ} --processes 1"
    done = page.wait(told["job"]["id"], "done", "failed")
    assert (done["state"], done["code"], done["folder"]) == ("done", 0, "made")
    assert "3 recordings used" in done["tail"]
    assert done["began"] <= done["ended"]
    assert (folder / "made" / "manifest.json").is_file()
    assert [row["path"] for row in page.get("/api/library")["corpora"]] == ["made"]
    assert page.post(f"/api/jobs/{done['id']}/remove", {}) == {"removed": True}
    assert page.get("/api/jobs")["total"] == 0
    assert page.ask(f"/api/jobs/{done['id']}").status == 404


def test_a_job_that_fails_says_why(page: Page) -> None:
    done = page.wait(page.begin("inspect", "tunes"), "failed", "done")
    assert (done["state"], done["code"]) == ("failed", 2)
    assert "recordings, and no corpus" in done["problem"]


def test_one_folder_is_written_by_one_job(page: Page, folder: Path) -> None:
    first = page.begin(*PREPARE)
    second = page.ask("/api/command", body={"command": PREPARE})
    assert second.status == 409
    assert second.json()["problem"] == "A job writes made already."
    page.wait(first, "done")
    with only_one(folder / "made"):
        third = page.ask("/api/command", body={"command": PREPARE})
    assert (third.status, third.json()["problem"]) == (
        409, "made is being written by another process.",
    )  # fmt: skip


def test_heavy_jobs_wait_for_each_other_and_light_ones_do_not(with_corpus: Path) -> None:
    with served(with_corpus) as page:
        first = page.begin(*TRAIN)
        page.wait(first, "running")
        second, light = page.begin(*PREPARE), page.begin("inspect", "corpus", "--no-leaks")
        page.wait(light, "done")
        assert page.get(f"/api/jobs/{second}")["state"] == "queued"
        assert page.post(f"/api/jobs/{second}/stop", {})["state"] == "stopped"
        page.post(f"/api/jobs/{second}/continue", {})
        page.post(f"/api/jobs/{first}/stop", {})
        page.wait(first, "stopped")
        page.wait(second, "done")


def test_stopping_writes_a_checkpoint_and_going_on_resumes_it(with_corpus: Path) -> None:
    with served(with_corpus) as page:
        job = page.begin(*TRAIN)
        until(lambda: is_learning(with_corpus))
        progress = until(lambda: page.get(f"/api/jobs/{job}")["progress"])
        assert set(progress) == {"title", "done", "total", "unit", "note", "left_seconds"}
        assert page.get("/api/library")["runs"][0]["state"] == "training"
        assert page.ask(f"/api/jobs/{job}/continue", body={}).status == 409
        assert page.ask(f"/api/jobs/{job}/remove", body={}).status == 409
        assert page.post(f"/api/jobs/{job}/stop", {})["state"] in {"stopping", "stopped"}
        stopped = page.wait(job, "stopped", "failed", "killed")
        assert stopped["state"] == "stopped", stopped
        assert "the same command resumes" in stopped["tail"]
        run = page.get("/api/run", path="run")
        assert run["state"] == "stopped"
        assert [point["epoch"] for point in run["curve"]] == list(range(1, run["epochs"] + 1))
        page.post(f"/api/jobs/{job}/continue", {})
        until(lambda: page.get("/api/run", path="run")["epochs"] > run["epochs"]
              or len(page.get("/api/run", path="run")["curve"]) > run["epochs"])  # fmt: skip
        page.post(f"/api/jobs/{job}/stop", {})
        page.wait(job, "stopped")


def test_a_job_outlives_a_server_that_is_killed(with_corpus: Path) -> None:
    studio = StudioProcess(with_corpus)
    job = studio.page.begin(*TRAIN)
    until(lambda: is_learning(with_corpus))
    studio.kill()
    training = process_of(with_corpus, job)
    assert training.is_running()
    studio.start()
    assert studio.page.get(f"/api/jobs/{job}")["state"] == "running"
    assert studio.page.ask("/api/command", body={"command": TRAIN}).status == 409
    studio.page.post(f"/api/jobs/{job}/stop", {})
    studio.page.wait(job, "stopped")
    studio.kill()


def test_a_job_that_ends_while_no_server_runs_is_done(with_corpus: Path) -> None:
    studio = StudioProcess(with_corpus)
    job = studio.page.begin(*PREPARE)
    process_of(with_corpus, job)
    studio.kill()
    until((jobs_folder(with_corpus) / job / ENDED).is_file)
    studio.start()
    assert studio.page.get(f"/api/jobs/{job}")["state"] == "done"
    studio.kill()


def test_a_job_that_is_killed_says_so_and_goes_on(with_corpus: Path) -> None:
    with served(with_corpus) as page:
        job = page.begin(*TRAIN)
        until(lambda: is_learning(with_corpus))
        end(process_of(with_corpus, job).pid)
        killed = page.wait(job, "killed")
        assert killed["code"] == -signal.SIGKILL
        assert killed["can"] == ["continue", "remove"]
        page.post(f"/api/jobs/{job}/continue", {})
        page.wait(job, "running")
        page.post(f"/api/jobs/{job}/stop", {})
        page.wait(job, "stopped")


def test_server_supervisor_and_job_killed_at_once(with_corpus: Path) -> None:
    studio = StudioProcess(with_corpus)
    job = studio.page.begin(*TRAIN)
    training = process_of(with_corpus, job)
    supervisor = training.parent()
    assert supervisor is not None
    studio.kill()
    end(supervisor.pid)
    end(training.pid)
    training.wait(60)
    studio.start()
    killed = studio.page.get(f"/api/jobs/{job}")
    assert (killed["state"], killed["code"]) == ("killed", None)
    studio.page.post(f"/api/jobs/{job}/continue", {})
    studio.page.wait(job, "running")
    studio.page.post(f"/api/jobs/{job}/stop", {})
    studio.page.wait(job, "stopped")
    studio.kill()


def test_a_job_without_its_supervisor_still_runs_and_can_be_stopped(with_corpus: Path) -> None:
    with served(with_corpus) as page:
        job = page.begin(*TRAIN)
        until(lambda: is_learning(with_corpus))
        training = process_of(with_corpus, job)
        supervisor = training.parent()
        assert supervisor is not None
        end(supervisor.pid)
        until(lambda: not psutil.pid_exists(supervisor.pid) or supervisor.status() == "zombie")
        assert page.get(f"/api/jobs/{job}")["state"] == "running"
        page.post(f"/api/jobs/{job}/stop", {})
        page.wait(job, "stopped")  # although nobody could write its end down
        assert list((with_corpus / "run" / "checkpoints").iterdir())


def test_what_waits_begins_when_the_studio_is_opened_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as closed:
        closed.setattr(Jobs, "_start", lambda *_: None)
        command = Command(tuple(PREPARE), "prepare", "heavy", folder / "made")
        name = Jobs(Home(folder)).add(command).name
    with served(folder) as page:
        page.wait(name, "done")


def test_another_process_of_the_same_number_is_never_interrupted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Jobs(Home(folder))
    monkeypatch.setattr(jobs, "_start", lambda _: None)
    job = jobs.add(Command(("inspect", "tunes"), "inspect", "light", None))
    me = psutil.Process()
    told = {"pid": me.pid, "created": me.create_time() - 100, "group": 1 << 22, "began": 0.0}
    (job.folder / PROCESS).write_text(json.dumps(told))
    assert jobs.get(job.name).state == "killed"
    with pytest.raises(Exception, match="over already"):
        jobs.stop(job.name)


def test_a_damaged_job_hides_no_other(page: Page, folder: Path) -> None:
    job = page.begin("inspect", "tunes")
    shutil.copytree(jobs_folder(folder) / job, jobs_folder(folder) / "20200101-000000-0000")
    (jobs_folder(folder) / "20200101-000000-0000" / "job.json").write_text("{")
    (jobs_folder(folder) / "stray").touch()
    page.wait(job, "failed")
    assert [one["id"] for one in page.get("/api/jobs")["jobs"]] == [job]


def test_an_output_without_end_is_told_by_its_end(page: Page, folder: Path) -> None:
    job = page.begin("inspect", "tunes")
    page.wait(job, "failed")
    with (jobs_folder(folder) / job / OUTPUT).open("ab") as file:
        file.write(b"x" * 10**6 + b"\xff the end")
    tail = page.get(f"/api/jobs/{job}")["tail"]
    assert len(tail) <= 16 * 1024
    assert tail.endswith("\ufffd the end")


def test_two_servers_never_serve_one_folder(folder: Path) -> None:
    studio = StudioProcess(folder)
    with pytest.raises(AssertionError):
        StudioProcess(folder)
    studio.kill()


def test_events_tell_of_jobs(page: Page) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=240)
    with closing(connection):
        connection.request("GET", "/api/events")
        stream = connection.getresponse()
        with closing(stream):
            assert stream.getheader("content-type", "").startswith("text/event-stream")
            job = page.begin("inspect", "tunes")
            states: list[str] = []
            while "failed" not in states:
                line = stream.readline().decode()
                assert line, "the stream ended"
                if line.startswith("event: job"):
                    told = json.loads(stream.readline().decode().removeprefix("data: "))
                    assert told["id"] == job
                    states.append(told["state"])
    # A state that lasts shorter than the server's look at the folder is told of by its successor.
    order = ["queued", "running", "failed"]
    assert [order.index(state) for state in states] == sorted(
        order.index(state) for state in states
    )


def test_the_server_never_loads_torch(with_corpus: Path) -> None:
    code = f"""
import sys
from contextlib import closing
from pathlib import Path
from tests.studio.serving import served
with served(Path({str(with_corpus)!r})) as page:
    for address in ("/api/about", "/api/library", "/api/jobs", "/api/corpus?path=corpus",
                    "/api/recordings?path=tunes", "/api/peaks?path=corpus&source=0"):
        assert page.ask(address).status == 200, address
    page.begin("inspect", "corpus", "--no-leaks")
assert "torch" not in sys.modules
assert "matplotlib" not in sys.modules
"""
    from subprocess import run

    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
               env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])})  # fmt: skip
    assert done.returncode == 0, done.stderr
