/*
 * session/short_name.h - a C++ name without what its templates were given.
 *
 * std::vector<app::point, std::allocator<app::point> >::push_back(...)
 *	-> std::vector<...>::push_back(...)
 *
 * A name of a template in a template is a screen long, and tells its reader
 * nothing that the place beside it does not.
 */
#ifndef CLINIC_SESSION_SHORT_NAME_H
#define CLINIC_SESSION_SHORT_NAME_H

#include <stddef.h>

/*
 * `name`, or what was put into `room`. Names that are no longer than their
 * short form, that do not fit, or whose brackets do not match, stay as they
 * are.
 */
const char *clinic_short_name(const char *name, char *room, size_t room_bytes);

#endif
