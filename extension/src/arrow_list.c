/* arrow_list.c: lists of Arrow, nested or not, become arrays of as many dimensions. */
#include "arrow_reader.h"

#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* The elements of one array, row by row, and the lengths of its dimensions. */
typedef struct Elements
{
	int			sizes[MAXDIM];
	int			count;
	int			capacity;
	Datum	   *values;
	bool	   *nulls;
} Elements;

static bool
is_list(const char *format)
{
	return strcmp(format, "+l") == 0 || strcmp(format, "+L") == 0 || strcmp(format, "+vl") == 0 ||
		strcmp(format, "+vL") == 0 || strncmp(format, "+w:", 3) == 0;
}

/* Gives where the elements of a list are; what comes from outside is checked. */
void
exclave_find_elements(const Reader *list, int64 row, int64 *start, int64 *end)
{
	const void *sizes = list->bytes;

	switch (list->code)
	{
		case 'w':				/* as many in each */
			*start = row * list->width;
			*end = *start + list->width;
			break;
		case 'l':
			*start = ((const int32 *) list->data)[row];
			*end = ((const int32 *) list->data)[row + 1];
			break;
		case 'L':
			*start = ((const int64 *) list->data)[row];
			*end = ((const int64 *) list->data)[row + 1];
			break;
		case 'v':				/* views: start and size */
			*start = ((const int32 *) list->data)[row];
			*end = *start + ((const int32 *) sizes)[row];
			break;
		default:				/* 'V' */
			*start = ((const int64 *) list->data)[row];
			*end = *start + Min(((const int64 *) sizes)[row], PG_INT64_MAX - Max(*start, 0));
	}
	if (*start < 0 || *end < *start || *end > list->elements->length)
		exclave_wrong_offsets(list);
	if (*end - *start > (int64) MaxArraySize)
		exclave_out_of_range(list->target);
}

static void
wrong_dimensions(const Reader *list)
{
	ereport(ERROR,
			errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
			errmsg("lists in column \"%s\" differ in length, or are NULL", list->target->name),
			errhint("An array of PostgreSQL of more than one dimension is a rectangle."));
}

static void
add_element(Elements *into, const Reader *reader, int64 at)
{
	if (into->count == into->capacity)
	{
		into->capacity *= 2;
		if ((Size) into->capacity > MaxArraySize)
			exclave_out_of_range(reader->target);
		into->values = repalloc(into->values, sizeof(Datum) * into->capacity);
		into->nulls = repalloc(into->nulls, sizeof(bool) * into->capacity);
	}
	into->values[into->count] = exclave_read_value(reader, at, &into->nulls[into->count]);
	into->count++;
}

/* Adds the elements of a list, or of the lists in it. */
static void
add_list(Elements *into, const Reader *list, int64 row, int dimension)
{
	const Reader *inner = list->elements;
	int64		start;
	int64		end;

	exclave_find_elements(list, row, &start, &end);
	if (into->sizes[dimension] < 0)
		into->sizes[dimension] = (int) (end - start);
	else if (into->sizes[dimension] != end - start)
		wrong_dimensions(list);
	for (int64 at = inner->offset + start; at < inner->offset + end; at++)
	{
		if (inner->dimensions == 0)
			add_element(into, inner, at);
		else if (exclave_has_value(inner, at))
			add_list(into, inner, at, dimension + 1);
		else
			wrong_dimensions(list);
	}
}

Datum
exclave_read_list(const Reader *list, int64 row)
{
	int			lower[MAXDIM] = {1, 1, 1, 1, 1, 1};
	Elements	found = {.sizes = {-1, -1, -1, -1, -1, -1}, .capacity = 16};
	const Reader *leaf = list;

	while (leaf->dimensions > 0)
		leaf = leaf->elements;
	found.values = palloc(sizeof(Datum) * found.capacity);
	found.nulls = palloc(sizeof(bool) * found.capacity);
	add_list(&found, list, row, 0);
	if (found.count == 0)
		return PointerGetDatum(construct_empty_array(leaf->target->type));
	return PointerGetDatum(construct_md_array(found.values, found.nulls, list->dimensions,
											  found.sizes, lower, list->element_type,
											  list->element_length, list->element_by_value,
											  list->element_alignment));
}

/* A list becomes an array, if its elements can be read as the array's. */
bool
exclave_choose_list(Reader *reader, const struct ArrowSchema *field)
{
	Target	   *element;

	if (!is_list(field->format) || field->n_children != 1)
		return false;
	reader->elements = palloc0(sizeof(Reader));
	if (is_list(field->children[0]->format) && field->children[0]->dictionary == NULL)
		reader->elements->target = reader->target;	/* one dimension more of the same array */
	else
	{
		element = exclave_element_target(reader->target);
		if (element == NULL)
			return false;
		reader->elements->target = element;
	}
	if (!exclave_choose_reader(reader->elements, field->children[0]))
		return false;
	reader->dimensions = reader->elements->dimensions + 1;
	reader->code = field->format[1];
	reader->buffers = 2;
	if (reader->code == 'w')
	{
		reader->buffers = 1;
		reader->width = atoi(field->format + 3);
	}
	else if (reader->code == 'v')
	{
		reader->buffers = 3;
		reader->code = field->format[2] == 'L' ? 'V' : 'v';
	}
	reader->element_type = get_element_type(reader->target->type);
	get_typlenbyvalalign(reader->element_type, &reader->element_length, &reader->element_by_value,
						 &reader->element_alignment);
	reader->read = exclave_is_flat_list(reader) ? exclave_read_flat_list : exclave_read_list;
	return reader->dimensions <= MAXDIM && reader->width >= 0;
}
