/* modify.c: the callbacks of INSERT, UPDATE, DELETE and COPY. */
#include "host.h"

#include "catalog/pg_inherits.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "foreign/fdwapi.h"
#include "foreign/foreign.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/appendinfo.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "writer.h"

/* Says what can be done with a table; also for views of information_schema. */
static int
is_updatable(Relation relation)
{
	TableDescription *table = exclave_describe_table(RelationGetRelid(relation), InvalidOid);
	PyObject   *answer;
	int			insert;
	int			update;
	int			delete;
	bool		good;

	exclave_start_python();
	answer = exclave_call("updatable", Py_BuildValue("(sN)", table->class_name,
													 exclave_python_table(table)));
	good = PyArg_ParseTuple(answer, "ppp", &insert, &update, &delete);
	Py_DECREF(answer);
	if (!good)
		exclave_throw();
	return (insert ? 1 << CMD_INSERT : 0) | (update ? 1 << CMD_UPDATE : 0) |
		(delete ? 1 << CMD_DELETE : 0);
}

static const char *
operation_name(CmdType operation)
{
	switch (operation)
	{
		case CMD_INSERT:
			return "insert";
		case CMD_UPDATE:
			return "update";
		case CMD_DELETE:
			return "delete";
		default:
			return "merge";
	}
}

/* Asks the class whether it can do what is planned, and gives the numbers of the key's columns. */
static List *
plan_write(Oid relid, CmdType operation, bool ignore_conflicts)
{
	TableDescription *table = exclave_describe_table(relid, InvalidOid);
	PyObject   *answer;
	List	   *key = NIL;

	exclave_start_python();
	answer = exclave_call("plan_write",
						  Py_BuildValue("(sNsN)", table->class_name, exclave_python_table(table),
										operation_name(operation),
										PyBool_FromLong(ignore_conflicts)));
	for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(answer); i++)
		key = lappend_int(key, (int) PyLong_AsLong(PyTuple_GET_ITEM(answer, i)));
	Py_DECREF(answer);
	return key;
}

/*
 * Has the plan carry along the old values of the key, and the whole row where RETURNING of DELETE
 * may have to show it; for UPDATE and triggers PostgreSQL asks for that itself.
 */
static void
add_update_targets(PlannerInfo *root, Index number, RangeTblEntry *entry, Relation relation)
{
	CmdType		operation = root->parse->commandType;
	ListCell   *cell;

	foreach(cell, plan_write(RelationGetRelid(relation), operation, false))
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation),
													lfirst_int(cell) - 1);

		add_row_identity_var(root,
							 makeVar(number, attribute->attnum, attribute->atttypid,
									 attribute->atttypmod, attribute->attcollation, 0),
							 number, exclave_key_name(attribute));
	}
	if (operation == CMD_DELETE && root->parse->returningList != NIL)
		add_row_identity_var(root,
							 makeVar(number, InvalidAttrNumber, RECORDOID, -1, InvalidOid, 0),
							 number, "wholerow");
}

static void
refuse_do_update(OnConflictAction action)
{
	if (action != ONCONFLICT_NONE && action != ONCONFLICT_NOTHING)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("foreign tables do not take ON CONFLICT DO UPDATE"));
}

/* Keeps the numbers of the key's columns. */
static List *
plan_modify(PlannerInfo *root, ModifyTable *plan, Index number, int subplan)
{
	refuse_do_update(plan->onConflictAction);
	return plan_write(planner_rt_fetch(number, root)->relid, plan->operation,
					  plan->onConflictAction == ONCONFLICT_NOTHING);
}

/* EXPLAIN shall have no effect outside; others ask the class as the first row comes. */
static void
begin_modify(ModifyTableState *state, ResultRelInfo *target, List *key, int subplan, int eflags)
{
	if (!(eflags & EXEC_FLAG_EXPLAIN_ONLY))
		target->ri_FdwState = exclave_begin_writer(state, target, state->operation, key);
}

static void
end_modify(EState *estate, ResultRelInfo *target)
{
	exclave_end_writer(target);
}

/* For COPY, and for a partition that rows are brought to. */
static void
begin_insert(ModifyTableState *state, ResultRelInfo *target)
{
	ModifyTable *plan = (ModifyTable *) state->ps.plan;

	/* the UPDATE would come upon the rows that it has moved here, and change them again */
	if (target->ri_FdwState != NULL)
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("cannot move rows into foreign table \"%s\", which the same statement updates",
					   RelationGetRelationName(target->ri_RelationDesc)),
				errhint("Update the rows of each partition by a statement of its own."));
	if (plan != NULL)
		refuse_do_update(plan->onConflictAction);
	target->ri_FdwState = exclave_begin_writer(state, target, CMD_INSERT, NIL);
}

/*
 * Gives how many rows are inserted at once. PostgreSQL takes nothing back for RETURNING from a
 * batch, and a trigger before a row may want to see those before it.
 */
static int
batch_size(ResultRelInfo *target)
{
	TableDescription *table;
	PyObject   *answer;
	int			size;

	if (target->ri_projectReturning != NULL ||
		(target->ri_TrigDesc != NULL && target->ri_TrigDesc->trig_insert_before_row))
		return 1;
	table = exclave_describe_table(RelationGetRelid(target->ri_RelationDesc), InvalidOid);
	exclave_start_python();
	answer = exclave_call("batch_size", Py_BuildValue("(sN)", table->class_name,
													  exclave_python_table(table)));
	size = (int) PyLong_AsLong(answer);
	Py_DECREF(answer);
	return size;
}

static bool
is_of_server(Oid relid, Oid server)
{
	return get_rel_relkind(relid) == RELKIND_FOREIGN_TABLE &&
		GetForeignServerIdByRelId(relid) == server;
}

/* Whether rows that are written to a table may come to a server, perhaps as those of a partition. */
static bool
leads_to_server(Oid relid, Oid server)
{
	ListCell   *cell;

	if (get_rel_relkind(relid) != RELKIND_PARTITIONED_TABLE)
		return is_of_server(relid, server);
	foreach(cell, find_all_inheritors(relid, NoLock, NULL))
		if (is_of_server(lfirst_oid(cell), server))
			return true;
	return false;
}

/*
 * Whether a statement that scans a table writes to it, or to another one of its server, which may
 * be the same there.
 */
bool
exclave_statement_writes(EState *estate, Oid relid)
{
	ListCell   *cell;

	if (estate->es_plannedstmt == NULL)
		return false;
	foreach(cell, estate->es_plannedstmt->resultRelations)
		if (leads_to_server(exec_rt_fetch(lfirst_int(cell), estate)->relid,
							GetForeignServerIdByRelId(relid)))
			return true;
	return false;
}

/* Says of an error which table was written: rows of a batch may be from long before. */
static void
say_which_table(void *argument)
{
	Relation	relation = ((ResultRelInfo *) argument)->ri_RelationDesc;

	errcontext("writing to foreign table \"%s\"", RelationGetRelationName(relation));
}

/* Inserts, changes or removes one row; gives it as it is then, NULL if it was not there. */
static TupleTableSlot *
write_row(ResultRelInfo *target, const char *function, TupleTableSlot *slot,
		  TupleTableSlot *planned)
{
	ErrorContextCallback context = {error_context_stack, say_which_table, target};
	PythonWriter *writer = target->ri_FdwState;
	HeapTupleData old;
	bool		written;

	error_context_stack = &context;
	exclave_call_writer(writer, function, slot, planned);
	if (writer->operation == CMD_DELETE && writer->returned_count > 0 &&
		exclave_old_row(target, planned, &old))
	{
		/* what the class does not give is taken from there */
		ExecForceStoreHeapTuple(&old, slot, false);
		ExecMaterializeSlot(slot);
	}
	written = exclave_written(writer, 0, slot);
	exclave_written_end(writer);
	error_context_stack = context.previous;
	return written ? slot : NULL;
}

static TupleTableSlot *
exec_insert(EState *estate, ResultRelInfo *target, TupleTableSlot *slot, TupleTableSlot *planned)
{
	return write_row(target, "insert", slot, NULL);
}

static TupleTableSlot *
exec_update(EState *estate, ResultRelInfo *target, TupleTableSlot *slot, TupleTableSlot *planned)
{
	return write_row(target, "update", slot, planned);
}

static TupleTableSlot *
exec_delete(EState *estate, ResultRelInfo *target, TupleTableSlot *slot, TupleTableSlot *planned)
{
	return write_row(target, "delete", ExecClearTuple(slot), planned);
}

/* Gives room for those rows of a batch that were inserted; PostgreSQL keeps its own array. */
static TupleTableSlot **
kept_slots(PythonWriter *writer, int count)
{
	if (writer->kept_size < count)
	{
		writer->kept = MemoryContextAlloc(writer->context, sizeof(TupleTableSlot *) * count);
		writer->kept_size = count;
	}
	return writer->kept;
}

static TupleTableSlot **
exec_batch_insert(EState *estate, ResultRelInfo *target, TupleTableSlot **slots,
				  TupleTableSlot **planned, int *count)
{
	ErrorContextCallback context = {error_context_stack, say_which_table, target};
	PythonWriter *writer = target->ri_FdwState;
	TupleTableSlot **kept = kept_slots(writer, *count);
	int			inserted = 0;

	error_context_stack = &context;
	exclave_call_batch_writer(writer, slots, *count);
	for (int i = 0; i < *count; i++)
		if (exclave_written(writer, i, slots[i]))
			kept[inserted++] = slots[i];
	exclave_written_end(writer);
	error_context_stack = context.previous;
	*count = inserted;
	return kept;
}

void
exclave_set_modify(FdwRoutine *routine)
{
	routine->IsForeignRelUpdatable = is_updatable;
	routine->AddForeignUpdateTargets = add_update_targets;
	routine->PlanForeignModify = plan_modify;
	routine->BeginForeignModify = begin_modify;
	routine->EndForeignModify = end_modify;
	routine->BeginForeignInsert = begin_insert;
	routine->EndForeignInsert = end_modify;
	routine->GetForeignModifyBatchSize = batch_size;
	routine->ExecForeignInsert = exec_insert;
	routine->ExecForeignBatchInsert = exec_batch_insert;
	routine->ExecForeignUpdate = exec_update;
	routine->ExecForeignDelete = exec_delete;
}
