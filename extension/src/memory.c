/*
 * memory.c: how much memory Python may take in this backend.
 *
 * The kernel refuses what is beyond the limit (RLIMIT_DATA, setrlimit(2)), and Python raises
 * MemoryError, an error like others; without it the kernel would in the end kill the backend, and
 * PostgreSQL all sessions with it. Only while Python runs: PostgreSQL's own memory has its own rules.
 */
#include "host.h"

#include <sys/resource.h>
#include <unistd.h>

#define LEAST ((rlim_t) 2 << 30)	/* bytes; libraries map more than they use */
#define RESERVE ((rlim_t) 64 << 20)	/* bytes, for what ends or tells an exception */

int			exclave_memory_limit = -1;	/* megabytes; 0 is none, -1 the default below */

static rlim_t before_python = 0;	/* bytes; 0 if unknown, then nothing is limited */
static bool is_limited = false;
static struct rlimit usual;

/* Gives the first number after a word of a small file; 0 if there is none. */
static uint64
number_in(const char *path, const char *word)
{
	char		text[4096];
	const char *found;
	size_t		length;
	FILE	   *file = fopen(path, "r");

	if (file == NULL)
		return 0;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	found = strstr(text, word);
	return found == NULL ? 0 : strtoull(found + strlen(word), NULL, 10);
}

/* Half of what the machine has, or the control group may take (cgroups(7)), and LEAST at least. */
static rlim_t
standard_limit(void)
{
	static const char *const groups[] = {
		"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"
	};
	static rlim_t half = 0;

	if (half != 0)
		return half;
	half = (rlim_t) sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 2;
	for (int i = 0; i < lengthof(groups); i++)
	{
		uint64		group = number_in(groups[i], "");

		if (group != 0)			/* "max" is no number */
			half = Min(half, group / 2);
	}
	half = Max(half, LEAST);
	return half;
}

/* Takes the measure from which the limit counts. */
void
exclave_prepare_memory(void)
{
	before_python = (rlim_t) number_in("/proc/self/status", "VmData:") * 1024;
}

static void
limit_to(rlim_t beyond)
{
	struct rlimit limit;

	if (exclave_memory_limit == 0 || before_python == 0)
		return;
	if (!is_limited && getrlimit(RLIMIT_DATA, &usual) != 0)
		return;
	beyond += exclave_memory_limit < 0 ? standard_limit() : (rlim_t) exclave_memory_limit << 20;
	limit.rlim_cur = Min(before_python + beyond, usual.rlim_cur);
	limit.rlim_max = usual.rlim_max;
	is_limited = setrlimit(RLIMIT_DATA, &limit) == 0;
}

/* For the time in which Python runs. */
void
exclave_limit_memory(void)
{
	limit_to(0);
}

/* For what comes after Python has failed, perhaps because it took all. */
void
exclave_extend_memory(void)
{
	limit_to(RESERVE);
}

void
exclave_unlimit_memory(void)
{
	if (is_limited)
		setrlimit(RLIMIT_DATA, &usual);
	is_limited = false;
}
