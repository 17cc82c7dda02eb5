/* planning.h: what planning.c, upper.c and so on know of each other. */
#ifndef EXCLAVE_PLANNING_H
#define EXCLAVE_PLANNING_H

#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

#include "grouping.h"
#include "plan_nodes.h"
#include "quals.h"

/* By what rows are found cheaply. */
typedef struct FoundBy
{
	List	   *columns;		/* numbers */
	double		rows;
	Cost		startup_cost;
	Cost		total_cost;
} FoundBy;

/* What the class was asked and answered for a base relation, until plans are made of it. */
typedef struct Planned
{
	char	   *plan;			/* JSON */
	List	   *columns;		/* numbers of those that the query needs */
	Asked	   *asked;
	Bitmapset  *exact;			/* which of the conditions that it was asked for */
	int			flags;			/* of PlanFlag */
	double		rows;			/* -1 if the class does not know */
	double		total;			/* of the whole table, likewise */
	int			width;
	Cost		startup_cost;
	Cost		total_cost;
	List	   *lookups;		/* of FoundBy */
	List	   *orders;			/* SortOrders that it was asked for */
	int			limit;			/* that it was asked for, -1 for none */
	Grouping   *grouping;		/* that it was asked for, NULL for rows */
} Planned;

/* asking.c */
extern Planned *exclave_plan_scan(const TableDescription *table, List *columns, Asked *asked,
								  List *orders);
extern Planned *exclave_plan_upper(const TableDescription *table, List *columns, Asked *asked,
								   List *orders, int limit, Grouping *grouping);
extern List *exclave_inexact_clauses(const Planned *planned, List *clauses);
extern bool exclave_all_exact(const Planned *planned, List *clauses);

/* lookups.c */
extern void exclave_add_lookup_paths(PlannerInfo *root, RelOptInfo *rel);

/* kept.c */
extern List *exclave_kept_plan(const Planned *planned, Oid relation);

/* planning.c */
extern List *exclave_named_columns(RelOptInfo *rel, const TableDescription *table);
extern Cost exclave_cost_of_checks(PlannerInfo *root, List *clauses, double rows);

/* upper.c */
extern ForeignScan *exclave_upper_plan(PlannerInfo *root, RelOptInfo *rel, ForeignPath *path,
									   List *tlist);

#endif
