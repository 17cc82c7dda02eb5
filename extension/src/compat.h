/* compat.h: what differs between PostgreSQL 15 and 18, and nowhere else. */
#ifndef EXCLAVE_COMPAT_H
#define EXCLAVE_COMPAT_H

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#else
extern PGDLLEXPORT void _PG_init(void);	/* 16 declares it in fmgr.h */
#endif

/* pg_noreturn of 18 stands before the type, pg_attribute_noreturn() of the others behind. */
#define EXCLAVE_NORETURN __attribute__((noreturn))

#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#define EXCLAVE_FOREIGN_PATH(root, rel, rows, startup, total, keys, outer, private) \
	create_foreignscan_path(root, rel, NULL, rows, 0, startup, total, keys, outer, NULL, NIL, private)
#define EXCLAVE_UPPER_PATH(root, rel, target, rows, startup, total, keys, private) \
	create_foreign_upper_path(root, rel, target, rows, 0, startup, total, keys, NULL, NIL, private)
#elif PG_VERSION_NUM >= 170000
#define EXCLAVE_FOREIGN_PATH(root, rel, rows, startup, total, keys, outer, private) \
	create_foreignscan_path(root, rel, NULL, rows, startup, total, keys, outer, NULL, NIL, private)
#define EXCLAVE_UPPER_PATH(root, rel, target, rows, startup, total, keys, private) \
	create_foreign_upper_path(root, rel, target, rows, startup, total, keys, NULL, NIL, private)
#else
#define EXCLAVE_FOREIGN_PATH(root, rel, rows, startup, total, keys, outer, private) \
	create_foreignscan_path(root, rel, NULL, rows, startup, total, keys, outer, NULL, private)
#define EXCLAVE_UPPER_PATH(root, rel, target, rows, startup, total, keys, private) \
	create_foreign_upper_path(root, rel, target, rows, startup, total, keys, NULL, private)
#endif

/* As whom a table is scanned: the owner of the view that names it, or the current user. */
#if PG_VERSION_NUM >= 160000
#define EXCLAVE_CHECK_AS_USER(node, plan) ((plan)->checkAsUser)
#else
#define EXCLAVE_CHECK_AS_USER(node, plan) \
	(exec_rt_fetch(bms_next_member((plan)->fs_relids, -1), (node)->ss.ps.state)->checkAsUser)
#endif

/* Whether a collation compares bytes, and a pathkey descends. */
#if PG_VERSION_NUM >= 180000
#define EXCLAVE_COMPARES_BYTES(collation) (pg_newlocale_from_collation(collation)->collate_is_c)
#define EXCLAVE_DESCENDING(pathkey) ((pathkey)->pk_cmptype == COMPARE_GT)
#else
#define EXCLAVE_COMPARES_BYTES(collation) lc_collate_is_c(collation)
#define EXCLAVE_DESCENDING(pathkey) ((pathkey)->pk_strategy == BTGreaterStrategyNumber)
#endif

/* Members of an equivalence class that are a child's; before 18 they are among the others. */
#if PG_VERSION_NUM >= 180000
#define EXCLAVE_CHILD_MEMBERS(class, child) \
	((class)->ec_childmembers != NULL && (child) < (class)->ec_childmembers_size ? \
	 (class)->ec_childmembers[child] : NIL)
#else
#define EXCLAVE_CHILD_MEMBERS(class, child) NIL
#endif

/* As whom a table is written; nobody in particular is InvalidOid. */
#if PG_VERSION_NUM >= 160000
#define EXCLAVE_WRITE_AS_USER(target, estate) ExecGetResultRelCheckAsUser(target, estate)
#else
#define EXCLAVE_WRITE_AS_USER(target, estate) \
	(exec_rt_fetch((target)->ri_RangeTableIndex != 0 ? (target)->ri_RangeTableIndex : \
				   (target)->ri_RootResultRelInfo->ri_RangeTableIndex, estate)->checkAsUser)
#endif

/* From the columns of a partitioned table to those of a partition that rows are brought to. */
#if PG_VERSION_NUM >= 160000
#define EXCLAVE_ROOT_MAP(target, estate) ExecGetRootToChildMap(target, estate)
#else
#define EXCLAVE_ROOT_MAP(target, estate) ((target)->ri_RootToPartitionMap)
#endif

/* Columns that are computed as they are read. */
#if PG_VERSION_NUM >= 180000
#define EXCLAVE_IS_VIRTUAL(attribute) ((attribute)->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
#else
#define EXCLAVE_IS_VIRTUAL(attribute) false
#endif

/* Reads the name of a type; an error if there is none. */
#if PG_VERSION_NUM >= 160000
#define EXCLAVE_PARSE_TYPE(text, type, typmod) parseTypeString(text, type, typmod, NULL)
#else
#define EXCLAVE_PARSE_TYPE(text, type, typmod) parseTypeString(text, type, typmod, false)
#endif

/* A timeout of the transaction ends the session, as pg_terminate_backend does. */
#if PG_VERSION_NUM >= 170000
#define EXCLAVE_SESSION_ENDS() (ProcDiePending || ClientConnectionLost || TransactionTimeoutPending)
#else
#define EXCLAVE_SESSION_ENDS() (ProcDiePending || ClientConnectionLost)
#endif

/* 17 brought infinite intervals, with a meaning for values that were in range before. */
#if PG_VERSION_NUM >= 170000
#define EXCLAVE_INTERVAL_IS_INFINITE(interval) INTERVAL_NOT_FINITE(interval)
#else
#define EXCLAVE_INTERVAL_IS_INFINITE(interval) false
#endif

#endif
