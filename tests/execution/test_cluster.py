"""The same work on a cluster whose nodes are lost on the way: the same tables, to the byte.

All tests of this file share one cluster, and so must stay in it.
"""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from reverie.corpus.prepare import prepare
from reverie.corpus.settings import PrepareSettings
from reverie.errors import ReverieError
from reverie.execution.cluster import SHARE_CACHE, RayExecutor
from reverie.execution.node import Mark, perform_there
from reverie.execution.task import Done, Task, do_all
from reverie.experiment.protocol import run_experiment
from reverie.experiment.report import write_report
from reverie.experiment.settings import ExperimentSettings
from tests.conftest import RATE_HZ
from tests.corpus.seeing import places, seen
from tests.execution.test_tasks import double
from tests.experiment.making import SMALL, tables
from tests.music import write_recordings
from tests.optional import hide_transcriber
from tests.tuning.making import small_search

NODES = 3


@dataclass
class Nodes:
    """A cluster of this machine alone."""

    cluster: Any
    nodes: list[Any]

    def lose(self, node: Any) -> None:
        """Kill a node and all that runs on it, as if its power went."""
        self.nodes.remove(node)
        self.cluster.remove_node(node, allow_graceful=False)

    def does(self, node: Any, what: str) -> str:
        """The name of the piece of this kind that a node does now; empty for none."""
        raylet = psutil.Process(node.all_processes["raylet"][0].process.pid)
        for child in raylet.children():
            with contextlib.suppress(psutil.Error):
                title = child.cmdline()[0]
                if title.startswith(f"ray::{what} "):
                    return title.removeprefix(f"ray::{what} ")
        return ""


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Three nodes of one processor each; this process is connected to them."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    # Its workers let all other work go first by default.
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112
    ray: Any = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster  # pyright: ignore

    each = {"num_cpus": 1, "num_gpus": 0, "object_store_memory": 80 << 20}
    head = each | {"include_dashboard": False}
    cluster: Any = Cluster(initialize_head=True, head_node_args=head)
    try:
        nodes = [cluster.add_node(**each) for _ in range(NODES - 1)]
        ray.init(address=cluster.address, log_to_driver=False)
        yield Nodes(cluster, nodes)
    finally:
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture(scope="module")
def tunes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of ten tunes, two of them held out."""
    folder = tmp_path_factory.mktemp("tunes")
    write_recordings(folder / "music", 10, 5.0, RATE_HZ)
    settings = PrepareSettings(rate_hz=RATE_HZ)
    prepare(folder / "music", folder / "corpus", settings, processes=1, quiet=True)
    return folder / "corpus"


def test_failures_and_results_come_back(nodes: Nodes, tmp_path: Path) -> None:
    assert len(nodes.nodes) == NODES - 1
    found: dict[str, object] = {}

    def then(done: Done) -> list[Task]:
        found[done.task.name] = done.failed or done.value
        return []

    with RayExecutor("auto", tmp_path) as executor:
        do_all(executor, [Task(str(one), double, (one,)) for one in (-1, 3)], then)
    assert found == {"-1": "it is negative. Give another.", "3": 6}
    assert not list(tmp_path.iterdir())


def test_a_lost_node_changes_nothing(
    nodes: Nodes, tunes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_transcriber(monkeypatch)
    settings = ExperimentSettings(
        scale="smoke",
        models=("gruv", "dense"),
        clips=1,
        seconds=1.0,
        overrides=(*SMALL, "training.epochs=24", "training.keep_epochs=[1]"),
    )
    alone, spread = tmp_path / "alone", tmp_path / "spread"
    write_report(run_experiment(tunes, alone, settings, quiet=True))

    lost: list[str] = []

    def lose_a_node() -> None:
        """Once a node is in the midst of training a model, it goes."""
        until = time.monotonic() + 300
        while not lost and time.monotonic() < until:
            time.sleep(0.02)
            for node in list(nodes.nodes):
                model = nodes.does(node, "train")
                kept = spread / "runs" / model / "checkpoints"
                if model and (kept / "epoch-00001").is_dir():
                    nodes.lose(node)
                    lost.append(model)
                    break

    thread = threading.Thread(target=lose_a_node, daemon=True)
    thread.start()
    write_report(run_experiment(tunes, spread, settings, ray="auto", quiet=True))
    thread.join()
    assert lost
    assert tables(spread) == tables(alone)


def test_a_search_finds_the_same(nodes: Nodes, tunes: Path, tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    assert nodes.nodes
    alone = small_search(tunes, tmp_path / "alone")
    spread = small_search(tunes, tmp_path / "spread", ray="auto")
    assert spread.trials == alone.trials
    for name in ("tables.json", "best.toml"):
        assert (spread.folder / name).read_bytes() == (alone.folder / name).read_bytes()


def test_a_corpus_loses_nothing_with_a_node(
    nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reverie.corpus.spreading.EACH", 1)
    music, out = tmp_path / "music", tmp_path / "spread"
    write_recordings(music, 24, 8.0, RATE_HZ)
    (music / "noise.mp3").write_bytes(b"no music" * 100)
    settings = PrepareSettings(rate_hz=RATE_HZ)
    finished: dict[str, tuple[int, int]] = {}

    def lose_a_node() -> None:
        """Once a node is in the midst of a portion, it goes."""
        until = time.monotonic() + 300
        while not finished and time.monotonic() < until:
            time.sleep(0.01)
            for node in list(nodes.nodes):
                number = int((nodes.does(node, "portion") or "0").partition(" ")[0])
                noted = places(out, out / "portions" / f"{number - 1:05d}") if number else {}
                if noted:
                    nodes.lose(node)
                    finished.update(noted)
                    break

    thread = threading.Thread(target=lose_a_node, daemon=True)
    thread.start()
    spread = prepare(music, out, settings, processes=1, ray="auto", quiet=True)
    thread.join()
    assert finished
    assert finished.items() <= places(out).items()
    alone = prepare(music, tmp_path / "alone", settings, processes=1, quiet=True)
    assert seen(spread) == seen(alone)


def test_a_node_without_the_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reverie.execution.node.SEEN_WITHIN_SECONDS", 0.0)
    task = Task("one", double, (1,))
    mark = str(tmp_path / "elsewhere" / "mark")
    for remedy in ("on a disk that all nodes have", SHARE_CACHE):
        given = Mark(mark, remedy=remedy) if remedy is SHARE_CACHE else Mark(mark)
        answer = perform_there(task, given)
        assert answer.done is None
        assert "does not see" in answer.problem
        assert remedy in answer.remedy
    answer = perform_there(task, Mark(str(tmp_path / "mark"), "reverie 0.0.1\n"))
    assert answer.done is None
    assert "reverie 0.0.1" in answer.problem


def test_without_a_cluster_there_is_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ray.is_initialized", lambda: False)
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RAY_AUTH_MODE", "")
    monkeypatch.delenv("RAY_AUTH_MODE")
    with pytest.raises(ReverieError, match=r"no Ray cluster at 127.0.0.1:1: .*refused"):
        RayExecutor("127.0.0.1:1", tmp_path)
    assert os.environ["RAY_AUTH_MODE"] == "token", "a key is shown to whoever asks for it"
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ReverieError, match=r"reverie-music\[cluster\]"):
        RayExecutor("auto", tmp_path)
