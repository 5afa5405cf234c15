"""What only an emulator can tell and be told, under /_emulator/: what it holds, what arrived, and what the world outside does."""

import json
import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from moto.sns.models import sns_backends

from . import chatbot, held
from .cloudwatch import API
from .datum import samples
from .resource import TYPES
from .sns import set_confirms
from .wire import Refusal, account

PATH = "/_emulator/"
PAGE = 10_000


def report(given: dict) -> dict:
    return held.report()


def types(given: dict) -> dict:
    """Tells the types that are held, and what reads each back."""
    return {name: kind.read_with() for name, kind in TYPES.items()}


def arrived(given: dict) -> dict:
    return API.store.arrived(int(given.get("after", 0)), PAGE, given.get("region"))


def publish(given: dict) -> dict:
    """Takes what an AWS service publishes by itself: PutMetricData with a Region, in namespaces that are closed to customers."""
    API.store.put(given["Region"], samples(given, time.time(), owned=False))
    return {}


def confirm(given: dict) -> dict:
    """Decides whether the endpoints that a regular expression matches confirm their subscriptions."""
    backends = list(sns_backends[account()].values())
    return {"Changed": set_confirms(backends, given["Endpoint"], bool(given["Confirms"]))}


def set_slack(given: dict) -> dict:
    chatbot.API.set_state(given["ConfigurationName"], given["State"], given.get("StateReason", ""))
    return {}


def authorize_slack(given: dict) -> dict:
    chatbot.API.authorize(given["SlackTeamId"])
    return {}


ROUTES: dict[tuple[str, str], Callable[[dict], dict]] = {
    ("GET", "held"): report,
    ("GET", "types"): types,
    ("GET", "metrics"): arrived,
    ("POST", "metrics"): publish,
    ("POST", "subscriptions"): confirm,
    ("POST", "slack"): set_slack,
    ("POST", "workspaces"): authorize_slack,
}


def answer(environ: dict, start_response: Callable) -> list[bytes]:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"].removeprefix(PATH)
    status, result = "200 OK", {}
    try:
        if (method, path) not in ROUTES:
            known = ", ".join(f"{verb} {PATH}{name}" for verb, name in ROUTES)
            raise Refusal("", f"the emulator has no {method} {PATH}{path}; it has {known}", 404)
        given = {key: text[-1] for key, text in parse_qs(environ.get("QUERY_STRING", "")).items()}
        if method == "POST":
            given = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        result = ROUTES[method, path](given)
    except Refusal as refusal:
        status, result = f"{refusal.status} Refused", {"message": refusal.message}
    except (ValueError, KeyError, TypeError, AttributeError, re.error) as error:
        status, result = "400 Refused", {"message": f"the request cannot be read: {type(error).__name__} {error}"}
    body = json.dumps(result, indent=2 if path == "held" else None).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
