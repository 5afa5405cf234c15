"""How a stack reaches its template: creation, update, rollback and deletion.

moto leaves a half-made stack behind when a resource fails, passes over types it does not know, ignores most of DependsOn and keeps
dependents of a replaced resource on the old one. This deploys the way CloudFormation does: resources in dependency order, an event
for each, replacement, rollback, nothing passed over.
"""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Event, Stack, cloudformation_backends
from moto.core.exceptions import ServiceException

from .held import NotHeld
from .references import resolve
from .resource import TYPES, Resource, explain

log = logging.getLogger("emulator")

# One deployment at a time. Resources call the emulator's API, which never takes this lock.
DEPLOYING = threading.RLock()

# What CloudFormation keeps when it would delete a resource.
RETAINED = ("Retain", "RetainExceptOnCreate")


def values(template: dict, given: dict) -> dict:
    """Returns the value of each parameter of a template, as given or by default."""
    declared = template.get("Parameters") or {}
    return {name: given.get(name, slot.get("Default")) for name, slot in declared.items() if name in given or "Default" in slot}


class Resources(parsing.ResourceMap):
    """What Ref, Fn::GetAtt and the other template functions see of one stack."""

    def __init__(self, stack: Stack) -> None:
        template = dict(stack.template_dict)
        # moto reads the SSM parameter of a default even when a value is given, and leaves a default list unsplit: handing it every
        # default as a given value avoids both.
        declared = template.get("Parameters") or {}
        template["Parameters"] = {name: {key: text for key, text in slot.items() if key != "Default"} for name, slot in declared.items()}
        super().__init__(
            stack.stack_id,
            stack.name,
            values(stack.template_dict, stack.parameters),
            stack.tags,
            region_name=stack.region_name,
            account_id=stack.account_id,
            template=template if stack.template_dict else {},
            cross_stack_resources=exports_of(stack),
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

    def held(self, section: dict | None) -> dict:
        """Returns the entries whose condition, if they have one, is true."""
        return {
            name: part for name, part in (section or {}).items() if "Condition" not in part or self.lazy_condition_map[part["Condition"]]
        }

    def parse_ssm_parameter(self, value: str, value_type: str):
        if parsing.ssm_backends[self._account_id][self._region_name].get_parameter(value) is None:
            raise ValidationError(message=f"Unable to fetch parameters [{value}] from parameter store for this account.")
        return super().parse_ssm_parameter(value, value_type)


def dependencies(value) -> set[str]:
    """Returns the names that a piece of template refers to."""
    if isinstance(value, list):
        return set().union(*map(dependencies, value))
    if not isinstance(value, dict):
        return set()
    names = set().union(*map(dependencies, value.values()))
    attribute, text = value.get("Fn::GetAtt"), value.get("Fn::Sub")
    if isinstance(value.get("Ref"), str):
        names.add(value["Ref"])
    if attribute:
        names.add(attribute[0] if isinstance(attribute, list) else attribute.split(".")[0])
    if text:
        names.update(re.findall(r"\$\{([^!}.][^}.]*)", text[0] if isinstance(text, list) else text))
    return names


def ordered(templates: dict[str, dict]) -> list[str]:
    """Returns the logical ids of a template's resources, each after those it depends on."""
    order: list[str] = []

    def visit(name: str, path: list[str]) -> None:
        if name in path:
            raise ValidationError(message=f"Circular dependency between resources: [{', '.join(path)}]")
        if name not in order:
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
    event = Event(
        stack_id=stack.stack_id,
        stack_name=stack.name,
        logical_resource_id=resource.logical_resource_id,
        physical_resource_id=resource.physical_resource_id,
        resource_type=resource.cf_resource_type,
        resource_status=status,
        resource_status_reason=reason,
        resource_properties=None,
    )
    stack.events.append(event)
    space(stack)


def mark(stack: Stack, status: str, reason: str | None = None) -> None:
    stack.status, stack.stack_status_reason = status, reason
    stack._add_stack_event(status, resource_status_reason=reason)
    space(stack)


def space(stack: Stack) -> None:
    """Keeps events a millisecond apart: readers sort them by time, at that resolution."""
    for before, last in zip(stack.events[-2:-1], stack.events[-1:]):
        last.timestamp = max(last.timestamp, before.timestamp + timedelta(milliseconds=1))


@contextmanager
def step(stack: Stack, resource: Resource, verb: str) -> Iterator[None]:
    """Announces one step of one resource, and how it ends."""
    announce(stack, resource, f"{verb}_IN_PROGRESS")
    try:
        yield
    except Exception as error:
        announce(stack, resource, f"{verb}_FAILED", explain(error))
        raise
    announce(stack, resource, f"{verb}_COMPLETE")


def remove(stack: Stack, resource: Resource, policy: str | None) -> None:
    if policy in RETAINED:
        announce(stack, resource, "DELETE_SKIPPED")
        return
    with step(stack, resource, "DELETE"):
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
    templates = resources.held(stack.template_dict.get("Resources"))
    order = ordered(templates)
    replaced: dict[str, Resource] = {}
    try:
        for name in order:
            settle(stack, name, {"Properties": {}} | templates[name], resources, replaced)
            resources.put(name, stack.live[name])
        outputs = resources.held(stack.template_dict.get("Outputs"))
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
    type_, resource = part["Type"], stack.live.get(name)
    verb = "UPDATE" if resource else "CREATE"
    fresh = TYPES.get(type_, NotHeld)(type_, name, stack.account_id, stack.region_name)
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
        with step(stack, fresh, verb):
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
        with step(stack, resource, "UPDATE"):
            resource.take_tags(properties, stack.tags)
            # Until it succeeds nothing is known of it, so that a rollback updates it again.
            resource.definition = None
            resource.update(properties, resource.properties)
    resource.definition, resource.properties = definition, properties
    resource.deletion_policy, resource.replace_policy = part.get("DeletionPolicy"), part.get("UpdateReplacePolicy")


def exports_of(stack: Stack) -> dict:
    """Returns what the stacks of a Region export."""
    return cloudformation_backends[stack.account_id][stack.region_name].exports


def publish(stack: Stack) -> None:
    """Makes a stack's exports known to the other stacks of its Region."""
    exports = exports_of(stack)
    for export in stack.exports:
        other = exports.get(export.name)
        if other and other._exporting_stack_id != stack.stack_id:
            raise ValidationError(message=f"Export with name {export.name} is already exported by another stack")
    withdraw(stack)
    exports.update({export.name: export for export in stack.exports})


def withdraw(stack: Stack) -> None:
    exports = exports_of(stack)
    for name in [name for name, export in exports.items() if export._exporting_stack_id == stack.stack_id]:
        del exports[name]


def clear(stack: Stack) -> None:
    """Deletes a stack's resources, last created first."""
    withdraw(stack)
    for name, resource in reversed(list(stack.live.items())):
        remove(stack, resource, resource.deletion_policy)
        del stack.live[name]


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


def delete(stack: Stack) -> bool:
    """Deletes a stack's resources and reports whether all are gone."""
    with DEPLOYING:
        mark(stack, "DELETE_IN_PROGRESS", "User Initiated")
        try:
            clear(stack)
        except Exception as error:
            log.warning("stack %s was not deleted: %s", stack.name, explain(error))
            mark(stack, "DELETE_FAILED", explain(error))
            return False
        mark(stack, "DELETE_COMPLETE")
        return True
