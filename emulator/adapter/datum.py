"""What PutMetricData refuses. Source: its API reference and CloudWatch's quotas; the wording of the errors is AWS's where it is known."""

import math
import re
from collections.abc import Callable, Iterable

from .metrics import Metric, Sample, seconds
from .wire import Refusal, model

DATA_PER_CALL = 1_000
VALUES_PER_DATUM = 150
DIMENSIONS = 30
LARGEST = 2.0**360
PAST, FUTURE = 14 * 86_400, 2 * 3_600

UNITS = frozenset(model().shape_for("StandardUnit").enum)
VISIBLE = re.compile(r"[ -~]*[!-~][ -~]*")


def samples(params: dict, now: float, *, owned: bool = True, check: Callable[[Metric, str], None] | None = None) -> list[Sample]:
    """Returns the samples of a call, or raises the Refusal of the first datum that CloudWatch would not take: it takes all or none.

    owned: the caller is a customer, for whom AWS's own namespaces are closed. check: a further test of a metric and its unit.
    """
    namespace = params.get("Namespace") or ""
    text("Namespace", namespace, 255)
    if namespace.startswith(":") or owned and namespace.startswith("AWS/"):
        refuse(f"The value {namespace} for parameter Namespace is invalid.")
    data = list(params.get("MetricData") or ())
    data += [each for group in params.get("EntityMetricData") or () for each in group.get("MetricData") or ()]
    if not data:
        raise Refusal("MissingRequiredParameterException", "The parameter MetricData is required.")
    if len(data) > DATA_PER_CALL:
        refuse(f"The collection MetricData must not have a size greater than {DATA_PER_CALL}, not {len(data)}.")
    found = []
    for number, datum in enumerate(data, 1):
        try:
            inspect(f"MetricData.member.{number}", datum, now)
        except (TypeError, AttributeError, ValueError) as error:
            raise Refusal("SerializationException", f"MetricData.member.{number} cannot be read: {error}") from error
        metric = Metric.of(namespace, datum)
        if check:
            check(metric, datum.get("Unit") or "None")
        found.append(Sample.of(metric, datum, now))
    return found


def refuse(message: str) -> None:
    raise Refusal("InvalidParameterValueException", message)


def text(where: str, value: str, longest: int) -> None:
    if not value:
        raise Refusal("MissingRequiredParameterException", f"The parameter {where} is required.")
    if not isinstance(value, str) or len(value) > longest or not VISIBLE.fullmatch(value):
        refuse(f"The value {value} for parameter {where} is invalid: expected 1 to {longest} ASCII characters, not only blanks.")


def inspect(where: str, datum: dict, now: float) -> None:
    text(f"{where}.MetricName", datum.get("MetricName") or "", 255)
    dimensions = datum.get("Dimensions") or ()
    if len(dimensions) > DIMENSIONS:
        refuse(f"The collection {where}.Dimensions must not have a size greater than {DIMENSIONS}, not {len(dimensions)}.")
    for number, pair in enumerate(dimensions, 1):
        for part, longest in (("Name", 255), ("Value", 1024)):
            text(f"{where}.Dimensions.member.{number}.{part}", pair.get(part) or "", longest)
        if pair["Name"].startswith(":"):
            refuse(f"The value {pair['Name']} for parameter {where}.Dimensions.member.{number}.Name is invalid.")
    if len({pair["Name"] for pair in dimensions}) < len(dimensions):
        refuse(f"The parameter {where}.Dimensions must not name a dimension twice.")
    unit, resolution = datum.get("Unit"), datum.get("StorageResolution")
    if unit is not None and unit not in UNITS:
        refuse(f"The value {unit} for parameter {where}.Unit is invalid. Allowed: {', '.join(sorted(UNITS))}.")
    if resolution not in (None, 1, 60):
        refuse(f"The value {resolution} for parameter {where}.StorageResolution is invalid. Allowed: 1, 60.")
    if datum.get("Timestamp") is not None:
        age = now - seconds(datum["Timestamp"])
        if age > PAST:
            refuse(f"The parameter {where}.Timestamp must specify a time no more than two weeks in the past.")
        if age < -FUTURE:
            refuse(f"The parameter {where}.Timestamp must specify a time no more than two hours in the future.")
    measure(where, datum)


def measure(where: str, datum: dict) -> None:
    """A datum has a value, or values with their counts, or a statistic set."""
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) not in (None, [])]
    if not given:
        raise Refusal("MissingRequiredParameterException", f"At least one of Value, Values and StatisticValues of {where} is required.")
    if len(given) > 1:
        message = f"The parameters {where}.{given[0]} and {where}.{given[1]} are mutually exclusive and you have specified both."
        raise Refusal("InvalidParameterCombinationException", message)
    if "StatisticValues" in given:
        summary = datum["StatisticValues"]
        numbers(f"{where}.StatisticValues", [summary.get(name, math.nan) for name in ("SampleCount", "Sum", "Minimum", "Maximum")])
        if summary["SampleCount"] <= 0 or summary["Minimum"] > summary["Maximum"]:
            refuse(f"The value of {where}.StatisticValues is invalid: SampleCount must be positive, Minimum no more than Maximum.")
        return
    values, counts = datum.get("Values") or [datum.get("Value")], datum.get("Counts")
    if len(values) > VALUES_PER_DATUM:
        refuse(f"The collection {where}.Values must not have a size greater than {VALUES_PER_DATUM}, not {len(values)}.")
    numbers(where, values)
    if counts:
        if "Values" not in given or len(counts) != len(values):
            refuse(f"The parameters {where}.Values and {where}.Counts must have the same length, not {len(values)} and {len(counts)}.")
        numbers(f"{where}.Counts", counts)
        if min(counts) <= 0:
            refuse(f"The value {min(counts)} for parameter {where}.Counts is invalid: expected a positive number.")


def numbers(where: str, values: Iterable) -> None:
    for value in values:
        if not isinstance(value, (int, float)) or not -LARGEST <= value <= LARGEST:
            refuse(f"The value {value} for parameter {where} is invalid: expected a number from -2^360 to 2^360.")
