/*
 * host.h: what the parts of the host know of each other.
 *
 * The one rule of this directory: an error of PostgreSQL is a longjmp, and must never pass a frame
 * of Python. So PostgreSQL is called either while no Python code is on the stack below us (then
 * ereport is free, and every reference is owned by something that a memory context releases), or
 * from a function that Python calls, under PG_TRY (host_api.c).
 */
#ifndef EXCLAVE_HOST_H
#define EXCLAVE_HOST_H

#include "postgres.h"

#include "access/attnum.h"
#include "access/tupdesc.h"
#include "fmgr.h"
#include "nodes/pg_list.h"

/* both set these, for themselves */
#undef _POSIX_C_SOURCE
#undef _XOPEN_SOURCE
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "compat.h"

/* python.c: the interpreter of this backend */
extern char *exclave_python_path;
extern const char *exclave_unknown_setting;
extern void exclave_start_python(void);
extern bool exclave_python_runs(void);
extern PyObject *exclave_call(const char *function, PyObject *arguments);
extern void exclave_release(PyObject **reference);
extern void exclave_keep(PyObject *object);

/* memory.c: how much Python may take */
extern int exclave_memory_limit;
extern void exclave_prepare_memory(void);
extern void exclave_limit_memory(void);
extern void exclave_extend_memory(void);
extern void exclave_unlimit_memory(void);

/* interrupts.c: signals while Python runs */
extern void exclave_prepare_interrupts(void);
extern void exclave_enter_python(void);
extern void exclave_leave_python(void);
extern void exclave_enter_release(void);
extern void exclave_leave_release(void);
extern void exclave_enter_finishing(void);
extern void exclave_leave_finishing(void);
extern bool exclave_pause_python(void);
extern void exclave_resume_python(bool was_in_python);
extern bool exclave_is_releasing(void);
extern bool exclave_in_main_thread(void);
extern PyObject *exclave_cancelled;

/* errors.c: exceptions become errors, and errors exceptions */
extern EXCLAVE_NORETURN void exclave_throw(void);
extern void exclave_warn(const char *method, const char *server);
extern bool exclave_error_was_ignored(void);
extern void exclave_forget_error(void);
extern void exclave_raise_postgres_error(MemoryContext context);
extern void exclave_raise_kept_error(ErrorData *error);
extern char *exclave_to_server(const char *utf8);
extern char *exclave_to_utf8(const char *text);
extern char *exclave_message(const char *utf8);

/* transactions.c: sessions of Python in PostgreSQL's transactions */
extern PyObject *exclave_host_session(PyObject *self, PyObject *arguments);
extern bool exclave_in_session(void);

/* spi.c */
extern PyObject *exclave_host_execute(PyObject *self, PyObject *arguments);

/* host_api.c: the module _exclave_host, which Python calls */
extern bool exclave_may_call_postgres(const char *what);
extern bool exclave_may_use_postgres(const char *what);
PyMODINIT_FUNC PyInit__exclave_host(void);

/* roles.c: what roles may do, as Python asks for it */
extern PyObject *exclave_has_role(PyObject *self, PyObject *arguments);
extern PyObject *exclave_is_superuser(PyObject *self, PyObject *arguments);

/* table.c: a foreign table, its server and its wrapper, as Python is told of them */
typedef struct ForeignColumn
{
	AttrNumber	number;
	const char *name;
	const char *type_name;
	Oid			type;
	int32		typmod;
	Oid			collation;
	bool		not_null;
	List	   *options;
} ForeignColumn;

typedef struct ForeignObject
{
	const char *name;
	List	   *options;
} ForeignObject;

typedef struct TableDescription
{
	const char *class_name;
	const char *schema;
	Oid			relid;
	Oid			server_oid;
	Oid			user;			/* InvalidOid while planning */
	const char *user_name;
	ForeignObject table;
	ForeignObject server;
	ForeignObject wrapper;
	bool		has_mapping;
	List	   *mapping_options;
	int			column_count;
	ForeignColumn *columns;
} TableDescription;

extern char *exclave_class_of_function(Oid function);
extern TableDescription *exclave_describe_table(Oid relid, Oid user);
extern TableDescription *exclave_describe_server(Oid server, Oid user);
extern List *exclave_utf8_options(List *options);
extern PyObject *exclave_python_server(const TableDescription *server);
extern PyObject *exclave_python_table(const TableDescription *table);
extern PyObject *exclave_python_options(List *options);
extern PyObject *exclave_column_names(const TableDescription *table, List *numbers);

/* datum.c: values as the declared type wants them */
typedef struct Target
{
	AttrNumber	number;
	Oid			type;
	int32		typmod;
	const char *name;			/* in the server's encoding, for messages */
	const char *utf8_name;
	const char *type_name;
	Oid			io_parameter;
	FmgrInfo	input;
	char	   *buffer;			/* of small values of the current row */
	bool		checked;		/* the value, by one of these */
	bool		not_null;
	Oid			domain;			/* which the type above is under, or none */
	void	   *domain_checks;
	MemoryContext context;
} Target;

extern void exclave_prepare_target(Target *target, TupleDesc descriptor, AttrNumber number);
extern Target *exclave_element_target(const Target *array);
extern Datum exclave_text_datum(const Target *target, const char *utf8, int64 length);
extern Datum exclave_input_datum(const Target *target, const char *utf8, int64 length);
extern Datum exclave_bytea_datum(const Target *target, const char *bytes, int64 length);
extern Datum exclave_integer_datum(const Target *target, int64 value);
extern Datum exclave_float4_datum(const Target *target, double value);
extern Datum exclave_date_datum(const Target *target, int64 days_since_1970);
#define EXCLAVE_SECONDS_1970_TO_2000 INT64CONST(946684800)
extern Datum exclave_timestamp_datum(const Target *target, int64 microseconds_since_2000);
extern Datum exclave_time_datum(const Target *target, int64 microseconds);
extern Datum exclave_timetz_datum(const Target *target, int64 microseconds, int64 zone);
extern Datum exclave_interval_datum(const Target *target, int32 months, int32 days,
									int64 microseconds);
extern Datum exclave_varlena(const Target *target, const char *bytes, int64 length);
extern void *exclave_row_memory(const Target *target, Size size);
extern void exclave_check_text(const Target *target, const char *utf8, int64 length);
extern void exclave_check_value(const Target *target, Datum value, bool isnull);
extern EXCLAVE_NORETURN void exclave_out_of_range(const Target *target);

/* numeric.c, jsonb.c (and json_text.c): values of these two, without their input functions */
#define EXCLAVE_LARGEST_NUMERIC 36
extern int	exclave_write_numeric(char *into, bool negative, unsigned __int128 size, int scale);
extern Datum exclave_exact_numeric_datum(const Target *target, bool negative,
										 unsigned __int128 size, int scale);
extern Datum exclave_numeric_datum(const Target *target, bool negative, unsigned __int128 size,
								   int scale);
extern Datum exclave_jsonb_datum(const Target *target, const char *utf8, int64 length);

/* rows.c: tuples of Python objects to Datums */
extern Datum exclave_object_datum(const Target *target, PyObject *value);
extern void exclave_store_row(PyObject *row, const Target *targets, int count, Datum *values,
							  bool *nulls);
extern void exclave_prepare_rows(void);

/* to_python.c: Datums to Python objects */
struct ArrayType;
extern void exclave_prepare_to_python(void);
extern PyObject *exclave_python_value(Oid type, int32 typmod, Datum value);
extern PyObject *exclave_python_elements(struct ArrayType *array);
extern bool exclave_is_unrepresentable(PyObject *value);

/* arrow.c: an Arrow C stream to Datums */
typedef struct ArrowScan ArrowScan;
extern ArrowScan *exclave_arrow_open(PyObject *capsule, Target *targets, int count);
extern bool exclave_arrow_next(ArrowScan *scan, Datum *values, bool *nulls);
extern void exclave_arrow_close(ArrowScan *scan);

/* averages.c */
extern void exclave_make_averages(List *averages, Datum *values, bool *nulls, TupleDesc row);

/* planning.c, scan.c and so on: the callbacks */
struct FdwRoutine;
extern void exclave_set_planning(struct FdwRoutine *routine);
extern void exclave_set_scan(struct FdwRoutine *routine);
extern void exclave_set_explain(struct FdwRoutine *routine);
extern void exclave_set_upper(struct FdwRoutine *routine);
extern void exclave_set_modify(struct FdwRoutine *routine);
extern void exclave_set_truncate(struct FdwRoutine *routine);

/* modify.c */
struct EState;
extern bool exclave_statement_writes(struct EState *estate, Oid relid);
extern void exclave_set_import(struct FdwRoutine *routine);
extern void exclave_set_analyze(struct FdwRoutine *routine);

#endif
