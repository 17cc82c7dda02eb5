/*
 * cursor.c: a query of the same database as the rows of a scan, handed through untouched.
 *
 * The query runs in an executor within the scan's own: it shares the snapshot of the statement, and
 * its buffers and memory belong to what owns those of the scan. So there is no portal that could
 * outlive a savepoint, or be gone before the scan, and a row is not copied: the slot of the scan
 * points to where the query's row is.
 *
 * Rights are those of a view that the user of the scan owns: tables are checked for this user,
 * functions run as whoever runs the statement. Names are looked up by this user in pg_catalog
 * only, so a query has to name its schemas, and nobody's search_path changes what it means.
 */
#include "host.h"

#include "access/parallel.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parse_coerce.h"
#include "rewrite/rewriteDefine.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "spi.h"

struct HostCursor
{
	QueryDesc  *query;
	int			count;
	bool		checked;		/* whether some column is NOT NULL */
	const Target *targets;		/* where the columns go, in the slot of the scan */
	const Target *converted;	/* the one at which an error happens */
	ExprState **casts;			/* NULL for a value that is right as it is */
	ExprContext *row;			/* NULL if all are */
};

/* Has errors point into our query rather than into the client's. */
static void
add_context(void *argument)
{
	const char *text = argument;
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery(text);
	}
	else
		errcontext("SQL query of a foreign table: \"%s\"", text);
}

/* Refuses what is more than reading. */
static void
check_query(const Query *query)
{
	if (query->commandType != CMD_SELECT || query->hasModifyingCTE || query->rowMarks != NIL)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_CURSOR_DEFINITION),
				errmsg("a cursor of a foreign table can only read"),
				errhint("Give a SELECT, without FOR UPDATE and the like; context.spi.execute runs other statements."));
	if (IsParallelWorker())
		ereport(ERROR,
				errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				errmsg("a cursor of a foreign table cannot be used in a parallel worker"),
				errhint("Do not declare the class to be parallel_safe."));
}

/* Reads the query as the user of the scan; gives the types of its parameters too. */
static Query *
analyze(const char *text, Oid user, Oid **types, int *type_count)
{
	List	   *parsed = pg_parse_query(text);
	SavedUser	saved;
	Query	   *query;

	if (list_length(parsed) != 1)
		ereport(ERROR,
				errcode(ERRCODE_INVALID_CURSOR_DEFINITION),
				errmsg("expected one query, found %d", list_length(parsed)));
	exclave_become(user, &saved);
	query = parse_analyze_varparams(linitial_node(RawStmt, parsed), text, types, type_count, NULL);
	exclave_become_again(&saved);
	check_query(query);
	return query;
}

/* Plans the query; its tables are checked for the user, as those of a view for the view's owner. */
static PlannedStmt *
plan(Query *query, const char *text, Oid user, ParamListInfo parameters)
{
	List	   *rewritten;

	setRuleCheckAsUser((Node *) query, user);
	rewritten = pg_rewrite_query(query);
	if (list_length(rewritten) != 1)
		elog(ERROR, "a query became %d", list_length(rewritten));
	return pg_plan_query(linitial_node(Query, rewritten), text, 0, parameters);
}

static void
throw_type(Form_pg_attribute declared, Form_pg_attribute found)
{
	ereport(ERROR,
			errcode(ERRCODE_DATATYPE_MISMATCH),
			errmsg("column \"%s\" is of type %s, but the query gives %s",
				   NameStr(declared->attname),
				   format_type_with_typemod(declared->atttypid, declared->atttypmod),
				   format_type_with_typemod(found->atttypid, found->atttypmod)),
			errhint("Declare the column with the type of its source, or with one to which INSERT would convert it."));
}

/* Gives what converts a value as INSERT would; NULL if it is right as it is. */
static ExprState *
make_cast(Form_pg_attribute declared, Form_pg_attribute found)
{
	Expr	   *value;
	Node	   *cast;

	if (declared->atttypid == found->atttypid &&
		(declared->atttypmod == -1 || declared->atttypmod == found->atttypmod))
		return NULL;
	value = (Expr *) makeVar(1, found->attnum, found->atttypid, found->atttypmod,
							 found->attcollation, 0);
	cast = coerce_to_target_type(NULL, (Node *) value, found->atttypid, declared->atttypid,
								 declared->atttypmod, COERCION_ASSIGNMENT, COERCE_IMPLICIT_CAST,
								 -1);
	if (cast == NULL)
		throw_type(declared, found);
	if (cast == (Node *) value ||
		(IsA(cast, RelabelType) && ((RelabelType *) cast)->arg == value))
		return NULL;
	return ExecInitExpr(expression_planner((Expr *) cast), NULL);
}

/* Compares what the query gives with what the foreign table declares. */
static void
match_columns(HostCursor *cursor, const Target *targets, int count, TupleDesc declared)
{
	TupleDesc	found = cursor->query->tupDesc;

	if (found->natts != count)
		ereport(ERROR,
				errcode(ERRCODE_FDW_INCONSISTENT_DESCRIPTOR_INFORMATION),
				errmsg("expected a query of %d columns, found %d", count, found->natts),
				errhint("It gives a value for each of plan.columns, in their order."));
	cursor->count = count;
	cursor->targets = targets;
	cursor->casts = palloc0(sizeof(ExprState *) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		cursor->casts[i] = make_cast(TupleDescAttr(declared, targets[i].number - 1),
									 TupleDescAttr(found, i));
		if (cursor->casts[i] != NULL && cursor->row == NULL)
			cursor->row = CreateExprContext(cursor->query->estate);
		cursor->checked = cursor->checked || targets[i].not_null;
	}
}

/*
 * Starts the query of `asked`, which is (text, parameters), and which the caller owns. All that it
 * needs goes with the current memory context and resource owner.
 */
HostCursor *
exclave_cursor_open(PyObject *asked, Oid user, const Target *targets, int count,
					TupleDesc declared)
{
	HostCursor *cursor = palloc0(sizeof(HostCursor));
	ErrorContextCallback context;
	Oid		   *types = NULL;
	int			type_count = 0;
	Query	   *query;
	ParamListInfo parameters;
	char	   *text = exclave_query_text(PyTuple_GET_ITEM(asked, 0));

	context.callback = add_context;
	context.arg = text;
	context.previous = error_context_stack;
	error_context_stack = &context;
	query = analyze(text, user, &types, &type_count);
	parameters = exclave_parameters(PyTuple_GET_ITEM(asked, 1), types, type_count);
	cursor->query = CreateQueryDesc(plan(query, text, user, parameters), text, GetActiveSnapshot(),
									InvalidSnapshot, None_Receiver, parameters, NULL, 0);
	ExecutorStart(cursor->query, 0);
	error_context_stack = context.previous;
	match_columns(cursor, targets, count, declared);
	return cursor;
}

static void
name_column(void *argument)
{
	errcontext("column \"%s\" of a foreign table", ((HostCursor *) argument)->converted->name);
}

/* Converts those values that need it, in the memory of the scan's row. */
static void
convert(HostCursor *cursor, TupleTableSlot *row, Datum *values, bool *nulls)
{
	ErrorContextCallback context = {error_context_stack, name_column, cursor};

	error_context_stack = &context;
	ResetExprContext(cursor->row);
	cursor->row->ecxt_scantuple = row;
	for (int i = 0; i < cursor->count; i++)
	{
		int			to = cursor->targets[i].number - 1;

		if (cursor->casts[i] == NULL)
			continue;
		cursor->converted = &cursor->targets[i];
		values[to] = ExecEvalExpr(cursor->casts[i], cursor->row, &nulls[to]);
	}
	error_context_stack = context.previous;
}

/* Refuses NULL where planning relies on NOT NULL; domains were seen to by casts. */
static void
check_nulls(const HostCursor *cursor, const bool *nulls)
{
	for (int i = 0; i < cursor->count; i++)
		if (nulls[cursor->targets[i].number - 1] && cursor->targets[i].not_null)
			exclave_check_value(&cursor->targets[i], (Datum) 0, true);
}

/* Puts the next row, which stays where it is, into the arrays; false if there is none. */
bool
exclave_cursor_next(HostCursor *cursor, Datum *values, bool *nulls)
{
	EState	   *estate = cursor->query->estate;
	MemoryContext before = MemoryContextSwitchTo(estate->es_query_cxt);
	TupleTableSlot *row;

	ResetPerTupleExprContext(estate);
	row = ExecProcNode(cursor->query->planstate);
	MemoryContextSwitchTo(before);
	if (TupIsNull(row))
		return false;
	estate->es_processed++;
	if (estate->es_junkFilter != NULL)
		row = ExecFilterJunk(estate->es_junkFilter, row);
	slot_getsomeattrs(row, cursor->count);
	for (int i = 0; i < cursor->count; i++)
	{
		int			to = cursor->targets[i].number - 1;

		values[to] = row->tts_values[i];
		nulls[to] = row->tts_isnull[i];
	}
	if (cursor->row != NULL)
		convert(cursor, row, values, nulls);
	if (cursor->checked)
		check_nulls(cursor, nulls);
	return true;
}

/* Ends the query; not after an error, when PostgreSQL itself lets everything go. */
void
exclave_cursor_close(HostCursor *cursor)
{
	ExecutorFinish(cursor->query);
	ExecutorEnd(cursor->query);
	FreeQueryDesc(cursor->query);
}
