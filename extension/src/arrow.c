/* arrow.c: an Arrow C stream, batch by batch, and which field of it is which column. */
#include "arrow_reader.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

struct ArrowScan
{
	struct ArrowArrayStream stream;
	struct ArrowSchema schema;
	struct ArrowArray batch;
	int64		row;
	int			count;
	Reader	   *readers;
};

static void
release_batch(ArrowScan *scan)
{
	if (scan->batch.release != NULL)
		scan->batch.release(&scan->batch);
	scan->batch.release = NULL;
}

/* Whether an array has the children and the dictionary that its readers need. */
static bool
has_children(const Reader *reader, const struct ArrowArray *array)
{
	if (reader->values != NULL)
		return array->dictionary != NULL;
	if (reader->dimensions > 0)
		return array->n_children == 1 && array->children[0] != NULL;
	for (int i = 0; i < reader->field_count; i++)
		if (reader->elements[i].child >= array->n_children)
			return false;
	return true;
}

/* Whether an array has the buffers of its format, for rows up to `end`. */
static bool
has_shape(const Reader *reader, const struct ArrowArray *array, int64 end)
{
	if (array == NULL || array->offset < 0 || array->length < end || !has_children(reader, array))
		return false;
	if (reader->never)
		return true;
	if (reader->buffers < 0 ? array->n_buffers < 3 : array->n_buffers != reader->buffers)
		return false;
	if (reader->buffers < 0 && array->n_buffers > 3 && array->buffers[array->n_buffers - 1] == NULL)
		return false;
	if (reader->buffers != 1 && end > 0 && array->buffers[1] == NULL)
		return false;
	/* a list view without the sizes; strings may have no bytes */
	if (reader->buffers == 3 && reader->dimensions > 0 && end > 0 && array->buffers[2] == NULL)
		return false;
	return array->buffers[0] != NULL || array->null_count <= 0;
}

/* Points a reader at the buffers of an array, from its row `start`, after checking them. */
static void
point(Reader *reader, const struct ArrowArray *array, int64 start, int64 length)
{
	if (start > PG_INT64_MAX - length || !has_shape(reader, array, start + length))
		ereport(ERROR,
				errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
				errmsg("Arrow data of column \"%s\" has not the shape that its schema says",
					   reader->target->name));
	reader->offset = array->offset + start;
	reader->length = length;
	if (reader->never)
		return;
	reader->valid = array->null_count == 0 ? NULL : array->buffers[0];
	if (reader->buffers != 1)
		reader->data = array->buffers[1];
	if (reader->buffers == 3)
		reader->bytes = array->buffers[2];
	if (reader->buffers < 0)
	{
		reader->parts = array->buffers + 2;
		reader->part_count = array->n_buffers - 3;
		reader->part_sizes = array->buffers[array->n_buffers - 1];
	}
	if (reader->values != NULL)
		point(reader->values, array->dictionary, 0, Max(array->dictionary->length, 0));
	if (reader->dimensions > 0)
		point(reader->elements, array->children[0], 0, Max(array->children[0]->length, 0));
	for (int i = 0; i < reader->field_count; i++)
		point(&reader->elements[i], array->children[reader->elements[i].child], reader->offset,
			  length);
}

static void
stream_error(ArrowScan *scan, int code)
{
	const char *said;
	const char *copy;

	CHECK_FOR_INTERRUPTS();		/* the reason, if somebody asked for the end */
	Py_DECREF(exclave_call("raise_stream_failure", PyTuple_New(0)));	/* or an exception */
	said = scan->stream.get_last_error(&scan->stream);
	copy = said == NULL ? "no reason given" :
		pg_verify_mbstr(PG_UTF8, said, (int) strlen(said), true) ? exclave_to_server(pstrdup(said)) :
		"text in no known encoding";
	ereport(ERROR,
			errcode(ERRCODE_FDW_UNABLE_TO_CREATE_EXECUTION),
			errmsg("the Arrow stream failed: %s", copy),
			errdetail("%s.", strerror(code)));
}

/* Fetches the next batch, without the GIL: who makes it takes it where it is needed. */
static bool
next_batch(ArrowScan *scan)
{
	int			code;

	exclave_enter_python();
	release_batch(scan);
	Py_BEGIN_ALLOW_THREADS
	code = scan->stream.get_next(&scan->stream, &scan->batch);
	Py_END_ALLOW_THREADS
	exclave_leave_python();
	if (code != 0)
		scan->batch.release = NULL;
	if (exclave_error_was_ignored())	/* one of PostgreSQL, of which a library knows nothing */
		exclave_throw();
	if (code != 0)
		stream_error(scan, code);
	if (scan->batch.release == NULL)
		return false;
	scan->row = 0;
	if (scan->batch.n_children != scan->schema.n_children || scan->batch.length < 0 ||
		scan->batch.offset < 0 || scan->batch.length > PG_INT64_MAX - scan->batch.offset ||
		scan->batch.null_count > 0)
		ereport(ERROR,
				errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
				errmsg("an Arrow batch has not the shape that its schema says"));
	for (int i = 0; i < scan->count; i++)
		point(&scan->readers[i], scan->batch.children[scan->readers[i].child], scan->batch.offset,
			  scan->batch.length);
	return true;
}

/* Gives the next row, and whether there was one. */
bool
exclave_arrow_next(ArrowScan *scan, Datum *values, bool *nulls)
{
	while (scan->batch.release == NULL || scan->row >= scan->batch.length)
		if (!next_batch(scan))
			return false;
	for (const Reader *reader = scan->readers; reader < scan->readers + scan->count; reader++)
	{
		int			column = reader->target->number - 1;

		values[column] = exclave_read_value(reader, reader->offset + scan->row, &nulls[column]);
	}
	scan->row++;
	return true;
}

static int
find_child(const struct ArrowSchema *schema, const char *name)
{
	for (int64 i = 0; i < schema->n_children; i++)
		if (schema->children[i]->name != NULL && strcmp(schema->children[i]->name, name) == 0)
			return (int) i;
	return -1;
}

/* Finds the field of a column by name, and how to read it. */
static void
bind(Reader *reader, const struct ArrowSchema *schema, const Target *target)
{
	const struct ArrowSchema *field;

	reader->target = target;
	reader->child = find_child(schema, target->utf8_name);
	if (reader->child < 0)
		ereport(ERROR,
				errcode(ERRCODE_FDW_COLUMN_NAME_NOT_FOUND),
				errmsg("the Arrow stream has no field for column \"%s\"", target->name),
				errhint("It must have a field for each of plan.columns, by name."));
	field = schema->children[reader->child];
	if (!exclave_choose_reader(reader, field))
		ereport(ERROR,
				errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				errmsg("column \"%s\" is of type %s, which cannot be read from Arrow's format \"%s\"%s",
					   target->name, target->type_name, field->format,
					   field->dictionary != NULL ? " with a dictionary" : ""),
				errhint("Cast it to the type that Arrow has for this one, or to text."));
}

static void
bind_all(ArrowScan *scan, Target *targets)
{
	int			code;

	exclave_enter_python();
	code = scan->stream.get_schema(&scan->stream, &scan->schema);
	exclave_leave_python();
	if (code != 0)
	{
		scan->schema.release = NULL;
		stream_error(scan, code);
	}
	if (strcmp(scan->schema.format, "+s") != 0)
		ereport(ERROR,
				errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				errmsg("expected an Arrow stream of record batches, found one of format \"%s\"",
					   scan->schema.format));
	for (int i = 0; i < scan->count; i++)
		bind(&scan->readers[i], &scan->schema, &targets[i]);
}

/*
 * Takes the stream out of its capsule, as the interface prescribes. If binding fails, the caller
 * never gets the scan, so it is closed here.
 */
ArrowScan *
exclave_arrow_open(PyObject *capsule, Target *targets, int count)
{
	struct ArrowArrayStream *source = PyCapsule_GetPointer(capsule, "arrow_array_stream");
	ArrowScan  *scan = palloc0(sizeof(ArrowScan));

	scan->count = count;
	scan->readers = palloc0(sizeof(Reader) * Max(count, 1));
	if (source == NULL || source->release == NULL)
		ereport(ERROR, errcode(ERRCODE_FDW_ERROR), errmsg("the Arrow stream was used already"));
	scan->stream = *source;
	source->release = NULL;
	PG_TRY();
	{
		bind_all(scan, targets);
	}
	PG_CATCH();
	{
		exclave_arrow_close(scan);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return scan;
}

void
exclave_arrow_close(ArrowScan *scan)
{
	exclave_enter_release();
	release_batch(scan);
	if (scan->schema.release != NULL)
		scan->schema.release(&scan->schema);
	if (scan->stream.release != NULL)
		scan->stream.release(&scan->stream);
	scan->schema.release = NULL;
	scan->stream.release = NULL;
	exclave_leave_release();
}
