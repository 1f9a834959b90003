/*
 * collect/renumbering.h - rows whose numbers change as unused ones are
 * forgotten.
 *
 * Stacks, modules, threads and texts are known by number. When there are too
 * many, each place that keeps such numbers is visited twice: first to find
 * which of them it uses, then to replace them with the new ones.
 *
 * Read next  recorder_memory.c, which visits.
 */
#ifndef CLINIC_COLLECT_RENUMBERING_H
#define CLINIC_COLLECT_RENUMBERING_H

#include <stdint.h>

typedef void clinic_on_number(void *context, uint32_t *number);

#endif
