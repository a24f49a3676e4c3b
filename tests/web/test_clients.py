"""What is said of clients fills no terminal."""

import pytest

from reverie.web.clients import MOST_CLIENTS, ClientLog


def test_a_crowd_of_clients_is_said_of_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    log = ClientLog()
    for number in range(3 * MOST_CLIENTS):
        log.write(f"192.0.2.{number}", "sent \x1b[31mred")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == MOST_CLIENTS + 1
    assert "further ones are not reported" in lines[-1]
    assert not any("\x1b" in line for line in lines)


def test_a_fault_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    log = ClientLog()
    for _ in range(3):
        try:
            raise ValueError("a\nb\x1b[1m")
        except ValueError as error:
            log.write_fault(error)
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError" in line
    assert __file__ in line
    assert "\x1b" not in line
