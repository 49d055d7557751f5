"""A Controller in real time: its threads, its callbacks, its asynchronous iterators. No device is needed."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest

import hostmode
from hostmode import Controller, PlayerConfig
from hostmode.audio import AudioOutputWarning, SounddeviceOutput

RATE = 16000
QUICK = PlayerConfig(motion_wait=0.0)


def speech(seconds: float) -> bytes:
    return (np.ones(round(seconds * RATE)) * 1000).astype("<i2").tobytes()


def test_callbacks_run_on_one_named_thread_that_is_not_the_callers():
    threads = set()
    with Controller(output="silent", config=QUICK) as avatar:
        avatar.on_event = lambda event: threads.add(threading.current_thread().name)
        avatar.yield_audio_data(speech(0.05), end=True)
        assert avatar.wait_until_idle(10)
    assert threads == {"hostmode-callbacks"}


def test_states_come_in_order_in_real_time():
    states = []
    with Controller(output="silent") as avatar:
        avatar.on_conversation_state = lambda state, reason: states.append((state, reason))
        cid = avatar.yield_audio_data(speech(0.05), end=True)
        avatar.yield_frames_data([], cid)
        assert avatar.wait_until_idle(10)
    assert states == [("active", "user_action"), ("playing", "fallback_mode"), ("idle", "playback_end")]


def test_an_asynchronous_iterator_gives_every_event_and_ends_on_close():
    async def listen(avatar: Controller) -> list[str]:
        return [event.kind async for event in avatar.events()]

    async def main() -> tuple[list[str], list[str]]:
        avatar = Controller(output="silent", config=QUICK)
        listeners = [asyncio.create_task(listen(avatar)) for _ in range(2)]
        await asyncio.sleep(0)
        avatar.yield_audio_data(speech(0.05), end=True)
        await asyncio.to_thread(avatar.wait_until_idle, 10)
        await asyncio.to_thread(avatar.close)
        return tuple(await asyncio.gather(*listeners))

    one, other = asyncio.run(main())
    assert one == other
    assert one[0] == "conversation_state"
    assert one.count("conversation_end") == 1


def test_a_slow_iterator_keeps_every_state_and_gives_up_the_rest():
    time = 0.0

    async def main() -> tuple[list[str], int]:
        avatar = Controller(output="silent", clock=lambda: time)
        stream = avatar.events()
        avatar.yield_audio_data(speech(1.0))
        for _ in range(3000):
            avatar.yield_frames_data([b"x"], "20200101000000_abcdefghijkl")
            avatar.advance()
        avatar.interrupt()
        avatar.advance()
        avatar.close()
        return [event.kind async for event in stream], stream.dropped

    kinds, dropped = asyncio.run(main())
    assert len(kinds) == 1024
    assert dropped > 1900
    assert kinds.count("conversation_state") == 2
    assert kinds.count("conversation_end") == 1


def test_events_after_close_are_refused():
    async def main() -> None:
        avatar = Controller(output="silent")
        avatar.close()
        with pytest.raises(hostmode.ClosedError):
            avatar.events()

    asyncio.run(main())


def test_no_callback_begins_after_close_has_returned():
    for _ in range(50):
        closed = threading.Event()
        late = []
        avatar = Controller(output="silent", config=QUICK)
        avatar.on_event = lambda event, c=closed, seen=late: seen.append(event) if c.is_set() else None
        avatar.yield_audio_data(speech(0.01), end=True)
        avatar.interrupt()
        avatar.close()
        closed.set()
        with Controller(output="silent", config=QUICK) as probe:
            probe.yield_audio_data(speech(0.001), end=True)
            assert probe.wait_until_idle(10)
        assert late == []


def test_a_controller_that_nobody_uses_is_collected():
    avatar = Controller(output="silent")
    alive = weakref.ref(avatar)
    del avatar
    gc.collect()
    assert alive() is None


def test_a_hundred_controllers_need_no_more_threads_than_one():
    with Controller(output="silent", config=QUICK) as avatar:
        avatar.yield_audio_data(speech(0.01), end=True)
        assert avatar.wait_until_idle(10)
        before = threading.active_count()
        many = [Controller(output="silent", config=QUICK) for _ in range(100)]
        for one in many:
            one.yield_audio_data(speech(0.01), end=True)
        assert all(one.wait_until_idle(10) for one in many)
        assert threading.active_count() == before
        for one in many:
            one.close()


def test_any_thread_may_call_anything_while_another_closes():
    calls = [
        lambda a: a.yield_audio_data(speech(0.02)),
        lambda a: a.yield_audio_data(b"", end=True),
        lambda a: a.yield_frames_data([], a.get_current_conversation_id()),
        lambda a: a.pause(),
        lambda a: a.resume(),
        lambda a: a.interrupt(),
        lambda a: a.sample(),
        lambda a: a.get_audio_time(),
        lambda a: a.stats(),
        lambda a: a.set_volume(0.5),
    ]
    surprises = []

    def work(avatar: Controller, seed: int) -> None:
        chance = random.Random(seed)
        try:
            while True:
                chance.choice(calls)(avatar)
        except hostmode.ClosedError:
            pass
        except Exception as error:
            surprises.append(error)

    for _ in range(5):
        avatar = Controller(output="silent", config=QUICK)
        workers = [threading.Thread(target=work, args=(avatar, seed)) for seed in range(4)]
        for worker in workers:
            worker.start()
        threading.Event().wait(0.1)
        avatar.close()
        for worker in workers:
            worker.join(10)
            assert not worker.is_alive()
    assert surprises == []


@pytest.mark.parametrize(
    ("module", "error", "advice"),
    [
        ("sounddevice", ImportError("No module named sounddevice"), r"hostmode\[audio\]"),
        ("sounddevice", OSError("PortAudio library not found"), "libportaudio2"),
    ],
)
def test_without_sounddevice_one_warning_says_what_to_install_and_playback_goes_on(
    monkeypatch, module, error, advice
):
    class Refuse:
        def find_spec(self, name, path=None, target=None):
            if name == module:
                raise error

    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Refuse(), *sys.meta_path])
    with pytest.warns(AudioOutputWarning, match=advice) as warned:
        avatar = Controller(output=SounddeviceOutput(), config=QUICK)
    assert len(warned) == 1
    with avatar:
        avatar.yield_audio_data(speech(0.05), end=True)
        assert avatar.wait_until_idle(10)
        assert avatar.stats()["audio_output"] == "silent"


@pytest.mark.parametrize("latency", [0.0, -1.0, float("nan"), 3.0])
def test_a_latency_outside_its_range_is_refused(latency):
    with pytest.raises(ValueError, match="latency"):
        SounddeviceOutput(latency=latency)


def test_an_iteration_that_is_broken_off_is_given_up_at_once():
    async def main() -> int:
        avatar = Controller(output="silent", config=QUICK)
        avatar.yield_audio_data(speech(0.05), end=True)
        for _ in range(20):
            async for _event in avatar.events():
                break
            avatar.yield_audio_data(speech(0.05), end=True)
        stream = avatar.events()
        kept = len(avatar._inboxes)
        await asyncio.to_thread(avatar.close)
        async for _event in stream:
            pass
        return kept

    assert asyncio.run(asyncio.wait_for(main(), 20)) == 1


def test_an_iteration_in_a_task_that_nobody_keeps_goes_on():
    heard = []

    async def listen(avatar: Controller) -> None:
        async for event in avatar.events():
            heard.append(event.kind)

    async def main() -> None:
        avatar = Controller(output="silent", config=QUICK)
        asyncio.create_task(listen(avatar))  # noqa: RUF006 - that is what is tested
        await asyncio.sleep(0)
        gc.collect()
        avatar.yield_audio_data(speech(0.05), end=True)
        await asyncio.to_thread(avatar.wait_until_idle, 10)
        gc.collect()
        await asyncio.to_thread(avatar.close)
        await asyncio.sleep(0.05)

    asyncio.run(main())
    assert "conversation_end" in heard


def test_an_exit_in_a_callback_does_not_end_the_thread_of_all_callbacks(caplog):
    seen = []
    with Controller(output="silent", config=QUICK) as avatar:
        avatar.on_conversation_state = lambda state, reason: sys.exit(1)
        avatar.on_event = lambda event: seen.append(event.kind)
        avatar.yield_audio_data(speech(0.05), end=True)
        assert avatar.wait_until_idle(10)
    assert "conversation_end" in seen
    assert "SystemExit" in caplog.text


def test_a_format_that_changes_while_others_speak_and_close_surprises_nobody():
    surprises = []

    def work(avatar: Controller, seed: int) -> None:
        chance = random.Random(seed)
        try:
            while True:
                if chance.random() < 0.3:
                    avatar.set_audio_format(sample_rate=16000)
                avatar.yield_audio_data(speech(0.02), end=chance.random() < 0.5)
        except hostmode.ClosedError:
            pass
        except Exception as error:
            surprises.append(error)

    for _ in range(10):
        avatar = Controller(output="silent", config=QUICK)
        workers = [threading.Thread(target=work, args=(avatar, seed)) for seed in range(3)]
        for worker in workers:
            worker.start()
        threading.Event().wait(0.03)
        avatar.close()
        for worker in workers:
            worker.join(10)
        # Whatever format was set last: nothing came in after the end.
        assert avatar._player.conversation_id is None
    assert surprises == []


FORK = """
import os, sys, warnings
warnings.simplefilter("ignore")
import numpy as np
from hostmode import Controller, PlayerConfig
from hostmode.audio import SounddeviceOutput
quick = PlayerConfig(motion_wait=0.0)
speech = np.full(1600, 1000, np.int16)
def play(avatar):
    seen = []
    avatar.on_event = lambda event: seen.append(event.kind)
    avatar.yield_audio_data(speech, end=True)
    assert avatar.wait_until_idle(20), seen
    assert "conversation_end" in seen
parent = Controller(output="silent", config=quick)
play(parent)
for _ in range(20):
    child = os.fork()
    if child == 0:
        with Controller(output="silent", config=quick) as avatar:
            play(avatar)
        sys.exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
play(parent)
parent.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_plays_with_threads_of_its_own():
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
