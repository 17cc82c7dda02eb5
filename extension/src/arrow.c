/* arrow.c: an Arrow C stream to Datums: each column is read as its declared type wants it. */
#include "host.h"

#include "arrow.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

typedef struct Reader Reader;

struct Reader
{
	Datum		(*read) (const Reader *reader, int64 row);
	const Target *target;
	int			child;			/* which child of the batch */
	char		code;			/* first letter of the Arrow format */
	int			scale;			/* digits after the point of decimals */
	int64		limit;			/* one more than the largest decimal */
	int64		per_second;		/* units of timestamps */
	int			buffers;		/* that this format has, -1 for three or more */
	Reader	   *values;			/* of a dictionary, which this one's integers point into */
	Reader	   *elements;		/* of a list */
	int16		element_length;
	bool		element_by_value;
	char		element_alignment;
	/* of the current batch */
	const uint8 *valid;
	const void *data;
	const char *bytes;
	const void **parts;			/* of views: buffers of bytes, and how long they are */
	const int64 *part_sizes;
	int64		part_count;
	int64		offset;
	int64		length;
};

struct ArrowScan
{
	struct ArrowArrayStream stream;
	struct ArrowSchema schema;
	struct ArrowArray batch;
	int64		row;
	int			count;
	Reader	   *readers;
};

/* --- one value ------------------------------------------------------------------------------ */

static inline int64
load_integer(const Reader *reader, int64 row)
{
	switch (reader->code)
	{
		case 'l':
			return ((const int64 *) reader->data)[row];
		case 'i':
			return ((const int32 *) reader->data)[row];
		case 's':
			return ((const int16 *) reader->data)[row];
		case 'c':
			return ((const int8 *) reader->data)[row];
		case 'I':
			return ((const uint32 *) reader->data)[row];
		case 'S':
			return ((const uint16 *) reader->data)[row];
		case 'C':
			return ((const uint8 *) reader->data)[row];
		default:				/* 'L' */
			if (((const uint64 *) reader->data)[row] > (uint64) PG_INT64_MAX)
				exclave_out_of_range(reader->target);
			return (int64) ((const uint64 *) reader->data)[row];
	}
}

static Datum
read_integer(const Reader *reader, int64 row)
{
	return exclave_integer_datum(reader->target, load_integer(reader, row));
}

static Datum
read_int64_from_int64(const Reader *reader, int64 row)
{
	return Int64GetDatum(((const int64 *) reader->data)[row]);
}

static Datum
read_int32_from_int32(const Reader *reader, int64 row)
{
	return Int32GetDatum(((const int32 *) reader->data)[row]);
}

static Datum
read_float8_from_double(const Reader *reader, int64 row)
{
	return Float8GetDatum(((const double *) reader->data)[row]);
}

static Datum
read_float(const Reader *reader, int64 row)
{
	double		value = reader->code == 'g' ? ((const double *) reader->data)[row] :
		((const float *) reader->data)[row];

	if (reader->target->type == FLOAT4OID)
		return exclave_float4_datum(reader->target, value);
	return Float8GetDatum(value);
}

static Datum
read_bool(const Reader *reader, int64 row)
{
	return BoolGetDatum((((const uint8 *) reader->data)[row >> 3] >> (row & 7)) & 1);
}

static void
wrong_offsets(const Reader *reader)
{
	ereport(ERROR,
			errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
			errmsg("Arrow data of column \"%s\" has wrong offsets", reader->target->name));
}

/* Gives the bytes of a string view: up to 12 in the view itself, more in one of some buffers. */
static const char *
load_view(const Reader *reader, int64 row, int64 *length)
{
	const char *view = (const char *) reader->data + row * 16;
	int32		fields[4];		/* length, first bytes, part, offset */

	memcpy(fields, view, sizeof(fields));
	*length = fields[0];
	if (fields[0] >= 0 && fields[0] <= 12)
		return view + sizeof(int32);
	if (fields[0] < 0 || fields[2] < 0 || fields[2] >= reader->part_count || fields[3] < 0 ||
		reader->parts[fields[2]] == NULL ||
		(int64) fields[3] + fields[0] > reader->part_sizes[fields[2]])
		wrong_offsets(reader);
	return (const char *) reader->parts[fields[2]] + fields[3];
}

/* Gives the bytes of a string; its offsets come from outside, so they are checked. */
static inline const char *
load_plain(const Reader *reader, int64 row, int64 *length)
{
	bool		large = reader->code == 'U' || reader->code == 'Z';
	int64		start = large ? ((const int64 *) reader->data)[row] : ((const int32 *) reader->data)[row];
	int64		end = large ? ((const int64 *) reader->data)[row + 1] : ((const int32 *) reader->data)[row + 1];

	if (start < 0 || end < start || (reader->bytes == NULL && end > start))
		wrong_offsets(reader);
	*length = end - start;
	return end == start ? "" : reader->bytes + start;
}

static inline const char *
load_bytes(const Reader *reader, int64 row, int64 *length)
{
	if (reader->code == 'v')
		return load_view(reader, row, length);
	return load_plain(reader, row, length);
}

static Datum
read_text(const Reader *reader, int64 row)
{
	int64		length;
	const char *utf8 = load_bytes(reader, row, &length);

	return exclave_text_datum(reader->target, utf8, length);
}

static Datum
read_through_input(const Reader *reader, int64 row)
{
	int64		length;
	const char *utf8 = load_bytes(reader, row, &length);

	return exclave_input_datum(reader->target, utf8, length);
}

static Datum
read_bytea(const Reader *reader, int64 row)
{
	int64		length;
	const char *bytes = load_bytes(reader, row, &length);

	return exclave_bytea_datum(reader->target, bytes, length);
}

/* Reads the value that an integer points to; whether that is NULL was asked before. */
static Datum
read_dictionary(const Reader *reader, int64 row)
{
	return reader->values->read(reader->values,
								reader->values->offset + load_integer(reader, row));
}

static inline bool
is_valid(const Reader *reader, int64 row)
{
	return reader->valid == NULL || ((reader->valid[row >> 3] >> (row & 7)) & 1);
}

/* Whether the value of a dictionary that a row points to is there. */
static bool
dictionary_has(const Reader *reader, int64 row)
{
	int64		index = load_integer(reader, row);

	if (index < 0 || index >= reader->values->length)
		wrong_offsets(reader);
	return is_valid(reader->values, reader->values->offset + index);
}

static Datum
read_uuid(const Reader *reader, int64 row)
{
	pg_uuid_t  *made = palloc(sizeof(pg_uuid_t));

	memcpy(made->data, (const char *) reader->data + row * UUID_LEN, UUID_LEN);
	return UUIDPGetDatum(made);
}

static Datum
read_date(const Reader *reader, int64 row)
{
	return exclave_date_datum(reader->target, ((const int32 *) reader->data)[row]);
}

/* Rounds nanoseconds down, as PostgreSQL has microseconds only. */
static Datum
read_timestamp(const Reader *reader, int64 row)
{
	int64		value = ((const int64 *) reader->data)[row];

	if (reader->per_second > USECS_PER_SEC)
	{
		int64		divisor = reader->per_second / USECS_PER_SEC;
		int64		floor = value / divisor;

		value = floor - (value % divisor < 0);
	}
	else if (reader->per_second < USECS_PER_SEC &&
			 pg_mul_s64_overflow(value, USECS_PER_SEC / reader->per_second, &value))
		exclave_out_of_range(reader->target);
	return exclave_timestamp_datum(reader->target, value);
}

/* Writes an integer of 128 bits with `scale` digits after the point. */
static char *
decimal_text(int128 value, int scale)
{
	unsigned __int128 rest = value < 0 ? -(unsigned __int128) value : (unsigned __int128) value;
	char	   *buffer = palloc(48 + Max(scale, 0));
	char	   *at = buffer + 47 + Max(scale, 0);
	int			digits = 0;

	*at = '\0';
	while (rest > 0 || digits <= scale)
	{
		if (scale > 0 && digits == scale)
			*--at = '.';
		*--at = '0' + (int) (rest % 10);
		rest /= 10;
		digits++;
	}
	if (value < 0)
		*--at = '-';
	return at;
}

/* Reads numeric(p, s) from decimals of the same s: nothing to round, only p is to be kept to. */
static Datum
read_decimal_of_same_scale(const Reader *reader, int64 row)
{
	int128		value;

	memcpy(&value, (const char *) reader->data + row * 16, 16);
	if (value <= -reader->limit || value >= reader->limit)
		exclave_out_of_range(reader->target);
	return NumericGetDatum(int64_div_fast_to_numeric((int64) value, reader->scale));
}

static Datum
read_decimal(const Reader *reader, int64 row)
{
	int128		value;
	char	   *text;

	memcpy(&value, (const char *) reader->data + row * 16, 16);
	if (value >= PG_INT64_MIN && value <= PG_INT64_MAX)
		return exclave_numeric_typmod(reader->target,
									  NumericGetDatum(int64_div_fast_to_numeric((int64) value,
																				reader->scale)));
	text = decimal_text(value, reader->scale);
	return exclave_input_datum(reader->target, text, strlen(text));
}

static Datum
read_numeric_from_integer(const Reader *reader, int64 row)
{
	return exclave_numeric_typmod(reader->target,
								  NumericGetDatum(int64_to_numeric(load_integer(reader, row))));
}

/* Reads a list of values as an array of one dimension. */
static Datum
read_list(const Reader *reader, int64 row)
{
	const Reader *elements = reader->elements;
	bool		large = reader->code == 'L';
	int64		start = large ? ((const int64 *) reader->data)[row] : ((const int32 *) reader->data)[row];
	int64		end = large ? ((const int64 *) reader->data)[row + 1] : ((const int32 *) reader->data)[row + 1];
	Oid			type = elements->target->type;
	int			lower = 1;
	int			count;
	Datum	   *values;
	bool	   *nulls;

	if (start < 0 || end < start || end > elements->length)
		wrong_offsets(reader);
	if (start == end)
		return PointerGetDatum(construct_empty_array(type));
	if (end - start > (int64) MaxArraySize)
		exclave_out_of_range(reader->target);
	count = (int) (end - start);
	values = palloc(sizeof(Datum) * count);
	nulls = palloc(sizeof(bool) * count);
	for (int i = 0; i < count; i++)
	{
		int64		at = elements->offset + start + i;

		nulls[i] = !is_valid(elements, at);
		values[i] = nulls[i] ? (Datum) 0 : elements->read(elements, at);
	}
	return PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower, type,
											  reader->element_length, reader->element_by_value,
											  reader->element_alignment));
}

/* --- which reader --------------------------------------------------------------------------- */

static bool
is_integer(const char *format)
{
	return strlen(format) == 1 && strchr("cCsSiIlL", *format) != NULL;
}

static bool
is_text(const char *format)
{
	return strcmp(format, "u") == 0 || strcmp(format, "U") == 0 || strcmp(format, "vu") == 0;
}

static bool
choose_timestamp(Reader *reader, const char *format)
{
	bool		zoned;

	if (strncmp(format, "ts", 2) != 0 || strlen(format) < 4 || format[3] != ':')
		return false;
	zoned = format[4] != '\0';
	if (zoned != (reader->target->type == TIMESTAMPTZOID))
		return false;
	switch (format[2])
	{
		case 's':
			reader->per_second = 1;
			break;
		case 'm':
			reader->per_second = 1000;
			break;
		case 'u':
			reader->per_second = 1000000;
			break;
		case 'n':
			reader->per_second = 1000000000;
			break;
		default:
			return false;
	}
	reader->read = read_timestamp;
	return true;
}

/* Precision and scale of a typmod, as numeric.c packs them; 18 digits fit into 64 bits. */
static void
choose_same_scale(Reader *reader)
{
	int32		packed = reader->target->typmod - VARHDRSZ;
	int			precision = (packed >> 16) & 0xffff;
	int			scale = ((packed & 0x7ff) ^ 1024) - 1024;

	if (scale != reader->scale || precision > 18)
		return;
	reader->limit = 1;
	while (precision-- > 0)
		reader->limit *= 10;
	reader->read = read_decimal_of_same_scale;
}

/* Only decimal128 with digits after the point or none: the others come later, as text for now. */
static bool
choose_numeric(Reader *reader, const char *format)
{
	int			precision;
	int			bits = 128;

	if (is_integer(format))
	{
		reader->read = read_numeric_from_integer;
		return true;
	}
	if (sscanf(format, "d:%d,%d,%d", &precision, &reader->scale, &bits) < 2 || bits != 128 ||
		reader->scale < 0 || reader->scale > 38)
		return false;
	reader->read = read_decimal;
	if (reader->target->typmod >= 0)
		choose_same_scale(reader);
	return true;
}

/* Chooses how to read this Arrow format as the declared type; false if that is not known. */
static bool
choose(Reader *reader, const char *format)
{
	Oid			type = reader->target->type;

	reader->code = *format;
	reader->buffers = 2;
	if (is_text(format))
	{
		reader->buffers = *format == 'v' ? -1 : 3;
		reader->read = type == TEXTOID || type == VARCHAROID ? read_text : read_through_input;
		return type != BYTEAOID;
	}
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			reader->read = type == INT8OID && *format == 'l' ? read_int64_from_int64 :
				type == INT4OID && *format == 'i' ? read_int32_from_int32 : read_integer;
			return is_integer(format);
		case FLOAT4OID:
		case FLOAT8OID:
			reader->read = type == FLOAT8OID && *format == 'g' ? read_float8_from_double : read_float;
			return strcmp(format, "f") == 0 || strcmp(format, "g") == 0;
		case BOOLOID:
			reader->read = read_bool;
			return strcmp(format, "b") == 0;
		case BYTEAOID:
			reader->buffers = *format == 'v' ? -1 : 3;
			reader->read = read_bytea;
			return strcmp(format, "z") == 0 || strcmp(format, "Z") == 0 ||
				strcmp(format, "vz") == 0;
		case UUIDOID:
			reader->read = read_uuid;
			return strcmp(format, "w:16") == 0;
		case DATEOID:
			reader->read = read_date;
			return strcmp(format, "tdD") == 0;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return choose_timestamp(reader, format);
		case NUMERICOID:
			return choose_numeric(reader, format);
		default:
			return false;
	}
}

/* A dictionary is integers that point to values, which are read as if they stood there. */
static bool
choose_dictionary(Reader *reader, const struct ArrowSchema *field)
{
	reader->code = *field->format;
	reader->buffers = 2;
	reader->read = read_dictionary;
	reader->values = palloc0(sizeof(Reader));
	reader->values->target = reader->target;
	return is_integer(field->format) && field->dictionary->dictionary == NULL &&
		choose(reader->values, field->dictionary->format);
}

/* A list becomes an array, if its elements can be read as the array's. */
static bool
choose_list(Reader *reader, const struct ArrowSchema *field)
{
	Target	   *element = exclave_element_target(reader->target);

	if (element == NULL || field->n_children != 1 || field->children[0]->dictionary != NULL)
		return false;
	reader->code = field->format[1];
	reader->buffers = 2;
	reader->read = read_list;
	reader->elements = palloc0(sizeof(Reader));
	reader->elements->target = element;
	get_typlenbyvalalign(element->type, &reader->element_length, &reader->element_by_value,
						 &reader->element_alignment);
	return choose(reader->elements, field->children[0]->format);
}

static bool
choose_any(Reader *reader, const struct ArrowSchema *field)
{
	if (field->dictionary != NULL)
		return choose_dictionary(reader, field);
	if (strcmp(field->format, "+l") == 0 || strcmp(field->format, "+L") == 0)
		return choose_list(reader, field);
	return choose(reader, field->format);
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
	if (!choose_any(reader, field))
		ereport(ERROR,
				errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				errmsg("column \"%s\" is of type %s, which cannot be read from Arrow's format \"%s\"%s",
					   target->name, target->type_name, field->format,
					   field->dictionary != NULL ? " with a dictionary" : ""),
				errhint("Cast it to the type that Arrow has for this one, or to text."));
}

/* --- batches -------------------------------------------------------------------------------- */

static void
release_batch(ArrowScan *scan)
{
	if (scan->batch.release != NULL)
		scan->batch.release(&scan->batch);
	scan->batch.release = NULL;
}

/* Whether an array has the buffers of its format, for rows up to `end`. */
static bool
has_shape(const Reader *reader, const struct ArrowArray *array, int64 end)
{
	if (array == NULL || array->offset < 0 || array->length < end)
		return false;
	if (reader->buffers < 0 ? array->n_buffers < 3 : array->n_buffers != reader->buffers)
		return false;
	if (reader->buffers < 0 && array->n_buffers > 3 && array->buffers[array->n_buffers - 1] == NULL)
		return false;
	return (end == 0 || array->buffers[1] != NULL) &&
		(array->buffers[0] != NULL || array->null_count <= 0) &&
		(reader->values == NULL || array->dictionary != NULL) &&
		(reader->elements == NULL || (array->n_children == 1 && array->children[0] != NULL));
}

/* Points a reader at the buffers of an array, from its row `start`, after checking them. */
static void
point(Reader *reader, const struct ArrowArray *array, int64 start, int64 length)
{
	if (!has_shape(reader, array, start + length))
		ereport(ERROR,
				errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
				errmsg("Arrow data of column \"%s\" has not the shape that its schema says",
					   reader->target->name));
	reader->valid = array->null_count == 0 ? NULL : array->buffers[0];
	reader->data = array->buffers[1];
	reader->offset = array->offset + start;
	reader->length = length;
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
	if (reader->elements != NULL)
		point(reader->elements, array->children[0], 0, Max(array->children[0]->length, 0));
}

static void
stream_error(ArrowScan *scan, int code)
{
	const char *said;
	char	   *copy;

	CHECK_FOR_INTERRUPTS();		/* the reason, if somebody asked for the end */
	said = scan->stream.get_last_error(&scan->stream);
	copy = said == NULL ? pstrdup("no reason given") :
		pg_verifymbstr(said, strlen(said), true) ? pstrdup(said) : pstrdup("text in no known encoding");
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

	release_batch(scan);
	exclave_enter_python();
	Py_BEGIN_ALLOW_THREADS
	code = scan->stream.get_next(&scan->stream, &scan->batch);
	Py_END_ALLOW_THREADS
	exclave_leave_python();
	if (code != 0)
	{
		scan->batch.release = NULL;
		stream_error(scan, code);
	}
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
		int64		at = reader->offset + scan->row;

		nulls[column] = !is_valid(reader, at) ||
			(reader->values != NULL && !dictionary_has(reader, at));
		if (!nulls[column])
			values[column] = reader->read(reader, at);
	}
	scan->row++;
	return true;
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
