/*
 * clinic/version.h - the version of this software, which evidence and sessions
 * name.
 */
#ifndef CLINIC_VERSION_H
#define CLINIC_VERSION_H

#define CLINIC_VERSION "0.1.0"

#endif
