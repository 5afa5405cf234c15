"""Dynamic references, {{resolve:...}}: values CloudFormation fetches while it deploys."""

import json
import re

from botocore.exceptions import ClientError
from moto.cloudformation.exceptions import ValidationError

from .resource import client, explain

REFERENCE = re.compile(r"\{\{resolve:([a-z-]+):([^{}]+)\}\}")


def resolve(value, region: str):
    """Replaces every dynamic reference in a template's value, and drops AWS::NoValue from lists."""
    if isinstance(value, dict):
        return {name: resolve(inner, region) for name, inner in value.items()}
    if isinstance(value, list):
        return [resolve(inner, region) for inner in value if inner is not None]
    if isinstance(value, str):
        return REFERENCE.sub(lambda match: fetch(match, region), value)
    return value


def fetch(match: re.Match, region: str) -> str:
    service, path = match.groups()
    try:
        if service == "secretsmanager":
            return secret(path, region)
        if service in ("ssm", "ssm-secure"):
            # NAME or NAME:VERSION, which is what GetParameter takes too.
            return client("ssm", region).get_parameter(Name=path, WithDecryption=True)["Parameter"]["Value"]
    except (ClientError, LookupError) as error:
        raise ValidationError(message=f"Cannot resolve {match.group()}: {explain(error)}") from error
    raise ValidationError(message=f"Cannot resolve {match.group()}: unknown service {service}")


def secret(path: str, region: str) -> str:
    """SECRET:SecretString:KEY:STAGE:VERSION, all but SECRET optional; SECRET may be an ARN."""
    parts = path.split(":")
    length = 7 if path.startswith("arn:") else 1
    name = ":".join(parts[:length])
    kind, key, stage, version = (parts[length:] + [""] * 4)[:4]
    if kind not in ("", "SecretString"):
        raise LookupError(f"{kind} is not SecretString")
    wanted = {"SecretId": name, "VersionStage": stage, "VersionId": version}
    answer = client("secretsmanager", region).get_secret_value(**{param: text for param, text in wanted.items() if text})
    text = answer["SecretString"]
    if not key:
        return text
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict) or key not in values:
        raise LookupError(f"the secret {name} has no key {key} (its value must be a JSON object with that key)")
    return str(values[key])
