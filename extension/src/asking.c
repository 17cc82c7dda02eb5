/* asking.c: the class is asked how it would scan a table, and what it answers. */
#include "host.h"

#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/restrictinfo.h"
#include "utils/lsyscache.h"

#include "ordering.h"
#include "planning.h"

/* What Python answered is kept by a memory context: reading it may fail. */
typedef struct Answer
{
	MemoryContextCallback released;
	PyObject   *said;
} Answer;

static void
release_answer(void *argument)
{
	exclave_release(&((Answer *) argument)->said);
}

static Answer *
ask(const char *function, PyObject *arguments)
{
	Answer	   *answer = palloc0(sizeof(Answer));

	answer->released.func = release_answer;
	answer->released.arg = answer;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &answer->released);
	answer->said = exclave_call(function, arguments);
	return answer;
}

static List *
read_lookups(PyObject *lookups)
{
	List	   *read = NIL;

	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(lookups); i++)
	{
		FoundBy    *lookup = palloc0(sizeof(FoundBy));
		PyObject   *columns;

		if (!PyArg_ParseTuple(PyTuple_GET_ITEM(lookups, i), "O!ddd", &PyTuple_Type, &columns,
							  &lookup->rows, &lookup->startup_cost, &lookup->total_cost))
			exclave_throw();
		for (Py_ssize_t j = 0; j < PyTuple_GET_SIZE(columns); j++)
			lookup->columns = lappend_int(lookup->columns,
										  (int) PyLong_AsLong(PyTuple_GET_ITEM(columns, j)));
		read = lappend(read, lookup);
	}
	return read;
}

/* Reads what bridge.plan_scan gives, which checked what the class answered. */
static void
read_answer(Planned *planned, PyObject *said)
{
	const char *json;
	PyObject   *exact;
	PyObject   *lookups;

	if (!PyArg_ParseTuple(said, "sddiddO!iO!", &json, &planned->rows, &planned->total, &planned->width,
						  &planned->startup_cost, &planned->total_cost, &PyTuple_Type, &exact,
						  &planned->flags, &PyTuple_Type, &lookups))
		exclave_throw();
	planned->plan = exclave_to_server(pstrdup(json));
	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(exact); i++)
		planned->exact = bms_add_member(planned->exact,
										(int) PyLong_AsLong(PyTuple_GET_ITEM(exact, i)));
	planned->lookups = read_lookups(lookups);
}

/* Asks the class for its plan of a scan: its columns, conditions and, if not NIL, SortOrders. */
Planned *
exclave_plan_scan(const TableDescription *table, List *columns, Asked *asked, List *orders)
{
	return exclave_plan_upper(table, columns, asked, orders, -1, NULL);
}

/* The same for the first rows, if `limit` is not -1, and for groups, if there is a grouping. */
Planned *
exclave_plan_upper(const TableDescription *table, List *columns, Asked *asked, List *orders,
				   int limit, Grouping *grouping)
{
	Planned    *planned = palloc0(sizeof(Planned));
	PyObject   *conditions;
	Answer	   *answer;

	planned->columns = columns;
	planned->asked = asked;
	planned->orders = orders;
	planned->limit = limit;
	planned->grouping = grouping;
	exclave_start_python();
	conditions = exclave_python_conditions(asked->trees, asked->parameters, table, NULL, NULL, NULL);
	answer = ask("plan_scan",
				 Py_BuildValue("(sNNNNiNN)", table->class_name, exclave_python_table(table),
							   exclave_column_names(table, columns), conditions,
							   exclave_python_orders(orders), limit,
							   exclave_python_groups(grouping),
							   exclave_python_aggregates(grouping)));
	read_answer(planned, answer->said);
	exclave_release(&answer->said);
	return planned;
}

/* Gives those of the clauses that PostgreSQL checks, as the class does not do it exactly. */
List *
exclave_inexact_clauses(const Planned *planned, List *clauses)
{
	List	   *exact = NIL;
	int			i = -1;

	while ((i = bms_next_member(planned->exact, i)) >= 0)
		exact = lappend(exact, list_nth(planned->asked->clauses, i));
	return list_difference_ptr(clauses, exact);
}

/* Whether a parameter may have a value that Python has not, so that rows are checked again. */
static bool
may_be_unrepresentable(Oid type)
{
	type = getBaseType(type);
	switch (type)
	{
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case INTERVALOID:
			return true;
		default:
			return OidIsValid(get_element_type(type));
	}
}

/*
 * Whether the class alone checks all the clauses, whatever values parameters may have; only then
 * may it leave out rows for another reason, or give something else than rows.
 */
bool
exclave_all_exact(const Planned *planned, List *clauses)
{
	ListCell   *cell;

	if (exclave_inexact_clauses(planned, clauses) != NIL)
		return false;
	foreach(cell, planned->asked->parameters)
		if (may_be_unrepresentable(exprType(lfirst(cell))))
			return false;
	return true;
}
