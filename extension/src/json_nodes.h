/* json_nodes.h: a JSON document as it was read, before it becomes jsonb. */
#ifndef EXCLAVE_JSON_NODES_H
#define EXCLAVE_JSON_NODES_H

#include "host.h"

#define EXCLAVE_MOST_KEYS 64	/* of an object */

typedef enum Kind
{
	A_NULL, A_TRUE, A_FALSE, A_STRING, A_PLAIN_NUMBER, A_NUMBER, A_ARRAY, A_OBJECT
} Kind;

/* A value, or the key of an object, before its value; what a container holds follows it. */
typedef struct JsonNode
{
	Kind		kind;
	int			count;			/* bytes, elements or pairs */
	int			next;			/* the node after all that this one holds */
	int			scale;			/* of a plain number: digits / 10^scale */
	bool		negative;
	const char *bytes;			/* of a string, or a numeric */
	uint64		digits;
} JsonNode;

/* of the document that was read last; it grows to what was needed, up to a limit */
extern JsonNode *exclave_json_nodes;

extern int	exclave_read_json(const char *utf8, int64 length, Size *numbers, bool *ascii);

#endif
