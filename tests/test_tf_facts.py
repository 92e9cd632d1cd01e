"""The record of Keras on TensorFlow: whole, of the locked versions, and other than on PyTorch."""

import importlib
import inspect
import json
import re
import sys
import typing

import pytest
from built_site import ROOT
from packaging.requirements import Requirement

sys.path.insert(0, str(ROOT / "records"))
facts, tf_facts = (importlib.import_module(name) for name in ("facts", "tf_facts"))

TEXT = tf_facts.RECORD.read_text(encoding="utf-8")
RECORD = json.loads(TEXT)
BOTH = [name for name in facts.FACTS if not facts.needs_tensorflow(name)]
SAME_ON_TORCH = {
    "batch_norm_moves", "batch_norm_of_one_row", "call_convert_to_numpy", "call_is_inference",
    "call_runs", "caps", "drops", "drops_where_training_is_the_default", "dtype_of_float64_rows",
    "fractional_index", "index_of_each_dtype", "nines", "one_hot_of_each_dtype",
    "predict_is_near_call", "predict_no_rows", "predict_on_batch_returns", "predict_returns",
    "wrong_shape",
}  # fmt: skip


def lock(name):
    """The requirements that hold on the machine of the record, by name."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    machine = {"sys_platform": "linux", "platform_machine": "x86_64"}
    held = [one for one in found if one.marker is None or one.marker.evaluate(machine)]
    return {one.name: str(one.specifier).removeprefix("==") for one in held}


def fits(value, annotation):
    """Whether a value of JSON is of the type that a fact's annotation says."""
    kind, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if kind is dict:
        return type(value) is dict and all(
            re.fullmatch(r"\w+", key) and fits(item, inner[1]) for key, item in value.items()
        )
    if kind is list:
        return type(value) is list and all(fits(item, inner[0]) for item in value)
    return any(fits(value, one) for one in inner) if inner else type(value) is annotation


@pytest.mark.parametrize("name", ["keras", "numpy"])
def test_record_is_of_the_locked_version(name):
    locked = lock("requirements.txt")[name]
    how = f"put {name}=={locked} in requirements-tf.txt, then `make tf-facts ACCEPT=1`"
    assert lock("requirements-tf.txt")[name] == locked, how
    assert RECORD["versions"][name] == locked, how


def test_record_is_of_the_locked_tensorflow():
    assert RECORD["versions"]["tensorflow"] == lock("requirements-tf.txt")["tensorflow-cpu"]


def test_lock_is_exact_and_names_one_tensorflow():
    text = (ROOT / "requirements-tf.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line.partition(";")[0]) for line in lines)
    versions = {line.partition(";")[0].partition("==")[2] for line in lines if "tensorflow" in line}
    assert len(versions) == 1


def test_record_has_every_fact_and_no_other():
    assert list(RECORD["facts"]) == list(facts.FACTS), "run `make tf-facts ACCEPT=1`"


def test_record_is_as_the_command_writes_it():
    assert tf_facts.as_text(RECORD) == TEXT


@pytest.mark.parametrize("name", facts.FACTS)
def test_fact_is_documented(name):
    function = facts.FACTS[name]
    assert inspect.getdoc(function).splitlines()[0].endswith(".")
    assert fits(RECORD["facts"][name], inspect.get_annotations(function)["return"])


@pytest.mark.parametrize("name", BOTH)
def test_pytorch_differs_where_it_is_said_to(name):
    same = facts.measured(name) == RECORD["facts"][name]
    assert same == (name in SAME_ON_TORCH)


def test_each_difference_is_told():
    old = {"versions": {"keras": "1", "python": "3.11"}, "facts": {"a": 1.0, "b": 2}}
    new = {"versions": {"keras": "1", "python": "3.13"}, "facts": {"a": 1.5, "c": True}}
    told = tf_facts.differences(old, new)
    assert [line.split() for line in told] == [
        ["a"], ["recorded", "1.0"], ["measured", "1.5"],
        ["b"], ["recorded", "2"], ["measured", "null"],
        ["c"], ["recorded", "null"], ["measured", "true"],
    ]  # fmt: skip
    assert tf_facts.differences(RECORD, RECORD) == []
    assert tf_facts.differences({}, RECORD)


def test_pytorch_is_not_recorded():
    with pytest.raises(SystemExit, match="make tf-facts"):
        tf_facts.main()
