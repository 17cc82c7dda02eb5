/* datum.c: values as the declared type wants them: range, encoding and typmod are checked here. */
#include "host.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define ROW_BUFFER 1024

#define DAYS_1970_TO_2000 (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE)

/* Fills what follows from the type: what is under a domain is read, and then the domain checked. */
static void
set_type(Target *target, Oid type, int32 typmod)
{
	Oid			input;

	target->typmod = typmod;
	target->type = getBaseTypeAndTypmod(type, &target->typmod);
	target->domain = target->type == type ? InvalidOid : type;
	target->domain_checks = NULL;
	target->context = CurrentMemoryContext;
	getTypeInputInfo(target->type, &input, &target->io_parameter);
	fmgr_info(input, &target->input);
}

void
exclave_prepare_target(Target *target, TupleDesc descriptor, AttrNumber number)
{
	Form_pg_attribute attribute = TupleDescAttr(descriptor, number - 1);

	target->number = number;
	set_type(target, attribute->atttypid, attribute->atttypmod);
	target->not_null = attribute->attnotnull;
	target->checked = target->not_null || OidIsValid(target->domain);
	target->name = pstrdup(NameStr(attribute->attname));
	target->utf8_name = exclave_to_utf8(target->name);
	target->type_name = format_type_with_typemod(attribute->atttypid, attribute->atttypmod);
	target->buffer = palloc(ROW_BUFFER);
}

/* Gives how the elements of an array column want their values; NULL if it is no array. */
Target *
exclave_element_target(const Target *array)
{
	Oid			type = get_element_type(array->type);
	Target	   *element;

	if (!OidIsValid(type))
		return NULL;
	element = palloc(sizeof(Target));
	*element = *array;
	set_type(element, type, array->typmod);
	element->not_null = false;
	element->checked = OidIsValid(element->domain);
	element->buffer = NULL;		/* many of them live at a time */
	return element;
}

/* Refuses what the column does not allow: planning relies on NOT NULL, and a domain is a promise. */
void
exclave_check_value(const Target *target, Datum value, bool isnull)
{
	if (isnull && target->not_null)
		ereport(ERROR,
				errcode(ERRCODE_NOT_NULL_VIOLATION),
				errmsg("column \"%s\" is NOT NULL, but the wrapper gave NULL", target->name));
	if (OidIsValid(target->domain))
		domain_check(value, isnull, target->domain,
					 &unconstify(Target *, target)->domain_checks, target->context);
}

/*
 * Gives memory for a value that lives as long as its row. Small values share one buffer a column:
 * the slot of a scan is done with before the next row comes, and nothing is to be freed then.
 */
void *
exclave_row_memory(const Target *target, Size size)
{
	return target->buffer != NULL && size <= ROW_BUFFER ? target->buffer : palloc(size);
}

void
exclave_out_of_range(const Target *target)
{
	ereport(ERROR,
			errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			errmsg("value of column \"%s\" is out of range for type %s", target->name,
				   target->type_name));
}

/* Whether all bytes are from 1 to 127: looked at eight at a time. */
static inline bool
is_ascii(const char *bytes, int64 length)
{
	int64		i = 0;

	for (; i + 8 <= length; i += 8)
	{
		uint64		word;

		memcpy(&word, bytes + i, 8);
		/* a byte above 127, or one that borrows as 1 is taken from it, which is NUL */
		if ((word | (word - UINT64CONST(0x0101010101010101))) & UINT64CONST(0x8080808080808080))
			return false;
	}
	for (; i < length; i++)
		if ((signed char) bytes[i] <= 0)
			return false;
	return true;
}

static void
check_length(const Target *target, int64 length)
{
	if (length > (int64) (MaxAllocSize - VARHDRSZ - 1))
		ereport(ERROR,
				errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("value of column \"%s\" has " INT64_FORMAT " bytes, more than PostgreSQL can hold",
					   target->name, length));
}

/* Errors if the bytes are no text that PostgreSQL may hold; most text is ASCII. */
void
exclave_check_text(const Target *target, const char *utf8, int64 length)
{
	check_length(target, length);
	if (is_ascii(utf8, length))
		return;
	if (!pg_verify_mbstr(PG_UTF8, utf8, (int) length, true))
		ereport(ERROR,
				errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				errmsg("value of column \"%s\" is not valid UTF-8, or holds a NUL byte",
					   target->name));
}

/* Makes a varlena, with a header of one byte where it fits; not in an array, where none may be. */
Datum
exclave_varlena(const Target *target, const char *bytes, int64 length)
{
	char	   *made;

	if (length + VARHDRSZ_SHORT <= VARATT_SHORT_MAX && target->buffer != NULL)
	{
		made = exclave_row_memory(target, length + VARHDRSZ_SHORT);
		SET_VARSIZE_SHORT(made, length + VARHDRSZ_SHORT);
		memcpy(made + VARHDRSZ_SHORT, bytes, length);
		return PointerGetDatum(made);
	}
	made = exclave_row_memory(target, length + VARHDRSZ);
	SET_VARSIZE(made, length + VARHDRSZ);
	memcpy(VARDATA(made), bytes, length);
	return PointerGetDatum(made);
}

/* Gives text or varchar; what may be too long, and everything else, is for the input function. */
Datum
exclave_text_datum(const Target *target, const char *utf8, int64 length)
{
	const char *converted;

	/* as many bytes as characters are allowed are not too many characters */
	if (target->type == VARCHAROID && target->typmod >= 0 && length > target->typmod - VARHDRSZ)
		return exclave_input_datum(target, utf8, length);
	exclave_check_text(target, utf8, length);
	if (GetDatabaseEncoding() == PG_UTF8)
		return exclave_varlena(target, utf8, length);
	converted = pg_any_to_server(utf8, (int) length, PG_UTF8);
	return exclave_varlena(target, converted, converted == utf8 ? length : (int64) strlen(converted));
}

/* Adds to an error of an input function, which knows of no column. */
static void
say_which_column(void *argument)
{
	const Target *target = argument;

	errcontext("value of column \"%s\" of a foreign table", target->name);
}

/* Lets the input function of the type read text, as COPY would. */
Datum
exclave_input_datum(const Target *target, const char *utf8, int64 length)
{
	ErrorContextCallback context = {error_context_stack, say_which_column,
	unconstify(Target *, target)};
	char	   *text;
	Datum		value;

	exclave_check_text(target, utf8, length);
	error_context_stack = &context;
	text = exclave_to_server(pnstrdup(utf8, length));
	value = InputFunctionCall(unconstify(FmgrInfo *, &target->input), text, target->io_parameter,
							  target->typmod);
	error_context_stack = context.previous;
	return value;
}

Datum
exclave_bytea_datum(const Target *target, const char *bytes, int64 length)
{
	check_length(target, length);
	return exclave_varlena(target, bytes, length);
}

Datum
exclave_integer_datum(const Target *target, int64 value)
{
	switch (target->type)
	{
		case INT2OID:
			if (value < PG_INT16_MIN || value > PG_INT16_MAX)
				exclave_out_of_range(target);
			return Int16GetDatum((int16) value);
		case INT4OID:
			if (value < PG_INT32_MIN || value > PG_INT32_MAX)
				exclave_out_of_range(target);
			return Int32GetDatum((int32) value);
		default:
			return Int64GetDatum(value);
	}
}

Datum
exclave_float4_datum(const Target *target, double value)
{
	float4		narrow = (float4) value;

	if (isinf(narrow) && !isinf(value))
		exclave_out_of_range(target);
	return Float4GetDatum(narrow);
}

Datum
exclave_date_datum(const Target *target, int64 days_since_1970)
{
	int64		days = days_since_1970 - DAYS_1970_TO_2000;

	if (!IS_VALID_DATE(days))
		exclave_out_of_range(target);
	return DateADTGetDatum((DateADT) days);
}

Datum
exclave_timestamp_datum(const Target *target, int64 moment)
{
	if (!IS_VALID_TIMESTAMP(moment))
		exclave_out_of_range(target);
	if (target->typmod >= 0)
		return target->type == TIMESTAMPOID ?
			DirectFunctionCall2(timestamp_scale, TimestampGetDatum(moment), Int32GetDatum(target->typmod)) :
			DirectFunctionCall2(timestamptz_scale, TimestampTzGetDatum(moment), Int32GetDatum(target->typmod));
	return TimestampGetDatum(moment);
}

Datum
exclave_time_datum(const Target *target, int64 microseconds)
{
	if (microseconds < 0 || microseconds > USECS_PER_DAY)
		exclave_out_of_range(target);
	if (target->typmod >= 0)
		return DirectFunctionCall2(time_scale, TimeADTGetDatum(microseconds),
								   Int32GetDatum(target->typmod));
	return TimeADTGetDatum(microseconds);
}

/* The zone is in seconds east of UTC, as everywhere but in PostgreSQL's structure. */
Datum
exclave_timetz_datum(const Target *target, int64 microseconds, int64 zone)
{
	TimeTzADT  *made = palloc(sizeof(TimeTzADT));

	if (microseconds < 0 || microseconds > USECS_PER_DAY || zone <= -TZDISP_LIMIT ||
		zone >= TZDISP_LIMIT)
		exclave_out_of_range(target);
	made->time = microseconds;
	made->zone = (int32) -zone;
	if (target->typmod >= 0)
		return DirectFunctionCall2(timetz_scale, TimeTzADTPGetDatum(made),
								   Int32GetDatum(target->typmod));
	return TimeTzADTPGetDatum(made);
}

Datum
exclave_interval_datum(const Target *target, int32 months, int32 days, int64 microseconds)
{
	Interval   *made = palloc(sizeof(Interval));

	made->month = months;
	made->day = days;
	made->time = microseconds;
	if (EXCLAVE_INTERVAL_IS_INFINITE(made))
		exclave_out_of_range(target);
	if (target->typmod >= 0)
		return DirectFunctionCall2(interval_scale, IntervalPGetDatum(made),
								   Int32GetDatum(target->typmod));
	return IntervalPGetDatum(made);
}
