"""A small checker of FHIR bundles against the snapshots of the Genomics Reporting guide (tests/fixtures/fhir).

It holds a resource against its profile: which elements there may be, how often, of which type, with which pattern or
fixed value; every slice by its discriminator; and where references lead. It is not the official validator: invariants
in FHIRPath it knows only as far as `broken_invariants` restates them, and of terminologies only the guide's own.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

Json = dict[str, Any]
SOURCE = Path(__file__).parents[1] / "fixtures" / "fhir" / "genomics-reporting-3.0.0.json.gz"
GUIDE = {item["url"]: item for item in json.loads(gzip.decompress(SOURCE.read_bytes()))}
CORE = "http://hl7.org/fhir/StructureDefinition/"
IMPLICATIONS = GUIDE["http://hl7.org/fhir/uv/genomics-reporting/ValueSet/genetic-therapeutic-implications-vs"]
CALLS = {
    (include["system"], concept["code"], concept["display"])
    for include in IMPLICATIONS["compose"]["include"]
    for concept in include["concept"]
}


def faults(bundle: Json) -> list[str]:
    """Everything in which a bundle breaks the guide; empty where it keeps it."""
    targets = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    found = []
    if len(targets) != len(bundle["entry"]):
        found.append("two entries share a fullUrl")
    for entry in bundle["entry"]:
        resource = entry["resource"]
        found += [f"{resource['resourceType']}: {fault}" for fault in broken_invariants(resource)]
        found += [f"{at}: leads nowhere" for at, url in references(resource) if url not in targets]
        found += [f"{at}: {fault}" for at, fault in unknown_codes(resource)]
        for url in resource.get("meta", {}).get("profile", []):
            found += Profile(url, targets).check(resource)
        for at, part in walk(resource, resource["resourceType"]):
            if isinstance(part, dict) and GUIDE.get(part.get("url"), {}).get("type") == "Extension":
                found += [f"{at}: {fault}" for fault in Profile(part["url"], targets).check(part)]
    return found


def walk(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every part of a JSON value with its path."""
    yield at, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from walk(part, f"{at}.{key}")


def references(resource: Json) -> Iterator[tuple[str, str]]:
    """Every reference of a resource, with its path."""
    for at, part in walk(resource, resource["resourceType"]):
        if isinstance(part, dict) and "reference" in part:
            yield at, part["reference"]


def unknown_codes(resource: Json) -> Iterator[tuple[str, str]]:
    """Codes that the guide's own systems do not hold, and calls from outside its value set."""
    for at, part in walk(resource, resource["resourceType"]):
        if isinstance(part, dict) and "system" in part and "code" in part:
            system = GUIDE.get(part["system"])
            if system and part["code"] not in {concept["code"] for concept in system["concept"]}:
                yield at, f"{part['code']} is not in {part['system']}"
    for part in resource.get("component", []):
        if any(coding["code"] == "therapeutic-implication" for coding in part["code"].get("coding", [])):
            for coding in part["valueCodeableConcept"]["coding"]:
                given = (coding["system"], coding["code"], coding.get("display"))
                if coding["system"] in {system for system, _, _ in CALLS} and given not in CALLS:
                    yield "component", f"{given} is not in the guide's value set of implications"


def broken_invariants(resource: Json) -> Iterator[str]:
    """R4's invariants of the elements that we use: obs-3, obs-6, obs-7, dom-6, and a value or a reason everywhere."""
    if "text" not in resource:
        yield "dom-6: no narrative"
    for part in [resource, *resource.get("component", [])] if resource["resourceType"] == "Observation" else []:
        valued = [key for key in part if key.startswith("value")]
        if valued and "dataAbsentReason" in part:
            yield "obs-6: a value and a reason why there is none"
        if part is not resource and len(valued) + ("dataAbsentReason" in part) != 1:
            yield f"a component with neither or two: {part['code']}"
        if (
            part is not resource
            and part["code"] == resource["code"]
            and any(key.startswith("value") for key in resource)
        ):
            yield "obs-7: the code of a component is that of the observation, which has a value"
        for limits in part.get("referenceRange", []):
            if not limits.keys() & {"low", "high", "text"}:
                yield "obs-3: an empty reference range"


class Snapshot:
    """The elements of one StructureDefinition by id, with the children and slices of each."""

    def __init__(self, definition: Json) -> None:
        self.root = definition["type"]
        self.elements = {element["id"]: element for element in definition["snapshot"]["element"]}
        self.children: dict[str, dict[str, Json]] = defaultdict(dict)
        self.slices: dict[str, list[str]] = defaultdict(list)
        for key, element in self.elements.items():
            parent, _, name = key.rpartition(".")
            sliced, _, own = name.partition(":")
            if own:
                self.slices[f"{parent}.{sliced}"].append(key)
            else:
                self.children[parent][name] = element


@cache
def snapshot(url: str) -> Snapshot:
    """The snapshot of that StructureDefinition of the guide."""
    return Snapshot(GUIDE[url])


class Profile:
    """One StructureDefinition's snapshot, and the resources that a reference may lead to."""

    def __init__(self, url: str, targets: dict[str, Json]) -> None:
        self.snapshot, self.targets = snapshot(url), targets
        self.elements = self.snapshot.elements

    def check(self, value: Json) -> list[str]:
        """The faults of a resource or extension that claims this profile."""
        return list(self._inside(value, self.snapshot.root))

    def _inside(self, value: Json, element: str) -> Iterator[str]:
        """Hold every child of ``value`` against its definition; where a snapshot stops, fhir.resources goes on."""
        own = self.elements[element].get("contentReference", f"#{element}").removeprefix("#")
        children = self.snapshot.children.get(own)
        if children is None:
            return
        seen = {"resourceType"}
        for name, child in children.items():
            keys = [key for key in value if key == name or _is_choice(key, name)]
            seen |= set(keys)
            given = [item for key in keys for item in (value[key] if isinstance(value[key], list) else [value[key]])]
            yield from _count(child, len(given), child["id"])
            types = {kind["code"] for kind in child.get("type", [])}
            for key in keys:
                if name.endswith("[x]") and key[len(name) - 3 :].casefold() not in {kind.casefold() for kind in types}:
                    yield f"{child['id']}: {key} is none of {sorted(types)}"
            for item in given:
                yield from self._item(item, child)
            yield from self._sliced(given, child)
        yield from (f"{element}: has no element {key}" for key in value if key not in seen)

    def _item(self, item: Any, child: Json) -> Iterator[str]:
        for key, wanted in child.items():
            if key.startswith(("pattern", "fixed")) and not _holds(item, wanted):
                yield f"{child['id']}: {item} is not {wanted}"
        if isinstance(item, dict):
            yield from self._leads(item, child)
            yield from self._inside(item, child["id"])

    def _leads(self, item: Json, child: Json) -> Iterator[str]:
        wanted = [url for kind in child.get("type", []) for url in kind.get("targetProfile", [])]
        if wanted and "reference" in item and not any(self._fits(item, url) for url in wanted):
            yield f"{child['id']}: leads to none of {wanted}"

    def _fits(self, reference: Json, url: str) -> bool:
        target = self.targets.get(reference["reference"], {})
        return url in (CORE + target.get("resourceType", ""), *target.get("meta", {}).get("profile", []))

    def _sliced(self, given: list[Any], child: Json) -> Iterator[str]:
        for name in self.snapshot.slices.get(child["id"], []):
            part = self.elements[name]
            own = [item for item in given if self._is_of(item, name, child["slicing"])]
            yield from _count(part, len(own), name)
            for item in own:
                yield from self._item(item, part)

    def _is_of(self, item: Json, name: str, slicing: Json) -> bool:
        """Whether a slice's discriminator picks ``item``."""
        part = self.elements[name]
        kind = part.get("type", [{}])[0]
        for discriminator in slicing["discriminator"]:
            path = discriminator["path"]
            if path == "resolve()":
                return any(self._fits(item, url) for url in kind.get("targetProfile", []))
            if path == "url":
                return bool(item["url"] in kind.get("profile", []))
            wanted = next(value for key, value in self.elements[f"{name}.{path}"].items() if key.startswith("pattern"))
            if not _holds(item.get(path), wanted):
                return False
        return True


def _is_choice(key: str, name: str) -> bool:
    """Whether ``key`` is the choice element ``name`` with one of its types, as valueString is value[x]."""
    stem = name.removesuffix("[x]")
    return name.endswith("[x]") and key.startswith(stem) and key[len(stem) : len(stem) + 1].isupper()


def _count(element: Json, number: int, name: str) -> Iterator[str]:
    most = element["max"]
    if number < element["min"] or (most != "*" and number > int(most)):
        yield f"{name}: {number} where there must be {element['min']}..{most}"


def _holds(given: Any, wanted: Any) -> bool:
    """Whether ``given`` holds all that a pattern asks for; of a list, some item."""
    if isinstance(given, list) and not isinstance(wanted, list):
        return any(_holds(item, wanted) for item in given)
    if isinstance(wanted, dict):
        return isinstance(given, dict) and all(_holds(given.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return all(_holds(given, item) for item in wanted)
    return bool(given == wanted)
