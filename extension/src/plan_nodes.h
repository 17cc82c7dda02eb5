/*
 * plan_nodes.h: what ForeignScan.fdw_private holds: nodes only, so that the planner can copy it,
 * keep it for later, and send it to parallel workers.
 */
#ifndef EXCLAVE_PLAN_NODES_H
#define EXCLAVE_PLAN_NODES_H

#include "nodes/pg_list.h"
#include "nodes/value.h"

/* Positions in fdw_private. New ones go to the end, before PLAN_LENGTH. */
typedef enum PlanPosition
{
	PLAN_JSON,					/* String: ScanPlan.remote */
	PLAN_COLUMNS,				/* IntList: numbers of the columns of a row */
	PLAN_CONDITIONS,			/* List of trees: quals.c */
	PLAN_FLAGS,					/* Integer: of PlanFlag */
	PLAN_UPPER,					/* List: of UpperPosition; empty for rows in any order */
	PLAN_LENGTH
} PlanPosition;

/* What the class promised of its rows. */
typedef enum PlanFlag
{
	PLAN_SORTED = 1,
	PLAN_LIMITED = 2,
	PLAN_AGGREGATED = 4,
	PLAN_MAY_SORT = 8,			/* only that it can be asked for an order, ... */
	PLAN_MAY_LIMIT = 16,		/* ... for the first rows, ... */
	PLAN_MAY_AGGREGATE = 32		/* ... for groups and aggregates */
} PlanFlag;

/* Positions in what is kept where the class sorts, limits or groups: kept.c. */
typedef enum UpperPosition
{
	UPPER_RELATION,				/* Integer: OID of the table, as groups have no scanrelid */
	UPPER_LIMIT,				/* Integer: -1 for none */
	UPPER_ONE_ROW,				/* Boolean: aggregates without GROUP BY */
	UPPER_AVERAGES,				/* IntList: numbers of average, sum and count, three for each */
	UPPER_SHOWN					/* List of Strings: labels and texts of lines of EXPLAIN */
} UpperPosition;

static inline const char *
plan_json(List *kept)
{
	return strVal(list_nth(kept, PLAN_JSON));
}

static inline List *
plan_columns(List *kept)
{
	return (List *) list_nth(kept, PLAN_COLUMNS);
}

static inline List *
plan_conditions(List *kept)
{
	return (List *) list_nth(kept, PLAN_CONDITIONS);
}

static inline int
plan_flags(List *kept)
{
	return intVal(list_nth(kept, PLAN_FLAGS));
}

static inline List *
plan_upper(List *kept)
{
	return (List *) list_nth(kept, PLAN_UPPER);
}

#endif
