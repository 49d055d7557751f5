"""The face in a browser on this machine: for people on a server or a robot, who have no display."""

from __future__ import annotations

import http.server
import json
import secrets
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hostmode._core import now as clock
from hostmode.errors import ClosedError
from hostmode.rig import BUILT_IN_HEAD, Rig
from hostmode.view.film import import_av
from hostmode.view.live_face import LiveFace
from hostmode.view.offscreen import Offscreen

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from types import TracebackType

    import numpy as np
    import numpy.typing as npt

    from hostmode.controller import Controller
    from hostmode.rig import FaceMap

_ADDRESS: Final = "127.0.0.1"
_NAMES: Final = (_ADDRESS, "localhost")
_BOUNDARY: Final = b"hostmode-picture"
_PATIENCE_S: Final = 1.0  # for the next picture, before a stream looks whether it is still wanted
_STATE_INTERVAL_S: Final = 0.1
_STREAMS: Final = 64
_LOOKS_S: Final = 2.0  # after the last picture that was asked for by itself


class WebFace:
    """Serve what a controller plays as pictures (MJPEG) on the loopback interface.

    ::

        with hostmode.Controller(16000) as avatar, hostmode.view.WebFace(avatar) as face:
            print(face.url)

    Every browser gets the same pictures, drawn once, and none is drawn while nobody looks. Only this machine is
    answered, and only pages of this server: a request of another origin, or to another host name, is refused.
    Needs the extra `video`.

    Parameters
    ----------
    controller : Controller
    head : path or Rig, optional
        The built-in head unless given.
    size : int or tuple of two ints
        Pixels.
    rate : float
        Pictures a second, 1 to 60.
    port : int
        0 takes a free one.
    face_map : FaceMap, optional
        Takes the place of the built-in way from keyframes to expressions.

    Raises
    ------
    MissingExtraError
        The extra is not installed.
    GraphicsError
        There is no OpenGL.
    OSError
        The port is taken.
    """

    def __init__(
        self,
        controller: Controller,
        head: str | os.PathLike[str] | Rig = BUILT_IN_HEAD,
        *,
        size: int | tuple[int, int] = 512,
        rate: float = 25.0,
        port: int = 0,
        face_map: FaceMap | None = None,
    ) -> None:
        if not 1 <= rate <= 60:
            raise ValueError(f"rate is {rate}; it must be 1 to 60 pictures a second")
        self._controller = controller
        self._rig = head if isinstance(head, Rig) else Rig.load(head)
        self._size = size
        self._rate = rate
        self._changed = threading.Condition()
        self._picture = b""
        self._number = 0
        self._viewers = 0
        self._asked_s = -_LOOKS_S
        self._failure: BaseException | None = None
        self._closing = False
        self._key = secrets.token_urlsafe(16)
        import_av()
        self._face = LiveFace(controller, face_map)
        self._server = http.server.ThreadingHTTPServer((_ADDRESS, port), self._handler())
        self._server.daemon_threads = True
        self._threads = [
            threading.Thread(target=target, name=f"hostmode-web-{name}", daemon=True)
            for name, target in (("server", self._server.serve_forever), ("pictures", self._draw_pictures))
        ]
        for thread in self._threads:
            thread.start()
        with self._changed:
            # The first picture shows whether there is any.
            self._changed.wait_for(lambda: self._number or self._failure)
        if self._failure is not None:
            self.close()
            raise self._failure

    def __enter__(self) -> WebFace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """What to open in a browser."""
        return f"http://{_ADDRESS}:{self._server.server_address[1]}/"

    def _repr_html_(self) -> str:
        """Return what a notebook on this machine shows: the face as it moves."""
        return f'<img src="{self.url}face.mjpg?key={self._key}" alt="The face of the avatar">'

    @property
    def pictures(self) -> int:
        """How many pictures have been drawn."""
        return self._number

    @property
    def viewers(self) -> int:
        """How many streams of pictures there are now; a page takes none, it asks for one picture after the other."""
        return self._viewers

    def _is_seen(self) -> bool:
        return self._viewers > 0 or clock() < self._asked_s + _LOOKS_S

    def wait_for_viewer(self, timeout: float | None = None) -> bool:
        """Wait until a browser shows the pictures, at most `timeout` seconds; return whether one does."""
        with self._changed:
            return self._changed.wait_for(self._is_seen, timeout)

    def close(self) -> None:
        """Answer nobody any more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._face.close()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join()

    def _draw_pictures(self) -> None:
        try:
            # A context belongs to the thread that made it.
            with Offscreen(self._size, self._rig, smooth=False) as stage:
                encode = _jpeg_encoder(stage.size)
                due = clock()
                while not self._closing:
                    self._publish(encode(stage.render_face(*self._face.expression(clock()))))
                    due = max(due + 1 / self._rate, clock())
                    with self._changed:
                        self._changed.wait_for(lambda: self._closing or self._is_seen())
                    time.sleep(max(0.0, due - clock()))
        except ClosedError:
            pass  # of the controller: the last picture stays
        except Exception as error:
            with self._changed:
                self._failure = error
                self._changed.notify_all()

    def _publish(self, picture: bytes) -> None:
        with self._changed:
            self._picture = picture
            self._number += 1
            self._changed.notify_all()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        face = self

        class Handler(http.server.BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                # A picture with the key may stand on a page of another origin: a notebook's.
                self.path, _, query = self.path.partition("?")
                shared = secrets.compare_digest(query.encode(), f"key={face._key}".encode())
                if not face._is_own(self.headers.get("Host"), self.headers.get("Origin")):
                    self.send_error(403, "only pages of this server")
                    return
                if self.path == "/next":
                    try:
                        face._send_next(self, query)
                    except OSError:
                        self.close_connection = True  # the browser has left
                    return
                answers: dict[str, tuple[str, Callable[[Any], None]]] = {
                    "/": ("text/html; charset=utf-8", face._send_page),
                    "/face.mjpg": (f"multipart/x-mixed-replace; boundary={_BOUNDARY.decode()}", face._send_pictures),
                    "/state": ("text/event-stream", face._send_states),
                }
                if self.path not in answers:
                    self.send_error(404)
                    return
                kind, send = answers[self.path]
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Cache-Control", "no-store")
                self.send_header("Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin")
                self.send_header("X-Frame-Options", "SAMEORIGIN")
                self.end_headers()
                try:
                    send(self.wfile)
                except OSError:
                    self.close_connection = True  # the browser has left, or does not read

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the name of the base
                pass

        return Handler

    def _is_own(self, host: str | None, origin: str | None) -> bool:
        """Return whether a request comes from this server's own pages: no strange page, no renamed address."""
        port = self._server.server_address[1]
        hosts = [f"{name}:{port}" for name in _NAMES]
        return host in hosts and (origin is None or origin in [f"http://{own}" for own in hosts])

    def _send_page(self, out: Any) -> None:
        out.write((Path(__file__).parent / "web.html").read_bytes())

    def _send_next(self, request: http.server.BaseHTTPRequestHandler, query: str) -> None:
        """Answer with the next picture after the one whose number is given, and with the state."""
        _, _, number = query.partition("after=")
        after = int(number) if number.isdecimal() and len(number) < 16 else 0
        with self._changed:
            self._asked_s = clock()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._closing or self._number > after, _PATIENCE_S)
            number_now, picture = self._number, self._picture
        try:
            facts = {"number": number_now, **self._facts()}
        except ClosedError:
            request.send_error(410, "the controller is closed")
            return
        request.send_response(200)
        for name, value in (
            ("Content-Type", "image/jpeg"),
            ("Content-Length", str(len(picture))),
            ("Cache-Control", "no-store"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("X-Hostmode", json.dumps(facts)),
        ):
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(picture)

    def _facts(self) -> dict[str, Any]:
        return {"state": self._controller.state, "audio_time": round(self._controller.get_audio_time(), 3)}

    def _send_pictures(self, out: Any) -> None:
        with self._changed:
            if self._viewers >= _STREAMS:
                return
            self._viewers += 1
            self._changed.notify_all()
        try:
            seen = 0
            while not self._closing:
                with self._changed:
                    self._changed.wait_for(lambda: self._closing or self._number > seen, _PATIENCE_S)  # noqa: B023
                    seen, picture = self._number, self._picture
                head = b"--%b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % (_BOUNDARY, len(picture))
                out.write(head + picture + b"\r\n")
        finally:
            with self._changed:
                self._viewers -= 1

    def _send_states(self, out: Any) -> None:
        while not self._closing:
            try:
                facts = self._facts()
            except ClosedError:
                return
            out.write(b"data: " + json.dumps(facts).encode() + b"\n\n")
            time.sleep(_STATE_INTERVAL_S)


def _jpeg_encoder(size: tuple[int, int]) -> Callable[[npt.NDArray[np.uint8]], bytes]:
    av = import_av()
    context = av.CodecContext.create("mjpeg", "w")
    context.width, context.height = size
    context.pix_fmt = "yuvj420p"
    context.time_base = Fraction(1, 1000)
    context.options = {"qmin": "3", "qmax": "3"}

    def encode(picture: npt.NDArray[np.uint8]) -> bytes:
        frame = av.VideoFrame.from_ndarray(picture, format="rgba").reformat(format="yuvj420p")
        return b"".join(bytes(packet) for packet in context.encode(frame))

    return encode
