/* import.c: ImportForeignSchema: tables that the class names, as CREATE FOREIGN TABLE statements. */
#include "host.h"

#include "commands/defrem.h"
#include "foreign/fdwapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"

/* Which column is looked at, for the context of an error. */
typedef struct Place
{
	const char *table;
	const char *column;
} Place;

static void
name_place(void *argument)
{
	Place	   *place = argument;

	errcontext("column \"%s\" of the imported table \"%s\"", place->column, place->table);
}

/* Gives a copy of a str in the server's encoding; the bridge has checked that it is one. */
static char *
text_at(PyObject *tuple, Py_ssize_t position)
{
	const char *utf8 = PyUnicode_AsUTF8(PyTuple_GET_ITEM(tuple, position));

	if (utf8 == NULL)
		exclave_throw();
	return exclave_to_server(pstrdup(utf8));
}

/* Adds OPTIONS (...) for a list of pairs; nothing for an empty one. */
static void
add_options(StringInfo statement, PyObject *options)
{
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(options); i++)
	{
		PyObject   *option = PyList_GET_ITEM(options, i);

		appendStringInfo(statement, "%s%s %s", i == 0 ? " OPTIONS (" : ", ",
						 quote_identifier(text_at(option, 0)),
						 quote_literal_cstr(text_at(option, 1)));
	}
	if (PyList_GET_SIZE(options) > 0)
		appendStringInfoChar(statement, ')');
}

/* Writes a type that PostgreSQL has parsed, whatever text the class gave. */
static char *
checked_type(const char *text, Place *place)
{
	ErrorContextCallback context = {
		.previous = error_context_stack,
		.callback = name_place,
		.arg = place,
	};
	Oid			type;
	int32		typmod;

	error_context_stack = &context;
	EXCLAVE_PARSE_TYPE(text, &type, &typmod);
	error_context_stack = context.previous;
	return format_type_extended(type, typmod,
								FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
}

/* Adds one column: (name, type, not_null, collation or None, options). */
static void
add_column(StringInfo statement, const char *table, PyObject *column)
{
	char	   *name = text_at(column, 0);
	Place		place = {table, name};

	appendStringInfo(statement, "%s %s", quote_identifier(name),
					 checked_type(text_at(column, 1), &place));
	add_options(statement, PyTuple_GET_ITEM(column, 4));
	if (PyTuple_GET_ITEM(column, 3) != Py_None)
		appendStringInfo(statement, " COLLATE %s", quote_identifier(text_at(column, 3)));
	if (PyTuple_GET_ITEM(column, 2) == Py_True)
		appendStringInfoString(statement, " NOT NULL");
}

/* Makes the statement for one table: (name, options, columns). */
static char *
statement_for(PyObject *table, const char *server)
{
	StringInfoData statement;
	char	   *name = text_at(table, 0);
	PyObject   *columns = PyTuple_GET_ITEM(table, 2);

	initStringInfo(&statement);
	appendStringInfo(&statement, "CREATE FOREIGN TABLE %s (", quote_identifier(name));
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(columns); i++)
	{
		if (i > 0)
			appendStringInfoString(&statement, ", ");
		add_column(&statement, name, PyList_GET_ITEM(columns, i));
	}
	appendStringInfo(&statement, ") SERVER %s", quote_identifier(server));
	add_options(&statement, PyTuple_GET_ITEM(table, 1));
	return statement.data;
}

/* Makes a tuple of the names after LIMIT TO or EXCEPT. */
static PyObject *
table_names(List *tables)
{
	PyObject   *names = PyTuple_New(list_length(tables));
	ListCell   *cell;

	foreach(cell, tables)
	{
		PyObject   *name = NULL;

		if (names != NULL)
			name = PyUnicode_FromString(exclave_to_utf8(lfirst_node(RangeVar, cell)->relname));
		if (name == NULL)
			Py_CLEAR(names);
		else
			PyTuple_SET_ITEM(names, foreach_current_index(cell), name);
	}
	return names;
}

static const char *
selection(ImportForeignSchemaType kind)
{
	switch (kind)
	{
		case FDW_IMPORT_SCHEMA_LIMIT_TO:
			return "limit_to";
		case FDW_IMPORT_SCHEMA_EXCEPT:
			return "except";
		case FDW_IMPORT_SCHEMA_ALL:
			break;
	}
	return "all";
}

/* Asks the class; PostgreSQL itself leaves out what LIMIT TO or EXCEPT does not want. */
static List *
import_schema(ImportForeignSchemaStmt *statement, Oid server_oid)
{
	TableDescription *server = exclave_describe_server(server_oid, GetUserId());
	const char *remote = exclave_to_utf8(statement->remote_schema);
	const char *local = exclave_to_utf8(statement->local_schema);
	List	   *options = exclave_utf8_options(statement->options);
	List	   *statements = NIL;
	PyObject   *tables;

	exclave_start_python();
	tables = exclave_call("import_schema",
						  Py_BuildValue("(sN(sssNN))", server->class_name,
										exclave_python_server(server), remote, local,
										selection(statement->list_type),
										table_names(statement->table_list),
										exclave_python_options(options)));
	exclave_keep(tables);
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(tables); i++)
		statements = lappend(statements, statement_for(PyList_GET_ITEM(tables, i),
													   statement->server_name));
	return statements;
}

void
exclave_set_import(FdwRoutine *routine)
{
	routine->ImportForeignSchema = import_schema;
}
