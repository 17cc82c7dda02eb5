/* host_api.c: the module _exclave_host: what Python code can ask of PostgreSQL. */
#include "host.h"

#include <signal.h>

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* PostgreSQL is not made for threads. */
bool
exclave_may_call_postgres(const char *what)
{
	if (exclave_in_main_thread())
		return true;
	PyErr_Format(PyExc_RuntimeError,
				 "%s can only be asked for in the thread that PostgreSQL has called", what);
	return false;
}

/*
 * Whether Python may ask for `what` now, where PostgreSQL then works on the statement. Not from
 * another thread, nor after the transaction, nor as the statement is cleaned up.
 */
bool
exclave_may_use_postgres(const char *what)
{
	if (!exclave_may_call_postgres(what))
		return false;
	if (!IsTransactionState() || exclave_is_releasing() || exclave_in_session())
		PyErr_Format(PyExc_RuntimeError,
					 "%s can only be asked for while a statement runs, not as it or its transaction ends",
					 what);
	else
		return !exclave_error_was_ignored();
	return false;
}

/* log(level, message): a message for the client and the log, never an error. */
static PyObject *
host_log(PyObject *self, PyObject *arguments)
{
	MemoryContext context = CurrentMemoryContext;
	int			level;
	const char *message;
	volatile bool good = true;
	bool		was_in_python;

	if (!PyArg_ParseTuple(arguments, "is", &level, &message) ||
		!exclave_may_call_postgres("a message"))
		return NULL;
	if (level >= ERROR)
	{
		PyErr_SetString(PyExc_ValueError, "raise an exception for an error");
		return NULL;
	}
	was_in_python = exclave_pause_python();
	PG_TRY();
	{
		ereport(level, errmsg_internal("%s", exclave_message(message)));
	}
	PG_CATCH();
	{
		exclave_raise_postgres_error(context);
		good = false;
	}
	PG_END_TRY();
	exclave_resume_python(was_in_python);
	if (!good)
		return NULL;
	Py_RETURN_NONE;
}

/* check_interrupts(): what Python does between bytecodes, for code that calls a library for long. */
static PyObject *
host_check_interrupts(PyObject *self, PyObject *arguments)
{
	if (InterruptPending)
		PyErr_SetInterruptEx(SIGINT);
	if (PyErr_CheckSignals() != 0)
		return NULL;
	Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
	{"check_interrupts", host_check_interrupts, METH_NOARGS,
	"Raise Cancelled if PostgreSQL asks for the end of the statement."},
	{"has_role", exclave_has_role, METH_VARARGS, "Whether a user has the privileges of a role."},
	{"is_superuser", exclave_is_superuser, METH_VARARGS, "Whether a user is a superuser."},
	{"execute", exclave_host_execute, METH_VARARGS,
	"Run a statement as a user: gives [columns, rows, count]."},
	{"session", exclave_host_session, METH_VARARGS,
	"Give the session of a server and a user, made by a function if need be."},
	{"log", host_log, METH_VARARGS, "Send a message to the client and the server's log."},
	{NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
	PyModuleDef_HEAD_INIT,
	.m_name = "_exclave_host",
	.m_doc = "What PostgreSQL does for a wrapper that it runs.",
	.m_size = -1,
	.m_methods = methods,
};

PyMODINIT_FUNC
PyInit__exclave_host(void)
{
	PyObject   *made = PyModule_Create(&module);

	if (made == NULL)
		return NULL;
	Py_XINCREF(exclave_cancelled);
	if (PyModule_AddObject(made, "Cancelled", exclave_cancelled) != 0 ||
		PyModule_AddIntConstant(made, "DEBUG", DEBUG1) != 0 ||
		PyModule_AddIntConstant(made, "LOG", LOG) != 0 ||
		PyModule_AddIntConstant(made, "INFO", INFO) != 0 ||
		PyModule_AddIntConstant(made, "NOTICE", NOTICE) != 0 ||
		PyModule_AddIntConstant(made, "WARNING", WARNING) != 0)
	{
		Py_DECREF(made);
		return NULL;
	}
	return made;
}
