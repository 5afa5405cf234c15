"""A local emulator of the AWS services this project deploys to: moto's server and the adapter beside it."""

import argparse
import json
import logging
import os
import re
import signal
import sys
import threading
import time
import urllib.request
from pathlib import Path

HELD_PATH = "/_emulator/held"

log = logging.getLogger("emulator")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    parser.add_argument("--account", default="111122223333", help="the emulated account number")
    parser.add_argument("--state", type=Path, required=True, help="directory for the files port and pid")
    parser.add_argument("--idle-minutes", type=float, default=30, help="stop after so long without a request")
    options = parser.parse_args()
    if not re.fullmatch(r"\d{12}", options.account):
        parser.error("--account takes 12 digits")
    return options


class Application:
    """The WSGI application: moto's, the report of what is held, and the time of the last request."""

    def __init__(self, account: str) -> None:
        from adapter import cbor, held, install, services

        install()
        self.account = account
        self.held = held
        self.cbor = cbor
        self.aws = services.dispatcher()
        self.last_request = time.monotonic()

    def __call__(self, environ, start_response):
        self.last_request = time.monotonic()
        if environ["PATH_INFO"] == HELD_PATH:
            body = json.dumps(self.held.report(self.account), indent=2).encode()
            start_response("200 OK", [("Content-Type", "application/json")])
            return [body]
        if self.cbor.speaks_cbor(environ):
            return self.cbor.answer(self.aws, environ, start_response)
        return self.aws(environ, start_response)


def main() -> None:
    options = arguments()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # moto reads these while it is imported, which is why the imports are below.
    os.environ["MOTO_ACCOUNT_ID"] = options.account
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

    from moto.moto_server.werkzeug_app import MotoRequestHandler
    from werkzeug.serving import make_server

    application = Application(options.account)
    server = make_server("127.0.0.1", options.port, application, threaded=True, request_handler=MotoRequestHandler)
    # The resources of a stack call the emulator back on this port.
    os.environ["MOTO_PORT"] = str(server.port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    direct.open(f"http://127.0.0.1:{server.port}{HELD_PATH}").close()

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    files = {"port": str(server.port), "pid": str(os.getpid())}
    options.state.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        unfinished = options.state / f"{name}.new"
        unfinished.write_text(text)
        unfinished.replace(options.state / name)
    log.info("account %s at http://localhost:%s", options.account, server.port)

    idle = options.idle_minutes * 60
    while not stop.wait(timeout=1):
        if time.monotonic() - application.last_request > idle:
            log.info("no request for %g minutes", options.idle_minutes)
            break
    server.shutdown()
    for name, text in files.items():
        path = options.state / name
        # Another emulator may have taken the directory over.
        if path.exists() and path.read_text() == text:
            path.unlink()
    log.info("stopped")


if __name__ == "__main__":
    main()
