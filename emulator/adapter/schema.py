"""What AWS's resource schemas say of a type: its properties, what replaces it, what it answers to, which calls handle it.

CloudFormation itself works by these schemas; cfn-lint, which is pinned for the tests, brings them.
"""

import json
import re
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path

from moto.cloudformation.exceptions import ValidationError

FOLDER = Path(find_spec("cfnlint").submodule_search_locations[0], "data", "schemas")


class Schema:
    def __init__(self, text: dict) -> None:
        self.text = text
        self.properties: dict[str, dict] = text["properties"]
        self.required: list[str] = text.get("required", [])
        self.read_only = self.paths("readOnlyProperties")
        self.create_only = self.paths("createOnlyProperties") + self.paths("conditionalCreateOnlyProperties")
        # What Ref gives.
        self.identifier = self.paths("primaryIdentifier")[-1]
        self.tags: str = (text.get("tagging") or {}).get("tagProperty", "").removeprefix("/properties/")
        # With the name that CloudFormation makes up where a template gives none.
        self.name = next((name for name in self.create_only if name.endswith("Name") and name not in self.required), "")

    def paths(self, name: str) -> list[str]:
        return [path.removeprefix("/properties/") for path in self.text.get(name, ())]

    @cached_property
    def service(self) -> str:
        """The service of the type, as boto3 and IAM call it: application-signals for AWS::ApplicationSignals."""
        words = self.text["typeName"].split("::")[1].lower()
        actions = (action.split(":")[0] for action in self.actions("create") + self.actions("read"))
        return next((word for word in actions if word.replace("-", "") == words), words)

    def actions(self, handler: str) -> list[str]:
        part = self.text["tagging"] if handler == "tagging" else self.text.get("handlers", {}).get(handler, {})
        return part.get("permissions", [])

    def operation(self, handler: str, verbs: str) -> str:
        """Returns the first of a handler's calls to the type's own service that begins with one of the verbs, "" if there is none."""
        own = [action.partition(":")[2] for action in self.actions(handler) if action.startswith(f"{self.service}:")]
        return next((name for name in own if re.match(verbs, name)), "")

    def check(self, properties: dict) -> None:
        """Raises a ValidationError with every property that is not there, required and missing, or read-only."""
        wrong = [f"extraneous key [{name}] is not permitted" for name in properties if name not in self.properties]
        wrong += [f"required key [{name}] not found" for name in self.required if name not in properties]
        wrong += [f"[{name}] is read-only" for name in self.read_only if name in properties]
        if wrong:
            raise ValidationError(message=f"Properties validation failed: {', '.join(wrong)}")

    def replacing(self, new: dict, old: dict) -> list[str]:
        """Returns the create-only properties that differ, as paths."""
        return [path for path in self.create_only if at(path, new) != at(path, old)]


def at(path: str, value: object) -> object:
    for step in path.split("/"):
        value = value.get(step) if isinstance(value, dict) else None
    return value


@lru_cache
def schema(type_: str) -> Schema | None:
    """Returns the schema of a type, or None where AWS has none: custom resources, and what only the CDK knows."""
    types = json.loads((FOLDER / "providers" / "us-east-1.json").read_text())
    return Schema(json.loads((FOLDER / "resources" / f"{types[type_]}.json").read_text())) if type_ in types else None
