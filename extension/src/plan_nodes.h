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
	PLAN_LENGTH
} PlanPosition;

/* What the class promised of its rows. */
typedef enum PlanFlag
{
	PLAN_SORTED = 1,
	PLAN_LIMITED = 2,
	PLAN_AGGREGATED = 4
} PlanFlag;

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

#endif
