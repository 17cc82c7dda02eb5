/*
 * arrow_reader.h: what the parts of the Arrow reader know of each other.
 *
 * A Reader reads one Arrow array as one declared type: it is chosen once a scan (arrow_choose.c),
 * pointed at the buffers of each batch (arrow.c), and asked for one row after the other.
 */
#ifndef EXCLAVE_ARROW_READER_H
#define EXCLAVE_ARROW_READER_H

#include "host.h"

#include "arrow.h"

#define EXCLAVE_VARIADIC (-1)	/* three buffers or more: those of views */

typedef struct Reader Reader;

struct Reader
{
	Datum		(*read) (const Reader *reader, int64 row);
	const Target *target;
	int			child;			/* which child of the batch */
	char		code;			/* the letter of the Arrow format that tells variants apart */
	int			buffers;		/* that this format has, or EXCLAVE_VARIADIC */
	int			width;			/* bytes of a value of fixed width, values of a fixed list */
	int			scale;			/* digits after the point of decimals */
	int64		limit;			/* one more than the largest decimal, if that is in 64 bits */
	int64		per_second;		/* units of moments, times and durations */
	bool		never;			/* the type of nothing but NULL */
	bool		simple;			/* neither that, nor a dictionary, nor anything to check */
	Reader	   *values;			/* of a dictionary, which this one's integers point into */
	Reader	   *elements;		/* of a list, or the fields of a struct */
	int			field_count;	/* of a struct, and the composite type that it becomes */
	TupleDesc	descriptor;
	int			dimensions;		/* of the array that a list becomes, and its elements */
	Oid			element_type;
	int16		element_length;
	bool		element_by_value;
	char		element_alignment;
	/* of the current batch */
	const uint8 *valid;
	const void *data;
	const char *bytes;
	const void **parts;			/* of views: buffers of bytes, and how long they are */
	const int64 *part_sizes;
	int64		part_count;
	int64		offset;
	int64		length;
};

/* arrow_choose.c: which reader */
extern bool exclave_choose_reader(Reader *reader, const struct ArrowSchema *field);

/* one file a family: each chooses its reader, or says that it has none */
extern bool exclave_is_arrow_integer(const char *format);
extern bool exclave_is_arrow_text(const char *format);
extern bool exclave_choose_number(Reader *reader, const char *format);
extern bool exclave_choose_text(Reader *reader, const char *format);
extern bool exclave_choose_bytes(Reader *reader, const char *format);
extern bool exclave_choose_time(Reader *reader, const char *format);
extern bool exclave_choose_numeric(Reader *reader, const char *format);
extern bool exclave_choose_dictionary(Reader *reader, const struct ArrowSchema *field);
extern bool exclave_choose_list(Reader *reader, const struct ArrowSchema *field);
extern bool exclave_choose_struct(Reader *reader, const struct ArrowSchema *schema);

extern int64 exclave_load_integer(const Reader *reader, int64 row);
extern const char *exclave_load_bytes(const Reader *reader, int64 row, int64 *length);
extern void exclave_find_elements(const Reader *list, int64 row, int64 *start, int64 *end);
extern Datum exclave_read_list(const Reader *list, int64 row);
extern Datum exclave_read_flat_list(const Reader *list, int64 row);
extern bool exclave_is_flat_list(const Reader *list);
extern bool exclave_dictionary_has(const Reader *reader, int64 row);
extern void exclave_wrong_offsets(const Reader *reader);

/* Whether a row (counted from the start of the buffers) has a value. */
static inline bool
exclave_has_value(const Reader *reader, int64 row)
{
	if (reader->never)
		return false;
	if (reader->valid != NULL && !((reader->valid[row >> 3] >> (row & 7)) & 1))
		return false;
	return reader->values == NULL || exclave_dictionary_has(reader, row);
}

/* Gives the value of a row, or NULL, after the checks that its column asks for. */
static inline Datum
exclave_read_value(const Reader *reader, int64 row, bool *isnull)
{
	Datum		value = (Datum) 0;

	if (likely(reader->simple))
	{
		*isnull = reader->valid != NULL && !((reader->valid[row >> 3] >> (row & 7)) & 1);
		return *isnull ? value : reader->read(reader, row);
	}
	*isnull = !exclave_has_value(reader, row);
	if (!*isnull)
		value = reader->read(reader, row);
	if (reader->target->checked)
		exclave_check_value(reader->target, value, *isnull);
	return value;
}

#endif
