"""CloudWatch: alarms, composite alarms, dashboards, alarm mute rules."""

import re
from collections import defaultdict

from moto.cloudformation.exceptions import ValidationError
from moto.cloudwatch.exceptions import ResourceNotFoundException
from moto.cloudwatch.exceptions import ValidationError as InvalidAlarm
from moto.cloudwatch.models import cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from .resource import Resource, extends

PUT_METRIC_ALARM = CloudWatchResponse.put_metric_alarm

# (account, region) -> name -> rule
MUTE_RULES: dict[tuple[str, str], dict[str, dict]] = defaultdict(dict)

# ALARM(name), OK("a name"): the name is what is between the quotes, or has no blank.
ALARM_IN_RULE = re.compile(r"""\b(?:ALARM|OK|INSUFFICIENT_DATA)\(\s*(?:"([^"]+)"|'([^']+)'|([^\s"'()]+))\s*\)""")


@extends(CloudWatchResponse)
class Api:
    def put_metric_alarm(self) -> EmptyResult:
        """moto drops some fields (a query's AccountId, a suppressor); the request has them all."""
        backend, params = self.cloudwatch_backend, self._get_params()
        before = backend.alarms.get(params["AlarmName"])
        PUT_METRIC_ALARM(self)
        alarm = backend.alarms[params["AlarmName"]]
        # An update leaves an alarm's state alone, and a new alarm has seen no data.
        alarm.state_value = before.state_value if before else "INSUFFICIENT_DATA"
        for name, value in params.items():
            setattr(alarm, name, value)
        alarm.metric_data_queries = params.get("Metrics", [])
        return EmptyResult()

    def put_composite_alarm(self) -> EmptyResult:
        found = ALARM_IN_RULE.findall(self._get_param("AlarmRule"))
        names = ["".join(groups).rsplit(":alarm:", 1)[-1] for groups in found]
        missing = [name for name in names if name not in self.cloudwatch_backend.alarms]
        if missing:
            raise InvalidAlarm(
                f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist"
            )
        return self.put_metric_alarm()

    def describe_alarms(self) -> ActionResult:
        """As AWS: only metric alarms unless AlarmTypes names the others, every filter counts, pages of 50."""
        types = self._get_param("AlarmTypes") or ["MetricAlarm"]
        names, prefix = self._get_param("AlarmNames"), self._get_param("AlarmNamePrefix") or ""
        action, state = self._get_param("ActionPrefix") or "", self._get_param("StateValue")
        found = [
            alarm
            for alarm in self.cloudwatch_backend.alarms.values()
            if ("MetricAlarm" if alarm.rule is None else "CompositeAlarm") in types
            and (not names or alarm.name in names)
            and alarm.name.startswith(prefix)
            and (not action or any(arn.startswith(action) for arn in alarm.alarm_actions))
            and (not state or alarm.state_value == state)
        ]
        start, size = int(self._get_param("NextToken") or 0), self._get_param("MaxRecords") or 50
        page = found[start : start + size]
        answer = {
            "MetricAlarms": [alarm for alarm in page if alarm.rule is None],
            "CompositeAlarms": [alarm for alarm in page if alarm.rule is not None],
        }
        if start + size < len(found):
            answer["NextToken"] = str(start + size)
        return ActionResult(answer)

    def tag_resource(self) -> EmptyResult:
        """moto tags alarms only; dashboards and mute rules have tags too."""
        self.cloudwatch_backend.tagger.tag_resource(self._get_param("ResourceARN"), self._get_param("Tags"))
        return EmptyResult()

    @property
    def mute_rules(self) -> dict[str, dict]:
        return MUTE_RULES[self.current_account, self.region]

    def put_alarm_mute_rule(self) -> EmptyResult:
        params = dict(self._get_params())
        name, tags = params["Name"], params.pop("Tags", None)
        muted = params.get("MuteTargets", {}).get("AlarmNames", [])
        if len(muted) > 100:
            raise InvalidAlarm(f"An alarm mute rule can target at most 100 alarms, not {len(muted)}")
        arn = f"arn:aws:cloudwatch:{self.region}:{self.current_account}:alarm-mute-rule:{name}"
        if tags:
            self.cloudwatch_backend.tagger.tag_resource(arn, tags)
        self.mute_rules[name] = params | {
            "AlarmMuteRuleArn": arn,
            "Status": "SCHEDULED",
            "LastUpdatedTimestamp": utcnow(),
        }
        return EmptyResult()

    def get_alarm_mute_rule(self) -> ActionResult:
        name = self._get_param("AlarmMuteRuleName")
        if name not in self.mute_rules:
            raise ResourceNotFoundException(f"Alarm mute rule {name} does not exist")
        return ActionResult(self.mute_rules[name])

    def list_alarm_mute_rules(self) -> ActionResult:
        alarm = self._get_param("AlarmName")
        rules = [
            rule
            for rule in self.mute_rules.values()
            if not alarm or alarm in rule.get("MuteTargets", {}).get("AlarmNames", [])
        ]
        return ActionResult({"AlarmMuteRuleSummaries": rules})

    def delete_alarm_mute_rule(self) -> EmptyResult:
        self.mute_rules.pop(self._get_param("AlarmMuteRuleName"), None)
        return EmptyResult()


class CloudWatchResource(Resource):
    """A resource whose properties are the parameters of one Put call."""

    PUT: str
    # The property with the name, generated when a template leaves it out.
    NAME: str
    GIVES_ARN = True

    def create(self, properties: dict, generated_name: str) -> None:
        name = properties.get(self.NAME) or generated_name
        if self.exists(name):
            raise ValidationError(message=f"{name} already exists")
        self.put(properties | {self.NAME: name})
        self.physical_resource_id = name
        if self.GIVES_ARN:
            self.attributes["Arn"] = self.arn()

    def update(self, properties: dict, previous: dict) -> None:
        self.put(properties | {self.NAME: self.name()})
        gone = self.gone_tags()
        if gone:
            self.call("cloudwatch", "UntagResource", ResourceARN=self.arn(), TagKeys=gone)

    def put(self, properties: dict) -> None:
        if self.tags:
            properties = properties | {"Tags": self.tag_list()}
        self.call("cloudwatch", self.PUT, **properties)

    def name(self) -> str:
        return self.physical_resource_id

    def exists(self, name: str) -> bool:
        raise NotImplementedError

    def arn(self) -> str:
        raise NotImplementedError


class Alarm(CloudWatchResource):
    TYPE = "AWS::CloudWatch::Alarm"
    READ_WITH = "cloudwatch DescribeAlarms"
    NAME = "AlarmName"
    REPLACED_BY = ("AlarmName",)
    PUT = "PutMetricAlarm"

    def exists(self, name: str) -> bool:
        return name in cloudwatch_backends[self.account][self.region].alarms

    def arn(self) -> str:
        return f"arn:aws:cloudwatch:{self.region}:{self.account}:alarm:{self.name()}"

    def delete(self) -> None:
        self.drop("cloudwatch", "DeleteAlarms", AlarmNames=[self.name()])


class CompositeAlarm(Alarm):
    TYPE = "AWS::CloudWatch::CompositeAlarm"
    READ_WITH = "cloudwatch DescribeAlarms (AlarmTypes CompositeAlarm)"
    PUT = "PutCompositeAlarm"


class Dashboard(CloudWatchResource):
    TYPE = "AWS::CloudWatch::Dashboard"
    READ_WITH = "cloudwatch GetDashboard"
    NAME = "DashboardName"
    REPLACED_BY = ("DashboardName",)
    PUT = "PutDashboard"
    GIVES_ARN = False

    def exists(self, name: str) -> bool:
        return name in cloudwatch_backends[self.account][self.region].dashboards

    def arn(self) -> str:
        return f"arn:aws:cloudwatch::{self.account}:dashboard/{self.name()}"

    def delete(self) -> None:
        self.drop("cloudwatch", "DeleteDashboards", DashboardNames=[self.name()])


class AlarmMuteRule(CloudWatchResource):
    TYPE = "AWS::CloudWatch::AlarmMuteRule"
    READ_WITH = "cloudwatch GetAlarmMuteRule"
    NAME = "Name"
    REPLACED_BY = ("Name",)
    PUT = "PutAlarmMuteRule"

    def create(self, properties: dict, generated_name: str) -> None:
        super().create(properties, generated_name)
        # Ref gives the ARN.
        self.physical_resource_id = self.attributes["Arn"]

    def name(self) -> str:
        return self.physical_resource_id.rsplit(":", 1)[-1]

    def exists(self, name: str) -> bool:
        return name in MUTE_RULES[self.account, self.region]

    def arn(self) -> str:
        return f"arn:aws:cloudwatch:{self.region}:{self.account}:alarm-mute-rule:{self.name()}"

    def delete(self) -> None:
        self.drop("cloudwatch", "DeleteAlarmMuteRule", AlarmMuteRuleName=self.name())
