"""``python -m tf2torch.verify.zygote``: forks workers that start at once.

It imports what ``MODULE`` needs and runs nothing: no op, no session, no thread of
TensorFlow or torch exists before a fork. For each request it forks a process that
enters the namespaces which bubblewrap has made for that one check, gives up every
capability, keeps no descriptor but its three pipes, and only then reads what it is to
do. So a check has the sandbox that it has after a cold start, and what it leaves there
goes with it. The zygote stands outside of all sandboxes, where none of its children
sees it: it reads no file of any model, and has no secret, as its environment is theirs.

What differs from a cold start: all children of a zygote have the same address layout.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

# From <sched.h>, <linux/prctl.h>, <linux/capability.h>.
NAMESPACES = (
    0x00020000  # mount
    | 0x02000000  # cgroup
    | 0x04000000  # UTS
    | 0x08000000  # IPC
    | 0x10000000  # user
    | 0x20000000  # process
    | 0x40000000  # network
)
(
    PR_SET_PDEATHSIG,
    PR_SET_DUMPABLE,
    PR_CAPBSET_DROP,
    PR_SET_NO_NEW_PRIVS,
    PR_CAP_AMBIENT,
) = 1, 4, 24, 38, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAPABILITY_VERSION, CAPABILITIES = 0x20080522, 64
READY = b"+"
MESSAGE_BYTES = 1 << 12
DESCRIPTORS = 4  # of a request: namespaces, stdin, stdout, stderr
LIBC = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    parent, name, descriptor = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    die_with(parent)
    module = importlib.import_module(name)
    module.warm_up()
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=descriptor) as channel:
        while True:
            asked = socket.recv_fds(channel, MESSAGE_BYTES, DESCRIPTORS)
            if not asked[0]:
                return  # nobody is left who could ask
            fork(asked[0], asked[1], module.main)


def die_with(parent: int) -> None:
    """Killed as soon as the parent is gone, however it went."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def fork(request: bytes, descriptors: list[int], serve: Callable[[], None]) -> None:
    """A worker in the sandbox of ``descriptors[0]``, a child of that sandbox's own
    first process. Where that fails the pipes are closed, which the other end sees."""
    between = os.fork()
    if not between:
        _between(request, descriptors, serve)
    os.waitpid(between, 0)
    for descriptor in descriptors:
        os.close(descriptor)


def _between(request: bytes, descriptors: list[int], serve: Callable[[], None]) -> None:
    """A process enters a process namespace by its children; an orphan in there goes
    to the namespace's first process when its parent was in there too."""
    status = 1
    try:
        namespaces, *pipes = descriptors
        _check(LIBC.setns(namespaces, NAMESPACES))
        parent = os.fork()
        if parent:
            os.waitpid(parent, 0)
        elif os.fork() == 0:
            _enclose(pipes)
            sys.argv[1:] = [str(json.loads(request)["memory"])]
            os.write(1, READY)
            serve()
        status = 0
    finally:
        os._exit(status)


def _enclose(pipes: list[int]) -> None:
    while os.getppid() != 1:  # the sandbox's first process
        time.sleep(0.001)
    os.setsid()
    os.chdir("/tmp")
    os.environ["PWD"] = "/tmp"
    for target, pipe in enumerate(pipes):
        os.dup2(pipe, target)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    _drop_capabilities()
    import numpy

    numpy.random.seed()  # not the zygote's state; Python does so for its own


def _drop_capabilities() -> None:
    _check(LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
    for capability in range(CAPABILITIES):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # EINVAL beyond the last
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    _check(LIBC.capset(header, (ctypes.c_uint32 * 6)()))
    _check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _check(LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0))  # as after an exec


def _check(result: int) -> None:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


if __name__ == "__main__":
    main()
