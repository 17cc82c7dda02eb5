/* explain.c: ExplainForeignScan, ExplainForeignModify: the class, its plan, and what it adds. */
#include "host.h"

#include "commands/explain.h"
#include "foreign/fdwapi.h"
#include "nodes/execnodes.h"
#include "parser/parsetree.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "plan_nodes.h"
#include "quals.h"

/* Gives the table that is scanned; for a join or an aggregate, the first that it is made of. */
static Oid
scanned_table(ForeignScanState *node, struct ExplainState *es)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;

	if (node->ss.ss_currentRelation != NULL)
		return RelationGetRelid(node->ss.ss_currentRelation);
	return rt_fetch(bms_next_member(plan->fs_relids, -1), es->rtable)->relid;
}

/* Gives a copy of a str in the server's encoding. */
static char *
text_of(PyObject *object)
{
	const char *utf8 = object != NULL && PyUnicode_Check(object) ? PyUnicode_AsUTF8(object) : NULL;

	if (utf8 == NULL)
	{
		PyErr_Clear();
		return pstrdup("?");
	}
	return exclave_to_server(pstrdup(utf8));
}

static void
show_list(const char *label, PyObject *values, struct ExplainState *es)
{
	List	   *texts = NIL;

	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(values); i++)
		texts = lappend(texts, text_of(PyList_GET_ITEM(values, i)));
	ExplainPropertyList(label, texts, es);
}

/* Shows a line as what its value is, so that JSON has numbers as numbers. */
static void
show(const char *label, PyObject *value, struct ExplainState *es)
{
	int			overflow = 0;

	if (PyBool_Check(value))
		ExplainPropertyBool(label, value == Py_True, es);
	else if (PyLong_Check(value))
		ExplainPropertyInteger(label, NULL, PyLong_AsLongLongAndOverflow(value, &overflow), es);
	else if (PyFloat_Check(value))
		ExplainPropertyFloat(label, NULL, PyFloat_AS_DOUBLE(value), 3, es);
	else if (PyList_Check(value))
		show_list(label, value, es);
	else
		ExplainPropertyText(label, text_of(value), es);
}

/* Makes a tuple of the names of what the class gives, also if that is not columns of the table. */
static PyObject *
names_of(TableDescription *table, ForeignScan *plan)
{
	List	   *numbers = plan_columns(plan->fdw_private);
	PyObject   *names;
	ListCell   *cell;

	if (plan->fdw_scan_tlist == NIL)
		return exclave_column_names(table, numbers);
	names = PyTuple_New(list_length(numbers));
	foreach(cell, numbers)
	{
		TargetEntry *entry = list_nth_node(TargetEntry, plan->fdw_scan_tlist,
										   lfirst_int(cell) - 1);
		PyObject   *name = NULL;

		if (names != NULL)
			name = PyUnicode_FromString(exclave_to_utf8(entry->resname));
		if (name == NULL)
		{
			Py_XDECREF(names);
			return NULL;
		}
		PyTuple_SET_ITEM(names, foreach_current_index(cell), name);
	}
	return names;
}

/* Shows what the class does besides giving rows. */
static void
show_upper(List *upper, struct ExplainState *es)
{
	List	   *shown = upper == NIL ? NIL : list_nth(upper, UPPER_SHOWN);

	for (int i = 0; i < list_length(shown); i += 2)
		ExplainPropertyText(strVal(list_nth(shown, i)), strVal(list_nth(shown, i + 1)), es);
}

/* Asks the class for its lines: a list of pairs of label and value. */
static PyObject *
lines_of(TableDescription *table, ForeignScan *plan, struct ExplainState *es)
{
	const char *json = exclave_to_utf8(plan_json(plan->fdw_private));
	PyObject   *conditions;
	PyObject   *lines;

	exclave_start_python();
	conditions = exclave_python_conditions(plan_conditions(plan->fdw_private), plan->fdw_exprs,
										   table, NULL, NULL, NULL);
	lines = exclave_call("explain",
						 Py_BuildValue("(sNsNNN)", table->class_name,
									   exclave_python_table(table), json,
									   names_of(table, plan), conditions,
									   PyBool_FromLong(es->verbose)));
	exclave_keep(lines);		/* showing them may fail */
	return lines;
}

/* Names the table of groups: PostgreSQL names that of rows itself. */
static void
show_relation(Oid relid, struct ExplainState *es)
{
	char	   *schema = es->verbose ? get_namespace_name(get_rel_namespace(relid)) : NULL;

	ExplainPropertyText("Relation", quote_qualified_identifier(schema, get_rel_name(relid)), es);
}

static void
explain_scan(ForeignScanState *node, struct ExplainState *es)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	Oid			relid = scanned_table(node, es);
	TableDescription *table = exclave_describe_table(relid, InvalidOid);
	PyObject   *lines;

	if (plan->scan.scanrelid == 0)
		show_relation(relid, es);
	ExplainPropertyText("Python Class", exclave_to_server(table->class_name), es);
	show_upper(plan_upper(plan->fdw_private), es);
	lines = lines_of(table, plan, es);
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(lines); i++)
	{
		PyObject   *pair = PyList_GET_ITEM(lines, i);

		show(text_of(PyTuple_GET_ITEM(pair, 0)), PyTuple_GET_ITEM(pair, 1), es);
	}
}

static void
explain_modify(ModifyTableState *state, ResultRelInfo *target, List *private, int number,
			   struct ExplainState *es)
{
	TableDescription *table = exclave_describe_table(RelationGetRelid(target->ri_RelationDesc),
													 InvalidOid);

	ExplainPropertyText("Python Class", exclave_to_server(table->class_name), es);
	if (target->ri_BatchSize > 0)
		ExplainPropertyInteger("Batch Size", NULL, target->ri_BatchSize, es);
}

void
exclave_set_explain(FdwRoutine *routine)
{
	routine->ExplainForeignScan = explain_scan;
	routine->ExplainForeignModify = explain_modify;
}
