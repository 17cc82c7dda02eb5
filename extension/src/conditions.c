/*
 * conditions.c: trees of conditions become what exclave.fdw.told builds its own of: tuples.
 *
 * Values come first, under PG_TRY, as converting them may report errors; nothing after that does.
 */
#include "host.h"

#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "quals.h"

typedef struct Teller
{
	const TableDescription *table;
	List	   *parameters;
	const Datum *values;		/* of the parameters; NULL while planning */
	const bool *nulls;
	bool		unrepresentable;	/* whether a parameter is */
	List	   *found;			/* values of trees, in their order, each with whether it is an array */
	PyObject   *told;			/* the same as a list */
	Py_ssize_t	next;
} Teller;

static PyObject *parameter_class = NULL;
static PyObject *column_class = NULL;

/* Finds the classes of placeholders, once a session. */
static void
prepare(void)
{
	PyObject   *module;

	if (column_class != NULL)
		return;
	exclave_enter_python();
	module = PyImport_ImportModule("exclave.fdw.conditions");
	if (module != NULL)
	{
		parameter_class = PyObject_GetAttrString(module, "Parameter");
		column_class = PyObject_GetAttrString(module, "ColumnReference");
		Py_DECREF(module);
	}
	exclave_leave_python();
	if (column_class == NULL)
		exclave_throw();
}

/* Lists the values in a tree. */
static void
find_values(Teller *teller, List *tree)
{
	int			kind = intVal(linitial(tree));

	switch (kind)
	{
		case CONDITION_COMPARISON:
		case CONDITION_ANY:
			teller->found = lappend(teller->found, list_nth(tree, 4));
			teller->found = lappend(teller->found, kind == CONDITION_ANY ? tree : NIL);
			break;
		case CONDITION_NULL:
			break;
		default:
			for (int i = 1; i < list_length(tree); i++)
				find_values(teller, list_nth(tree, i));
	}
}

static const char *
column_name(const Teller *teller, int number)
{
	for (int i = 0; i < teller->table->column_count; i++)
		if (teller->table->columns[i].number == number)
			return teller->table->columns[i].name;
	elog(ERROR, "there is no column %d", number);
}

static PyObject *
value_as_python(Oid type, Datum value, bool is_array)
{
	return is_array ? exclave_python_elements(DatumGetArrayTypeP(value)) :
		exclave_python_value(type, -1, value);
}

/* Gives a parameter: its value, None for NULL, or that it is one. */
static PyObject *
told_parameter(Teller *teller, int number, bool is_array)
{
	Node	   *expression = list_nth(teller->parameters, number);
	Oid			type = exprType(expression);
	PyObject   *value;

	if (teller->values == NULL)
		return PyObject_CallFunction(parameter_class, "is", number,
									 exclave_to_utf8(format_type_with_typemod(type,
																			  exprTypmod(expression))));
	if (teller->nulls[number])
		Py_RETURN_NONE;
	value = value_as_python(type, teller->values[number], is_array);
	if (value != NULL && exclave_is_unrepresentable(value))
		teller->unrepresentable = true;
	return value;
}

static PyObject *
told_value(Teller *teller, Node *value, bool is_array)
{
	if (IsA(value, Const))
		return value_as_python(((Const *) value)->consttype, ((Const *) value)->constvalue, is_array);
	if (IsA(value, Integer))
		return told_parameter(teller, intVal(value), is_array);
	return PyObject_CallFunction(column_class, "s",
								 column_name(teller, intVal(linitial((List *) value))));
}

/* Converts the values that were found; what PostgreSQL reports on the way leaves nothing behind. */
static void
tell_values(Teller *teller)
{
	volatile bool good = true;

	teller->told = PyList_New(list_length(teller->found) / 2);
	if (teller->told == NULL)
		exclave_throw();
	PG_TRY();
	{
		for (int i = 0; i < list_length(teller->found) && good; i += 2)
		{
			PyObject   *value = told_value(teller, list_nth(teller->found, i),
										   list_nth(teller->found, i + 1) != NIL);

			good = value != NULL;
			PyList_SET_ITEM(teller->told, i / 2, value);
		}
		if (!good)
			exclave_throw();
	}
	PG_CATCH();
	{
		Py_DECREF(teller->told);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

static PyObject *tell(Teller *teller, List *tree);

/* Makes a tuple of trees, from the one at `first` on. */
static PyObject *
tell_all(Teller *teller, List *trees, int first)
{
	PyObject   *made = PyTuple_New(list_length(trees) - first);

	for (int i = first; made != NULL && i < list_length(trees); i++)
	{
		PyObject   *part = tell(teller, list_nth(trees, i));

		if (part == NULL)
			Py_CLEAR(made);
		else
			PyTuple_SET_ITEM(made, i - first, part);
	}
	return made;
}

static const char *
string_or_null(List *tree, int position)
{
	return list_nth(tree, position) == NULL ? NULL : strVal(list_nth(tree, position));
}

/* Makes a tuple of a tree; NULL with an exception set if that fails. */
static PyObject *
tell(Teller *teller, List *tree)
{
	int			kind = intVal(linitial(tree));
	const char *column;

	if (kind == CONDITION_AND || kind == CONDITION_OR || kind == CONDITION_NOT)
		return Py_BuildValue("(sN)", kind == CONDITION_AND ? "and" : kind == CONDITION_OR ? "or" : "not",
							 tell_all(teller, tree, 1));
	column = column_name(teller, intVal(lsecond(tree)));
	if (kind == CONDITION_NULL)
		return Py_BuildValue("(ssN)", "null", column, PyBool_FromLong(intVal(lthird(tree))));
	if (kind == CONDITION_COMPARISON)
		return Py_BuildValue("(sssOz)", "comparison", column, strVal(lthird(tree)),
							 PyList_GET_ITEM(teller->told, teller->next++),
							 string_or_null(tree, 3));
	return Py_BuildValue("(sssONz)", "any", column, strVal(lthird(tree)),
						 PyList_GET_ITEM(teller->told, teller->next++),
						 PyBool_FromLong(intVal(list_nth(tree, 5))), string_or_null(tree, 3));
}

/*
 * Makes the tuples of which exclave.fdw.told makes conditions. While planning there are no
 * `values`; in a scan, says whether one of them is `unrepresentable`.
 */
PyObject *
exclave_python_conditions(List *trees, List *parameters, const TableDescription *table,
						  const Datum *values, const bool *nulls, bool *unrepresentable)
{
	Teller		teller = {.table = table, .parameters = parameters, .values = values, .nulls = nulls};
	PyObject   *made;
	ListCell   *cell;

	prepare();
	foreach(cell, trees)
		find_values(&teller, lfirst(cell));
	tell_values(&teller);
	made = tell_all(&teller, trees, 0);
	Py_DECREF(teller.told);
	if (made == NULL)
		exclave_throw();
	if (unrepresentable != NULL)
		*unrepresentable = teller.unrepresentable;
	return made;
}
