/* module.c: what PostgreSQL loads: the settings, and the handler that names the callbacks. */
#include "host.h"

#include "foreign/fdwapi.h"
#include "utils/builtins.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(exclave_handler);
PG_FUNCTION_INFO_V1(exclave_python_version);

static char *class_setting;

/* The interpreter cannot be exchanged once it runs. */
static bool
check_python(char **value, void **extra, GucSource source)
{
	if (!exclave_python_runs() || exclave_python_path == NULL ||
		strcmp(*value, exclave_python_path) == 0)
		return true;
	GUC_check_errdetail("Python runs in this session already.");
	GUC_check_errhint("Set it in the configuration, or first thing in a new session.");
	return false;
}

/*
 * Gives what a setting is outside of SET commands while the library is not loaded yet, NULL if
 * nothing: the configuration says it, or a client as it connects, which replaces the former.
 */
static char *
value_before(const char *setting)
{
	const char *value;

	if (GetConfigOption(setting, true, false) == NULL)
		return NULL;
	value = GetConfigOptionResetString(setting);
	return value == NULL || *value == '\0' ? NULL : pstrdup(value);
}

/*
 * PostgreSQL drops it as the library is loaded, if it came from a client whose role may not set it.
 * What is left is our default, which need not be what the configuration says.
 */
static bool
was_dropped(const char *setting, const char *before, const char *standard)
{
	return before != NULL && strcmp(before, standard) != 0 &&
		strcmp(GetConfigOption(setting, false, false), standard) == 0;
}

void
_PG_init(void)
{
	char	   *python = value_before("exclave_fdw.python");
	char	   *memory_limit = value_before("exclave_fdw.memory_limit");

	DefineCustomStringVariable("exclave_fdw.python",
							   "The virtual environment whose packages wrappers come from.",
							   "A folder made by \"python -m venv\", or an interpreter.",
							   &exclave_python_path, EXCLAVE_PYTHON,
							   PGC_SUSET, GUC_SUPERUSER_ONLY, check_python, NULL, NULL);
	DefineCustomIntVariable("exclave_fdw.memory_limit",
							"The memory that Python may take in a session.",
							"-1 is half of the machine's, 0 no limit.",
							&exclave_memory_limit, -1, -1, INT_MAX,
							PGC_SUSET, GUC_UNIT_MB, NULL, NULL, NULL);
	if (was_dropped("exclave_fdw.python", python, EXCLAVE_PYTHON))
		exclave_unknown_setting = "exclave_fdw.python";
	else if (was_dropped("exclave_fdw.memory_limit", memory_limit, "-1"))
		exclave_unknown_setting = "exclave_fdw.memory_limit";

	/*
	 * Only read where it stands, in the SET clause of a handler or validator that a superuser owns
	 * (table.c); its value in a session means nothing, so everybody may set it, which callers of
	 * such functions do.
	 */
	DefineCustomStringVariable("exclave_fdw.class",
							   "The Python class of a handler and validator, as their SET clause.",
							   NULL, &class_setting, "",
							   PGC_USERSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	MarkGUCPrefixReserved("exclave_fdw");
}

Datum
exclave_handler(PG_FUNCTION_ARGS)
{
	FdwRoutine *routine = makeNode(FdwRoutine);

	exclave_set_planning(routine);
	exclave_set_upper(routine);
	exclave_set_scan(routine);
	exclave_set_explain(routine);
	exclave_set_modify(routine);
	exclave_set_truncate(routine);
	exclave_set_import(routine);
	exclave_set_analyze(routine);
	PG_RETURN_POINTER(routine);
}

Datum
exclave_python_version(PG_FUNCTION_ARGS)
{
	exclave_start_python();
	PG_RETURN_TEXT_P(cstring_to_text(Py_GetVersion()));
}
