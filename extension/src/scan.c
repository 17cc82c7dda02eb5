/* scan.c: BeginForeignScan to EndForeignScan: the rows that the class gives. */
#include "host.h"

#include "executor/executor.h"
#include "foreign/fdwapi.h"
#include "miscadmin.h"
#include "nodes/value.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "plan_nodes.h"
#include "quals.h"
#include "spi.h"

#define MOST_ROWS_AHEAD 1024

typedef struct PythonScan
{
	MemoryContextCallback released;
	MemoryContext context;		/* of what lives until the next rescan */
	Oid			relid;
	Oid			user;
	const char *plan;			/* JSON */
	List	   *columns;
	int			flags;			/* of PlanFlag */
	List	   *conditions;		/* trees */
	List	   *parameters;		/* their expressions, also made ready as: */
	List	   *parameter_states;
	bool		check_again;	/* the class was given values that Python has not */
	bool		impossible;		/* a condition is with NULL, so there is nothing to scan */
	Target	   *targets;
	int			target_count;
	List	   *averages;		/* as UPPER_AVERAGES */
	int			limit;			/* -1 for none */
	bool		one_row;		/* exactly one is right */
	int64		given;			/* rows of this scan */
	bool		started;
	bool		held;			/* whether all is to be read first */

	ArrowScan  *arrow;			/* either this ... */
	HostCursor *cursor;			/* ... or this ... */
	PyObject   *iterator;		/* ... or rows, some of which were taken already */
	PyObject   *rows[MOST_ROWS_AHEAD];
	int			row_count;
	int			next_row;
	int			ahead;
	bool		exhausted;
} PythonScan;

/* Gives back the row that was converted. */
static void
drop_row(PythonScan *state)
{
	Py_DECREF(state->rows[state->next_row]);	/* Py_CLEAR of Python 3.11 would count twice */
	state->next_row++;
}

static void
release_rows(PythonScan *state)
{
	while (state->next_row < state->row_count)
		drop_row(state);
	state->row_count = state->next_row = 0;
}

/* Gives back all that belongs to Python: at the end, before a rescan, and after any error. */
static void
release(void *argument)
{
	PythonScan  *state = argument;

	if (state->arrow != NULL)
	{
		ArrowScan  *arrow = state->arrow;

		state->arrow = NULL;
		exclave_arrow_close(arrow);
	}
	if (state->iterator != NULL)
	{
		exclave_enter_release();
		release_rows(state);
		exclave_leave_release();
		exclave_release(&state->iterator);
	}
	state->cursor = NULL;
	state->started = false;
	state->exhausted = false;
}

/* The same where nothing has gone wrong. */
static void
finish(PythonScan *state)
{
	HostCursor *cursor = state->cursor;

	state->cursor = NULL;
	if (cursor != NULL)
		exclave_cursor_close(cursor);
	release(state);
}

/* Reads what is kept where the class groups or limits. */
static void
read_upper(PythonScan *state, List *upper)
{
	state->limit = -1;
	if (upper == NIL)
		return;
	state->relid = (Oid) intVal(list_nth(upper, UPPER_RELATION));
	state->limit = intVal(list_nth(upper, UPPER_LIMIT));
	state->one_row = boolVal(list_nth(upper, UPPER_ONE_ROW));
	state->averages = list_nth(upper, UPPER_AVERAGES);
}

/* Only remembers what is to be scanned: EXPLAIN shall have no effect outside. */
static void
begin_scan(ForeignScanState *node, int eflags)
{
	ForeignScan *plan = (ForeignScan *) node->ss.ps.plan;
	PythonScan  *state = palloc0(sizeof(PythonScan));
	Oid			view_owner = EXCLAVE_CHECK_AS_USER(node, plan);

	read_upper(state, plan_upper(plan->fdw_private));
	if (node->ss.ss_currentRelation != NULL)
		state->relid = RelationGetRelid(node->ss.ss_currentRelation);
	state->user = OidIsValid(view_owner) ? view_owner : GetUserId();
	state->plan = plan_json(plan->fdw_private);
	state->columns = plan_columns(plan->fdw_private);
	state->flags = plan_flags(plan->fdw_private);
	state->conditions = plan_conditions(plan->fdw_private);
	state->parameters = plan->fdw_exprs;
	node->fdw_state = state;
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return;
	state->held = exclave_statement_writes(node->ss.ps.state, state->relid);
	state->parameter_states = ExecInitExprList(plan->fdw_exprs, &node->ss.ps);
	state->context = AllocSetContextCreate(CurrentMemoryContext, "exclave scan",
										   ALLOCSET_DEFAULT_SIZES);
}

/* Looks up how each column wants its values. */
static void
prepare_targets(PythonScan *state, TupleDesc descriptor)
{
	ListCell   *cell;

	state->target_count = list_length(state->columns);
	state->targets = palloc0(sizeof(Target) * Max(state->target_count, 1));
	foreach(cell, state->columns)
		exclave_prepare_target(&state->targets[foreach_current_index(cell)], descriptor,
							   (AttrNumber) lfirst_int(cell));
}

static PyObject *
target_names(const PythonScan *state)
{
	PyObject   *names = PyTuple_New(state->target_count);

	for (int i = 0; names != NULL && i < state->target_count; i++)
	{
		PyObject   *name = PyUnicode_FromString(state->targets[i].utf8_name);

		if (name == NULL)
			Py_CLEAR(names);
		else
			PyTuple_SET_ITEM(names, i, name);
	}
	return names;
}

/* Gives the conditions with the values that parameters have now. */
static PyObject *
known_conditions(PythonScan *state, const TableDescription *table, ExprContext *context)
{
	Datum	   *values = palloc(sizeof(Datum) * (list_length(state->parameters) + 1));
	bool	   *nulls = palloc(sizeof(bool) * (list_length(state->parameters) + 1));
	ListCell   *cell;

	foreach(cell, state->parameter_states)
	{
		int			number = foreach_current_index(cell);

		values[number] = ExecEvalExpr((ExprState *) lfirst(cell), context, &nulls[number]);
	}
	return exclave_python_conditions(state->conditions, state->parameters, table, values, nulls,
									 &state->check_again);
}

/* Calls the class, with the options as they are now, and takes what it gives: a stream or rows. */
static void
start(PythonScan *state, TupleDesc descriptor, ExprContext *values)
{
	MemoryContext before = MemoryContextSwitchTo(state->context);
	TableDescription *table;
	const char *plan;
	PyObject   *conditions;
	PyObject   *source;

	MemoryContextReset(state->context);
	/* once for each reset, and on this context: it is gone before its parent's callbacks run */
	state->released.func = release;
	state->released.arg = state;
	MemoryContextRegisterResetCallback(state->context, &state->released);
	table = exclave_describe_table(state->relid, state->user);
	plan = exclave_to_utf8(state->plan);
	prepare_targets(state, descriptor);
	exclave_start_python();
	conditions = known_conditions(state, table, values);
	source = exclave_call("scan", Py_BuildValue("(sNsNNi)", table->class_name,
												exclave_python_table(table), plan,
												target_names(state), conditions, state->flags));
	/* a cursor shows the snapshot of its statement in any case */
	if (state->held && source != Py_None && !PyTuple_Check(source))
		source = exclave_call("hold", Py_BuildValue("(sN)", table->class_name, source));
	state->iterator = source;	/* from here on, it is released whatever happens */
	state->impossible = source == Py_None;
	if (PyCapsule_IsValid(source, "arrow_array_stream"))
	{
		state->arrow = exclave_arrow_open(source, state->targets, state->target_count);
		exclave_release(&state->iterator);
	}
	else if (PyTuple_Check(source))
	{
		state->cursor = exclave_cursor_open(source, state->user, state->targets,
											state->target_count, descriptor);
		exclave_release(&state->iterator);
	}
	state->started = true;
	state->ahead = 1;
	state->given = 0;
	MemoryContextSwitchTo(before);
}

/*
 * Takes some rows from the iterator at once: going into Python costs some system calls. The first
 * rows come alone, so that a slow source shows them, and LIMIT 1 asks for few. A list is copied, as
 * the next row may be the same list with other values.
 */
static void
take_rows(PythonScan *state)
{
	int			taken = 0;
	PyObject   *row = NULL;

	exclave_enter_python();
	while (taken < state->ahead && (row = PyIter_Next(state->iterator)) != NULL)
	{
		if (PyList_Check(row))
			Py_SETREF(row, PyList_AsTuple(row));
		if (row == NULL)
			break;
		state->rows[taken++] = row;
	}
	exclave_leave_python();
	state->next_row = 0;
	state->row_count = taken;
	state->exhausted = taken < state->ahead;
	if (exclave_error_was_ignored() || (state->exhausted && PyErr_Occurred()))
		exclave_throw();
	state->ahead = Min(state->ahead * 2, MOST_ROWS_AHEAD);
}

/* Gives the next row, a borrowed reference which stays in state->rows until it was converted. */
static PyObject *
next_row(PythonScan *state)
{
	if (state->next_row >= state->row_count)
	{
		if (state->exhausted)
			return NULL;
		take_rows(state);
		if (state->row_count == 0)
			return NULL;
	}
	return state->rows[state->next_row];
}

/* Makes the one row of aggregates over no rows. */
static bool
empty_aggregates(const ForeignScan *plan, TupleTableSlot *slot)
{
	ListCell   *cell;

	foreach(cell, plan->fdw_scan_tlist)
	{
		TargetEntry *entry = lfirst_node(TargetEntry, cell);
		Aggref	   *aggregate = (Aggref *) entry->expr;

		slot->tts_values[entry->resno - 1] = Int64GetDatum(0);
		slot->tts_isnull[entry->resno - 1] = !IsA(aggregate, Aggref) ||
			(aggregate->aggfnoid != F_COUNT_ && aggregate->aggfnoid != F_COUNT_ANY);
	}
	return true;
}

/* Puts the next row into the slot; gives false if there is none. */
static bool
fetch_row(PythonScan *state, const ForeignScan *plan, TupleTableSlot *slot)
{
	PyObject   *row;

	if (state->impossible)
		return state->one_row && state->given == 0 && empty_aggregates(plan, slot);
	if (state->arrow != NULL)
		return exclave_arrow_next(state->arrow, slot->tts_values, slot->tts_isnull);
	if (state->cursor != NULL)
		return exclave_cursor_next(state->cursor, slot->tts_values, slot->tts_isnull);
	row = next_row(state);
	if (row == NULL)
		return false;
	exclave_store_row(row, state->targets, state->target_count, slot->tts_values,
					  slot->tts_isnull);
	drop_row(state);
	return true;
}

/* Whether what the class gave, `more` or no more, is one row where aggregates must be one. */
static void
check_one_row(const PythonScan *state, bool more)
{
	if (state->given + more != 1)
		ereport(ERROR,
				errcode(ERRCODE_FDW_ERROR),
				errmsg("expected one row of aggregates, found %s", more ? "more" : "none"),
				errhint("Without GROUP BY, a class that aggregates gives one row, also of an empty table."));
}

/* Whether a row fulfils the conditions that are left to the class; the slot is its own again. */
static bool
fulfils_again(ForeignScanState *node, TupleTableSlot *slot)
{
	ExprContext *context = node->ss.ps.ps_ExprContext;
	bool		fulfils;

	ExecStoreVirtualTuple(slot);
	context->ecxt_scantuple = slot;
	fulfils = ExecQual(node->fdw_recheck_quals, context);
	ExecClearTuple(slot);
	if (!fulfils)
		ResetExprContext(context);
	return fulfils;
}

/* Fills the slot; called in the memory of one row, so what it allocates goes with the row. */
static TupleTableSlot *
iterate(ForeignScanState *node)
{
	PythonScan  *state = node->fdw_state;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	bool		more;

	ExecClearTuple(slot);
	if (!state->started)
	{
		Relation	relation = node->ss.ss_currentRelation;

		/* the slot's own has forgotten which columns are NOT NULL */
		start(state, relation != NULL ? RelationGetDescr(relation) : slot->tts_tupleDescriptor,
			  node->ss.ps.ps_ExprContext);
		memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
	}
	if (state->limit >= 0 && state->given >= state->limit)
		return slot;
	do
		more = fetch_row(state, (ForeignScan *) node->ss.ps.plan, slot);
	while (more && state->check_again && !fulfils_again(node, slot));
	if (state->one_row)
		check_one_row(state, more);
	if (!more)
		return slot;
	state->given++;
	if (state->averages != NIL)
		exclave_make_averages(state->averages, slot->tts_values, slot->tts_isnull,
							  slot->tts_tupleDescriptor);
	return ExecStoreVirtualTuple(slot);
}

static void
rescan(ForeignScanState *node)
{
	finish(node->fdw_state);
}

static void
end_scan(ForeignScanState *node)
{
	if (node->fdw_state != NULL)
		finish(node->fdw_state);
}

void
exclave_set_scan(FdwRoutine *routine)
{
	routine->BeginForeignScan = begin_scan;
	routine->IterateForeignScan = iterate;
	routine->ReScanForeignScan = rescan;
	routine->EndForeignScan = end_scan;
}
