"""The directory of a running emulator: who has it, and how it is stopped. Needs no installed package.

state.py running DIRECTORY               succeeds if an emulator runs there and answers
state.py stop DIRECTORY                  stops it, and removes what is left of it
state.py hold DIRECTORY COMMAND...       runs a command that nobody else may run there at the same time
"""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

# Under load a process may need its time; one that does not end by itself is ended.
PATIENCE = 20
# What `make up` writes beside the emulator's own files.
WRITTEN = ("deploying", "emulator.log", "deploy.log", "*.md", "cdk", "cdk.out")
# How often a lock is asked for, 50 ms apart.
TRIES = 10
# Of the lock in a command that is run by hold. What outlives the command must close it.
LOCK_FD = 9


class Taken(Exception):
    """Somebody else has the lock; holder is their process, 0 if it cannot be told."""

    def __init__(self, holder: int) -> None:
        super().__init__(f"process {holder}")
        self.holder = holder


class Lock:
    """A file that the kernel frees when its holder ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fd = -1

    def take(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(TRIES):
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # The one who had it may have removed the file in the meantime.
                with contextlib.suppress(FileNotFoundError):
                    if os.stat(self.path).st_ino == os.fstat(fd).st_ino:
                        os.ftruncate(fd, 0)
                        os.write(fd, str(os.getpid()).encode())
                        self.fd = fd
                        return
            except BlockingIOError:
                time.sleep(0.05)  # it may be holder, which only looks
            os.close(fd)
        raise Taken(self.written())

    def written(self) -> int:
        try:
            return int(self.path.read_text())
        except (OSError, ValueError):
            return 0

    def holder(self) -> int:
        """Returns the process that has the lock, or 0."""
        with contextlib.suppress(FileNotFoundError), open(self.path) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return self.written()
        return 0


class State:
    """The directory: the lock of the emulator, its port and process once it answers, and the lock of who deploys to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.emulator = Lock(directory / "lock")
        self.deployment = Lock(directory / "deploying")
        self.files = {"port": directory / "port", "pid": directory / "pid"}

    def announce(self, port: int) -> None:
        """Writes port and process, each whole or not at all."""
        for name, value in {"pid": os.getpid(), "port": port}.items():
            unfinished = self.files[name].with_suffix(".new")
            unfinished.write_text(str(value))
            unfinished.replace(self.files[name])

    def withdraw(self) -> None:
        for path in self.files.values():
            path.unlink(missing_ok=True)
        self.emulator.path.unlink(missing_ok=True)

    def running(self) -> int:
        """Returns the process of an emulator that answers, or 0."""
        process = self.emulator.holder()
        if process:
            with contextlib.suppress(OSError, ValueError):
                socket.create_connection(("localhost", int(self.files["port"].read_text())), timeout=5).close()
                return process
        return 0

    def stop(self) -> str:
        """Ends the emulator, which holds its lock, and returns how it went."""
        process = self.emulator.holder()
        told = "stopped" if process else "the emulator does not run"
        if process:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
            if not self.free(PATIENCE):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                self.free(PATIENCE)
                told = f"process {process} did not stop in {PATIENCE} s, and was killed"
        if not self.emulator.holder():
            self.withdraw()
        if not self.deployment.holder():
            self.clean()
        return told

    def free(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.emulator.holder():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def clean(self) -> None:
        for pattern in WRITTEN:
            for path in self.directory.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        with contextlib.suppress(OSError):
            self.directory.rmdir()  # unless somebody else put something there


def hold(state: State, command: list[str]) -> None:
    try:
        state.deployment.take()
    except Taken as taken:
        sys.exit(f"another make up (process {taken.holder}) deploys to this emulator: wait for it, or take another EMULATOR_STATE")
    os.dup2(state.deployment.fd, LOCK_FD)
    os.execvp(command[0], command)


def main(arguments: list[str]) -> None:
    match arguments:
        case ["running", directory]:
            sys.exit(0 if State(Path(directory)).running() else 1)
        case ["stop", directory]:
            print(State(Path(directory)).stop())
        case ["hold", directory, *command] if command:
            hold(State(Path(directory)), command)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
