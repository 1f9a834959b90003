/* station_name.h - what a ground station is called. */
#ifndef STATION_NAME_H
#define STATION_NAME_H

const char *station_name(int number);

#endif
