/* quals.h: the clauses of a query, as a wrapper is told of them. */
#ifndef EXCLAVE_QUALS_H
#define EXCLAVE_QUALS_H

#include "nodes/pathnodes.h"

#include "host.h"

/* What a condition is; the first member of its tree, an Integer. */
typedef enum ConditionKind
{
	CONDITION_COMPARISON,		/* column, operator, collation, value */
	CONDITION_ANY,				/* column, operator, collation, value, whether it is ALL */
	CONDITION_NULL,				/* column, whether it is IS NOT NULL */
	CONDITION_AND,				/* trees */
	CONDITION_OR,				/* trees */
	CONDITION_NOT				/* tree */
} ConditionKind;

/*
 * Trees are Lists, so that plans can keep them. Columns and booleans are Integers, operators and
 * collations (which may be NULL) Strings; a value is a Const, the Integer of a parameter, or, in a
 * List, the Integer of another column.
 */
typedef struct Asked
{
	List	   *clauses;		/* RestrictInfos */
	List	   *trees;			/* one for each of them */
	List	   *parameters;		/* expressions whose values are known when a scan starts */
} Asked;

/* quals.c */
extern Asked *exclave_conditions(PlannerInfo *root, RelOptInfo *rel, List *clauses);
extern bool exclave_is_equality(List *tree, AttrNumber *column);

/* conditions.c */
extern PyObject *exclave_python_conditions(List *trees, List *parameters,
										   const TableDescription *table, const Datum *values,
										   const bool *nulls, bool *unrepresentable);

#endif
