"""The JSON Schema says exactly what the dataclasses of the manifest hold."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from MedMMSlicerLib.bundles import manifest as types
from MedMMSlicerLib.bundles.manifest import manifest_from_json
from MedMMSlicerLib.bundles.schema_check import SCHEMA_PATH, check_schema, json_path
from MedMMSlicerLib.core import CodedConcept

SCHEMA: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
PLAIN = (
    types.InputRole,
    types.ContextVariable,
    types.GraphDefinition,
    types.Region,
    types.Preprocess,
    types.Postprocess,
    types.LabelDefinition,
    types.FindingDefinition,
    types.TrustRule,
    types.QualityRule,
    CodedConcept,
)


def fields(kind: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)}


def needed(kind: Any) -> set[str]:
    missing = dataclasses.MISSING
    return {f.name for f in dataclasses.fields(kind) if f.default is missing and f.default_factory is missing}


def test_the_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("kind", PLAIN, ids=lambda kind: kind.__name__)
def test_schema_and_dataclass_have_the_same_fields(kind: Any) -> None:
    definition = SCHEMA["$defs"][kind.__name__]
    assert set(definition["properties"]) == fields(kind)
    assert set(definition.get("required", ())) == needed(kind)
    assert definition["additionalProperties"] is False


def test_schema_and_manifest_have_the_same_fields() -> None:
    definition = SCHEMA["$defs"]["Manifest"]
    assert set(definition["properties"]) | {"version"} == fields(types.Manifest)
    assert SCHEMA["required"] == ["version"]
    assert definition["additionalProperties"] is False


def test_every_dataclass_of_the_manifest_is_compared() -> None:
    declared = {name for name in types.__all__ if dataclasses.is_dataclass(getattr(types, name))}
    assert declared == {kind.__name__ for kind in PLAIN} - {"CodedConcept"} | {"Manifest", "IntensityStep"}


def test_what_the_schema_needs_is_enough_for_the_manifest(metadata: dict[str, Any]) -> None:
    needed_keys = set(SCHEMA["$defs"]["Manifest"]["required"])
    medmm = {key: value for key, value in metadata["medmm"].items() if key in needed_keys}
    medmm["files"] = {"models/image.onnx": "0" * 64}
    document = {"version": "1", "medmm": medmm}
    assert check_schema(document) == ()
    manifest = manifest_from_json(document)
    assert manifest.labels == ()
    assert manifest.postprocess == types.Postprocess()


def test_every_property_says_what_is_expected() -> None:
    """The hint of a violation is the description of the schema that failed."""

    def walk(schema: Any, path: str) -> None:
        if not isinstance(schema, dict) or "$ref" in schema:
            return
        assert "description" in schema or not set(schema) & {"type", "enum", "pattern"}, path
        for key in ("properties", "$defs"):
            for name, inner in schema.get(key, {}).items():
                walk(inner, f"{path}/{name}")
        for key in ("items", "additionalProperties", "propertyNames", "then"):
            walk(schema.get(key), f"{path}/{key}")

    walk(SCHEMA, "")


def test_json_paths_are_unambiguous() -> None:
    assert json_path(["medmm", "labels", 1, "value"]) == "$.medmm.labels[1].value"
    assert json_path(["medmm", "files", "a/b.onnx"]) == "$.medmm.files['a/b.onnx']"
