"""workload - a workload on disk: manifest, fixtures, variants, builds and machine code.  workload.toml -> rows

manifest reads workloads/NAME/workload.toml; fixture checks its frozen inputs; variant collects one set of sources; build makes
the binaries; disassembly checks their machine code; harness makes one run; library makes the workload a subject of comparisons. The files
named command_ do the same for a workload that is any program: its manifest, fixtures, variants, builds and runs.
"""

# A manifest may name every kind of subject that is defined, so the kinds must be imported before a manifest is read.
import labkit.workload.command_manifest
import labkit.workload.command_runs
import labkit.workload.library  # noqa: F401  # for what it enters into the tables
