"""Pieces of work are done in an order that finishes what was begun, and failures are told."""

import pytest

from reverie.errors import ReverieError
from reverie.execution.local import LocalExecutor
from reverie.execution.task import Done, Task, do_all


def double(number: int) -> int:
    if number < 0:
        raise ReverieError("it is negative.", "Give another.")
    if number == 0:
        raise MemoryError
    return 2 * number


def test_what_follows_comes_before_what_was_not_begun() -> None:
    order: list[tuple[str, object]] = []

    def then(done: Done) -> list[Task]:
        order.append((done.task.name, done.value))
        if "." in done.task.name:
            return []
        return [Task(f"{done.task.name}.{part}", double, (part,)) for part in (1, 2)]

    with LocalExecutor() as executor:
        do_all(executor, (Task(name, double, (5,)) for name in "ab"), then)
    assert order == [("a", 10), ("a.1", 2), ("a.2", 4), ("b", 10), ("b.1", 2), ("b.2", 4)]


def test_a_failure_is_told_in_words() -> None:
    found: dict[str, str] = {}

    def then(done: Done) -> list[Task]:
        found[done.task.name] = done.failed
        return []

    tasks = [Task(str(number), double, (number,)) for number in (-1, 0, 1)]
    do_all(LocalExecutor(), tasks, then)
    assert found == {
        "-1": "it is negative. Give another.",
        "0": "there was not enough memory",
        "1": "",
    }


def test_what_is_no_failure_of_the_work_is_raised() -> None:
    executor = LocalExecutor()
    executor.submit(Task("wrong", double, ()))
    with pytest.raises(TypeError):
        executor.next()
    assert not executor.is_busy
