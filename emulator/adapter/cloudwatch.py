"""CloudWatch's API: alarms, mute rules, dashboards, metrics. All is ours: moto's loses parts of an alarm and is slow with metrics."""

import json
import time
from collections import defaultdict
from collections.abc import Iterable

from .contract import Contract
from .datum import samples
from .metrics import STATISTICS, Metric, Store, is_statistic, seconds, statistic
from .rules import Rule
from .wire import OWN, Refusal, Shelf, Tags, account, model, moment, now, paged

KINDS = ("MetricAlarm", "CompositeAlarm", "LogAlarm")
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
CHILDREN = 100
MUTED = 100
DATAPOINTS = 1_440


class CloudWatch(Tags):
    """The answers to CloudWatch's operations; each takes the Region and the parameters and returns the answer."""

    def __init__(self) -> None:
        super().__init__()
        # Region -> name -> what Describe and Get show of it; an alarm has its kind and its rule's children too.
        self.alarms: dict[str, Shelf] = defaultdict(lambda: Shelf("Alarm", "ResourceNotFound"))
        self.mute_rules: dict[str, Shelf] = defaultdict(lambda: Shelf("Alarm mute rule"))
        # Dashboards are the account's, not a Region's.
        self.dashboards = Shelf("Dashboard", "DashboardNotFoundError")
        self.store = Store()
        self.contract: Contract | None = None

    # Alarms

    def put_metric_alarm(self, region: str, params: dict) -> None:
        self.put_alarm("MetricAlarm", region, params)

    def put_log_alarm(self, region: str, params: dict) -> None:
        self.put_alarm("LogAlarm", region, params)

    def put_composite_alarm(self, region: str, params: dict) -> None:
        try:
            children = Rule(params["AlarmRule"]).children
        except ValueError as error:
            raise Refusal("ValidationException", f"AlarmRule must be a valid rule: {error}") from error
        if len(set(children)) > CHILDREN:
            raise Refusal("ValidationException", f"The alarm rule names {len(set(children))} alarms; at most {CHILDREN} are allowed")
        missing = [name for name in children if name not in self.alarms[region]]
        if missing:
            raise Refusal(
                "ValidationException",
                f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist",
            )
        suppressor = params.get("ActionsSuppressor", "").rsplit(":alarm:", 1)[-1]
        if suppressor and suppressor not in self.alarms[region]:
            raise Refusal("ValidationException", f"Could not save the composite alarm as its suppressor {suppressor} does not exist")
        self.put_alarm("CompositeAlarm", region, params, dict.fromkeys(children))

    def put_alarm(self, kind: str, region: str, params: dict, children: Iterable[str] = ()) -> None:
        name, at = params["AlarmName"], now()
        before = self.alarms[region].get(name)
        if before and before["Kind"] != kind:
            raise Refusal("ValidationException", f"{name} is a {before['Kind']}; its kind cannot be changed")
        arn = f"arn:aws:cloudwatch:{region}:{account()}:alarm:{name}"
        # A new alarm has seen no data; an update leaves the state alone and tags too.
        unseen = {"StateValue": "INSUFFICIENT_DATA", "StateReason": "Unchecked: Initial alarm creation"}
        unseen |= {"StateUpdatedTimestamp": at, "StateTransitionedTimestamp": at}
        state = {key: before[key] for key in (*unseen, "StateReasonData") if key in before} if before else unseen
        given = {key: value for key, value in params.items() if key != "Tags"}
        self.alarms[region][name] = (
            {"Kind": kind, "Children": list(children), "ActionsEnabled": True, **{key: [] for key in ACTIONS}}
            | given
            | state
            | {"AlarmArn": arn, "AlarmConfigurationUpdatedTimestamp": at}
        )
        if not before:
            self.tag_resource(region, {"ResourceARN": arn, "Tags": params.get("Tags", [])})

    def describe_alarms(self, region: str, params: dict) -> dict:
        """As AWS: only metric alarms unless AlarmTypes names the others, every filter counts, pages of 50."""
        kinds = params.get("AlarmTypes") or ["MetricAlarm"]
        names, prefix = params.get("AlarmNames"), params.get("AlarmNamePrefix", "")
        action, state = params.get("ActionPrefix", ""), params.get("StateValue")
        if "ParentsOfAlarmName" in params:
            found = self.parents(region, params["ParentsOfAlarmName"])
        elif "ChildrenOfAlarmName" in params:
            found = [self.alarms[region][name] for name in self.alarms[region].find(params["ChildrenOfAlarmName"])["Children"]]
        else:
            found = [
                alarm
                for alarm in list(self.alarms[region].values())
                if alarm["Kind"] in kinds
                and (not names or alarm["AlarmName"] in names)
                and alarm["AlarmName"].startswith(prefix)
                and (not action or any(arn.startswith(action) for arn in alarm["AlarmActions"]))
                and state in (None, alarm["StateValue"])
            ]
        page, token = paged(found, params.get("NextToken"), params.get("MaxRecords", 50))
        return {f"{kind}s": [shown(kind, alarm) for alarm in page if alarm["Kind"] == kind] for kind in KINDS} | token

    def parents(self, region: str, name: str) -> list[dict]:
        return [alarm for alarm in list(self.alarms[region].values()) if name in alarm["Children"]]

    def set_alarm_state(self, region: str, params: dict) -> None:
        alarm, at = self.alarms[region].find(params["AlarmName"]), now()
        if alarm["StateValue"] != params["StateValue"]:
            alarm["StateTransitionedTimestamp"] = at
        alarm |= {key: params.get(key) for key in ("StateValue", "StateReason", "StateReasonData")} | {"StateUpdatedTimestamp": at}

    def delete_alarms(self, region: str, params: dict) -> None:
        names = params["AlarmNames"]
        found = [self.alarms[region].find(name) for name in names]
        if sum(alarm["Kind"] == "CompositeAlarm" for alarm in found) > 1:
            raise Refusal("ValidationException", "Only one composite alarm can be deleted by one call")
        needed = [name for name in names if any(parent["AlarmName"] not in names for parent in self.parents(region, name))]
        if needed:
            them = "them" if len(needed) > 1 else "it"
            raise Refusal("ValidationException", f"Cannot delete {','.join(needed)} as there are composite alarm(s) depending on {them}.")
        for alarm in found:
            del self.alarms[region][alarm["AlarmName"]]
            self.tags.pop(alarm["AlarmArn"], None)

    def enable_alarm_actions(self, region: str, params: dict, enabled: bool = True) -> None:
        for name in params["AlarmNames"]:
            self.alarms[region].find(name)["ActionsEnabled"] = enabled

    def disable_alarm_actions(self, region: str, params: dict) -> None:
        self.enable_alarm_actions(region, params, False)

    # Mute rules

    def put_alarm_mute_rule(self, region: str, params: dict) -> None:
        muted = params.get("MuteTargets", {}).get("AlarmNames", [])
        if len(muted) > MUTED:
            raise Refusal("ValidationException", f"An alarm mute rule can target at most {MUTED} alarms, not {len(muted)}")
        arn = f"arn:aws:cloudwatch:{region}:{account()}:alarm-mute-rule:{params['Name']}"
        rule = {key: moment(value) if key in ("StartDate", "ExpireDate") else value for key, value in params.items()}
        self.tag_resource(region, {"ResourceARN": arn, "Tags": rule.pop("Tags", [])})
        rule |= {"AlarmMuteRuleArn": arn, "Status": "SCHEDULED", "LastUpdatedTimestamp": now()}
        self.mute_rules[region][params["Name"]] = rule

    def get_alarm_mute_rule(self, region: str, params: dict) -> dict:
        return self.mute_rules[region].find(params["AlarmMuteRuleName"])

    def list_alarm_mute_rules(self, region: str, params: dict) -> dict:
        alarm = params.get("AlarmName")
        found = [
            {key: rule[key] for key in ("AlarmMuteRuleArn", "ExpireDate", "Status", "LastUpdatedTimestamp") if key in rule}
            for rule in list(self.mute_rules[region].values())
            if alarm is None or alarm in rule.get("MuteTargets", {}).get("AlarmNames", [])
        ]
        page, token = paged(found, params.get("NextToken"), params.get("MaxRecords", 100))
        return {"AlarmMuteRuleSummaries": page} | token

    def delete_alarm_mute_rule(self, region: str, params: dict) -> None:
        self.mute_rules[region].pop(params["AlarmMuteRuleName"], None)

    # Dashboards

    def put_dashboard(self, region: str, params: dict) -> dict:
        name, body = params["DashboardName"], params["DashboardBody"]
        try:
            json.loads(body)
        except ValueError as error:
            raise Refusal("DashboardInvalidInputError", f"The field DashboardBody must be a valid JSON object: {error}") from error
        arn = f"arn:aws:cloudwatch::{account()}:dashboard/{name}"
        self.dashboards[name] = {"DashboardName": name, "DashboardArn": arn, "DashboardBody": body}
        self.dashboards[name] |= {"LastModified": now(), "Size": len(body)}
        self.tag_resource(region, {"ResourceARN": arn, "Tags": params.get("Tags", [])})
        return {"DashboardValidationMessages": []}

    def get_dashboard(self, region: str, params: dict) -> dict:
        return {key: value for key, value in self.dashboards.find(params["DashboardName"]).items() if key.startswith("Dashboard")}

    def list_dashboards(self, region: str, params: dict) -> dict:
        prefix = params.get("DashboardNamePrefix", "")
        found = [
            {key: value for key, value in each.items() if key != "DashboardBody"}
            for name, each in sorted(self.dashboards.items())
            if name.startswith(prefix)
        ]
        page, token = paged(found, params.get("NextToken"), 1_000)
        return {"DashboardEntries": page} | token

    def delete_dashboards(self, region: str, params: dict) -> None:
        for name in [self.dashboards.find(name)["DashboardName"] for name in params["DashboardNames"]]:
            del self.dashboards[name]

    # Metrics

    def put_metric_data(self, region: str, params: dict) -> None:
        self.store.put(region, samples(params, time.time(), check=self.contract and self.contract.check))

    def get_metric_data(self, region: str, params: dict) -> dict:
        start, end = seconds(params["StartTime"]), seconds(params["EndTime"])
        results = []
        for query in params["MetricDataQueries"]:
            if "MetricStat" not in query:
                raise Refusal("ValidationException", f"{query['Id']} is an expression: the emulator evaluates none, only MetricStat")
            part = query["MetricStat"]
            known(part["Stat"])
            metric = Metric.of(part["Metric"]["Namespace"], part["Metric"])
            points = self.store.read(region, metric, part.get("Unit"), start, end, part["Period"])
            valued = [(begin, statistic(part["Stat"], group)) for begin, group in points]
            valued = [(begin, value) for begin, value in valued if value is not None]
            if params.get("ScanBy") != "TimestampAscending":
                valued.reverse()
            if query.get("ReturnData", True):
                results.append(
                    {
                        "Id": query["Id"],
                        "Label": query.get("Label", metric.name),
                        "Timestamps": [moment(begin) for begin, _ in valued],
                        "Values": [value for _, value in valued],
                        "StatusCode": "Complete",
                    }
                )
        return {"MetricDataResults": results, "Messages": []}

    def get_metric_statistics(self, region: str, params: dict) -> dict:
        start, end = seconds(params["StartTime"]), seconds(params["EndTime"])
        simple, extended = params.get("Statistics", []), params.get("ExtendedStatistics", [])
        if not simple and not extended:
            raise Refusal("InvalidParameterCombinationException", "At least one of Statistics and ExtendedStatistics is required.")
        for name in (*simple, *extended):
            known(name)
        asked = int((end - start) / params["Period"])
        if asked > DATAPOINTS:
            message = f"You have requested up to {asked} datapoints, which exceeds the limit of {DATAPOINTS}."
            raise Refusal("InvalidParameterCombinationException", message)
        metric = Metric.of(params["Namespace"], params)
        points = []
        for begin, group in self.store.read(region, metric, params.get("Unit"), start, end, params["Period"]):
            for unit in sorted({each.unit for each in group}):
                alike = [each for each in group if each.unit == unit]
                point = {"Timestamp": moment(begin), "Unit": unit} | {name: statistic(name, alike) for name in simple}
                if extended:
                    valued = {name: statistic(name, alike) for name in extended}
                    point["ExtendedStatistics"] = {name: value for name, value in valued.items() if value is not None}
                points.append(point)
        return {"Label": metric.name, "Datapoints": points}

    def list_metrics(self, region: str, params: dict) -> dict:
        since = time.time() - 3 * 3_600 if "RecentlyActive" in params else 0
        wanted = [(each["Name"], each.get("Value")) for each in params.get("Dimensions", [])]
        found = [
            metric.as_api()
            for metric in self.store.metrics(region, since)
            if params.get("Namespace") in (None, metric.namespace)
            and params.get("MetricName") in (None, metric.name)
            and all(any(name == one and value in (None, other) for one, other in metric.dimensions) for name, value in wanted)
        ]
        page, token = paged(found, params.get("NextToken"), 500)
        return {"Metrics": page} | token


API = OWN["cloudwatch"] = CloudWatch()


def known(name: str) -> None:
    if not is_statistic(name):
        raise Refusal("InvalidParameterValueException", f"The emulator has no statistic {name}, only {', '.join(STATISTICS)}, pNN")


def shown(kind: str, alarm: dict) -> dict:
    members = model().shape_for(kind).members
    return {key: value for key, value in alarm.items() if key in members and value is not None}
