"""The motion service over real sockets, by a client that speaks the wire format itself."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import hostmode
from hostmode import HostModeError, Recording

aiohttp = pytest.importorskip("aiohttp")

from hostmode.motion import motion_for, source_named  # noqa: E402
from hostmode.relay import Faults, MotionService, ServiceSettings, serve_motion  # noqa: E402
from hostmode.relay import envelope as wire  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.outer

RATE = 16000
SPEECH = Recording.embedded().audio[: 2 * RATE]


class Client:
    """One session."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.motions: list[hostmode.Motion] = []
        self.states: list[tuple[str, int, int, str]] = []
        self.errors: list[tuple[int, str]] = []

    async def send(self, kind: int, field: str | None = None, **values: Any) -> None:
        message = wire.new_envelope(kind)
        if field:
            part = getattr(message, field)
            part.SetInParent()
            for name, value in values.items():
                if hasattr(value, "SerializeToString"):
                    getattr(part, name).CopyFrom(value)
                else:
                    setattr(part, name, value)
        await self.socket.send_bytes(message.SerializeToString())

    async def speak(self, req_id: str, audio: np.ndarray[Any, Any] = SPEECH, end: bool = True) -> None:
        for start in range(0, len(audio), RATE // 5):
            chunk = audio[start : start + RATE // 5]
            last = end and start + RATE // 5 >= len(audio)
            await self.send(wire.AUDIO, "audio", req_id=req_id, audio=chunk.tobytes(), end=last)

    async def listen(self, seconds: float, until_end: bool = True) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                frame = await self.socket.receive(left)
            except asyncio.TimeoutError:
                return
            if frame.type != aiohttp.WSMsgType.BINARY:
                return
            message = wire.parse_envelope(frame.data)
            if message.type == wire.ANIMATION:
                motion = hostmode.decode_message(frame.data)
                assert motion is not None
                self.motions.append(motion)
                if motion.end and until_end:
                    return
            elif message.type == wire.PLAYBACK:
                one = message.playback
                self.states.append((one.req_id, one.state, one.played_ms, one.reason))
            elif message.type == wire.ERROR:
                self.errors.append((message.error.code, message.error.message))


@asynccontextmanager
async def connected(service: MotionService, key: str = "any", **configure: Any) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as http:
        body = {"expireAt": int(time.time()) + 60}
        async with http.post(service.url + "/session-tokens", json=body, headers={"X-Api-Key": key}) as answer:
            token = (await answer.json())["session_token"]
        headers = {"X-App-ID": "app", "X-Session-Key": token}
        async with http.ws_connect(service.url + "/websocket?id=a", headers=headers, max_msg_size=0) as socket:
            client = Client(socket)
            await client.send(wire.CONFIGURE, "configure", **{"sample_rate": RATE, **configure})
            yield client


async def confirmed(client: Client) -> Any:
    return wire.parse_envelope((await client.socket.receive(5)).data)


def test_motion_service_answers_speech_with_the_motion_made_of_it() -> None:
    async def main() -> None:
        async with serve_motion() as service, connected(service) as client:
            confirm = (await confirmed(client)).confirm
            assert confirm.connection_id
            assert list(confirm.capabilities) == ["playback_control", "playback_state"]
            await client.speak("r1")
            await client.listen(10)
        np.testing.assert_array_equal(np.concatenate([m.keyframes for m in client.motions]), motion_for(SPEECH, RATE))
        assert {m.req_id for m in client.motions} == {"r1"}
        assert {m.avatar_id for m in client.motions} == {"a"}
        assert [m.end for m in client.motions][-1]

    asyncio.run(main())


def test_motion_service_understands_a_configuration_that_is_all_defaults() -> None:
    async def main() -> None:
        async with serve_motion() as service, connected(service, sample_rate=0) as client:
            assert (await confirmed(client)).type == wire.CONFIRM

    asyncio.run(main())


def test_motion_service_decodes_ogg_opus() -> None:
    pytest.importorskip("av")
    from test_opus import ogg_opus

    async def main() -> None:
        data = ogg_opus(SPEECH)
        async with serve_motion() as service, connected(service, audio_format=1) as client:
            await confirmed(client)
            for start in range(0, len(data), 777):
                await client.send(
                    wire.AUDIO, "audio", req_id="o", audio=data[start : start + 777], end=start + 777 >= len(data)
                )
            await client.listen(10)
        made, plain = np.concatenate([m.keyframes for m in client.motions])[:, 9], motion_for(SPEECH, RATE)[:, 9]
        count = min(len(made), len(plain))
        assert abs(len(made) - len(plain)) <= 1
        assert np.corrcoef(made[:count], plain[:count])[0, 1] > 0.98

    asyncio.run(main())


def test_motion_service_stops_at_an_interrupt_and_goes_on_with_the_next_request() -> None:
    async def main() -> None:
        faults = Faults(latency=0.2)
        async with serve_motion(ServiceSettings(faults=faults)) as service, connected(service) as client:
            await confirmed(client)
            await client.speak("first", end=False)
            await asyncio.sleep(0.4)
            await client.send(wire.INTERRUPT, "interrupt", req_id="first")
            await client.speak("second")
            await client.listen(10)
        second_from = next(i for i, m in enumerate(client.motions) if m.req_id == "second")
        assert all(m.req_id == "second" for m in client.motions[second_from:])
        assert sum(len(m.keyframes) for m in client.motions[second_from:]) == 50
        assert [s for s in client.states if s[0] == "first"][-1][1::2] == (wire.INTERRUPTED, "explicit")

    asyncio.run(main())


def test_motion_service_answers_each_pause_and_resume_with_the_state_after_it() -> None:
    async def main() -> None:
        async with serve_motion() as service, connected(service) as client:
            await confirmed(client)
            await client.speak("r")
            await client.listen(10)
            await asyncio.sleep(0.3)
            for kind, field in ((wire.PAUSE, "pause"), (wire.PAUSE, "pause"), (wire.RESUME, "resume")):
                await client.send(kind, field, req_id="r")
            await client.send(wire.PAUSE, "pause", req_id="another")
            await client.listen(4.0, until_end=False)
            await client.send(wire.PAUSE, "pause", req_id="r")
            await client.listen(0.5, until_end=False)
        (begun, *rest) = client.states
        assert begun[:2] == ("r", wire.PLAYING)
        pause, again, resume, other, ended, late = rest
        assert [s[1] for s in (pause, again, resume)] == [wire.PAUSED, wire.PAUSED, wire.PLAYING]
        assert 200 <= pause[2] <= 1500
        assert pause[2] == again[2] == resume[2]
        assert other[:2] == ("another", wire.PLAYING)
        assert ended[:3] == ("r", wire.ENDED, 2000)
        assert late[:3] == ("r", wire.ENDED, 2000)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        ("no-end", lambda c: not any(m.end for m in c.motions) and len(c.motions) >= 2),
        ("twice", lambda c: len({m.keyframes.tobytes() for m in c.motions}) < len(c.motions)),
        ("error", lambda c: c.errors[-1][0] == 13),
        ("close", lambda c: c.errors[-1][0] == 4503 and c.socket.close_code == 4503),
    ],
)
def test_motion_service_does_wrong_on_purpose(fault: str, check: Any) -> None:
    async def main() -> None:
        settings = ServiceSettings(faults=Faults(names=frozenset({fault})))
        async with serve_motion(settings) as service, connected(service) as client:
            await confirmed(client)
            await client.speak("r", np.tile(SPEECH, 2))
            await client.listen(3, until_end=False)
            assert check(client)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("POST", "/session-tokens", {}, {"expireAt": 60}, 401),
        ("POST", "/session-tokens", {"X-Api-Key": "wrong"}, {"expireAt": 60}, 401),
        ("POST", "/v1/auth/session-token", {"X-Api-Key": "right"}, {"expireAt": 25 * 3600}, 400),
        ("POST", "/session-tokens", {"X-Api-Key": "right"}, {"expireAt": -5}, 400),
        ("POST", "/session-tokens", {"X-Api-Key": "right"}, {"expireAt": "soon"}, 400),
        ("POST", "/session-tokens", {"X-Api-Key": "right"}, ["x"], 400),
        ("GET", "/websocket?id=a", {"X-App-ID": "app"}, None, 401),
        ("GET", "/websocket?id=a&appId=app&sessionKey=guess", {}, None, 401),
        ("GET", "/websocket", {"X-App-ID": "app"}, None, 404),
        ("GET", "/websocket?id=a", {}, None, 400),
    ],
)
def test_motion_service_refuses_with_a_status_and_a_reason(
    method: str, path: str, headers: dict[str, str], body: Any, status: int
) -> None:
    async def main() -> None:
        if isinstance(body, dict) and isinstance(body["expireAt"], int):
            body["expireAt"] += int(time.time())
        async with serve_motion(ServiceSettings(api_key="right")) as service, aiohttp.ClientSession() as http:
            answer = await http.request(method, service.url + path, headers=headers, json=body)
            assert answer.status == status
            (error,) = json.loads(await answer.text())["errors"]
        assert error["status"] == status
        assert error["detail"]
        assert "unauthorized" not in json.dumps(error).lower()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("configure", "words"),
    [({"sample_rate": 12345}, "sample rate"), ({"audio_format": 9}, "audio_format"), ({"egress_type": 1}, "egress")],
)
def test_motion_service_says_what_it_does_not_offer(configure: dict[str, int], words: str) -> None:
    async def main() -> None:
        async with serve_motion() as service, connected(service, **configure) as client:
            await client.listen(5)
            ((_code, text),) = client.errors
            assert words in text
            assert client.socket.closed or (await client.socket.receive(5)).type == aiohttp.WSMsgType.CLOSE

    asyncio.run(main())


@pytest.mark.parametrize("hostile", [b"\xff" * 50, b"", "text", bytes(5 * 1024 * 1024)])
def test_motion_service_closes_a_session_that_it_cannot_understand_and_no_other(hostile: bytes | str) -> None:
    async def main() -> None:
        async with serve_motion() as service, connected(service) as good, connected(service) as bad:
            await confirmed(good)
            await confirmed(bad)
            send = bad.socket.send_str if isinstance(hostile, str) else bad.socket.send_bytes
            # What is too long is not even read to its end.
            with suppress(ConnectionError):
                await send(hostile)
            await bad.listen(0.5)
            await good.speak("r")
            await good.listen(10)
            assert good.motions[-1].end
            if hostile:
                assert bad.socket.closed

    asyncio.run(main())


def test_motion_service_ends_the_session_of_a_source_that_is_none() -> None:
    async def main() -> None:
        settings = ServiceSettings(make_source=source_named("builtins:float"))
        async with serve_motion(settings) as service, connected(service) as client:
            await confirmed(client)
            await client.speak("r")
            await client.listen(5)
            ((_code, text),) = client.errors
            assert "builtins:float made a float" in text

    asyncio.run(main())


def test_motion_service_open_to_others_needs_a_key() -> None:
    with pytest.raises(HostModeError, match=r"0\.0\.0\.0.*API key"):
        ServiceSettings(host="0.0.0.0")
    ServiceSettings(host="0.0.0.0", api_key="k")
    ServiceSettings(host="::1")


def test_motion_service_on_a_port_that_is_taken_says_so() -> None:
    async def main() -> None:
        async with serve_motion() as service:
            port = int(service.url.rpartition(":")[2])
            with pytest.raises(HostModeError, match=str(port)):
                async with serve_motion(ServiceSettings(port=port)):
                    pass

    asyncio.run(main())


def test_relay_leaves_protobufs_default_pool_alone() -> None:
    from google.protobuf import descriptor_pool

    wire.new_envelope(wire.CONFIRM)
    pool = descriptor_pool.Default()
    for name in ("message.proto", "hostmode/relay.proto", "driveningress/v2/message.proto"):
        with pytest.raises(KeyError):
            pool.FindFileByName(name)


@pytest.mark.parametrize("settings", [{"latency": -1.0}, {"jitter": 61.0}, {"names": frozenset({"nonsense"})}])
def test_faults_that_there_are_not_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"0 and 60|nonsense"):
        Faults(**settings)
