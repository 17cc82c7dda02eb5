/* arrow_time.c: dates, times, moments and intervals of Arrow. */
#include "arrow_reader.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "datatype/timestamp.h"

/* Rounds down, as a moment before 1970 is negative. */
static inline int64
floor_divide(int64 value, int64 divisor)
{
	return value / divisor - (value % divisor < 0);
}

/* Gives microseconds, all that PostgreSQL has; nanoseconds are rounded down. */
static inline int64
microseconds(const Reader *reader, int64 value)
{
	if (reader->per_second > USECS_PER_SEC)
		return floor_divide(value, reader->per_second / USECS_PER_SEC);
	if (pg_mul_s64_overflow(value, USECS_PER_SEC / reader->per_second, &value))
		exclave_out_of_range(reader->target);
	return value;
}

static Datum
read_date(const Reader *reader, int64 row)
{
	return exclave_date_datum(reader->target, ((const int32 *) reader->data)[row]);
}

static Datum
read_date_of_milliseconds(const Reader *reader, int64 row)
{
	return exclave_date_datum(reader->target, floor_divide(((const int64 *) reader->data)[row],
														   SECS_PER_DAY * INT64CONST(1000)));
}

/* Counts from 2000, before units grow smaller: the last moments in seconds would not fit else. */
static Datum
read_timestamp(const Reader *reader, int64 row)
{
	int64		value = ((const int64 *) reader->data)[row];
	int64		per_second = Min(reader->per_second, USECS_PER_SEC);

	if (reader->per_second > USECS_PER_SEC)
		value = floor_divide(value, reader->per_second / USECS_PER_SEC);
	if (pg_sub_s64_overflow(value, EXCLAVE_SECONDS_1970_TO_2000 * per_second, &value) ||
		pg_mul_s64_overflow(value, USECS_PER_SEC / per_second, &value))
		exclave_out_of_range(reader->target);
	return exclave_timestamp_datum(reader->target, value);
}

static Datum
read_time(const Reader *reader, int64 row)
{
	int64		value = reader->width == 4 ? ((const int32 *) reader->data)[row] :
		((const int64 *) reader->data)[row];

	return exclave_time_datum(reader->target, microseconds(reader, value));
}

static Datum
read_duration(const Reader *reader, int64 row)
{
	return exclave_interval_datum(reader->target, 0, 0,
								  microseconds(reader, ((const int64 *) reader->data)[row]));
}

static Datum
read_months(const Reader *reader, int64 row)
{
	return exclave_interval_datum(reader->target, ((const int32 *) reader->data)[row], 0, 0);
}

/* Reads days and milliseconds. */
static Datum
read_days(const Reader *reader, int64 row)
{
	const int32 *parts = (const int32 *) reader->data + row * 2;

	return exclave_interval_datum(reader->target, 0, parts[0], parts[1] * INT64CONST(1000));
}

/* Reads months, days and nanoseconds. */
static Datum
read_months_days(const Reader *reader, int64 row)
{
	const int32 *parts = (const int32 *) reader->data + row * 4;
	int64		nanoseconds;

	memcpy(&nanoseconds, parts + 2, sizeof(nanoseconds));
	return exclave_interval_datum(reader->target, parts[0], parts[1],
								  floor_divide(nanoseconds, 1000));
}

static bool
choose_unit(Reader *reader, char unit)
{
	switch (unit)
	{
		case 's':
			reader->per_second = 1;
			return true;
		case 'm':
			reader->per_second = 1000;
			return true;
		case 'u':
			reader->per_second = 1000000;
			return true;
		case 'n':
			reader->per_second = 1000000000;
			return true;
		default:
			return false;
	}
}

/* A moment with a zone is one in UTC, the zone is how its source would show it. */
static bool
choose_timestamp(Reader *reader, const char *format)
{
	if (strncmp(format, "ts", 2) != 0 || strlen(format) < 4 || format[3] != ':')
		return false;
	if ((format[4] != '\0') != (reader->target->type == TIMESTAMPTZOID))
		return false;
	reader->read = read_timestamp;
	return choose_unit(reader, format[2]);
}

static bool
choose_interval(Reader *reader, const char *format)
{
	if (strncmp(format, "tD", 2) == 0)
	{
		reader->read = read_duration;
		return choose_unit(reader, format[2]);
	}
	reader->read = strcmp(format, "tiM") == 0 ? read_months :
		strcmp(format, "tiD") == 0 ? read_days :
		strcmp(format, "tin") == 0 ? read_months_days : NULL;
	return reader->read != NULL;
}

/* Chooses among the readers of this file; false if the format cannot be read as the type. */
bool
exclave_choose_time(Reader *reader, const char *format)
{
	switch (reader->target->type)
	{
		case DATEOID:
			reader->read = strcmp(format, "tdD") == 0 ? read_date : read_date_of_milliseconds;
			return strcmp(format, "tdD") == 0 || strcmp(format, "tdm") == 0;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return choose_timestamp(reader, format);
		case TIMEOID:
			reader->read = read_time;
			reader->width = format[1] == 't' && strchr("sm", format[2]) != NULL ? 4 : 8;
			return strncmp(format, "tt", 2) == 0 && choose_unit(reader, format[2]);
		case INTERVALOID:
			return choose_interval(reader, format);
		default:
			return false;
	}
}
