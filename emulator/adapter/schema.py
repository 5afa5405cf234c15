"""What AWS's resource schemas say of a type: its properties, what replaces it, what it answers to, which calls handle it.

CloudFormation itself works by these schemas; cfn-lint, which is pinned for the tests, brings them.
"""

import json
import re
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from jsonschema import Draft7Validator
from jsonschema import ValidationError as JSONSchemaError
from jsonschema.validators import extend
from moto.cloudformation.exceptions import ValidationError

FOLDER = Path(find_spec("cfnlint").submodule_search_locations[0], "data", "schemas")


def loosely(word: str) -> Callable:
    """As CloudFormation, which takes "60" for 60, 60 for "60" and "true" for true."""

    def check(_, value: object) -> bool:
        if word == "string":
            return isinstance(value, (str, bool, int, float))
        if word == "boolean":
            return isinstance(value, bool) or value in ("true", "false")
        return not isinstance(value, bool) and re.fullmatch(r"-?\d+(\.\d+)?([eE][-+]?\d+)?", str(value)) is not None

    return check


def permitted(validator, values, instance, schema):
    if str(instance) not in map(str, values):
        yield JSONSchemaError(f"{instance} is not one of {', '.join(map(str, values))}")


def unread(validator, limit, instance, schema):
    """Numbers may be texts here, and patterns are written for another dialect: the service's own API has the same limits."""
    return ()


def additional(validator, allowed, instance, schema):
    if "patternProperties" not in schema:
        yield from Draft7Validator.VALIDATORS["additionalProperties"](validator, allowed, instance, schema)


CHECKER = Draft7Validator.TYPE_CHECKER.redefine_many({word: loosely(word) for word in ("string", "boolean", "number", "integer")})
LIMITS = ("pattern", "format", "minimum", "maximum", "minLength", "maxLength", "multipleOf", "patternProperties")
Validator = extend(Draft7Validator, {word: unread for word in LIMITS} | {"enum": permitted, "additionalProperties": additional}, type_checker=CHECKER)


class Schema:
    def __init__(self, text: dict) -> None:
        self.text = text
        self.type: str = text["typeName"]
        self.properties: dict[str, dict] = text["properties"]
        self.read_only = self.paths("readOnlyProperties")
        self.create_only = self.paths("createOnlyProperties") + self.paths("conditionalCreateOnlyProperties")
        self.identifier: str = text["primaryIdentifier"][-1].removeprefix("/properties/")
        self.tags: str = (text.get("tagging") or {}).get("tagProperty", "").removeprefix("/properties/")

    def paths(self, name: str) -> list[str]:
        return [path.removeprefix("/properties/") for path in self.text.get(name, ())]

    @property
    def service(self) -> str:
        """The service of the type, as boto3 and IAM call it: application-signals for AWS::ApplicationSignals."""
        words = self.type.split("::")[1].lower()
        actions = (action.split(":")[0] for kind in ("create", "read") for action in self.actions(kind))
        return next((word for word in actions if word.replace("-", "") == words), words)

    def actions(self, handler: str) -> list[str]:
        return self.text.get("handlers", {}).get(handler, {}).get("permissions", [])

    def operation(self, handler: str, verbs: str) -> str:
        """Returns the first of a handler's calls to the type's own service that begins with one of the verbs, "" if there is none."""
        own = [action.partition(":")[2] for action in self.actions(handler) if action.startswith(f"{self.service}:")]
        return next((name for name in own if re.match(f"({verbs})(?!.*Tag)", name)), "")

    @property
    def name(self) -> str:
        """The property with the name that CloudFormation makes up where a template gives none; "" if the type has none."""
        return next((name for name in self.create_only if name.endswith("Name") and name not in self.text.get("required", ())), "")

    def longest_name(self) -> int:
        return self.properties[self.name].get("maxLength", 255)

    def check(self, properties: dict) -> None:
        """Raises a ValidationError with everything that is wrong with properties."""
        errors = [f"#/{'/'.join(map(str, error.path))}: {error.message}" for error in Validator(self.text).iter_errors(properties)]
        errors += [f"#/{name}: is read-only" for name in self.read_only if name in properties]
        if errors:
            raise ValidationError(message=f"Properties validation failed: {'; '.join(errors)}")

    def replaced_by(self, new: dict, old: dict) -> list[str]:
        """Returns the create-only properties that differ."""
        return [path for path in self.create_only if at(path, new) != at(path, old)]


def at(path: str, value: object) -> object:
    for step in path.split("/"):
        value = value.get(step) if isinstance(value, dict) else None
    return value


@lru_cache
def providers() -> dict[str, str]:
    return json.loads((FOLDER / "providers" / "us-east-1.json").read_text())


@lru_cache
def schema(type_: str) -> Schema | None:
    """Returns the schema of a type, or None where AWS has none: custom resources, and what only the CDK knows."""
    if type_ not in providers():
        return None
    return Schema(json.loads((FOLDER / "resources" / f"{providers()[type_]}.json").read_text()))
