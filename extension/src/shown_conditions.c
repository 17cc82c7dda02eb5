/* shown_conditions.c: conditions that the class is told of, as EXPLAIN shows them. */
#include "host.h"

#include "utils/builtins.h"
#include "utils/ruleutils.h"

#include "quals.h"

typedef struct Shower
{
	const TableDescription *table;
	List	   *parameters;		/* their expressions */
	List	   *context;		/* of ruleutils.c */
	StringInfo	shown;
} Shower;

static void
show_column(Shower *shower, int number)
{
	for (int i = 0; i < shower->table->column_count; i++)
		if (shower->table->columns[i].number == number)
			appendStringInfoString(shower->shown,
								   quote_identifier(exclave_to_server(shower->table->columns[i].name)));
}

static void
show_value(Shower *shower, Node *value)
{
	if (IsA(value, List))
	{
		show_column(shower, intVal(linitial((List *) value)));
		return;
	}
	if (IsA(value, Integer))
		value = list_nth(shower->parameters, intVal(value));
	appendStringInfoString(shower->shown, deparse_expression(value, shower->context, false, false));
}

static void show_tree(Shower *shower, List *tree);

/* Shows the trees from the one at `first` on. */
static void
show_several(Shower *shower, List *trees, int first, const char *between)
{
	for (int i = first; i < list_length(trees); i++)
	{
		if (i > first)
			appendStringInfoString(shower->shown, between);
		show_tree(shower, list_nth(trees, i));
	}
}

static void
show_tree(Shower *shower, List *tree)
{
	int			kind = intVal(linitial(tree));
	StringInfo	shown = shower->shown;

	if (kind == CONDITION_AND || kind == CONDITION_OR || kind == CONDITION_NOT)
	{
		appendStringInfoString(shown, kind == CONDITION_NOT ? "NOT (" : "(");
		show_several(shower, tree, 1, kind == CONDITION_AND ? " AND " : " OR ");
		appendStringInfoChar(shown, ')');
		return;
	}
	show_column(shower, intVal(lsecond(tree)));
	if (kind == CONDITION_NULL)
	{
		appendStringInfoString(shown, intVal(lthird(tree)) ? " IS NOT NULL" : " IS NULL");
		return;
	}
	appendStringInfo(shown, " %s ", strVal(lthird(tree)));
	if (kind == CONDITION_ANY)
		appendStringInfoString(shown, intVal(list_nth(tree, 5)) ? "ALL (" : "ANY (");
	show_value(shower, list_nth(tree, 4));
	if (kind == CONDITION_ANY)
		appendStringInfoChar(shown, ')');
}

/* Writes the conditions of a plan, with `context` for their parameters. */
char *
exclave_shown_conditions(List *trees, List *parameters, const TableDescription *table,
						 List *context)
{
	StringInfoData shown;
	Shower		shower = {table, parameters, context, &shown};

	initStringInfo(&shown);
	show_several(&shower, trees, 0, " AND ");
	return shown.data;
}
