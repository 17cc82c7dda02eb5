/*
 * transactions.c: sessions, the objects of Python that take part in PostgreSQL's transactions.
 *
 * What a session knows of the transaction is kept here, not in Python, so that it is right
 * whatever the methods of the session do. They are called in three ways:
 *
 * - begin() and savepoint() from Python, in context.session: an exception goes on as it is;
 * - prepare() and release() where an error still aborts: an exception is thrown;
 * - commit(), abort(), rollback_to() and close() where PostgreSQL is past all that, and holds
 *   interrupts back: an exception is a warning, and a cancel ends what runs (interrupts.c).
 */
#include "host.h"

#include "access/xact.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

typedef struct HostSession
{
	struct HostSession *next;
	Oid			server;
	Oid			user;
	uint32		server_hash;	/* as invalidations name it */
	char		name[NAMEDATALEN];	/* of the server, for messages */
	PyObject   *object;
	int			level;			/* that it was told of; 0 outside of a transaction */
	int			released;		/* the level that is just being released, or 0 */
	bool		stale;			/* options have changed */
	bool		lost;			/* nobody knows what the source holds */
} HostSession;

static HostSession *sessions = NULL;
static bool in_method = false;	/* of a session, while a transaction or a level ends */

/* Calls a method where nothing may fail; says whether it did not. */
static bool
finish(HostSession *session, const char *method, int level)
{
	PyObject   *result;

	in_method = true;
	exclave_enter_finishing();
	if (level > 0)
		result = PyObject_CallMethod(session->object, method, "i", level);
	else
		result = PyObject_CallMethod(session->object, method, NULL);
	exclave_leave_finishing();
	in_method = false;
	if (result == NULL || exclave_error_was_ignored())
		exclave_warn(method, session->name);
	if (result == NULL)
		return false;
	exclave_release(&result);
	return true;
}

/* Calls a method where an error aborts the transaction or its level, and throws. */
static void
ask(HostSession *session, const char *method, int level)
{
	PyObject   *result;

	in_method = true;
	exclave_enter_python();
	if (level > 0)
		result = PyObject_CallMethod(session->object, method, "i", level);
	else
		result = PyObject_CallMethod(session->object, method, NULL);
	if (result != NULL && exclave_error_was_ignored())
		Py_CLEAR(result);
	exclave_leave_python();
	in_method = false;
	if (result == NULL)
		exclave_throw();
	exclave_release(&result);
}

/* Takes a session out of the list, and lets it close itself. */
static void
drop(HostSession *session)
{
	HostSession **link = &sessions;

	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
	finish(session, "close", 0);
	exclave_release(&session->object);
	pfree(session);
}

/* The same for a function that Python called, where an exception may be on its way. */
static void
drop_from_python(HostSession *session)
{
	bool		was_in_python = exclave_pause_python();
	PyObject   *type;
	PyObject   *exception;
	PyObject   *traceback;

	PyErr_Fetch(&type, &exception, &traceback);
	drop(session);
	PyErr_Restore(type, exception, traceback);
	exclave_resume_python(was_in_python);
}

static void
throw_lost(const HostSession *session)
{
	ereport(ERROR,
			errcode(ERRCODE_FDW_ERROR),
			errmsg("the session of server \"%s\" failed as a savepoint was rolled back",
				   session->name),
			errdetail("What the source holds of this transaction is not known."),
			errhint("Roll back the whole transaction."));
}

static void
prepare_all(void)
{
	for (HostSession *session = sessions; session != NULL; session = session->next)
	{
		if (session->level == 0)
			continue;
		if (session->lost)
			throw_lost(session);
		ask(session, "prepare", 0);
	}
}

/* Ends the transaction of all sessions: with "commit" or "abort". */
static void
end_all(const char *method)
{
	HostSession *next;

	for (HostSession *session = sessions; session != NULL; session = next)
	{
		bool		took_part = session->level > 0;

		next = session->next;
		session->level = 0;
		session->released = 0;
		if (took_part && !finish(session, method, 0))
			session->lost = true;
		if (session->lost || session->stale)
			drop(session);
	}
}

static void
refuse_two_phases(void)
{
	for (HostSession *session = sessions; session != NULL; session = session->next)
		if (session->level > 0)
			ereport(ERROR,
					errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("cannot PREPARE a transaction that has used foreign server \"%s\"",
						   session->name),
					errdetail("Its wrapper keeps a session, which has to end with the transaction."),
					errhint("Use COMMIT or ROLLBACK."));
}

/* The parallel worker of a wrapper that allows it has sessions of its own, which end with it. */
static void
on_transaction(XactEvent event, void *argument)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PARALLEL_PRE_COMMIT:
			prepare_all();
			break;
		case XACT_EVENT_PRE_PREPARE:
			refuse_two_phases();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PARALLEL_COMMIT:
		case XACT_EVENT_PREPARE:
			end_all("commit");
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PARALLEL_ABORT:
			end_all("abort");
			break;
	}
}

/*
 * A level that one session has released and another could not: PostgreSQL rolls it back, and the
 * first cannot.
 */
static void
roll_back(HostSession *session, int level)
{
	if (session->released == level)
		session->lost = true;
	else if (session->level >= level && !session->lost && !proc_exit_inprogress &&
			 !finish(session, "rollback_to", level))
		session->lost = true;
	session->released = 0;
	session->level = Min(session->level, level - 1);
}

static void
release_level(HostSession *session, int level)
{
	if (session->level < level)
		return;
	if (!session->lost)
		ask(session, "release", level);
	session->level = level - 1;
	session->released = level;
}

static void
on_subtransaction(SubXactEvent event, SubTransactionId mine, SubTransactionId parent,
				  void *argument)
{
	int			level = GetCurrentTransactionNestLevel();

	if (event == SUBXACT_EVENT_START_SUB)
		return;					/* those that are asked for in it learn of it then */
	for (HostSession *session = sessions; session != NULL; session = session->next)
	{
		if (event == SUBXACT_EVENT_PRE_COMMIT_SUB)
			release_level(session, level);
		else if (event == SUBXACT_EVENT_COMMIT_SUB)
			session->released = 0;
		else
			roll_back(session, level);
	}
}

/* Before PostgreSQL's own clean-up, which would abort a transaction that is open after this. */
static void
on_exit_of_backend(int code, Datum argument)
{
	end_all("abort");
	while (sessions != NULL)
		drop(sessions);
}

/* Notes that options may have changed; mappings are few, and one may be new for a user. */
static void
on_invalidation(Datum argument, int cache, uint32 hash)
{
	for (HostSession *session = sessions; session != NULL; session = session->next)
		if (cache != FOREIGNSERVEROID || hash == 0 || hash == session->server_hash)
			session->stale = true;
}

static void
register_callbacks(void)
{
	static bool done = false;

	if (done)
		return;
	done = true;
	RegisterXactCallback(on_transaction, NULL);
	RegisterSubXactCallback(on_subtransaction, NULL);
	CacheRegisterSyscacheCallback(FOREIGNSERVEROID, on_invalidation, (Datum) 0);
	CacheRegisterSyscacheCallback(USERMAPPINGOID, on_invalidation, (Datum) 0);
	CacheRegisterSyscacheCallback(FOREIGNDATAWRAPPEROID, on_invalidation, (Datum) 0);
	before_shmem_exit(on_exit_of_backend, (Datum) 0);
}

static HostSession *
find(Oid server, Oid user)
{
	for (HostSession *session = sessions; session != NULL; session = session->next)
		if (session->server == server && session->user == user)
			return session;
	return NULL;
}

/* Keeps what Python made; NULL with an exception set if PostgreSQL fails. */
static HostSession *
keep(Oid server, Oid user, PyObject *object)
{
	MemoryContext context = CurrentMemoryContext;
	HostSession *volatile made = NULL;
	bool		was_in_python = exclave_pause_python();

	PG_TRY();
	{
		ForeignServer *found = GetForeignServer(server);
		HostSession *session;

		register_callbacks();
		session = MemoryContextAllocZero(TopMemoryContext, sizeof(HostSession));
		session->server = server;
		session->user = user;
		session->server_hash = GetSysCacheHashValue1(FOREIGNSERVEROID, ObjectIdGetDatum(server));
		snprintf(session->name, NAMEDATALEN, "%s", found->servername);
		session->next = sessions;
		sessions = session;
		made = session;
	}
	PG_CATCH();
	{
		exclave_raise_postgres_error(context);
	}
	PG_END_TRY();
	exclave_resume_python(was_in_python);
	if (made == NULL)
		return NULL;
	Py_INCREF(object);
	made->object = object;
	return made;
}

/* Tells a session of the transaction, and of its levels; false with an exception set. */
static bool
bring_up(HostSession *session)
{
	PyObject   *done;

	if (session->level == 0)
	{
		session->level = 1;
		done = PyObject_CallMethod(session->object, "begin", NULL);
		if (done == NULL)
		{
			drop_from_python(session);
			return false;
		}
		Py_DECREF(done);
	}
	while (session->level < GetCurrentTransactionNestLevel())
	{
		done = PyObject_CallMethod(session->object, "savepoint", "i", session->level + 1);
		if (done == NULL)
			return false;
		Py_DECREF(done);
		session->level++;
	}
	return true;
}

static void
raise_lost(const HostSession *session)
{
	PyErr_Format(PyExc_RuntimeError,
				 "the session of server \"%s\" failed as a savepoint was rolled back; roll back the whole transaction",
				 session->name);
}

/* session(server, user, make): what context.session gives. */
PyObject *
exclave_host_session(PyObject *self, PyObject *arguments)
{
	unsigned int server;
	unsigned int user;
	PyObject   *make;
	HostSession *session;

	if (!PyArg_ParseTuple(arguments, "IIO", &server, &user, &make) ||
		!exclave_may_use_postgres("a session"))
		return NULL;
	session = find(server, user);
	if (session != NULL && session->stale && session->level == 0)
	{
		drop_from_python(session);
		session = NULL;
	}
	if (session == NULL)
	{
		PyObject   *object = PyObject_CallNoArgs(make);

		if (object == NULL)
			return NULL;
		session = find(server, user);	/* what makes one may have needed one */
		if (session == NULL)
			session = keep(server, user, object);
		Py_DECREF(object);
		if (session == NULL)
			return NULL;
	}
	if (session->lost)
	{
		raise_lost(session);
		return NULL;
	}
	if (!bring_up(session))
		return NULL;
	Py_INCREF(session->object);
	return session->object;
}

/* Whether a session is just asked to end something, so that nothing new may begin. */
bool
exclave_in_session(void)
{
	return in_method;
}
