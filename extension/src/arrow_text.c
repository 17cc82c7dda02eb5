/* arrow_text.c: strings and binary data of Arrow, plain, large, of fixed width, and as views. */
#include "arrow_reader.h"

#include "catalog/pg_type.h"

bool
exclave_is_arrow_text(const char *format)
{
	return strcmp(format, "u") == 0 || strcmp(format, "U") == 0 || strcmp(format, "vu") == 0;
}

void
exclave_wrong_offsets(const Reader *reader)
{
	ereport(ERROR,
			errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
			errmsg("Arrow data of column \"%s\" has wrong offsets", reader->target->name));
}

/* Gives the bytes of a view: up to 12 in the view itself, more in one of some buffers. */
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
		exclave_wrong_offsets(reader);
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
		exclave_wrong_offsets(reader);
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

const char *
exclave_load_bytes(const Reader *reader, int64 row, int64 *length)
{
	return load_bytes(reader, row, length);
}

static Datum
read_text(const Reader *reader, int64 row)
{
	int64		length;
	const char *utf8 = load_bytes(reader, row, &length);

	return exclave_text_datum(reader->target, utf8, length);
}

static Datum
read_jsonb(const Reader *reader, int64 row)
{
	int64		length;
	const char *utf8 = load_bytes(reader, row, &length);

	return exclave_jsonb_datum(reader->target, utf8, length);
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

static Datum
read_fixed_bytea(const Reader *reader, int64 row)
{
	return exclave_bytea_datum(reader->target, (const char *) reader->data + row * reader->width,
							   reader->width);
}

/* Text is read as every type but bytea; what has no reader of its own by its input function. */
bool
exclave_choose_text(Reader *reader, const char *format)
{
	reader->buffers = *format == 'v' ? EXCLAVE_VARIADIC : 3;
	switch (reader->target->type)
	{
		case TEXTOID:
		case VARCHAROID:
			reader->read = read_text;
			return true;
		case JSONBOID:
			reader->read = read_jsonb;
			return true;
		case BYTEAOID:
			return false;
		default:
			reader->read = read_through_input;
			return true;
	}
}

bool
exclave_choose_bytes(Reader *reader, const char *format)
{
	if (sscanf(format, "w:%d", &reader->width) == 1)
	{
		reader->read = read_fixed_bytea;
		return reader->width >= 0;
	}
	reader->buffers = *format == 'v' ? EXCLAVE_VARIADIC : 3;
	reader->read = read_bytea;
	return strcmp(format, "z") == 0 || strcmp(format, "Z") == 0 || strcmp(format, "vz") == 0;
}
