"""What registries hold, by name; and one clear error for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import fsspec
import pytest
from click.testing import CliRunner

from tf2torch.diagnostics import SourceError
from tf2torch.fleet import folder, remote
from tf2torch.fleet.registry import read

VERSIONS = ["r/9/saved_model.pb", "r/10/saved_model.pb", "r/10/variables/v.index"]


def test_newest_version_by_number() -> None:
    assert folder.models(VERSIONS, all_versions=False) == {"r": "r/10"}
    assert folder.models(VERSIONS, all_versions=True) == {"r/9": "r/9", "r/10": "r/10"}


def test_versions_of_files() -> None:
    files = ["a/1/model.keras", "a/2/model.keras", "a/2/other.h5", "notes.txt"]
    assert folder.models(files, all_versions=False) == {
        "a/model.keras": "a/2/model.keras",
        "a/other.h5": "a/2/other.h5",
    }


def test_formats_side_by_side() -> None:
    files = [
        "saved/saved_model.pb",
        "saved/assets/words.pb",
        "lost/variables/variables.index",
        "graph.pb",
        "old.meta",
        "old.index",
        "old.data-00000-of-00001",
        "bare.index",
        "lite.tflite",
        "README.md",
    ]
    found = ["saved", "lost", "graph.pb", "old.meta", "bare.index", "lite.tflite"]
    assert sorted(folder.models(files, all_versions=False)) == sorted(found)


def test_a_model_beside_versions() -> None:
    """``r`` would hold the port of ``r/extra.h5``: its version keeps the path."""
    files = [*VERSIONS, "r/extra.h5"]
    assert folder.models(files, all_versions=False) == {
        "r/10": "r/10",
        "r/extra.h5": "r/extra.h5",
    }


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "model.h5").write_bytes(b"")
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a")
    assert [model.name for model in read(str(tmp_path))] == ["a/model.h5"]


ENTRIES: dict[str, str] = {
    "m.csv": "source,name,inputs,owner,verify\na.pb,x/one,p q,ann,no\nb.h5,,,,\n",
    "m.json": json.dumps(
        [
            {
                "source": "a.pb",
                "name": "x/one",
                "inputs": ["p", "q"],
                "owner": "ann",
                "verify": False,
            },
            {"source": "b.h5"},
        ]
    ),
    "m.yaml": """
models:
  - {source: a.pb, name: x/one, inputs: p q, owner: ann, verify: false}
  - {source: b.h5}
""",
}


@pytest.mark.parametrize("name", ENTRIES)
def test_manifests(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(ENTRIES[name])
    second, first = read(str(tmp_path / name))
    assert (first.name, first.owner) == ("x/one", "ann")
    assert first.location == str(tmp_path / "a.pb")
    assert first.options == {"inputs": ["p", "q"], "verify": False}
    assert (second.name, second.options) == ("b.h5", {})


WRONG: dict[str, tuple[str, str, str]] = {
    "unknown option": ("m.json", '[{"source": "a", "colour": "red"}]', "colour"),
    "no source": ("m.json", '[{"name": "a"}]', "names no source"),
    "no column": ("m.csv", "path\na.pb\n", "column 'source'"),
    "more fields": ("m.csv", "source\na.pb,b\n", "more fields"),
    "no list": ("m.yaml", "a: b", "no list of models"),
    "no json": ("m.json", "[", "no json file"),
    "no yaml": ("m.yaml", "a: [", "no yaml file"),
    "not text": ("m.json", "\udcff", "cannot be read"),
    "twice": ("m.json", '[{"source": "a"}, {"source": "a"}]', "two models"),
    "nested": (
        "m.json",
        '[{"source": "a", "name": "x"}, {"source": "b", "name": "x/y"}]',
        "inside that of 'x'",
    ),
    "way out": ("m.json", '[{"source": "a", "name": "../x"}]', "no name"),
    "no number": ("m.json", '[{"source": "a", "seed": "one"}]', "seed"),
    "empty": ("m.json", "[]", "holds no model"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_manifest(case: str, tmp_path: Path) -> None:
    from tf2torch.cli import main

    name, text, words = WRONG[case]
    (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    out = tmp_path / "out"
    result = CliRunner().invoke(main, ["batch", str(tmp_path / name), "-o", str(out)])
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"executor": "cloud"}, "no executor 'cloud'"),
        ({"jobs": 0}, "jobs must be above zero"),
        ({"include": ["nothing*"]}, "none is included"),
        ({"database": "nosuch://x"}, "no database"),
    ],
)
def test_wrong_option(options: dict[str, Any], words: str, tmp_path: Path) -> None:
    import tf2torch

    (tmp_path / "model.h5").write_bytes(b"")
    with pytest.raises(SourceError, match=words):
        list(tf2torch.batch(tmp_path, tmp_path / "out", **options))


def test_output_in_use(tmp_path: Path) -> None:
    from tf2torch.fleet.desk import alone
    from tf2torch.fleet.run import batch

    (tmp_path / "model.h5").write_bytes(b"")
    with alone(tmp_path / "out"):
        with pytest.raises(SourceError, match="another batch is running"):
            next(batch(tmp_path, tmp_path / "out"))


def test_object_store(tmp_path: Path) -> None:
    """Listed without a download, fetched one by one, told apart by what changes."""
    store = fsspec.filesystem("memory")
    store.pipe("/zoo/r/1/saved_model.pb", b"one")
    store.pipe("/zoo/r/2/saved_model.pb", b"two")
    store.pipe("/zoo/r/2/variables/variables.index", b"index")
    store.pipe("/zoo/old.meta", b"meta")
    store.pipe("/zoo/old.index", b"index")
    old, ranker = read("memory://zoo")
    assert (old.name, ranker.name) == ("old.meta", "r")
    path = remote.fetch(ranker.location, tmp_path)
    assert (path / "saved_model.pb").read_bytes() == b"two"
    assert (path / "variables" / "variables.index").read_bytes() == b"index"
    assert remote.fetch(old.location, tmp_path).with_suffix(".index").is_file()
    before = remote.digest(ranker.location)
    assert remote.digest(ranker.location) == before
    store.pipe("/zoo/r/2/saved_model.pb", b"three")
    assert remote.digest(ranker.location) != before


@pytest.mark.parametrize("url", ["memory://nowhere", "nosuch://bucket/x"])
def test_no_object_store(url: str) -> None:
    with pytest.raises(SourceError, match=url):
        read(url)
