/*
 * to_python.c: Datums to Python objects, exactly; what Python cannot hold is told as text.
 *
 * To be called where ereport is free. What is allocated on the way stays in the current memory
 * context, which should be one that is reset each row.
 */
#include "host.h"

#include <datetime.h>
#undef DATETIME_H			/* PostgreSQL's file of that name has the same guard */

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/float.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define LAST_DAY_OF_TIMEDELTA 999999999

static PyObject *decimal_class;
static PyObject *uuid_class;
static PyObject *unrepresentable_class;

static PyObject *
imported(const char *module_name, const char *name)
{
	PyObject   *module = PyImport_ImportModule(module_name);
	PyObject   *found = module == NULL ? NULL : PyObject_GetAttrString(module, name);

	Py_XDECREF(module);
	if (found == NULL)
		exclave_throw();
	return found;
}

/* Finds the Python types of values, once a session. */
void
exclave_prepare_to_python(void)
{
	PyDateTime_IMPORT;
	if (PyDateTimeAPI == NULL)
		exclave_throw();
	decimal_class = imported("decimal", "Decimal");
	uuid_class = imported("uuid", "UUID");
	unrepresentable_class = imported("exclave.fdw.conditions", "Unrepresentable");
}

/* Sets what output functions obey to what does not depend on the session; -1 if that is so. */
static int
plain_output(void)
{
	int			level;

	if (DateStyle == USE_ISO_DATES && IntervalStyle == INTSTYLE_POSTGRES && extra_float_digits >= 1)
		return -1;
	level = NewGUCNestLevel();
	(void) set_config_option("datestyle", "ISO", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true,
							 0, false);
	(void) set_config_option("intervalstyle", "postgres", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("extra_float_digits", "3", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	return level;
}

/* Gives what the output function of a type says. */
static char *
output_text(Oid type, Datum value)
{
	int			level = plain_output();
	Oid			output;
	bool		is_varlena;
	char	   *text;

	getTypeOutputInfo(type, &output, &is_varlena);
	text = OidOutputFunctionCall(output, value);
	if (level >= 0)
		AtEOXact_GUC(true, level);
	return exclave_to_utf8(text);
}

static PyObject *
unrepresentable(Oid type, int32 typmod, Datum value)
{
	char	   *name = exclave_to_utf8(format_type_with_typemod(type, typmod));

	return PyObject_CallFunction(unrepresentable_class, "ss", name, output_text(type, value));
}

/* Whether a value, or one within a list of values, is one that Python cannot hold. */
bool
exclave_is_unrepresentable(PyObject *value)
{
	if (PyList_Check(value))
	{
		for (Py_ssize_t i = 0; i < PyList_GET_SIZE(value); i++)
			if (exclave_is_unrepresentable(PyList_GET_ITEM(value, i)))
				return true;
		return false;
	}
	return Py_TYPE(value) == (PyTypeObject *) unrepresentable_class;
}

static PyObject *
text_value(const char *text, int length)
{
	const char *utf8 = pg_server_to_any(text, length, PG_UTF8);

	return PyUnicode_DecodeUTF8(utf8, utf8 == text ? length : (Py_ssize_t) strlen(utf8), NULL);
}

static PyObject *
varlena_text_value(Datum value)
{
	text	   *plain = DatumGetTextPP(value);

	return text_value(VARDATA_ANY(plain), VARSIZE_ANY_EXHDR(plain));
}

static PyObject *
bytea_value(Datum value)
{
	bytea	   *plain = DatumGetByteaPP(value);

	return PyBytes_FromStringAndSize(VARDATA_ANY(plain), VARSIZE_ANY_EXHDR(plain));
}

static PyObject *
decimal_value(Datum value)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, value));

	return PyObject_CallFunction(decimal_class, "s", text);
}

static PyObject *
uuid_value(Datum value)
{
	pg_uuid_t  *uuid = DatumGetUUIDP(value);

	return PyObject_CallFunction(uuid_class, "Oy#", Py_None, (const char *) uuid->data,
								 (Py_ssize_t) UUID_LEN);
}

static inline bool
year_of_python(int year)
{
	return year >= 1 && year <= 9999;
}

/* These give NULL without an exception if Python has no such value. */

static PyObject *
date_value(DateADT date)
{
	int			year;
	int			month;
	int			day;

	if (DATE_NOT_FINITE(date))
		return NULL;
	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return year_of_python(year) ? PyDate_FromDate(year, month, day) : NULL;
}

static PyObject *
timestamp_value(Timestamp moment, PyObject *zone)
{
	struct pg_tm parts;
	fsec_t		fraction;

	if (TIMESTAMP_NOT_FINITE(moment) ||
		timestamp2tm(moment, NULL, &parts, &fraction, NULL, NULL) != 0 ||
		!year_of_python(parts.tm_year))
		return NULL;
	return PyDateTimeAPI->DateTime_FromDateAndTime(parts.tm_year, parts.tm_mon, parts.tm_mday,
												   parts.tm_hour, parts.tm_min, parts.tm_sec,
												   fraction, zone, PyDateTimeAPI->DateTimeType);
}

static PyObject *
time_value(TimeADT time, PyObject *zone)
{
	struct pg_tm parts;
	fsec_t		fraction;

	time2tm(time, &parts, &fraction);
	if (parts.tm_hour > 23)
		return NULL;			/* 24:00 */
	return PyDateTimeAPI->Time_FromTime(parts.tm_hour, parts.tm_min, parts.tm_sec, fraction, zone,
										PyDateTimeAPI->TimeType);
}

static PyObject *
timetz_value(const TimeTzADT *time)
{
	PyObject   *offset = PyDelta_FromDSU(0, -time->zone, 0);
	PyObject   *zone = offset == NULL ? NULL : PyTimeZone_FromOffset(offset);
	PyObject   *value = zone == NULL ? NULL : time_value(time->time, zone);

	Py_XDECREF(offset);
	Py_XDECREF(zone);
	return value;
}

static PyObject *
interval_value(const Interval *interval)
{
	int64		days = interval->day + interval->time / USECS_PER_DAY;
	int64		rest = interval->time % USECS_PER_DAY;

	/* infinity has months too */
	if (interval->month != 0 || days < -LAST_DAY_OF_TIMEDELTA + 1 || days > LAST_DAY_OF_TIMEDELTA - 1)
		return NULL;
	return PyDelta_FromDSU((int) days, (int) (rest / USECS_PER_SEC), (int) (rest % USECS_PER_SEC));
}

/* Gives the elements of an array of any dimensions as one list, with None where they are NULL. */
PyObject *
exclave_python_elements(ArrayType *array)
{
	Oid			type = ARR_ELEMTYPE(array);
	int16		length;
	bool		by_value;
	char		alignment;
	Datum	   *values;
	bool	   *nulls;
	int			count;
	PyObject   *list;
	volatile bool good = true;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	deconstruct_array(array, type, length, by_value, alignment, &values, &nulls, &count);
	list = PyList_New(count);
	if (list == NULL)
		return NULL;
	PG_TRY();
	{
		for (int i = 0; i < count && good; i++)
		{
			PyObject   *value = nulls[i] ? Py_NewRef(Py_None) :
				exclave_python_value(type, -1, values[i]);

			good = value != NULL;
			PyList_SET_ITEM(list, i, value);
		}
	}
	PG_CATCH();
	{
		Py_DECREF(list);
		PG_RE_THROW();
	}
	PG_END_TRY();
	if (!good)
		Py_CLEAR(list);
	return list;
}

/* Makes lists in lists of elements, from the one at `next` on. */
static PyObject *
nested(PyObject *elements, int *next, const int *dimensions, int depth)
{
	PyObject   *list = PyList_New(dimensions[0]);

	for (int i = 0; list != NULL && i < dimensions[0]; i++)
	{
		PyObject   *item = depth == 1 ? Py_NewRef(PyList_GET_ITEM(elements, (*next)++)) :
			nested(elements, next, dimensions + 1, depth - 1);

		if (item == NULL)
			Py_CLEAR(list);
		else
			PyList_SET_ITEM(list, i, item);
	}
	return list;
}

/* Gives lists in lists; NULL without an exception if bounds or elements are not Python's. */
static PyObject *
array_value(ArrayType *array)
{
	PyObject   *elements;
	PyObject   *value;
	int			next = 0;

	for (int i = 0; i < ARR_NDIM(array); i++)
		if (ARR_LBOUND(array)[i] != 1)
			return NULL;
	elements = exclave_python_elements(array);
	if (elements == NULL || ARR_NDIM(array) == 0)
		return elements;
	value = exclave_is_unrepresentable(elements) ? NULL :
		nested(elements, &next, ARR_DIMS(array), ARR_NDIM(array));
	Py_DECREF(elements);
	return value;
}

/* Gives a value of a type that may have values which Python has not; then NULL, no exception. */
static PyObject *
perhaps_value(Oid type, Datum value)
{
	switch (type)
	{
		case DATEOID:
			return date_value(DatumGetDateADT(value));
		case TIMEOID:
			return time_value(DatumGetTimeADT(value), Py_None);
		case TIMETZOID:
			return timetz_value(DatumGetTimeTzADTP(value));
		case TIMESTAMPOID:
			return timestamp_value(DatumGetTimestamp(value), Py_None);
		case TIMESTAMPTZOID:
			return timestamp_value(DatumGetTimestampTz(value), PyDateTime_TimeZone_UTC);
		case INTERVALOID:
			return interval_value(DatumGetIntervalP(value));
		default:
			return array_value(DatumGetArrayTypeP(value));
	}
}

/*
 * Gives a value as a Python object, a new reference; NULL with an exception set if that fails.
 * Domains are looked through. Types that Python does not have (json, inet, enums, ranges and so
 * on) are the text of their output function; values that the Python type does not have, such as
 * infinity as a date, are exclave.fdw.Unrepresentable.
 */
PyObject *
exclave_python_value(Oid type, int32 typmod, Datum value)
{
	PyObject   *made;
	char	   *text;

	type = getBaseTypeAndTypmod(type, &typmod);
	switch (type)
	{
		case BOOLOID:
			return PyBool_FromLong(DatumGetBool(value));
		case INT2OID:
			return PyLong_FromLong(DatumGetInt16(value));
		case INT4OID:
			return PyLong_FromLong(DatumGetInt32(value));
		case INT8OID:
			return PyLong_FromLongLong(DatumGetInt64(value));
		case OIDOID:
			return PyLong_FromUnsignedLong(DatumGetObjectId(value));
		case FLOAT4OID:
			return PyFloat_FromDouble(DatumGetFloat4(value));
		case FLOAT8OID:
			return PyFloat_FromDouble(DatumGetFloat8(value));
		case NUMERICOID:
			return decimal_value(value);
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case JSONOID:
			return varlena_text_value(value);
		case NAMEOID:
			return text_value(NameStr(*DatumGetName(value)), strlen(NameStr(*DatumGetName(value))));
		case BYTEAOID:
			return bytea_value(value);
		case UUIDOID:
			return uuid_value(value);
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case INTERVALOID:
			break;
		default:
			if (OidIsValid(get_element_type(type)))
				break;
			text = output_text(type, value);
			return PyUnicode_DecodeUTF8(text, strlen(text), NULL);
	}
	made = perhaps_value(type, value);
	if (made == NULL && !PyErr_Occurred())
		return unrepresentable(type, typmod, value);
	return made;
}
