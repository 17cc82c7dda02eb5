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
 * A client may name a setting before the library is loaded, even at connection, where it replaces
 * the one of the configuration. PostgreSQL drops it now if the role may not set it, and what is
 * left is our default, which need not be what the configuration says.
 */
static bool
setting_was_dropped(const char *before)
{
	return before != NULL && strcmp(before, exclave_python_path) != 0 &&
		strcmp(exclave_python_path, EXCLAVE_PYTHON) == 0;
}

void
_PG_init(void)
{
	const char *before = GetConfigOption("exclave_fdw.python", true, false);

	if (before != NULL)
		before = pstrdup(before);
	DefineCustomStringVariable("exclave_fdw.python",
							   "The virtual environment whose packages wrappers come from.",
							   "A folder made by \"python -m venv\", or an interpreter.",
							   &exclave_python_path, EXCLAVE_PYTHON,
							   PGC_SUSET, GUC_SUPERUSER_ONLY, check_python, NULL, NULL);

	exclave_python_is_unknown = setting_was_dropped(before);

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
