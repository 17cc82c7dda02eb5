/* planning.c: GetForeignRelSize, GetForeignPaths, GetForeignPlan: what the class plans. */
#include "host.h"

#include "access/sysattr.h"
#include "foreign/fdwapi.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "optimizer/restrictinfo.h"

#include "ordering.h"
#include "planning.h"

#define ROWS_IF_UNKNOWN 1000

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

/*
 * Where the class does not say how many rows it gives: as many as it says that there are, or as
 * ANALYZE counted, less what it leaves out by its exact conditions.
 */
static double
rows_by_statistics(PlannerInfo *root, RelOptInfo *rel, Planned *planned)
{
	List	   *exact = list_difference_ptr(rel->baserestrictinfo,
											exclave_inexact_clauses(planned, rel->baserestrictinfo));
	if (planned->total >= 0)
		rel->tuples = planned->total;
	else if (rel->tuples < 0)
		rel->tuples = ROWS_IF_UNKNOWN;
	return rel->tuples * clauselist_selectivity(root, exact, 0, JOIN_INNER, NULL);
}

/* Asks the class for its plan and estimates of all rows that fulfil the conditions. */
static void
get_rel_size(PlannerInfo *root, RelOptInfo *rel, Oid relid)
{
	TableDescription *table = exclave_describe_table(relid, InvalidOid);
	Planned    *planned = exclave_plan_scan(table, needed_columns(rel, table),
											exclave_conditions(root, rel, rel->baserestrictinfo),
											NIL);
	List	   *checked = exclave_inexact_clauses(planned, rel->baserestrictinfo);

	if (planned->rows < 0)
		planned->rows = rows_by_statistics(root, rel, planned);
	rel->tuples = Max(rel->tuples, planned->rows);
	rel->rows = clamp_row_est(planned->rows *
							  clauselist_selectivity(root, checked, 0, JOIN_INNER, NULL));
	if (planned->width > 0)
		rel->reltarget->width = planned->width;
	rel->fdw_private = planned;
}

/* Gives what it costs to look at rows and to check clauses. */
Cost
exclave_cost_of_checks(PlannerInfo *root, List *clauses, double rows)
{
	QualCost	cost;

	cost_qual_eval(&cost, clauses, root);
	return cost.startup + rows * (cpu_tuple_cost + cost.per_tuple);
}

static void
add_scan_path(PlannerInfo *root, RelOptInfo *rel, Planned *planned, List *pathkeys)
{
	List	   *checked = exclave_inexact_clauses(planned, rel->baserestrictinfo);
	Cost		checks = exclave_cost_of_checks(root, checked, planned->rows);

	add_path(rel, (Path *) EXCLAVE_FOREIGN_PATH(root, rel, rel->rows, planned->startup_cost,
												planned->total_cost + checks, pathkeys,
												rel->lateral_relids, list_make1(planned)));
}

/* Gives the columns of a table as TargetEntries, to be found in pathkeys. */
List *
exclave_named_columns(RelOptInfo *rel, const TableDescription *table)
{
	List	   *named = NIL;

	for (int i = 0; i < table->column_count; i++)
	{
		const ForeignColumn *column = &table->columns[i];
		Var		   *var = makeVar(rel->relid, column->number, column->type, column->typmod,
								  column->collation, 0);

		named = lappend(named, makeTargetEntry((Expr *) var, i + 1,
											   exclave_to_server(column->name), false));
	}
	return named;
}

/* Adds a path with rows in the order that the query wants, if the class can give that. */
static void
add_sorted_path(PlannerInfo *root, RelOptInfo *rel, Oid relid)
{
	Planned    *whole = rel->fdw_private;
	TableDescription *table = exclave_describe_table(relid, InvalidOid);
	Planned    *sorted;
	List	   *orders;

	if (!exclave_sort_orders(root->query_pathkeys, exclave_named_columns(rel, table), &orders))
		return;
	sorted = exclave_plan_scan(table, whole->columns, whole->asked, orders);
	if (sorted->rows < 0)
		sorted->rows = whole->rows;
	if (sorted->flags & PLAN_SORTED)
		add_scan_path(root, rel, sorted, root->query_pathkeys);
}

static void
get_paths(PlannerInfo *root, RelOptInfo *rel, Oid relid)
{
	Planned    *planned = rel->fdw_private;

	add_scan_path(root, rel, planned, NIL);
	if (root->query_pathkeys != NIL && (planned->flags & PLAN_MAY_SORT))
		add_sorted_path(root, rel, relid);
	exclave_add_lookup_paths(root, rel);
}

/*
 * Gives what the class plans for a path. For rows that are looked up it is asked here, with the
 * clauses of the join among the conditions.
 */
static Planned *
planned_for(PlannerInfo *root, RelOptInfo *rel, Oid relid, ForeignPath *path)
{
	Planned    *whole = rel->fdw_private;
	List	   *clauses;

	if (path->path.param_info == NULL)
		return linitial(path->fdw_private);
	clauses = list_concat_copy(rel->baserestrictinfo, path->path.param_info->ppi_clauses);
	return exclave_plan_scan(exclave_describe_table(relid, InvalidOid), whole->columns,
							 exclave_conditions(root, rel, clauses), NIL);
}

/*
 * Keeps the class's plan as nodes only, so that the planner can copy it and keep it for later.
 * What the class checks exactly is left to it; PostgreSQL has it for rows that were locked.
 */
static ForeignScan *
get_plan(PlannerInfo *root, RelOptInfo *rel, Oid relid, ForeignPath *path, List *tlist,
		 List *clauses, Plan *outer)
{
	Planned    *planned;
	List	   *checked;
	List	   *exact;

	if (IS_UPPER_REL(rel))
		return exclave_upper_plan(root, rel, path, tlist);
	planned = planned_for(root, rel, relid, path);
	checked = exclave_inexact_clauses(planned, clauses);
	exact = list_difference_ptr(planned->asked->clauses,
								exclave_inexact_clauses(planned, planned->asked->clauses));
	return make_foreignscan(tlist, extract_actual_clauses(checked, false), rel->relid,
							planned->asked->parameters, exclave_kept_plan(planned, relid), NIL,
							extract_actual_clauses(exact, false), outer);
}

/* Whether the class may be run in a parallel worker. */
static bool
is_parallel_safe(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *entry)
{
	TableDescription *table = exclave_describe_table(entry->relid, InvalidOid);
	PyObject   *said;
	bool		safe;

	exclave_start_python();
	said = exclave_call("parallel_safe", Py_BuildValue("(s)", table->class_name));
	safe = said == Py_True;
	Py_DECREF(said);
	return safe;
}

void
exclave_set_planning(FdwRoutine *routine)
{
	routine->GetForeignRelSize = get_rel_size;
	routine->GetForeignPaths = get_paths;
	routine->GetForeignPlan = get_plan;
	routine->IsForeignScanParallelSafe = is_parallel_safe;
}
