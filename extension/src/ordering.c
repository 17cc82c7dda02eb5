/* ordering.c: types, collations and sort orders of which Python can be asked. */
#include "host.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/pg_locale.h"
#include "utils/typcache.h"

#include "ordering.h"

/*
 * Whether values of a type are equal, and come one after another, as everybody would say. With
 * enums, citext, char(n) and the like only PostgreSQL knows.
 */
bool
exclave_is_plain_type(Oid type)
{
	switch (getBaseType(type))
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case FLOAT4OID:
		case FLOAT8OID:
		case TEXTOID:
		case VARCHAROID:
		case BYTEAOID:
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case UUIDOID:
			return true;
		default:
			return false;
	}
}

/* Whether texts that differ can be equal under a collation. */
bool
exclave_is_nondeterministic(Oid collation)
{
	return OidIsValid(collation) && !get_collation_isdeterministic(collation);
}

/* Whether texts in the database's encoding sort by their bytes as in UTF-8. */
static bool
sorts_as_utf8(void)
{
	int			encoding = GetDatabaseEncoding();

	return encoding == PG_UTF8 || encoding == PG_LATIN1 || encoding == PG_SQL_ASCII;
}

/*
 * Gives the name of a collation, "C" for all that compare the bytes of UTF-8; NULL for none. In
 * UTF-8.
 */
const char *
exclave_collation_name(Oid collation)
{
	if (!OidIsValid(collation))
		return NULL;
	if (EXCLAVE_COMPARES_BYTES(collation))
		return sorts_as_utf8() ? "C" : psprintf("C in %s", GetDatabaseEncodingName());
	return exclave_to_utf8(get_collation_name(collation));
}

/* Takes off what changes the type but not the value: of domains, and of varchar as text. */
Expr *
exclave_strip_relabel(Expr *expression)
{
	while (IsA(expression, RelabelType))
	{
		RelabelType *relabel = (RelabelType *) expression;
		Oid			inner = getBaseType(exprType((Node *) relabel->arg));
		Oid			outer = getBaseType(relabel->resulttype);

		if (inner != outer && !(inner == VARCHAROID && outer == TEXTOID))
			break;
		expression = relabel->arg;
	}
	return expression;
}

/* Gives the expressions that are equal for a pathkey, of a partition or child too if it is named. */
static List *
members_of(PathKey *key, List *named)
{
	EquivalenceClass *class = key->pk_eclass;
	int			relation;

	if (!bms_get_singleton_member(pull_varnos(NULL, (Node *) named), &relation))
		return class->ec_members;
	return list_concat_copy(class->ec_members, EXCLAVE_CHILD_MEMBERS(class, relation));
}

/* Finds which of the named expressions a pathkey orders; NULL if none. */
static TargetEntry *
ordered_entry(PathKey *key, List *named)
{
	ListCell   *member_cell;
	ListCell   *cell;

	foreach(member_cell, members_of(key, named))
	{
		EquivalenceMember *member = lfirst(member_cell);

		if (member->em_is_const)
			continue;
		foreach(cell, named)
		{
			TargetEntry *entry = lfirst_node(TargetEntry, cell);

			if (equal(exclave_strip_relabel(member->em_expr), exclave_strip_relabel(entry->expr)))
				return entry;
		}
	}
	return NULL;
}

/*
 * Reads pathkeys as orders of named expressions, which are TargetEntries. Gives false if one of
 * the pathkeys is of another expression, or of an order that only PostgreSQL knows.
 */
bool
exclave_sort_orders(List *pathkeys, List *named, List **orders)
{
	ListCell   *cell;

	*orders = NIL;
	foreach(cell, pathkeys)
	{
		PathKey    *key = lfirst_node(PathKey, cell);
		SortOrder  *order = palloc0(sizeof(SortOrder));
		TargetEntry *entry;
		TypeCacheEntry *type;

		if (key->pk_eclass->ec_has_volatile)
			return false;
		entry = ordered_entry(key, named);
		if (entry == NULL || !exclave_is_plain_type(exprType((Node *) entry->expr)))
			return false;
		type = lookup_type_cache(exprType((Node *) entry->expr), TYPECACHE_BTREE_OPFAMILY);
		if (key->pk_opfamily != type->btree_opf)
			return false;
		order->name = exclave_to_utf8(entry->resname);
		order->descending = EXCLAVE_DESCENDING(key);
		order->nulls_first = key->pk_nulls_first;
		order->collation = exclave_collation_name(key->pk_eclass->ec_collation);
		*orders = lappend(*orders, order);
	}
	return true;
}

/* Makes what exclave.fdw.bridge builds SortKeys of; NULL with an exception set if that fails. */
PyObject *
exclave_python_orders(List *orders)
{
	PyObject   *made = PyTuple_New(list_length(orders));
	ListCell   *cell;

	foreach(cell, orders)
	{
		SortOrder  *order = lfirst(cell);
		PyObject   *entry;

		if (made == NULL)
			return NULL;
		entry = Py_BuildValue("(sNNz)", order->name, PyBool_FromLong(order->descending),
							  PyBool_FromLong(order->nulls_first), order->collation);
		if (entry == NULL)
			Py_CLEAR(made);
		else
			PyTuple_SET_ITEM(made, foreach_current_index(cell), entry);
	}
	return made;
}

/* Writes orders as EXPLAIN does. */
char *
exclave_shown_orders(List *orders)
{
	StringInfoData shown;
	ListCell   *cell;

	initStringInfo(&shown);
	foreach(cell, orders)
	{
		SortOrder  *order = lfirst(cell);

		appendStringInfo(&shown, "%s%s%s", shown.len > 0 ? ", " : "",
						 exclave_to_server(order->shown ? order->shown : order->name),
						 order->descending ? " DESC" : "");
		if (order->nulls_first != order->descending)
			appendStringInfoString(&shown, order->nulls_first ? " NULLS FIRST" : " NULLS LAST");
	}
	return shown.data;
}
