/* averages.c: averages of sums and counts that the class gave. */
#include "host.h"

#include "catalog/pg_type.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

/* Divides as PostgreSQL's own averages do. */
static Datum
average_of(Oid type, Datum sum, int64 count)
{
	if (type == FLOAT8OID)
		return Float8GetDatum(DatumGetFloat8(sum) / (double) count);
	return DirectFunctionCall2(numeric_div, sum,
							   NumericGetDatum(int64_to_numeric(count)));
}

/* Makes the averages of a row of sums and counts. */
void
exclave_make_averages(List *averages, Datum *values, bool *nulls, TupleDesc row)
{
	for (int i = 0; i < list_length(averages); i += 3)
	{
		int			average = list_nth_int(averages, i) - 1;
		int			sum = list_nth_int(averages, i + 1) - 1;
		int			count = list_nth_int(averages, i + 2) - 1;

		nulls[average] = nulls[sum] || nulls[count] || DatumGetInt64(values[count]) == 0;
		if (!nulls[average])
			values[average] = average_of(TupleDescAttr(row, average)->atttypid, values[sum],
										 DatumGetInt64(values[count]));
	}
}
