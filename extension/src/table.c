/* table.c: a foreign table, its server and its wrapper, as Python is told of them. */
#include "host.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

static const char class_prefix[] = "exclave_fdw.class=";

/* Finds the class in the settings of a function: the elements "name=value" of its proconfig. */
static char *
class_in(ArrayType *settings)
{
	Datum	   *elements;
	int			count;

	deconstruct_array(settings, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
	{
		char	   *setting = TextDatumGetCString(elements[i]);

		if (strncmp(setting, class_prefix, strlen(class_prefix)) == 0)
			return setting + strlen(class_prefix);
	}
	return NULL;
}

/*
 * Gives the class that a handler or validator was made for. A class is code that runs as the
 * server's user, so it counts only if it stands in a function that a superuser owns.
 */
char *
exclave_class_of_function(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	char	   *class_name = NULL;
	Datum		settings;
	bool		missing;
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u", function);
	owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	settings = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_proconfig, &missing);
	if (!missing)
		class_name = class_in(DatumGetArrayTypeP(settings));
	ReleaseSysCache(tuple);

	if (class_name == NULL)
		ereport(ERROR,
				errcode(ERRCODE_FDW_ERROR),
				errmsg("function %s has no Python class", get_func_name(function)),
				errhint("Make wrappers with exclave.create_wrapper, or add SET exclave_fdw.class = 'package.module:Class' to the function."));
	if (!superuser_arg(owner))
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("function %s must be owned by a superuser to name a Python class",
					   get_func_name(function)));
	return exclave_to_utf8(class_name);
}

/* Copies options in Python's encoding. */
List *
exclave_utf8_options(List *options)
{
	List	   *result = NIL;
	ListCell   *cell;

	foreach(cell, options)
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		result = lappend(result, list_make2(exclave_to_utf8(option->defname),
											exclave_to_utf8(defGetString(option))));
	}
	return result;
}

static void
describe_columns(TableDescription *description, Relation relation)
{
	TupleDesc	descriptor = RelationGetDescr(relation);

	description->columns = palloc0(sizeof(ForeignColumn) * descriptor->natts);
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		ForeignColumn *column = &description->columns[description->column_count];

		/* PostgreSQL computes a virtual column, nobody gives it */
		if (attribute->attisdropped || EXCLAVE_IS_VIRTUAL(attribute))
			continue;
		column->number = attribute->attnum;
		column->name = exclave_to_utf8(NameStr(attribute->attname));
		column->type = attribute->atttypid;
		column->typmod = attribute->atttypmod;
		column->collation = attribute->attcollation;
		column->type_name = exclave_to_utf8(format_type_with_typemod(attribute->atttypid,
																	  attribute->atttypmod));
		column->not_null = attribute->attnotnull;
		column->options = exclave_utf8_options(GetForeignColumnOptions(RelationGetRelid(relation),
															   attribute->attnum));
		description->column_count++;
	}
}

/* Adds the options of the mapping of a user, or else of PUBLIC, if there is one. */
static void
describe_mapping(TableDescription *description, Oid user, Oid server)
{
	if (!SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(user),
							   ObjectIdGetDatum(server)) &&
		!SearchSysCacheExists2(USERMAPPINGUSERSERVER, ObjectIdGetDatum(InvalidOid),
							   ObjectIdGetDatum(server)))
		return;
	description->has_mapping = true;
	description->mapping_options = exclave_utf8_options(GetUserMapping(user, server)->options);
}

/* Reads all that Python may know of a server; with the secrets of a mapping only for a `user`. */
TableDescription *
exclave_describe_server(Oid server_oid, Oid user)
{
	TableDescription *description = palloc0(sizeof(TableDescription));
	ForeignServer *server = GetForeignServer(server_oid);
	ForeignDataWrapper *wrapper = GetForeignDataWrapper(server->fdwid);

	/* a session still has the routine of a handler that ALTER with NO HANDLER took away */
	if (!OidIsValid(wrapper->fdwhandler))
		ereport(ERROR,
				errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("foreign-data wrapper \"%s\" has no handler", wrapper->fdwname),
				errhint("Give it back the handler that exclave.create_wrapper made, by ALTER FOREIGN DATA WRAPPER with HANDLER."));
	description->class_name = exclave_class_of_function(wrapper->fdwhandler);
	description->server_oid = server_oid;
	description->user = user;
	description->user_name = OidIsValid(user) ? exclave_to_utf8(GetUserNameFromId(user, false)) : "";
	description->server.name = exclave_to_utf8(server->servername);
	description->server.options = exclave_utf8_options(server->options);
	description->wrapper.name = exclave_to_utf8(wrapper->fdwname);
	description->wrapper.options = exclave_utf8_options(wrapper->options);
	if (OidIsValid(user))
		describe_mapping(description, user, server_oid);
	return description;
}

/* The same for a table, with its server. */
TableDescription *
exclave_describe_table(Oid relid, Oid user)
{
	Relation	relation = table_open(relid, NoLock);
	ForeignTable *table = GetForeignTable(relid);
	TableDescription *description = exclave_describe_server(table->serverid, user);

	description->relid = relid;
	description->schema = exclave_to_utf8(get_namespace_name(RelationGetNamespace(relation)));
	description->table.name = exclave_to_utf8(RelationGetRelationName(relation));
	description->table.options = exclave_utf8_options(table->options);
	describe_columns(description, relation);
	table_close(relation, NoLock);
	return description;
}

/* Makes a dict of options; NULL with an exception set if that fails. */
PyObject *
exclave_python_options(List *options)
{
	PyObject   *made = PyDict_New();
	ListCell   *cell;

	if (made == NULL)
		return NULL;
	foreach(cell, options)
	{
		List	   *option = lfirst_node(List, cell);
		PyObject   *value = PyUnicode_FromString(lsecond(option));

		if (value == NULL || PyDict_SetItemString(made, linitial(option), value) != 0)
		{
			Py_XDECREF(value);
			Py_DECREF(made);
			return NULL;
		}
		Py_DECREF(value);
	}
	return made;
}

static PyObject *
python_columns(const TableDescription *table)
{
	PyObject   *made = PyTuple_New(table->column_count);

	for (int i = 0; made != NULL && i < table->column_count; i++)
	{
		const ForeignColumn *column = &table->columns[i];
		PyObject   *entry = Py_BuildValue("(isIisNN)", (int) column->number, column->name,
										  (unsigned int) column->type, (int) column->typmod,
										  column->type_name, PyBool_FromLong(column->not_null),
										  exclave_python_options(column->options));

		if (entry == NULL)
			Py_CLEAR(made);
		else
			PyTuple_SET_ITEM(made, i, entry);
	}
	return made;
}

/* Makes a dict of the mapping's options, or None; NULL with an exception set if that fails. */
static PyObject *
python_mapping(const TableDescription *table)
{
	if (table->has_mapping)
		return exclave_python_options(table->mapping_options);
	Py_INCREF(Py_None);
	return Py_None;
}

/* Makes what exclave.fdw.bridge builds a Server of, with all that is not of one table. */
PyObject *
exclave_python_server(const TableDescription *server)
{
	return Py_BuildValue("(sNsNNIIs)",
						 server->server.name, exclave_python_options(server->server.options),
						 server->wrapper.name, exclave_python_options(server->wrapper.options),
						 python_mapping(server), (unsigned int) server->server_oid,
						 (unsigned int) server->user, server->user_name);
}

/* Makes what exclave.fdw.bridge builds a Table of; NULL with an exception set if that fails. */
PyObject *
exclave_python_table(const TableDescription *table)
{
	return Py_BuildValue("(IssNsNsNNNIIs)", (unsigned int) table->relid, table->schema,
						 table->table.name, exclave_python_options(table->table.options),
						 table->server.name, exclave_python_options(table->server.options),
						 table->wrapper.name, exclave_python_options(table->wrapper.options),
						 python_mapping(table), python_columns(table),
						 (unsigned int) table->server_oid, (unsigned int) table->user,
						 table->user_name);
}

static const char *
column_name(const TableDescription *table, int number)
{
	for (int i = 0; i < table->column_count; i++)
		if (table->columns[i].number == number)
			return table->columns[i].name;
	elog(ERROR, "foreign table \"%s\" has no column %d", table->table.name, number);
}

/* Makes a tuple of the names of some columns; NULL with an exception set if that fails. */
PyObject *
exclave_column_names(const TableDescription *table, List *numbers)
{
	PyObject   *names = PyTuple_New(list_length(numbers));
	ListCell   *cell;

	foreach(cell, numbers)
	{
		PyObject   *name = names == NULL ? NULL :
			PyUnicode_FromString(column_name(table, lfirst_int(cell)));

		if (name == NULL)
			Py_CLEAR(names);
		else
			PyTuple_SET_ITEM(names, foreach_current_index(cell), name);
	}
	return names;
}
