"""A batch on a real Ray cluster of two nodes, of which one is killed. Needs the extra `ray`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hostmode
from hostmode import Recording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostmode.batching import Progress

pytest.importorskip("ray", reason="ray is not installed: pip install 'hostmode[ray]'")

pytestmark = [
    pytest.mark.timeout(600),
    # Ray's own.
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(sys.platform != "linux", reason="starts and kills process groups"),
    pytest.mark.outer,
]


ITEMS = 200


def free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Node:
    """One ``ray start``, in a process group of its own."""

    def __init__(self, scratch: Path, *arguments: str) -> None:
        command = [
            str(Path(sys.executable).with_name("ray")),
            "start",
            "--block",
            "--num-cpus=1",
            "--object-store-memory=100000000",
            "--disable-usage-stats",
            "--node-ip-address=127.0.0.1",
            *arguments,
        ]
        self._log = (scratch / f"node{len(list(scratch.glob('node*')))}.log").open("wb")
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            command, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True, env=environment
        )

    def processes(self) -> list[int]:
        """Return those of this node: its group, and what has begun a group of its own."""
        found = {self._process.pid}
        parents: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
        waiting = [self._process.pid]
        while waiting:
            for child in parents.get(waiting.pop(), []):
                found.add(child)
                waiting.append(child)
        return sorted(found)

    def require_alive(self) -> None:
        """Say why it has ended, if it has."""
        assert self._process.poll() is None, Path(self._log.name).read_text(errors="replace")[-2000:]

    def kill(self) -> None:
        """Let the node vanish as a machine that loses its power does."""
        for number in self.processes():
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait()
        self._log.close()


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Node]]:
    """Start two nodes; return the address for clients, and the second node."""
    scratch = tmp_path_factory.mktemp("ray")
    port, client_port = free_ports(2)
    head = Node(
        scratch,
        "--head",
        "--include-dashboard=false",
        f"--port={port}",
        f"--ray-client-server-port={client_port}",
        f"--temp-dir={scratch}",
    )
    nodes = [head]
    try:
        wait_for_port(port)
        nodes.append(Node(scratch, f"--address=127.0.0.1:{port}"))
        wait_for_port(client_port)
        wait_for_nodes(f"ray://127.0.0.1:{client_port}", nodes)
        yield f"ray://127.0.0.1:{client_port}", nodes[1]
    finally:
        for node in reversed(nodes):
            node.kill()


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"Ray does not listen on port {port}")


def wait_for_nodes(address: str, nodes: list[Node]) -> None:
    import ray

    deadline = time.monotonic() + 90
    # A head that has just begun to listen may not be able to serve a client yet.
    while True:
        try:
            ray.init(address, log_to_driver=False)
            break
        except (ConnectionError, RuntimeError):
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
    try:
        while sum(node["Alive"] for node in ray.nodes()) < len(nodes):
            for node in nodes:
                node.require_alive()
            assert time.monotonic() < deadline, "the second node does not come"
            time.sleep(0.2)
    finally:
        ray.shutdown()


def fill(folder: Path, count: int) -> None:
    folder.mkdir()
    whole = Recording.embedded()
    for index in range(count):
        chosen = slice(index, index + 50)
        audio = whole.audio[640 * chosen.start : 640 * chosen.stop]
        Recording.from_keyframes(audio, whole.sample_rate, whole.keyframes[chosen]).save(folder / f"r{index:03}.json")


def outputs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".ndjson"}


def test_batch_on_two_nodes_of_which_one_is_killed_does_all(
    cluster: tuple[str, Node], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, second = cluster
    monkeypatch.chdir(tmp_path)
    fill(Path("in"), ITEMS)
    Path("in/bad.json").write_text("{")
    killed = threading.Event()

    def progress(state: Progress) -> None:
        if state.done >= ITEMS // 4 and not killed.is_set():
            killed.set()
            second.kill()

    done = hostmode.batch("in/*.json", "out/{stem}.json", engine=address, progress=progress, rate=120)
    again = hostmode.batch("in/*.json", "out/{stem}.json", engine=address, rate=120)
    hostmode.batch("in/r*.json", "alone/{stem}.json", workers=1, rate=120)

    assert killed.is_set()
    assert [str(failure.input) for failure in done.failures] == ["in/bad.json"]
    assert (done.done, again.kept) == (ITEMS, ITEMS)
    assert outputs(Path("out")) == outputs(Path("alone"))


def test_no_cluster_is_said_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fill(Path("in"), 1)
    (port,) = free_ports(1)

    with pytest.raises(hostmode.HostModeError, match="no Ray cluster at"):
        hostmode.batch("in/*.json", "out/{stem}.json", engine=f"ray://127.0.0.1:{port}")
