"""Measures the emulator's CloudWatch: 1,000 datums with distributions stored, read and read back, and three Regions at once.

Usage: bench.py, which starts an emulator and stops it.
"""

import random
import threading
import time
from datetime import UTC, datetime, timedelta

import test_emulator
from test_emulator import REGION, aws, cbor, control

DATA = 1_000
VALUES = 45  # as many as fit into 1 MB


def datum(number: int, now: datetime) -> dict:
    values = [random.uniform(1, 1_000) for _ in range(VALUES)]
    return {"MetricName": f"m{number}", "Timestamp": now, "Unit": "Milliseconds", "Values": values, "Counts": [2.0] * VALUES}


def timed(what: str, work) -> None:
    began = time.perf_counter()
    work()
    print(f"{(time.perf_counter() - began) * 1_000:8.0f} ms  {what}")


def main() -> None:
    now = datetime.now(UTC)
    data = [datum(number, now) for number in range(DATA)]
    span = {"StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(hours=1)}
    metrics = [{"Namespace": "Bench", "MetricName": f"m{n}"} for n in range(500)]
    queries = [{"Id": f"q{n}", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "p95"}} for n, metric in enumerate(metrics)]

    def put(region: str = REGION) -> None:
        cbor("PutMetricData", compressed=True, region=region, Namespace="Bench", MetricData=data)

    def lanes() -> None:
        threads = [threading.Thread(target=put, args=(region,)) for region in ("eu-west-1", "eu-west-2", "eu-west-3")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    timed(f"PutMetricData of {DATA} datums with {VALUES} values each (CBOR, gzip)", put)
    timed("the same again", put)
    timed("the same in three Regions at once", lanes)
    timed("GetMetricData of 500 percentiles (boto3)", lambda: aws("cloudwatch").get_metric_data(MetricDataQueries=queries, **span))
    timed(f"everything read back, {5 * DATA} datums", lambda: control("metrics"))


if __name__ == "__main__":
    test_emulator.setUpModule()
    try:
        main()
    finally:
        test_emulator.tearDownModule()
