"""CloudFormation's API where moto's does otherwise than AWS: its stacks deploy as deployment.py does, and its change sets tell all."""

import contextlib
import json

from moto.cloudformation.exceptions import AlreadyExistsException, CloudFormationError, ValidationError
from moto.cloudformation.models import Change, ChangeSet, CloudFormationBackend, Stack
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudformation.utils import generate_stack_id
from moto.core.responses import ActionResult, EmptyResult

from .deployment import Resources, delete, deploy, values
from .resource import Resource, extends
from .schema import schema

PARSE_YAML = Stack.parse_template
DIFF = ChangeSet.diff
INIT_STACK = Stack.__init__
CREATE_CHANGE_SET = CloudFormationBackend.create_change_set
CREATE_CHANGE_SET_CALL = CloudFormationResponse.create_change_set


def parse_template(text: str) -> dict:
    """JSON first: moto puts every template through a YAML reader, some hundred times slower."""
    try:
        return json.loads(text)
    except ValueError:
        return PARSE_YAML(text)


def init_stack(stack: Stack, *args, **kwargs) -> None:
    # Logical id -> what is there.
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
        listed = []
        for name, value in self.resource_map.input_parameters.items():
            slot = self.template_dict["Parameters"][name]
            entry = {"ParameterKey": name, "ParameterValue": "****" if slot.get("NoEcho") else value}
            if slot["Type"].startswith("AWS::SSM::") and not slot.get("NoEcho"):
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
                self.detail(change)
        return changes

    def detail(self, change: Change) -> None:
        name, known = change.logical_resource_id, schema(change.resource_type)
        old, new = (each["Resources"][name].get("Properties", {}) for each in (self.stack.template_dict, self.template_dict))
        replacing = [path.split("/")[0] for path in known.replacing(new, old)] if known else []
        change.Replacement = str(bool(replacing))
        if name in self.stack.live:
            change.PhysicalResourceId = self.stack.live[name].physical_resource_id
        change.Details = [
            {
                "Target": {"Attribute": "Properties", "Name": key, "RequiresRecreation": "Always" if key in replacing else "Never"},
                "Evaluation": "Static",
                "ChangeSource": "DirectModification",
            }
            for key in old | new
            if old.get(key) != new.get(key)
        ]

    def _parse_template(self) -> None:
        self.template_dict = parse_template(self.template)


@extends(CloudFormationBackend)
class Backend:
    def create_stack(self, name: str, template: str, parameters: dict, tags: dict | None = None, **rest) -> Stack:
        if any(stack.name == name for stack in self.stacks.values()):
            raise AlreadyExistsException(f"Stack {name} already exists")
        id_ = generate_stack_id(name, self.region_name, self.account_id)
        stack = self.stacks[id_] = Stack(id_, name, {}, {}, self.account_id, self.region_name, **rest)
        deploy(stack, "CREATE", template, parameters, tags or {})
        return stack

    def update_stack(self, name: str, template: str, role_arn: str | None, parameters: list[dict], tags: dict | None) -> Stack:
        stack = self.get_stack(name)
        given = {
            part["ParameterKey"]: stack.stack_parameters[part["ParameterKey"]] if part.get("UsePreviousValue") else part["ParameterValue"]
            for part in parameters
        }
        kept_tags = stack.tags if tags is None else tags
        if stack.has_template(template) and stack.has_parameters(given) and stack.tags == kept_tags:
            raise ValidationError(message="No updates are to be performed.")
        deploy(stack, "UPDATE", template, given, kept_tags)
        return stack

    def create_change_set(self, stack_name: str, change_set_type: str, tags: dict | None = None, **rest):
        for stack in [stack for stack in self.stacks.values() if stack.name == stack_name and change_set_type == "CREATE"]:
            if stack.status != "REVIEW_IN_PROGRESS":
                raise ValidationError(message=f"Stack [{stack_name}] already exists and cannot be created again")
            # Left by a change set that was never executed; moto would make a second one.
            self.forget(stack)
        ids = CREATE_CHANGE_SET(self, stack_name=stack_name, change_set_type=change_set_type, tags=tags, **rest)
        change_set = self.change_sets[ids[0]]
        if change_set.status == "FAILED" and tags and tags != change_set.stack.tags:
            change_set.status, change_set.execution_status, change_set.status_reason = "CREATE_COMPLETE", "AVAILABLE", None
        return ids

    def execute_change_set(self, change_set_name: str, stack_name: str | None = None) -> None:
        change_set = self.describe_change_set(change_set_name)
        stack = change_set.stack
        change_set.execution_status = "EXECUTE_IN_PROGRESS"
        deploy(stack, change_set.change_set_type, change_set.template, change_set.parameters, change_set.tags or stack.tags)
        change_set.execution_status = "EXECUTE_COMPLETE"

    def delete_stack(self, name_or_stack_id: str) -> None:
        for stack in [stack for stack in self.stacks.values() if name_or_stack_id in (stack.name, stack.stack_id)]:
            if stack.enable_termination_protection:
                raise ValidationError(message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
            if delete(stack):
                self.forget(stack)
                self.deleted_stacks[stack.stack_id] = stack

    def forget(self, stack: Stack) -> None:
        """A later stack of the same name must not find this one's change sets."""
        del self.stacks[stack.stack_id]
        self.change_sets = {id_: change_set for id_, change_set in self.change_sets.items() if change_set.stack is not stack}


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
            if name == id_ or name == change_set.change_set_name and stack in (change_set.stack_name, change_set.stack_id):
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
