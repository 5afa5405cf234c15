"""A local emulator of the AWS services this project deploys to: moto's server and the adapter beside it."""

import argparse
import logging
import os
import re
import signal
import sys
import threading
import time
import urllib.request
from pathlib import Path

from state import State, Taken

log = logging.getLogger("emulator")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument("--account", default="111122223333", help="the emulated account number")
    parser.add_argument("--state", type=Path, required=True, help="directory for the files port and pid")
    parser.add_argument("--idle-minutes", type=float, default=30, help="stop after so long without a request")
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started it ends")
    parser.add_argument("--contract", type=Path, help="refuse metrics that are not in this contract")
    options = parser.parse_args()
    if not re.fullmatch(r"\d{12}", options.account):
        parser.error("--account takes 12 digits")
    return options


class Application:
    """The WSGI application: the emulator's own paths, our services, moto's for the rest, and the time of the last request."""

    def __init__(self, contract: Path | None) -> None:
        from adapter import application

        self.answer = application(contract)
        self.last_request = time.monotonic()

    def __call__(self, environ, start_response):
        self.last_request = time.monotonic()
        return self.answer(environ, start_response)


def wait(application: Application, options: argparse.Namespace, parent: int) -> str:
    """Waits for a reason to stop and returns it."""
    while True:
        number = signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, 1)
        if number:
            return signal.Signals(number.si_signo).name
        if options.with_parent and os.getppid() != parent:
            return "the process that started it has ended"
        if time.monotonic() - application.last_request > options.idle_minutes * 60:
            return f"no request for {options.idle_minutes:g} minutes"


def main() -> None:
    options, parent = arguments(), os.getppid()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # A line for each request would be most of what the log has; a failure of one is logged with its reason.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    state = State(options.state)
    try:
        state.emulator.take()
    except Taken as taken:
        sys.exit(f"an emulator runs in {options.state} already: process {taken.holder}")
    # Waited for, not handled: a handler would have to wait for its turn among the threads that answer requests. A shell that starts
    # this in the background has SIGINT ignored, which would lose it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    # moto reads these while it is imported, which is why the imports are below.
    os.environ["MOTO_ACCOUNT_ID"] = options.account
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    try:
        application = Application(options.contract)
    except ValueError as error:
        state.withdraw()
        sys.exit(str(error))
    server = make_server("127.0.0.1", options.port, application, threaded=True, request_handler=MotoRequestHandler)
    # The resources of a stack call the emulator back on this port.
    os.environ["MOTO_PORT"] = str(server.port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    direct.open(f"http://127.0.0.1:{server.port}/_emulator/held").close()
    state.announce(server.port)
    log.info("account %s at http://localhost:%s", options.account, server.port)
    log.info("stopped: %s", wait(application, options, parent))
    state.withdraw()
    # At once: nothing is kept, so that no thread has anything to finish, and to wait for them takes long on a loaded machine.
    os._exit(0)


if __name__ == "__main__":
    main()
