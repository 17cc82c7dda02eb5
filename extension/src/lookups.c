/*
 * lookups.c: paths for the inner side of nested loops, where each outer row brings the values of
 * columns by which the class finds rows cheaply.
 */
#include "host.h"

#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"

#include "planning.h"

/* Whether a member of an equivalence class is the column that `number` points to. */
static bool
is_column(PlannerInfo *root, RelOptInfo *rel, EquivalenceClass *class, EquivalenceMember *member,
		  void *number)
{
	Expr	   *expression = member->em_expr;

	while (IsA(expression, RelabelType))
		expression = ((RelabelType *) expression)->arg;
	return IsA(expression, Var) && ((Var *) expression)->varno == rel->relid &&
		((Var *) expression)->varattno == *(AttrNumber *) number;
}

/* Lists the join clauses that compare a column with something of other relations. */
static List *
clauses_of_column(PlannerInfo *root, RelOptInfo *rel, AttrNumber number)
{
	List	   *found = NIL;
	List	   *candidates = list_copy(rel->joininfo);
	ListCell   *cell;

	if (rel->has_eclass_joins)
		candidates = list_concat(candidates,
								 generate_implied_equalities_for_column(root, rel, is_column, &number,
																		rel->lateral_referencers));
	foreach(cell, candidates)
	{
		RestrictInfo *clause = lfirst_node(RestrictInfo, cell);
		Asked	   *asked;
		AttrNumber	column;

		if (!join_clause_is_movable_to(clause, rel))
			continue;
		asked = exclave_conditions(root, rel, list_make1(clause));
		if (asked->trees != NIL && exclave_is_equality(linitial(asked->trees), &column) &&
			column == number)
			found = lappend(found, clause);
	}
	return found;
}

/* Adds the relations that a path needs before it can run; none if there are none. */
static List *
add_outer(List *sets, RelOptInfo *rel, Relids needed)
{
	Relids		outer = bms_union(needed, rel->lateral_relids);
	ListCell   *cell;

	outer = bms_del_member(outer, rel->relid);
	if (bms_is_empty(outer))
		return sets;
	foreach(cell, sets)
		if (bms_equal(lfirst(cell), outer))
			return sets;
	return lappend(sets, outer);
}

/* Adds sets of relations whose rows, each or together, may bring the values of a lookup. */
static List *
outer_relations(PlannerInfo *root, RelOptInfo *rel, const FoundBy *lookup, List *sets)
{
	Relids		all = NULL;
	ListCell   *cell;
	ListCell   *clause_cell;

	foreach(cell, lookup->columns)
	{
		foreach(clause_cell, clauses_of_column(root, rel, (AttrNumber) lfirst_int(cell)))
		{
			RestrictInfo *clause = lfirst_node(RestrictInfo, clause_cell);

			sets = add_outer(sets, rel, clause->clause_relids);
			all = bms_union(all, clause->clause_relids);
		}
	}
	return all == NULL ? sets : add_outer(sets, rel, all);
}

/* Whether conditions give each of the columns of a lookup a value. */
static bool
has_values(const FoundBy *lookup, const Asked *asked)
{
	List	   *missing = list_copy(lookup->columns);
	ListCell   *cell;
	AttrNumber	column;

	foreach(cell, asked->trees)
		if (exclave_is_equality(lfirst(cell), &column))
			missing = list_delete_int(missing, column);
	return missing == NIL;
}

/* Gives the lookup that finds the fewest rows by given conditions; NULL if there is none. */
static FoundBy *
best_lookup(List *lookups, const Asked *asked)
{
	FoundBy    *best = NULL;
	ListCell   *cell;

	foreach(cell, lookups)
	{
		FoundBy    *lookup = lfirst(cell);

		if (has_values(lookup, asked) &&
			(best == NULL || lookup->rows < best->rows ||
			 (lookup->rows == best->rows && lookup->total_cost < best->total_cost)))
			best = lookup;
	}
	return best;
}

/* Adds a path that looks rows up by what the outer relations bring. */
static void
add_lookup_path(PlannerInfo *root, RelOptInfo *rel, List *lookups, Relids outer)
{
	ParamPathInfo *info = get_baserel_parampathinfo(root, rel, outer);
	List	   *clauses = list_concat_copy(rel->baserestrictinfo, info->ppi_clauses);
	FoundBy    *lookup = best_lookup(lookups, exclave_conditions(root, rel, clauses));
	Cost		checks;

	if (lookup == NULL)
		return;
	info->ppi_rows = clamp_row_est(Min(info->ppi_rows, lookup->rows));
	checks = exclave_cost_of_checks(root, clauses, lookup->rows);
	add_path(rel, (Path *) EXCLAVE_FOREIGN_PATH(root, rel, info->ppi_rows, lookup->startup_cost,
												lookup->total_cost + checks, NIL, outer, NIL));
}

/* Adds the paths of all lookups; the class is asked for the plan of one only if it is chosen. */
void
exclave_add_lookup_paths(PlannerInfo *root, RelOptInfo *rel)
{
	Planned    *planned = rel->fdw_private;
	List	   *sets = NIL;
	ListCell   *cell;

	foreach(cell, planned->lookups)
		sets = outer_relations(root, rel, lfirst(cell), sets);
	foreach(cell, sets)
		add_lookup_path(root, rel, planned->lookups, lfirst(cell));
}
