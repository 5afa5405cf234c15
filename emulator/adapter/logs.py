"""CloudWatch Logs: log groups, metric filters, saved queries (query definitions)."""

import json
import time
import uuid
from collections import defaultdict

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse

from .resource import Resource, extends

PUT_METRIC_FILTER = LogsResponse.put_metric_filter

# (account, region) -> id -> definition
QUERY_DEFINITIONS: dict[tuple[str, str], dict[str, dict]] = defaultdict(dict)


def milliseconds() -> int:
    return int(time.time() * 1000)


@extends(LogsResponse)
class Api:
    def put_metric_filter(self) -> str:
        """moto takes a filter on a log group that does not exist, keeps two of one name and drops some fields."""
        request = json.loads(self.body)
        if request["logGroupName"] not in self.logs_backend.groups:
            raise ResourceNotFoundException
        self.logs_backend.delete_metric_filter(request["filterName"], request["logGroupName"])
        PUT_METRIC_FILTER(self)
        self.logs_backend.filters.metric_filters[-1].update(request, creationTime=milliseconds())
        return ""

    def associate_kms_key(self) -> str:
        self.logs_backend.groups[self._get_param("logGroupName")].kms_key_id = self._get_param("kmsKeyId")
        return ""

    def disassociate_kms_key(self) -> str:
        self.logs_backend.groups[self._get_param("logGroupName")].kms_key_id = None
        return ""

    @property
    def query_definitions(self) -> dict[str, dict]:
        return QUERY_DEFINITIONS[self.current_account, self.region]

    def put_query_definition(self) -> str:
        request = json.loads(self.body)
        request.pop("clientToken", None)
        id_ = request.setdefault("queryDefinitionId", str(uuid.uuid4()))
        request.setdefault("queryLanguage", "CWLI")
        self.query_definitions[id_] = request | {"lastModified": milliseconds()}
        return json.dumps({"queryDefinitionId": id_})

    def describe_query_definitions(self) -> str:
        prefix = self._get_param("queryDefinitionNamePrefix", "")
        language = self._get_param("queryLanguage")
        found = [
            definition
            for definition in self.query_definitions.values()
            if definition["name"].startswith(prefix) and language in (None, definition["queryLanguage"])
        ]
        start, size = int(self._get_param("nextToken", "0")), self._get_param("maxResults", 1000)
        answer = {"queryDefinitions": found[start : start + size]}
        if start + size < len(found):
            answer["nextToken"] = str(start + size)
        return json.dumps(answer)

    def delete_query_definition(self) -> str:
        if self.query_definitions.pop(self._get_param("queryDefinitionId"), None) is None:
            raise ResourceNotFoundException("The specified query definition does not exist.")
        return json.dumps({"success": True})


class LogGroup(Resource):
    TYPE = "AWS::Logs::LogGroup"
    READ_WITH = "logs DescribeLogGroups"
    PROPERTIES = ("LogGroupName", "RetentionInDays", "KmsKeyId", "Tags")
    REPLACED_BY = ("LogGroupName",)

    def create(self, properties: dict, generated_name: str) -> None:
        name = properties.get("LogGroupName") or generated_name
        given = {"kmsKeyId": properties["KmsKeyId"]} if "KmsKeyId" in properties else {}
        self.call("logs", "CreateLogGroup", logGroupName=name, tags=self.tags, **given)
        self.physical_resource_id = name
        self.attributes["Arn"] = f"{self.arn()}:*"
        self.retain(properties)

    def update(self, properties: dict, previous: dict) -> None:
        self.retain(properties)
        if properties.get("KmsKeyId") != previous.get("KmsKeyId"):
            if "KmsKeyId" in properties:
                key = properties["KmsKeyId"]
                self.call("logs", "AssociateKmsKey", logGroupName=self.physical_resource_id, kmsKeyId=key)
            else:
                self.call("logs", "DisassociateKmsKey", logGroupName=self.physical_resource_id)
        if self.gone_tags():
            self.call("logs", "UntagResource", resourceArn=self.arn(), tagKeys=self.gone_tags())
        self.call("logs", "TagResource", resourceArn=self.arn(), tags=self.tags)

    def retain(self, properties: dict) -> None:
        group = {"logGroupName": self.physical_resource_id}
        if "RetentionInDays" in properties:
            self.call("logs", "PutRetentionPolicy", retentionInDays=properties["RetentionInDays"], **group)
        else:
            self.call("logs", "DeleteRetentionPolicy", **group)

    def arn(self) -> str:
        return f"arn:aws:logs:{self.region}:{self.account}:log-group:{self.physical_resource_id}"

    def delete(self) -> None:
        self.drop("logs", "DeleteLogGroup", logGroupName=self.physical_resource_id)


class MetricFilter(Resource):
    TYPE = "AWS::Logs::MetricFilter"
    READ_WITH = "logs DescribeMetricFilters"
    REPLACED_BY = ("FilterName", "LogGroupName")

    def create(self, properties: dict, generated_name: str) -> None:
        name = properties.get("FilterName") or generated_name
        self.put(properties, name)
        self.physical_resource_id = name

    def update(self, properties: dict, previous: dict) -> None:
        self.put(properties, self.physical_resource_id)

    def put(self, properties: dict, name: str) -> None:
        transformations = [dict(each) for each in properties["MetricTransformations"]]
        for each in transformations:
            if "Dimensions" in each:
                each["Dimensions"] = {pair["Key"]: pair["Value"] for pair in each["Dimensions"]}
        self.call(
            "logs", "PutMetricFilter", **properties | {"FilterName": name, "MetricTransformations": transformations}
        )

    def delete(self) -> None:
        group = self.properties["LogGroupName"]
        self.drop("logs", "DeleteMetricFilter", logGroupName=group, filterName=self.physical_resource_id)


class QueryDefinition(Resource):
    TYPE = "AWS::Logs::QueryDefinition"
    READ_WITH = "logs DescribeQueryDefinitions"

    def create(self, properties: dict, generated_name: str) -> None:
        id_ = self.call("logs", "PutQueryDefinition", **properties)["queryDefinitionId"]
        self.physical_resource_id = id_
        self.attributes["QueryDefinitionId"] = id_

    def update(self, properties: dict, previous: dict) -> None:
        self.call("logs", "PutQueryDefinition", queryDefinitionId=self.physical_resource_id, **properties)

    def delete(self) -> None:
        self.drop("logs", "DeleteQueryDefinition", queryDefinitionId=self.physical_resource_id)
