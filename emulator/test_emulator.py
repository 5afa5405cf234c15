"""What the emulator promises, each type deployed through CloudFormation and read back through its own API."""

import gzip
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

import boto3
import cbor2
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from adapter.contract import Contract
from adapter.metrics import OVERHEAD, Metric, Sample, Store, statistic
from adapter.patterns import Pattern, select
from adapter.rules import Rule
from adapter.wire import Refusal
from state import State

HERE = Path(__file__).resolve().parent
ACCOUNT = "111122223333"
REGION = "eu-central-1"


class Emulator:
    """One server process in a directory of its own."""

    def __init__(self, *options: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.state = Path(self.folder.name) / "state"
        self.log = open(Path(self.folder.name) / "log", "w+")
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "server.py"), "--account", ACCOUNT, "--state", str(self.state), "--with-parent", *options],
            stderr=self.log,
        )
        await_(lambda: (self.state / "port").exists() or self.process.poll() is not None)
        if self.process.poll() is not None:
            self.log.seek(0)
            text = self.log.read()
            self.stop()
            raise RuntimeError(f"the emulator did not start: {text}")
        self.url = f"http://localhost:{(self.state / 'port').read_text()}"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)
        self.log.close()
        self.folder.cleanup()


def setUpModule() -> None:
    global emulator
    emulator = Emulator()


def tearDownModule() -> None:
    emulator.stop()


@lru_cache
def aws(service: str, region: str = REGION):
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=emulator.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(proxies={}),
    )


def control(path: str, body: dict | None = None) -> dict:
    """What the emulator itself tells, or is told."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"{emulator.url}/_emulator/{path}", data) as answer:
        return json.load(answer)


def held() -> dict:
    return control("held")["types"]


def latest() -> int:
    """The number of the last datum that arrived."""
    page = control("metrics")
    while page["MetricData"]:
        page = control(f"metrics?after={page['Next']}")
    return page["Next"]


class Refused(Exception):
    """A request in CBOR that was refused, with the answer."""


def cbor(operation: str, compressed: bool = False, region: str = REGION, **params) -> dict:
    """What an SDK that speaks CBOR to CloudWatch, such as the one for Go, sends and gets."""
    body = cbor2.dumps(params, datetime_as_timestamp=True)
    return send(operation, gzip.compress(body) if compressed else body, compressed, region)


def send(operation: str, body: bytes, compressed: bool = False, region: str = REGION) -> dict:
    request = urllib.request.Request(
        f"{emulator.url}/service/GraniteServiceVersion20100801/operation/{operation}",
        data=body,
        headers={
            "Content-Type": "application/cbor",
            "Smithy-Protocol": "rpc-v2-cbor",
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{region}/monitoring/aws4_request, ...",
        },
    )
    if compressed:
        request.add_header("Content-Encoding", "gzip")
    try:
        with urllib.request.urlopen(request) as answer:
            return cbor2.loads(answer.read())
    except urllib.error.HTTPError as error:
        raise Refused(cbor2.loads(error.read())) from error


class DeploymentFailed(Exception):
    """A stack was rolled back; its message has the reasons of all events."""


class StackTest(unittest.TestCase):
    """Deploys the stacks of a test and deletes them after it."""

    region = REGION

    def deploy(self, resources: dict, name: str = "test", **rest) -> dict[str, str]:
        """Creates the stack, or updates it when it is there; returns its outputs."""
        cloudformation = aws("cloudformation", self.region)
        template = {"Resources": resources}
        for section in ("Outputs", "Parameters", "Conditions"):
            if section in rest:
                template[section] = rest.pop(section)
        given = {"StackName": name, "TemplateBody": json.dumps(template), "Capabilities": ["CAPABILITY_IAM"]} | rest
        try:
            cloudformation.create_stack(**given)
            kind = "stack_create_complete"
            self.addCleanup(self.destroy, name)
        except cloudformation.exceptions.AlreadyExistsException:
            cloudformation.update_stack(**given)
            kind = "stack_update_complete"
        try:
            cloudformation.get_waiter(kind).wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 3})
        except WaiterError as error:
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            raise DeploymentFailed([each["ResourceStatusReason"] for each in events if "ResourceStatusReason" in each]) from error
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}

    def destroy(self, name: str = "test") -> None:
        aws("cloudformation", self.region).delete_stack(StackName=name)

    def assert_fails(self, resources: dict, text: str, **rest) -> None:
        """The deployment ends rolled back, and one of its events tells why."""
        with self.assertRaises(DeploymentFailed) as caught:
            self.deploy(resources, **rest)
        stack = aws("cloudformation", self.region).describe_stacks(StackName="test")["Stacks"][0]
        self.assertIn(stack["StackStatus"], ("ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"))
        self.assertIn(text, str(caught.exception))


def ref(name: str) -> dict:
    return {"Ref": name}


def att(name: str, attribute: str) -> dict:
    return {"Fn::GetAtt": [name, attribute]}


def resource(type_: str, properties: dict | None = None, **rest) -> dict:
    return {"Type": type_, "Properties": properties or {}, **rest}


def alarm(**properties) -> dict:
    return resource(
        "AWS::CloudWatch::Alarm",
        {
            "AlarmName": "errors",
            "Namespace": "App",
            "MetricName": "Errors",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 3,
            "Threshold": 5,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        | properties,
    )


def topic(name: str = "pages", **properties) -> dict:
    return resource("AWS::SNS::Topic", {"TopicName": name, **properties})


class AlarmTest(StackTest):
    def described(self, name: str, kind: str = "MetricAlarm") -> dict:
        answer = aws("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=[kind])
        (found,) = answer[f"{kind}s"]
        return found

    def test_every_property_of_a_metric_alarm_is_read_back(self) -> None:
        properties = {
            "AlarmDescription": "too many errors",
            "ActionsEnabled": False,
            "DatapointsToAlarm": 2,
            "Dimensions": [{"Name": "Service", "Value": "api"}],
            "TreatMissingData": "notBreaching",
            "Unit": "Count",
            "AlarmActions": ["arn:aws:sns:eu-central-1:111122223333:alarm"],
            "OKActions": ["arn:aws:sns:eu-central-1:111122223333:ok"],
            "InsufficientDataActions": ["arn:aws:sns:eu-central-1:111122223333:missing"],
        }
        self.deploy({"A": alarm(**properties)})
        found = self.described("errors")
        expected = alarm(**properties)["Properties"]
        self.assertEqual(found | expected, found)
        self.assertEqual(found["StateValue"], "INSUFFICIENT_DATA")

    def test_percentile_alarm_keeps_its_statistic_and_low_sample_setting(self) -> None:
        alarm_ = alarm(ExtendedStatistic="p99.9", EvaluateLowSampleCountPercentile="ignore")
        del alarm_["Properties"]["Statistic"]
        self.deploy({"A": alarm_})
        found = self.described("errors")
        self.assertEqual(found["ExtendedStatistic"], "p99.9")
        self.assertEqual(found["EvaluateLowSampleCountPercentile"], "ignore")
        self.assertNotIn("Statistic", found)

    def test_math_alarm_keeps_every_query(self) -> None:
        metrics = [
            {"Id": "rate", "Expression": "100*errors/all", "Label": "error rate", "ReturnData": True},
            *(
                {
                    "Id": id_,
                    "AccountId": "444455556666",
                    "ReturnData": False,
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "App",
                            "MetricName": name,
                            "Dimensions": [{"Name": "Service", "Value": "api"}],
                        },
                        "Period": 300,
                        "Stat": "Sum",
                        "Unit": "Count",
                    },
                }
                for id_, name in (("errors", "Errors"), ("all", "Requests"))
            ),
        ]
        common = {"EvaluationPeriods": 2, "Threshold": 1.5, "ComparisonOperator": "GreaterThanThreshold"}
        self.deploy({"A": resource("AWS::CloudWatch::Alarm", {"AlarmName": "rate", "Metrics": metrics, **common})})
        found = self.described("rate")
        self.assertEqual(found["Metrics"], metrics)
        self.assertEqual(found["Threshold"], 1.5)

    def test_anomaly_alarm_keeps_its_threshold_metric(self) -> None:
        metrics = [
            {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m, 2)", "ReturnData": True},
            {
                "Id": "m",
                "ReturnData": True,
                "MetricStat": {"Metric": {"Namespace": "App", "MetricName": "Requests"}, "Period": 60, "Stat": "Sum"},
            },
        ]
        properties = {"AlarmName": "anomaly", "Metrics": metrics, "ThresholdMetricId": "band", "EvaluationPeriods": 1}
        properties["ComparisonOperator"] = "LessThanLowerOrGreaterThanUpperThreshold"
        self.deploy({"A": resource("AWS::CloudWatch::Alarm", properties)})
        self.assertEqual(self.described("anomaly")["ThresholdMetricId"], "band")

    def test_numbers_written_as_text_are_numbers(self) -> None:
        self.deploy({"A": alarm(Threshold="7", Period="120")})
        found = self.described("errors")
        self.assertEqual((found["Threshold"], found["Period"]), (7.0, 120))

    def test_update_changes_an_alarm_in_place_and_forgets_what_was_left_out(self) -> None:
        self.deploy({"A": alarm(Threshold=5, OKActions=["arn:aws:sns:eu-central-1:111122223333:ok"])})
        aws("cloudwatch").set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
        self.deploy({"A": alarm(Threshold=9)})
        found = self.described("errors")
        self.assertEqual(found["Threshold"], 9.0)
        self.assertEqual(found.get("OKActions", []), [])
        self.assertEqual(found["StateValue"], "ALARM")

    def test_renamed_alarm_replaces_the_old_one(self) -> None:
        self.deploy({"A": alarm(), "B": topic(DisplayName=ref("A"))})
        outputs = self.deploy({"A": alarm(AlarmName="renamed")}, Outputs={"Name": {"Value": ref("A")}})
        self.assertEqual(outputs["Name"], "renamed")
        names = [each["AlarmName"] for each in aws("cloudwatch").describe_alarms()["MetricAlarms"]]
        self.assertEqual(names, ["renamed"])

    def test_alarm_removed_from_the_template_is_deleted(self) -> None:
        self.deploy({"A": alarm(), "B": alarm(AlarmName="second")})
        self.deploy({"B": alarm(AlarmName="second")})
        names = [each["AlarmName"] for each in aws("cloudwatch").describe_alarms()["MetricAlarms"]]
        self.assertEqual(names, ["second"])

    def test_many_alarms_come_in_pages_as_from_aws(self) -> None:
        self.deploy({f"A{n}": alarm(AlarmName=f"alarm-{n}") for n in range(60)})
        cloudwatch = aws("cloudwatch")
        self.assertEqual(len(cloudwatch.describe_alarms()["MetricAlarms"]), 50)
        pages = cloudwatch.get_paginator("describe_alarms").paginate()
        self.assertEqual(sum(len(page["MetricAlarms"]) for page in pages), 60)

    def test_two_alarms_of_one_name_fail(self) -> None:
        self.assert_fails({"A": alarm(), "B": alarm(Threshold=1)}, "errors already exists")
        self.assertEqual(aws("cloudwatch").describe_alarms()["MetricAlarms"], [])

    def test_unknown_property_fails(self) -> None:
        self.assert_fails({"A": alarm(Treshold=5)}, "Treshold")

    def test_alarm_tags_follow_the_template_and_the_stack(self) -> None:
        tags = [{"Key": "owner", "Value": "api"}, {"Key": "old", "Value": "x"}]
        self.deploy({"A": alarm(Tags=tags)}, Tags=[{"Key": "stage", "Value": "prod"}])
        self.deploy({"A": alarm(Tags=[{"Key": "owner", "Value": "web"}])}, Tags=[{"Key": "stage", "Value": "prod"}])
        arn = self.described("errors")["AlarmArn"]
        found = {each["Key"]: each["Value"] for each in aws("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"]}
        self.assertEqual(found, {"owner": "web", "stage": "prod"})

    def test_composite_alarm_keeps_its_rule_and_suppressor(self) -> None:
        properties = {
            "AlarmName": "incident",
            "AlarmDescription": "several at once",
            "ActionsEnabled": True,
            "AlarmActions": ["arn:aws:sns:eu-central-1:111122223333:pages"],
            "OKActions": ["arn:aws:sns:eu-central-1:111122223333:pages"],
            "ActionsSuppressor": "deploying",
            "ActionsSuppressorWaitPeriod": 60,
            "ActionsSuppressorExtensionPeriod": 120,
        }
        rule = {"Fn::Sub": 'ALARM("${A}") OR (ALARM("${B.Arn}") AND NOT OK("deploying"))'}
        template = {
            "A": alarm(),
            "B": alarm(AlarmName="second"),
            "D": alarm(AlarmName="deploying"),
            "C": resource("AWS::CloudWatch::CompositeAlarm", {"AlarmRule": rule, **properties}, DependsOn="D"),
        }
        self.deploy(template, Outputs={"Arn": {"Value": att("C", "Arn")}})
        found = self.described("incident", "CompositeAlarm")
        self.assertEqual(found | properties, found)
        self.assertEqual(
            found["AlarmRule"],
            'ALARM("errors") OR (ALARM("arn:aws:cloudwatch:eu-central-1:111122223333:alarm:second") AND NOT OK("deploying"))',
        )
        self.assertEqual(aws("cloudwatch").describe_alarms(AlarmNames=["incident"])["MetricAlarms"], [])
        template["C"]["Properties"]["ActionsSuppressorWaitPeriod"] = 90
        self.deploy(template)
        self.assertEqual(self.described("incident", "CompositeAlarm")["ActionsSuppressorWaitPeriod"], 90)
        del template["C"]
        self.deploy(template)
        self.assertEqual(aws("cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"], [])

    def test_composite_of_an_alarm_that_does_not_exist_fails(self) -> None:
        composite = resource("AWS::CloudWatch::CompositeAlarm", {"AlarmName": "c", "AlarmRule": "ALARM(mispelled)"})
        self.assert_fails({"A": alarm(), "C": composite}, "[mispelled] in the alarm rule do not exist")

    def test_composite_of_at_least_some_alarms_keeps_its_rule(self) -> None:
        rule = {"Fn::Sub": 'AT_LEAST(2, NOT OK, ("${A}", "${B}", ${C.Arn}))'}
        alarms = {name: alarm(AlarmName=name.lower()) for name in "ABC"}
        self.deploy({**alarms, "D": resource("AWS::CloudWatch::CompositeAlarm", {"AlarmName": "d", "AlarmRule": rule})})
        self.assertIn("AT_LEAST(2, NOT OK, (", self.described("d", "CompositeAlarm")["AlarmRule"])
        children = aws("cloudwatch").describe_alarms(ChildrenOfAlarmName="d")["MetricAlarms"]
        self.assertEqual([each["AlarmName"] for each in children], ["a", "b", "c"])
        (parent,) = aws("cloudwatch").describe_alarms(ParentsOfAlarmName="a")["CompositeAlarms"]
        self.assertEqual(parent["AlarmName"], "d")

    def test_stack_of_an_alarm_that_a_composite_elsewhere_names_is_not_deleted(self) -> None:
        self.deploy({"A": alarm(), "T": topic()}, name="shard")
        composite = resource("AWS::CloudWatch::CompositeAlarm", {"AlarmName": "c", "AlarmRule": "ALARM(errors)"})
        self.deploy({"C": composite})
        self.destroy("shard")
        self.assertEqual(self.stacks(), {"shard": "DELETE_FAILED", "test": "CREATE_COMPLETE"})
        events = aws("cloudformation").describe_stack_events(StackName="shard")["StackEvents"]
        reasons = [each.get("ResourceStatusReason", "") for each in events]
        self.assertTrue(any("Cannot delete errors as there are composite alarm(s) depending on it." in reason for reason in reasons))
        # In the right order it goes: first the composite forgets the alarm, then the stack is deleted.
        composite["Properties"]["AlarmRule"] = "FALSE"
        self.deploy({"C": composite})
        self.destroy("shard")
        self.assertEqual(self.stacks(), {"test": "UPDATE_COMPLETE"})
        deleted = aws("cloudformation").list_stacks(StackStatusFilter=["DELETE_COMPLETE"])["StackSummaries"]
        self.assertIn("shard", [each["StackName"] for each in deleted])

    def stacks(self) -> dict[str, str]:
        found = aws("cloudformation").describe_stacks()["Stacks"]
        return {each["StackName"]: each["StackStatus"] for each in found}

    def test_an_alarm_keeps_its_warm_up(self) -> None:
        warm_up = {"WarmUpPeriodDurationInMinutes": 60, "OnlyStartEvaluatingAfterWarmUpPeriodEnds": True}
        self.deploy({"A": alarm(WarmUpConfiguration=warm_up)})
        self.assertEqual(self.described("errors")["WarmUpConfiguration"], warm_up)

    def test_a_log_alarm_is_created_updated_and_deleted(self) -> None:
        def log_alarm(threshold: float) -> dict:
            query = {"QueryString": "stats count(*)", "LogGroupIdentifiers": ["/app"], "AggregationExpression": "count(*)"}
            properties = {
                "AlarmName": "logs",
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": threshold,
                "QueryResultsToAlarm": 2,
                "QueryResultsToEvaluate": 3,
                "ScheduledQueryConfiguration": {
                    **query,
                    "ScheduledQueryRoleARN": f"arn:aws:iam::{ACCOUNT}:role/query",
                    "ScheduleConfiguration": {"ScheduleExpression": "rate(5 minutes)", "StartTimeOffset": 300},
                },
            }
            return resource("AWS::CloudWatch::LogAlarm", properties)

        self.deploy({"L": log_alarm(3), "T": topic()})
        self.deploy({"L": log_alarm(5), "T": topic()})
        found = self.described("logs", "LogAlarm")
        self.assertEqual((found["Threshold"], found["QueryResultsToAlarm"]), (5, 2))
        self.assertEqual(found["ScheduledQueryConfiguration"]["AggregationExpression"], "count(*)")
        self.assertEqual(aws("cloudwatch").describe_alarms()["MetricAlarms"], [])
        self.deploy({"T": topic()})
        self.assertEqual(aws("cloudwatch").describe_alarms(AlarmTypes=["LogAlarm"])["LogAlarms"], [])

    def test_dashboard_is_created_updated_and_deleted(self) -> None:
        def dashboard(text: str) -> dict:
            body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": text}}]})
            return resource("AWS::CloudWatch::Dashboard", {"DashboardName": "board", "DashboardBody": body})

        self.deploy({"D": dashboard("one"), "T": topic()})
        self.deploy({"D": dashboard("two"), "T": topic()})
        self.assertIn("two", aws("cloudwatch").get_dashboard(DashboardName="board")["DashboardBody"])
        self.deploy({"T": topic()})
        self.assertEqual(aws("cloudwatch").list_dashboards()["DashboardEntries"], [])

    def test_mute_rule_is_created_updated_and_deleted(self) -> None:
        def rule(duration: str) -> dict:
            schedule = {"Expression": "cron(0 2 ? * SUN *)", "Duration": duration, "Timezone": "Europe/Berlin"}
            properties = {"Name": "maintenance", "Rule": {"Schedule": schedule}}
            return resource("AWS::CloudWatch::AlarmMuteRule", {**properties, "MuteTargets": {"AlarmNames": [ref("A")]}})

        self.deploy({"A": alarm(), "M": rule("PT1H")})
        self.deploy({"A": alarm(), "M": rule("PT2H")})
        found = aws("cloudwatch").get_alarm_mute_rule(AlarmMuteRuleName="maintenance")
        self.assertEqual(found["Rule"]["Schedule"]["Duration"], "PT2H")
        self.assertEqual(found["MuteTargets"], {"AlarmNames": ["errors"]})
        listed = aws("cloudwatch").list_alarm_mute_rules(AlarmName="errors")["AlarmMuteRuleSummaries"]
        self.assertEqual([each["AlarmMuteRuleArn"] for each in listed], [found["AlarmMuteRuleArn"]])
        self.deploy({"A": alarm()})
        self.assertEqual(aws("cloudwatch").list_alarm_mute_rules()["AlarmMuteRuleSummaries"], [])

    def test_mute_rule_takes_a_hundred_alarms(self) -> None:
        def put(count: int) -> None:
            aws("cloudwatch").put_alarm_mute_rule(
                Name="many",
                Rule={"Schedule": {"Expression": "at(2026-11-23T10:00)", "Duration": "PT15M"}},
                MuteTargets={"AlarmNames": [f"alarm-{i}" for i in range(count)]},
            )

        put(100)
        with self.assertRaisesRegex(ClientError, "at most 100 alarms"):
            put(101)
        aws("cloudwatch").delete_alarm_mute_rule(AlarmMuteRuleName="many")


class NotificationTest(StackTest):
    def policy(self, sid: str) -> dict:
        statement = {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": ref("T"),
        }
        document = {"Version": "2012-10-17", "Statement": [statement]}
        return resource("AWS::SNS::TopicPolicy", {"PolicyDocument": document, "Topics": [ref("T")]})

    def subscription(self, endpoint: object, protocol: str = "https") -> dict:
        properties = {"TopicArn": ref("T"), "Protocol": protocol, "Endpoint": endpoint}
        return resource("AWS::SNS::Subscription", properties)

    def endpoints(self) -> list[str]:
        return [each["Endpoint"] for each in aws("sns").list_subscriptions()["Subscriptions"]]

    def test_topic_is_created_updated_in_place_and_deleted(self) -> None:
        key = resource("AWS::KMS::Key", {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}})
        outputs = {"Ref": {"Value": ref("T")}, "Name": {"Value": att("T", "TopicName")}}
        resources = {
            "K": key,
            "T": topic(KmsMasterKeyId=att("K", "Arn"), Tags=[{"Key": "team", "Value": "api"}]),
            "P": self.policy("first"),
            "S": self.subscription("https://example.com/a"),
        }
        found = self.deploy(resources, Outputs=outputs)
        arn = "arn:aws:sns:eu-central-1:111122223333:pages"
        self.assertEqual(found, {"Ref": arn, "Name": "pages"})
        attributes = aws("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        self.assertRegex(attributes["KmsMasterKeyId"], "^arn:aws:kms:eu-central-1:111122223333:key/")
        tags = aws("sns").list_tags_for_resource(ResourceArn=arn)["Tags"]
        self.assertEqual(tags, [{"Key": "team", "Value": "api"}])

        resources["T"] = topic(DisplayName="pager")
        self.deploy(resources)
        attributes = aws("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        self.assertEqual(attributes["DisplayName"], "pager")
        self.assertNotIn("KmsMasterKeyId", attributes)
        self.assertIn("first", attributes["Policy"])
        self.assertEqual(self.endpoints(), ["https://example.com/a"])

        self.destroy()
        self.assertEqual(aws("sns").list_topics()["Topics"], [])

    def test_topic_policy_is_put_changed_and_taken_back(self) -> None:
        arn = "arn:aws:sns:eu-central-1:111122223333:pages"

        def statement() -> str:
            attributes = aws("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
            return json.loads(attributes["Policy"])["Statement"][0]["Sid"]

        self.deploy({"T": topic(), "P": self.policy("first")})
        self.assertEqual(statement(), "first")
        self.deploy({"T": topic(), "P": self.policy("second")})
        self.assertEqual(statement(), "second")
        self.deploy({"T": topic()})
        self.assertEqual(statement(), "__default_statement_ID")

    def test_changed_endpoint_replaces_the_subscription(self) -> None:
        self.deploy({"T": topic(), "S": self.subscription("https://example.com/a")})
        outputs = {"Ref": {"Value": ref("S")}, "Arn": {"Value": att("S", "Arn")}}
        found = self.deploy({"T": topic(), "S": self.subscription("https://example.com/b")}, Outputs=outputs)
        self.assertEqual(self.endpoints(), ["https://example.com/b"])
        attributes = aws("sns").get_subscription_attributes(SubscriptionArn=found["Ref"])["Attributes"]
        self.assertEqual(attributes["Endpoint"], "https://example.com/b")
        self.assertEqual(found["Arn"], found["Ref"])

    def test_replaced_topic_takes_its_subscription_along(self) -> None:
        self.deploy({"T": topic("old"), "S": self.subscription("https://example.com/a")})
        self.deploy({"T": topic("new"), "S": self.subscription("https://example.com/a")})
        (found,) = aws("sns").list_subscriptions()["Subscriptions"]
        self.assertEqual(found["TopicArn"], "arn:aws:sns:eu-central-1:111122223333:new")

    def test_publishing_reaches_no_https_endpoint(self) -> None:
        # Nothing listens there: an attempt to deliver would fail the call.
        self.deploy({"T": topic(), "S": self.subscription("https://localhost:1/")})
        aws("sns").publish(TopicArn="arn:aws:sns:eu-central-1:111122223333:pages", Message="hello")

    def test_subscription_to_a_missing_topic_fails(self) -> None:
        properties = {"TopicArn": "arn:aws:sns:eu-central-1:111122223333:none", "Protocol": "https"}
        properties["Endpoint"] = "https://example.com/a"
        self.assert_fails({"S": resource("AWS::SNS::Subscription", properties)}, "Topic does not exist")

    def database(self, name: str, **properties) -> None:
        settings = {"DBInstanceClass": "db.t4g.small", "Engine": "postgres", "AllocatedStorage": 100} | properties
        aws("rds").create_db_instance(DBInstanceIdentifier=name, MasterUsername="root", MasterUserPassword="password", **settings)
        self.addCleanup(aws("rds").delete_db_instance, DBInstanceIdentifier=name, SkipFinalSnapshot=True)

    def test_event_subscription_is_created_updated_and_deleted(self) -> None:
        def events(categories: list[str]) -> dict:
            properties = {"SubscriptionName": "db-events", "SnsTopicArn": ref("T"), "SourceType": "db-instance"}
            return resource("AWS::RDS::EventSubscription", {**properties, "EventCategories": categories, "SourceIds": ["main"]})

        self.assert_fails({"T": topic(), "E": events(["failover"])}, "Could not find source with ID: main")
        self.destroy()
        self.database("main")
        self.deploy({"T": topic(), "E": events(["failover"])})
        self.deploy({"T": topic(), "E": events(["failover", "low storage"])})
        (found,) = aws("rds").describe_event_subscriptions()["EventSubscriptionsList"]
        self.assertEqual(found["EventCategoriesList"], ["failover", "low storage"])
        self.assertEqual(found["SourceIdsList"], ["main"])
        self.assertEqual(found["SnsTopicArn"], "arn:aws:sns:eu-central-1:111122223333:pages")
        self.assertTrue(found["Enabled"])
        self.deploy({"T": topic()})
        self.assertEqual(aws("rds").describe_event_subscriptions()["EventSubscriptionsList"], [])

    def test_database_instances_tell_their_storage(self) -> None:
        self.database("main", MaxAllocatedStorage=500)
        (found,) = aws("rds").describe_db_instances(DBInstanceIdentifier="main")["DBInstances"]
        self.assertEqual((found["AllocatedStorage"], found["MaxAllocatedStorage"], found["DBInstanceStatus"]), (100, 500, "available"))
        with self.assertRaisesRegex(ClientError, "DBInstanceNotFound"):
            aws("rds").describe_db_instances(DBInstanceIdentifier="other")

    def test_a_rule_keeps_its_pattern_and_targets(self) -> None:
        def rule(*targets: str, **properties) -> dict:
            pattern = {"source": ["aws.rds"], "detail": {"EventCategories": ["low storage"]}}
            listed = [{"Id": target, "Arn": ref("T")} for target in targets]
            return resource("AWS::Events::Rule", {"EventPattern": pattern, "State": "ENABLED", "Targets": listed, **properties})

        outputs = {"Name": {"Value": ref("R")}, "Arn": {"Value": att("R", "Arn")}}
        first = self.deploy({"T": topic(), "R": rule("a", "b")}, Outputs=outputs)
        self.assertEqual(first, self.deploy({"T": topic(), "R": rule("b", "c", Description="storage")}, Outputs=outputs))
        events = aws("events")
        found = events.describe_rule(Name=first["Name"])
        self.assertEqual((found["Arn"], found["Description"]), (first["Arn"], "storage"))
        self.assertEqual(json.loads(found["EventPattern"])["source"], ["aws.rds"])
        targets = events.list_targets_by_rule(Rule=first["Name"])["Targets"]
        self.assertEqual({each["Id"]: each["Arn"] for each in targets}, dict.fromkeys("bc", f"arn:aws:sns:{REGION}:{ACCOUNT}:pages"))
        self.destroy()
        self.assertEqual(events.list_rules()["Rules"], [])

    def test_a_subscription_waits_until_its_endpoint_confirms(self) -> None:
        arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:pages"
        pager = "https://events.eu.pagerduty.com/integration/key/enqueue"

        def listed() -> dict[str, str]:
            found = aws("sns").list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
            return {each["Endpoint"]: each["SubscriptionArn"].split(":")[0] for each in found}

        # PagerDuty's integration confirms by itself; its events API, a webhook and a person do not.
        others = {"https://events.pagerduty.com/v2/enqueue": "https", "https://example.com/hook": "https", "oncall@example.com": "email"}
        all_ = {pager: "https", **others}
        resources = {f"S{n}": self.subscription(endpoint, protocol) for n, (endpoint, protocol) in enumerate(all_.items())}
        found = self.deploy({"T": topic(), **resources}, Outputs={"Mail": {"Value": ref("S3")}, "Hook": {"Value": ref("S2")}})
        self.assertEqual(listed(), {pager: "arn"} | dict.fromkeys(others, "PendingConfirmation"))
        attributes = aws("sns").get_subscription_attributes(SubscriptionArn=found["Mail"])["Attributes"]
        self.assertEqual(attributes["PendingConfirmation"], "true")
        counts = aws("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        self.assertEqual((counts["SubscriptionsConfirmed"], counts["SubscriptionsPending"]), ("1", "3"))
        answer = aws("sns").subscribe(TopicArn=arn, Protocol="email", Endpoint="boss@example.com")
        self.assertEqual(answer["SubscriptionArn"], "pending confirmation")

        # The person follows the link, which has the token; the webhook is told to, and PagerDuty forgets.
        aws("sns").confirm_subscription(TopicArn=arn, Token=found["Mail"].rsplit(":", 1)[1])
        with self.assertRaisesRegex(ClientError, "Token"):
            aws("sns").confirm_subscription(TopicArn=arn, Token="none")
        self.assertEqual(control("subscriptions", {"Endpoint": "example.com/hook", "Confirms": True}), {"Changed": 1})
        self.assertEqual(control("subscriptions", {"Endpoint": "pagerduty", "Confirms": False}), {"Changed": 1})
        self.assertEqual({name for name, state in listed().items() if state == "arn"}, {"oncall@example.com", "https://example.com/hook"})
        control("subscriptions", {"Endpoint": r"pagerduty\.com/integration", "Confirms": True})
        self.assertEqual(listed()[pager], "arn")

    def test_slack_channel_is_created_updated_and_deleted(self) -> None:
        def channel(level: str) -> dict:
            properties = {
                "ConfigurationName": "alerts",
                "SlackWorkspaceId": "T0000",
                "SlackChannelId": "C0000",
                "IamRoleArn": "arn:aws:iam::111122223333:role/chat",
                "LoggingLevel": level,
                "SnsTopicArns": [ref("T")],
                "GuardrailPolicies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            }
            return resource("AWS::Chatbot::SlackChannelConfiguration", properties)

        self.deploy({"T": topic(), "C": channel("ERROR")})
        outputs = self.deploy({"T": topic(), "C": channel("INFO")}, Outputs={"Arn": {"Value": ref("C")}})
        self.assertEqual(outputs["Arn"], "arn:aws:chatbot::111122223333:chat-configuration/slack-channel/alerts")
        # Chatbot is global: its API is signed for another region than the stack's.
        chatbot = aws("chatbot", "us-east-2")
        (found,) = chatbot.describe_slack_channel_configurations()["SlackChannelConfigurations"]
        self.assertEqual(found["LoggingLevel"], "INFO")
        self.assertEqual(found["SlackTeamId"], "T0000")
        self.assertEqual(found["SnsTopicArns"], ["arn:aws:sns:eu-central-1:111122223333:pages"])
        self.assertEqual(found["GuardrailPolicyArns"], ["arn:aws:iam::aws:policy/ReadOnlyAccess"])
        self.assertEqual(found["State"], "ENABLED")
        control("slack", {"ConfigurationName": "alerts", "State": "DISABLED", "StateReason": "the workspace took its authorization back"})
        (found,) = chatbot.describe_slack_channel_configurations(ChatConfigurationArn=outputs["Arn"])["SlackChannelConfigurations"]
        self.assertEqual((found["State"], found["StateReason"]), ("DISABLED", "the workspace took its authorization back"))
        self.deploy({"T": topic()})
        self.assertEqual(chatbot.describe_slack_channel_configurations()["SlackChannelConfigurations"], [])


class LogsTest(StackTest):
    def group(self, **properties) -> dict:
        return resource("AWS::Logs::LogGroup", {"LogGroupName": "/app", **properties})

    def filter(self, pattern: str = '{ $.level = "error" }', group: object = "/app", **rest) -> dict:
        transformation = {
            "MetricName": "Errors",
            "MetricNamespace": "App",
            "MetricValue": "1",
            "Unit": "Count",
            "Dimensions": [{"Key": "Route", "Value": "$.route"}],
        }
        properties = {"FilterName": "errors", "LogGroupName": group, "FilterPattern": pattern}
        return resource("AWS::Logs::MetricFilter", {**properties, "MetricTransformations": [transformation]}, **rest)

    def test_log_group_is_created_updated_and_deleted(self) -> None:
        self.deploy({"G": self.group(RetentionInDays=30)}, Outputs={"Arn": {"Value": att("G", "Arn")}})
        outputs = self.deploy({"G": self.group(RetentionInDays=90)}, Outputs={"Arn": {"Value": att("G", "Arn")}})
        self.assertEqual(outputs["Arn"], "arn:aws:logs:eu-central-1:111122223333:log-group:/app:*")
        (found,) = aws("logs").describe_log_groups(logGroupNamePrefix="/app")["logGroups"]
        self.assertEqual(found["retentionInDays"], 90)
        self.deploy({"G": self.group()})
        (found,) = aws("logs").describe_log_groups(logGroupNamePrefix="/app")["logGroups"]
        self.assertNotIn("retentionInDays", found)
        self.destroy()
        self.assertEqual(aws("logs").describe_log_groups(logGroupNamePrefix="/app")["logGroups"], [])

    def test_metric_filter_keeps_its_dimensions_and_is_updated_in_place(self) -> None:
        self.deploy({"G": self.group(), "F": self.filter(group=ref("G"))})
        self.deploy({"G": self.group(), "F": self.filter("other", group=ref("G"))})
        (found,) = aws("logs").describe_metric_filters()["metricFilters"]
        self.assertEqual(found["filterPattern"], "other")
        (transformation,) = found["metricTransformations"]
        self.assertEqual(transformation["dimensions"], {"Route": "$.route"})
        self.assertEqual(transformation["unit"], "Count")
        self.deploy({"G": self.group()})
        self.assertEqual(aws("logs").describe_metric_filters()["metricFilters"], [])

    def test_metric_filter_on_a_missing_log_group_fails(self) -> None:
        self.assert_fails({"F": self.filter(group="/none")}, "log group does not exist")

    def test_depends_on_puts_the_log_group_first(self) -> None:
        self.deploy({"F": self.filter(DependsOn=["G"]), "G": self.group()})
        self.assertEqual(len(aws("logs").describe_metric_filters()["metricFilters"]), 1)

    def publishes(self, **transformation) -> Callable[[], list[dict]]:
        """A metric filter of errors on /app; returns what tells the data that it has published since it was last asked."""
        made = {"MetricName": "Errors", "MetricNamespace": "App", "MetricValue": "1", "Unit": "Count"} | transformation
        properties = {"FilterName": "errors", "LogGroupName": ref("G"), "FilterPattern": '{ $.level = "ERROR" && $.ms = * }'}
        filter_ = resource("AWS::Logs::MetricFilter", {**properties, "MetricTransformations": [made]})
        self.deploy({"G": self.group(), "F": filter_})
        aws("logs").create_log_stream(logGroupName="/app", logStreamName="one")
        after = latest()

        def data() -> list[dict]:
            arrived = control(f"metrics?after={after}")["MetricData"]
            return [{key: each[key] for key in ("Values", "Dimensions", "Timestamp")} for each in arrived]

        return data

    MINUTE = int(time.time()) // 60 * 60 - 120

    def log(self, *events: dict) -> None:
        """Log lines as slog writes them, a second apart."""
        lines = [{"timestamp": (self.MINUTE + n) * 1000, "message": json.dumps(event)} for n, event in enumerate(events)]
        answer = aws("logs").put_log_events(logGroupName="/app", logStreamName="one", logEvents=lines)
        self.assertNotIn("rejectedLogEventsInfo", answer)

    def test_a_metric_filter_counts_what_matches_and_is_silent_otherwise(self) -> None:
        data = self.publishes()
        self.log({"level": "INFO", "ms": 3}, {"level": "error", "ms": 3})
        self.assertEqual(data(), [])
        self.log({"level": "ERROR", "ms": 3}, {"level": "INFO", "ms": 3}, {"level": "ERROR", "ms": 4})
        self.assertEqual(data(), [{"Values": [1, 1], "Dimensions": [], "Timestamp": self.MINUTE}])
        self.log(*[{"level": "ERROR", "ms": 3}] * 61)
        self.assertEqual([(len(each["Values"]), each["Timestamp"] - self.MINUTE) for each in data()[1:]], [(60, 0), (1, 60)])

    def test_a_metric_filter_takes_its_value_and_dimensions_from_the_event(self) -> None:
        data = self.publishes(MetricValue="$.ms", Dimensions=[{"Key": "Route", "Value": "$.route"}])
        self.log(
            {"level": "ERROR", "ms": 12.5, "route": "/a"},
            {"level": "ERROR", "ms": "slow", "route": "/a"},
            {"level": "ERROR", "ms": 7},
            {"level": "ERROR", "ms": 4, "route": "/b"},
        )
        routes = {each["Dimensions"][0]["Value"]: each["Values"] for each in data()}
        self.assertEqual(routes, {"/a": [12.5], "/b": [4]})

    def test_a_default_value_is_published_for_what_does_not_match(self) -> None:
        data = self.publishes(DefaultValue=0)
        self.log({"level": "INFO", "ms": 3}, {"level": "ERROR", "ms": 4})
        self.assertEqual(data(), [{"Values": [0, 1], "Dimensions": [], "Timestamp": self.MINUTE}])

    def test_log_events_are_found_by_a_pattern(self) -> None:
        self.publishes()
        self.log({"level": "INFO", "ms": 3}, {"level": "ERROR", "ms": 700})
        found = aws("logs").filter_log_events(logGroupName="/app", filterPattern="{ $.ms > 500 }")["events"]
        self.assertEqual([json.loads(each["message"])["ms"] for each in found], [700])
        tested = aws("logs").test_metric_filter(filterPattern="{ $.ms > 500 }", logEventMessages=['{"ms": 1}', '{"ms": 501}'])["matches"]
        self.assertEqual([(each["eventNumber"], each["extractedValues"]) for each in tested], [(2, {"$.ms": "501"})])
        with self.assertRaisesRegex(ClientError, "the pattern ends where a value is expected"):
            aws("logs").filter_log_events(logGroupName="/app", filterPattern="{ $.ms > }")

    def test_a_metric_filter_that_aws_refuses_fails(self) -> None:
        def filter_(pattern: str = "ERROR", **transformation) -> dict:
            made = {"MetricName": "Errors", "MetricNamespace": "App", "MetricValue": "1"} | transformation
            properties = {"LogGroupName": ref("G"), "FilterPattern": pattern, "MetricTransformations": [made]}
            return {"G": self.group(), "F": resource("AWS::Logs::MetricFilter", properties)}

        for reason, resources in {
            "does not end with }": filter_("{ $.level = ERROR"),
            "mutually exclusive": filter_(DefaultValue=0, Dimensions=[{"Key": "Route", "Value": "$.route"}]),
            "at most 3 dimensions": filter_(Dimensions=[{"Key": f"D{n}", "Value": "$.d"} for n in range(4)]),
        }.items():
            with self.subTest(reason):
                self.assert_fails(resources, reason)
                self.destroy()

    def test_query_definition_is_created_updated_and_deleted(self) -> None:
        def query(text: str) -> dict:
            properties = {"Name": "app/errors", "QueryString": text, "LogGroupNames": ["/app"]}
            return resource("AWS::Logs::QueryDefinition", properties)

        outputs = {"Ref": {"Value": ref("Q")}, "Id": {"Value": att("Q", "QueryDefinitionId")}}
        first = self.deploy({"Q": query("fields @message"), "G": self.group()}, Outputs=outputs)
        second = self.deploy({"Q": query("fields @timestamp"), "G": self.group()}, Outputs=outputs)
        self.assertEqual(first, second)
        answer = aws("logs").describe_query_definitions(queryDefinitionNamePrefix="app/")
        (found,) = answer["queryDefinitions"]
        self.assertEqual(found["queryDefinitionId"], first["Ref"])
        self.assertEqual(first["Id"], first["Ref"])
        self.assertEqual(found["name"], "app/errors")
        self.assertEqual(found["queryString"], "fields @timestamp")
        self.assertEqual(found["logGroupNames"], ["/app"])
        self.deploy({"G": self.group()})
        self.assertEqual(aws("logs").describe_query_definitions()["queryDefinitions"], [])


class AccessTest(StackTest):
    def key(self, sid: str, **properties) -> dict:
        statement = {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
        return resource("AWS::KMS::Key", {"KeyPolicy": {"Version": "2012-10-17", "Statement": [statement]}, **properties})

    def test_key_policy_is_read_back_and_updated_in_place(self) -> None:
        alias = resource("AWS::KMS::Alias", {"AliasName": "alias/pages", "TargetKeyId": ref("K")})
        outputs = {"Id": {"Value": ref("K")}, "Arn": {"Value": att("K", "Arn")}, "Alias": {"Value": ref("A")}}
        first = self.deploy({"K": self.key("one"), "A": alias}, Outputs=outputs)
        second = self.deploy({"K": self.key("two", EnableKeyRotation=True), "A": alias}, Outputs=outputs)
        self.assertEqual(first, second)
        self.assertEqual(first["Arn"], f"arn:aws:kms:eu-central-1:111122223333:key/{first['Id']}")
        self.assertEqual(first["Alias"], "alias/pages")
        policy = aws("kms").get_key_policy(KeyId=first["Id"])["Policy"]
        self.assertEqual(json.loads(policy)["Statement"][0]["Sid"], "two")
        self.assertTrue(aws("kms").get_key_rotation_status(KeyId=first["Id"])["KeyRotationEnabled"])
        metadata = aws("kms").describe_key(KeyId="alias/pages")["KeyMetadata"]
        self.assertEqual(metadata["KeyId"], first["Id"])
        self.destroy()
        self.assertEqual(aws("kms").describe_key(KeyId=first["Id"])["KeyMetadata"]["KeyState"], "PendingDeletion")

    def role(self, service: str, **properties) -> dict:
        statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        return resource("AWS::IAM::Role", {"RoleName": "chat", "AssumeRolePolicyDocument": trust, **properties})

    def document(self, action: str) -> dict:
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        return {"Version": "2012-10-17", "Statement": [statement]}

    def test_role_and_its_policies_are_updated_in_place_and_deleted(self) -> None:
        def policy(action: str) -> dict:
            properties = {"PolicyName": "read", "PolicyDocument": self.document(action), "Roles": [ref("R")]}
            return resource("AWS::IAM::Policy", properties)

        inline = [{"PolicyName": "inline", "PolicyDocument": self.document("logs:*")}]
        managed = ["arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"]
        outputs = {"Name": {"Value": ref("R")}, "Arn": {"Value": att("R", "Arn")}}
        first = self.role("chatbot.amazonaws.com", Policies=inline, ManagedPolicyArns=managed)
        found = self.deploy({"R": first, "P": policy("sns:Get*")}, Outputs=outputs)
        self.assertEqual(found, {"Name": "chat", "Arn": "arn:aws:iam::111122223333:role/chat"})
        iam = aws("iam")
        attached = iam.list_attached_role_policies(RoleName="chat")["AttachedPolicies"]
        self.assertEqual([each["PolicyArn"] for each in attached], managed)
        document = iam.get_role_policy(RoleName="chat", PolicyName="inline")["PolicyDocument"]
        self.assertEqual(document, self.document("logs:*"))

        self.deploy({"R": self.role("tasks.apprunner.amazonaws.com"), "P": policy("sns:List*")})
        trust = iam.get_role(RoleName="chat")["Role"]["AssumeRolePolicyDocument"]
        self.assertEqual(trust["Statement"][0]["Principal"], {"Service": "tasks.apprunner.amazonaws.com"})
        self.assertEqual(iam.list_role_policies(RoleName="chat")["PolicyNames"], ["read"])
        self.assertEqual(iam.list_attached_role_policies(RoleName="chat")["AttachedPolicies"], [])
        document = iam.get_role_policy(RoleName="chat", PolicyName="read")["PolicyDocument"]
        self.assertEqual(document, self.document("sns:List*"))

        self.destroy()
        with self.assertRaises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName="chat")

    def test_openid_provider_is_updated_in_place_and_deleted(self) -> None:
        def provider(*clients: str) -> dict:
            url = "https://token.actions.githubusercontent.com"
            return {"P": resource("AWS::IAM::OIDCProvider", {"Url": url, "ClientIdList": list(clients)})}

        outputs = {"Ref": {"Value": ref("P")}, "Arn": {"Value": att("P", "Arn")}}
        first = self.deploy(provider("sts.amazonaws.com", "old"), Outputs=outputs)
        arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
        self.assertEqual(first, {"Ref": arn, "Arn": arn})
        self.assertEqual(self.deploy(provider("sts.amazonaws.com", "new"), Outputs=outputs), first)
        found = aws("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        self.assertEqual(sorted(found["ClientIDList"]), ["new", "sts.amazonaws.com"])
        self.destroy()
        self.assertEqual(aws("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"], [])

    def test_managed_policy_is_updated_in_place_and_deleted(self) -> None:
        def policy(action: str) -> dict:
            return resource("AWS::IAM::ManagedPolicy", {"PolicyDocument": self.document(action), "Roles": [ref("R")]})

        resources = {"R": self.role("chatbot.amazonaws.com"), "P": policy("sns:Get*")}
        outputs = {"Arn": {"Value": ref("P")}}
        first = self.deploy(resources, Outputs=outputs)
        self.assertEqual(first, self.deploy(resources | {"P": policy("sns:List*")}, Outputs=outputs))
        iam = aws("iam")
        (attached,) = iam.list_attached_role_policies(RoleName="chat")["AttachedPolicies"]
        self.assertEqual(attached["PolicyArn"], first["Arn"])
        version = iam.get_policy(PolicyArn=first["Arn"])["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=first["Arn"], VersionId=version)["PolicyVersion"]["Document"]
        self.assertEqual(document, self.document("sns:List*"))
        self.destroy()
        with self.assertRaises(iam.exceptions.NoSuchEntityException):
            iam.get_policy(PolicyArn=first["Arn"])


class ServiceTest(StackTest):
    def service(self, image: str = "public.ecr.aws/app:1", **properties) -> dict:
        return resource(
            "AWS::AppRunner::Service",
            {
                "ServiceName": "app-api",
                "SourceConfiguration": {
                    "AutoDeploymentsEnabled": False,
                    "ImageRepository": {
                        "ImageIdentifier": image,
                        "ImageRepositoryType": "ECR_PUBLIC",
                        "ImageConfiguration": {
                            "Port": "8080",
                            "RuntimeEnvironmentVariables": [{"Name": "STAGE", "Value": "prod"}],
                        },
                    },
                },
                "InstanceConfiguration": {"Cpu": "256", "Memory": "512"},
                **properties,
            },
        )

    OUTPUTS = {name: {"Value": att("S", name)} for name in ("ServiceArn", "ServiceId", "ServiceUrl")}

    def test_app_runner_service_is_created_updated_and_deleted(self) -> None:
        scaling = resource(
            "AWS::AppRunner::AutoScalingConfiguration",
            {"AutoScalingConfigurationName": "small", "MinSize": 1, "MaxSize": 3, "MaxConcurrency": 50},
        )
        linked = {"AutoScalingConfigurationArn": att("A", "AutoScalingConfigurationArn")}
        first = self.deploy({"S": self.service(**linked), "A": scaling}, Outputs=self.OUTPUTS)
        second = self.deploy({"S": self.service("app:2", **linked), "A": scaling}, Outputs=self.OUTPUTS)
        self.assertEqual(first, second)
        self.assertRegex(first["ServiceId"], "^[0-9a-f]{32}$")
        self.assertEqual(first["ServiceArn"], f"arn:aws:apprunner:eu-central-1:111122223333:service/app-api/{first['ServiceId']}")
        self.assertRegex(first["ServiceUrl"], r"^[0-9a-f]+\.eu-central-1\.awsapprunner\.com$")
        apprunner = aws("apprunner")
        (summary,) = apprunner.list_services()["ServiceSummaryList"]
        self.assertEqual((summary["ServiceName"], summary["Status"]), ("app-api", "RUNNING"))
        found = apprunner.describe_service(ServiceArn=first["ServiceArn"])["Service"]
        repository = found["SourceConfiguration"]["ImageRepository"]
        self.assertEqual(repository["ImageIdentifier"], "app:2")
        self.assertEqual(repository["ImageConfiguration"]["RuntimeEnvironmentVariables"], {"STAGE": "prod"})
        self.assertEqual(found["AutoScalingConfigurationSummary"]["AutoScalingConfigurationName"], "small")
        arn = found["AutoScalingConfigurationSummary"]["AutoScalingConfigurationArn"]
        described = apprunner.describe_auto_scaling_configuration(AutoScalingConfigurationArn=arn)
        self.assertEqual(described["AutoScalingConfiguration"]["MaxSize"], 3)
        self.destroy()
        self.assertEqual(apprunner.list_services()["ServiceSummaryList"], [])
        self.assertEqual(apprunner.list_auto_scaling_configurations()["AutoScalingConfigurationSummaryList"], [])

    def test_service_brings_its_log_groups_and_keeps_its_id(self) -> None:
        transformation = {"MetricName": "Errors", "MetricNamespace": "App", "MetricValue": "1"}
        name = {"Fn::Sub": "/aws/apprunner/app-api/${S.ServiceId}/application"}
        properties = {"LogGroupName": name, "FilterPattern": "error", "MetricTransformations": [transformation]}
        resources = {"F": resource("AWS::Logs::MetricFilter", properties), "S": self.service()}
        first = self.deploy(resources, Outputs=self.OUTPUTS)
        groups = aws("logs").describe_log_groups(logGroupNamePrefix="/aws/apprunner/app-api")["logGroups"]
        prefix = f"/aws/apprunner/app-api/{first['ServiceId']}"
        self.assertEqual([each["logGroupName"] for each in groups], [f"{prefix}/application", f"{prefix}/service"])
        self.destroy()
        self.assertEqual(self.deploy(resources, Outputs=self.OUTPUTS), first)

    def test_service_level_objective_is_created_updated_and_deleted(self) -> None:
        def objective(goal: float) -> dict:
            stat = {"Metric": {"Namespace": "App", "MetricName": "Good"}, "Period": 60, "Stat": "Sum"}
            queries = [{"Id": "good", "MetricStat": stat, "ReturnData": True}]
            metric = {"MonitoredRequestCountMetric": {"GoodCountMetric": queries}, "TotalRequestCountMetric": queries}
            return resource(
                "AWS::ApplicationSignals::ServiceLevelObjective",
                {
                    "Name": "availability",
                    "Description": "requests answered",
                    "RequestBasedSli": {"RequestBasedSliMetric": metric},
                    "Goal": {
                        "AttainmentGoal": goal,
                        "Interval": {"RollingInterval": {"Duration": 28, "DurationUnit": "DAY"}},
                    },
                    "BurnRateConfigurations": [{"LookBackWindowMinutes": 60}],
                },
            )

        self.deploy({"O": objective(99), "T": topic()})
        outputs = self.deploy({"O": objective(99.9), "T": topic()}, Outputs={"Arn": {"Value": ref("O")}})
        signals = aws("application-signals")
        (summary,) = signals.list_service_level_objectives()["SloSummaries"]
        self.assertEqual(summary["Arn"], outputs["Arn"])
        found = signals.get_service_level_objective(Id=outputs["Arn"])["Slo"]
        self.assertEqual(found["Goal"]["AttainmentGoal"], 99.9)
        self.assertEqual(found["BurnRateConfigurations"], [{"LookBackWindowMinutes": 60}])
        good = found["RequestBasedSli"]["RequestBasedSliMetric"]["MonitoredRequestCountMetric"]["GoodCountMetric"]
        self.assertEqual(good[0]["MetricStat"]["Metric"]["MetricName"], "Good")
        self.deploy({"T": topic()})
        self.assertEqual(signals.list_service_level_objectives()["SloSummaries"], [])


class BootstrapTest(StackTest):
    """What cdk bootstrap makes beside roles and a parameter."""

    def test_a_bucket_keeps_what_makes_it_safe(self) -> None:
        def bucket(status: str) -> dict:
            algorithm = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
            blocked = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
            properties = {
                "BucketName": "assets",
                "AccessControl": "LogDeliveryWrite",
                "BucketEncryption": {"ServerSideEncryptionConfiguration": [algorithm]},
                "PublicAccessBlockConfiguration": blocked,
                "VersioningConfiguration": {"Status": status},
                "LifecycleConfiguration": {"Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 30}]},
            }
            return resource("AWS::S3::Bucket", properties)

        self.deploy({"B": bucket("Suspended")})
        stage = [{"Key": "stage", "Value": "prod"}]
        outputs = {"Name": {"Value": ref("B")}} | {name: {"Value": att("B", name)} for name in ("Arn", "RegionalDomainName")}
        found = self.deploy({"B": bucket("Enabled")}, Outputs=outputs, Tags=stage)
        domain = f"assets.s3.{REGION}.amazonaws.com"
        self.assertEqual(found, {"Name": "assets", "Arn": "arn:aws:s3:::assets", "RegionalDomainName": domain})
        s3 = aws("s3")
        self.assertEqual(s3.get_bucket_tagging(Bucket="assets")["TagSet"], stage)
        self.assertEqual(s3.get_bucket_location(Bucket="assets")["LocationConstraint"], REGION)
        (rule,) = s3.get_bucket_encryption(Bucket="assets")["ServerSideEncryptionConfiguration"]["Rules"]
        self.assertEqual(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")
        self.assertTrue(all(s3.get_public_access_block(Bucket="assets")["PublicAccessBlockConfiguration"].values()))
        self.assertEqual(s3.get_bucket_versioning(Bucket="assets")["Status"], "Enabled")
        self.destroy()
        self.assertEqual(s3.list_buckets()["Buckets"], [])

    def test_a_repository_tells_its_address(self) -> None:
        properties = {"RepositoryName": "containers", "ImageTagMutability": "IMMUTABLE", "LifecyclePolicy": {"LifecyclePolicyText": "{}"}}
        outputs = {"Uri": {"Value": att("R", "RepositoryUri")}, "Arn": {"Value": att("R", "Arn")}}
        found = self.deploy({"R": resource("AWS::ECR::Repository", properties), "T": topic()}, Outputs=outputs)
        self.assertEqual(found["Arn"], f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/containers")
        self.assertEqual(found["Uri"], f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/containers")
        (repository,) = aws("ecr").describe_repositories()["repositories"]
        self.assertEqual(repository["imageTagMutability"], "IMMUTABLE")
        self.deploy({"T": topic()})
        self.assertEqual(aws("ecr").describe_repositories()["repositories"], [])


class OtherRegionTest(StackTest):
    region = "us-east-1"

    def test_health_check_and_its_alarm_live_in_the_other_region(self) -> None:
        def check(path: str) -> dict:
            config = {"Type": "HTTPS", "FullyQualifiedDomainName": "example.com", "ResourcePath": path}
            properties = {"HealthCheckConfig": {**config, "Regions": ["eu-west-1", "us-east-1", "us-west-1"]}}
            properties["HealthCheckTags"] = [{"Key": "Name", "Value": "site"}]
            return resource("AWS::Route53::HealthCheck", properties)

        down = alarm(AlarmName="down", Dimensions=[{"Name": "HealthCheckId", "Value": ref("H")}])
        outputs = {"Id": {"Value": ref("H")}}
        first = self.deploy({"H": check("/"), "A": down}, Outputs=outputs)
        second = self.deploy({"H": check("/health"), "A": down}, Outputs=outputs)
        self.assertEqual(first, second)
        config = aws("route53").get_health_check(HealthCheckId=first["Id"])["HealthCheck"]["HealthCheckConfig"]
        self.assertEqual((config["ResourcePath"], config["Port"]), ("/health", 443))
        self.assertEqual(len(config["Regions"]), 3)
        (found,) = aws("cloudwatch", "us-east-1").describe_alarms(AlarmNames=["down"])["MetricAlarms"]
        self.assertEqual(found["Dimensions"], [{"Name": "HealthCheckId", "Value": first["Id"]}])
        self.assertEqual(aws("cloudwatch", REGION).describe_alarms()["MetricAlarms"], [])
        self.destroy()
        self.assertEqual(aws("route53").list_health_checks()["HealthChecks"], [])

    def test_health_check_of_an_alarm_keeps_the_alarm(self) -> None:
        identifier = {"Name": "errors", "Region": REGION}
        config = {"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": identifier, "InsufficientDataHealthStatus": "Healthy"}
        check = resource("AWS::Route53::HealthCheck", {"HealthCheckConfig": config})
        outputs = self.deploy({"H": check}, Outputs={"Id": {"Value": att("H", "HealthCheckId")}})
        found = aws("route53").get_health_check(HealthCheckId=outputs["Id"])["HealthCheck"]["HealthCheckConfig"]
        self.assertEqual(found, config)


class ReferenceTest(StackTest):
    ENDPOINT = "https://events.pagerduty.com/integration/{{resolve:secretsmanager:coreapi/prod/pagerduty:SecretString:engineering}}/enqueue"

    def subscription(self, endpoint: object) -> dict:
        properties = {"TopicArn": ref("T"), "Protocol": "https", "Endpoint": endpoint}
        return {"T": topic(), "S": resource("AWS::SNS::Subscription", properties)}

    def secret(self, value: str) -> str:
        secrets = aws("secretsmanager")
        arn = secrets.create_secret(Name="coreapi/prod/pagerduty", SecretString=value)["ARN"]
        self.addCleanup(secrets.delete_secret, SecretId=arn, ForceDeleteWithoutRecovery=True)
        return arn

    def endpoint(self) -> str:
        return aws("sns").list_subscriptions()["Subscriptions"][0]["Endpoint"]

    def test_secret_is_put_into_the_middle_of_a_string(self) -> None:
        arn = self.secret('{"engineering": "abc123"}')
        self.deploy(self.subscription(self.ENDPOINT))
        self.assertEqual(self.endpoint(), "https://events.pagerduty.com/integration/abc123/enqueue")
        by_arn = {"Fn::Join": ["", ["https://x/{{resolve:secretsmanager:", arn, ":SecretString:engineering::}}"]]}
        self.deploy(self.subscription(by_arn))
        self.assertEqual(self.endpoint(), "https://x/abc123")

    def test_missing_secret_fails_and_is_named(self) -> None:
        self.assert_fails(self.subscription(self.ENDPOINT), "coreapi/prod/pagerduty")
        self.assertEqual(aws("sns").list_topics()["Topics"], [])

    def test_missing_key_of_a_secret_fails_and_is_named(self) -> None:
        self.secret('{"other": "abc123"}')
        self.assert_fails(self.subscription(self.ENDPOINT), "has no key engineering")

    def test_changed_secret_reaches_a_subscription_only_when_its_text_changes(self) -> None:
        arn = self.secret('{"engineering": "abc123"}')
        self.deploy(self.subscription(self.ENDPOINT))
        aws("secretsmanager").put_secret_value(SecretId=arn, SecretString='{"engineering": "new456"}')
        self.deploy(self.subscription(self.ENDPOINT) | {"A": alarm()})
        self.assertIn("abc123", self.endpoint())
        self.deploy(self.subscription(self.ENDPOINT + "?v=2"))
        self.assertIn("new456", self.endpoint())

    def test_secret_value_stays_out_of_the_template(self) -> None:
        self.secret('{"engineering": "abc123"}')
        self.deploy(self.subscription(self.ENDPOINT))
        template = aws("cloudformation").get_template(StackName="test")["TemplateBody"]
        self.assertNotIn("abc123", json.dumps(template))

    def test_parameter_of_an_ssm_type_has_the_stored_value(self) -> None:
        parameters = {"Owner": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/app/owner"}}
        self.assert_fails({"T": topic(DisplayName=ref("Owner"))}, "/app/owner", Parameters=parameters)
        self.destroy()
        aws("ssm").put_parameter(Name="/app/owner", Value="api team", Type="String")
        self.addCleanup(aws("ssm").delete_parameter, Name="/app/owner")
        self.deploy({"T": topic(DisplayName=ref("Owner"))}, Parameters=parameters)
        previous = [{"ParameterKey": "Owner", "UsePreviousValue": True}]
        resources = {"T": topic(DisplayName=ref("Owner")), "A": alarm()}
        self.deploy(resources, Parameters=parameters)
        arn = "arn:aws:sns:eu-central-1:111122223333:pages"
        self.assertEqual(aws("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"], "api team")
        cloudformation = aws("cloudformation")
        change = {"StackName": "test", "ChangeSetName": "again", "Parameters": previous}
        template = {"Resources": {"T": resources["T"]}, "Parameters": parameters}
        cloudformation.create_change_set(TemplateBody=json.dumps(template), **change)
        cloudformation.execute_change_set(ChangeSetName="again", StackName="test")
        (stack,) = cloudformation.describe_stacks(StackName="test")["Stacks"]
        self.assertEqual(stack["StackStatus"], "UPDATE_COMPLETE")
        (parameter,) = stack["Parameters"]
        self.assertEqual((parameter["ParameterValue"], parameter["ResolvedValue"]), ("/app/owner", "api team"))

    def test_ssm_parameter_is_created_updated_and_deleted(self) -> None:
        def parameter(value: str) -> dict:
            properties = {"Name": "/app/threshold", "Type": "String", "Value": value, "Tags": {"team": "api"}}
            return resource("AWS::SSM::Parameter", properties)

        outputs = {"Name": {"Value": ref("P")}, "Value": {"Value": att("P", "Value")}}
        self.deploy({"P": parameter("5")}, Outputs=outputs)
        found = self.deploy({"P": parameter("9")}, Outputs=outputs)
        self.assertEqual(found, {"Name": "/app/threshold", "Value": "9"})
        self.assertEqual(aws("ssm").get_parameter(Name="/app/threshold")["Parameter"]["Value"], "9")
        self.destroy()
        with self.assertRaises(aws("ssm").exceptions.ParameterNotFound):
            aws("ssm").get_parameter(Name="/app/threshold")


class DeploymentTest(StackTest):
    def test_failed_update_puts_everything_back(self) -> None:
        self.deploy({"A": alarm(Threshold=5), "T": topic()})
        composite = resource("AWS::CloudWatch::CompositeAlarm", {"AlarmName": "c", "AlarmRule": "ALARM(none)"})
        self.assert_fails({"A": alarm(Threshold=9), "B": alarm(AlarmName="new"), "C": composite}, "do not exist")
        (found,) = aws("cloudwatch").describe_alarms()["MetricAlarms"]
        self.assertEqual((found["AlarmName"], found["Threshold"]), ("errors", 5.0))
        self.assertEqual(len(aws("sns").list_topics()["Topics"]), 1)

    def test_failed_update_keeps_what_it_had_replaced(self) -> None:
        self.deploy({"A": alarm()})
        composite = resource("AWS::CloudWatch::CompositeAlarm", {"AlarmName": "c", "AlarmRule": "ALARM(none)"}, DependsOn="A")
        self.assert_fails({"A": alarm(AlarmName="renamed"), "C": composite}, "do not exist")
        names = [each["AlarmName"] for each in aws("cloudwatch").describe_alarms()["MetricAlarms"]]
        self.assertEqual(names, ["errors"])

    def test_retained_resource_survives_its_stack(self) -> None:
        self.deploy({"T": topic() | {"DeletionPolicy": "Retain"}})
        self.destroy()
        (found,) = aws("sns").list_topics()["Topics"]
        aws("sns").delete_topic(TopicArn=found["TopicArn"])

    def test_resource_with_a_false_condition_is_not_made(self) -> None:
        conditions = {"Never": {"Fn::Equals": ["a", "b"]}}
        actions = {"Fn::If": ["Never", [ref("T")], [ref("AWS::NoValue")]]}
        resources = {"A": alarm(AlarmActions=actions), "T": topic() | {"Condition": "Never"}}
        self.deploy(resources, Conditions=conditions)
        self.assertEqual(aws("sns").list_topics()["Topics"], [])
        self.assertEqual(aws("cloudwatch").describe_alarms()["MetricAlarms"][0]["AlarmActions"], [])

    def test_circular_dependency_fails(self) -> None:
        resources = {"A": topic("a", DisplayName=ref("B")), "B": topic("b", DisplayName=ref("A"))}
        self.assert_fails(resources, "Circular dependency")

    def test_reference_to_nothing_fails(self) -> None:
        self.assert_fails({"A": alarm(AlarmActions=[ref("Typo")])}, "[Typo]")

    def test_unknown_attribute_fails(self) -> None:
        self.assert_fails({"T": topic(), "A": alarm(AlarmActions=[att("T", "Typo")])}, "Typo")

    def test_change_set_shows_changes_and_gives_outputs_and_tags(self) -> None:
        cloudformation = aws("cloudformation")
        self.addCleanup(self.destroy)
        for kind, threshold in (("CREATE", 5), ("UPDATE", 9)):
            template = {"Resources": {"A": alarm(Threshold=threshold)}, "Outputs": {"Name": {"Value": ref("A")}}}
            change = {"StackName": "test", "ChangeSetName": "deploy"}
            cloudformation.create_change_set(
                TemplateBody=json.dumps(template),
                ChangeSetType=kind,
                Tags=[{"Key": "stage", "Value": "prod"}],
                **change,
            )
            described = cloudformation.describe_change_set(**change)
            self.assertEqual(described["Status"], "CREATE_COMPLETE")
            (changed,) = [each["ResourceChange"] for each in described["Changes"]]
            names = [each["Target"]["Name"] for each in changed.get("Details", [])]
            self.assertEqual(names, ["Threshold"] if kind == "UPDATE" else [])
            cloudformation.execute_change_set(**change)
        (stack,) = cloudformation.describe_stacks(StackName="test")["Stacks"]
        self.assertEqual(stack["StackStatus"], "UPDATE_COMPLETE")
        self.assertEqual(stack["Outputs"][0]["OutputValue"], "errors")
        self.assertEqual(stack["Tags"], [{"Key": "stage", "Value": "prod"}])
        self.assertEqual(aws("cloudwatch").describe_alarms()["MetricAlarms"][0]["Threshold"], 9.0)

    def test_change_set_without_changes_says_so(self) -> None:
        self.deploy({"A": alarm()})
        cloudformation = aws("cloudformation")
        change = {"StackName": "test", "ChangeSetName": "same"}
        cloudformation.create_change_set(TemplateBody=json.dumps({"Resources": {"A": alarm()}}), **change)
        described = cloudformation.describe_change_set(**change)
        self.assertEqual(described["Status"], "FAILED")
        self.assertIn("didn't contain changes", described["StatusReason"])

    def test_new_stack_does_not_find_the_change_sets_of_a_deleted_one(self) -> None:
        cloudformation = aws("cloudformation")
        self.addCleanup(self.destroy)
        change = {"StackName": "test", "ChangeSetName": "deploy"}
        for _ in range(2):
            template = json.dumps({"Resources": {"A": alarm()}})
            cloudformation.create_change_set(TemplateBody=template, ChangeSetType="CREATE", **change)
            cloudformation.execute_change_set(**change)
            cloudformation.delete_change_set(**change)
            with self.assertRaises(cloudformation.exceptions.ChangeSetNotFoundException):
                cloudformation.describe_change_set(**change)
            cloudformation.delete_change_set(**change)
            self.destroy()

    def test_exports_reach_other_stacks(self) -> None:
        exported = {"Arn": {"Value": ref("T"), "Export": {"Name": "pages-arn"}}}
        self.deploy({"T": topic()}, Outputs=exported)
        self.deploy({"A": alarm(AlarmActions=[{"Fn::ImportValue": "pages-arn"}])}, name="second")
        (found,) = aws("cloudwatch").describe_alarms()["MetricAlarms"]
        self.assertEqual(found["AlarmActions"], ["arn:aws:sns:eu-central-1:111122223333:pages"])

    def test_protected_stack_is_not_deleted(self) -> None:
        self.deploy({"T": topic()}, EnableTerminationProtection=True)
        with self.assertRaisesRegex(ClientError, "TerminationProtection"):
            self.destroy()
        aws("cloudformation").update_termination_protection(StackName="test", EnableTerminationProtection=False)

    def test_unknown_type_is_listed_and_not_passed_over(self) -> None:
        self.deploy({"X": resource("AWS::DevOpsGuru::NotificationChannel"), "A": alarm(), "M": resource("AWS::CDK::Metadata")})
        types = held()
        self.assertEqual(types["AWS::DevOpsGuru::NotificationChannel"]["held"], False)
        self.assertIn("does not know this type", types["AWS::DevOpsGuru::NotificationChannel"]["reason"])
        self.assertEqual(types["AWS::CDK::Metadata"]["held"], False)
        self.assertEqual(types["AWS::CloudWatch::Alarm"], {"count": 1, "held": True, "readWith": "cloudwatch DescribeAlarms"})
        listed = aws("cloudformation").list_stack_resources(StackName="test")["StackResourceSummaries"]
        self.assertEqual(len(listed), 3)

    def test_attribute_of_an_unknown_type_fails(self) -> None:
        unknown = resource("AWS::DevOpsGuru::NotificationChannel")
        self.assert_fails({"X": unknown, "T": topic(DisplayName=att("X", "Id"))}, "does not support attribute type Id")


class MetricTest(unittest.TestCase):
    """Metrics are published as an application's SDK for Go does, and read as boto3 does."""

    NAMESPACE = "Test"

    def setUp(self) -> None:
        # Each test has metrics of its own: nothing deletes a sample.
        self.name = self.id().rsplit(".", 1)[1]
        self.minute = datetime.fromtimestamp(time.time() // 60 * 60 - 600, UTC)

    def put(self, *data: dict, region: str = REGION, namespace: str = NAMESPACE) -> None:
        data = [{"MetricName": self.name, "Timestamp": self.minute} | each for each in data]
        cbor("PutMetricData", compressed=True, region=region, Namespace=namespace, MetricData=data)

    def read(self, statistic: str, period: int = 60, region: str = REGION, **metric) -> list[float]:
        stat = {"Metric": {"Namespace": self.NAMESPACE, "MetricName": self.name} | metric, "Period": period, "Stat": statistic}
        answer = aws("cloudwatch", region).get_metric_data(
            MetricDataQueries=[{"Id": "m", "MetricStat": stat}],
            StartTime=self.minute - timedelta(hours=1),
            EndTime=self.minute + timedelta(hours=1),
            ScanBy="TimestampAscending",
        )
        return answer["MetricDataResults"][0]["Values"]

    def test_every_statistic_is_of_values_and_their_counts(self) -> None:
        self.put({"Values": [1, 2, 10], "Counts": [10, 9, 1], "Unit": "Milliseconds"}, {"Value": 40, "Unit": "Milliseconds"})
        expected = {"SampleCount": 21, "Sum": 78, "Average": 78 / 21, "Minimum": 1, "Maximum": 40}
        # Nearest rank: the 20th of 21 values is the first at or below which 95 % lie.
        expected |= {"p50": 2, "p95": 10, "p90.5": 10, "p0": 1, "p100": 40}
        self.assertEqual({name: self.read(name)[0] for name in expected}, expected)
        (point,) = aws("cloudwatch").get_metric_statistics(
            Namespace=self.NAMESPACE,
            MetricName=self.name,
            StartTime=self.minute,
            EndTime=self.minute + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum", "Maximum"],
            ExtendedStatistics=["p95"],
        )["Datapoints"]
        expected = {"Timestamp": self.minute, "Unit": "Milliseconds", "Sum": 78, "Maximum": 40, "ExtendedStatistics": {"p95": 10}}
        self.assertEqual(point, expected)

    def test_samples_fall_into_the_period_of_their_timestamp(self) -> None:
        later = self.minute + timedelta(seconds=60)
        self.put({"Value": 5, "Timestamp": later}, {"Value": 1}, {"Value": 2, "Timestamp": self.minute + timedelta(seconds=59.9)})
        self.assertEqual(self.read("Sum"), [3, 5])
        self.assertEqual(self.read("Sum", period=3600 * 24), [8])

    def test_percentiles_need_every_value_and_none_below_zero(self) -> None:
        self.put({"StatisticValues": {"SampleCount": 3, "Sum": 6, "Minimum": 1, "Maximum": 3}})
        self.assertEqual((self.read("Average"), self.read("Maximum"), self.read("p95")), ([2], [3], []))
        pool = {"Dimensions": [{"Name": "Pool", "Value": "main"}]}
        self.put({"Values": [-1, 1]} | pool)
        self.assertEqual((self.read("Minimum", **pool), self.read("p50", **pool)), ([-1], []))

    def test_dimensions_regions_and_units_keep_samples_apart(self) -> None:
        dimensions = [{"Name": "A", "Value": "1"}, {"Name": "B", "Value": "2"}]
        self.put({"Value": 1}, {"Value": 2, "Dimensions": dimensions}, {"Value": 3, "Dimensions": dimensions[:1]})
        self.put({"Value": 4}, region="us-east-1")
        self.assertEqual(self.read("Sum"), [1])
        self.assertEqual(self.read("Sum", Dimensions=dimensions[::-1]), [2])
        self.assertEqual(self.read("Sum", region="us-east-1"), [4])
        listed = aws("cloudwatch").list_metrics(Namespace=self.NAMESPACE, MetricName=self.name, Dimensions=[{"Name": "B"}])["Metrics"]
        self.assertEqual([each["Dimensions"] for each in listed], [dimensions])

    def test_a_call_may_have_a_thousand_distributions(self) -> None:
        values = {"Values": [float(n) for n in range(40)], "Counts": [2.0] * 40, "Unit": "Seconds"}
        self.put(*({"MetricName": f"{self.name}-{n}"} | values for n in range(1000)))
        self.name += "-999"
        self.assertEqual(self.read("SampleCount"), [80])

    def test_what_cloudwatch_refuses_is_refused(self) -> None:
        def dimensions(count: int) -> list[dict]:
            return [{"Name": f"d{n}", "Value": "x"} for n in range(count)]

        now = datetime.now(UTC)
        summary = {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}
        for reason, datum in {
            "MetricName is required": {"MetricName": "", "Value": 1},
            "one of Value, Values and StatisticValues": {},
            "mutually exclusive": {"Value": 1, "Values": [1]},
            "nan for parameter MetricData.member.1": {"Value": math.nan},
            "inf for parameter": {"Values": [1, math.inf]},
            "-2^360 to 2^360": {"Value": 1e200},
            "greater than 150, not 151": {"Values": [1] * 151},
            "same length, not 2 and 1": {"Values": [1, 2], "Counts": [1]},
            "positive number": {"Values": [1, 2], "Counts": [1, 0]},
            "SampleCount must be positive": {"StatisticValues": summary | {"SampleCount": 0}},
            "Minimum no more than Maximum": {"StatisticValues": summary | {"Minimum": 2}},
            "value Furlongs for parameter MetricData.member.1.Unit": {"Value": 1, "Unit": "Furlongs"},
            "two weeks in the past": {"Value": 1, "Timestamp": now - timedelta(days=14, minutes=1)},
            "two hours in the future": {"Value": 1, "Timestamp": now + timedelta(hours=2, minutes=1)},
            "greater than 30, not 31": {"Value": 1, "Dimensions": dimensions(31)},
            "name a dimension twice": {"Value": 1, "Dimensions": dimensions(1) * 2},
            "Value is required": {"Value": 1, "Dimensions": [{"Name": "d", "Value": ""}]},
            "ASCII": {"Value": 1, "MetricName": "größe"},
            "Allowed: 1, 60": {"Value": 1, "StorageResolution": 30},
        }.items():
            with self.subTest(reason), self.assertRaises(Refused) as caught:
                # All or nothing: the first datum is good.
                self.put({"Value": 7}, datum)
            self.assertIn(reason.replace("member.1", "member.2"), str(caught.exception))
        self.assertEqual(self.read("Sum"), [])
        for reason, namespace, data in (
            ("greater than 1000, not 1001", "Test", [{"Value": 1}] * 1001),
            ("Namespace is required", "", [{"Value": 1}]),
            ("value AWS/RDS for parameter Namespace", "AWS/RDS", [{"Value": 1}]),
            ("MetricData is required", "Test", []),
            ("1 MB", "Test", [{"Values": [n + 0.1 for n in range(150)], "Counts": [1.5] * 150}] * 500),
        ):
            with self.subTest(reason), self.assertRaisesRegex(Refused, re.escape(reason)):
                self.put(*data, namespace=namespace)

    def test_what_cannot_be_read_is_refused_too(self) -> None:
        for datum in ("text", {"Dimensions": "text"}, {"Timestamp": "soon", "Value": 1}, {"Values": 7}, {"Value": "one"}):
            with self.subTest(datum), self.assertRaisesRegex(Refused, "cannot be read|is invalid"):
                data = [{"MetricName": self.name} | datum if isinstance(datum, dict) else datum]
                cbor("PutMetricData", Namespace=self.NAMESPACE, MetricData=data)
        for body in (b"", b"garbage", cbor2.dumps([1]), gzip.compress(cbor2.dumps({}))):
            with self.subTest(body), self.assertRaises(Refused) as caught:
                send("PutMetricData", body)
            self.assertNotIn("InternalFailure", str(caught.exception))

    def test_everything_that_arrived_is_read_back_with_its_time(self) -> None:
        after = latest()
        began = time.time()
        pool = [{"Name": "Pool", "Value": "main"}]
        self.put({"Values": [1, 2], "Counts": [3, 1], "Unit": "Count", "Dimensions": pool})
        # What AWS publishes by itself comes in the same form, by a door of its own.
        instance = [{"Name": "DBInstanceIdentifier", "Value": "main"}]
        datum = {"MetricName": "FreeStorageSpace", "Dimensions": instance, "Value": 5e9, "Timestamp": self.minute.timestamp()}
        control("metrics", {"Region": "us-east-1", "Namespace": "AWS/RDS", "MetricData": [datum]})
        first, second = control(f"metrics?after={after}")["MetricData"]
        self.assertTrue(began <= first.pop("Arrived") <= second.pop("Arrived") <= time.time())
        common = {"Namespace": self.NAMESPACE, "MetricName": self.name, "Dimensions": pool, "Timestamp": self.minute.timestamp()}
        self.assertEqual(first, common | {"Region": REGION, "Unit": "Count", "Values": [1, 2], "Counts": [3, 1]})
        self.assertEqual((second["Namespace"], second["Region"], second["Values"]), ("AWS/RDS", "us-east-1", [5e9]))
        only = control(f"metrics?after={after}&region=us-east-1")["MetricData"]
        self.assertEqual([each["MetricName"] for each in only], ["FreeStorageSpace"])

    def test_expressions_and_unknown_statistics_are_refused_not_guessed(self) -> None:
        with self.assertRaisesRegex(ClientError, "evaluates none"):
            aws("cloudwatch").get_metric_data(
                MetricDataQueries=[{"Id": "e", "Expression": "1 + 1"}], StartTime=self.minute, EndTime=self.minute + timedelta(hours=1)
            )
        with self.assertRaisesRegex(ClientError, "no statistic TM"):
            self.read("TM(1%:99%)")

    def test_a_full_store_lets_the_oldest_go_and_says_so(self) -> None:
        store = Store(capacity=3 * (OVERHEAD + 1))
        metric = Metric("Test", self.name, ())
        for value in range(5):
            store.put(REGION, [Sample.of(metric, {"Value": value}, now=100 - value)])
        told = store.arrived(1, 10, None)
        self.assertEqual(([each["Values"] for each in told["MetricData"]], told["Dropped"]), ([[2], [3], [4]], 1))
        ((_, kept),) = store.read(REGION, metric, None, 0, 1000, 3600)
        self.assertEqual((statistic("Sum", kept), statistic("Maximum", kept)), (9, 4))


class ContractTest(unittest.TestCase):
    def test_what_is_not_in_the_contract_is_refused_with_what_is(self) -> None:
        contract = Contract.read(HERE.parent / "metrics" / "contract.json")
        pool = (("Environment", "prod"), ("Pool", "main"))
        contract.check(Metric("RestartiX/CoreAPI", "postgres.pool.wait_count", pool), "Count")
        for reason, metric, unit in (
            ("did you mean RestartiX/CoreAPI?", Metric("Restartix/CoreAPI", "postgres.pool.wait_count", pool), "Count"),
            ("did you mean postgres.pool.wait_count?", Metric("RestartiX/CoreAPI", "postgres.pool.wait_counts", pool), "Count"),
            ("its unit is Count, not None", Metric("RestartiX/CoreAPI", "postgres.pool.wait_count", pool), "None"),
            ("allowed: {Environment, Pool} or", Metric("RestartiX/CoreAPI", "postgres.pool.wait_count", pool[:1]), "Count"),
            ("its source is log", Metric("RestartiX/CoreAPI", "log.error.count", pool[:1]), "Count"),
            ("Method is one of GET", Metric("RestartiX/CoreAPI", "http.request.count", (*pool[:1], ("Method", "BREW"))), "Count"),
        ):
            with self.subTest(reason), self.assertRaisesRegex(Refusal, re.escape(reason)):
                contract.check(metric, unit)

    def test_a_file_that_is_no_contract_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "README.md is no contract"):
            Contract.read(HERE / "README.md")


class PatternTest(unittest.TestCase):
    EVENT = {
        "level": "ERROR",
        "msg": "slow_query",
        "ms": 612.5,
        "status": 404,
        "code": "17",
        "user": None,
        "ok": True,
        "tags": ["a", {"k": "v"}],
        "ip": "10.0.0.7",
        "a.b": 1,
    }
    LINE = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'

    def check(self, message: str, matching: tuple[str, ...], others: tuple[str, ...]) -> None:
        for text in (*matching, *others):
            with self.subTest(text):
                self.assertEqual(Pattern(text).matches(message) is not None, text in matching)

    def test_json(self) -> None:
        matching = (
            '{ $.level = "ERROR" }',
            "{$.level=ERROR}",
            '{ $.level = "ERR*" && $.ms > 500 }',
            "{ $.ms > 5000 || ($.status = 4* && $.ok IS TRUE) }",
            '{ $.level = "ERROR" || $.msg = "x" && $.ok IS FALSE }',
            "{ $.status >= 404 && $.status < 405 }",
            "{ $.status = 404 }",
            "{ $.code = 17 }",
            "{ $.user IS NULL }",
            "{ $.nope NOT EXISTS }",
            "{ $.ip = 10.0.* }",
            '{ $.tags[1].k = "v" }',
            "{ $['a.b'] = 1 }",
            "{ $.msg = %^slow_[a-z]+$% }",
            '{ $.ms = "*" }',
        )
        others = (
            '{ $.level = "error" }',
            "{ $.level NOT EXISTS }",
            '{ $.nope != "x" }',
            "{ $.ip != 10.0.* }",
            "{ $.ip > 10 }",
            "{ $.tags[9] = 1 }",
            "{ $.ok IS NULL }",
            "{ ($.level = ERROR || $.ok IS TRUE) && $.ms < 1 }",
        )
        self.check(json.dumps(self.EVENT), matching, others)
        self.assertIsNone(Pattern("{ $.nope NOT EXISTS }").matches("not JSON"))

    def test_terms(self) -> None:
        matching = ("", "ERROR", '"slow_query" ERROR', "ERROR -FATAL", "?FATAL ?ERROR", r'%"ms":\s*6%', '"10.0.0.7"')
        self.check(json.dumps(self.EVENT), matching, ("error", "ERROR FATAL", "ERROR -slow_query", "?FATAL ?WARN"))

    def test_space_delimited(self) -> None:
        matching = (
            "[ip, server, username, timestamp, request, status_code, bytes]",
            "[ip, server, username, timestamp, request, status_code = 4*, bytes > 1000]",
            "[..., status_code=404 || status_code=500, bytes]",
            '[ip, ..., request = "*.html*", status_code, bytes]',
        )
        self.check(self.LINE, matching, ("[ip, server]", "[ip != 127.0.0.1, ...]", "[ip, ..., bytes > 2000]"))
        event = Pattern(matching[0]).matches(self.LINE)
        self.assertEqual((select(event, "$timestamp"), select(event, "$bytes")), ("10/Oct/2000:13:25:15 -0700", "1534"))

    def test_what_is_no_pattern_is_refused_with_the_reason(self) -> None:
        for text, reason in {
            "{ $.a = 1": "does not end with }",
            "{ $.a = }": "ends where a value is expected",
            "{ level = 1 }": "level stands where a property",
            '{ $.a > "x" }': "> compares numbers",
            "{ ($.a = 1 }": "a parenthesis is not closed",
            "{ $.a = 1 $.b = 2 }": "$.b is not expected here",
            "{ $.a ~ 1 }": "~ is no operator",
            "{ $.a = && }": "&& stands where a value",
            "{ $.a IS MAYBE }": "not MAYBE",
            "[a": "ends with ]",
            "a-b": "must be in double quotes",
        }.items():
            with self.subTest(text), self.assertRaisesRegex(ValueError, re.escape(reason)):
                Pattern(text)


class RuleTest(unittest.TestCase):
    def test_a_rule_names_its_alarms(self) -> None:
        for text, children in {
            "ALARM(a)": ["a"],
            "ALARM(\"a b\") AND (NOT OK(arn:aws:cloudwatch:eu-central-1:1:alarm:c) OR INSUFFICIENT_DATA('d'))": ["a b", "c", "d"],
            'AT_LEAST(2, ALARM, (a, "b(1)", c)) AND TRUE': ["a", "b(1)", "c"],
            "AT_LEAST(50%, NOT OK, (a, b)) OR FALSE": ["a", "b"],
        }.items():
            with self.subTest(text):
                self.assertEqual(Rule(text).children, children)

    def test_what_is_no_rule_is_refused_with_the_place(self) -> None:
        for text, reason in {
            "": "the end stands where an alarm's state",
            "ALARM(a": "the end stands where )",
            "ALARM(a) ALARM(b)": "ALARM is not expected here",
            "ALARM() OR OK(b)": ") stands where an alarm is expected",
            "alarm(a)": "alarm stands where",
            "AT_LEAST(0, ALARM, (a))": "AT_LEAST takes a number of alarms",
            "AT_LEAST(101%, ALARM, (a))": "AT_LEAST takes a number of alarms",
            'ALARM("a)': "a quote that is not closed",
        }.items():
            with self.subTest(text), self.assertRaisesRegex(ValueError, re.escape(reason)):
                Rule(text)


class ReadBackTest(StackTest):
    def test_missing_resources_are_reported_in_the_service_s_own_words(self) -> None:
        arn = "arn:aws:apprunner:eu-central-1:111122223333:service/none/0"
        for service, operation, params in (
            ("apprunner", "describe_service", {"ServiceArn": arn}),
            ("application-signals", "get_service_level_objective", {"Id": "none"}),
            ("cloudwatch", "get_alarm_mute_rule", {"AlarmMuteRuleName": "none"}),
            ("logs", "delete_query_definition", {"queryDefinitionId": "none"}),
        ):
            with self.subTest(operation), self.assertRaises(ClientError) as caught:
                getattr(aws(service), operation)(**params)
            self.assertEqual(caught.exception.response["Error"]["Code"], "ResourceNotFoundException")

    def test_alarms_are_read_back_in_cbor_too(self) -> None:
        composite = {"AlarmName": "c", "AlarmRule": {"Fn::Sub": "ALARM(${A})"}}
        self.deploy({"A": alarm(), "C": resource("AWS::CloudWatch::CompositeAlarm", composite)})
        answer = cbor("DescribeAlarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        (found,) = answer["MetricAlarms"]
        self.assertEqual((found["AlarmName"], found["Threshold"]), ("errors", 5.0))
        self.assertIsInstance(found["StateUpdatedTimestamp"], datetime)
        self.assertEqual(answer["CompositeAlarms"][0]["AlarmRule"], "ALARM(errors)")
        with self.assertRaisesRegex(Refused, "DashboardNotFound"):
            cbor("GetDashboard", DashboardName="none")


class ServerTest(unittest.TestCase):
    def test_readme_lists_every_held_type(self) -> None:
        listed = set(re.findall(r"^\| `(AWS::[\w:]+)`", (HERE / "README.md").read_text(), re.MULTILINE))
        self.assertEqual(listed, set(control("types")))

    def test_account_is_the_one_asked_for(self) -> None:
        self.assertEqual(aws("sts").get_caller_identity()["Account"], ACCOUNT)

    @unittest.skipUnless(Path("/proc/net/tcp").exists(), "reads Linux's list of listening sockets")
    def test_only_loopback_is_listened_on(self) -> None:
        port = f"{int(emulator.url.rsplit(':', 1)[1]):04X}"
        listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        hosts = {line[1].split(":")[0] for line in listening if line[1].endswith(f":{port}") and line[3] == "0A"}
        self.assertEqual(hosts, {"0100007F"})

    def test_stops_at_once_on_ctrl_c_and_leaves_nothing(self) -> None:
        other = Emulator()
        self.assertEqual(int((other.state / "pid").read_text()), other.process.pid)
        # A request that is still being answered is not waited for.
        with socket.create_connection(("localhost", int((other.state / "port").read_text()))) as half:
            half.sendall(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n")
            other.process.send_signal(signal.SIGINT)
            self.assertEqual(other.process.wait(timeout=60), 0)
        self.assertEqual(list(other.state.iterdir()), [])
        other.stop()

    def test_stops_by_itself_when_idle(self) -> None:
        other = Emulator("--idle-minutes", "0.01")
        self.assertEqual(other.process.wait(timeout=60), 0)
        self.assertEqual(list(other.state.iterdir()), [])
        other.stop()

    def test_stops_with_the_process_that_started_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            state = Path(folder) / "state"
            command = [sys.executable, str(HERE / "server.py"), "--state", str(state), "--with-parent"]
            starter = f"import subprocess, sys; subprocess.Popen({command!r}, stderr=subprocess.DEVNULL); sys.stdin.read()"
            with subprocess.Popen([sys.executable, "-c", starter], stdin=subprocess.PIPE) as parent:
                await_(lambda: (state / "port").exists())
                parent.kill()
            await_(lambda: not list(state.iterdir()))

    def test_a_second_one_in_the_same_place_is_told_about_the_first(self) -> None:
        second = subprocess.run(
            [sys.executable, str(HERE / "server.py"), "--state", str(emulator.state)], stderr=subprocess.PIPE, text=True, check=False
        )
        self.assertEqual(second.returncode, 1)
        self.assertIn(f"process {emulator.process.pid}", second.stderr)
        self.assertEqual(aws("sts").get_caller_identity()["Account"], ACCOUNT)


class StateTest(unittest.TestCase):
    """Starting and stopping from the shell, as make up and make down do."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.place = Path(self.folder.name) / "state"

    def state(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, str(HERE / "state.py"), *arguments]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    def holder(self, body: str) -> subprocess.Popen:
        """A process that has the emulator's lock."""
        text = f"import sys, time; sys.path.insert(0, {str(HERE)!r}); from pathlib import Path; from state import *\n{body}"
        process = subprocess.Popen([sys.executable, "-c", text])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        await_(lambda: (self.place / "ready").exists())
        return process

    TAKE = "s = State(Path({!r})); s.emulator.take(); (s.directory / 'ready').touch()\n"

    def test_an_emulator_is_stopped_with_all_that_it_wrote(self) -> None:
        other = Emulator()
        (other.state / "cdk.out").mkdir()
        (other.state / "phase1.md").touch()
        self.assertEqual(self.state("running", str(other.state)).returncode, 0)
        self.assertEqual(self.state("stop", str(other.state)).stdout, "stopped\n")
        self.assertEqual(self.state("running", str(other.state)).returncode, 1)
        self.assertFalse(other.state.exists())
        self.assertEqual(self.state("stop", str(other.state)).stdout, "the emulator does not run\n")
        other.stop()

    def test_one_that_does_not_stop_is_killed(self) -> None:
        stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + self.TAKE.format(str(self.place)) + "time.sleep(600)"
        process = self.holder(stubborn)
        with unittest.mock.patch("state.PATIENCE", 0.2):
            self.assertIn("did not stop in 0.2 s, and was killed", State(self.place).stop())
        self.assertEqual(process.wait(timeout=60), -signal.SIGKILL)

    def test_a_process_that_only_has_the_number_is_left_alone(self) -> None:
        """The number of an emulator that was killed may be somebody else's by now."""
        self.place.mkdir()
        for name in ("lock", "pid"):
            (self.place / name).write_text(str(os.getpid()))
        self.assertEqual(self.state("stop", str(self.place)).stdout, "the emulator does not run\n")
        self.assertFalse(self.place.exists())

    def test_two_deployments_at_once_are_told_about_each_other(self) -> None:
        self.place.mkdir()
        sleeper = [sys.executable, str(HERE / "state.py"), "hold", str(self.place), "sleep", "600"]
        with subprocess.Popen(sleeper) as first:
            await_(lambda: State(self.place).deployment.holder() == first.pid)
            second = self.state("hold", str(self.place), "true")
            self.assertEqual(second.returncode, 1)
            self.assertIn(f"another make up (process {first.pid})", second.stdout)
            first.kill()
        self.assertEqual(self.state("hold", str(self.place), "true").returncode, 0)


def await_(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it did not happen in a minute")
        time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
