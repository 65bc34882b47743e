"""A worker that answers with its process id, or never."""

import os
import time

from tf2torch.verify.process import serve
from tf2torch.verify.wire import Arrays, Message


def pid(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    return {"pid": os.getpid()}, {}


def sleep(message: Message, arrays: Arrays) -> tuple[Message, Arrays]:
    time.sleep(3600)
    return {}, {}


if __name__ == "__main__":
    serve({"pid": pid, "sleep": sleep})
