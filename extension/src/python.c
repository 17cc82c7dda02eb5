/* python.c: the Python interpreter of this backend: started when first needed, never ended. */
#include "host.h"

#include <signal.h>
#include <sys/stat.h>

#include "miscadmin.h"

char	   *exclave_python_path = NULL;
const char *exclave_unknown_setting = NULL;

static PyObject *bridge = NULL;
static bool failed = false;

bool
exclave_python_runs(void)
{
	return Py_IsInitialized() != 0;
}

/* Gives the interpreter that the setting names: itself, or the one of a virtual environment. */
static char *
executable(void)
{
	char	   *inside = psprintf("%s/bin/python", exclave_python_path);
	struct stat found;

	if (stat(inside, &found) == 0)
		return inside;
	if (stat(exclave_python_path, &found) == 0 && S_ISREG(found.st_mode))
		return exclave_python_path;
	ereport(ERROR,
			errcode(ERRCODE_CONFIG_FILE_ERROR),
			errmsg("there is no Python at \"%s\"", exclave_python_path),
			errhint("Set exclave_fdw.python to a folder made by \"python -m venv\" or to an interpreter that the server's user can run."));
}

/* A virtual environment of another version has no standard library for ours. */
static void
check_version(const char *program)
{
	char	   *folder = pstrdup(program);
	char	   *library;
	struct stat found;

	for (int up = 0; up < 2; up++)
	{
		char	   *slash = strrchr(folder, '/');

		if (slash == NULL)
			return;
		*slash = '\0';
	}
	library = psprintf("%s/lib/python%d.%d", folder, PY_MAJOR_VERSION, PY_MINOR_VERSION);
	if (stat(library, &found) != 0)
		ereport(ERROR,
				errcode(ERRCODE_CONFIG_FILE_ERROR),
				errmsg("\"%s\" is not of Python %d.%d, with which exclave_fdw was built", program,
					   PY_MAJOR_VERSION, PY_MINOR_VERSION),
				errdetail("There is no folder \"%s\".", library));
}

/* Initializes Python, isolated from the environment of the server, without signal handlers. */
static PyStatus
initialize(const char *program)
{
	PyPreConfig early;
	PyConfig	config;
	PyStatus	status;

	PyPreConfig_InitIsolatedConfig(&early);
	early.utf8_mode = 1;		/* whatever locale the database has */
#ifdef __SANITIZE_ADDRESS__
	early.allocator = PYMEM_ALLOCATOR_MALLOC;	/* objects of their own for the sanitizer */
#endif
	status = Py_PreInitialize(&early);
	if (PyStatus_Exception(status))
		return status;

	PyConfig_InitIsolatedConfig(&config);
	config.install_signal_handlers = 0;
	config.write_bytecode = 0;
	status = PyConfig_SetBytesString(&config, &config.program_name, program);
	if (!PyStatus_Exception(status))
		status = PyConfig_SetBytesString(&config, &config.executable, program);
	if (!PyStatus_Exception(status))
		status = Py_InitializeFromConfig(&config);
	PyConfig_Clear(&config);
	return status;
}

/* Threads that libraries start while they are imported must not get the signals of the backend. */
static PyObject *
import_bridge(void)
{
	struct sigaction saved[NSIG];
	sigset_t	all;
	sigset_t	before;
	PyObject   *module;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, NULL, &saved[number]);
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	module = PyImport_ImportModule("exclave.fdw.bridge");
	for (int number = 1; number < NSIG; number++)
		if (number != SIGKILL && number != SIGSTOP)
			sigaction(number, &saved[number], NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return module;
}

/* Lets Python code not do what would harm the backend, as far as that can be seen. */
static bool
guard(void)
{
	PyObject   *module = PyImport_ImportModule("exclave.fdw.guards");
	PyObject   *done = module == NULL ? NULL : PyObject_CallMethod(module, "guard_backend", NULL);

	Py_XDECREF(module);
	Py_XDECREF(done);
	return done != NULL;
}

/* Starts Python if it does not run; the GIL stays with PostgreSQL's thread, as in PL/Python. */
void
exclave_start_python(void)
{
	PyObject   *module;

	if (bridge != NULL)
		return;
	if (exclave_unknown_setting != NULL)
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("permission denied to set %s", exclave_unknown_setting),
				errdetail("It was set in this session by a role that may not, and hides that of the configuration."),
				errhint("Connect without it."));
	if (failed)
		ereport(ERROR,
				errcode(ERRCODE_FDW_ERROR),
				errmsg("Python could not be started in this session"),
				errhint("Correct exclave_fdw.python and connect again."));
	if (!Py_IsInitialized())
	{
		char	   *program = executable();
		PyStatus	status;

		check_version(program);
		if (PyImport_AppendInittab("_exclave_host", PyInit__exclave_host) != 0)
			elog(ERROR, "out of memory");
		failed = true;
		exclave_prepare_memory();
		status = initialize(program);
		if (PyStatus_Exception(status))
			ereport(ERROR,
					errcode(ERRCODE_FDW_ERROR),
					errmsg("Python could not be started: %s",
						   status.err_msg ? status.err_msg : "unknown reason"));
		failed = false;
		exclave_prepare_interrupts();
	}
	module = import_bridge();
	if (module == NULL || !guard())
		exclave_throw();
	exclave_prepare_rows();
	exclave_prepare_to_python();
	bridge = module;			/* only now, so that what failed is tried again */
}

/*
 * Calls a function of exclave.fdw.bridge; takes `arguments`, gives a new reference. To be called
 * where no Python code is on the stack: an exception becomes an error here.
 */
PyObject *
exclave_call(const char *function, PyObject *arguments)
{
	PyObject   *callable;
	PyObject   *result = NULL;

	if (arguments == NULL)
		exclave_throw();
	exclave_enter_python();
	callable = PyObject_GetAttrString(bridge, function);
	if (callable != NULL)
		result = PyObject_CallObject(callable, arguments);
	Py_XDECREF(callable);
	Py_DECREF(arguments);
	if (result != NULL && exclave_error_was_ignored())
		Py_CLEAR(result);
	exclave_leave_python();
	if (result == NULL)
		exclave_throw();
	return result;
}

/* Gives a reference back; what Python then runs may raise, and is only logged. */
void
exclave_release(PyObject **reference)
{
	PyObject   *object = *reference;

	*reference = NULL;
	if (object == NULL)
		return;
	exclave_enter_release();
	Py_DECREF(object);
	if (PyErr_Occurred())
		PyErr_WriteUnraisable(NULL);
	exclave_leave_release();
}

typedef struct Kept
{
	MemoryContextCallback released;
	PyObject   *object;
} Kept;

static void
release_kept(void *argument)
{
	exclave_release(&((Kept *) argument)->object);
}

/* Takes a reference, and gives it back when the current memory context is reset or deleted. */
void
exclave_keep(PyObject *object)
{
	Kept	   *kept = MemoryContextAllocExtended(CurrentMemoryContext, sizeof(Kept),
												  MCXT_ALLOC_NO_OOM);

	if (kept == NULL)
	{
		exclave_release(&object);
		ereport(ERROR, errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory"));
	}
	kept->object = object;
	kept->released.func = release_kept;
	kept->released.arg = kept;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &kept->released);
}
