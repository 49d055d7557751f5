"""The way of an application's audio and motion into a player."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from hostmode import _core
from hostmode.pose_source import PoseSource
from hostmode.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    from typing_extensions import Buffer

    from hostmode.events.journal import Journal
    from hostmode.opus_intake import OpusIntake
    from hostmode.rtc.packet import Profile

# Of a connection: nothing more comes.
_ENDING_FAILURES: Final = ("network_error", "server_error")


class Follower(Protocol):
    """Whoever is told what has been taken in, on the thread that gave it (`Intake.follow`)."""

    def heard(self, data: Buffer | npt.NDArray[np.int16], conversation_id: str, end: bool) -> None:
        """Take note of audio of a conversation."""

    def moved(self, frames: Sequence[Buffer] | Buffer | None, conversation_id: str | None) -> None:
        """Take note of motion messages, as `Intake.yield_frames_data` was given them."""


class Intake(PoseSource):
    """What takes conversations in: as AvatarKit does, or a turn at a time."""

    _journal: Journal
    _followers: tuple[Follower, ...] = ()
    _opus: OpusIntake | None = None

    def _hurry(self) -> None:
        """Let happen at once what is due."""
        raise NotImplementedError

    # ---- packets of an RTC stream

    def push_packet(self, payload: Buffer, *, profile: Profile, media_time: float | None = None) -> bool:
        """Take one packet of an RTC stream whose sound somebody else plays.

        Packets open and end conversations themselves.

        Parameters
        ----------
        payload : bytes-like
            An SEI payload, or a message of a data channel.
        profile : str
            ``"sei"`` or ``"data"``, as `hostmode.rtc.packet.decode_packet` takes it.
        media_time : float, optional
            Seconds of the sound that the packet belongs to, as `advance_clock` speaks of it.

        Returns
        -------
        bool
            Whether it was taken; a malformed one is counted and changes nothing.
        """
        self._require_open()
        taken = self._player.push_packet(payload, profile=profile, now=self._clock(), media_time=media_time)
        self._hurry()
        return taken

    def advance_clock(self, position: float, time: float | None = None) -> None:
        """Say which position of the sound, played by somebody else, is heard at an instant.

        Parameters
        ----------
        position : float
            Seconds of the sound.
        time : float, optional
            Seconds on the controller's clock; by default, now.
        """
        self._require_open()
        self._player.advance_clock(position, self._clock() if time is None else time)

    def listen(
        self,
        pcm: Buffer | npt.NDArray[np.int16],
        *,
        time: float | None = None,
        rate: int | None = None,
        always: bool = False,
    ) -> None:
        """Hear the sound of the track that packets belong to, as it comes, while somebody else plays it.

        Packets that say how loud their sound is (`hostmode.rtc.packet.LoudnessMeter`) are shown where that is found;
        others, and while it is not found, as without. ``stats().listening_confidence`` and
        ``listening_correction`` say what was found. See `Player.listen`.

        Parameters
        ----------
        pcm : bytes-like, or ndarray of int16
            Mono 16-bit, what follows what came before, also where it is silent; any length.
        time : float, optional
            Seconds on the controller's clock at which the first of it is heard, which may lie ahead; by default, now.
        rate : int, optional
            Hertz, one of `PCM_RATES`; by default, the controller's. Another one than before begins another track.
        always : bool
            Whether to look for packets with a media time as well, once `advance_clock` was called.
        """
        self._require_open()
        self._player.listen(pcm, time=self._clock() if time is None else time, rate=rate, always=always)

    def open_turn(self) -> Turn:
        """Open a turn, a conversation that takes nothing late: the easy way for a voice agent.

        It ends what plays, or waits for it with ``PlayerConfig(queue=True)``, and waits for data for
        ``PlayerConfig.turn_timeout``.
        """
        self._require_open()
        now = self._clock()
        turn = self._journal.follow(
            lambda: Turn(self, self._journal, self._player.open_conversation(now=now, turn=True))
        )
        self._undo_where_closed()
        self._hurry()
        return turn

    def open_conversation(self) -> str:
        """Open a conversation before its first audio is there and return its id, for motion that comes first.

        One that still takes audio stays, and its id is returned.
        """
        self._require_open()
        conversation_id = self._player.open_conversation(now=self._clock())
        self._undo_where_closed()
        self._hurry()
        return conversation_id

    def yield_audio_data(
        self, data: Buffer | npt.NDArray[np.int16], end: bool = False, conversation_id: str | None = None
    ) -> str | None:
        """Take in audio of the current conversation, or open one with it.

        Parameters
        ----------
        data : buffer
            Mono 16-bit little-endian PCM at the controller's rate, of any length; an odd byte waits for the
            next chunk. Or Opus, where `set_audio_format` said so.
        end : bool
            The conversation's audio is complete. More audio opens another conversation, which cuts this one
            off (or waits for it with ``PlayerConfig(queue=True)``). ``yield_audio_data(b"", end=True)`` is
            the usual end marker.
        conversation_id : str, optional
            The conversation that the audio belongs to. Where that takes no more, ended or interrupted, the audio is
            discarded, counted (``late_audio``) and told (event ``audio_discarded``). Left out, as AvatarKit does,
            late audio opens a conversation: `open_turn` spares the trouble.

        Returns
        -------
        str or None
            The conversation's id, the same for each of its chunks; ``None`` if nothing was opened or taken.

        Raises
        ------
        BufferFullError
            More than ``max_audio`` would be buffered; nothing of this call was taken in.
        TypeError
            `data` holds floats, several channels or strided memory.
        """
        self._require_open()
        opus = self._opus
        if opus is not None:
            return opus.take(self, data, end, conversation_id)
        return self._push_pcm(data, end, conversation_id)

    def _push_pcm(self, data: Buffer | npt.NDArray[np.int16], end: bool, conversation_id: str | None) -> str | None:
        taken_by = self._player.push_audio(data, end, now=self._clock(), conversation_id=conversation_id)
        self._undo_where_closed()
        if taken_by is not None:
            for follower in self._followers:
                follower.heard(data, taken_by, end)
        self._hurry()
        return taken_by

    def _undo_where_closed(self) -> None:
        # By another thread, since the call began: what was cut off must not begin anew.
        if self._closed:
            self._player.interrupt(now=self._clock())
            self._journal.collect()

    def yield_frames_data(self, frames: Sequence[Buffer] | Buffer | None, conversation_id: str | None) -> bool:
        """Take in motion messages of a conversation.

        Parameters
        ----------
        frames : sequence of buffers, buffer or None
            Encoded messages as they came from the server. ``[]`` or ``None`` means that no motion will come:
            the conversation goes on with audio only.
        conversation_id : str or None
            What `yield_audio_data` returned. Motion with the id of another conversation is discarded, so that
            late motion never moves the wrong utterance. ``None`` while nothing is open keeps the motion for
            the audio that follows.

        Returns
        -------
        bool
            Whether the final motion message of this conversation is in.

        Raises
        ------
        DecodeError
            A message is malformed. Nothing of this call was taken in; the conversation goes on.
        """
        self._require_open()
        try:
            complete = self._player.push_motion(frames, conversation_id, now=self._clock())
            for follower in self._followers:
                follower.moved(frames, conversation_id)
            return complete
        finally:
            self._hurry()

    def follow(self, follower: Follower) -> None:
        """Tell `follower` of everything that is taken in from now on; a face is one (`hostmode.view.LiveFace`)."""
        self._require_open()
        with self._lock:
            self._followers = (*self._followers, follower)

    def unfollow(self, follower: Follower) -> None:
        """Tell it nothing more."""
        with self._lock:
            self._followers = tuple(other for other in self._followers if other is not follower)

    def set_audio_format(self, sample_rate: int | None = None, *, audio_format: str = "pcm") -> None:
        """Say what the audio that follows will be like, and interrupt what is playing.

        Parameters
        ----------
        sample_rate : int, optional
            Hz; unchanged where left out. Of Opus it is 48000, and need not be given.
        audio_format : str
            ``"pcm"``: mono signed 16-bit little-endian. ``"opus"``: Ogg Opus in chunks of any size, or bare packets
            of Opus, one a call (extra ``opus``). Which of the two it is, a conversation's first bytes say.

        Raises
        ------
        ValueError
            The rate or the format is none of these.
        MissingExtraError
            PyAV is not installed.
        """
        self._require_open()
        if audio_format not in ("pcm", "opus"):
            raise ValueError(f"audio_format is {audio_format!r}; it must be 'pcm' or 'opus'")
        if audio_format == "opus":
            from hostmode.audio.opus import load_av
            from hostmode.audio.opus_stream import OPUS_RATE
            from hostmode.opus_intake import OpusIntake

            load_av()
            if sample_rate not in (None, OPUS_RATE):
                raise ValueError(f"sample_rate is {sample_rate!r}; Opus is decoded at {OPUS_RATE} Hz: leave it out")
            rate = OPUS_RATE
            opus = OpusIntake()
        else:
            rate = self._player.sample_rate if sample_rate is None else sample_rate
            require_pcm_rate(rate)
            opus = None
        self._player.set_sample_rate(rate, now=self._clock())
        self._opus = opus
        self._hurry()

    def interrupt(self) -> float | None:
        """End the conversation at once: a fade of 5 ms, then silence. Does nothing while idle.

        Returns
        -------
        float or None
            Seconds of the conversation that will have been heard when it is silent: what the device has already
            taken, its latency, and the fade still sound. ``None`` while idle. The event ``conversation_end`` carries
            the same.
        """
        self._require_open()
        heard_s = self._player.interrupt(now=self._clock())
        self._hurry()
        return heard_s

    def clear(self) -> None:
        """Drop everything that was taken in and show idle motion: `interrupt` without the position."""
        self.interrupt()

    def report_failure(self, code: str, message: str = "") -> None:
        """Say that what brings the conversation has failed: `on_error` is called.

        Parameters
        ----------
        code : str
            ``"network_error"`` or ``"server_error"``: the conversation ends, with that reason. Or
            ``"unsupported_motion"``: there is motion, in a form that cannot be read, and the sound goes on without.
        message : str
            What happened, for people.
        """
        self._require_open()
        if code not in (*_ENDING_FAILURES, "unsupported_motion"):
            raise ValueError(f"code is {code!r}; it must be 'network_error', 'server_error' or 'unsupported_motion'")
        conversation_id = self._player.conversation_id
        self._journal.add(
            _core.Event("error", self._clock(), conversation_id=conversation_id, reason=code, message=message)
        )
        if conversation_id is not None and code in _ENDING_FAILURES:
            self._journal.interrupt(conversation_id, code)
        self._hurry()


def require_pcm_rate(rate: int) -> None:
    """Raise `ValueError` unless conversations may have that rate."""
    if rate not in _core.PCM_RATES:
        allowed = ", ".join(map(str, _core.PCM_RATES))
        raise ValueError(f"sample_rate is {rate!r}; it must be one of {allowed} Hz: resample to one of them")
