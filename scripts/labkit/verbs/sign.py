"""sign - sign the manifest of a sealed report with a key from outside the repository

Writes vNNNN.sig beside the report. `lab verify` then names the signer, if hardening/allowed_signers lists the key.
"""

from pathlib import Path

from labkit.outcome import Exit, UsageError


def add_arguments(parser) -> None:
    parser.add_argument("report", type=Path, help="the folder of a sealed report, for example reports/telemetry/v0001")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE",
                        help="a private SSH key, or the public key of one that an agent holds; never a key in the repository")


def run(args) -> Exit:
    if not args.report.is_dir():
        raise UsageError(f"{args.report} is not a folder; sealed reports are in reports/<workload>/vNNNN")
    if not args.key.is_file():
        raise UsageError(f"{args.key} is not a file; ssh-keygen -t ed25519 -f {args.key} makes a key")
    from labkit.report.signature import State, sign, signature_path

    found = sign(args.report, args.key)
    print(f"sign: wrote {signature_path(args.report)}")
    if found.state is not State.SIGNED:
        print(f"sign: the signature cannot be checked yet ({found.why}): add the line `NAME namespaces=\"perf-clinic-report\" "
              f"<the public key>` to hardening/allowed_signers")
        return Exit.INCONCLUSIVE
    print(f"sign: {args.report}: {found}")
    return Exit.PASSED
