"""A sender's ConceptMap (R4): its bytes as elements, and the bytes with an element more or less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from fhirsvc.domain.concept_map import CODE_SYSTEMS, PRODUCTS, TEXTS, Element, Target
from fhirsvc.domain.errors import Issue, IssueCode, Refused, Severity, refusal_reason
from fhirsvc.domain.lexicon import normalise
from fhirsvc.fhir import modifiers, strict_json, structure
from fhirsvc.fhir.extract.tree import Node, children, string, system

_TYPE = "ConceptMap"
_ADDRESS = "https://fhirsvc.example/fhir/ConceptMap"
_PROPERTIES = {f"{CODE_SYSTEMS}/{name}": name for name in PRODUCTS}


def elements_of(body: bytes) -> tuple[Element, ...]:
    """The elements in the order in which they stand; of an element in several groups, each.

    Raises Refused when the body is no R4 ConceptMap, is not active, or says what is not followed here.
    """
    resource = _opened(body)
    return tuple(
        _element(group, node, f"{_TYPE}.group[{index}].element[{position}]")
        for index, group in enumerate(children(resource, "group"))
        for position, node in enumerate(children(group, "element"))
    )


def version_of(body: bytes) -> str:
    """ConceptMap.version of a body that elements_of takes; "" = it has none."""
    return string(orjson.loads(body), "version")


def with_target(body: bytes | None, element: Element, target: Target, *, tenant: str) -> bytes:
    """The body with one target of one element more, all else as it stood; None = there is no map of this sender yet.

    An equal target (system, code) of the element is replaced.
    """
    resource = _new(tenant) if body is None else orjson.loads(body)
    nodes = _element_nodes(_group(resource, element.system, target.system), element)
    kept = [each for each in nodes.get("target", []) if each.get("code") != target.code]
    nodes["target"] = [*kept, _target_node(target)]
    if element.display:
        nodes.setdefault("display", element.display)
    return _written(resource)


def without(body: bytes, named: Element) -> bytes:
    """The body without an element, wherever it stands; a group that is left empty goes with it."""
    resource = orjson.loads(body)
    kept = [_group_without(group, named) for group in resource.pop("group", [])]
    groups = [group for group in kept if group["element"]]
    return _written({**resource, **({"group": groups} if groups else {})})


def _group_without(group: Mapping[str, Any], named: Element) -> dict[str, Any]:
    if _system_of(group, "source") != named.system:
        return dict(group)
    return {**group, "element": [each for each in group["element"] if not _is(each, named)]}


def _opened(body: bytes) -> Node:
    resource = strict_json.decoded(body)
    issues = structure.faults(resource, _TYPE, _TYPE)
    if not issues:
        issues = [*modifiers.unknown(resource, _TYPE), *_not_acted_on(resource)]
    reason = refusal_reason(issues)
    if reason:
        raise Refused(reason, issues)
    found: Node = resource
    return found


def _not_acted_on(resource: Node) -> Iterator[Issue]:
    """What would change the meaning of the map and is not followed here: it is refused, never ignored."""
    if resource["status"] != "active":
        yield _unsupported("Only an active map is used: write `active` here, or take the file away.", f"{_TYPE}.status")
    for index, group in enumerate(children(resource, "group")):
        place = f"{_TYPE}.group[{index}]"
        if "unmapped" in group:
            yield _unsupported("What is not mapped stays not understood: take `unmapped` away.", f"{place}.unmapped")
        for position, element in enumerate(children(group, "element")):
            for number, target in enumerate(children(element, "target")):
                if "dependsOn" in target:
                    where = f"{place}.element[{position}].target[{number}].dependsOn"
                    yield _unsupported("A target that depends on something else cannot be followed.", where)


def _unsupported(text: str, place: str) -> Issue:
    return Issue(Severity.ERROR, IssueCode.NOT_SUPPORTED, text, place)


def _element(group: Node, node: Node, place: str) -> Element:
    source, code = system({"system": string(group, "source")}), string(node, "code")
    named = system({"system": string(group, "target")})
    targets = (
        _target(named, target, f"{place}.target[{number}]") for number, target in enumerate(children(node, "target"))
    )
    return Element(
        system=source,
        code=normalise(code) if source == TEXTS else code,
        targets=tuple(targets),
        display=string(node, "display"),
        place=place,
    )


def _target(named: str, node: Node, place: str) -> Target:
    products = {string(each, "property"): string(each, "value") for each in children(node, "product")}
    return Target(
        system=named,
        code=string(node, "code"),
        equivalence=string(node, "equivalence"),
        display=string(node, "display"),
        product={_PROPERTIES.get(name, name): value for name, value in products.items()},
        place=place,
    )


def _new(tenant: str) -> dict[str, Any]:
    return {
        "resourceType": _TYPE,
        "id": tenant,
        "url": f"{_ADDRESS}/{tenant}",
        "name": "SenderCodes",
        "title": f"What the codes and texts of the sender {tenant} mean",
        "status": "active",
    }


def _group(resource: dict[str, Any], source: str, target: str) -> dict[str, Any]:
    """The group of a source and a target system, a new one at the end where there is none."""
    groups: list[dict[str, Any]] = resource.setdefault("group", [])
    for group in groups:
        if (_system_of(group, "source"), _system_of(group, "target")) == (source, target):
            return group
    groups.append({**({"source": source} if source else {}), "target": target, "element": []})
    return groups[-1]


def _system_of(group: Mapping[str, Any], end: str) -> str:
    return system({"system": string(group, end)})


def _element_nodes(group: dict[str, Any], element: Element) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = group["element"]
    for node in nodes:
        if _is(node, element):
            return node
    nodes.append({"code": element.code})
    return nodes[-1]


def _is(node: Node, named: Element) -> bool:
    code = string(node, "code")
    return (normalise(code) if named.system == TEXTS else code) == named.code


def _target_node(target: Target) -> dict[str, Any]:
    products = [
        {"property": f"{CODE_SYSTEMS}/{name}", "system": f"{CODE_SYSTEMS}/{name}", "value": value}
        for name, value in target.product.items()
    ]
    return {
        "code": target.code,
        **({"display": target.display} if target.display else {}),
        "equivalence": target.equivalence,
        **({"product": products} if products else {}),
    }


def _written(resource: Mapping[str, Any]) -> bytes:
    return orjson.dumps(resource, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
