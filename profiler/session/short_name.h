/*
 * session/short_name.h - a C++ name without its template arguments.
 *
 * std::vector<app::point, std::allocator<app::point> >::push_back(...)
 *	-> std::vector<...>::push_back(...)
 *
 * The name of nested templates fills a screen, and its arguments say little
 * that the file and line beside the name do not.
 */
#ifndef CLINIC_SESSION_SHORT_NAME_H
#define CLINIC_SESSION_SHORT_NAME_H

#include <stddef.h>

/*
 * Returns `name`, or the short form in `room`. A name stays as it is when the
 * short form would not be shorter, when it does not fit, or when the brackets
 * do not match.
 */
const char *clinic_short_name(const char *name, char *room, size_t room_bytes);

#endif
