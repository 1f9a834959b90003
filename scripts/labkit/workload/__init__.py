"""workload - a patient as found on disk: manifest, fixtures, variants, builds and their code. manifest.toml -> argv

manifest what workloads/NAME/manifest.toml says; fixture its frozen inputs; harness one run of its program; variant one set of
candidates; build the binaries; disassembly what the compiler left; self_test whether all of it holds on this machine.
"""
