/* arrow_choose.c: which reader reads an Arrow format as the declared type of a column. */
#include "arrow_reader.h"

#include "catalog/pg_type.h"

/* Never called: the type of nothing but NULL. */
static Datum
read_never(const Reader *reader, int64 row)
{
	return (Datum) 0;
}

static bool
choose_never(Reader *reader)
{
	reader->never = true;
	reader->buffers = 0;
	reader->read = read_never;
	return true;
}

/* Chooses how to read a format without children. */
static bool
choose_plain(Reader *reader, const char *format)
{
	reader->code = *format;
	reader->buffers = 2;
	if (exclave_is_arrow_text(format))
		return exclave_choose_text(reader, format);
	switch (reader->target->type)
	{
		case BYTEAOID:
			return exclave_choose_bytes(reader, format);
		case NUMERICOID:
			return exclave_choose_numeric(reader, format);
		case DATEOID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case INTERVALOID:
			return exclave_choose_time(reader, format);
		default:
			return exclave_choose_number(reader, format);
	}
}

static bool
choose_any(Reader *reader, const struct ArrowSchema *field)
{
	if (field->dictionary != NULL)
		return exclave_choose_dictionary(reader, field);
	if (strcmp(field->format, "n") == 0)
		return choose_never(reader);
	if (*field->format == '+')
		return exclave_choose_list(reader, field) || exclave_choose_struct(reader, field);
	return choose_plain(reader, field->format);
}

/* Chooses how to read this field as the declared type; false if that is not known. */
bool
exclave_choose_reader(Reader *reader, const struct ArrowSchema *field)
{
	if (!choose_any(reader, field))
		return false;
	reader->simple = !reader->never && reader->values == NULL && !reader->target->checked;
	return true;
}
