"""What a process may take: its machine's memory, its containers' limits, and its own."""

import os
import resource
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import torch

from reverie.corpus.corpus import Corpus
from reverie.corpus.shards import map_shard
from reverie.errors import ReverieError
from reverie.runs.memory import available_memory, clear_memory_errors
from tests.cli.test_errors import reverie
from tests.conftest import SMALL
from tests.forking import ended, forked

MIB = 1 << 20
CPU = torch.device("cpu")


def group(root: Path, folder: str, **files: str | int) -> None:
    for name, content in files.items():
        path = root / "sys/fs/cgroup" / folder / name.replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")


def member(root: Path, *lines: str) -> None:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text("".join(f"{line}\n" for line in lines))


def test_without_groups_it_is_the_machines(tmp_path: Path) -> None:
    free = psutil.virtual_memory().available
    assert available_memory(CPU, tmp_path) == pytest.approx(free, rel=0.5)


@pytest.mark.parametrize("limited", ["memory_dot_max", "memory_dot_high"])
@pytest.mark.parametrize("where", ["", "pod", "pod/box"])
def test_every_group_of_the_second_version_counts(tmp_path: Path, where: str, limited: str) -> None:
    member(tmp_path, "0::/pod/box")
    for folder in ("", "pod", "pod/box"):
        group(tmp_path, folder, memory_dot_max="max", memory_dot_current=3 * MIB)
    group(tmp_path, where, **{limited: 10 * MIB})
    assert available_memory(CPU, tmp_path) == 7 * MIB


@pytest.mark.parametrize("where", ["memory", "memory/docker", "memory/docker/abc"])
def test_every_group_of_the_first_version_counts(tmp_path: Path, where: str) -> None:
    member(tmp_path, "12:cpu,cpuacct:/other", "4:hugetlb,memory:/docker/abc", "0::/")
    for folder in ("memory", "memory/docker", "memory/docker/abc"):
        unlimited = 9223372036854771712
        group(
            tmp_path, folder, memory_dot_limit_in_bytes=unlimited, memory_dot_usage_in_bytes=2 * MIB
        )
    group(tmp_path, where, memory_dot_limit_in_bytes=10 * MIB)
    assert available_memory(CPU, tmp_path) == 8 * MIB


@pytest.mark.parametrize("line", ["0::/outer/name", "3:memory:/outer/name", None])
def test_a_container_that_sees_only_its_root_is_limited_by_it(
    tmp_path: Path, line: str | None
) -> None:
    if line:
        member(tmp_path, line)
    if line is None or line.startswith("0"):
        group(tmp_path, "", memory_dot_max=9 * MIB, memory_dot_current=MIB)
    else:
        group(tmp_path, "memory", memory_dot_limit_in_bytes=9 * MIB, memory_dot_usage_in_bytes=MIB)
    assert available_memory(CPU, tmp_path) == 8 * MIB


def test_files_that_are_kept_while_there_is_room_take_none(tmp_path: Path) -> None:
    member(tmp_path, "0::/")
    told = f"anon {MIB}\ninactive_file {5 * MIB}"
    group(tmp_path, "", memory_dot_max=8 * MIB, memory_dot_current=7 * MIB, memory_dot_stat=told)
    assert available_memory(CPU, tmp_path) == 6 * MIB


def test_a_group_over_its_limit_leaves_nothing(tmp_path: Path) -> None:
    member(tmp_path, "0::/")
    group(tmp_path, "", memory_dot_max=MIB, memory_dot_current=3 * MIB)
    assert available_memory(CPU, tmp_path) == 0


def inside(limited: Callable[[], None]) -> int:
    """The exit status of a process of its own that does `limited`: 0 if nothing was raised."""
    return ended(forked(limited))


@pytest.mark.parametrize("kind", ["RLIMIT_AS", "RLIMIT_DATA"])
def test_a_shells_limit_counts(tmp_path: Path, kind: str) -> None:
    held = psutil.Process().memory_info()
    used = held.vms if kind == "RLIMIT_AS" else held.data

    def limited() -> None:
        limit = used + 300 * MIB
        resource.setrlimit(getattr(resource, kind), (limit, limit))
        assert 0 < available_memory(CPU, tmp_path) <= 400 * MIB

    assert inside(limited) == 0


def test_the_command_line_under_a_shells_limit(corpus_folder: Path, tmp_path: Path) -> None:
    """Files that are read take their own size: no limit on it is taken from the addresses."""
    told = [
        word
        for one in [*SMALL, "training.epochs=1", "training.keep_epochs=[]"]
        for word in ("--set", one)
    ]
    run, clips = str(tmp_path / "run"), str(tmp_path / "clips")

    def limited() -> None:
        limit = psutil.Process().memory_info().vms + (2 << 30)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        trained = reverie("train", corpus_folder, "--recipe", "paper", "--out", run, *told)
        assert trained.returncode == 0, trained.stderr
        made = reverie("generate", run, "--out", clips, "--count", "1", "--seconds", "0.2")
        assert made.returncode == 0, made.stderr

    assert inside(limited) == 0


def test_a_mapping_without_room_is_no_damage(tmp_path: Path) -> None:
    shard = tmp_path / "shards" / "00000.pcm"
    shard.parent.mkdir()
    with shard.open("wb") as file:
        os.truncate(file.fileno(), 1 << 34)

    def limited() -> None:
        limit = psutil.Process().memory_info().vms + (1 << 30)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        with pytest.raises(ReverieError, match=r"to map .*ulimit -v"):
            map_shard(tmp_path, 0)

    assert inside(limited) == 0


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("Storage size calculation overflowed with sizes=[4, 4]"),
    ],
)
def test_a_refusal_of_memory_is_one_line(error: Exception) -> None:
    with (
        pytest.raises(ReverieError, match=r"training takes more memory .* Lower it\."),
        clear_memory_errors("training", "Lower it."),
    ):
        raise error


def test_torchs_own_words_are_known() -> None:
    with (
        pytest.raises(ReverieError, match="takes more memory"),
        clear_memory_errors("this", "Not this."),
    ):
        torch.empty(1 << 60)


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shape"), clear_memory_errors("this", "that"):
        raise RuntimeError("shape mismatch")


def test_the_corpus_of_the_tests_is_mapped(corpus: Corpus) -> None:
    assert len(map_shard(corpus.folder, 0)) == sum(one.samples for one in corpus.recordings)
