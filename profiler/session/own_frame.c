/* Recognises wrappers by their name, their file and their library. */
#include "session/own_frame.h"

#include <stddef.h>
#include <string.h>

#include "session/session.h"

static bool begins_with_any(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strncmp(text, *words, strlen(*words)))
			return true;
	return false;
}

static bool is_any(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

static bool is_of_library(const char *path)
{
	static const char *const names[] = {
		"libstdc++.so", "libc++.so",   "libc++abi.so",
		"libc.so",      "libc-2.",     "libpthread",
		"ld-linux",     "ld-musl",     "libclinic-preload.so",
		"libjemalloc",  "libtcmalloc", "libmimalloc",
		"[kernel",      "[vdso]",      NULL};
	const char *slash = strrchr(path, '/');

	return begins_with_any(slash ? slash + 1 : path, names);
}

/*
 * "void std::vector<...>::_M_realloc_insert<...>(...)": the return type of a
 * template stands before its name. The name begins after the last blank that
 * is before the parameters and outside all brackets.
 */
static const char *without_return_type(const char *name)
{
	const char *begin = name;
	int depth = 0;

	for (const char *at = name; *at; at++) {
		if (!strncmp(at, "operator", strlen("operator")))
			break;
		if (*at == '(' && depth == 0 && at > begin)
			break;
		if (strchr("<({[", *at))
			depth++;
		if (strchr(">)}]", *at) && !(at > name && at[-1] == '-'))
			depth--;
		if (*at == ' ' && depth == 0)
			begin = at + 1;
	}
	return begin;
}

static bool is_wrapper(const char *name)
{
	static const char *const spaces[] = {"std::",
					     "__gnu_cxx::",
					     "__gthread_",
					     "__gthrw_",
					     "operator new",
					     "operator delete",
					     "pthread_",
					     "__pthread_",
					     "<alloc::",
					     "<core::",
					     "<std::",
					     "__rust_",
					     "alloc::alloc:",
					     "alloc::raw_vec:",
					     "__rg_",
					     "__rdl_",
					     NULL};
	static const char *const functions[] = {"malloc",
						"calloc",
						"realloc",
						"free",
						"g_malloc",
						"g_malloc0",
						"g_realloc",
						"g_mutex_lock",
						"g_rec_mutex_lock",
						"g_rw_lock_writer",
						"uv_mutex_lock",
						"_start",
						NULL};
	const char *begin = without_return_type(name);

	return begins_with_any(begin, spaces) || is_any(begin, functions);
}

/* Templates of the standard libraries are compiled into the program. */
static bool is_of_header(const char *file)
{
	return strstr(file, "/include/c++/") || strstr(file, "/rustc/") ||
	       strstr(file, "/rustlib/");
}

bool clinic_frame_is_own(const struct clinic_session *session,
			 uint32_t frame_id)
{
	uint32_t count;
	const struct clinic_frame *frame =
		clinic_session_rows(session, CLINIC_FRAMES, &count);

	frame += frame_id;
	return !is_of_library(clinic_session_library_path(session,
							  frame->library_id)) &&
	       !is_of_header(clinic_session_text(session, frame->file_id)) &&
	       !is_wrapper(clinic_session_text(session, frame->function_id));
}

uint32_t clinic_own_stack(const struct clinic_session *session,
			  uint32_t stack_id)
{
	uint32_t count;
	const struct clinic_stack *stack =
		clinic_session_rows(session, CLINIC_STACKS, &count);

	for (uint32_t at = stack_id; at; at = stack[at].parent_id)
		if (clinic_frame_is_own(session, stack[at].frame_id))
			return at;
	return stack_id;
}

int clinic_own_site(struct clinic_session *session, uint32_t stack_id,
		    uint32_t *site_id)
{
	uint32_t count, frame_id;
	const struct clinic_stack *stack =
		clinic_session_rows(session, CLINIC_STACKS, &count);
	const struct clinic_frame *frames =
		clinic_session_rows(session, CLINIC_FRAMES, &count);
	struct clinic_stack own;
	struct clinic_frame frame;
	int err;

	*site_id = clinic_own_stack(session, stack_id);
	own = stack[*site_id];
	frame = frames[own.frame_id];
	if (!frame.function_id)
		return 0; /* only the address of the frame is known */
	frame.address = 0;
	err = clinic_session_frame_id(session, &frame, &frame_id);
	return err ? err
		   : clinic_session_stack_id(session, own.parent_id, frame_id,
					     site_id);
}
