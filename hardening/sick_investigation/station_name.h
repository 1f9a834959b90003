/* station_name.h - the name of a ground station; NULL for an unknown one. */
#ifndef STATION_NAME_H
#define STATION_NAME_H

const char *station_name(int number);

#endif
