/* written_columns.c: which columns of a foreign table a statement writes, and which it wants back. */
#include "host.h"

#include "access/sysattr.h"
#include "access/tupconvert.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"
#include "writer.h"

#define PLACE(number) ((number) - FirstLowInvalidHeapAttributeNumber)

/* Whether a column holds values of its own, which a generated one of PostgreSQL 18 may not. */
static bool
holds_values(Form_pg_attribute attribute)
{
	return !attribute->attisdropped && !EXCLAVE_IS_VIRTUAL(attribute);
}

/* Adds the columns that have a default here, which PostgreSQL fills in. */
static Bitmapset *
add_defaults(Bitmapset *columns, TupleDesc descriptor)
{
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (attribute->attisdropped)
			continue;
		if (attribute->atthasdef || attribute->attidentity ||
			get_typdefault(attribute->atttypid) != NULL)
			columns = bms_add_member(columns, PLACE(attribute->attnum));
	}
	return columns;
}

/* Whether the statement names a view: its defaults stand nowhere but in the rows of the plan. */
static bool
names_view(EState *estate)
{
	ListCell   *cell;

	foreach(cell, estate->es_range_table)
		if (lfirst_node(RangeTblEntry, cell)->relkind == RELKIND_VIEW)
			return true;
	return false;
}

/* Adds the columns that the plan gives values: PostgreSQL writes NULL for those that nobody names. */
static Bitmapset *
add_planned(Bitmapset *columns, Plan *plan)
{
	ListCell   *cell;

	foreach(cell, plan->targetlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		Node	   *value = (Node *) entry->expr;

		if (IsA(value, CoerceToDomain))
			value = (Node *) ((CoerceToDomain *) value)->arg;
		if (!entry->resjunk && !(IsA(value, Const) && ((Const *) value)->constisnull))
			columns = bms_add_member(columns, PLACE(entry->resno));
	}
	return columns;
}

/*
 * Gives the columns to whose values of an INSERT the statement has a say. A partition that rows
 * are brought to has what the table that was named gives: its own defaults do not count.
 */
static Bitmapset *
inserted_columns(PythonWriter *writer)
{
	ResultRelInfo *target = writer->target;
	ResultRelInfo *root = target->ri_RootResultRelInfo;
	EState	   *estate = writer->state->ps.state;
	Bitmapset  *named = bms_copy(ExecGetInsertedCols(target, estate));
	TupleConversionMap *map = root == NULL ? NULL : EXCLAVE_ROOT_MAP(target, estate);
	Relation	relation = root == NULL ? target->ri_RelationDesc : root->ri_RelationDesc;
	Bitmapset  *defaults = add_defaults(NULL, RelationGetDescr(relation));

	if (outerPlanState(writer->state) != NULL && names_view(estate))
		defaults = add_planned(defaults, outerPlanState(writer->state)->plan);
	if (map != NULL)
		defaults = execute_attr_map_cols(map->attrMap, defaults);
	return bms_add_members(named, defaults);
}

static bool
has_trigger_before(PythonWriter *writer)
{
	TriggerDesc *triggers = writer->target->ri_TrigDesc;

	if (triggers == NULL)
		return false;
	return writer->operation == CMD_INSERT ? triggers->trig_insert_before_row :
		triggers->trig_update_before_row;
}

/*
 * Sets which columns each row holds, and which of them only because a trigger may set any. A row
 * that an UPDATE moves here has all columns.
 */
void
exclave_choose_columns(PythonWriter *writer)
{
	TupleDesc	descriptor = RelationGetDescr(writer->target->ri_RelationDesc);
	bool		moved = writer->operation == CMD_INSERT && writer->state->operation != CMD_INSERT;
	bool		trigger = has_trigger_before(writer);
	Bitmapset  *said = NULL;

	if (writer->operation == CMD_DELETE)
		return;
	if (writer->operation == CMD_UPDATE)
		said = ExecGetAllUpdatedCols(writer->target, writer->state->ps.state);
	else if (!moved)
		said = inserted_columns(writer);
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
		bool		named = moved || bms_is_member(PLACE(attribute->attnum), said);

		if (writer->operation == CMD_INSERT && attribute->attgenerated)
			named = true;
		if (!holds_values(attribute) || !(named || trigger))
			continue;
		writer->columns = lappend_int(writer->columns, attribute->attnum);
		if (!named)
			writer->optional = bms_add_member(writer->optional, attribute->attnum);
	}
}

/* Collects the columns of the written table: other tables' stand in the plan's own rows. */
static bool
collect(Node *node, Bitmapset **columns)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		if (!IS_SPECIAL_VARNO(var->varno) && var->varlevelsup == 0)
			*columns = bms_add_member(*columns, PLACE(var->varattno));
		return false;
	}
	return expression_tree_walker(node, collect, columns);
}

static bool
has_trigger_after(PythonWriter *writer)
{
	TriggerDesc *triggers = writer->target->ri_TrigDesc;

	if (writer->operation == CMD_DELETE)
		return false;			/* it is told the row as it was read */
	if (writer->state->mt_transition_capture != NULL)
		return true;
	if (triggers == NULL)
		return false;
	return writer->operation == CMD_INSERT ? triggers->trig_insert_after_row :
		triggers->trig_update_after_row;
}

/* Gives the numbers of the columns whose values are wanted back of each row. */
List *
exclave_wanted_columns(PythonWriter *writer)
{
	TupleDesc	descriptor = RelationGetDescr(writer->target->ri_RelationDesc);
	Bitmapset  *wanted = NULL;
	List	   *numbers = NIL;
	ListCell   *cell;
	bool		all;

	collect((Node *) writer->target->ri_returningList, &wanted);
	foreach(cell, writer->target->ri_WithCheckOptions)
		collect(lfirst_node(WithCheckOption, cell)->qual, &wanted);
	all = bms_is_member(PLACE(InvalidAttrNumber), wanted) || has_trigger_after(writer);
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (holds_values(attribute) && (all || bms_is_member(PLACE(attribute->attnum), wanted)))
			numbers = lappend_int(numbers, attribute->attnum);
	}
	return numbers;
}
