"""signature.py - the signature over the manifest of a sealed report, which names its signer.  manifest, key -> vNNNN.sig -> signer

A seal shows accidental damage only, because whoever can rewrite evidence and manifest can also seal anew. A signature shows
rewriting, too, as long as the key is kept outside the repository. `ssh-keygen -Y sign` makes it (OpenSSH, PROTOCOL.sshsig)
over the manifest, in a file beside the report, so that older labs without signatures can still read the report.
The known keys are in hardening/allowed_signers (ssh-keygen(1), ALLOWED SIGNERS), under git.
"""

import re
import subprocess
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from labkit.evidence import write_text
from labkit.outcome import Exit, LabError, UsageError
from labkit.report.seal import SEAL, read_manifest
from labkit.untrusted_file import UntrustedFileError, read_bytes

ROOT = Path(__file__).resolve().parents[3]
ALLOWED_SIGNERS = ROOT / "hardening" / "allowed_signers"
NAMESPACE = "perf-clinic-report"  # with this namespace, a signature that the same key made over other data is not valid for a report
TIMEOUT_S = 60
KEY_OF_A_GOOD_SIGNATURE = re.compile(r"Good \"\S+\" signature .*?with (.*)")


class State(Enum):
    UNSIGNED = "unsigned"
    SIGNED = "signed"
    BROKEN = "broken"


@dataclass(frozen=True)
class Signature:
    """signer: the name in allowed_signers; key: its type and fingerprint; why: the reason why a signature is broken."""

    state: State
    signer: str = ""
    key: str = ""
    why: str = ""

    def __str__(self) -> str:
        if self.state is State.UNSIGNED:
            return ("unsigned: its hashes show accidental damage, but not that somebody rewrote the evidence and sealed it anew")
        if self.state is State.BROKEN:
            return f"BROKEN signature: {self.why}"
        return f"signed by {self.signer} ({self.key}), a key listed in hardening/allowed_signers"


def signature_path(report: Path) -> Path:
    """The file beside the report: reports/telemetry/v0001.sig."""
    whole = report.resolve()
    return whole.with_name(f"{whole.name}.sig")


def sign(report: Path, key: Path) -> Signature:
    """Write the signature; it replaces an existing one. key: a private key, or a public key whose private key an agent has.
    UsageError: the key is in the repository; LabError: ssh-keygen could not sign."""
    read_manifest(report)
    if key.resolve().is_relative_to(ROOT):
        raise UsageError(f"{key} is in this repository; keep signing keys outside of it")
    manifest = read_bytes(report / SEAL)
    done = _ssh_keygen("-q", "-Y", "sign", "-n", NAMESPACE, "-f", str(key), given=manifest)
    if done.returncode != 0:
        raise LabError(f"{report} could not be signed with {key}: {_last_line(done.stderr)}", Exit.FAILED)
    write_text(signature_path(report), done.stdout.decode("ascii"))
    return examine(report)


def examine(report: Path) -> Signature:
    """The state of the signature: unsigned, signed or broken. LabError (exit 4) where ssh-keygen is missing to check it."""
    path = signature_path(report)
    if not path.exists() and not path.is_symlink():
        return Signature(State.UNSIGNED)
    try:
        read_bytes(path)
        manifest = read_bytes(report / SEAL)
    except UntrustedFileError as error:
        return Signature(State.BROKEN, why=str(error))
    signer = _find_signer(path)
    if not signer:
        return Signature(State.BROKEN, why=f"it is not a signature, or its key is not listed in {ALLOWED_SIGNERS.name}")
    done = _ssh_keygen("-Y", "verify", "-n", NAMESPACE, "-f", str(ALLOWED_SIGNERS), "-I", signer, "-s", str(path), given=manifest)
    if done.returncode != 0:
        return Signature(State.BROKEN, signer=signer, why=f"{signer} did not sign this {SEAL}: {_last_line(done.stderr + done.stdout)}")
    match = KEY_OF_A_GOOD_SIGNATURE.search(done.stdout.decode(errors="replace"))
    return Signature(State.SIGNED, signer=signer, key=match[1].strip() if match else "key not named")


def _find_signer(path: Path) -> str:
    """The first name that allowed_signers gives this key; empty where the key is not listed."""
    if not ALLOWED_SIGNERS.is_file():
        return ""
    done = _ssh_keygen("-Y", "find-principals", "-f", str(ALLOWED_SIGNERS), "-s", str(path))
    names = done.stdout.decode(errors="replace").split() if done.returncode == 0 else []
    return names[0] if names else ""


def _ssh_keygen(*arguments: str, given: bytes = b"") -> subprocess.CompletedProcess:
    try:
        return subprocess.run(["ssh-keygen", *arguments], input=given, capture_output=True, timeout=TIMEOUT_S)
    except FileNotFoundError:
        raise LabError("ssh-keygen, which makes and checks signatures, is missing: apt install openssh-client", Exit.ENVIRONMENT) from None
    except subprocess.TimeoutExpired:
        raise LabError(f"ssh-keygen did not end within {TIMEOUT_S} s; does the key ask for a passphrase? "
                       "Add it to an agent, and name its public key", Exit.ENVIRONMENT) from None


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "ssh-keygen gave no reason"
