/* upper.c: GetForeignUpperPaths: aggregates, top-N and LIMIT that the class does itself. */
#include "host.h"

#include "foreign/fdwapi.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "parser/parsetree.h"

#include "grouping.h"
#include "ordering.h"
#include "planning.h"

/* The fdw_private of an upper relation whose paths may be the class's. */
typedef struct Upper
{
	UpperRelationKind stage;
	RelOptInfo *base;
	RelOptInfo *input;			/* of an ordered relation: the table, or a grouped relation */
	Grouping   *grouping;		/* of a grouped relation, if the class gives groups */
} Upper;

/* What is to be asked, of a table's rows or of groups. */
typedef struct Question
{
	PlannerInfo *root;
	RelOptInfo *base;
	Grouping   *grouping;		/* NULL for rows */
	List	   *pathkeys;
	int			limit;			/* -1 for none */
} Question;

static Oid
table_of(PlannerInfo *root, RelOptInfo *base)
{
	return planner_rt_fetch(base->relid, root)->relid;
}

/* Gives groups and aggregates by which rows can be ordered: not averages, which the host makes. */
static List *
named_groups(const Grouping *grouping)
{
	List	   *named = NIL;
	ListCell   *cell;

	foreach(cell, exclave_asked_numbers(grouping))
		named = lappend(named, list_nth(grouping->tlist, lfirst_int(cell) - 1));
	return named;
}

/* Gives what a class must promise; what it must be able to do are the same bits, times eight. */
static int
needed_flags(const Question *question)
{
	return (question->pathkeys != NIL ? PLAN_SORTED : 0) |
		(question->limit >= 0 ? PLAN_LIMITED : 0) |
		(question->grouping != NULL ? PLAN_AGGREGATED : 0);
}

/* Asks the class; gives NULL if it, or what is asked, does not allow that. */
static Planned *
ask(const Question *question)
{
	Planned    *whole = question->base->fdw_private;
	Grouping   *grouping = question->grouping;
	int			needed = needed_flags(question);
	TableDescription *table;
	Planned    *planned;
	List	   *named;
	List	   *orders;

	if (((whole->flags / PLAN_MAY_SORT) & needed) != needed)
		return NULL;
	table = exclave_describe_table(table_of(question->root, question->base), InvalidOid);
	named = grouping ? named_groups(grouping) : exclave_named_columns(question->base, table);
	if (!exclave_sort_orders(question->pathkeys, named, &orders))
		return NULL;
	planned = exclave_plan_upper(table, grouping ? grouping->arguments : whole->columns,
								 whole->asked, orders, question->limit, grouping);
	if ((planned->flags & needed) != needed ||
		!exclave_all_exact(planned, question->base->baserestrictinfo))
		return NULL;
	if (planned->rows < 0)
		planned->rows = grouping != NULL ? question->base->rows / 10 : question->base->rows;
	if (grouping != NULL && grouping->group_by == NIL)
		planned->rows = 1;
	if (question->limit >= 0)
		planned->rows = Min(planned->rows, question->limit);
	return planned;
}

/*
 * Makes the path of an answer: a bit cheaper than anything that PostgreSQL would do with the rows
 * of the table, as a class that says that it does this work is taken at its word.
 */
static ForeignPath *
path_of(const Question *question, Planned *planned, RelOptInfo *parent, RelOptInfo *output,
		PathTarget *target)
{
	double		rows = clamp_row_est(planned->rows);
	Cost		startup = planned->startup_cost;
	Cost		total = planned->total_cost + rows * cpu_tuple_cost;
	ListCell   *cell;

	foreach(cell, output->pathlist)
	{
		Path	   *other = lfirst(cell);

		startup = Min(startup, other->startup_cost * 0.9);
		total = Min(total, other->total_cost * 0.9);
	}
	return EXCLAVE_UPPER_PATH(question->root, parent, target, rows, Min(startup, total), total,
							  question->pathkeys, list_make1(planned));
}

/* Groups, by `clauses`, if they and what is wanted of them are such that Python can be asked. */
static void
add_groups(PlannerInfo *root, Upper *upper, RelOptInfo *output, List *clauses, PathTarget *target,
		   List *having)
{
	Question	question = {root, upper->base, NULL, NIL, -1};
	TableDescription *table;
	Planned    *planned;

	if ((((Planned *) upper->base->fdw_private)->flags & PLAN_MAY_AGGREGATE) == 0)
		return;
	table = exclave_describe_table(table_of(root, upper->base), InvalidOid);
	question.grouping = exclave_read_grouping(root, clauses, target->exprs, having,
											  upper->base->relid, table);
	if (question.grouping == NULL || (planned = ask(&question)) == NULL)
		return;
	upper->grouping = question.grouping;
	planned->rows *= clauselist_selectivity(root, having, 0, JOIN_INNER, NULL);
	add_path(output, (Path *) path_of(&question, planned, output, output, target));
}

/* GROUP BY and aggregates. */
static void
add_grouped(PlannerInfo *root, Upper *upper, RelOptInfo *grouped, GroupPathExtraData *extra)
{
	Query	   *parse = root->parse;

	if (extra->patype == PARTITIONWISE_AGGREGATE_NONE && parse->groupingSets == NIL &&
		(parse->groupClause != NIL || parse->hasAggs))
		add_groups(root, upper, grouped, parse->groupClause, grouped->reltarget,
				   (List *) extra->havingQual);
}

/* SELECT DISTINCT of columns is GROUP BY. */
static void
add_distinct(PlannerInfo *root, Upper *upper, RelOptInfo *input, RelOptInfo *distinct)
{
	Query	   *parse = root->parse;

	if (!IS_UPPER_REL(input) && !parse->hasDistinctOn && !parse->hasTargetSRFs)
		add_groups(root, upper, distinct, parse->distinctClause,
				   root->upper_targets[UPPERREL_DISTINCT], NIL);
}

/* Groups in order; the order of a table's rows is a matter of its own paths. */
static void
add_ordered(PlannerInfo *root, Upper *upper, RelOptInfo *input, RelOptInfo *ordered)
{
	Question	question = {root, upper->base, NULL, root->sort_pathkeys, -1};
	Planned    *planned;

	if (!IS_UPPER_REL(input) || root->sort_pathkeys == NIL || root->parse->hasTargetSRFs)
		return;
	question.grouping = ((Upper *) input->fdw_private)->grouping;
	planned = ask(&question);
	if (planned != NULL)
		add_path(ordered, (Path *) path_of(&question, planned, input, ordered,
										   root->upper_targets[UPPERREL_ORDERED]));
}

/* Gives how many rows are wanted, those of OFFSET included; -1 if that is not known now. */
static int
wanted_rows(Query *parse)
{
	Const	   *count = (Const *) parse->limitCount;
	Const	   *offset = (Const *) parse->limitOffset;
	int64		limit;

	if (count == NULL || !IsA(count, Const) || count->constisnull)
		return -1;
	limit = DatumGetInt64(count->constvalue);
	if (limit <= 0 || limit > PG_INT32_MAX)
		return -1;
	if (offset == NULL || (IsA(offset, Const) && offset->constisnull))
		return limit;
	if (!IsA(offset, Const) || DatumGetInt64(offset->constvalue) < 0 ||
		DatumGetInt64(offset->constvalue) > PG_INT32_MAX - limit)
		return -1;
	return limit + DatumGetInt64(offset->constvalue);
}

/* LIMIT, after ORDER BY if there is one; OFFSET is left to PostgreSQL. */
static void
add_final(PlannerInfo *root, Upper *upper, RelOptInfo *input, RelOptInfo *final,
		  FinalPathExtraData *extra)
{
	Query	   *parse = root->parse;
	Question	question = {root, upper->base, NULL, NIL, -1};
	Planned    *planned;
	Path	   *path;

	if (parse->commandType != CMD_SELECT || !extra->limit_needed || parse->rowMarks != NIL ||
		parse->hasTargetSRFs || parse->limitOption == LIMIT_OPTION_WITH_TIES)
		return;
	question.limit = wanted_rows(parse);
	if (question.limit < 0)
		return;
	if (IS_UPPER_REL(input) && ((Upper *) input->fdw_private)->stage == UPPERREL_ORDERED)
	{
		question.pathkeys = root->sort_pathkeys;
		input = ((Upper *) input->fdw_private)->input;
	}
	if (IS_UPPER_REL(input))
	{
		question.grouping = ((Upper *) input->fdw_private)->grouping;
		if (question.grouping->having != NIL)
			return;
	}
	planned = ask(&question);
	if (planned == NULL)
		return;
	path = (Path *) path_of(&question, planned, input, final,
							root->upper_targets[UPPERREL_FINAL]);
	if (parse->limitOffset != NULL)
		path = (Path *) create_limit_path(root, final, path, parse->limitOffset,
										  parse->limitCount, parse->limitOption,
										  extra->offset_est, extra->count_est);
	add_path(final, path);
}

/* Gives the one foreign table of a query, from what the steps before left; NULL if there is none. */
static RelOptInfo *
base_of(PlannerInfo *root, RelOptInfo *input)
{
	RelOptInfo *base = input;

	if (input->fdw_private == NULL || IS_DUMMY_REL(input))
		return NULL;
	if (IS_UPPER_REL(input))
	{
		Upper	   *upper = input->fdw_private;

		if (upper->stage != UPPERREL_ORDERED && upper->grouping == NULL)
			return NULL;
		base = upper->base;
	}
	if (base->reloptkind != RELOPT_BASEREL || planner_rt_fetch(base->relid, root)->inh ||
		!bms_equal(root->all_baserels, base->relids))
		return NULL;
	return base;
}

static void
get_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input,
				RelOptInfo *output, void *extra)
{
	RelOptInfo *base = base_of(root, input);
	Upper	   *upper;

	if (base == NULL || output->fdw_private != NULL ||
		!exclave_all_exact(base->fdw_private, base->baserestrictinfo))
		return;
	upper = palloc0(sizeof(Upper));
	upper->stage = stage;
	upper->base = base;
	upper->input = input;
	switch (stage)
	{
		case UPPERREL_GROUP_AGG:
			output->fdw_private = upper;
			add_grouped(root, upper, output, extra);
			break;
		case UPPERREL_DISTINCT:
			output->fdw_private = upper;
			add_distinct(root, upper, input, output);
			break;
		case UPPERREL_ORDERED:
			output->fdw_private = upper;
			add_ordered(root, upper, input, output);
			break;
		case UPPERREL_FINAL:
			add_final(root, upper, input, output, extra);
			break;
		default:
			break;
	}
}

/* Makes the plan of a grouped relation; HAVING is checked in it. */
ForeignScan *
exclave_upper_plan(PlannerInfo *root, RelOptInfo *rel, ForeignPath *path, List *tlist)
{
	Upper	   *upper = rel->fdw_private;
	Planned    *planned = linitial(path->fdw_private);

	return make_foreignscan(tlist, copyObject(upper->grouping->having), 0,
							planned->asked->parameters,
							exclave_kept_plan(planned, table_of(root, upper->base)),
							copyObject(upper->grouping->tlist), NIL, NULL);
}

void
exclave_set_upper(FdwRoutine *routine)
{
	routine->GetForeignUpperPaths = get_upper_paths;
}
