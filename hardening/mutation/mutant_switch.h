/*
 * mutant_switch.h - in a build for the mutation score, whether a mutant is on.
 *
 * Numbers    are those that mutated_sources.py gave; each run of a test has at
 *            most one mutant on, that of the variable MUTANT_ON.
 * Record     MUTANTS_REACHED names a file of one byte for each number, which
 *            is 1 after a run that has come past the mutant.
 * Read next  mutation_score.py, which sets both variables.
 */
int clinic_mutant_is_on(int number);
