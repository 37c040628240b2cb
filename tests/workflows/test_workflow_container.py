"""The container file: what it promises, and its own commands carried out without a container engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sandbox
from dockerfile import build, context, parse
from workflow_places import ROOT, WORKFLOWS, tool

from pancreassign import resources

FILE = WORKFLOWS / "container" / "Dockerfile"
ARGUMENTS, (BUILD, FINAL) = parse(FILE.read_text(encoding="utf-8"))
EXAMPLE = resources.data_dir() / "example"
UNREACHABLE = re.compile(r"NewConnectionError|name resolution|Network is unreachable|ProxyError")


@dataclass(frozen=True)
class Image:
    """What stands for the image: where its root lies, the folder of results, and a way to run commands in it."""

    root: Path
    out: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {
            key: value.replace("/opt/", f"{self.root}/opt/").replace("$PATH", "/usr/bin:/bin")
            for key, value in FINAL.environment.items()
        }
        (user,) = FINAL.of("USER")
        # the interpreter lies outside of the environment, as it does in the base image
        shown = [self.root / "opt", EXAMPLE, Path(sys.base_prefix)]
        return sandbox.run(command, environment, user, self.out, shown, self.root / "mnt")


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """The building stage carried out: from PyPI, by the lock, with hashes."""
    # not below pytest's own folder, which other users may not enter
    root = Path(tempfile.mkdtemp(prefix="pancreassign-image-"))
    root.chmod(0o755)
    try:
        context(ROOT, FILE.with_name("Dockerfile.dockerignore").read_text(encoding="utf-8"), root / "context")
        try:
            build(BUILD, root / "context", root)
        except RuntimeError as error:
            if UNREACHABLE.search(str(error)) and not os.environ.get("CI"):
                pytest.skip("PyPI cannot be reached")
            raise
        for name in ("mnt", "out"):
            (root / name).mkdir()
        yield Image(root, root / "out")
    finally:
        shutil.rmtree(root)


@pytest.fixture(scope="module")
def confined(image: Image) -> Image:
    """The image, where this machine lets a test make a root of its own."""
    if os.getuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("only root may change to another user")
    probe = image.run("/usr/bin/true")
    if re.search("not permitted|denied", probe.stderr):
        pytest.skip(f"this machine permits no namespaces: {probe.stderr.strip()}")
    assert probe.returncode == 0, probe.stderr
    return image


def test_the_image_runs_as_a_user_without_rights_and_starts_pancreassign() -> None:
    (user,) = FINAL.of("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user), "by number: Kubernetes cannot tell of a name that it is not root"
    assert FINAL.of("ENTRYPOINT") == ['["pancreassign"]']
    assert {FINAL.environment[name] for name in ("HOME", "MPLCONFIGDIR")} == {"/tmp", "/tmp/matplotlib"}


def test_both_stages_rest_on_one_base_that_is_pinned() -> None:
    assert re.search(r"python:3\.13-slim@sha256:[0-9a-f]{64}$", ARGUMENTS["PYTHON_IMAGE"])
    assert [stage.base for stage in (BUILD, FINAL)] == ["${PYTHON_IMAGE} AS build", "${PYTHON_IMAGE}"]


def test_nothing_is_installed_that_is_not_locked() -> None:
    installs = re.findall(r"pip install [^&]+", " && ".join(BUILD.of("RUN")))
    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes --only-binary :all: --requirement" in install or "--no-deps --no-index" in install
    assert not [step for step in FINAL.of("RUN") if "pip" in step]


def test_the_image_says_what_it_is() -> None:
    labels = " ".join(FINAL.of("LABEL"))
    assert "For research use." in labels
    for name in ("title", "description", "version", "licenses"):
        assert f"org.opencontainers.image.{name}=" in labels


def test_hadolint_finds_no_fault() -> None:
    hadolint = tool("hadolint")
    if hadolint is None:
        pytest.skip("no hadolint: make tools, or HADOLINT=...")
    done = subprocess.run([hadolint, str(FILE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_no_file_beside_the_package_gets_into_the_image(image: Image) -> None:
    copied = {path.name for path in (image.root / "context").iterdir()}
    assert copied == {"pancreassign", "signatures", "data", "pyproject.toml", "README.md", "LICENSE", "workflows"}


@pytest.mark.slow
def test_the_image_has_no_network_and_can_write_nowhere_but_tmp(confined: Image) -> None:
    python = f"{confined.root}/opt/pancreassign/bin/python"
    network = confined.run(python, "-c", "import socket; socket.create_connection(('1.1.1.1', 53), 1)")
    assert "unreachable" in network.stderr
    code = "import os, sys, tempfile; tempfile.TemporaryFile(dir=sys.argv[1]); print(os.getuid())"
    for place in ("/", "/usr", "/data", f"{confined.root}/opt/pancreassign"):
        assert "Read-only file system" in confined.run(python, "-c", code, place).stderr
    assert confined.run(python, "-c", code, "/tmp").stdout.strip() == FINAL.of("USER")[0].split(":")[0]


@pytest.mark.slow
def test_the_image_scores_the_example_to_the_same_records(confined: Image, tmp_path: Path) -> None:
    given = ["score", str(EXAMPLE / "counts.tsv.gz"), "--samples", str(EXAMPLE / "samples.tsv")]
    given += ["--clinical", str(EXAMPLE / "clinical.tsv"), "--out"]
    done = confined.run(f"{confined.root}/opt/pancreassign/bin/pancreassign", *given, "/out/results")
    assert done.returncode == 0, done.stderr
    assert "matplotlib" not in done.stderr.lower(), "it has a place for its cache"
    command = [sys.executable, "-m", "pancreassign", *given, str(tmp_path / "here"), "--no-report"]
    subprocess.run(command, check=True, capture_output=True)
    records = sorted((tmp_path / "here").glob("*/prediction.json"))
    assert len(records) == 7
    for record in records:
        own = confined.out / "results" / record.parent.name
        assert (own / "prediction.json").read_bytes() == record.read_bytes()
        assert (own / "report.pdf").read_bytes().startswith(b"%PDF")
