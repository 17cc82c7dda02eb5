/* roles.c: what roles may do, as Python asks for it. */
#include "host.h"

#include "miscadmin.h"
#include "utils/acl.h"

/*
 * has_role(user, role): whether a user, by OID, has the privileges of a role, by name; 0 is the
 * current user. A superuser has all.
 */
PyObject *
exclave_has_role(PyObject *self, PyObject *arguments)
{
	MemoryContext context = CurrentMemoryContext;
	unsigned int user;
	const char *name;
	volatile bool good = true;
	volatile bool has = false;
	bool		was_in_python;

	if (!PyArg_ParseTuple(arguments, "Is", &user, &name) ||
		!exclave_may_use_postgres("a role"))
		return NULL;
	was_in_python = exclave_pause_python();
	PG_TRY();
	{
		Oid			role = get_role_oid(exclave_to_server(name), false);

		has = has_privs_of_role(OidIsValid(user) ? user : GetUserId(), role);
	}
	PG_CATCH();
	{
		exclave_raise_postgres_error(context);
		good = false;
	}
	PG_END_TRY();
	exclave_resume_python(was_in_python);
	return good ? PyBool_FromLong(has) : NULL;
}

/* is_superuser(user): of a user, by OID; 0 is the current user. */
PyObject *
exclave_is_superuser(PyObject *self, PyObject *arguments)
{
	MemoryContext context = CurrentMemoryContext;
	unsigned int user;
	volatile bool good = true;
	volatile bool is = false;
	bool		was_in_python;

	if (!PyArg_ParseTuple(arguments, "I", &user) || !exclave_may_use_postgres("a role"))
		return NULL;
	was_in_python = exclave_pause_python();
	PG_TRY();
	{
		is = superuser_arg(OidIsValid(user) ? user : GetUserId());
	}
	PG_CATCH();
	{
		exclave_raise_postgres_error(context);
		good = false;
	}
	PG_END_TRY();
	exclave_resume_python(was_in_python);
	return good ? PyBool_FromLong(is) : NULL;
}
