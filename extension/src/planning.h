/* planning.h: what planning.c and upper.c know of each other. */
#ifndef EXCLAVE_PLANNING_H
#define EXCLAVE_PLANNING_H

#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"

/* What the class answered for a base relation, until plans are made of it. */
typedef struct Planned
{
	char	   *plan;			/* JSON */
	List	   *columns;		/* numbers of those that the query needs */
	double		startup_cost;
	double		total_cost;
} Planned;

/* upper.c */
extern ForeignScan *exclave_upper_plan(RelOptInfo *rel, ForeignPath *path, List *tlist);

#endif
