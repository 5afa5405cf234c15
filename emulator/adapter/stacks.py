"""How a stack reaches its template: creation, update, rollback and deletion.

moto leaves a half-made stack behind when a resource fails, passes over types it does not
know, ignores most of DependsOn, keeps dependents of a replaced resource on the old one, and
forgets the outputs of a change set. This module deploys the way CloudFormation does:
resources in dependency order, an event for each, replacement, rollback, nothing passed over.
"""

import contextlib
import json
import logging
import re
import threading
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import AlreadyExistsException, CloudFormationError, ValidationError
from moto.cloudformation.models import Change, ChangeSet, CloudFormationBackend, Event, Stack, cloudformation_backends
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import generate_stack_id, random_suffix
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, EmptyResult

from .references import resolve
from .resource import TYPES, Resource, explain, extends
from .schema import schema

log = logging.getLogger("emulator")

# One deployment at a time. Resources call the emulator's API, which never takes this lock.
DEPLOYING = threading.RLock()


class Native(Resource):
    """A resource of a type moto itself creates."""

    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.model_class = parsing.get_model_map()[self.cf_resource_type]
        self.model = None

    def create(self, properties: dict, generated_name: str) -> None:
        self.template = {"Type": self.cf_resource_type, "Properties": properties}
        self.generated_name = generated_name
        self.take(
            self.model_class.create_from_cloudformation_json(
                self.name(properties),
                self.template,
                self.account,
                self.region,
                LogicalId=self.logical_resource_id,
                ResourceType=self.cf_resource_type,
            )
        )
        if isinstance(self.model, Stack) and self.model.status != "CREATE_COMPLETE":
            raise ValidationError(message=f"The nested stack failed: {self.model.stack_status_reason}")

    def update(self, properties: dict, previous: dict) -> None:
        updater = self.model_class.update_from_cloudformation_json
        if hasattr(updater, "__isabstractmethod__"):
            self.delete()
            self.create(properties, self.generated_name)
            return
        # moto replaces some resources and counts on a new name for the new one.
        self.generated_name = f"{self.generated_name.rsplit('-', 1)[0]}-{random_suffix()}"
        self.template = {"Type": self.cf_resource_type, "Properties": properties}
        self.take(updater(self.model, self.name(properties), self.template, self.account, self.region))

    def name(self, properties: dict) -> str:
        return properties.get(self.model_class.cloudformation_name_type()) or self.generated_name

    def delete(self) -> None:
        try:
            self.model.delete(self.account, self.region)
        except (TypeError, AttributeError):
            remover = self.model_class.delete_from_cloudformation_json
            if hasattr(remover, "__isabstractmethod__"):
                log.warning("%s stays: moto cannot delete a %s", self.physical_resource_id, self.cf_resource_type)
            else:
                remover(self.physical_resource_id, self.template, self.account, self.region)

    def take(self, model) -> None:
        self.model = model
        self.physical_resource_id = getattr(model, "physical_resource_id", self.logical_resource_id)

    def get_cfn_attribute(self, name: str):
        try:
            return self.model.get_cfn_attribute(name)
        except (AttributeError, NotImplementedError, parsing.UnformattedGetAttTemplateException):
            return super().get_cfn_attribute(name)


class NotHeld(Resource):
    """A resource nothing in the emulator keeps: it exists only as a line of its stack."""

    def create(self, properties: dict, generated_name: str) -> None:
        self.physical_resource_id = generated_name

    def check(self, properties: dict) -> None:
        """Nothing is known of what a custom resource takes, and nothing is kept of the others."""

    def update(self, properties: dict, previous: dict) -> None:
        """There is nothing to change."""

    def delete(self) -> None:
        """There is nothing to delete."""


def resource_class(type_: str) -> type[Resource]:
    if type_ in TYPES:
        return TYPES[type_]
    custom = type_.startswith("Custom::") or type_ == "AWS::CloudFormation::CustomResource"
    if type_ in parsing.get_model_map() and not custom:
        return Native
    return NotHeld


def values(template: dict, given: dict) -> dict:
    """The value of each parameter of a template, as given or by default."""
    declared = template.get("Parameters") or {}
    return {
        name: given.get(name, slot.get("Default"))
        for name, slot in declared.items()
        if name in given or "Default" in slot
    }


class Resources(parsing.ResourceMap):
    """What Ref, Fn::GetAtt and the other template functions see of one stack."""

    def __init__(self, stack: Stack) -> None:
        template = dict(stack.template_dict)
        # moto reads the SSM parameter of a default even when a value is given, and leaves
        # a default list unsplit: handing it every default as a given value avoids both.
        template["Parameters"] = {
            name: {key: text for key, text in slot.items() if key != "Default"}
            for name, slot in (template.get("Parameters") or {}).items()
        }
        super().__init__(
            stack.stack_id,
            stack.name,
            values(stack.template_dict, stack.parameters),
            stack.tags,
            region_name=stack.region_name,
            account_id=stack.account_id,
            template=template if stack.template_dict else {},
            cross_stack_resources=cloudformation_backends[stack.account_id][stack.region_name].exports,
        )
        self.load_mapping()
        self.load_parameters()
        self.load_conditions()

    def __getitem__(self, key: str):
        if key not in self._parsed_resources:
            raise ValidationError(message=f"Template format error: Unresolved resource dependencies [{key}]")
        return self._parsed_resources[key]

    def put(self, key: str, resource: Resource) -> None:
        self._parsed_resources[key] = resource

    def holds(self, template: dict) -> bool:
        """Whether an entry's condition, if it has one, is true."""
        return "Condition" not in template or self.lazy_condition_map[template["Condition"]]

    def parse_ssm_parameter(self, value: str, value_type: str):
        if parsing.ssm_backends[self._account_id][self._region_name].get_parameter(value) is None:
            raise ValidationError(
                message=f"Unable to fetch parameters [{value}] from parameter store for this account."
            )
        return super().parse_ssm_parameter(value, value_type)


def dependencies(value) -> set[str]:
    """The names a piece of template refers to."""
    if isinstance(value, list):
        return set().union(*map(dependencies, value))
    if not isinstance(value, dict):
        return set()
    names = set().union(*map(dependencies, value.values()))
    if isinstance(value.get("Ref"), str):
        names.add(value["Ref"])
    attribute = value.get("Fn::GetAtt")
    if attribute:
        names.add(attribute[0] if isinstance(attribute, list) else attribute.split(".")[0])
    text = value.get("Fn::Sub")
    if text:
        names.update(re.findall(r"\$\{([^!}.][^}.]*)", text[0] if isinstance(text, list) else text))
    return names


def ordered(templates: dict[str, dict]) -> list[str]:
    """The logical ids of a template's resources, each after those it depends on."""
    order: list[str] = []

    def visit(name: str, path: list[str]) -> None:
        if name in order:
            return
        if name in path:
            raise ValidationError(message=f"Circular dependency between resources: [{', '.join(path)}]")
        explicit = templates[name].get("DependsOn", [])
        needed = dependencies(templates[name]) | set([explicit] if isinstance(explicit, str) else explicit)
        for other in templates:
            if other in needed:
                visit(other, [*path, name])
        order.append(name)

    for name in templates:
        visit(name, [])
    return order


def announce(stack: Stack, resource: Resource, status: str, reason: str | None = None) -> None:
    stack.events.append(
        Event(
            stack_id=stack.stack_id,
            stack_name=stack.name,
            logical_resource_id=resource.logical_resource_id,
            physical_resource_id=resource.physical_resource_id,
            resource_type=resource.cf_resource_type,
            resource_status=status,
            resource_status_reason=reason,
            resource_properties=None,
        )
    )
    space(stack)


def space(stack: Stack) -> None:
    """Keeps events a millisecond apart: readers sort them by time, at that resolution."""
    if len(stack.events) > 1:
        last, before = stack.events[-1], stack.events[-2]
        last.timestamp = max(last.timestamp, before.timestamp + timedelta(milliseconds=1))


class attempt:
    """Announces one step of one resource, and how it ends."""

    def __init__(self, stack: Stack, resource: Resource, verb: str) -> None:
        self.stack, self.resource, self.verb = stack, resource, verb

    def __enter__(self) -> None:
        announce(self.stack, self.resource, f"{self.verb}_IN_PROGRESS")

    def __exit__(self, kind, error, trace) -> None:
        if error is None:
            announce(self.stack, self.resource, f"{self.verb}_COMPLETE")
        else:
            announce(self.stack, self.resource, f"{self.verb}_FAILED", explain(error))


def remove(stack: Stack, resource: Resource, policy: str | None) -> None:
    if policy in ("Retain", "RetainExceptOnCreate"):
        announce(stack, resource, "DELETE_SKIPPED")
        return
    with attempt(stack, resource, "DELETE"):
        resource.delete()


def discard(stack: Stack, resource: Resource, policy: str | None) -> None:
    """As in CloudFormation, a failed clean-up does not fail the update."""
    try:
        remove(stack, resource, policy)
    except Exception:
        log.exception("%s of %s was not deleted", resource.logical_resource_id, stack.name)


def bring(stack: Stack, template: str | dict, parameters: dict, tags: dict) -> None:
    """Brings a stack's resources to a template; on an error, what was replaced is put back."""
    stack.template, stack.parameters, stack.tags = template, parameters, tags
    stack._parse_template()
    stack.description = stack.template_dict.get("Description")
    resources = stack.resource_map = stack._create_resource_map()
    templates = {name: part for name, part in stack.template_dict.get("Resources", {}).items() if resources.holds(part)}
    order = ordered(templates)
    replaced: dict[str, Resource] = {}
    try:
        for name in order:
            settle(stack, name, {"Properties": {}} | templates[name], resources, replaced)
            resources.put(name, stack.live[name])
        outputs = {
            name: part for name, part in (stack.template_dict.get("Outputs") or {}).items() if resources.holds(part)
        }
        stack.output_map = parsing.OutputMap(resources, {"Outputs": outputs}, stack.stack_id)
        publish(stack)
    except Exception:
        for name, old in replaced.items():
            discard(stack, stack.live[name], None)
            stack.live[name] = old
        raise

    gone = [resource for name, resource in stack.live.items() if name not in templates]
    leaving = [(old, old.replace_policy) for old in replaced.values()] + [(old, old.deletion_policy) for old in gone]
    stack.live = {name: stack.live[name] for name in order}
    for resource, policy in reversed(leaving):
        discard(stack, resource, policy)


def settle(stack: Stack, name: str, part: dict, resources: Resources, replaced: dict[str, Resource]) -> None:
    """Creates, updates, replaces or keeps one resource."""
    type_ = part["Type"]
    resource = stack.live.get(name)
    verb = "UPDATE" if resource else "CREATE"
    fresh = resource_class(type_)(type_, name, stack.account_id, stack.region_name)
    try:
        if resource and resource.cf_resource_type != type_:
            raise ValidationError(message="Update of resource type is not permitted")
        # As in CloudFormation, a secret is fetched again only when the text around it changes.
        written = parsing.clean_json(part["Properties"], resources)
        definition = (written, stack.tags)
        kept = resource is not None and resource.definition == definition
        properties = resource.properties if kept else resolve(written, stack.region_name)
        fresh.check(properties)
    except Exception as error:
        announce(stack, resource or fresh, f"{verb}_FAILED", explain(error))
        raise
    if resource is None or fresh.schema and fresh.schema.replacing(properties, resource.properties):
        with attempt(stack, fresh, verb):
            fresh.take_tags(properties, stack.tags)
            fresh.properties = properties
            try:
                fresh.create(properties, parsing.generate_resource_name(type_, stack.name, name))
            finally:
                # A resource that failed half made is still there to be rolled back.
                if fresh.physical_resource_id:
                    if resource:
                        replaced[name] = resource
                    stack.live[name] = fresh
        resource = fresh
    elif not kept:
        with attempt(stack, resource, "UPDATE"):
            resource.take_tags(properties, stack.tags)
            # Until it succeeds nothing is known of it, so that a rollback updates it again.
            resource.definition = None
            resource.update(properties, resource.properties)
    resource.definition, resource.properties = definition, properties
    resource.deletion_policy = part.get("DeletionPolicy")
    resource.replace_policy = part.get("UpdateReplacePolicy")


def publish(stack: Stack) -> None:
    """Makes a stack's exports known to the other stacks of its region."""
    exports = cloudformation_backends[stack.account_id][stack.region_name].exports
    for export in stack.exports:
        other = exports.get(export.name)
        if other and other._exporting_stack_id != stack.stack_id:
            raise ValidationError(message=f"Export with name {export.name} is already exported by another stack")
    withdraw(stack)
    exports.update({export.name: export for export in stack.exports})


def withdraw(stack: Stack) -> None:
    exports = cloudformation_backends[stack.account_id][stack.region_name].exports
    for name in [name for name, export in exports.items() if export._exporting_stack_id == stack.stack_id]:
        del exports[name]


def clear(stack: Stack) -> None:
    """Deletes a stack's resources, last created first."""
    withdraw(stack)
    for name, resource in reversed(list(stack.live.items())):
        remove(stack, resource, resource.deletion_policy)
        del stack.live[name]


def mark(stack: Stack, status: str, reason: str | None = None) -> None:
    stack.status, stack.stack_status_reason = status, reason
    stack._add_stack_event(status, resource_status_reason=reason)
    space(stack)


def deploy(stack: Stack, verb: str, template: str, parameters: dict, tags: dict) -> None:
    """Creates or updates a stack; a failure rolls it back and is told by its status and events."""
    with DEPLOYING:
        previous = (stack.template, stack.parameters, stack.tags)
        mark(stack, f"{verb}_IN_PROGRESS", "User Initiated")
        try:
            bring(stack, template, parameters, tags)
            mark(stack, f"{verb}_COMPLETE")
            return
        except Exception as error:
            reason = explain(error)
            told = isinstance(error, (ServiceException, ClientError, BotoCoreError))
            log.warning("stack %s: %s", stack.name, reason, exc_info=None if told else error)
        prefix = "" if verb == "CREATE" else "UPDATE_"
        mark(stack, f"{prefix}ROLLBACK_IN_PROGRESS", reason)
        try:
            if verb == "CREATE":
                clear(stack)
            else:
                bring(stack, *previous)
            mark(stack, f"{prefix}ROLLBACK_COMPLETE", reason)
        except Exception as error:
            log.exception("stack %s was not rolled back", stack.name)
            mark(stack, f"{prefix}ROLLBACK_FAILED", explain(error))


def parse_template(text: str) -> dict:
    """JSON first: moto puts every template through a YAML reader, some hundred times slower."""
    try:
        return json.loads(text)
    except ValueError:
        return PARSE_YAML(text)


PARSE_YAML = Stack.parse_template
DIFF = ChangeSet.diff
INIT_STACK = Stack.__init__
CREATE_CHANGE_SET = CloudFormationBackend.create_change_set
CREATE_CHANGE_SET_CALL = CloudFormationResponse.create_change_set


def init_stack(stack: Stack, *args, **kwargs) -> None:
    stack.live = {}
    stack.stack_status_reason = None
    INIT_STACK(stack, *args, **kwargs)


Stack.__init__ = init_stack


@extends(Stack)
class StackPart:
    parse_template = staticmethod(parse_template)

    def _create_resource_map(self) -> Resources:
        return Resources(self)

    def has_parameters(self, other_parameters: dict) -> bool:
        return values(self.template_dict, other_parameters) == self.stack_parameters

    @property
    def stack_resources(self) -> list[Resource]:
        return list(self.live.values())

    @property
    def stack_parameters(self) -> dict:
        """The values as given: UsePreviousValue must repeat the name of an SSM parameter, not its value."""
        return self.resource_map.input_parameters

    @property
    def parameter_list(self) -> list[dict]:
        declared = self.template_dict.get("Parameters") or {}
        listed = []
        for name, value in self.resource_map.input_parameters.items():
            entry = {"ParameterKey": name, "ParameterValue": value}
            if declared[name].get("NoEcho"):
                entry["ParameterValue"] = "****"
            elif declared[name]["Type"].startswith("AWS::SSM::"):
                entry["ResolvedValue"] = self.resource_map.resolved_parameters[name]
            listed.append(entry)
        return listed


@extends(ChangeSet)
class ChangeSetPart:
    def diff(self) -> list[Change]:
        """moto names the changed resources only; cdk diff hides a property that is not named too."""
        changes = DIFF(self)
        for change in changes:
            if change.action == "Modify":
                name = change.logical_resource_id
                old, new = (each["Resources"][name] for each in (self.stack.template_dict, self.template_dict))
                old, new = old.get("Properties", {}), new.get("Properties", {})
                known = schema(change.resource_type)
                replacing = [path.split("/")[0] for path in known.create_only] if known else []
                changed = [key for key in old | new if old.get(key) != new.get(key)]
                change.Replacement = str(any(key in replacing for key in changed))
                if name in self.stack.live:
                    change.PhysicalResourceId = self.stack.live[name].physical_resource_id
                change.Details = [
                    {
                        "Target": {
                            "Attribute": "Properties",
                            "Name": key,
                            "RequiresRecreation": "Always" if key in replacing else "Never",
                        },
                        "Evaluation": "Static",
                        "ChangeSource": "DirectModification",
                    }
                    for key in changed
                ]
        return changes

    def _parse_template(self) -> None:
        self.template_dict = parse_template(self.template)


@extends(CloudFormationBackend)
class Backend:
    def create_stack(
        self,
        name: str,
        template: str,
        parameters: dict,
        notification_arns: list[str] | None = None,
        tags: dict | None = None,
        role_arn: str | None = None,
        enable_termination_protection: bool | None = False,
        timeout_in_mins: int | None = None,
        stack_policy_body: str | None = None,
    ) -> Stack:
        if any(stack.name == name for stack in self.stacks.values()):
            raise AlreadyExistsException(f"Stack {name} already exists")
        stack = Stack(
            stack_id=generate_stack_id(name, self.region_name, self.account_id),
            name=name,
            template={},
            parameters={},
            account_id=self.account_id,
            region_name=self.region_name,
            notification_arns=notification_arns,
            role_arn=role_arn,
            enable_termination_protection=enable_termination_protection,
            timeout_in_mins=timeout_in_mins,
            stack_policy_body=stack_policy_body,
        )
        self.stacks[stack.stack_id] = stack
        deploy(stack, "CREATE", template, parameters, tags or {})
        return stack

    def update_stack(
        self, name: str, template: str, role_arn: str | None, parameters: list[dict], tags: dict | None
    ) -> Stack:
        stack = self.get_stack(name)
        given = {
            part["ParameterKey"]: stack.stack_parameters[part["ParameterKey"]]
            if part.get("UsePreviousValue")
            else part["ParameterValue"]
            for part in parameters
        }
        kept_tags = stack.tags if tags is None else tags
        if stack.has_template(template) and stack.has_parameters(given) and stack.tags == kept_tags:
            raise ValidationError(message="No updates are to be performed.")
        deploy(stack, "UPDATE", template, given, kept_tags)
        return stack

    def create_change_set(self, stack_name: str, change_set_type: str, tags: dict | None = None, **rest):
        namesakes = [stack for stack in self.stacks.values() if stack.name == stack_name]
        if change_set_type == "CREATE":
            for stack in namesakes:
                if stack.status != "REVIEW_IN_PROGRESS":
                    raise ValidationError(message=f"Stack [{stack_name}] already exists and cannot be created again")
                # Left by a change set that was never executed; moto would make a second one.
                self.forget(stack)
        ids = CREATE_CHANGE_SET(self, stack_name=stack_name, change_set_type=change_set_type, tags=tags, **rest)
        change_set = self.change_sets[ids[0]]
        if change_set.status == "FAILED" and tags and tags != change_set.stack.tags:
            change_set.status, change_set.execution_status = "CREATE_COMPLETE", "AVAILABLE"
            change_set.status_reason = None
        return ids

    def execute_change_set(self, change_set_name: str, stack_name: str | None = None) -> None:
        change_set = self.describe_change_set(change_set_name)
        stack = change_set.stack
        change_set.execution_status = "EXECUTE_IN_PROGRESS"
        deploy(
            stack, change_set.change_set_type, change_set.template, change_set.parameters, change_set.tags or stack.tags
        )
        change_set.execution_status = "EXECUTE_COMPLETE"

    def delete_stack(self, name_or_stack_id: str) -> None:
        named = [s for s in self.stacks.values() if name_or_stack_id in (s.name, s.stack_id)]
        for stack in named:
            if stack.enable_termination_protection:
                raise ValidationError(
                    message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
                )
            with DEPLOYING:
                mark(stack, "DELETE_IN_PROGRESS", "User Initiated")
                try:
                    clear(stack)
                except Exception as error:
                    log.exception("stack %s was not deleted", stack.name)
                    mark(stack, "DELETE_FAILED", explain(error))
                    continue
                mark(stack, "DELETE_COMPLETE")
                self.forget(stack)
                self.deleted_stacks[stack.stack_id] = stack

    def forget(self, stack: Stack) -> None:
        """A later stack of the same name must not find this one's change sets."""
        del self.stacks[stack.stack_id]
        for id_ in [id_ for id_, change_set in self.change_sets.items() if change_set.stack is stack]:
            del self.change_sets[id_]


class ChangeSetNotFound(CloudFormationError):
    code = "ChangeSetNotFound"


@extends(CloudFormationResponse)
class Api:
    def update_termination_protection(self) -> ActionResult:
        stack = self.cloudformation_backend.get_stack(self._get_param("StackName"))
        stack.enable_termination_protection = self._get_bool_param("EnableTerminationProtection")
        return ActionResult({"StackId": stack.stack_id})

    def create_change_set(self) -> ActionResult:
        # moto's default is CREATE.
        self.params.setdefault("ChangeSetType", "UPDATE")
        return CREATE_CHANGE_SET_CALL(self)

    def _change_set_id(self) -> str:
        """moto looks a change set up by name alone; every stack's deployment uses the same name."""
        name, stack = self._get_param("ChangeSetName"), self._get_param("StackName")
        for id_, change_set in reversed(self.cloudformation_backend.change_sets.items()):
            if name == id_:
                return id_
            if name == change_set.change_set_name and stack in (change_set.stack_name, change_set.stack_id):
                return id_
        raise ChangeSetNotFound(f"ChangeSet [{name}] does not exist")

    def describe_change_set(self) -> ActionResult:
        return ActionResult(self.cloudformation_backend.describe_change_set(self._change_set_id()))

    def execute_change_set(self) -> ActionResult:
        self.cloudformation_backend.execute_change_set(self._change_set_id())
        return EmptyResult()

    def delete_change_set(self) -> ActionResult:
        # Deleting what is not there succeeds; the CDK counts on it.
        with contextlib.suppress(ChangeSetNotFound):
            self.cloudformation_backend.delete_change_set(self._change_set_id())
        return EmptyResult()
