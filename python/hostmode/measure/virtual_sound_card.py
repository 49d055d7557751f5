"""A sound card without hardware: a private PulseAudio server whose loudspeaker is a recording.

PortAudio reaches it through ALSA's ``pulse`` plug-in, exactly as it reaches a real desktop. The server's null
sink is paced by the clock like a real card, and its monitor returns, sample by sample, what would have been
heard.

The card is private: its own socket, its own ``HOME``. A process uses it when it is started with
`VirtualSoundCard.environment`; nothing else on the machine is touched.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hostmode.errors import AudioOutputError
from hostmode.measure.timed_recording import TimedRecording

if TYPE_CHECKING:
    from types import TracebackType

_SINK = "virtual_speaker"
_PROGRAMS = ("pulseaudio", "parec", "pactl")
_ALSA_PLUGIN = "libasound_module_pcm_pulse.so"
_LIBRARY_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/local/lib")
_ADVICE = "on Debian and Ubuntu: apt install pulseaudio pulseaudio-utils libasound2-plugins"
_READY_TIMEOUT_S = 10.0
_RECORD_BLOCK_S = 0.02
# A server that nobody uses for so long ends by itself: whoever started it may have been killed.
_IDLE_S = 120


def missing_parts() -> str | None:
    """Return what this machine lacks for a virtual sound card, or ``None`` if it has everything."""
    programs = [name for name in _PROGRAMS if shutil.which(name) is None]
    if programs:
        return f"{', '.join(programs)} not installed; {_ADVICE}"
    folders = (Path(folder) for folder in _LIBRARY_FOLDERS)
    if not any(next(folder.rglob(_ALSA_PLUGIN), None) for folder in folders if folder.is_dir()):
        return f"{_ALSA_PLUGIN} not installed; {_ADVICE}"
    return None


class VirtualSoundCard:
    """One virtual card, usable as a context manager.

    Parameters
    ----------
    rate : int
        Sample rate of the card, Hz. A stream at another rate is converted by the server, as on a desktop.
    channels : int
        Channels of the card.
    """

    def __init__(self, rate: int = 48000, channels: int = 1) -> None:
        self.rate = rate
        self.channels = channels
        self._folder = Path(tempfile.mkdtemp(prefix="hostmode-card-"))
        self._folder.chmod(0o700)
        self._server: subprocess.Popen[bytes] | None = None
        self._write_configuration()

    def __enter__(self) -> VirtualSoundCard:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def environment(self) -> dict[str, str]:
        """Environment for a process whose default sound card shall be this one."""
        environment = {k: v for k, v in os.environ.items() if k != "DBUS_SESSION_BUS_ADDRESS"}
        folder = str(self._folder)
        environment.update(
            HOME=folder,
            XDG_RUNTIME_DIR=folder,
            PULSE_RUNTIME_PATH=folder,
            PULSE_STATE_PATH=folder,
            PULSE_SERVER=self._address,
            PULSE_CLIENTCONFIG=f"{folder}/client.conf",
            PULSE_CONFIG=f"{folder}/daemon.conf",
            # What a recording stream opened by default hears: the loudspeaker.
            PULSE_SOURCE=f"{_SINK}.monitor",
        )
        return environment

    @property
    def running(self) -> bool:
        """Whether the server runs."""
        return self._server is not None and self._server.poll() is None

    def start(self) -> None:
        """Start the server, or start it again after `kill`.

        Raises
        ------
        AudioOutputError
            A part is missing, or the server did not become ready.
        """
        if missing := missing_parts():
            raise AudioOutputError(f"no virtual sound card: {missing}")
        (self._folder / "native").unlink(missing_ok=True)
        with (self._folder / "server.log").open("ab") as log:
            self._server = subprocess.Popen(
                [
                    "pulseaudio",
                    "-n",
                    f"-F{self._folder / 'default.pa'}",
                    "--daemonize=no",
                    f"--exit-idle-time={_IDLE_S}",
                    "--use-pid-file=no",
                    "--log-level=warn",
                ],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _READY_TIMEOUT_S
        while not self._answers():
            if not self.running or time.monotonic() > deadline:
                text = (self._folder / "server.log").read_text(errors="replace")
                self.kill()
                raise AudioOutputError(f"the virtual sound card did not start: {text[-500:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End the server without warning, as when a card is pulled out or a desktop's sound server dies."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def freeze(self) -> None:
        """Let the server stand still, as one does that hangs."""
        if self._server is not None:
            self._server.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        if self._server is not None:
            self._server.send_signal(signal.SIGCONT)

    def control(self, *arguments: str) -> str:
        """Ask the server something with ``pactl`` and return the answer."""
        command = ["pactl", *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout

    def close(self) -> None:
        """End the server and remove its files."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def record_command(self, block_s: float) -> list[str]:
        """Return a command that writes what the card plays, in mono, to its output in blocks of `block_s`
        seconds."""
        return [
            "parec",
            f"--device={_SINK}.monitor",
            f"--rate={self.rate}",
            "--format=s16le",
            "--channels=1",
            f"--latency-msec={round(1000 * block_s)}",
            "--raw",
        ]

    def record(self, block_s: float = _RECORD_BLOCK_S) -> TimedRecording:
        """Start to record what the card plays, in blocks of `block_s`; it is recording when this returns."""
        return TimedRecording(self, block_s)

    @property
    def _address(self) -> str:
        return f"unix:{self._folder}/native"

    def _answers(self) -> bool:
        answer = subprocess.run(
            ["pactl", "list", "short", "sinks"], env=self.environment, capture_output=True, check=False
        )
        return _SINK.encode() in answer.stdout

    def _write_configuration(self) -> None:
        # Without norewinds the monitor starts up to 2 s late and loses about 60 ms.
        sink = f"sink_name={_SINK} rate={self.rate} channels={self.channels} format=s16le norewinds=1"
        files = {
            "default.pa": (
                ".fail\n"
                f"load-module module-null-sink {sink}\n"
                f"load-module module-native-protocol-unix auth-anonymous=1 socket={self._folder}/native\n"
                f"set-default-sink {_SINK}\n"
            ),
            "client.conf": f"autospawn = no\ndefault-server = {self._address}\nenable-shm = no\n",
            "daemon.conf": (
                "enable-shm = no\nrealtime-scheduling = no\nhigh-priority = no\n"
                "avoid-resampling = yes\nflat-volumes = no\n"
            ),
            ".asoundrc": "".join(
                f'{kind}.!default {{ type pulse server "{self._address}" }}\n' for kind in ("pcm", "ctl")
            ),
        }
        for name, text in files.items():
            (self._folder / name).write_text(text)
