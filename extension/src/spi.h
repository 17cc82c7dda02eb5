/* spi.h: queries of Python to the database in which it runs. */
#ifndef EXCLAVE_SPI_H
#define EXCLAVE_SPI_H

#include "host.h"

#include "nodes/params.h"

/* who somebody was before exclave_become() */
typedef struct SavedUser
{
	Oid			user;
	int			security;
	int			settings;
} SavedUser;

extern void exclave_become(Oid user, SavedUser *saved);
extern void exclave_become_again(const SavedUser *saved);
extern char *exclave_query_text(PyObject *text);
extern ParamListInfo exclave_parameters(PyObject *values, const Oid *types, int count);

/* cursor.c */
typedef struct HostCursor HostCursor;
extern HostCursor *exclave_cursor_open(PyObject *asked, Oid user, const Target *targets, int count,
									   TupleDesc declared);
extern bool exclave_cursor_next(HostCursor *cursor, Datum *values, bool *nulls);
extern void exclave_cursor_close(HostCursor *cursor);

#endif
