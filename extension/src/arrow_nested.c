/* arrow_nested.c: dictionaries, whose values are elsewhere, and structs, which are rows. */
#include "arrow_reader.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* Reads the value that an integer points to; whether that is NULL was asked before. */
static Datum
read_dictionary(const Reader *reader, int64 row)
{
	return reader->values->read(reader->values,
								reader->values->offset + exclave_load_integer(reader, row));
}

/* Whether the value of a dictionary that a row points to is there. */
bool
exclave_dictionary_has(const Reader *reader, int64 row)
{
	int64		index = exclave_load_integer(reader, row);

	if (index < 0 || index >= reader->values->length)
		exclave_wrong_offsets(reader);
	return exclave_has_value(reader->values, reader->values->offset + index);
}

/* A dictionary is integers that point to values, which are read as if they stood there. */
bool
exclave_choose_dictionary(Reader *reader, const struct ArrowSchema *field)
{
	if (!exclave_is_arrow_integer(field->format) || field->dictionary->dictionary != NULL)
		return false;
	reader->values = palloc0(sizeof(Reader));
	reader->values->target = reader->target;
	if (!exclave_choose_reader(reader->values, field->dictionary))
		return false;
	reader->code = *field->format;
	reader->buffers = 2;
	reader->read = read_dictionary;
	return reader->values->dimensions == 0;
}

/* Reads a struct as a value of a composite type. */
static Datum
read_struct(const Reader *reader, int64 row)
{
	TupleDesc	descriptor = reader->descriptor;
	Datum	   *values = palloc0(sizeof(Datum) * descriptor->natts);
	bool	   *nulls = palloc(sizeof(bool) * descriptor->natts);

	memset(nulls, true, sizeof(bool) * descriptor->natts);
	for (int i = 0; i < reader->field_count; i++)
	{
		const Reader *field = &reader->elements[i];
		int			column = field->target->number - 1;

		/* its fields were pointed at the first row of the struct, not of the buffers */
		values[column] = exclave_read_value(field, field->offset + row - reader->offset,
											&nulls[column]);
	}
	return HeapTupleGetDatum(heap_form_tuple(descriptor, values, nulls));
}

static const struct ArrowSchema *
find_field(const struct ArrowSchema *schema, const char *name, int *child)
{
	for (*child = 0; *child < schema->n_children; ++*child)
		if (schema->children[*child]->name != NULL &&
			strcmp(schema->children[*child]->name, name) == 0)
			return schema->children[*child];
	return NULL;
}

/* A struct is read as a composite type of which it has all columns, by name. */
bool
exclave_choose_struct(Reader *reader, const struct ArrowSchema *schema)
{
	if (strcmp(schema->format, "+s") != 0 || !type_is_rowtype(reader->target->type) ||
		get_typtype(reader->target->type) != TYPTYPE_COMPOSITE)
		return false;
	reader->descriptor = lookup_rowtype_tupdesc_copy(reader->target->type, -1);
	reader->elements = palloc0(sizeof(Reader) * reader->descriptor->natts);
	for (int number = 1; number <= reader->descriptor->natts; number++)
	{
		Reader	   *field = &reader->elements[reader->field_count];
		Target	   *target;
		const struct ArrowSchema *found;

		if (TupleDescAttr(reader->descriptor, number - 1)->attisdropped)
			continue;
		target = palloc0(sizeof(Target));
		exclave_prepare_target(target, reader->descriptor, number);
		field->target = target;
		found = find_field(schema, target->utf8_name, &field->child);
		if (found == NULL || !exclave_choose_reader(field, found))
			return false;
		target->name = reader->target->name;
		reader->field_count++;
	}
	reader->buffers = 1;
	reader->read = read_struct;
	return true;
}
