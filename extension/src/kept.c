/* kept.c: what a plan keeps of what the class was asked and answered: nodes only. */
#include "host.h"

#include "nodes/makefuncs.h"

#include "ordering.h"
#include "planning.h"

static List *
add_line(List *lines, const char *label, char *text)
{
	return lappend(lappend(lines, makeString(pstrdup(label))), makeString(text));
}

/* Gives lines of EXPLAIN: labels and texts. */
static List *
shown_lines(const Planned *planned)
{
	List	   *lines = NIL;
	ListCell   *cell;

	if (planned->grouping != NULL)
	{
		lines = exclave_shown_grouping(planned->grouping);
		foreach(cell, planned->orders)
		{
			SortOrder  *order = lfirst(cell);

			order->shown = exclave_shown_name(planned->grouping, order->name);
		}
	}
	if (planned->orders != NIL)
		lines = add_line(lines, "Sort Key", exclave_shown_orders(planned->orders));
	if (planned->limit >= 0)
		lines = add_line(lines, "Limit", psprintf("%d", planned->limit));
	return lines;
}

/* Gives what is kept besides the plan of all rows. */
static List *
kept_upper(const Planned *planned, Oid relation)
{
	Grouping   *grouping = planned->grouping;

	if (planned->orders == NIL && planned->limit < 0 && grouping == NULL)
		return NIL;
	return list_make5(makeInteger((int) relation), makeInteger(planned->limit),
					  makeBoolean(grouping != NULL && grouping->group_by == NIL),
					  grouping == NULL ? NIL : grouping->averages, shown_lines(planned));
}

/* Gives the fdw_private of a scan of a table, whose OID is `relation`. */
List *
exclave_kept_plan(const Planned *planned, Oid relation)
{
	List	   *columns = planned->columns;

	if (planned->grouping != NULL)
		columns = exclave_asked_numbers(planned->grouping);
	return list_make5(makeString(planned->plan), columns, planned->asked->trees,
					  makeInteger(planned->flags), kept_upper(planned, relation));
}
