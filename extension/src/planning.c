/* planning.c: GetForeignRelSize, GetForeignPaths, GetForeignPlan: what the class plans. */
#include "host.h"

#include "access/sysattr.h"
#include "foreign/fdwapi.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"

#include "planning.h"

/* Gives the numbers of the columns that the query needs, all of them for a whole row. */
static List *
needed_columns(RelOptInfo *rel, const TableDescription *table)
{
	Bitmapset  *used = NULL;
	List	   *numbers = NIL;
	ListCell   *cell;
	bool		whole_row;

	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &used);
	foreach(cell, rel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, cell)->clause, rel->relid, &used);
	whole_row = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, used);
	for (int i = 0; i < table->column_count; i++)
	{
		AttrNumber	number = table->columns[i].number;

		if (whole_row || bms_is_member(number - FirstLowInvalidHeapAttributeNumber, used))
			numbers = lappend_int(numbers, number);
	}
	return numbers;
}

/* Asks the class for its plan and estimates. */
static void
get_rel_size(PlannerInfo *root, RelOptInfo *rel, Oid relid)
{
	TableDescription *table = exclave_describe_table(relid, InvalidOid);
	Planned    *planned = palloc0(sizeof(Planned));
	PyObject   *answer;
	const char *json;
	const char *copy = NULL;
	double		rows = 0;
	int			width = 0;

	planned->columns = needed_columns(rel, table);
	exclave_start_python();
	answer = exclave_call("plan_scan",
						  Py_BuildValue("(sNN)", table->class_name, exclave_python_table(table),
										exclave_column_names(table, planned->columns)));
	if (PyArg_ParseTuple(answer, "sdidd", &json, &rows, &width, &planned->startup_cost,
						 &planned->total_cost))
		copy = pstrdup(json);
	Py_DECREF(answer);
	if (copy == NULL)
		exclave_throw();

	planned->plan = exclave_to_server(copy);
	rel->tuples = rows;
	rel->rows = clamp_row_est(rows * clauselist_selectivity(root, rel->baserestrictinfo, 0,
															JOIN_INNER, NULL));
	if (width > 0)
		rel->reltarget->width = width;
	rel->fdw_private = planned;
}

static void
get_paths(PlannerInfo *root, RelOptInfo *rel, Oid relid)
{
	Planned    *planned = rel->fdw_private;
	Cost		checks = rel->tuples * (cpu_tuple_cost + rel->baserestrictcost.per_tuple);

	add_path(rel, (Path *) EXCLAVE_FOREIGN_PATH(root, rel, rel->rows, planned->startup_cost,
												planned->total_cost + checks, NIL));
}

/* Keeps the class's plan as nodes only, so that the planner can copy it and keep it for later. */
static ForeignScan *
get_plan(PlannerInfo *root, RelOptInfo *rel, Oid relid, ForeignPath *path, List *tlist,
		 List *clauses, Plan *outer)
{
	Planned    *planned = rel->fdw_private;
	List	   *kept = path->fdw_private;

	if (IS_UPPER_REL(rel))
		return exclave_upper_plan(rel, path, tlist);
	if (kept == NIL)
		kept = list_make5(makeString(planned->plan), planned->columns, NIL, makeInteger(0), NIL);
	return make_foreignscan(tlist, extract_actual_clauses(clauses, false), rel->relid, NIL, kept,
							NIL, NIL, outer);
}

void
exclave_set_planning(FdwRoutine *routine)
{
	routine->GetForeignRelSize = get_rel_size;
	routine->GetForeignPaths = get_paths;
	routine->GetForeignPlan = get_plan;
}
