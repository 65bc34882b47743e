"""A worker that tries what a sandboxed process may not."""

import ctypes
import os
import signal
import socket
import sys
import time
from pathlib import Path

from tf2torch.verify.process import serve
from tf2torch.verify.wire import Arrays, Message

CAP_SYS_ADMIN_WORK = 0x00020000  # unshare(CLONE_NEWNS)
found: list[str] = []


def warm_up() -> None:
    found.clear()


def status(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    """All that should not depend on how the process was started."""
    import resource

    lines = Path("/proc/self/status").read_text().splitlines()
    words = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    names = "Uid Gid Groups NoNewPrivs Seccomp SigBlk SigIgn Umask".split()
    names += [f"Cap{which}" for which in ("Inh", "Prm", "Eff", "Bnd", "Amb")]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    limits = {n: getattr(resource, n) for n in dir(resource) if n[:7] == "RLIMIT_"}
    environment = {k: v for k, v in os.environ.items() if k != "LC_CTYPE"}
    return {
        "status": {name: words[name] for name in names},
        "mounts": [line.split()[3:6] for line in mounts],
        "files": {path: sorted(os.listdir(path)) for path in ("/", "/tmp", "/dev")},
        "descriptors": _descriptors(),
        "environment": environment,
        "limits": {n: list(resource.getrlimit(v)) for n, v in limits.items()},
        "folder": os.getcwd(),
        "host": os.uname().nodename,
        "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
    }, {}


def _descriptors() -> list[str]:
    """The kinds of what is open."""
    kinds = []
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue  # that of this listing
        kinds.append(target.split(":")[0].split("#")[0])  # no numbers
    return sorted(kinds)


def namespaces(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    place = "/proc/self/ns"
    return {name: os.readlink(f"{place}/{name}") for name in os.listdir(place)}, {}


def read(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    return _tried(lambda: Path(message["path"]).read_text())


def write(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    return _tried(lambda: Path(message["path"]).write_text("changed"))


def write_library(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    return _tried(lambda: Path(os.__file__).with_name("left_behind").write_text(""))


def scratch(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    return _tried(lambda: Path("/tmp/large").write_bytes(bytes(2 << 20)))


def connect(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    return _tried(lambda: socket.create_connection(("1.1.1.1", 53), 2).close())


def capable(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    """Whether what only a capability allows is refused."""
    libc = ctypes.CDLL(None, use_errno=True)
    refused = libc.unshare(CAP_SYS_ADMIN_WORK) < 0
    return {"stopped": os.strerror(ctypes.get_errno()) if refused else ""}, {}


def see_others(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    """Whether no process is seen but those of this sandbox."""
    seen = [int(name) for name in os.listdir("/proc") if name.isdecimal()]
    return {"stopped": "" if len(seen) > 4 or max(seen) > 99 else str(seen)}, {}


def signal_(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    return _tried(lambda: os.kill(message["pid"], 0))


def mark(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    """Leave something everywhere; what there was."""
    place = Path("/tmp/mark")
    there = [*found, *(["/tmp"] if place.exists() else [])]
    there += ["module"] if "marked" in sys.modules else []
    found.append("memory")
    place.touch()
    sys.modules["marked"] = sys
    return {"found": there}, {}


def hang(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    while True:
        time.sleep(1)


def grow(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    held = []
    while True:
        held.append(os.urandom(64 << 20))


def multiply(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    for _ in range(20):
        if not os.fork():
            break
    return hang(message, arrays)


def daemons(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    """Processes that leave their parent, session and signals behind."""
    for _ in range(3):
        if not os.fork():
            os.setsid()
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            if os.fork():
                os._exit(0)
            hang(message, arrays)
    return hang(message, arrays)


def crash(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    os.abort()


def leave(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    if not os.fork():
        hang(message, arrays)
    os._exit(0)


def kill_all(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    os.kill(-1, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
    return {}, {}


def _tried(action: object) -> tuple[Message, Arrays]:
    try:
        action()  # type: ignore[operator] # any callable
    except OSError as error:
        return {"stopped": str(error.errno)}, {}
    return {"stopped": ""}, {}


def main() -> None:
    handlers = {
        name: handler
        for name, handler in globals().items()
        if callable(handler) and getattr(handler, "__module__", "") == __name__
    }
    handlers["signal"] = signal_
    serve(handlers)


if __name__ == "__main__":
    main()
