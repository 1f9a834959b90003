/* Finds the library and its settings in an environment, and leaves it out. */
#include "preload/our_settings.h"
#include "shared_memory/settings.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PRELOAD "LD_PRELOAD="

/* Those that tell a collector's programs from any other's. */
static struct {
	const char *name;
	bool is_ours; /* this process has it */
} settings[] = {{SETTING_ARENA_FOLDER, false},
		{SETTING_SAMPLER, false},
		{SETTING_CAUSAL, false}};

#define SETTINGS_COUNT (sizeof(settings) / sizeof(*settings))

__attribute__((constructor)) static void remember_settings(void)
{
	for (size_t i = 0; i < SETTINGS_COUNT; i++)
		settings[i].is_ours = getenv(settings[i].name) != NULL;
}

size_t our_count_texts(char *const texts[])
{
	size_t count = 0;

	while (texts && texts[count])
		count++;
	return count;
}

static bool is_preload(const char *setting)
{
	return strncmp(setting, PRELOAD, sizeof(PRELOAD) - 1) == 0;
}

const char *our_preloads_in(char *const environment[])
{
	for (; environment && *environment; environment++)
		if (is_preload(*environment))
			return *environment + sizeof(PRELOAD) - 1;
	return "";
}

static bool has_setting(char *const environment[], const char *name)
{
	size_t length = strlen(name);

	for (; environment && *environment; environment++)
		if (!strncmp(*environment, name, length) &&
		    (*environment)[length] == '=')
			return true;
	return false;
}

const char *our_setting_missing_in(char *const environment[])
{
	if (!strstr(our_preloads_in(environment), OUR_LIBRARY))
		return "LD_PRELOAD";
	for (size_t i = 0; i < SETTINGS_COUNT; i++)
		if (settings[i].is_ours &&
		    !has_setting(environment, settings[i].name))
			return settings[i].name;
	return NULL;
}

/* The next entry of a list of LD_PRELOAD; its length, 0: there is none. */
static size_t next_entry(const char **list)
{
	*list += strspn(*list, ": ");
	return strcspn(*list, ": ");
}

static bool is_us(const char *entry, size_t length)
{
	return memmem(entry, length, OUR_LIBRARY, sizeof(OUR_LIBRARY) - 1);
}

void our_library_in(char *const environment[], char *path, size_t bytes)
{
	const char *list = our_preloads_in(environment);
	size_t length;

	path[0] = '\0';
	for (; (length = next_entry(&list)); list += length)
		if (is_us(list, length) && length < bytes) {
			memcpy(path, list, length);
			path[length] = '\0';
			return;
		}
}

/* The entries of LD_PRELOAD without our own library. */
static void write_others(char *to, const char *list)
{
	size_t length;

	to = stpcpy(to, PRELOAD);
	for (; (length = next_entry(&list)); list += length) {
		if (is_us(list, length))
			continue;
		if (to[-1] != '=')
			*to++ = ':';
		memcpy(to, list, length);
		to += length;
	}
	*to = '\0';
}

char **our_leave_out(char *const environment[], char **kept, char *others)
{
	char **end = kept;

	write_others(others, our_preloads_in(environment));
	for (; environment && *environment; environment++)
		if (!is_preload(*environment))
			*end++ = *environment;
	if (others[sizeof(PRELOAD) - 1])
		*end++ = others;
	*end = NULL;
	return kept;
}
