/* create_wrapper.c: exclave.create_wrapper: a wrapper with functions of its own. */
#include "host.h"

#include "commands/extension.h"
#include "executor/spi.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(exclave_create_wrapper);

static void
run(const char *statement)
{
	if (SPI_execute(statement, false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not run: %s", statement);
}

/*
 * Both functions are the same C code; what tells them apart is their OID and their setting. They
 * may be left over from a wrapper that was dropped. They go with the extension.
 */
static void
create_function(const char *schema, const char *name, const char *kind, const char *arguments,
				const char *returns, const char *class_name)
{
	run(psprintf("CREATE OR REPLACE FUNCTION %s.%s(%s) RETURNS %s AS '$libdir/exclave_fdw', 'exclave_%s' "
				 "LANGUAGE C STRICT SET exclave_fdw.class = %s",
				 schema, quote_identifier(psprintf("%s_%s", name, kind)), arguments, returns, kind,
				 quote_literal_cstr(class_name)));
	run(psprintf("REVOKE ALL ON FUNCTION %s.%s(%s) FROM PUBLIC", schema,
				 quote_identifier(psprintf("%s_%s", name, kind)), arguments));
	run(psprintf("ALTER FUNCTION %s.%s(%s) DEPENDS ON EXTENSION exclave_fdw", schema,
				 quote_identifier(psprintf("%s_%s", name, kind)), arguments));
}

/* A class is code that runs as the server's user: only superusers may choose one. */
static void
check_caller(void)
{
	if (!superuser())
		ereport(ERROR,
				errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("permission denied to create a foreign-data wrapper in Python"),
				errhint("Must be superuser to choose a Python class."));
}

/* Imports the class once, so that a mistake shows at once. */
static void
check_class(const char *class_name)
{
	PyObject   *result;

	exclave_start_python();
	result = exclave_call("check", Py_BuildValue("(s)", exclave_to_utf8(class_name)));
	exclave_release(&result);
}

/* A function that was there before may be somebody's who waits for a wrapper to be made of it. */
static void
check_functions(const char *name)
{
	ForeignDataWrapper *made = GetForeignDataWrapperByName(name, false);

	exclave_class_of_function(made->fdwhandler);
	exclave_class_of_function(made->fdwvalidator);
}

Datum
exclave_create_wrapper(PG_FUNCTION_ARGS)
{
	const char *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *class_name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	const char *schema;

	check_caller();
	if (strlen(name) + strlen("_validator") >= NAMEDATALEN)
		ereport(ERROR,
				errcode(ERRCODE_NAME_TOO_LONG),
				errmsg("name of the wrapper \"%s\" is too long", name),
				errhint("Its validator is called <name>_validator, so at most %d bytes are left.",
						(int) (NAMEDATALEN - 1 - strlen("_validator"))));
	check_class(class_name);

	schema = quote_identifier(get_namespace_name(get_func_namespace(fcinfo->flinfo->fn_oid)));
	SPI_connect();
	create_function(schema, name, "handler", "", "pg_catalog.fdw_handler", class_name);
	create_function(schema, name, "validator", "pg_catalog.text[], pg_catalog.oid",
					"pg_catalog.void", class_name);
	run(psprintf("CREATE FOREIGN DATA WRAPPER %s HANDLER %s.%s VALIDATOR %s.%s",
				 quote_identifier(name),
				 schema, quote_identifier(psprintf("%s_handler", name)),
				 schema, quote_identifier(psprintf("%s_validator", name))));
	SPI_finish();
	check_functions(name);
	PG_RETURN_VOID();
}
