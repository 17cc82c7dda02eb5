/* errors.c: an exception of Python becomes an error of PostgreSQL, and the reverse. */
#include "host.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

static ErrorData *postgres_error = NULL;

char *
exclave_to_server(const char *utf8)
{
	return pg_any_to_server(utf8, strlen(utf8), PG_UTF8);
}

char *
exclave_to_utf8(const char *text)
{
	return pg_server_to_any(text, strlen(text), PG_UTF8);
}

/* Converts what the server's encoding has whole; NULL if that is not all. Never an error. */
static char *
converted(const char *utf8)
{
	int			length = strlen(utf8);
	Oid			function = FindDefaultConversionProc(PG_UTF8, GetDatabaseEncoding());
	char	   *text;

	if (!OidIsValid(function))
		return NULL;
	text = palloc((Size) length * MAX_CONVERSION_GROWTH + 1);
	if (pg_do_encoding_conversion_buf(function, PG_UTF8, GetDatabaseEncoding(),
									  (unsigned char *) utf8, length, (unsigned char *) text,
									  length * MAX_CONVERSION_GROWTH + 1, true) < length)
		return NULL;
	return text;
}

/*
 * Gives the text of a message in the server's encoding; what that cannot say is in ASCII, with "?"
 * for the rest, as an error about the message would hide what it says.
 */
char *
exclave_message(const char *utf8)
{
	char	   *text = pstrdup(utf8);
	char	   *end = text;

	if (GetDatabaseEncoding() == PG_UTF8 || GetDatabaseEncoding() == PG_SQL_ASCII)
		return text;
	if (IsTransactionState() && strlen(utf8) < MaxAllocSize / MAX_CONVERSION_GROWTH / 2)
	{
		char	   *whole = converted(utf8);

		if (whole != NULL)
			return whole;
	}
	for (; *utf8 != '\0'; utf8 += pg_utf_mblen((const unsigned char *) utf8))
		*end++ = IS_HIGHBIT_SET(*utf8) ? '?' : *utf8;
	*end = '\0';
	return text;
}

/* Copies a Python string for PostgreSQL; NULL for anything else. Half characters become "?". */
static char *
copy_text(PyObject *object)
{
	PyObject   *bytes;
	char	   *copy;

	if (object == NULL || !PyUnicode_Check(object))
		return NULL;
	bytes = PyUnicode_AsEncodedString(object, "utf-8", "replace");
	if (bytes == NULL)
	{
		PyErr_Clear();
		return NULL;
	}
	copy = pstrdup(PyBytes_AS_STRING(bytes));	/* ends at a NUL byte, if there is one */
	Py_DECREF(bytes);
	return exclave_message(copy);
}

/* Asks exclave.fdw.failure for (sqlstate, message, detail, hint); NULL if not even that works. */
static PyObject *
describe(PyObject *exception)
{
	PyObject   *module;
	PyObject   *said = NULL;

	exclave_enter_python();
	exclave_extend_memory();
	module = PyImport_ImportModule("exclave.fdw.failure");
	if (module != NULL)
		said = PyObject_CallMethod(module, "describe", "O", exception);
	Py_XDECREF(module);
	if (said != NULL && !(PyTuple_Check(said) && PyTuple_GET_SIZE(said) == 4))
		Py_CLEAR(said);
	PyErr_Clear();
	exclave_leave_python();
	return said;
}

static int
code_of(const char *sqlstate)
{
	if (sqlstate == NULL || strlen(sqlstate) != 5 || strcmp(sqlstate, "00000") == 0 ||
		strspn(sqlstate, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 5)
		return ERRCODE_FDW_ERROR;
	return MAKE_SQLSTATE(sqlstate[0], sqlstate[1], sqlstate[2], sqlstate[3], sqlstate[4]);
}

/* Gives type and text of an exception where Python is too broken to describe it. */
static char *
plain_message(PyObject *exception)
{
	PyObject   *text;
	char	   *name = pstrdup(Py_TYPE(exception)->tp_name);
	char	   *said;

	exclave_enter_python();
	exclave_extend_memory();
	text = PyObject_Str(exception);
	PyErr_Clear();
	exclave_leave_python();
	said = copy_text(text);
	Py_XDECREF(text);
	return said != NULL && *said ? psprintf("%s: %s", name, said) : name;
}

/* Takes the exception that Python has set; NULL if it is Cancelled, or if there is none. */
static PyObject *
take_exception(bool *cancelled)
{
	PyObject   *type;
	PyObject   *exception;
	PyObject   *traceback;

	PyErr_Fetch(&type, &exception, &traceback);
	*cancelled = false;
	if (type == NULL)
		return NULL;
	PyErr_NormalizeException(&type, &exception, &traceback);
	if (traceback != NULL)
		PyException_SetTraceback(exception, traceback);
	if (exclave_cancelled != NULL && PyErr_GivenExceptionMatches(type, exclave_cancelled))
	{
		*cancelled = true;
		Py_CLEAR(exception);
	}
	Py_XDECREF(type);
	Py_XDECREF(traceback);
	return exception;
}

/* Gives SQLSTATE, message, detail and hint of an exception, and gives it back. */
static void
take_apart(PyObject *exception, char *part[4])
{
	PyObject   *said = describe(exception);

	for (int i = 0; i < 4; i++)
		part[i] = said == NULL ? NULL : copy_text(PyTuple_GET_ITEM(said, i));
	if (part[1] == NULL)
	{
		/* what is most likely too much for it */
		if (PyErr_GivenExceptionMatches(exception, PyExc_RecursionError))
			part[0] = "54001";
		else if (PyErr_GivenExceptionMatches(exception, PyExc_MemoryError))
			part[0] = "53200";
		part[1] = plain_message(exception);
	}
	Py_XDECREF(said);
	Py_DECREF(exception);
	PyErr_Clear();
}

/* Throws the exception that Python has set. Only where no Python code is on the stack. */
void
exclave_throw(void)
{
	bool		cancelled;
	PyObject   *exception = take_exception(&cancelled);
	char	   *part[4];
	ErrorData  *original = postgres_error;

	postgres_error = NULL;
	if (cancelled)
	{
		if (original != NULL)
			ReThrowError(original);
		CHECK_FOR_INTERRUPTS();
		ereport(ERROR, errcode(ERRCODE_QUERY_CANCELED), errmsg("Python was interrupted"));
	}
	if (exception == NULL)
		elog(ERROR, "Python failed without saying why");

	take_apart(exception, part);
	/* code that is told to end may make another exception of that, as a lock that is left does */
	CHECK_FOR_INTERRUPTS();
	ereport(ERROR,
			errcode(code_of(part[0])),
			errmsg_internal("%s", part[1]),
			part[2] && *part[2] ? errdetail_internal("%s", part[2]) : 0,
			part[3] && *part[3] ? errhint("%s", part[3]) : 0);
}

/*
 * Reports the exception that Python has set as a warning, and never an error: the transaction may
 * be committed already.
 */
void
exclave_warn(const char *method, const char *server)
{
	MemoryContext context = CurrentMemoryContext;
	bool		cancelled;
	PyObject   *exception = take_exception(&cancelled);

	PG_TRY();
	{
		char	   *part[4] = {NULL, "it was interrupted", NULL, NULL};

		if (cancelled && postgres_error != NULL)
			part[1] = postgres_error->message;
		if (exception != NULL)
			take_apart(exception, part);
		ereport(WARNING,
				errcode(code_of(part[0])),
				errmsg_internal("%s() of the session of server \"%s\" failed: %s", method, server,
								part[1]),
				part[2] && *part[2] ? errdetail_internal("%s", part[2]) : 0,
				part[3] && *part[3] ? errhint("%s", part[3]) : 0);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		FlushErrorState();
	}
	PG_END_TRY();
	if (postgres_error != NULL)
		FreeErrorData(postgres_error);
	postgres_error = NULL;
	PyErr_Clear();
}

/* Whether PostgreSQL reported an error to Python, which then went on as if nothing had happened. */
bool
exclave_error_was_ignored(void)
{
	if (postgres_error == NULL)
		return false;
	PyErr_SetString(exclave_cancelled, "PostgreSQL reported an error");
	return true;
}

/* What PostgreSQL reports as something is given back is no error of what comes after. */
void
exclave_forget_error(void)
{
	postgres_error = NULL;		/* its memory goes with that of the statement */
}

/* Keeps an error that was copied already, and has Python unwind for it. */
void
exclave_raise_kept_error(ErrorData *error)
{
	postgres_error = error;
	PyErr_SetString(exclave_cancelled, "PostgreSQL reported an error");
}

/*
 * In PG_CATCH of a function that Python called: keeps the error of PostgreSQL, and raises
 * Cancelled, so that Python unwinds and exclave_throw() throws what was kept.
 */
void
exclave_raise_postgres_error(MemoryContext context)
{
	MemoryContextSwitchTo(context);
	postgres_error = CopyErrorData();
	FlushErrorState();
	PyErr_SetString(exclave_cancelled, "PostgreSQL reported an error");
}
