/* rows.c: Python objects to Datums, by the declared type of the column. */
#include "host.h"

#include <datetime.h>
#undef DATETIME_H			/* PostgreSQL's file of that name has the same guard */

#include "catalog/pg_type.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

/* Readies Python's own C interface to its dates. */
void
exclave_prepare_rows(void)
{
	PyDateTime_IMPORT;
	if (PyDateTimeAPI == NULL)
		exclave_throw();
}

static void
wrong_type(const Target *target, PyObject *value)
{
	ereport(ERROR,
			errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
			errmsg("column \"%s\" is of type %s, found a value of Python's type %s", target->name,
				   target->type_name, Py_TYPE(value)->tp_name));
}

static Datum through_input(const Target *target, PyObject *value);

/* Gives a date or moment that PostgreSQL has and Python has not. */
static Datum
read_unrepresentable(const Target *target, PyObject *value)
{
	if (!exclave_is_unrepresentable(value))
		wrong_type(target, value);
	return through_input(target, value);
}

static Datum
read_integer(const Target *target, PyObject *value)
{
	int			overflow;
	long long	number;

	if (!PyLong_Check(value) || PyBool_Check(value))
		wrong_type(target, value);
	number = PyLong_AsLongLongAndOverflow(value, &overflow);
	if (overflow)
		exclave_out_of_range(target);
	return exclave_integer_datum(target, number);
}

static Datum
read_floating(const Target *target, PyObject *value)
{
	double		number;

	if (PyFloat_Check(value))
		number = PyFloat_AS_DOUBLE(value);
	else if (PyLong_Check(value) && !PyBool_Check(value))
	{
		number = PyLong_AsDouble(value);
		if (PyErr_Occurred())
		{
			PyErr_Clear();
			exclave_out_of_range(target);
		}
	}
	else
		wrong_type(target, value);
	if (target->type == FLOAT4OID)
		return exclave_float4_datum(target, number);
	return Float8GetDatum(number);
}

/* Gives the text of a str, which it owns. */
static const char *
utf8_of(const Target *target, PyObject *value, Py_ssize_t *length)
{
	const char *utf8 = PyUnicode_AsUTF8AndSize(value, length);

	if (utf8 == NULL)
	{
		PyErr_Clear();
		ereport(ERROR,
				errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
				errmsg("value of column \"%s\" is not valid Unicode", target->name));
	}
	return utf8;
}

static Datum
read_text(const Target *target, PyObject *value)
{
	Py_ssize_t	length;
	const char *utf8;

	if (!PyUnicode_Check(value))
		wrong_type(target, value);
	utf8 = utf8_of(target, value, &length);
	return exclave_text_datum(target, utf8, length);
}

static Datum
read_bytea(const Target *target, PyObject *value)
{
	if (!PyBytes_Check(value))
		wrong_type(target, value);
	return exclave_bytea_datum(target, PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value));
}

static Datum
read_date(const Target *target, PyObject *value)
{
	if (!PyDate_Check(value) || PyDateTime_Check(value))
		return read_unrepresentable(target, value);
	return exclave_date_datum(target, (int64) date2j(PyDateTime_GET_YEAR(value),
													 PyDateTime_GET_MONTH(value),
													 PyDateTime_GET_DAY(value)) - UNIX_EPOCH_JDATE);
}

/* Counts from 2000. */
static int64
microseconds_of(PyObject *value)
{
	int64		days = (int64) date2j(PyDateTime_GET_YEAR(value), PyDateTime_GET_MONTH(value),
									  PyDateTime_GET_DAY(value)) - POSTGRES_EPOCH_JDATE;
	int64		seconds = PyDateTime_DATE_GET_HOUR(value) * 3600 +
		PyDateTime_DATE_GET_MINUTE(value) * 60 + PyDateTime_DATE_GET_SECOND(value);

	return (days * SECS_PER_DAY + seconds) * USECS_PER_SEC + PyDateTime_DATE_GET_MICROSECOND(value);
}

/* A value with a zone is not one of a type without: PostgreSQL's input would drop the zone. */
static void
refuse_zone(const Target *target, PyObject *zone)
{
	if (zone != Py_None)
		ereport(ERROR,
				errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				errmsg("column \"%s\" is of type %s, found a value with a time zone",
					   target->name, target->type_name));
}

static Datum
read_timestamp(const Target *target, PyObject *value)
{
	if (!PyDateTime_Check(value))
		return read_unrepresentable(target, value);
	refuse_zone(target, PyDateTime_DATE_GET_TZINFO(value));
	return exclave_timestamp_datum(target, microseconds_of(value));
}

/* Gives the offset from UTC in microseconds, for which tzinfo is Python code. */
static int64
offset_of(const Target *target, PyObject *value, PyObject *zone)
{
	PyObject   *offset;
	int64		result = 0;
	bool		known;

	if (zone == PyDateTime_TimeZone_UTC)
		return 0;
	exclave_enter_python();
	offset = PyObject_CallMethod(value, "utcoffset", NULL);
	if (offset != NULL && exclave_error_was_ignored())
		Py_CLEAR(offset);
	exclave_leave_python();
	if (offset == NULL)
		exclave_throw();
	known = PyDelta_Check(offset);
	if (known)
		result = ((int64) PyDateTime_DELTA_GET_DAYS(offset) * SECS_PER_DAY +
				  PyDateTime_DELTA_GET_SECONDS(offset)) * USECS_PER_SEC +
			PyDateTime_DELTA_GET_MICROSECONDS(offset);
	Py_DECREF(offset);
	if (!known)
		ereport(ERROR,
				errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				errmsg("column \"%s\" is of type %s, found a value without a time zone",
					   target->name, target->type_name),
				errhint("Give it one, for instance with replace(tzinfo=UTC)."));
	return result;
}

static Datum
read_timestamptz(const Target *target, PyObject *value)
{
	if (!PyDateTime_Check(value))
		return read_unrepresentable(target, value);
	return exclave_timestamp_datum(target, microseconds_of(value) -
								   offset_of(target, value, PyDateTime_DATE_GET_TZINFO(value)));
}

static int64
microseconds_of_day(PyObject *value)
{
	int64		seconds = PyDateTime_TIME_GET_HOUR(value) * 3600 +
		PyDateTime_TIME_GET_MINUTE(value) * 60 + PyDateTime_TIME_GET_SECOND(value);

	return seconds * USECS_PER_SEC + PyDateTime_TIME_GET_MICROSECOND(value);
}

static Datum
read_time(const Target *target, PyObject *value)
{
	if (!PyTime_Check(value))
		return read_unrepresentable(target, value);
	refuse_zone(target, PyDateTime_TIME_GET_TZINFO(value));
	return exclave_time_datum(target, microseconds_of_day(value));
}

static Datum
read_timetz(const Target *target, PyObject *value)
{
	int64		offset;

	if (!PyTime_Check(value))
		return read_unrepresentable(target, value);
	offset = offset_of(target, value, PyDateTime_TIME_GET_TZINFO(value));
	if (offset % USECS_PER_SEC != 0)
		exclave_out_of_range(target);
	return exclave_timetz_datum(target, microseconds_of_day(value), offset / USECS_PER_SEC);
}

/* Keeps the days apart from the rest, as timedelta does. */
static Datum
read_interval(const Target *target, PyObject *value)
{
	return exclave_interval_datum(target, 0, PyDateTime_DELTA_GET_DAYS(value),
								  PyDateTime_DELTA_GET_SECONDS(value) * USECS_PER_SEC +
								  PyDateTime_DELTA_GET_MICROSECONDS(value));
}

static Datum
text_datum(const Target *target, const char *utf8, Py_ssize_t length)
{
	if (target->type == JSONBOID)
		return exclave_jsonb_datum(target, utf8, length);
	return exclave_input_datum(target, utf8, length);
}

/* Asks Python for the value as PostgreSQL's input function reads it. */
static Datum
through_input(const Target *target, PyObject *value)
{
	PyObject   *said = value;
	Py_ssize_t	length;
	const char *utf8;
	char	   *copy;

	if (PyUnicode_Check(value))
	{
		utf8 = utf8_of(target, value, &length);
		return text_datum(target, utf8, length);
	}
	said = exclave_call(target->type == JSONOID || target->type == JSONBOID ? "json_text" : "literal",
						Py_BuildValue("(Os)", value, target->utf8_name));
	utf8 = PyUnicode_Check(said) ? PyUnicode_AsUTF8AndSize(said, &length) : NULL;
	copy = utf8 == NULL ? NULL : pnstrdup(utf8, length);
	Py_DECREF(said);
	if (copy == NULL)
	{
		PyErr_Clear();
		wrong_type(target, value);
	}
	return text_datum(target, copy, length);
}

static bool
read_bool(const Target *target, PyObject *value)
{
	if (!PyBool_Check(value))
		wrong_type(target, value);
	return value == Py_True;
}

/* Text is what the input function of any type but these reads; what is no text becomes it. */
static Datum
read_object(const Target *target, PyObject *value)
{
	bool		is_text = PyUnicode_Check(value);

	switch (target->type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return read_integer(target, value);
		case FLOAT4OID:
		case FLOAT8OID:
			return read_floating(target, value);
		case BOOLOID:
			return BoolGetDatum(read_bool(target, value));
		case TEXTOID:
		case VARCHAROID:
			return read_text(target, value);
		case BYTEAOID:
			return read_bytea(target, value);
		case DATEOID:
			return is_text ? through_input(target, value) : read_date(target, value);
		case TIMEOID:
			return is_text ? through_input(target, value) : read_time(target, value);
		case TIMETZOID:
			return is_text ? through_input(target, value) : read_timetz(target, value);
		case TIMESTAMPOID:
			return is_text ? through_input(target, value) : read_timestamp(target, value);
		case TIMESTAMPTZOID:
			return is_text ? through_input(target, value) : read_timestamptz(target, value);
		case INTERVALOID:
			return PyDelta_Check(value) ? read_interval(target, value) :
				through_input(target, value);
		default:
			return through_input(target, value);
	}
}

/* Converts one value that is not None; the caller owns it. */
Datum
exclave_object_datum(const Target *target, PyObject *value)
{
	Datum		made = read_object(target, value);

	if (target->checked)
		exclave_check_value(target, made, false);
	return made;
}

/* Converts a row: a value for each target, which goes where its column is. */
void
exclave_store_row(PyObject *row, const Target *targets, int count, Datum *values, bool *nulls)
{
	bool		is_tuple = PyTuple_Check(row);

	if (!is_tuple && !PyList_Check(row))
		ereport(ERROR,
				errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				errmsg("expected a tuple or list as a row, found %s", Py_TYPE(row)->tp_name));
	if (Py_SIZE(row) != count)
		ereport(ERROR,
				errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
				errmsg("expected rows of %d values, found one of %zd", count, Py_SIZE(row)),
				errhint("A row has one value for each of plan.columns, in their order."));
	for (int i = 0; i < count; i++)
	{
		const Target *target = &targets[i];
		PyObject   *value = is_tuple ? PyTuple_GET_ITEM(row, i) : PyList_GET_ITEM(row, i);

		nulls[target->number - 1] = value == Py_None;
		if (value != Py_None)
			values[target->number - 1] = exclave_object_datum(target, value);
		else if (target->checked)
			exclave_check_value(target, (Datum) 0, true);
	}
}
