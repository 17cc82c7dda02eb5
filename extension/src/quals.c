/*
 * quals.c: clauses of a query become conditions: small trees of what a wrapper can be told.
 *
 * A clause is told only if it means the same to everybody: operators of PostgreSQL itself, that
 * are immutable and strict, on a column and a value of the same kind. PostgreSQL checks the rest.
 */
#include "host.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/restrictinfo.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "ordering.h"
#include "quals.h"

typedef struct Builder
{
	PlannerInfo *root;
	RelOptInfo *rel;
	List	   *parameters;
} Builder;

/* Types whose values compare with each other, and how far a wrapper may be told of that. */
typedef enum TypeKind
{
	TYPE_UNTOLD,
	TYPE_INTEGER,
	TYPE_NUMERIC,
	TYPE_FLOAT,
	TYPE_TEXT,
	TYPE_ITSELF,				/* only with the same type */
	TYPE_EQUAL,					/* the same, but its order is PostgreSQL's alone */
	TYPE_OTHER					/* neither order nor equality are those of its text */
} TypeKind;

static TypeKind
kind_of(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return TYPE_INTEGER;
		case NUMERICOID:
			return TYPE_NUMERIC;
		case FLOAT4OID:
		case FLOAT8OID:
			return TYPE_FLOAT;
		case TEXTOID:
		case VARCHAROID:
		case NAMEOID:
			return TYPE_TEXT;
		case BOOLOID:
		case BPCHAROID:
		case BYTEAOID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case INTERVALOID:
		case UUIDOID:
		case OIDOID:
			return TYPE_ITSELF;
		case INETOID:
		case CIDROID:
		case MACADDROID:
		case MACADDR8OID:
		case BITOID:
		case VARBITOID:
		case PG_LSNOID:
			return TYPE_EQUAL;
		case JSONBOID:
			return TYPE_OTHER;
		default:
			if (type_is_enum(type))
				return TYPE_EQUAL;
			if (type_is_range(type) || type_is_multirange(type))
				return TYPE_OTHER;
			return TYPE_UNTOLD;
	}
}

/* Whether values of two types are of one kind; arrays are of the kind of their elements. */
static bool
same_kind(Oid one, Oid other)
{
	Oid			element = get_element_type(one);
	TypeKind	kind;

	if (OidIsValid(element))
	{
		Oid			other_element = get_element_type(other);

		return OidIsValid(other_element) && kind_of(element) != TYPE_OTHER &&
			same_kind(element, other_element);
	}
	kind = kind_of(one);
	if (kind == TYPE_UNTOLD || kind != kind_of(other))
		return false;
	return kind <= TYPE_TEXT || one == other;
}

/* Whether an operator with this name may be told of with a column and a value of these types. */
static bool
is_told(const char *operator, Oid column, Oid value)
{
	TypeKind	kind = kind_of(column);
	bool		equals = strcmp(operator, "=") == 0 || strcmp(operator, "<>") == 0;
	bool		orders = strspn(operator, "<>=") == strlen(operator) && !equals &&
		strcmp(operator, "<<") != 0 && strcmp(operator, ">>") != 0;

	if (orders && (kind >= TYPE_EQUAL || OidIsValid(get_element_type(column))))
		return false;
	if (kind == TYPE_OTHER)
		return !equals && (same_kind(column, value) || same_kind(value, value));
	if (column == BPCHAROID && value == TEXTOID)
		return !equals && !orders;	/* LIKE and so on; blanks at the end count */
	return same_kind(column, value);
}

/* Whether the cast gives every value as it was, so that a comparison means the same without. */
static bool
is_harmless_cast(const FuncExpr *cast, Oid from)
{
	Oid			to = getBaseType(cast->funcresulttype);
	HeapTuple	tuple;
	bool		found;

	if (!(kind_of(from) == TYPE_INTEGER && (kind_of(to) == TYPE_INTEGER || to == NUMERICOID ||
											(to == FLOAT8OID && from != INT8OID))) &&
		!(from == FLOAT4OID && to == FLOAT8OID) && !(from == NAMEOID && to == TEXTOID))
		return false;
	tuple = SearchSysCache2(CASTSOURCETARGET, ObjectIdGetDatum(from), ObjectIdGetDatum(to));
	if (!HeapTupleIsValid(tuple))
		return false;
	found = ((Form_pg_cast) GETSTRUCT(tuple))->castfunc == cast->funcid;
	ReleaseSysCache(tuple);
	return found && (get_typlen(to) < 0 || get_typlen(to) > get_typlen(from));
}

/* Gives the column that an expression is, perhaps under harmless casts; NULL if it is none. */
static Var *
column_of(const Builder *builder, Node *expression)
{
	Var		   *column;

	for (;;)
	{
		if (IsA(expression, RelabelType))
			expression = (Node *) ((RelabelType *) expression)->arg;
		else if (IsA(expression, FuncExpr) && list_length(((FuncExpr *) expression)->args) == 1 &&
				 is_harmless_cast((FuncExpr *) expression,
								  getBaseType(exprType(linitial(((FuncExpr *) expression)->args)))))
			expression = linitial(((FuncExpr *) expression)->args);
		else
			break;
	}
	if (!IsA(expression, Var))
		return NULL;
	column = (Var *) expression;
	return column->varno == builder->rel->relid && column->varlevelsup == 0 &&
		column->varattno > 0 ? column : NULL;
}

/* Whether the values of a column are what an operator on this type compares. */
static bool
compares_as(const Var *column, Oid compared)
{
	Oid			type = getBaseType(column->vartype);

	if (type == compared || same_kind(type, compared))
		return true;
	/* only under a cast that column_of() let pass */
	return kind_of(type) == TYPE_INTEGER && (compared == NUMERICOID || compared == FLOAT8OID);
}

/* Gives the tree of a value: constant, of another column, or known when a scan starts. */
static Node *
value_of(Builder *builder, Node *expression)
{
	Var		   *column;

	while (IsA(expression, RelabelType) &&
		   getBaseType(exprType(expression)) ==
		   getBaseType(exprType((Node *) ((RelabelType *) expression)->arg)))
		expression = (Node *) ((RelabelType *) expression)->arg;
	if (IsA(expression, Const))
		return ((Const *) expression)->constisnull ? NULL : expression;
	column = column_of(builder, expression);
	if (column != NULL)
		return compares_as(column, getBaseType(exprType(expression))) ?
			(Node *) list_make1(makeInteger(column->varattno)) : NULL;
	if (bms_is_member(builder->rel->relid, pull_varnos(builder->root, expression)) ||
		contain_volatile_functions(expression) || contain_subplans(expression))
		return NULL;
	builder->parameters = lappend(builder->parameters, expression);
	return (Node *) makeInteger(list_length(builder->parameters) - 1);
}

/* Gives the name of an operator, NULL if only PostgreSQL can know what it does. */
static char *
operator_name(Oid operator)
{
	if (operator >= FirstUnpinnedObjectId || op_volatile(operator) != PROVOLATILE_IMMUTABLE ||
		!op_strict(operator) || get_op_rettype(operator) != BOOLOID)
		return NULL;
	return get_opname(operator);
}

static List *
make_comparison(AttrNumber column, char *operator, Oid collation, Node *value)
{
	const char *name = exclave_collation_name(collation);

	return list_make5(makeInteger(CONDITION_COMPARISON), makeInteger(column),
					  makeString(operator), name == NULL ? NULL : makeString(pstrdup(name)), value);
}

/* Gives the tree of `expression operator expression`, with the column at the left. */
static List *
comparison(Builder *builder, OpExpr *clause)
{
	Oid			operator = clause->opno;
	char	   *name;
	Node	   *left;
	Node	   *right;
	Node	   *value;
	Var		   *column;

	if (list_length(clause->args) != 2 || exclave_is_nondeterministic(clause->inputcollid))
		return NULL;
	left = linitial(clause->args);
	right = lsecond(clause->args);
	if (column_of(builder, left) == NULL)
	{
		operator = get_commutator(operator);
		left = lsecond(clause->args);
		right = linitial(clause->args);
	}
	column = column_of(builder, left);
	name = OidIsValid(operator) ? operator_name(operator) : NULL;
	if (column == NULL || name == NULL || !compares_as(column, getBaseType(exprType(left))) ||
		!is_told(name, getBaseType(exprType(left)), getBaseType(exprType(right))))
		return NULL;
	value = value_of(builder, right);
	if (value == NULL)
		return NULL;
	return make_comparison(column->varattno, name, clause->inputcollid, value);
}

/* Gives the tree of `column operator ANY (array)`, or ALL. */
static List *
any_of(Builder *builder, ScalarArrayOpExpr *clause)
{
	Node	   *left = linitial(clause->args);
	Node	   *right = lsecond(clause->args);
	Oid			element = get_element_type(getBaseType(exprType(right)));
	Var		   *column = column_of(builder, left);
	char	   *name = operator_name(clause->opno);
	const char *collation = exclave_collation_name(clause->inputcollid);
	Node	   *value;

	if (column == NULL || name == NULL || !OidIsValid(element) ||
		exclave_is_nondeterministic(clause->inputcollid) ||
		!compares_as(column, getBaseType(exprType(left))) ||
		!is_told(name, getBaseType(exprType(left)), getBaseType(element)))
		return NULL;
	value = value_of(builder, right);
	if (value == NULL || IsA(value, List))
		return NULL;
	return lappend(list_make5(makeInteger(CONDITION_ANY), makeInteger(column->varattno),
							  makeString(name),
							  collation == NULL ? NULL : makeString(pstrdup(collation)), value),
				   makeInteger(!clause->useOr));
}

static List *
is_null(AttrNumber column, bool negated)
{
	return list_make3(makeInteger(CONDITION_NULL), makeInteger(column), makeInteger(negated));
}

static List *
is_boolean(AttrNumber column, bool value)
{
	return make_comparison(column, "=", InvalidOid, makeBoolConst(value, false));
}

/* Gives the tree of IS TRUE and the like, which are never NULL. */
static List *
boolean_test(const Builder *builder, BooleanTest *clause)
{
	Var		   *found = column_of(builder, (Node *) clause->arg);
	AttrNumber	column;

	if (found == NULL)
		return NULL;
	column = found->varattno;
	switch (clause->booltesttype)
	{
		case IS_TRUE:
		case IS_FALSE:
			return list_make3(makeInteger(CONDITION_AND), is_null(column, true),
							  is_boolean(column, clause->booltesttype == IS_TRUE));
		case IS_NOT_TRUE:
		case IS_NOT_FALSE:
			return list_make3(makeInteger(CONDITION_OR), is_null(column, false),
							  is_boolean(column, clause->booltesttype == IS_NOT_FALSE));
		case IS_UNKNOWN:
			return is_null(column, false);
		case IS_NOT_UNKNOWN:
			return is_null(column, true);
	}
	return NULL;
}

static List *condition(Builder *builder, Node *clause);

/* Gives the tree of AND, OR or NOT, if all its parts can be told. */
static List *
boolean_expression(Builder *builder, BoolExpr *clause)
{
	List	   *tree;
	ListCell   *cell;

	if (clause->boolop == NOT_EXPR)
	{
		Var		   *column = column_of(builder, linitial(clause->args));

		if (column != NULL)
			return is_boolean(column->varattno, false);
		tree = list_make1(makeInteger(CONDITION_NOT));
	}
	else
		tree = list_make1(makeInteger(clause->boolop == AND_EXPR ? CONDITION_AND : CONDITION_OR));
	foreach(cell, clause->args)
	{
		List	   *part = condition(builder, lfirst(cell));

		if (part == NULL)
			return NULL;
		tree = lappend(tree, part);
	}
	return tree;
}

/* Gives the tree of a clause; NULL if a wrapper cannot be told of it. */
static List *
condition(Builder *builder, Node *clause)
{
	Var		   *column;

	switch (nodeTag(clause))
	{
		case T_Var:
		case T_RelabelType:
			column = column_of(builder, clause);
			return column == NULL ? NULL : is_boolean(column->varattno, true);
		case T_OpExpr:
			return comparison(builder, (OpExpr *) clause);
		case T_ScalarArrayOpExpr:
			return any_of(builder, (ScalarArrayOpExpr *) clause);
		case T_BoolExpr:
			return boolean_expression(builder, (BoolExpr *) clause);
		case T_BooleanTest:
			return boolean_test(builder, (BooleanTest *) clause);
		case T_NullTest:
			column = column_of(builder, (Node *) ((NullTest *) clause)->arg);
			if (column == NULL || ((NullTest *) clause)->argisrow)
				return NULL;
			return is_null(column->varattno, ((NullTest *) clause)->nulltesttype == IS_NOT_NULL);
		default:
			return NULL;
	}
}

/*
 * Finds the clauses that a wrapper can be told of. What stands behind a security barrier is not
 * told: a wrapper may show what it is given in messages.
 */
Asked *
exclave_conditions(PlannerInfo *root, RelOptInfo *rel, List *clauses)
{
	Asked	   *asked = palloc0(sizeof(Asked));
	Builder		builder = {root, rel, NIL};
	ListCell   *cell;

	foreach(cell, clauses)
	{
		RestrictInfo *clause = lfirst_node(RestrictInfo, cell);
		int			known = list_length(builder.parameters);
		List	   *tree;

		if (clause->pseudoconstant || !restriction_is_securely_promotable(clause, rel))
			continue;
		tree = condition(&builder, (Node *) clause->clause);
		if (tree == NULL)
		{
			builder.parameters = list_truncate(builder.parameters, known);
			continue;
		}
		asked->clauses = lappend(asked->clauses, clause);
		asked->trees = lappend(asked->trees, tree);
	}
	asked->parameters = builder.parameters;
	return asked;
}

/* Whether a condition is that a column equals a value of elsewhere; says which column. */
bool
exclave_is_equality(List *tree, AttrNumber *column)
{
	if (intVal(linitial(tree)) != CONDITION_COMPARISON ||
		strcmp(strVal(list_nth(tree, 2)), "=") != 0 || IsA(list_nth(tree, 4), List))
		return false;
	*column = intVal(lsecond(tree));
	return true;
}
