/*
 * memory.c: how much memory Python may take in this backend.
 *
 * The kernel refuses what is beyond the limit (RLIMIT_DATA, setrlimit(2)), and Python raises
 * MemoryError, an error like others; without it the kernel would in the end kill the backend, and
 * PostgreSQL all sessions with it. Only while Python runs: PostgreSQL's own memory has its own rules,
 * so what the backend has grown by between two visits to Python does not count.
 */
#include "host.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "storage/fd.h"
#include "utils/memutils.h"

#define LEAST ((rlim_t) 2 << 30)	/* bytes; libraries map more than they use */
#define STEP ((int64) 8 << 20)	/* bytes; what is less is not looked into */
#define RESERVE ((rlim_t) 64 << 20)	/* bytes, for what ends or tells an exception */

int			exclave_memory_limit = -1;	/* megabytes; 0 is none, -1 the default below */

static int	measure = -1;		/* /proc/self/statm; without it nothing is limited */
static int64 before_python = 0; /* bytes */
static int64 not_python = 0;	/* bytes: what was there before, and what PostgreSQL took since */
static int64 at_leaving = 0;	/* bytes in all, when Python was left, ... */
static int64 at_counting = 0;	/* ... and when PostgreSQL's own were counted */
static int64 palloced_before = 0;
static bool is_limited = false;
static struct rlimit usual;

/* Gives the number that a small file begins with; 0 if there is none. */
static uint64
number_in(const char *path)
{
	char		text[64];
	size_t		length;
	FILE	   *file = fopen(path, "r");

	if (file == NULL)
		return 0;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	return strtoull(text, NULL, 10);
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
		uint64		group = number_in(groups[i]);

		if (group != 0)			/* "max" is no number */
			half = Min(half, group / 2);
	}
	half = Max(half, LEAST);
	return half;
}

/* Gives how many bytes the limit would count now; 0 if that is unknown. */
static int64
data_size(void)
{
	char		text[256];
	const char *at = text;
	ssize_t		length = pread(measure, text, sizeof(text) - 1, 0);

	if (length <= 0)
		return 0;
	text[length] = '\0';
	for (int field = 1; field < 6 && at != NULL; field++)	/* the sixth, in pages: proc(5) */
	{
		at = strchr(at, ' ');
		at = at == NULL ? NULL : at + 1;
	}
	return at == NULL ? 0 : strtoll(at, NULL, 10) * sysconf(_SC_PAGESIZE);
}

/* Opens the measure, and takes it for the first time. */
void
exclave_prepare_memory(void)
{
	if (measure < 0)
		measure = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (measure >= 0)
		ReserveExternalFD();
	not_python = before_python = at_leaving = at_counting = data_size();
	palloced_before = MemoryContextMemAllocated(TopMemoryContext, true);
}

/*
 * Finds how much is not Python's: what the backend grew by while Python did not run. PostgreSQL may
 * also have taken what Python gave back to malloc; that is counted now and then, as it takes longer.
 */
static void
count(void)
{
	int64		now = data_size();

	if (now == 0 || at_leaving == 0)
		return;
	not_python = Min(Max(not_python + now - at_leaving, 1), now);
	if (now > at_counting - STEP && now < at_counting + STEP)
		return;
	at_counting = now;
	not_python = Max(not_python, before_python - palloced_before +
					 (int64) MemoryContextMemAllocated(TopMemoryContext, true));
}

static void
limit_to(rlim_t beyond)
{
	struct rlimit limit;

	if (exclave_memory_limit == 0 || not_python == 0)
		return;
	if (!is_limited && getrlimit(RLIMIT_DATA, &usual) != 0)
		return;
	beyond += exclave_memory_limit < 0 ? standard_limit() : (rlim_t) exclave_memory_limit << 20;
	limit.rlim_cur = Min((rlim_t) not_python + beyond, usual.rlim_cur);
	limit.rlim_max = usual.rlim_max;
	is_limited = setrlimit(RLIMIT_DATA, &limit) == 0;
}

/* For the time in which Python runs. */
void
exclave_limit_memory(void)
{
	count();
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
	at_leaving = data_size();
}
