/* options.c: the validator: options are checked by the class of the function that is called. */
#include "host.h"

#include "access/reloptions.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"

PG_FUNCTION_INFO_V1(exclave_validator);

/* Names the level of options as exclave.fdw does. */
static const char *
level_of(Oid catalog)
{
	switch (catalog)
	{
		case ForeignDataWrapperRelationId:
			return "wrapper";
		case ForeignServerRelationId:
			return "server";
		case UserMappingRelationId:
			return "mapping";
		case ForeignTableRelationId:
			return "table";
		case AttributeRelationId:
			return "column";
	}
	elog(ERROR, "options of an unknown kind of object: %u", catalog);
}

/*
 * The arguments are only options and a catalog, so the function itself, by its OID, has to say
 * which wrapper's they are.
 */
Datum
exclave_validator(PG_FUNCTION_ARGS)
{
	char	   *class_name = exclave_class_of_function(fcinfo->flinfo->fn_oid);
	const char *level = level_of(PG_GETARG_OID(1));
	List	   *options = NIL;
	PyObject   *result;
	ListCell   *cell;

	foreach(cell, untransformRelOptions(PG_GETARG_DATUM(0)))
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		options = lappend(options, list_make2(exclave_to_utf8(option->defname),
											  exclave_to_utf8(defGetString(option))));
	}
	exclave_start_python();
	result = exclave_call("validate", Py_BuildValue("(ssN)", class_name, level,
													exclave_python_options(options)));
	exclave_release(&result);
	PG_RETURN_VOID();
}
