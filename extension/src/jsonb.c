/*
 * jsonb.c: JSON text to jsonb in one go, which is several times faster than its input function.
 *
 * What is unusual is left to the input function: long or deep documents, escapes by number, wide
 * objects, and everything that is wrong, so that errors are PostgreSQL's. What is made here is what
 * the input function makes, byte by byte (a test compares them).
 * Source: src/include/utils/jsonb.h and src/backend/utils/adt/jsonb_util.c of PostgreSQL.
 */
#include "json_nodes.h"

#include "mb/pg_wchar.h"
#include "utils/jsonb.h"

#define LONGEST_DOCUMENT (1024 * 1024)
#define SHORT 16				/* copied at once, as most strings are no longer */

typedef struct Writer
{
	char	   *start;
	uint32		size;
	const char *from;			/* the document, and where reading SHORT bytes ends in it */
	const char *until;
} Writer;

static uint32 write_value(Writer *writer, const JsonNode *node);

static inline void
pad(Writer *writer)
{
	while (writer->size % sizeof(int32) != 0)
		writer->start[writer->size++] = '\0';
}

static inline void
write_word(Writer *writer, uint32 at, uint32 word)
{
	memcpy(writer->start + at, &word, sizeof(word));
}

/* Gives room for the entries of a container, after its header. */
static uint32
start_container(Writer *writer, uint32 header, int entries)
{
	uint32		first;

	pad(writer);
	write_word(writer, writer->size, header);
	first = writer->size + sizeof(uint32);
	writer->size = first + sizeof(uint32) * entries;
	return first;
}

/* Writes the value of an entry, and the entry: its length, or every 32nd time where it ends. */
static void
write_entry(Writer *writer, uint32 first, int number, uint32 *total, const JsonNode *node)
{
	uint32		entry = write_value(writer, node);

	*total += JBE_OFFLENFLD(entry);
	if ((uint32) number % JB_OFFSET_STRIDE == 0)
		entry = (entry & JENTRY_TYPEMASK) | *total | JENTRY_HAS_OFF;
	write_word(writer, first + sizeof(uint32) * number, entry);
}

/* Short keys come before long ones. */
static inline int
compare_keys(const JsonNode *one, const JsonNode *other)
{
	if (one->count != other->count)
		return one->count > other->count ? 1 : -1;
	if (one->count > 0 && *one->bytes != *other->bytes)
		return (unsigned char) *one->bytes > (unsigned char) *other->bytes ? 1 : -1;
	return memcmp(one->bytes, other->bytes, one->count);
}

/* Gives the keys of an object in order, the last of equal ones; and how many there are. */
static int
sort_keys(const JsonNode *object, const JsonNode **keys)
{
	const JsonNode *key = object + 1;
	int			count = 0;

	for (int i = 0; i < object->count; i++, key = &exclave_json_nodes[key[1].next])
	{
		int			place = count;
		int			order = 1;

		while (place > 0 && (order = compare_keys(keys[place - 1], key)) > 0)
			place--;
		if (place > 0 && order == 0)
		{
			keys[place - 1] = key;
			continue;
		}
		memmove(keys + place + 1, keys + place, sizeof(*keys) * (count - place));
		keys[place] = key;
		count++;
	}
	return count;
}

static uint32
write_object(Writer *writer, const JsonNode *object)
{
	const JsonNode *keys[EXCLAVE_MOST_KEYS];
	uint32		before = writer->size;
	int			count = sort_keys(object, keys);
	uint32		first = start_container(writer, count | JB_FOBJECT, count * 2);
	uint32		total = 0;

	for (int i = 0; i < count; i++)
		write_entry(writer, first, i, &total, keys[i]);	/* strings */
	for (int i = 0; i < count; i++)
		write_entry(writer, first, count + i, &total, keys[i] + 1);
	return JENTRY_ISCONTAINER | (writer->size - before);
}

static uint32
write_array(Writer *writer, const JsonNode *array)
{
	const JsonNode *element = array + 1;
	uint32		before = writer->size;
	uint32		first = start_container(writer, array->count | JB_FARRAY, array->count);
	uint32		total = 0;

	for (int i = 0; i < array->count; i++, element = &exclave_json_nodes[element->next])
		write_entry(writer, first, i, &total, element);
	return JENTRY_ISCONTAINER | (writer->size - before);
}

static inline uint32
write_bytes(Writer *writer, const char *bytes, int count)
{
	if (count <= SHORT && bytes >= writer->from && bytes <= writer->until)
		memcpy(writer->start + writer->size, bytes, SHORT);
	else
		memcpy(writer->start + writer->size, bytes, count);
	writer->size += count;
	return count;
}

static uint32
write_number(Writer *writer, const JsonNode *node)
{
	uint32		before = writer->size;
	int			length;

	pad(writer);
	if (node->kind == A_NUMBER)
		write_bytes(writer, node->bytes, node->count);
	else
	{
		length = VARHDRSZ + exclave_write_numeric(writer->start + writer->size + VARHDRSZ,
												  node->negative, node->digits, node->scale);
		SET_VARSIZE(writer->start + writer->size, length);
		writer->size += length;
	}
	return JENTRY_ISNUMERIC | (writer->size - before);
}

/* Appends a value; gives what its entry says of it. */
static uint32
write_value(Writer *writer, const JsonNode *node)
{
	if (node->kind == A_STRING)	/* keys, and most values */
		return JENTRY_ISSTRING | write_bytes(writer, node->bytes, node->count);
	switch (node->kind)
	{
		case A_NULL:
			return JENTRY_ISNULL;
		case A_TRUE:
			return JENTRY_ISBOOL_TRUE;
		case A_FALSE:
			return JENTRY_ISBOOL_FALSE;
		case A_ARRAY:
			return write_array(writer, node);
		case A_OBJECT:
			return write_object(writer, node);
		default:
			return write_number(writer, node);
	}
}

/* A value that is no container stands in an array that says so. */
static void
write_document(Writer *writer, const JsonNode *root)
{
	uint32		total = 0;
	uint32		first;

	if (root->kind == A_ARRAY || root->kind == A_OBJECT)
	{
		write_value(writer, root);
		return;
	}
	first = start_container(writer, 1 | JB_FARRAY | JB_FSCALAR, 1);
	write_entry(writer, first, 0, &total, root);
}

/* Gives the jsonb of a JSON document in UTF-8. */
Datum
exclave_jsonb_datum(const Target *target, const char *utf8, int64 length)
{
	Writer		writer = {.size = VARHDRSZ,.from = utf8,.until = utf8 + length - SHORT};
	Size		numbers;
	int			count;
	bool		ascii;

	if (length > LONGEST_DOCUMENT || GetDatabaseEncoding() != PG_UTF8)
		return exclave_input_datum(target, utf8, length);
	count = exclave_read_json(utf8, length, &numbers, &ascii);
	if (count == 0)
		return exclave_input_datum(target, utf8, length);
	if (!ascii)
		exclave_check_text(target, utf8, length);
	/* of each node, and of what is around one that is no container: entry, header, padding */
	writer.start = exclave_row_memory(target, VARHDRSZ + length + numbers + SHORT +
									  (Size) (count + 1) * 3 * sizeof(uint32));
	write_document(&writer, exclave_json_nodes);
	SET_VARSIZE(writer.start, writer.size);
	return PointerGetDatum(writer.start);
}
