"""Controllers and forked processes; controllers whose output does not end well."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time

import pytest
from controller_rig import RATE

from hostmode import ClosedError, Controller
from hostmode.audio import SilentOutput

pytestmark = pytest.mark.outer

PATIENCE_S = 20.0


def in_child(work) -> str:
    """Return what `work` says in a forked child, which must end in time."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = work()
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    deadline = time.monotonic() + PATIENCE_S
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            pytest.fail("the child hangs")
        time.sleep(0.02)
    with os.fdopen(reader, "rb") as pipe:
        return pipe.read().decode()


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@needs_fork
@pytest.mark.parametrize(
    "call",
    [
        lambda avatar: avatar.sample(),
        lambda avatar: avatar.yield_audio_data(b"\0\0"),
        lambda avatar: avatar.state,
        lambda avatar: avatar.interrupt(),
        lambda avatar: avatar.wait_until_idle(5.0),
    ],
)
def test_a_controller_from_before_a_fork_says_so_in_the_child(call):
    with Controller(RATE, output="silent") as avatar:

        def work() -> str:
            with pytest.raises(ClosedError, match="before this process was forked"):
                call(avatar)
            avatar.close()
            return "said"

        # The fork may come while another thread holds a lock of the controller.
        with avatar._lock:
            held = threading.Thread(target=lambda: avatar._lock.acquire() and avatar._lock.release())
            held.start()
            said = in_child(work)
        held.join()
        assert said == "said"
        assert avatar.state == "idle"
        avatar.yield_audio_data(b"\0\0" * 800, end=True)
        assert avatar.wait_until_idle(PATIENCE_S)


@needs_fork
def test_a_controller_with_a_clock_of_the_callers_goes_on_in_the_child():
    now = 0.0
    avatar = Controller(RATE, output="silent", clock=lambda: now)
    avatar.yield_audio_data(b"\1\0" * RATE, end=True)

    def work() -> str:
        nonlocal now
        while avatar.get_current_conversation_id() is not None:
            now += 0.1
            avatar.advance()
        return f"over at {now:.0f}"

    assert in_child(work) in ("over at 1", "over at 2")
    assert avatar.get_current_conversation_id() is not None
    avatar.close()


class Broken(SilentOutput):
    def close(self) -> None:
        raise RuntimeError("the sink is gone")


@pytest.mark.parametrize("clock", [None, lambda: 0.0])
def test_iterators_end_whatever_close_meets(clock):
    async def main() -> None:
        avatar = Controller(RATE, output=Broken(), clock=clock)

        async def read() -> None:
            async for _ in avatar.events():
                pass

        reading = asyncio.create_task(read())
        await asyncio.sleep(0.05)
        with pytest.raises(RuntimeError, match="the sink is gone"):
            avatar.close()
        await asyncio.wait_for(reading, PATIENCE_S)
        avatar.close()

    asyncio.run(main())


def test_who_waits_until_idle_is_told_whatever_close_meets():
    avatar = Controller(RATE, output=Broken())
    avatar.yield_audio_data(b"\1\0" * RATE * 60, end=True)
    told = []

    def wait() -> None:
        try:
            avatar.wait_until_idle()
        except ClosedError as error:
            told.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    with pytest.raises(RuntimeError):
        avatar.close()
    waiting.join(PATIENCE_S)
    assert len(told) == 1


def test_an_error_in_a_block_is_not_hidden_by_one_of_close():
    with pytest.raises(ValueError, match="of the application"), Controller(RATE, output=Broken()):
        raise ValueError("of the application")
    with pytest.raises(RuntimeError, match="the sink is gone"), Controller(RATE, output=Broken()):
        pass


def test_an_error_in_an_asynchronous_block_is_not_hidden_either():
    async def main() -> None:
        async with Controller(RATE, output=Broken()):
            raise ValueError("of the application")

    with pytest.raises(ValueError, match="of the application"):
        asyncio.run(main())
