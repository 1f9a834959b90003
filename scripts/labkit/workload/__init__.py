"""workload - a workload as found on disk: manifest, fixtures, variants, builds and their code.  workload.toml -> rows

manifest what workloads/NAME/workload.toml says; fixture its frozen inputs; variant one set of sources; build the binaries;
disassembly what the compiler left; harness one run of its program; library the workload as a subject of comparisons.
"""

# The kinds that a manifest may name are the subjects that are defined, so they have to be defined before one is read.
import labkit.workload.library
