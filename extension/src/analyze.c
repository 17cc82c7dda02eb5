/* analyze.c: AnalyzeForeignTable: the sample of the class, or one of all that a scan gives. */
#include "host.h"

#include <math.h>

#include "access/htup_details.h"
#include "commands/vacuum.h"
#include "executor/spi.h"
#include "foreign/fdwapi.h"
#include "miscadmin.h"
#include "optimizer/plancat.h"
#include "storage/bufpage.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/sampling.h"

#define ROWS_AT_ONCE 1000

/* Rows for the statistics: all at first, then each later one may take the place of another. */
typedef struct Reservoir
{
	HeapTuple  *rows;
	int			wanted;
	int			count;
	double		seen;
	double		to_skip;
	ReservoirStateData state;
} Reservoir;

/* Says where the next row goes, or -1 if it is not taken. */
static int
place_of_next(Reservoir *reservoir)
{
	int			place;

	reservoir->seen++;
	if (reservoir->count < reservoir->wanted)
		return reservoir->count++;
	if (reservoir->to_skip < 0)
		reservoir->to_skip = reservoir_get_next_S(&reservoir->state, reservoir->seen - 1,
												  reservoir->wanted);
	if (reservoir->to_skip-- > 0)
		return -1;
	place = (int) (reservoir->wanted * sampler_random_fract(&reservoir->state.randstate));
	heap_freetuple(reservoir->rows[place]);
	return place;
}

/* Writes a query for all columns that the table has; NULL stands for those that were dropped. */
static char *
query_for(Relation relation)
{
	TupleDesc	descriptor = RelationGetDescr(relation);
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfoString(&query, "SELECT ");
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		appendStringInfo(&query, "%s%s", i > 0 ? ", " : "",
						 attribute->attisdropped ? "NULL"
						 : quote_identifier(NameStr(attribute->attname)));
	}
	appendStringInfo(&query, " FROM ONLY %s",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
												RelationGetRelationName(relation)));
	return query.data;
}

/* Puts what was fetched into the reservoir. */
static void
take_fetched(Reservoir *reservoir, TupleDesc descriptor, MemoryContext context)
{
	Datum	   *values = palloc(sizeof(Datum) * descriptor->natts);
	bool	   *nulls = palloc(sizeof(bool) * descriptor->natts);

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		int			place = place_of_next(reservoir);
		MemoryContext before;

		if (place < 0)
			continue;
		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
		before = MemoryContextSwitchTo(context);
		reservoir->rows[place] = heap_form_tuple(descriptor, values, nulls);
		MemoryContextSwitchTo(before);
	}
}

/* Scans the whole table, as a query would. */
static void
sample_scan(Relation relation, Reservoir *reservoir)
{
	MemoryContext context = CurrentMemoryContext;
	char	   *query = query_for(relation);
	Portal		portal;

	SPI_connect();
	portal = SPI_cursor_parse_open(NULL, query, &(SPIParseOpenOptions) {.read_only = true});
	do
	{
		SPI_cursor_fetch(portal, true, ROWS_AT_ONCE);
		take_fetched(reservoir, RelationGetDescr(relation), context);
		SPI_freetuptable(SPI_tuptable);
	} while (SPI_processed > 0);
	SPI_cursor_close(portal);
	SPI_finish();
}

/* Reads one row of the class's sample. */
static bool
read_row(PyObject *source, ArrowScan *arrow, Target *targets, int count, Datum *values, bool *nulls)
{
	PyObject   *row;

	if (arrow != NULL)
		return exclave_arrow_next(arrow, values, nulls);
	exclave_enter_python();
	row = PyIter_Next(source);
	exclave_leave_python();
	if (row != NULL)
		exclave_keep(row);
	if (exclave_error_was_ignored() || (row == NULL && PyErr_Occurred()))
		exclave_throw();
	if (row == NULL)
		return false;
	exclave_store_row(row, targets, count, values, nulls);
	return true;
}

/* What has to be closed, whatever happens. */
typedef struct Opened
{
	MemoryContextCallback released;
	ArrowScan  *arrow;
} Opened;

static void
close_arrow(void *argument)
{
	exclave_arrow_close(((Opened *) argument)->arrow);
}

static ArrowScan *
open_arrow(PyObject *source, Target *targets, int count)
{
	Opened	   *opened = palloc0(sizeof(Opened));

	opened->arrow = exclave_arrow_open(source, targets, count);
	opened->released.func = close_arrow;
	opened->released.arg = opened;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &opened->released);
	return opened->arrow;
}

/* Reads the class's sample, in the memory of `one_row` for each row. */
static void
read_sample(Relation relation, PyObject *source, const TableDescription *table, HeapTuple *rows,
			int wanted, int *count)
{
	TupleDesc	descriptor = RelationGetDescr(relation);
	MemoryContext context = CurrentMemoryContext;
	MemoryContext one_row = AllocSetContextCreate(context, "exclave sample row",
												  ALLOCSET_DEFAULT_SIZES);
	Target	   *targets = palloc0(sizeof(Target) * Max(table->column_count, 1));
	Datum	   *values = palloc0(sizeof(Datum) * descriptor->natts);
	bool	   *nulls = palloc(sizeof(bool) * descriptor->natts);
	ArrowScan  *arrow = NULL;

	for (int i = 0; i < table->column_count; i++)
		exclave_prepare_target(&targets[i], descriptor, table->columns[i].number);
	if (PyCapsule_IsValid(source, "arrow_array_stream"))
		arrow = open_arrow(source, targets, table->column_count);
	memset(nulls, true, sizeof(bool) * descriptor->natts);
	while (*count < wanted)
	{
		bool		found;

		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(one_row);
		MemoryContextSwitchTo(one_row);
		found = read_row(source, arrow, targets, table->column_count, values, nulls);
		MemoryContextSwitchTo(context);
		if (!found)
			break;
		rows[(*count)++] = heap_form_tuple(descriptor, values, nulls);
	}
	MemoryContextDelete(one_row);
}

/* Asks the class for (source, total); NULL if it wants the table to be scanned. */
static PyObject *
ask_for_sample(const TableDescription *table, int wanted, double *total)
{
	PyObject   *answer = exclave_call("analyze", Py_BuildValue("(sNi)", table->class_name,
															   exclave_python_table(table), wanted));

	exclave_keep(answer);
	if (answer == Py_None)
		return NULL;
	*total = PyFloat_AsDouble(PyTuple_GET_ITEM(answer, 1));
	return PyTuple_GET_ITEM(answer, 0);
}

/* As the owner of the table, which PostgreSQL has made the current user. */
static int
acquire_sample(Relation relation, int elevel, HeapTuple *rows, int wanted, double *total,
			   double *dead)
{
	TableDescription *table = exclave_describe_table(RelationGetRelid(relation),
													 relation->rd_rel->relowner);
	Reservoir	reservoir = {.rows = rows, .wanted = wanted, .to_skip = -1};
	PyObject   *source;

	exclave_start_python();
	source = ask_for_sample(table, wanted, total);
	if (source != NULL)
		read_sample(relation, source, table, rows, wanted, &reservoir.count);
	else
	{
		reservoir_init_selection_state(&reservoir.state, wanted);
		sample_scan(relation, &reservoir);
		*total = reservoir.seen;
	}
	*dead = 0;
	ereport(elevel,
			errmsg("\"%s\": the table has %.0f rows; %d rows in sample",
				   RelationGetRelationName(relation), *total, reservoir.count));
	return reservoir.count;
}

/* Says that a table can be analyzed, and its size by the class's own estimate. */
static bool
analyze_table(Relation relation, AcquireSampleRowsFunc *function, BlockNumber *pages)
{
	TableDescription *table = exclave_describe_table(RelationGetRelid(relation), InvalidOid);
	PyObject   *answer;
	double		rows;
	double		bytes;
	int			width;

	exclave_start_python();
	answer = exclave_call("size", Py_BuildValue("(sN)", table->class_name,
												exclave_python_table(table)));
	exclave_keep(answer);
	if (answer == Py_None)
		return false;
	rows = PyFloat_AsDouble(PyTuple_GET_ITEM(answer, 0));
	width = PyLong_AsLong(PyTuple_GET_ITEM(answer, 1));
	if (rows < 0)
		rows = Max(relation->rd_rel->reltuples, 0);
	if (width <= 0)
		width = get_relation_data_width(RelationGetRelid(relation), NULL);
	bytes = rows * (width + SizeofHeapTupleHeader);
	*pages = (BlockNumber) Min(Max(ceil(bytes / BLCKSZ), 1), MaxBlockNumber);
	*function = acquire_sample;
	return true;
}

void
exclave_set_analyze(FdwRoutine *routine)
{
	routine->AnalyzeForeignTable = analyze_table;
}
