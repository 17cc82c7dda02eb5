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

static int64
microseconds_of(PyObject *value)
{
	int64		days = (int64) date2j(PyDateTime_GET_YEAR(value), PyDateTime_GET_MONTH(value),
									  PyDateTime_GET_DAY(value)) - UNIX_EPOCH_JDATE;
	int64		seconds = PyDateTime_DATE_GET_HOUR(value) * 3600 +
		PyDateTime_DATE_GET_MINUTE(value) * 60 + PyDateTime_DATE_GET_SECOND(value);

	return (days * SECS_PER_DAY + seconds) * USECS_PER_SEC + PyDateTime_DATE_GET_MICROSECOND(value);
}

static Datum
read_timestamp(const Target *target, PyObject *value)
{
	if (!PyDateTime_Check(value))
		return read_unrepresentable(target, value);
	if (PyDateTime_DATE_GET_TZINFO(value) != Py_None)
		ereport(ERROR,
				errcode(ERRCODE_FDW_INVALID_DATA_TYPE),
				errmsg("column \"%s\" is of type %s, found a datetime with a time zone",
					   target->name, target->type_name));
	return exclave_timestamp_datum(target, microseconds_of(value));
}

/* Gives the offset from UTC in microseconds, for which tzinfo is Python code. */
static int64
offset_of(const Target *target, PyObject *value)
{
	PyObject   *offset;
	int64		result = 0;
	bool		known;

	if (PyDateTime_DATE_GET_TZINFO(value) == PyDateTime_TimeZone_UTC)
		return 0;
	exclave_enter_python();
	offset = PyObject_CallMethod(value, "utcoffset", NULL);
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
				errmsg("column \"%s\" is of type %s, found a datetime without a time zone",
					   target->name, target->type_name),
				errhint("Give it one, for instance with datetime.replace(tzinfo=UTC)."));
	return result;
}

static Datum
read_timestamptz(const Target *target, PyObject *value)
{
	if (!PyDateTime_Check(value))
		return read_unrepresentable(target, value);
	return exclave_timestamp_datum(target, microseconds_of(value) - offset_of(target, value));
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
		return exclave_input_datum(target, utf8, length);
	}
	said = exclave_call("literal", Py_BuildValue("(Os)", value, target->utf8_name));
	utf8 = PyUnicode_Check(said) ? PyUnicode_AsUTF8AndSize(said, &length) : NULL;
	copy = utf8 == NULL ? NULL : pnstrdup(utf8, length);
	Py_DECREF(said);
	if (copy == NULL)
	{
		PyErr_Clear();
		wrong_type(target, value);
	}
	return exclave_input_datum(target, copy, length);
}

/* Converts one value that is not None; the caller owns it. */
Datum
exclave_object_datum(const Target *target, PyObject *value)
{
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
			if (!PyBool_Check(value))
				wrong_type(target, value);
			return BoolGetDatum(value == Py_True);
		case TEXTOID:
		case VARCHAROID:
			return read_text(target, value);
		case BYTEAOID:
			return read_bytea(target, value);
		case DATEOID:
			return read_date(target, value);
		case TIMESTAMPOID:
			return read_timestamp(target, value);
		case TIMESTAMPTZOID:
			return read_timestamptz(target, value);
		default:
			return through_input(target, value);
	}
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
	}
}
