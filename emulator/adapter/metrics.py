"""CloudWatch's metrics: every sample that arrived, bounded, and the statistics over them."""

import math
import re
import threading
from array import array
from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass, field
from itertools import groupby, takewhile
from operator import attrgetter, mul

# What is kept at most: 16 bytes a value, so 128 MB of values; a sample costs as much as OVERHEAD of them. Beyond it the oldest arrivals go.
CAPACITY = 8_000_000
OVERHEAD = 32

STATISTICS = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")
PERCENTILE = re.compile(r"p(100|\d{1,2}(?:\.\d{1,10})?)")

TIME = attrgetter("time")


@dataclass(frozen=True)
class Metric:
    """A metric's identity in its Region."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, namespace: str, part: dict) -> "Metric":
        """Returns the metric of a datum or query; the order of its dimensions does not count."""
        dimensions = part.get("Dimensions") or ()
        return cls(namespace, part["MetricName"], tuple(sorted((each["Name"], each["Value"]) for each in dimensions)))

    def as_api(self) -> dict:
        pairs = [{"Name": name, "Value": value} for name, value in self.dimensions]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": pairs}


@dataclass(slots=True, eq=False)
class Sample:
    """One datum: values with how often each occurred, or, with neither, a statistic set."""

    metric: Metric
    time: float
    arrived: float
    unit: str
    values: array
    counts: array
    count: float
    total: float
    minimum: float
    maximum: float
    region: str = ""
    number: int = 0

    @classmethod
    def of(cls, metric: Metric, datum: dict, now: float) -> "Sample":
        """Returns the sample of a datum that has been checked; without a timestamp it is of now."""
        unit, time = datum.get("Unit") or "None", seconds(datum["Timestamp"]) if datum.get("Timestamp") else now
        summary = datum.get("StatisticValues")
        if summary:
            figures = [float(summary[name]) for name in ("SampleCount", "Sum", "Minimum", "Maximum")]
            return cls(metric, time, now, unit, array("d"), array("d"), *figures)
        values = array("d", datum["Values"] if datum.get("Values") else [datum["Value"]])
        counts = array("d", datum.get("Counts") or [1] * len(values))
        return cls(metric, time, now, unit, values, counts, sum(counts), sum(map(mul, values, counts)), min(values), max(values))

    def as_api(self) -> dict:
        """Returns the datum as PutMetricData takes it, with its Region and when it arrived."""
        told = {"Region": self.region, "Arrived": self.arrived} | self.metric.as_api() | {"Timestamp": self.time, "Unit": self.unit}
        if self.values:
            return told | {"Values": list(self.values), "Counts": list(self.counts)}
        summary = {"SampleCount": self.count, "Sum": self.total, "Minimum": self.minimum, "Maximum": self.maximum}
        return told | {"StatisticValues": summary}


def seconds(moment) -> float:
    """Returns a timestamp of either protocol in seconds since 1970."""
    return moment.timestamp() if hasattr(moment, "timestamp") else float(moment)


def is_statistic(name: str) -> bool:
    return name in STATISTICS or PERCENTILE.fullmatch(name) is not None


def statistic(name: str, samples: list[Sample]) -> float | None:
    """Returns a statistic over samples, or None where CloudWatch has none: a percentile of statistic sets or of negative values."""
    match name:
        case "SampleCount":
            return sum(each.count for each in samples)
        case "Sum":
            return sum(each.total for each in samples)
        case "Average":
            return sum(each.total for each in samples) / sum(each.count for each in samples)
        case "Minimum":
            return min(each.minimum for each in samples)
        case "Maximum":
            return max(each.maximum for each in samples)
    return percentile(float(name[1:]), samples)


def percentile(percent: float, samples: list[Sample]) -> float | None:
    """Returns the nearest rank: the smallest value that has at least percent of all values at or below it."""
    pairs: list[tuple[float, float]] = []
    for each in samples:
        # The one statistic set of which every value is known has them all alike.
        if each.minimum < 0 or not each.values and each.minimum != each.maximum:
            return None
        pairs += zip(each.values, each.counts) if each.values else [(each.minimum, each.count)]
    pairs.sort()
    rank = max(1, math.ceil(percent / 100 * sum(count for _, count in pairs) - 1e-9))
    passed = 0.0
    for value, count in pairs:
        passed += count
        if passed >= rank:
            return value
    return pairs[-1][0]


@dataclass
class Store:
    """All Regions' samples, in the order of their arrival and by metric."""

    capacity: int = CAPACITY
    held: int = 0
    dropped: int = 0
    arrivals: deque = field(default_factory=deque)
    series: dict[tuple[str, Metric], list[Sample]] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def put(self, region: str, samples: list[Sample]) -> None:
        with self.lock:
            for sample in samples:
                sample.region, sample.number = region, self.dropped + len(self.arrivals) + 1
                self.arrivals.append(sample)
                insort(self.series.setdefault((region, sample.metric), []), sample, key=TIME)
                self.held += OVERHEAD + len(sample.values)
            while self.held > self.capacity:
                self.forget(self.arrivals.popleft())

    def forget(self, sample: Sample) -> None:
        key = (sample.region, sample.metric)
        line = self.series[key]
        at = bisect_left(line, sample.time, key=TIME)
        del line[line.index(sample, at)]
        if not line:
            del self.series[key]
        self.held -= OVERHEAD + len(sample.values)
        self.dropped += 1

    def read(self, region: str, metric: Metric, unit: str | None, start: float, end: float, period: int) -> list[tuple[int, list[Sample]]]:
        """Returns the samples of each period from start to before end that has any, with the time at which it begins; oldest first."""
        start = start // period * period
        with self.lock:
            line = self.series.get((region, metric), [])
            inside = line[bisect_left(line, start, key=TIME) : bisect_left(line, end, key=TIME)]
        kept = (each for each in inside if unit in (None, each.unit))
        return [(int(begin), list(group)) for begin, group in groupby(kept, key=lambda each: each.time // period * period)]

    def metrics(self, region: str, since: float = -math.inf) -> list[Metric]:
        """Returns the metrics of a Region that have a sample since a time, by name."""
        with self.lock:
            found = [metric for (where, metric), line in self.series.items() if where == region and line[-1].time >= since]
        return sorted(found, key=lambda metric: (metric.namespace, metric.name, metric.dimensions))

    def arrived(self, after: int, limit: int, region: str | None) -> dict:
        """Returns what arrived after a number, oldest first, and the number to go on from; Dropped counts what went before it was read."""
        with self.lock:
            dropped = self.dropped
            newer = list(takewhile(lambda sample: sample.number > after, reversed(self.arrivals)))[::-1]
        page = newer[:limit]
        return {
            "MetricData": [each.as_api() for each in page if region in (None, each.region)],
            "Next": page[-1].number if page else after,
            "More": len(newer) > limit,
            "Dropped": max(0, dropped - after),
        }
