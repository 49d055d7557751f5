"""Native core of hostmode: sans-I/O playback of AvatarKit Host Mode conversations."""

from collections.abc import Sequence
from typing import Any, Final, Literal, final

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer

__version__: str
KEYFRAME_FLOATS: Final[int]
KEYFRAME_RATE: Final[float]
PCM_RATES: Final[tuple[int, ...]]  # conversation rates
DEVICE_RATES: Final[tuple[int, ...]]  # conversation rates and those of devices
_C_API: Any

@final
class Motion:
    @property
    def kind(self) -> Literal["animation", "server_error", "other"]: ...
    @property
    def type(self) -> int: ...
    @property
    def keyframes(self) -> npt.NDArray[np.float32]: ...  # (n, 120)
    @property
    def connection_id(self) -> str: ...
    @property
    def req_id(self) -> str: ...
    @property
    def avatar_id(self) -> str: ...
    @property
    def end(self) -> bool: ...
    @property
    def error_code(self) -> int: ...
    @property
    def error_message(self) -> str: ...

def now() -> float: ...
def decode_message(data: Buffer) -> Motion: ...
def encode_message(
    keyframes: npt.ArrayLike,
    connection_id: str = "",
    req_id: str = "",
    end: bool = False,
    avatar_id: str = "",
) -> bytes: ...

class PlayerConfig:
    # every field is a keyword argument and an attribute
    frame_starvation_mode: str  # "audio_independent" | "strict_sync"
    queue: bool = False
    motion_wait: float = 0.3  # seconds
    prebuffer: float = 0.04  # least audio before sound starts, seconds
    max_prebuffer: float = 0.5
    speech_transition: float = 0.32
    idle_transition: float = 0.8
    end_timeout: float = 5.0  # E3 watchdog
    early_motion_expiry: float = 5.0  # E6
    max_audio: float = 1500.0  # seconds buffered
    max_motion: float = 1500.0  # seconds buffered in a conversation
    layers: bool = True
    seed: int = 0
    avatar_id: str = ""
    av_offset: float = 0.0  # seconds; positive shows the face later
    latency: float = 0.1  # assumed where the host reports none

class Event:
    kind: str
    time: float
    conversation_id: str | None
    state: str | None
    reason: str | None
    message: str | None
    value: float | None

class Player:
    def __init__(self, sample_rate: int = 16000, config: PlayerConfig | None = None) -> None: ...
    def push_audio(self, pcm: Buffer, end: bool = False, *, now: float) -> str | None: ...
    def push_motion(
        self, messages: Sequence[Buffer] | Buffer | None, conversation_id: str | None, *, now: float
    ) -> bool: ...
    def render_audio(
        self,
        out: npt.NDArray[np.float32] | npt.NDArray[np.int16],
        dac_time: float,
        *,
        entry_time: float | None = None,
        current_time: float | None = None,
    ) -> None: ...
    def advance(self, now: float) -> None: ...
    def pause(self, *, now: float) -> None: ...
    def resume(self, *, now: float) -> None: ...
    def interrupt(self, *, now: float) -> None: ...
    def sample(self, now: float, out: npt.NDArray[np.float32] | None = None, /) -> Any: ...
    def sample_into(self, times: npt.NDArray[np.float64], out: npt.NDArray[np.float32]) -> None: ...
    def poll_events(self) -> list[Event]: ...
    def stats(self) -> dict[str, Any]: ...
    def audio_time(self, *, now: float) -> float: ...
    def start_silent_clock(self, *, now: float) -> None: ...  # advance() then plays, unheard
    def stop_silent_clock(self, *, now: float) -> None: ...
    @property
    def conversation_id(self) -> str | None: ...
    @property
    def state(self) -> str: ...
    @property
    def sample_rate(self) -> int: ...
    volume: float

def sample_many(players: Sequence[Player], now: float, out: npt.NDArray[np.float32]) -> None: ...

@final
class PortAudioStream:
    def __init__(self, player: Player, channels: int, device_rate: int) -> None: ...
    device_offset: float
    @property
    def callback_address(self) -> int: ...
    @property
    def userdata_address(self) -> int: ...
    def stats(self) -> dict[str, float]: ...
