/*
 * writer.c: rows from PostgreSQL to the class that writes them, and what it answers.
 *
 * Whatever belongs to Python hangs on the writer's memory context while PostgreSQL may report an
 * error: EndForeignModify is not called after one.
 */
#include "host.h"

#include "access/htup_details.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "parser/parsetree.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "writer.h"

static void
release(void *argument)
{
	PythonWriter *writer = argument;

	exclave_release(&writer->rows);
	exclave_release(&writer->answer);
	exclave_release(&writer->names);
	exclave_release(&writer->writer);
}

/*
 * Names a column of a key among what a plan carries along. PostgreSQL wants equal names for equal
 * columns of all tables that one statement changes, and other names for others.
 */
char *
exclave_key_name(Form_pg_attribute attribute)
{
	return psprintf("exclave key %d %u %d %u", attribute->attnum, attribute->atttypid,
					attribute->atttypmod, attribute->attcollation);
}

/* Finds where the old values of the key are in the rows of the plan. */
static void
find_key(PythonWriter *writer, List *key)
{
	Plan	   *plan = outerPlanState(writer->state)->plan;
	TupleDesc	descriptor = RelationGetDescr(writer->target->ri_RelationDesc);
	ListCell   *cell;

	writer->key_count = list_length(key);
	writer->key = palloc(sizeof(AttrNumber) * Max(writer->key_count, 1));
	writer->key_places = palloc(sizeof(AttrNumber) * Max(writer->key_count, 1));
	foreach(cell, key)
	{
		AttrNumber	number = lfirst_int(cell);
		char	   *name = exclave_key_name(TupleDescAttr(descriptor, number - 1));
		AttrNumber	place = ExecFindJunkAttributeInTlist(plan->targetlist, name);

		if (!AttributeNumberIsValid(place))
			elog(ERROR, "could not find \"%s\" in the plan", name);
		writer->key[foreach_current_index(cell)] = number;
		writer->key_places[foreach_current_index(cell)] = place;
	}
}

/* Makes a writer, which calls nobody yet; `key` has the numbers of the key's columns. */
PythonWriter *
exclave_begin_writer(ModifyTableState *state, ResultRelInfo *target, CmdType operation, List *key)
{
	MemoryContext context = AllocSetContextCreate(state->ps.state->es_query_cxt, "exclave write",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	PythonWriter *writer = palloc0(sizeof(PythonWriter));

	writer->context = context;
	writer->call = AllocSetContextCreate(context, "exclave write call", ALLOCSET_DEFAULT_SIZES);
	writer->state = state;
	writer->target = target;
	writer->operation = operation;
	writer->released.func = release;
	writer->released.arg = writer;
	MemoryContextRegisterResetCallback(context, &writer->released);
	if (key != NIL)
		find_key(writer, key);
	MemoryContextSwitchTo(before);
	return writer;
}

void
exclave_end_writer(ResultRelInfo *target)
{
	PythonWriter *writer = target->ri_FdwState;

	target->ri_FdwState = NULL;
	if (writer != NULL)
		MemoryContextDelete(writer->context);
}

/* Whether rows that are there already shall be left alone. */
static bool
ignores_conflicts(PythonWriter *writer)
{
	ModifyTable *plan = (ModifyTable *) writer->state->ps.plan;	/* COPY has none */

	return plan != NULL && plan->onConflictAction == ONCONFLICT_NOTHING;
}

static List *
key_numbers(PythonWriter *writer)
{
	List	   *numbers = NIL;

	for (int i = 0; i < writer->key_count; i++)
		numbers = lappend_int(numbers, writer->key[i]);
	return numbers;
}

/*
 * Makes the object of the class, as the first row comes: only then triggers, RETURNING and the
 * checks of views are all known.
 */
static void
prepare(PythonWriter *writer)
{
	MemoryContext before = MemoryContextSwitchTo(writer->context);
	TupleDesc	descriptor = RelationGetDescr(writer->target->ri_RelationDesc);
	Oid			user = EXCLAVE_WRITE_AS_USER(writer->target, writer->state->ps.state);
	TableDescription *table = exclave_describe_table(RelationGetRelid(writer->target->ri_RelationDesc),
													 OidIsValid(user) ? user : GetUserId());
	List	   *wanted = exclave_wanted_columns(writer);
	ListCell   *cell;

	exclave_choose_columns(writer);
	writer->returned_count = list_length(wanted);
	writer->returned = palloc0(sizeof(Target) * Max(writer->returned_count, 1));
	foreach(cell, wanted)
		exclave_prepare_target(&writer->returned[foreach_current_index(cell)], descriptor,
							   (AttrNumber) lfirst_int(cell));
	exclave_start_python();
	writer->names = exclave_column_names(table, writer->columns);
	if (writer->names == NULL)
		exclave_throw();
	writer->writer = exclave_call("begin_write",
								  Py_BuildValue("(sNONNN)", table->class_name,
												exclave_python_table(table), writer->names,
												exclave_column_names(table, key_numbers(writer)),
												exclave_column_names(table, wanted),
												PyBool_FromLong(ignores_conflicts(writer))));
	writer->prepared = true;
	MemoryContextSwitchTo(before);
}

/* Starts a call: what the one before needed goes. */
static void
begin_call(PythonWriter *writer)
{
	if (!writer->prepared)
		prepare(writer);
	MemoryContextReset(writer->call);
	writer->rows = PyList_New(0);
	if (writer->rows == NULL)
		exclave_throw();
}

/* Appends an empty tuple to the rows, which own it, so that an error leaks nothing. */
static PyObject *
append_tuple(PythonWriter *writer, int size)
{
	PyObject   *made = PyTuple_New(size);

	if (made == NULL || PyList_Append(writer->rows, made) != 0)
	{
		Py_XDECREF(made);
		exclave_throw();
	}
	Py_DECREF(made);
	return made;
}

static void
set_item(PyObject *tuple, int place, Form_pg_attribute attribute, Datum value, bool null)
{
	PyObject   *made = null ? Py_NewRef(Py_None) :
		exclave_python_value(attribute->atttypid, attribute->atttypmod, value);

	if (made == NULL)
		exclave_throw();
	PyTuple_SET_ITEM(tuple, place, made);
}

/* Gives the row of an UPDATE or DELETE as it was read; false if the plan has it not. */
bool
exclave_old_row(ResultRelInfo *target, TupleTableSlot *planned, HeapTuple tuple)
{
	bool		null;
	Datum		row;

	if (!AttributeNumberIsValid(target->ri_RowIdAttNo))
		return false;
	row = ExecGetJunkAttribute(planned, target->ri_RowIdAttNo, &null);
	if (null)
		return false;
	/* DatumGetHeapTupleHeader is a function in some minor versions only; this one is not from disk */
	tuple->t_data = (HeapTupleHeader) PG_DETOAST_DATUM(row);
	tuple->t_len = HeapTupleHeaderGetDatumLength(tuple->t_data);
	ItemPointerSetInvalid(&tuple->t_self);
	tuple->t_tableOid = RelationGetRelid(target->ri_RelationDesc);
	return true;
}

/*
 * Chooses what a row leaves out of what only a trigger may have set: NULLs of an INSERT, so that
 * the source's own defaults apply, and of an UPDATE what is as it was read.
 */
static void
choose_left_out(PythonWriter *writer, TupleTableSlot *slot, TupleTableSlot *planned)
{
	TupleDesc	descriptor = slot->tts_tupleDescriptor;
	Datum	   *values = palloc(sizeof(Datum) * descriptor->natts);
	bool	   *nulls = palloc(sizeof(bool) * descriptor->natts);
	HeapTupleData old;
	int			number = -1;

	writer->left_out = NULL;
	if (writer->operation == CMD_INSERT)
		memset(nulls, true, sizeof(bool) * descriptor->natts);
	else if (exclave_old_row(writer->target, planned, &old))
		heap_deform_tuple(&old, descriptor, values, nulls);
	else
		return;
	slot_getallattrs(slot);
	while ((number = bms_next_member(writer->optional, number)) >= 0)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, number - 1);
		bool		null = slot->tts_isnull[number - 1];

		if (null == nulls[number - 1] &&
			(null || datum_image_eq(slot->tts_values[number - 1], values[number - 1],
									attribute->attbyval, attribute->attlen)))
			writer->left_out = bms_add_member(writer->left_out, number);
	}
}

static void
append_row(PythonWriter *writer, TupleTableSlot *slot)
{
	TupleDesc	descriptor = slot->tts_tupleDescriptor;
	int			place = 0;
	ListCell   *cell;
	PyObject   *row;

	slot_getallattrs(slot);
	row = append_tuple(writer, list_length(writer->columns) - bms_num_members(writer->left_out));
	foreach(cell, writer->columns)
	{
		int			i = lfirst_int(cell) - 1;

		if (!bms_is_member(i + 1, writer->left_out))
			set_item(row, place++, TupleDescAttr(descriptor, i), slot->tts_values[i],
					 slot->tts_isnull[i]);
	}
}

static void
append_key(PythonWriter *writer, TupleTableSlot *planned)
{
	TupleDesc	descriptor = RelationGetDescr(writer->target->ri_RelationDesc);
	PyObject   *key = append_tuple(writer, writer->key_count);

	for (int i = 0; i < writer->key_count; i++)
	{
		bool		null;
		Datum		value = ExecGetJunkAttribute(planned, writer->key_places[i], &null);

		set_item(key, i, TupleDescAttr(descriptor, writer->key[i] - 1), value, null);
	}
}

/* Names what a row holds: a new reference, NULL with an exception set if that fails. */
static PyObject *
names_of(PythonWriter *writer)
{
	PyObject   *names;
	int			next = 0;
	ListCell   *cell;

	if (writer->left_out == NULL)
		return Py_NewRef(writer->names);
	names = PyList_New(0);
	foreach(cell, writer->columns)
	{
		PyObject   *name = PyTuple_GET_ITEM(writer->names, next++);

		if (names != NULL && !bms_is_member(lfirst_int(cell), writer->left_out) &&
			PyList_Append(names, name) != 0)
			Py_CLEAR(names);
	}
	if (names != NULL)
		Py_SETREF(names, PyList_AsTuple(names));
	return names;
}

/* Calls a function of the bridge with the rows made, which it then owns, and keeps the answer. */
static void
call(PythonWriter *writer, const char *function, PyObject *names)
{
	PyObject   *rows = writer->rows;

	writer->rows = NULL;
	writer->answer = exclave_call(function, Py_BuildValue("(ONN)", writer->writer, rows, names));
}

/* Writes one row; of DELETE only `planned` says which. */
void
exclave_call_writer(PythonWriter *writer, const char *function, TupleTableSlot *row,
					TupleTableSlot *planned)
{
	MemoryContext before;

	begin_call(writer);
	before = MemoryContextSwitchTo(writer->call);
	if (writer->key_count > 0)
		append_key(writer, planned);
	if (writer->optional != NULL)
		choose_left_out(writer, row, planned);
	if (writer->operation != CMD_DELETE)
		append_row(writer, row);
	call(writer, function, names_of(writer));
	MemoryContextSwitchTo(before);
}

/* Inserts a batch of rows; a trigger before them would have them come one by one. */
void
exclave_call_batch_writer(PythonWriter *writer, TupleTableSlot **rows, int count)
{
	MemoryContext before;

	begin_call(writer);
	before = MemoryContextSwitchTo(writer->call);
	for (int i = 0; i < count; i++)
		append_row(writer, rows[i]);
	call(writer, "insert", names_of(writer));
	MemoryContextSwitchTo(before);
}

/* Puts the values that the class gave into a row, in place of those that were there. */
static void
store(PythonWriter *writer, PyObject *given, TupleTableSlot *slot)
{
	TupleDesc	descriptor = slot->tts_tupleDescriptor;
	Datum	   *values = palloc0(sizeof(Datum) * descriptor->natts);
	bool	   *nulls = palloc(sizeof(bool) * descriptor->natts);
	MemoryContext before;
	HeapTuple	tuple;

	if (TTS_EMPTY(slot))
		ExecStoreAllNullTuple(slot);
	slot_getallattrs(slot);
	memcpy(values, slot->tts_values, sizeof(Datum) * descriptor->natts);
	memcpy(nulls, slot->tts_isnull, sizeof(bool) * descriptor->natts);
	exclave_store_row(given, writer->returned, writer->returned_count, values, nulls);
	before = MemoryContextSwitchTo(slot->tts_mcxt);
	tuple = heap_form_tuple(descriptor, values, nulls);
	MemoryContextSwitchTo(before);
	ExecForceStoreHeapTuple(tuple, slot, true);
}

/* Whether a row of the last call was written; if so, the slot has it as it is there. */
bool
exclave_written(PythonWriter *writer, int number, TupleTableSlot *slot)
{
	PyObject   *entry;
	MemoryContext before;

	if (writer->answer == Py_None)
		return true;
	entry = PyList_GET_ITEM(writer->answer, number);
	if (entry == Py_None)
		return false;
	if (writer->returned_count > 0)
	{
		before = MemoryContextSwitchTo(writer->call);
		store(writer, entry, slot);
		MemoryContextSwitchTo(before);
	}
	return true;
}

void
exclave_written_end(PythonWriter *writer)
{
	if (writer->answer == Py_None)
		Py_CLEAR(writer->answer);
	exclave_release(&writer->answer);
}
