/*
 * spi.c: statements that Python runs in the database in which it runs, and their answers.
 *
 * Each runs in a subtransaction, so that Python can catch its error and go on (but there are none in
 * a parallel query, where an error ends the statement, and where nothing is written). And as the
 * user of the scan, who may be the owner of a view and not who runs the statement. Then it may do what an
 * index's function may: no temporary tables, no triggers that fire later, and so on.
 */
#include "spi.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "parser/parse_param.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/*
 * Becomes a user until exclave_become_again(), or the end of the (sub)transaction. Whose
 * search_path that is, he cannot choose what names mean.
 */
void
exclave_become(Oid user, SavedUser *saved)
{
	int			more = SECURITY_LOCAL_USERID_CHANGE;

	GetUserIdAndSecContext(&saved->user, &saved->security);
	if (user != saved->user)
		more |= SECURITY_RESTRICTED_OPERATION;
	SetUserIdAndSecContext(user, saved->security | more);
	saved->settings = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

void
exclave_become_again(const SavedUser *saved)
{
	AtEOXact_GUC(false, saved->settings);
	SetUserIdAndSecContext(saved->user, saved->security);
}

/* Copies the text of a query. */
char *
exclave_query_text(PyObject *text)
{
	Py_ssize_t	length;
	const char *utf8 = PyUnicode_Check(text) ? PyUnicode_AsUTF8AndSize(text, &length) : NULL;

	if (utf8 == NULL || strlen(utf8) != length)
	{
		PyErr_Clear();
		ereport(ERROR,
				errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("expected the text of a query, without NUL characters, found %s",
					   Py_TYPE(text)->tp_name));
	}
	return exclave_to_server(pstrdup(utf8));
}

/* Prepares the conversion to the type of a parameter. */
static Target *
parameter_target(int number, Oid type)
{
	Target	   *target = palloc0(sizeof(Target));
	Oid			input;

	if (!OidIsValid(type) || type == UNKNOWNOID)
		ereport(ERROR,
				errcode(ERRCODE_INDETERMINATE_DATATYPE),
				errmsg("could not determine data type of parameter $%d", number),
				errhint("Write $%d::type.", number));
	target->type = getBaseType(type) == type ? type : InvalidOid;
	target->typmod = -1;
	target->name = target->utf8_name = psprintf("$%d", number);
	target->type_name = format_type_be(type);
	getTypeInputInfo(type, &input, &target->io_parameter);
	fmgr_info(input, &target->input);
	return target;
}

/* Makes the parameters of a query of a tuple of Python, by the types that the query wants. */
ParamListInfo
exclave_parameters(PyObject *values, const Oid *types, int count)
{
	ParamListInfo made = makeParamList(count);

	if (PyTuple_GET_SIZE(values) != count)
		ereport(ERROR,
				errcode(ERRCODE_UNDEFINED_PARAMETER),
				errmsg("the query has %d parameters, %d values were given for them", count,
					   (int) PyTuple_GET_SIZE(values)));
	for (int i = 0; i < count; i++)
	{
		PyObject   *value = PyTuple_GET_ITEM(values, i);
		ParamExternData *parameter = &made->params[i];
		Target	   *target = parameter_target(i + 1, types[i]);

		parameter->ptype = types[i];
		parameter->pflags = PARAM_FLAG_CONST;
		parameter->isnull = value == Py_None;
		parameter->value = parameter->isnull ? (Datum) 0 : exclave_object_datum(target, value);
	}
	return made;
}

/* The types of parameters that a query turns out to want. */
typedef struct ParameterTypes
{
	Oid		   *types;
	int			count;
} ParameterTypes;

static void
set_up_parser(struct ParseState *parser, void *argument)
{
	ParameterTypes *wanted = argument;

	setup_parse_variable_parameters(parser, &wanted->types, &wanted->count);
}

/* Gives names, in the order of a row. */
static PyObject *
column_names(TupleDesc descriptor)
{
	PyObject   *names = PyTuple_New(descriptor->natts);

	for (int i = 0; names != NULL && i < descriptor->natts; i++)
	{
		PyObject   *name =
			PyUnicode_FromString(exclave_to_utf8(NameStr(TupleDescAttr(descriptor, i)->attname)));

		if (name == NULL)
			Py_CLEAR(names);
		else
			PyTuple_SET_ITEM(names, i, name);
	}
	return names;
}

/* Puts the values of a tuple of PostgreSQL into one of Python. */
static void
fill_row(PyObject *row, HeapTuple tuple, TupleDesc descriptor)
{
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		PyObject   *value = Py_None;
		bool		missing;
		Datum		found = SPI_getbinval(tuple, descriptor, i + 1, &missing);

		if (missing)
			Py_INCREF(value);
		else
			value = exclave_python_value(attribute->atttypid, attribute->atttypmod, found);
		if (value == NULL)
			exclave_throw();
		PyTuple_SET_ITEM(row, i, value);
	}
}

/* Puts (columns, rows, count) into `answer`, a list that the caller owns whatever happens. */
static void
read_answer(PyObject *answer)
{
	SPITupleTable *table = SPI_tuptable;
	TupleDesc	descriptor = table == NULL ? NULL : table->tupdesc;
	PyObject   *rows = PyList_New(0);
	PyObject   *names = table == NULL ? PyTuple_New(0) : column_names(descriptor);

	if (rows == NULL || names == NULL)
		exclave_throw();
	PyList_SET_ITEM(answer, 0, names);
	PyList_SET_ITEM(answer, 1, rows);
	PyList_SET_ITEM(answer, 2, PyLong_FromUnsignedLongLong(SPI_processed));
	for (uint64 i = 0; table != NULL && i < table->numvals; i++)
	{
		PyObject   *row = PyTuple_New(descriptor->natts);
		bool		good = row != NULL && PyList_Append(rows, row) == 0;

		Py_XDECREF(row);		/* now it is the list's */
		if (!good)
			exclave_throw();
		fill_row(row, table->vals[i], descriptor);
	}
}

/* Runs one statement, within a subtransaction. */
static void
run(PyObject *text, PyObject *values, PyObject *answer)
{
	ParameterTypes wanted = {NULL, 0};
	SPIPrepareOptions prepare = {.parserSetup = set_up_parser, .parserSetupArg = &wanted};
	SPIExecuteOptions execute = {.read_only = IsInParallelMode()};
	char	   *query = exclave_query_text(text);
	SPIPlanPtr	plan;
	int			code;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	plan = SPI_prepare_extended(query, &prepare);
	if (plan == NULL)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("cannot run this statement: %s", SPI_result_code_string(SPI_result)));
	if (list_length(SPI_plan_get_plan_sources(plan)) != 1)
		ereport(ERROR,
				errcode(ERRCODE_SYNTAX_ERROR),
				errmsg("expected one statement, found %d",
					   list_length(SPI_plan_get_plan_sources(plan))));
	execute.params = exclave_parameters(values, wanted.types, wanted.count);
	code = SPI_execute_plan_extended(plan, &execute);
	if (code < 0)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("cannot run this statement: %s", SPI_result_code_string(code)));
	read_answer(answer);
	SPI_finish();
}

/* Raises exclave.fdw.StatementError, which Python may catch. */
static void
raise_query_error(const ErrorData *error)
{
	const char *state = unpack_sql_state(error->sqlerrcode);
	PyObject   *module = PyImport_ImportModule("exclave.fdw.spi");
	PyObject   *made = NULL;

	if (module != NULL)
		made = PyObject_CallMethod(module, "statement_error", "szzz",
								   exclave_to_utf8(error->message), state,
								   error->detail ? exclave_to_utf8(error->detail) : NULL,
								   error->hint ? exclave_to_utf8(error->hint) : NULL);
	if (made != NULL)
		PyErr_SetObject((PyObject *) Py_TYPE(made), made);
	Py_XDECREF(made);
	Py_XDECREF(module);
}

/*
 * Undoes the statement that failed. A cancel or a timeout is for the whole statement of the client:
 * Python cannot catch it, nor what cannot be undone.
 */
static void
undo(MemoryContext context, ResourceOwner owner, bool begun)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	PG_TRY();
	{
		if (begun)
			RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		if (!begun || error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			exclave_raise_kept_error(error);
		else
			raise_query_error(error);
	}
	PG_CATCH();
	{
		CurrentResourceOwner = owner;
		exclave_raise_postgres_error(context);
	}
	PG_END_TRY();
}

/* execute(user, query, parameters): gives [columns, rows, count]. */
PyObject *
exclave_host_execute(PyObject *self, PyObject *arguments)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool begun = false;
	volatile bool good = false;
	unsigned int user;
	PyObject   *text;
	PyObject   *values;
	PyObject   *answer;
	bool		was_in_python;

	if (!PyArg_ParseTuple(arguments, "IUO!", &user, &text, &PyTuple_Type, &values) ||
		!exclave_may_use_postgres("SPI"))
		return NULL;
	answer = PyList_New(3);
	if (answer == NULL)
		return NULL;
	was_in_python = exclave_pause_python();
	PG_TRY();
	{
		SavedUser	saved;

		if (!IsInParallelMode())
		{
			BeginInternalSubTransaction(NULL);
			begun = true;
		}
		MemoryContextSwitchTo(context);
		exclave_become(user, &saved);
		run(text, values, answer);
		exclave_become_again(&saved);
		if (begun)
			ReleaseCurrentSubTransaction();
		begun = false;
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		good = true;
	}
	PG_CATCH();
	{
		undo(context, owner, begun);
	}
	PG_END_TRY();
	exclave_resume_python(was_in_python);
	if (good)
		return answer;
	Py_DECREF(answer);
	return NULL;
}
