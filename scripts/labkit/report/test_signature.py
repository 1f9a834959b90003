"""A signature names the signer of a report; with another manifest, key or purpose it is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from labkit.outcome import Exit, UsageError
from labkit.report import signature
from labkit.report.seal import seal
from labkit.report.signature import NAMESPACE, ROOT, State, examine, sign, signature_path


@pytest.fixture
def keys(tmp_path, monkeypatch):
    """A folder with two keys, known and unknown; allowed_signers lists only the first."""
    folder = tmp_path / "keys"
    folder.mkdir()
    for name in ("known", "unknown"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder / name], check=True)
    signers = folder / "allowed_signers"
    signers.write_text(f'ann@example.org namespaces="{NAMESPACE}" {(folder / "known.pub").read_text()}')
    monkeypatch.setattr(signature, "ALLOWED_SIGNERS", signers)
    return folder


@pytest.fixture
def report(tmp_path):
    folder = tmp_path / "mill" / "v0001"
    folder.mkdir(parents=True)
    (folder / "audit.md").write_text("It is fast.\n")
    seal(folder, None)
    return folder


def test_a_report_without_a_signature_is_unsigned(keys, report):
    assert examine(report).state is State.UNSIGNED


def test_a_signature_names_its_signer_and_key(keys, report):
    assert sign(report, keys / "known").state is State.SIGNED
    found = examine(report)
    assert found.signer == "ann@example.org" and "ED25519 key SHA256:" in found.key


def test_what_is_sealed_anew_needs_the_key_again(keys, report):
    sign(report, keys / "known")
    (report / "audit.md").write_text("It is forty times as fast.\n")
    seal(report, None)
    found = examine(report)
    assert found.state is State.BROKEN and "ann@example.org did not sign this MANIFEST" in found.why


def test_an_unknown_key_is_nobodys(keys, report):
    found = sign(report, keys / "unknown")
    assert found.state is State.BROKEN and "not listed in" in found.why


def test_a_signature_for_another_purpose_is_none(keys, report):
    """A signature over the same bytes as a file or a commit does not sign a report."""
    done = subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", keys / "known"],
                          input=(report / "MANIFEST.sha256").read_bytes(), capture_output=True, check=True)
    signature_path(report).write_bytes(done.stdout)
    assert examine(report).state is State.BROKEN


@pytest.mark.parametrize("spoil", [lambda path: path.write_text("-----BEGIN SSH SIGNATURE-----\n"), lambda path: path.write_bytes(b""),
                                   lambda path: path.write_bytes(bytes(range(256))), lambda path: path.mkdir(),
                                   lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to("nowhere")],
                         ids=["truncated", "empty", "binary", "folder", "device", "dangling link"])
def test_what_is_no_signature_is_broken_and_never_unsigned(keys, report, spoil):
    spoil(signature_path(report))
    assert examine(report).state is State.BROKEN


def test_a_key_in_the_repository_does_not_sign(keys, report):
    inside = ROOT / "build" / "a-key"
    inside.parent.mkdir(exist_ok=True)
    shutil.copy(keys / "known", inside)
    try:
        with pytest.raises(UsageError, match="outside"):
            sign(report, inside)
    finally:
        inside.unlink()


@pytest.mark.parametrize("arguments, said", [(["nowhere", "--key", "k"], "is not a folder"), ([".", "--key", "nokey"], "is not a file"),
                                             ([".", "--key", "/dev/null"], "is not a file")])
@pytest.mark.few(1)
def test_bad_arguments_are_a_sentence(tmp_path, arguments, said):
    done = subprocess.run([sys.executable, "-B", ROOT / "scripts/lab", "sign", *arguments], capture_output=True, text=True)
    assert done.returncode == Exit.USAGE and said in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_verify_says_which_of_three(report, tmp_path):
    """`lab verify` fails on an incomplete report, but prints the state of its signature."""
    lab = [sys.executable, "-B", ROOT / "scripts/lab", "verify", report]
    assert "unsigned" in subprocess.run(lab, capture_output=True, text=True).stdout
    Path(signature_path(report)).write_text("nothing\n")
    done = subprocess.run(lab, capture_output=True, text=True)
    assert done.returncode == Exit.FAILED and "BROKEN signature" in done.stdout
