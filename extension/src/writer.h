/* writer.h: what is kept of a foreign table while one statement writes to it. */
#ifndef EXCLAVE_WRITER_H
#define EXCLAVE_WRITER_H

#include "host.h"

#include "nodes/execnodes.h"

typedef struct PythonWriter
{
	MemoryContextCallback released;
	MemoryContext context;		/* of this, and of all that lives as long as the statement */
	MemoryContext call;			/* of what one call needs */
	ModifyTableState *state;
	ResultRelInfo *target;
	CmdType		operation;
	bool		prepared;

	List	   *columns;		/* numbers of what each row holds */
	Bitmapset  *optional;		/* those that no one but a trigger may set */
	Bitmapset  *left_out;		/* of these, those that the current row leaves out */
	int			key_count;
	AttrNumber *key;			/* numbers of the key's columns, */
	AttrNumber *key_places;		/* and where in the rows of the plan their old values are */
	Target	   *returned;		/* what each row of an answer holds */
	int			returned_count;
	TupleTableSlot **kept;		/* of a batch, those rows that were inserted */
	int			kept_size;

	PyObject   *writer;			/* an exclave.fdw.writer.Writer */
	PyObject   *names;			/* of the columns */
	PyObject   *rows;			/* while they are made */
	PyObject   *answer;			/* while it is read: a list of tuples and None, or None */
} PythonWriter;

/* writer.c */
extern PythonWriter *exclave_begin_writer(ModifyTableState *state, ResultRelInfo *target,
										  CmdType operation, List *key);
extern void exclave_end_writer(ResultRelInfo *target);
extern char *exclave_key_name(Form_pg_attribute attribute);
extern void exclave_call_writer(PythonWriter *writer, const char *function, TupleTableSlot *row,
								TupleTableSlot *planned);
extern void exclave_call_batch_writer(PythonWriter *writer, TupleTableSlot **rows, int count);
extern bool exclave_written(PythonWriter *writer, int number, TupleTableSlot *slot);
extern void exclave_written_end(PythonWriter *writer);
extern bool exclave_old_row(ResultRelInfo *target, TupleTableSlot *planned, HeapTuple tuple);

/* written_columns.c: which columns a statement writes, and which it wants back */
extern void exclave_choose_columns(PythonWriter *writer);
extern List *exclave_wanted_columns(PythonWriter *writer);

#endif
