/* explain.c: ExplainForeignScan, ExplainForeignModify: the class, its plan, and what it adds. */
#include "host.h"

#include "commands/explain.h"
#include "foreign/fdwapi.h"
#include "nodes/execnodes.h"
#include "parser/parsetree.h"
#include "utils/rel.h"

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

/* Lines are kept by a memory context: showing them may fail. */
typedef struct Lines
{
	MemoryContextCallback released;
	PyObject   *pairs;
} Lines;

static void
release_lines(void *argument)
{
	exclave_release(&((Lines *) argument)->pairs);
}

/* Asks the class for its lines: a list of pairs of label and value. */
static Lines *
lines_of(TableDescription *table, List *private, struct ExplainState *es)
{
	Lines	   *lines = palloc0(sizeof(Lines));
	const char *plan = exclave_to_utf8(strVal(linitial(private)));

	exclave_start_python();
	lines->released.func = release_lines;
	lines->released.arg = lines;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &lines->released);
	lines->pairs = exclave_call("explain",
								Py_BuildValue("(sNsNN)", table->class_name,
											  exclave_python_table(table), plan,
											  exclave_column_names(table, lsecond(private)),
											  PyBool_FromLong(es->verbose)));
	return lines;
}

static void
explain_scan(ForeignScanState *node, struct ExplainState *es)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	TableDescription *table = exclave_describe_table(scanned_table(node, es), InvalidOid);
	Lines	   *lines;

	ExplainPropertyText("Python Class", exclave_to_server(table->class_name), es);
	lines = lines_of(table, plan->fdw_private, es);
	for (Py_ssize_t i = 0; i < PyList_GET_SIZE(lines->pairs); i++)
	{
		PyObject   *pair = PyList_GET_ITEM(lines->pairs, i);

		show(text_of(PyTuple_GET_ITEM(pair, 0)), PyTuple_GET_ITEM(pair, 1), es);
	}
	exclave_release(&lines->pairs);
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
