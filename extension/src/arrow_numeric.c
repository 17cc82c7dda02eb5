/* arrow_numeric.c: decimals of Arrow, of 32 to 256 bits. */
#include "arrow_reader.h"

/* Gives the size of a decimal, and whether it is below zero. */
static unsigned __int128
load_decimal(const Reader *reader, int64 row, bool *negative)
{
	int128		value;

	switch (reader->width)
	{
		case 4:
			value = ((const int32 *) reader->data)[row];
			break;
		case 8:
			value = ((const int64 *) reader->data)[row];
			break;
		default:
			memcpy(&value, (const char *) reader->data + row * 16, 16);
	}
	*negative = value < 0;
	return value < 0 ? -(unsigned __int128) value : (unsigned __int128) value;
}

static Datum
read_decimal(const Reader *reader, int64 row)
{
	bool		negative;
	unsigned __int128 size = load_decimal(reader, row, &negative);

	return exclave_numeric_datum(reader->target, negative, size, reader->scale);
}

/* Reads numeric(p, s) from decimals of the same s: nothing to round, only p is to be kept to. */
static Datum
read_decimal_of_same_scale(const Reader *reader, int64 row)
{
	bool		negative;
	unsigned __int128 size = load_decimal(reader, row, &negative);

	if (size >= (unsigned __int128) reader->limit)
		exclave_out_of_range(reader->target);
	return exclave_exact_numeric_datum(reader->target, negative, size, reader->scale);
}

/* Writes a number of 256 bits with `scale` digits after the point, as numeric's input reads it. */
static Datum
read_decimal256(const Reader *reader, int64 row)
{
	uint32		parts[8];		/* the lowest first */
	char		digits[96];
	char	   *at = digits + sizeof(digits) - 1;
	char	   *text;
	bool		negative;
	bool		more = true;

	memcpy(parts, (const char *) reader->data + row * 32, 32);
	negative = (parts[7] & 0x80000000) != 0;
	for (uint64 carry = 1, i = 0; negative && i < 8; i++)
	{
		carry += (uint32) ~parts[i];
		parts[i] = (uint32) carry;
		carry >>= 32;
	}
	*at = '\0';
	while (more)
	{
		uint64		rest = 0;

		more = false;
		for (int i = 7; i >= 0; i--)
		{
			rest = (rest << 32) | parts[i];
			parts[i] = (uint32) (rest / 10);
			rest %= 10;
			more = more || parts[i] != 0;
		}
		*--at = '0' + (char) rest;
	}
	text = psprintf("%s%se%d", negative ? "-" : "", at, -reader->scale);
	return exclave_input_datum(reader->target, text, strlen(text));
}

static Datum
read_numeric_from_integer(const Reader *reader, int64 row)
{
	uint64		size;
	bool		negative = false;

	if (reader->code == 'L')
		size = ((const uint64 *) reader->data)[row];
	else
	{
		int64		value = exclave_load_integer(reader, row);

		negative = value < 0;
		size = negative ? -(uint64) value : (uint64) value;
	}
	return exclave_numeric_datum(reader->target, negative, size, 0);
}

/* Precision and scale of a typmod, as numeric.c packs them; 18 digits fit into 64 bits. */
static void
choose_same_scale(Reader *reader)
{
	int32		packed = reader->target->typmod - VARHDRSZ;
	int			precision = (packed >> 16) & 0xffff;
	int			scale = ((packed & 0x7ff) ^ 1024) - 1024;

	if (reader->target->typmod < 0)
		reader->read = read_decimal;
	else if (scale == reader->scale && scale >= 0 && precision <= 18)
	{
		reader->limit = 1;
		while (precision-- > 0)
			reader->limit *= 10;
		reader->read = read_decimal_of_same_scale;
	}
}

/* Integers and decimals become numeric; floats do not, as they are not what they look like. */
bool
exclave_choose_numeric(Reader *reader, const char *format)
{
	int			precision;
	int			bits = 128;

	if (exclave_is_arrow_integer(format))
	{
		reader->read = read_numeric_from_integer;
		return true;
	}
	if (sscanf(format, "d:%d,%d,%d", &precision, &reader->scale, &bits) < 2 ||
		reader->scale < -1000 || reader->scale > 1000)
		return false;
	if (bits != 32 && bits != 64 && bits != 128 && bits != 256)
		return false;
	reader->width = bits / 8;
	reader->read = bits == 256 ? read_decimal256 : read_decimal;
	if (bits < 256)
		choose_same_scale(reader);
	return true;
}
