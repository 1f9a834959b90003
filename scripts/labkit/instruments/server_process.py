"""server_process.py - a server that runs while another process loads it: ours, ours under a tool, or nginx.  argv -> server_process -> port

Only processes that are started here are ended here.
"""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from labkit.host import has_tool
from labkit.instruments import Unavailable
from labkit.instruments.perf import pinned

STARTS_WITHIN_S, ENDS_WITHIN_S, LOOK_S = 20.0, 20.0, 0.02
NGINX = "nginx"


@contextmanager
def serving(argv: Sequence[str], *, cpu: int | None = None) -> Iterator[int]:
    """The port of a server that prints it on its first line, and ends when its standard input does."""
    if not has_tool(argv[0]):
        raise Unavailable(f"{Path(argv[0]).name} is not installed; run make setup")
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(pinned(argv, cpu), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
                                                                text=True) as server:
        try:
            line = server.stdout.readline() if server.stdout else ""
            if not line.strip().isdigit():
                server.wait(ENDS_WITHIN_S)
                raise Unavailable(f"{Path(argv[0]).name} did not start: {_end_of(said)}")
            yield int(line)
        finally:
            _end(server)


@contextmanager
def nginx_serving(config: str, files: dict[str, str], *, cpu: int | None = None) -> Iterator[int]:
    """The port of an nginx of our own. config: with {port} and {folder}; files: what stands in that folder, by name."""
    program = nginx_program()
    folder, port = Path(tempfile.mkdtemp(prefix="clinic-")), free_port()
    try:
        for name, text in (files | {"nginx.conf": config.replace("{port}", str(port)).replace("{folder}", str(folder))}).items():
            (folder / name).write_text(text)
        argv = [program, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
        with tempfile.TemporaryFile("w+") as said, subprocess.Popen(pinned(argv, cpu), stdin=subprocess.DEVNULL, stdout=said, stderr=said) as server:
            try:
                _wait_for(port, server, said)
                yield port
            finally:
                server.send_signal(signal.SIGTERM)
                _end(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def nginx_program() -> str:
    """An ordinary user's PATH may lack the folder in which Debian has it."""
    for name in (NGINX, "/usr/sbin/nginx"):
        if has_tool(name):
            return name
    raise Unavailable("nginx is not installed; run scripts/setup.sh load")


def nginx_version() -> str:
    """nginx version: nginx/1.22.1, without the words before it; it prints this to its error output."""
    done = subprocess.run([nginx_program(), "-v"], capture_output=True, text=True)
    return (done.stderr or done.stdout).strip().rpartition(" ")[2]


def free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return chosen.getsockname()[1]


def _wait_for(port: int, server: subprocess.Popen, said) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        if server.poll() is not None:
            raise Unavailable(f"nginx did not start: {_end_of(said)}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(LOOK_S)
    raise Unavailable(f"nginx did not answer within {STARTS_WITHIN_S:.0f} s")


def _end_of(said) -> str:
    said.seek(0)
    return " ".join(said.read().split())[-300:] or "it printed nothing"


def _end(server: subprocess.Popen) -> None:
    if server.stdin:
        with suppress(OSError):
            server.stdin.close()
    try:
        server.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
