/* grouping.h: groups and aggregates of which Python can be asked. */
#ifndef EXCLAVE_GROUPING_H
#define EXCLAVE_GROUPING_H

#include "nodes/pathnodes.h"

/* One aggregate that Python is asked for; strings are in UTF-8. */
typedef struct WantedAggregate
{
	AttrNumber	number;			/* in the scan tuple */
	const char *name;
	const char *function;
	const char *column;			/* NULL for count(*) */
	const char *collation;
	const char *type_name;
	Oid			type;
	bool		distinct;
} WantedAggregate;

/* What a query wants instead of the rows of a table. */
typedef struct Grouping
{
	Index		relid;
	const TableDescription *table;
	List	   *tlist;			/* of the scan: groups, aggregates, what averages are made of */
	List	   *group_by;		/* names, in UTF-8 */
	List	   *aggregates;		/* WantedAggregates */
	List	   *averages;		/* IntList: numbers of average, sum and count, three for each */
	List	   *having;			/* checked by PostgreSQL */
	List	   *arguments;		/* IntList: numbers of columns that are grouped or aggregated */
} Grouping;

extern Grouping *exclave_read_grouping(PlannerInfo *root, List *clauses, List *expressions,
									   List *having, Index relid, const TableDescription *table);
extern List *exclave_asked_numbers(const Grouping *grouping);
extern PyObject *exclave_python_groups(const Grouping *grouping);
extern PyObject *exclave_python_aggregates(const Grouping *grouping);
extern const char *exclave_shown_name(const Grouping *grouping, const char *name);
extern List *exclave_shown_grouping(const Grouping *grouping);

#endif
