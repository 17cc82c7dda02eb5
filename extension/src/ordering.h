/* ordering.h: types, collations and sort orders of which Python can be asked. */
#ifndef EXCLAVE_ORDERING_H
#define EXCLAVE_ORDERING_H

#include "nodes/primnodes.h"

/* One column of an ORDER BY; strings are in UTF-8. */
typedef struct SortOrder
{
	const char *name;
	const char *shown;			/* by EXPLAIN, if not the name */
	bool		descending;
	bool		nulls_first;
	const char *collation;
} SortOrder;

extern bool exclave_is_plain_type(Oid type);
extern bool exclave_is_nondeterministic(Oid collation);
extern const char *exclave_collation_name(Oid collation);
extern Expr *exclave_strip_relabel(Expr *expression);
extern bool exclave_sort_orders(List *pathkeys, List *named, List **orders);
extern PyObject *exclave_python_orders(List *orders);
extern char *exclave_shown_orders(List *orders);

#endif
