/* arrow_flat_list.c: lists that are copied into an array at once: of numbers, and of text. */
#include "arrow_reader.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/memutils.h"

/* Whether the elements are read one by one only because some may be NULL. */
bool
exclave_is_flat_list(const Reader *list)
{
	const Reader *elements = list->elements;

	if (list->dimensions != 1 || elements->never || elements->values != NULL ||
		elements->target->checked)
		return false;
	if (elements->target->type == TEXTOID)
		return elements->buffers != 2 && GetDatabaseEncoding() == PG_UTF8;
	return list->element_by_value && (list->element_length == 4 || list->element_length == 8);
}

/* Gives an array of one dimension without NULL, whose elements are still to be written. */
static ArrayType *
new_array(const Reader *list, int64 count, Size bytes)
{
	Size		size = ARR_OVERHEAD_NONULLS(1) + bytes;
	ArrayType  *made;

	if (!AllocSizeIsValid(size))
		exclave_out_of_range(list->target);
	made = exclave_row_memory(list->target, size);
	SET_VARSIZE(made, size);
	made->ndim = 1;
	made->dataoffset = 0;
	made->elemtype = list->element_type;
	ARR_DIMS(made)[0] = (int) count;
	ARR_LBOUND(made)[0] = 1;
	return made;
}

static Datum
read_numbers(const Reader *list, int64 start, int64 count)
{
	const Reader *elements = list->elements;
	ArrayType  *made = new_array(list, count, count * list->element_length);
	char	   *into = ARR_DATA_PTR(made);

	for (int64 at = elements->offset + start; at < elements->offset + start + count; at++)
	{
		Datum		value = elements->read(elements, at);

		if (list->element_length == 4)
			*(int32 *) into = DatumGetInt32(value);
		else
			*(int64 *) into = DatumGetInt64(value);
		into += list->element_length;
	}
	return PointerGetDatum(made);
}

static Datum
read_texts(const Reader *list, int64 start, int64 count)
{
	const Reader *elements = list->elements;
	Size		size = 0;
	int64		length;
	ArrayType  *made;
	char	   *into;

	for (int64 at = elements->offset + start; at < elements->offset + start + count; at++)
	{
		const char *utf8 = exclave_load_bytes(elements, at, &length);

		exclave_check_text(elements->target, utf8, length);
		size += INTALIGN(VARHDRSZ + length);
	}
	made = new_array(list, count, size);
	into = ARR_DATA_PTR(made);
	for (int64 at = elements->offset + start; at < elements->offset + start + count; at++)
	{
		const char *utf8 = exclave_load_bytes(elements, at, &length);

		SET_VARSIZE(into, VARHDRSZ + length);
		memcpy(VARDATA(into), utf8, length);
		memset(VARDATA(into) + length, 0, INTALIGN(length) - length);
		into += INTALIGN(VARHDRSZ + length);
	}
	return PointerGetDatum(made);
}

Datum
exclave_read_flat_list(const Reader *list, int64 row)
{
	int64		start;
	int64		end;

	if (list->elements->valid != NULL)
		return exclave_read_list(list, row);
	exclave_find_elements(list, row, &start, &end);
	if (start == end)
		return PointerGetDatum(construct_empty_array(list->element_type));
	return list->elements->target->type == TEXTOID ? read_texts(list, start, end - start) :
		read_numbers(list, start, end - start);
}
