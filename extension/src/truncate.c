/* truncate.c: ExecForeignTruncate: all tables of one server at once. */
#include "host.h"

#include "foreign/fdwapi.h"
#include "miscadmin.h"
#include "utils/rel.h"

/* Makes a tuple of tables; NULL with an exception set if that fails. */
static PyObject *
python_tables(List *tables)
{
	PyObject   *made = PyTuple_New(list_length(tables));
	ListCell   *cell;

	foreach(cell, tables)
	{
		PyObject   *table = made == NULL ? NULL : exclave_python_table(lfirst(cell));

		if (table == NULL)
			Py_CLEAR(made);
		else
			PyTuple_SET_ITEM(made, foreach_current_index(cell), table);
	}
	return made;
}

static void
truncate_tables(List *relations, DropBehavior behavior, bool restart_identity)
{
	List	   *tables = NIL;
	ListCell   *cell;
	PyObject   *answer;

	foreach(cell, relations)
		tables = lappend(tables, exclave_describe_table(RelationGetRelid((Relation) lfirst(cell)),
														GetUserId()));
	exclave_start_python();
	answer = exclave_call("truncate",
						  Py_BuildValue("(sNNN)",
										((TableDescription *) linitial(tables))->class_name,
										python_tables(tables),
										PyBool_FromLong(behavior == DROP_CASCADE),
										PyBool_FromLong(restart_identity)));
	exclave_release(&answer);
}

void
exclave_set_truncate(FdwRoutine *routine)
{
	routine->ExecForeignTruncate = truncate_tables;
}
