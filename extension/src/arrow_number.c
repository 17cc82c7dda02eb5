/* arrow_number.c: integers, floats, booleans, and UUIDs of Arrow. */
#include "arrow_reader.h"

#include "catalog/pg_type.h"
#include "utils/uuid.h"

bool
exclave_is_arrow_integer(const char *format)
{
	return strlen(format) == 1 && strchr("cCsSiIlL", *format) != NULL;
}

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

int64
exclave_load_integer(const Reader *reader, int64 row)
{
	return load_integer(reader, row);
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
read_int16_from_int16(const Reader *reader, int64 row)
{
	return Int16GetDatum(((const int16 *) reader->data)[row]);
}

static Datum
read_float8_from_double(const Reader *reader, int64 row)
{
	return Float8GetDatum(((const double *) reader->data)[row]);
}

/* Gives a float of half precision: 1 bit of sign, 5 of the exponent, 10 of the fraction. */
static double
load_half(uint16 half)
{
	int			exponent = (half >> 10) & 0x1f;
	double		fraction = half & 0x3ff;
	double		size;

	if (exponent == 0x1f)
		size = fraction == 0 ? INFINITY : NAN;
	else if (exponent == 0)
		size = ldexp(fraction, -24);
	else
		size = ldexp(fraction + 0x400, exponent - 25);
	return half & 0x8000 ? -size : size;
}

static Datum
read_float(const Reader *reader, int64 row)
{
	double		value;

	if (reader->code == 'g')
		value = ((const double *) reader->data)[row];
	else if (reader->code == 'f')
		value = ((const float *) reader->data)[row];
	else
		value = load_half(((const uint16 *) reader->data)[row]);
	if (reader->target->type == FLOAT4OID)
		return exclave_float4_datum(reader->target, value);
	return Float8GetDatum(value);
}

static Datum
read_bool(const Reader *reader, int64 row)
{
	return BoolGetDatum((((const uint8 *) reader->data)[row >> 3] >> (row & 7)) & 1);
}

static Datum
read_uuid(const Reader *reader, int64 row)
{
	pg_uuid_t  *made = exclave_row_memory(reader->target, sizeof(pg_uuid_t));

	memcpy(made->data, (const char *) reader->data + row * UUID_LEN, UUID_LEN);
	return UUIDPGetDatum(made);
}

static bool
choose_integer(Reader *reader, const char *format)
{
	Oid			type = reader->target->type;

	if (type == INT8OID && *format == 'l')
		reader->read = read_int64_from_int64;
	else if (type == INT4OID && *format == 'i')
		reader->read = read_int32_from_int32;
	else if (type == INT2OID && *format == 's')
		reader->read = read_int16_from_int16;
	else
		reader->read = read_integer;
	return exclave_is_arrow_integer(format);
}

/* Chooses among the readers of this file; false if the format cannot be read as the type. */
bool
exclave_choose_number(Reader *reader, const char *format)
{
	Oid			type = reader->target->type;

	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return choose_integer(reader, format);
		case FLOAT4OID:
		case FLOAT8OID:
			reader->read = type == FLOAT8OID && *format == 'g' ? read_float8_from_double : read_float;
			return strlen(format) == 1 && strchr("efg", *format) != NULL;
		case BOOLOID:
			reader->read = read_bool;
			return strcmp(format, "b") == 0;
		case UUIDOID:
			reader->read = read_uuid;
			return strcmp(format, "w:16") == 0;
		default:
			return false;
	}
}
