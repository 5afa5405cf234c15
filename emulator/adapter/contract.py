"""The contract with the application, metrics/contract.json: what it publishes, with names, units and dimension sets."""

import json
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from .metrics import Metric
from .wire import Refusal


@dataclass
class Contract:
    """The metrics by namespace and name, and the values that some dimensions are limited to."""

    metrics: dict[tuple[str, str], dict]
    values: dict[str, list[str]]

    @classmethod
    def read(cls, path: Path) -> "Contract":
        """Returns the contract of a file; raises ValueError, with what is wrong, for one that is not."""
        try:
            whole = json.loads(path.read_text())
            metrics = {(each["namespace"], each["name"]): each for each in whole["metrics"]}
            for each in metrics.values():
                _ = each["unit"], each["source"], [part["dimensions"] for part in each["dimensionSets"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is no contract: {type(error).__name__} {error}") from error
        return cls(metrics, whole.get("dimensionValues", {}))

    def check(self, metric: Metric, unit: str) -> None:
        """Raises a Refusal for what the application must not publish."""
        found = self.metrics.get((metric.namespace, metric.name))
        if found is None:
            self.unknown(metric)
        if found["source"] != "app":
            refuse(metric, f"the application does not publish it; its source is {found['source']}")
        if unit != found["unit"]:
            refuse(metric, f"its unit is {found['unit']}, not {unit}")
        names = sorted(name for name, _ in metric.dimensions)
        allowed = [part["dimensions"] for part in found["dimensionSets"]]
        if names not in map(sorted, allowed):
            refuse(metric, f"it has no dimension set {named(names)}; allowed: {' or '.join(map(named, allowed))}")
        for name, value in metric.dimensions:
            if value not in self.values.get(name, [value]):
                refuse(metric, f"{name} is one of {', '.join(self.values[name])}, not {value}")

    def unknown(self, metric: Metric) -> None:
        namespaces = {namespace for namespace, _ in self.metrics}
        if metric.namespace not in namespaces:
            refuse(metric, f"no metric of the contract is in this namespace{nearest(metric.namespace, namespaces)}")
        names = {name for namespace, name in self.metrics if namespace == metric.namespace}
        refuse(metric, f"it is not in the contract{nearest(metric.name, names)}")


def refuse(metric: Metric, reason: str) -> None:
    raise Refusal("InvalidParameterValueException", f"Metric {metric.name} of namespace {metric.namespace}: {reason}.")


def named(dimensions: list[str]) -> str:
    return "{" + ", ".join(dimensions) + "}"


def nearest(word: str, words: set[str]) -> str:
    match = get_close_matches(word, sorted(words), n=1)
    return f"; did you mean {match[0]}?" if match else ""
