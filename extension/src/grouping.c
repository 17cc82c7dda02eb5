/* grouping.c: groups and aggregates of a query, if they are ones that Python can be asked for. */
#include "host.h"

#include "catalog/pg_aggregate.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "optimizer/tlist.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "grouping.h"
#include "ordering.h"

/* Gives a column of the table itself that an expression is; NULL for anything else. */
static const ForeignColumn *
column_of(const Grouping *grouping, Expr *expression)
{
	Var		   *var = (Var *) exclave_strip_relabel(expression);

	if (!IsA(var, Var) || var->varno != grouping->relid || var->varlevelsup != 0)
		return NULL;
	for (int i = 0; i < grouping->table->column_count; i++)
		if (grouping->table->columns[i].number == var->varattno)
			return &grouping->table->columns[i];
	return NULL;				/* a whole row, or a system column */
}

/* Whether Python can tell which values are equal, and which come first. */
static bool
is_comparable(Expr *expression)
{
	return exclave_is_plain_type(exprType((Node *) expression)) &&
		!exclave_is_nondeterministic(exprCollation((Node *) expression));
}

/* Gives columns of the scan tuple: what is added stands at the end. */
static TargetEntry *
add_entry(Grouping *grouping, Expr *expression, const char *utf8_name)
{
	TargetEntry *entry = makeTargetEntry(expression, list_length(grouping->tlist) + 1,
										 exclave_to_server(utf8_name), false);

	grouping->tlist = lappend(grouping->tlist, entry);
	return entry;
}

static bool
read_group_by(PlannerInfo *root, Grouping *grouping, List *clauses)
{
	ListCell   *cell;

	foreach(cell, clauses)
	{
		SortGroupClause *clause = lfirst_node(SortGroupClause, cell);
		Expr	   *expression = (Expr *) get_sortgroupclause_expr(clause, root->processed_tlist);
		const ForeignColumn *column = column_of(grouping, expression);

		if (column == NULL || !IsA(expression, Var) || !is_comparable(expression))
			return false;
		if (list_member_int(grouping->arguments, column->number))
			continue;
		grouping->arguments = lappend_int(grouping->arguments, column->number);
		grouping->group_by = lappend(grouping->group_by, (void *) column->name);
		add_entry(grouping, copyObject(expression), column->name);
	}
	return true;
}

/* Whether a name is one of the table's, with which that of an aggregate must not be confused. */
static bool
is_column_name(const Grouping *grouping, const char *name)
{
	for (int i = 0; i < grouping->table->column_count; i++)
		if (strcmp(grouping->table->columns[i].name, name) == 0)
			return true;
	return false;
}

static char *
new_name(const Grouping *grouping, const char *function)
{
	char	   *name = psprintf("%s_%d", function, list_length(grouping->tlist) + 1);

	while (is_column_name(grouping, name))
		name = psprintf("%s_", name);
	return name;
}

static bool
same_text(const char *left, const char *right)
{
	return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

/* Asks for an aggregate, once; `expression` is NULL for what only an average is made of. */
static AttrNumber
want(Grouping *grouping, const WantedAggregate *wanted, Expr *expression)
{
	WantedAggregate *copy;
	TargetEntry *entry;
	ListCell   *cell;

	foreach(cell, grouping->aggregates)
	{
		WantedAggregate *other = lfirst(cell);

		if (other->type != wanted->type || other->distinct != wanted->distinct ||
			!same_text(other->function, wanted->function) ||
			!same_text(other->column, wanted->column) ||
			!same_text(other->collation, wanted->collation))
			continue;
		entry = list_nth_node(TargetEntry, grouping->tlist, other->number - 1);
		if (expression == NULL || equal(entry->expr, expression))
			return other->number;
		if (IsA(entry->expr, Const))
		{
			entry->expr = expression;
			return other->number;
		}
	}
	copy = palloc(sizeof(WantedAggregate));
	*copy = *wanted;
	if (expression == NULL)
		expression = (Expr *) makeNullConst(wanted->type, -1, InvalidOid);
	copy->name = new_name(grouping, wanted->function);
	copy->type_name = exclave_to_utf8(format_type_be(wanted->type));
	copy->number = add_entry(grouping, expression, copy->name)->resno;
	grouping->aggregates = lappend(grouping->aggregates, copy);
	return copy->number;
}

/*
 * Asks for sum and count instead of an average, which is then the same division as PostgreSQL's:
 * the digits of a numeric quotient follow rules of its own.
 */
static void
want_average(Grouping *grouping, WantedAggregate wanted, Aggref *aggregate)
{
	AttrNumber	average = add_entry(grouping, (Expr *) aggregate, "average")->resno;
	AttrNumber	sum;
	AttrNumber	count;

	wanted.function = "sum";
	wanted.type = aggregate->aggtype;
	sum = want(grouping, &wanted, NULL);
	wanted.function = "count";
	wanted.type = INT8OID;
	count = want(grouping, &wanted, NULL);
	grouping->averages = list_concat(grouping->averages, list_make3_int(average, sum, count));
}

static bool
is_number(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID || type == NUMERICOID ||
		type == FLOAT4OID || type == FLOAT8OID;
}

/* Whether an argument is such that the function means the same elsewhere. */
static bool
suits(const char *function, Expr *argument, bool distinct)
{
	Oid			type = getBaseType(exprType((Node *) argument));

	if (distinct && !is_comparable(argument))
		return false;
	if (strcmp(function, "count") == 0)
		return true;
	if (strcmp(function, "sum") == 0 || strcmp(function, "avg") == 0)
		return is_number(type);
	if (strcmp(function, "min") == 0 || strcmp(function, "max") == 0)
		return is_comparable(argument);
	return (strcmp(function, "bool_and") == 0 || strcmp(function, "bool_or") == 0) &&
		type == BOOLOID;
}

/* Whether an aggregate has nothing but a function, an argument at most, and DISTINCT. */
static bool
is_simple(Aggref *aggregate)
{
	return aggregate->aggkind == AGGKIND_NORMAL && aggregate->aggsplit == AGGSPLIT_SIMPLE &&
		aggregate->agglevelsup == 0 && aggregate->aggfilter == NULL &&
		aggregate->aggorder == NIL && aggregate->aggdirectargs == NIL &&
		!aggregate->aggvariadic && list_length(aggregate->args) <= 1 &&
		get_func_namespace(aggregate->aggfnoid) == PG_CATALOG_NAMESPACE;
}

static bool
read_aggregate(Grouping *grouping, Aggref *aggregate)
{
	WantedAggregate wanted = {.type = aggregate->aggtype};
	const ForeignColumn *column;
	Expr	   *argument;

	if (!is_simple(aggregate))
		return false;
	wanted.function = get_func_name(aggregate->aggfnoid);
	wanted.distinct = aggregate->aggdistinct != NIL;
	if (strcmp(wanted.function, "every") == 0)
		wanted.function = "bool_and";
	if (aggregate->args != NIL)
	{
		argument = linitial_node(TargetEntry, aggregate->args)->expr;
		column = column_of(grouping, argument);
		if (column == NULL)
		{
			/* count(1) is count(*) */
			if (strcmp(wanted.function, "count") != 0 || wanted.distinct ||
				!IsA(argument, Const) || ((Const *) argument)->constisnull)
				return false;
		}
		else
		{
			if (!suits(wanted.function, argument, wanted.distinct))
				return false;
			wanted.column = column->name;
			if (wanted.distinct || strcmp(wanted.function, "count") != 0)
				wanted.collation = exclave_collation_name(exprCollation((Node *) argument));
			grouping->arguments = list_append_unique_int(grouping->arguments, column->number);
		}
	}
	else if (strcmp(wanted.function, "count") != 0)
		return false;
	if (strcmp(wanted.function, "avg") == 0)
		want_average(grouping, wanted, aggregate);
	else
		want(grouping, &wanted, (Expr *) aggregate);
	return true;
}

/* Reads the aggregates of an expression, whose columns must be ones that are grouped by. */
static bool
read_expression(Grouping *grouping, Node *expression)
{
	List	   *parts = pull_var_clause(expression,
										PVC_INCLUDE_AGGREGATES | PVC_INCLUDE_PLACEHOLDERS);
	ListCell   *cell;

	foreach(cell, parts)
	{
		Expr	   *part = lfirst(cell);

		if (tlist_member(part, grouping->tlist) != NULL)
			continue;
		if (!IsA(part, Aggref) || !read_aggregate(grouping, (Aggref *) copyObject(part)))
			return false;
	}
	return true;
}

/*
 * Reads what a query groups by `clauses` (GROUP BY or DISTINCT), and gives, as `expressions`, of
 * groups that are `having`; NULL if Python cannot be asked for it.
 */
Grouping *
exclave_read_grouping(PlannerInfo *root, List *clauses, List *expressions, List *having,
					  Index relid, const TableDescription *table)
{
	Grouping   *grouping = palloc0(sizeof(Grouping));
	ListCell   *cell;

	grouping->relid = relid;
	grouping->table = table;
	grouping->having = having;
	if (!read_group_by(root, grouping, clauses))
		return NULL;
	foreach(cell, expressions)
		if (!read_expression(grouping, lfirst(cell)))
			return NULL;
	if (!read_expression(grouping, (Node *) having))
		return NULL;
	return grouping->tlist != NIL ? grouping : NULL;
}

/* Gives the numbers of what Python is asked for in the scan tuple, in their order. */
List *
exclave_asked_numbers(const Grouping *grouping)
{
	List	   *numbers = NIL;
	ListCell   *cell;

	for (int i = 1; i <= list_length(grouping->group_by); i++)
		numbers = lappend_int(numbers, i);
	foreach(cell, grouping->aggregates)
		numbers = lappend_int(numbers, ((WantedAggregate *) lfirst(cell))->number);
	return numbers;
}

/* Makes a tuple of names; NULL with an exception set if that fails. */
PyObject *
exclave_python_groups(const Grouping *grouping)
{
	List	   *names = grouping == NULL ? NIL : grouping->group_by;
	PyObject   *made = PyTuple_New(list_length(names));
	ListCell   *cell;

	foreach(cell, names)
	{
		PyObject   *name = made == NULL ? NULL : PyUnicode_FromString(lfirst(cell));

		if (name == NULL)
		{
			Py_XDECREF(made);
			return NULL;
		}
		PyTuple_SET_ITEM(made, foreach_current_index(cell), name);
	}
	return made;
}

/* Makes what exclave.fdw.bridge builds Aggregates of; NULL with an exception set if that fails. */
PyObject *
exclave_python_aggregates(const Grouping *grouping)
{
	List	   *aggregates = grouping == NULL ? NIL : grouping->aggregates;
	PyObject   *made = PyTuple_New(list_length(aggregates));
	ListCell   *cell;

	foreach(cell, aggregates)
	{
		WantedAggregate *wanted = lfirst(cell);
		PyObject   *entry = NULL;

		if (made != NULL)
			entry = Py_BuildValue("(sszsNz)", wanted->name, wanted->function, wanted->column,
								  wanted->type_name, PyBool_FromLong(wanted->distinct),
								  wanted->collation);
		if (entry == NULL)
		{
			Py_XDECREF(made);
			return NULL;
		}
		PyTuple_SET_ITEM(made, foreach_current_index(cell), entry);
	}
	return made;
}

/* Writes an aggregate as in SQL, in UTF-8. */
static char *
shown_aggregate(const WantedAggregate *wanted)
{
	return psprintf("%s(%s%s)", wanted->function, wanted->distinct ? "DISTINCT " : "",
					wanted->column == NULL ? "*" : wanted->column);
}

/* Gives what EXPLAIN shows for a group or an aggregate of this name. */
const char *
exclave_shown_name(const Grouping *grouping, const char *name)
{
	ListCell   *cell;

	foreach(cell, grouping->aggregates)
		if (strcmp(((WantedAggregate *) lfirst(cell))->name, name) == 0)
			return shown_aggregate(lfirst(cell));
	return name;
}

/* Gives the lines of EXPLAIN, as label and text. */
List *
exclave_shown_grouping(const Grouping *grouping)
{
	StringInfoData aggregates;
	StringInfoData groups;
	ListCell   *cell;
	List	   *lines = NIL;

	initStringInfo(&aggregates);
	initStringInfo(&groups);
	foreach(cell, grouping->aggregates)
		appendStringInfo(&aggregates, "%s%s", aggregates.len > 0 ? ", " : "",
						 exclave_to_server(shown_aggregate(lfirst(cell))));
	foreach(cell, grouping->group_by)
		appendStringInfo(&groups, "%s%s", groups.len > 0 ? ", " : "",
						 exclave_to_server(lfirst(cell)));
	if (aggregates.len > 0)
		lines = list_make2(makeString(pstrdup("Aggregates")), makeString(aggregates.data));
	if (groups.len > 0)
		lines = list_concat(lines, list_make2(makeString(pstrdup("Group Key")),
											  makeString(groups.data)));
	return lines;
}
