"""CloudWatch Logs: log groups, metric filters with the metrics they make, saved queries (query definitions)."""

import time
import uuid
from collections import defaultdict

from moto.logs import models
from moto.logs.exceptions import InvalidParameterException
from moto.logs.models import LogGroup as MotoLogGroup
from moto.logs.models import LogsBackend, logs_backends

from .cloudwatch import API
from .metrics import Metric, Sample
from .patterns import Pattern, pattern, select
from .resource import Resource, extends
from .wire import OWN, Refusal, Shelf, account, paged

PUT_LOG_EVENTS = MotoLogGroup.put_log_events
DELETE_LOG_GROUP = LogsBackend.delete_log_group

FILTERS_PER_GROUP = 100
DIMENSIONS = 3


def milliseconds() -> int:
    return int(time.time() * 1000)


class Logs:
    """What moto lacks, or keeps only in part."""

    def __init__(self) -> None:
        # Region -> log group -> name -> filter
        self.filters: dict[str, dict[str, dict[str, dict]]] = defaultdict(lambda: defaultdict(dict))
        self.queries: dict[str, Shelf] = defaultdict(lambda: Shelf("Query definition"))

    def group(self, region: str, name: str):
        groups = logs_backends[account()][region].groups
        if name not in groups:
            raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
        return groups[name]

    def put_metric_filter(self, region: str, params: dict) -> None:
        self.group(region, params["logGroupName"])
        filters = self.filters[region][params["logGroupName"]]
        for each in params["metricTransformations"]:
            if len(each.get("dimensions", {})) > DIMENSIONS:
                raise Refusal("InvalidParameterException", f"A metric filter takes at most {DIMENSIONS} dimensions")
            if "dimensions" in each and "defaultValue" in each:
                raise Refusal("InvalidParameterException", "dimensions and defaultValue are mutually exclusive")
        parsed(params["filterPattern"])
        if len(filters) >= FILTERS_PER_GROUP and params["filterName"] not in filters:
            raise Refusal("LimitExceededException", f"A log group takes at most {FILTERS_PER_GROUP} metric filters")
        filters[params["filterName"]] = params | {"creationTime": milliseconds()}

    def describe_metric_filters(self, region: str, params: dict) -> dict:
        group, prefix = params.get("logGroupName"), params.get("filterNamePrefix", "")
        wanted = {key: params[key] for key in ("metricName", "metricNamespace") if key in params}
        found = [
            each
            for name, filters in list(self.filters[region].items())
            for each in list(filters.values())
            if group in (None, name)
            and each["filterName"].startswith(prefix)
            and any(wanted.items() <= made.items() for made in each["metricTransformations"])
        ]
        page, token = paged(found, params.get("nextToken"), params.get("limit", 50), "nextToken")
        return {"metricFilters": page} | token

    def delete_metric_filter(self, region: str, params: dict) -> None:
        self.group(region, params["logGroupName"])
        if self.filters[region][params["logGroupName"]].pop(params["filterName"], None) is None:
            raise Refusal("ResourceNotFoundException", "The specified metric filter does not exist.")

    def test_metric_filter(self, region: str, params: dict) -> dict:
        tested, found = parsed(params["filterPattern"]), []
        for number, message in enumerate(params["logEventMessages"], 1):
            event = tested.matches(message)
            if event is not None:
                values = {name: str(select(event, name)) for name in tested.names}
                found.append({"eventNumber": number, "eventMessage": message, "extractedValues": values})
        return {"matches": found}

    def publish(self, region: str, group: str, events: list[dict]) -> None:
        """Publishes what the group's metric filters make of events, which is nothing where none matches and there is no default."""
        now = time.time()
        for each in list(self.filters[region][group].values()):
            test = parsed(each["filterPattern"])
            matched = [(event["timestamp"] / 1000, test.matches(event["message"])) for event in events]
            for made in each["metricTransformations"]:
                API.store.put(region, transformed(made, matched, now))

    def associate_kms_key(self, region: str, params: dict) -> None:
        self.group(region, params["logGroupName"]).kms_key_id = params["kmsKeyId"]

    def disassociate_kms_key(self, region: str, params: dict) -> None:
        self.group(region, params["logGroupName"]).kms_key_id = None

    def put_query_definition(self, region: str, params: dict) -> dict:
        id_ = params.setdefault("queryDefinitionId", str(uuid.uuid4()))
        params.pop("clientToken", None)
        self.queries[region][id_] = {"queryLanguage": "CWLI", "lastModified": milliseconds()} | params
        return {"queryDefinitionId": id_}

    def describe_query_definitions(self, region: str, params: dict) -> dict:
        prefix, language = params.get("queryDefinitionNamePrefix", ""), params.get("queryLanguage")
        found = [
            each
            for each in list(self.queries[region].values())
            if each["name"].startswith(prefix) and language in (None, each["queryLanguage"])
        ]
        page, token = paged(found, params.get("nextToken"), params.get("maxResults", 1000), "nextToken")
        return {"queryDefinitions": page} | token

    def delete_query_definition(self, region: str, params: dict) -> dict:
        self.queries[region].find(params["queryDefinitionId"])
        del self.queries[region][params["queryDefinitionId"]]
        return {"success": True}


def parsed(text: str) -> Pattern:
    try:
        return pattern(text)
    except ValueError as error:
        raise Refusal("InvalidParameterException", f"The filter pattern {text} is invalid: {error}") from error


def transformed(made: dict, matched: list[tuple[float, dict | None]], now: float) -> list[Sample]:
    """Returns the samples of one metric transformation: for each minute and dimension set the values of its events."""
    values: dict[tuple, list[float]] = defaultdict(list)
    for at, event in matched:
        value, dimensions = made.get("defaultValue"), made.get("dimensions", {})
        if event is not None:
            text = made["metricValue"]
            value = select(event, text) if text.startswith("$") else text
            dimensions = {name: select(event, selector) for name, selector in dimensions.items()}
        try:
            # An event without a field, or with a field that is no number, makes no sample.
            key = tuple(sorted((name, str(given)) for name, given in dimensions.items() if isinstance(given, (str, int, float))))
            if value is not None and len(key) == len(dimensions):
                values[at // 60 * 60, key].append(float(value))
        except (TypeError, ValueError):
            continue
    unit = made.get("unit", "None")
    return [
        Sample.of(Metric(made["metricNamespace"], made["metricName"], key), {"Values": found, "Unit": unit, "Timestamp": minute}, now)
        for (minute, key), found in values.items()
    ]


LOGS = OWN["logs"] = Logs()


class EventFilter:
    """FilterLogEvents and subscription filters: moto knows words and quoted phrases only."""

    def __init__(self, text: str) -> None:
        try:
            self.pattern = pattern(text or "")
        except ValueError as error:
            raise InvalidParameterException(msg=f"The filter pattern {text} is invalid: {error}") from error

    def matches(self, message: str) -> bool:
        return self.pattern.matches(message) is not None


models.EventMessageFilter = EventFilter


@extends(MotoLogGroup)
class Group:
    def put_log_events(self, log_stream_name: str, log_events: list[dict]) -> str:
        token = PUT_LOG_EVENTS(self, log_stream_name, log_events)
        LOGS.publish(self.region, self.name, log_events)
        return token


@extends(LogsBackend)
class Backend:
    def delete_log_group(self, log_group_name: str) -> None:
        DELETE_LOG_GROUP(self, log_group_name)
        LOGS.filters[self.region_name].pop(log_group_name, None)


class LogGroup(Resource):
    TYPE = "AWS::Logs::LogGroup"
    ARN = "arn:aws:logs:{region}:{account}:log-group:{name}"
    APART = {
        "RetentionInDays": ("PutRetentionPolicy", "DeleteRetentionPolicy"),
        "KmsKeyId": ("AssociateKmsKey", "DisassociateKmsKey"),
    }

    def take(self, properties: dict, answer: dict) -> None:
        super().take(properties, answer)
        self.attributes["Arn"] = f"{self.arn()}:*"
