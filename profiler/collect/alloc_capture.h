/*
 * collect/alloc_capture.h - the folder that a run leaves its arenas in.
 *
 * Private to this room: shared by alloc_capture.c, which makes it, and
 * alloc_raw.c, which reads it.
 */
#ifndef CLINIC_COLLECT_ALLOC_CAPTURE_H
#define CLINIC_COLLECT_ALLOC_CAPTURE_H

#include "collect/alloc_raw.h"

#define CLINIC_ALLOC_SETTINGS_MAX 8

struct clinic_alloc_capture {
	struct clinic_alloc_plan plan;
	char *program;
	char folder[64];
	char *settings[CLINIC_ALLOC_SETTINGS_MAX];
};

#endif
