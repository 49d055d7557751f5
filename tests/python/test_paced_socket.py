"""Datagrams leave at their instant, whatever else the interpreter does."""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from hostmode._core import PacedSocket, ask_to_wake_promptly, now

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=[(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")], ids=["IPv4", "IPv6"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[PacedSocket, socket.socket]]:
    family, host = request.param
    with socket.socket(family, socket.SOCK_DGRAM) as sending, socket.socket(family, socket.SOCK_DGRAM) as listening:
        try:
            listening.bind((host, 0))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        listening.settimeout(5)
        yield PacedSocket(sending.fileno(), host, str(listening.getsockname()[1])), listening


@pytest.mark.parametrize("ahead_s", [-1.0, 0.0, 0.08])
def test_datagrams_leave_in_order_and_not_before_their_time(
    pair: tuple[PacedSocket, socket.socket], ahead_s: float
) -> None:
    paced, listening = pair
    begun = now()

    taken, sent = paced.send_at(begun + ahead_s, [b"one", b"", b"three"])

    assert taken
    assert begun + max(ahead_s, 0) <= sent <= now()
    assert [listening.recv(10) for _ in "123"] == [b"one", b"", b"three"]


def test_thread_that_keeps_the_interpreter_delays_nothing(pair: tuple[PacedSocket, socket.socket]) -> None:
    paced, _ = pair
    going, stopping = threading.Event(), threading.Event()

    def compute() -> None:
        going.wait()
        while not stopping.is_set():
            sum(range(100))

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1.0)
    thread = threading.Thread(target=compute)
    try:
        thread.start()
        due = now() + 0.1
        going.set()
        _, sent = paced.send_at(due, [b"x"])
        late = sent - due
    finally:
        going.set()
        stopping.set()
        thread.join()
        sys.setswitchinterval(usual)

    # The interpreter is free again after a second at the earliest; the rest is what a busy machine takes.
    assert 0 <= late < 0.5


def test_what_the_network_does_not_take_is_said(pair: tuple[PacedSocket, socket.socket]) -> None:
    paced, listening = pair
    listening.settimeout(0.05)

    assert not paced.send_at(0.0, [b"x" * 70000, b"after it"])[0]
    with pytest.raises(TimeoutError):
        listening.recv(10)


@pytest.mark.parametrize(("host", "service"), [("localhost", "1"), ("127.0.0.1", "http"), ("", "x"), ("::1", "-")])
def test_what_is_no_numeric_address_is_refused(host: str, service: str) -> None:
    with pytest.raises(ValueError, match="no numeric host and port"):
        PacedSocket(0, host, service)


def test_asking_for_promptness_changes_no_priority() -> None:
    if sys.platform != "linux":
        pytest.skip("asks Linux")

    before = os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)
    found = []

    def ask() -> None:
        ask_to_wake_promptly()
        found.append((os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()

    assert found == [before]
