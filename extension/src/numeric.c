/*
 * numeric.c: decimal numbers to numeric, without writing and reading text.
 *
 * What is stored is what numeric's own input function makes: digits to base 10000 without zeros at
 * the ends, the weight of the first of them, and how many decimal digits are shown after the point.
 * Source: src/backend/utils/adt/numeric.c of PostgreSQL; the format is that of tables on disk.
 */
#include "host.h"

#include "utils/fmgrprotos.h"

#define SHORT_FORM 0x8000
#define SHORT_NEGATIVE 0x2000
#define SHORT_SCALE_SHIFT 7
#define SHORT_LARGEST_SCALE 63
#define SHORT_WEIGHT_SIGN 0x0040
#define SHORT_WEIGHT 0x003f
#define LONG_NEGATIVE 0x4000

#define MOST_DIGITS 12			/* 128 bits have 39 decimal digits: at most 11 to base 10000 */

/* Gives the decimal digits that are in the lowest place, where only some are, and the others. */
static inline uint16
split_lowest(unsigned __int128 *size, int lowest)
{
	uint64		rest;

	/* divided by constants, as that is several times faster */
	switch (lowest)
	{
		case 1:
			rest = *size <= PG_UINT64_MAX ? (uint64) *size % 10 : (uint64) (*size % 10);
			*size = *size <= PG_UINT64_MAX ? (uint64) *size / 10 : *size / 10;
			return (uint16) rest * 1000;
		case 2:
			rest = *size <= PG_UINT64_MAX ? (uint64) *size % 100 : (uint64) (*size % 100);
			*size = *size <= PG_UINT64_MAX ? (uint64) *size / 100 : *size / 100;
			return (uint16) rest * 100;
		default:
			rest = *size <= PG_UINT64_MAX ? (uint64) *size % 1000 : (uint64) (*size % 1000);
			*size = *size <= PG_UINT64_MAX ? (uint64) *size / 1000 : *size / 1000;
			return (uint16) rest * 10;
	}
}

/* Writes the digits to the end of `digits`, the lowest last; gives how many. */
static int
split(unsigned __int128 size, int lowest, uint16 *digits)
{
	uint16	   *at = digits + MOST_DIGITS;
	uint64		rest;

	if (lowest > 0)
		*--at = split_lowest(&size, lowest);
	while (size > PG_UINT64_MAX)
	{
		unsigned __int128 higher = size / UINT64CONST(10000000000000000);
		uint64		low = (uint64) (size - higher * UINT64CONST(10000000000000000));

		for (int i = 0; i < 4; i++, low /= 10000)
			*--at = (uint16) (low % 10000);
		size = higher;
	}
	for (rest = (uint64) size; rest > 0; rest /= 10000)
		*--at = (uint16) (rest % 10000);
	return (int) (digits + MOST_DIGITS - at);
}

/* Writes a numeric without its length word; gives its size, at most EXCLAVE_LARGEST_NUMERIC. */
int
exclave_write_numeric(char *into, bool negative, unsigned __int128 size, int scale)
{
	uint16		digits[MOST_DIGITS * 2];	/* as many as are copied below follow the last */
	int			count = split(size, scale & 3, digits);
	const uint16 *first = digits + MOST_DIGITS - count;
	/* the weight of the lowest digit is -scale / 4, rounded down */
	int			weight = -(scale >= 0 ? (scale + 3) / 4 : -(-scale / 4)) + count - 1;
	uint16		header[2] = {0, 0};
	int			header_size;

	while (count > 0 && *first == 0)
	{
		first++;
		count--;
		weight--;
	}
	while (count > 0 && first[count - 1] == 0)
		count--;
	if (count == 0)
	{
		weight = 0;
		negative = false;
	}
	scale = Max(scale, 0);
	if (scale <= SHORT_LARGEST_SCALE && weight >= -(SHORT_WEIGHT + 1) && weight <= SHORT_WEIGHT)
	{
		header[0] = SHORT_FORM | (negative ? SHORT_NEGATIVE : 0) | (scale << SHORT_SCALE_SHIFT) |
			(weight < 0 ? SHORT_WEIGHT_SIGN : 0) | (weight & SHORT_WEIGHT);
		header_size = 2;
	}
	else
	{
		header[0] = (negative ? LONG_NEGATIVE : 0) | scale;
		header[1] = (uint16) (int16) weight;
		header_size = 4;
	}
	/* always as many, which is faster; what is too much counts for nothing */
	memcpy(into, header, sizeof(header));
	memcpy(into + header_size, first, MOST_DIGITS * sizeof(uint16));
	return header_size + count * (int) sizeof(uint16);
}

/* Gives size / 10^scale as a value that fits its column. */
Datum
exclave_exact_numeric_datum(const Target *target, bool negative, unsigned __int128 size, int scale)
{
	char		made[EXCLAVE_LARGEST_NUMERIC];
	int			length = exclave_write_numeric(made, negative, size, scale);

	return exclave_varlena(target, made, length);
}

/* The same, rounded as numeric(p, s) says, or an error where the number does not fit. */
Datum
exclave_numeric_datum(const Target *target, bool negative, unsigned __int128 size, int scale)
{
	Datum		value = exclave_exact_numeric_datum(target, negative, size, scale);

	if (target->typmod < 0)
		return value;
	return DirectFunctionCall2(numeric, value, Int32GetDatum(target->typmod));
}
