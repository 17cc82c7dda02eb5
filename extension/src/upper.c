/* upper.c: GetForeignUpperPaths: aggregates, top-N and LIMIT that the class does itself. */
#include "host.h"

#include "foreign/fdwapi.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/planmain.h"
#include "parser/parsetree.h"

#include "grouping.h"
#include "ordering.h"
#include "plan_nodes.h"
#include "planning.h"

/* The fdw_private of an upper relation whose paths may be the class's. */
typedef struct Upper
{
	UpperRelationKind stage;
	RelOptInfo *base;
	RelOptInfo *input;			/* of an ordered relation: the table, or a grouped relation */
	Grouping   *grouping;		/* of a grouped relation, if the class gives groups */
} Upper;

/* What the class is asked, of a table's rows or of groups. */
typedef struct Question
{
	PlannerInfo *root;
	RelOptInfo *base;
	Grouping   *grouping;		/* NULL for rows */
	List	   *pathkeys;
	int			limit;			/* -1 for none */
} Question;

typedef struct Answer
{
	List	   *kept;			/* fdw_private of the path and the plan */
	double		rows;
	Cost		startup_cost;
	Cost		total_cost;
} Answer;

/* Gives the columns of a table as TargetEntries, to be found in pathkeys. */
static List *
named_columns(RelOptInfo *base, const TableDescription *table)
{
	List	   *named = NIL;

	for (int i = 0; i < table->column_count; i++)
	{
		const ForeignColumn *column = &table->columns[i];
		Var		   *var = makeVar(base->relid, column->number, column->type, column->typmod,
								  column->collation, 0);

		named = lappend(named, makeTargetEntry((Expr *) var, i + 1,
											   exclave_to_server(column->name), false));
	}
	return named;
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

/* Gives lines of EXPLAIN: labels and texts. */
static List *
shown_lines(const Question *question, List *orders)
{
	List	   *lines = NIL;
	ListCell   *cell;

	if (question->grouping != NULL)
	{
		lines = exclave_shown_grouping(question->grouping);
		foreach(cell, orders)
		{
			SortOrder  *order = lfirst(cell);

			order->shown = exclave_shown_name(question->grouping, order->name);
		}
	}
	if (orders != NIL)
		lines = list_concat(lines, list_make2(makeString(pstrdup("Sort Key")),
											  makeString(exclave_shown_orders(orders))));
	if (question->limit >= 0)
		lines = list_concat(lines, list_make2(makeString(pstrdup("Limit")),
											  makeString(psprintf("%d", question->limit))));
	return lines;
}

/* Keeps what the class answered, as nodes. */
static List *
kept_answer(const Question *question, Oid relation, const char *json, List *orders)
{
	Planned    *planned = question->base->fdw_private;
	Grouping   *grouping = question->grouping;
	List	   *columns = grouping == NULL ? planned->columns : exclave_asked_numbers(grouping);
	List	   *averages = grouping == NULL ? NIL : grouping->averages;
	bool		one_row = grouping != NULL && grouping->group_by == NIL;

	return list_make5(makeString(exclave_to_server(json)), columns, planned->asked->trees,
					  makeInteger((orders != NIL ? PLAN_SORTED : 0) |
								  (question->limit >= 0 ? PLAN_LIMITED : 0) |
								  (grouping != NULL ? PLAN_AGGREGATED : 0)),
					  list_make5(makeInteger((int) relation), makeInteger(question->limit),
								 makeBoolean(one_row), averages, shown_lines(question, orders)));
}

/* Asks the class; gives false if it, or what is asked, does not allow that. */
static bool
ask(const Question *question, Answer *answer)
{
	Oid			relation = planner_rt_fetch(question->base->relid, question->root)->relid;
	TableDescription *table = exclave_describe_table(relation, InvalidOid);
	Grouping   *grouping = question->grouping;
	Planned    *planned = question->base->fdw_private;
	List	   *orders;
	PyObject   *conditions;
	PyObject   *said;
	const char *json = NULL;
	char	   *copy = NULL;

	if (!exclave_sort_orders(question->pathkeys,
							 grouping ? named_groups(grouping) : named_columns(question->base, table),
							 &orders))
		return false;
	exclave_start_python();
	conditions = exclave_python_conditions(planned->asked->trees, planned->asked->parameters, table,
										   NULL, NULL, NULL);
	said = exclave_call("plan_upper",
						Py_BuildValue("(sNNNNiNN)", table->class_name, exclave_python_table(table),
									  exclave_column_names(table, grouping ? grouping->arguments :
												   planned->columns),
									  conditions,
									  exclave_python_orders(orders), question->limit,
									  exclave_python_groups(grouping),
									  exclave_python_aggregates(grouping)));
	if (said == Py_None)
	{
		Py_DECREF(said);
		return false;
	}
	if (PyArg_ParseTuple(said, "sddd", &json, &answer->rows, &answer->startup_cost,
						 &answer->total_cost))
		copy = pstrdup(json);
	Py_DECREF(said);
	if (copy == NULL)
		exclave_throw();
	if (grouping != NULL && grouping->group_by == NIL)
		answer->rows = 1;
	if (question->limit >= 0)
		answer->rows = Min(answer->rows, question->limit);
	answer->kept = kept_answer(question, relation, copy, orders);
	return true;
}

/*
 * Makes the path of an answer: a bit cheaper than anything that PostgreSQL would do with the rows
 * of the table, as a class that says that it does this work is taken at its word.
 */
static ForeignPath *
path_of(const Question *question, const Answer *answer, RelOptInfo *parent, RelOptInfo *output,
		PathTarget *target)
{
	double		rows = clamp_row_est(answer->rows);
	Cost		startup = answer->startup_cost;
	Cost		total = answer->total_cost + rows * cpu_tuple_cost;
	ListCell   *cell;

	foreach(cell, output->pathlist)
	{
		Path	   *other = lfirst(cell);

		startup = Min(startup, other->startup_cost * 0.9);
		total = Min(total, other->total_cost * 0.9);
	}
	return EXCLAVE_UPPER_PATH(question->root, parent, target, rows, Min(startup, total), total,
							  question->pathkeys, answer->kept);
}

/* Groups, by `clauses`, if they and what is wanted of them are such that Python can be asked. */
static void
add_groups(PlannerInfo *root, Upper *upper, RelOptInfo *output, List *clauses, PathTarget *target,
		   List *having)
{
	Oid			relation = planner_rt_fetch(upper->base->relid, root)->relid;
	TableDescription *table = exclave_describe_table(relation, InvalidOid);
	Question	question = {root, upper->base, NULL, NIL, -1};
	Answer		answer;

	upper->grouping = exclave_read_grouping(root, clauses, target->exprs, having,
											upper->base->relid, table);
	question.grouping = upper->grouping;
	if (upper->grouping == NULL || !ask(&question, &answer))
	{
		upper->grouping = NULL;
		return;
	}
	answer.rows *= clauselist_selectivity(root, having, 0, JOIN_INNER, NULL);
	add_path(output, (Path *) path_of(&question, &answer, output, output, target));
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
	Answer		answer;

	if (!IS_UPPER_REL(input) || root->sort_pathkeys == NIL)
		return;
	question.grouping = ((Upper *) input->fdw_private)->grouping;
	if (!ask(&question, &answer))
		return;
	add_path(ordered, (Path *) path_of(&question, &answer, input, ordered,
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
	Answer		answer;
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
	if (!ask(&question, &answer))
		return;
	path = (Path *) path_of(&question, &answer, input, final,
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
exclave_upper_plan(RelOptInfo *rel, ForeignPath *path, List *tlist)
{
	Upper	   *upper = rel->fdw_private;
	Planned    *planned = upper->base->fdw_private;

	return make_foreignscan(tlist, copyObject(upper->grouping->having), 0,
							planned->asked->parameters,
							path->fdw_private, copyObject(upper->grouping->tlist), NIL, NULL);
}

void
exclave_set_upper(FdwRoutine *routine)
{
	routine->GetForeignUpperPaths = get_upper_paths;
}
