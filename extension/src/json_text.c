/* json_text.c: reads JSON into a list of nodes, and gives up on what is wrong or unusual. */
#include "json_nodes.h"

#include "port/pg_bitutils.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#define MOST_NODES 16384
#define DEEPEST 64
#define MOST_PLAIN_DIGITS 18

typedef struct Parser
{
	const char *at;
	const char *end;
	int			count;			/* of nodes */
	Size		numbers;		/* bytes that numbers need */
	char	   *unescaped;		/* where the next string with escapes goes */
	uint64		seen;			/* bits of the bytes in strings, and of some others */
} Parser;


JsonNode   *exclave_json_nodes = NULL;
static int	node_capacity = 0;

static int	parse_value(Parser *parser, int depth);

static inline void
skip_space(Parser *parser)
{
	while (parser->at < parser->end && (unsigned char) *parser->at <= ' ' &&
		   (*parser->at == ' ' || *parser->at == '\n' || *parser->at == '\r' ||
			*parser->at == '\t'))
		parser->at++;
}

static inline bool
skip(Parser *parser, char wanted)
{
	skip_space(parser);
	if (parser->at >= parser->end || *parser->at != wanted)
		return false;
	parser->at++;
	return true;
}

/* Gives the number of a new node, or -1 if there are too many. */
static inline int
add_node(Parser *parser, Kind kind)
{
	if (parser->count == node_capacity)
	{
		int			wanted = node_capacity == 0 ? 256 : node_capacity * 2;

		if (wanted > MOST_NODES)
			return -1;
		if (exclave_json_nodes == NULL)
			exclave_json_nodes = MemoryContextAlloc(TopMemoryContext, sizeof(JsonNode) * wanted);
		else
			exclave_json_nodes = repalloc(exclave_json_nodes, sizeof(JsonNode) * wanted);
		node_capacity = wanted;
	}
	exclave_json_nodes[parser->count].kind = kind;
	exclave_json_nodes[parser->count].next = parser->count + 1;
	return parser->count++;
}

/* Gives what the letter after a backslash stands for; 0 if that is for the input function. */
static char
unescape(char letter)
{
	switch (letter)
	{
		case '"':
		case '\\':
		case '/':
			return letter;
		case 'b':
			return '\b';
		case 'f':
			return '\f';
		case 'n':
			return '\n';
		case 'r':
			return '\r';
		case 't':
			return '\t';
		default:
			return 0;
	}
}

/* Goes on with a string in which an escape was found at parser->at; false if it is unusual. */
static bool
parse_escaped(Parser *parser, JsonNode *node)
{
	Size		length = parser->at - node->bytes;
	char	   *into;

	if (parser->unescaped == NULL)
		parser->unescaped = palloc(parser->end - node->bytes);
	memcpy(parser->unescaped, node->bytes, length);
	node->bytes = parser->unescaped;
	into = parser->unescaped + length;
	for (; parser->at < parser->end && *parser->at != '"'; parser->at++)
	{
		if ((unsigned char) *parser->at < ' ')
			return false;
		*into = *parser->at;
		parser->seen |= (unsigned char) *parser->at;
		if (*parser->at == '\\' &&
			(++parser->at == parser->end || (*into = unescape(*parser->at)) == 0))
			return false;
		into++;
	}
	node->count = (int) (into - node->bytes);
	parser->unescaped = into;
	return parser->at++ < parser->end;
}

#define EACH(byte) (UINT64CONST(0x0101010101010101) * (byte))
#define BELOW(word, byte) (((word) - EACH(byte)) & ~(word) & EACH(0x80))

/* Goes to the next byte that means something in a string, eight at a time where there are so many. */
static inline void
skip_plain(Parser *parser)
{
	while (parser->end - parser->at >= 8)
	{
		uint64		word;
		uint64		found;

		memcpy(&word, parser->at, 8);
		parser->seen |= word;
		found = BELOW(word, ' ') | BELOW(word ^ EACH('"'), 1) | BELOW(word ^ EACH('\\'), 1);
		if (found != 0)
		{
#ifndef WORDS_BIGENDIAN
			parser->at += pg_rightmost_one_pos64(found) / 8;	/* the first is exact */
#endif
			break;
		}
		parser->at += 8;
	}
	while (parser->at < parser->end && *parser->at != '"' && *parser->at != '\\' &&
		   (unsigned char) *parser->at >= ' ')
		parser->seen |= (unsigned char) *parser->at++;
}

static int
parse_string(Parser *parser)
{
	int			number;

	if (!skip(parser, '"') || (number = add_node(parser, A_STRING)) < 0)
		return -1;
	exclave_json_nodes[number].bytes = parser->at;
	skip_plain(parser);
	if (parser->at == parser->end || (unsigned char) *parser->at < ' ')
		return -1;
	if (*parser->at == '\\')
		return parse_escaped(parser, &exclave_json_nodes[number]) ? number : -1;
	exclave_json_nodes[number].count = (int) (parser->at++ - exclave_json_nodes[number].bytes);
	return number;
}

static inline bool
at_digit(const Parser *parser)
{
	return parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9';
}

/* Adds digits to a number; gives how many there are, more than 18 of which are too many. */
static inline int
parse_digits(Parser *parser, JsonNode *node)
{
	int			count = 0;

	for (; at_digit(parser) && count <= MOST_PLAIN_DIGITS; count++)
		node->digits = node->digits * 10 + (*parser->at++ - '0');
	return count;
}

/* Whether an exponent that is well formed starts here. */
static bool
at_exponent(const Parser *parser)
{
	const char *at = parser->at;

	if (at >= parser->end || (*at != 'e' && *at != 'E'))
		return false;
	at++;
	if (at < parser->end && (*at == '+' || *at == '-'))
		at++;
	return at < parser->end && *at >= '0' && *at <= '9';
}

static inline void
skip_digits(Parser *parser)
{
	while (at_digit(parser))
		parser->at++;
}

/* Lets numeric read a number with an exponent, or with many digits. */
static int
parse_unusual_number(Parser *parser, int number, const char *start)
{
	char	   *text;
	Datum		value;

	skip_digits(parser);
	if (at_exponent(parser))
	{
		parser->at += 2;		/* and a digit where a sign may be */
		skip_digits(parser);
	}
	text = pnstrdup(start, parser->at - start);
	value = DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
								Int32GetDatum(-1));
	exclave_json_nodes[number].kind = A_NUMBER;
	exclave_json_nodes[number].bytes = DatumGetPointer(value);
	exclave_json_nodes[number].count = VARSIZE(DatumGetPointer(value));
	parser->numbers += exclave_json_nodes[number].count;
	return number;
}

static int
parse_number(Parser *parser)
{
	const char *start = parser->at;
	int			number = add_node(parser, A_PLAIN_NUMBER);
	int			whole;
	int			fraction = 0;
	JsonNode	   *node;

	if (number < 0)
		return -1;
	parser->numbers += VARHDRSZ + EXCLAVE_LARGEST_NUMERIC;
	node = &exclave_json_nodes[number];
	node->digits = 0;
	node->negative = *parser->at == '-';
	parser->at += node->negative;
	whole = parse_digits(parser, node);
	if (whole == 0 || whole > MOST_PLAIN_DIGITS || (whole > 1 && start[node->negative] == '0'))
		return -1;
	if (parser->at < parser->end && *parser->at == '.')
	{
		parser->at++;
		fraction = parse_digits(parser, node);
		if (fraction == 0)
			return -1;
	}
	node->scale = fraction;
	if (at_exponent(parser))
		return parse_unusual_number(parser, number, start);
	return whole + fraction > MOST_PLAIN_DIGITS ? parse_unusual_number(parser, number, start) : number;
}

static int
parse_word(Parser *parser, const char *word, Kind kind)
{
	Size		length = strlen(word);

	if ((Size) (parser->end - parser->at) < length || memcmp(parser->at, word, length) != 0)
		return -1;
	parser->at += length;
	return add_node(parser, kind);
}

static int
parse_array(Parser *parser, int depth)
{
	int			number = add_node(parser, A_ARRAY);
	int			count = 0;

	parser->at++;
	if (number < 0)
		return -1;
	if (!skip(parser, ']'))
	{
		do
		{
			if (parse_value(parser, depth + 1) < 0)
				return -1;
			count++;
		} while (skip(parser, ','));
		if (!skip(parser, ']'))
			return -1;
	}
	exclave_json_nodes[number].count = count;
	exclave_json_nodes[number].next = parser->count;
	return number;
}

static int
parse_object(Parser *parser, int depth)
{
	int			number = add_node(parser, A_OBJECT);
	int			count = 0;

	parser->at++;
	if (number < 0)
		return -1;
	if (!skip(parser, '}'))
	{
		do
		{
			if (parse_string(parser) < 0 || !skip(parser, ':') || parse_value(parser, depth + 1) < 0)
				return -1;
			count++;
		} while (skip(parser, ','));
		if (!skip(parser, '}') || count > EXCLAVE_MOST_KEYS)
			return -1;
	}
	exclave_json_nodes[number].count = count;
	exclave_json_nodes[number].next = parser->count;
	return number;
}

/* Gives the number of the value's node; -1 if it is wrong or unusual. */
static int
parse_value(Parser *parser, int depth)
{
	skip_space(parser);
	if (parser->at >= parser->end || depth > DEEPEST)
		return -1;
	if (*parser->at == '"')		/* most are; jumps to one of many places cost more */
		return parse_string(parser);
	switch (*parser->at)
	{
		case '{':
			return parse_object(parser, depth);
		case '[':
			return parse_array(parser, depth);
		case 't':
			return parse_word(parser, "true", A_TRUE);
		case 'f':
			return parse_word(parser, "false", A_FALSE);
		case 'n':
			return parse_word(parser, "null", A_NULL);
		default:
			return *parser->at == '-' || at_digit(parser) ? parse_number(parser) : -1;
	}
}

/*
 * Reads a document; gives how many nodes it has, or 0 if it is for the input function. Outside of
 * strings it is ASCII then; whether they are is said too.
 */
int
exclave_read_json(const char *utf8, int64 length, Size *numbers, bool *ascii)
{
	Parser		parser = {.at = utf8, .end = utf8 + length};

	if (parse_value(&parser, 0) < 0)
		return 0;
	skip_space(&parser);
	*numbers = parser.numbers;
	*ascii = (parser.seen & EACH(0x80)) == 0;
	return parser.at == parser.end ? parser.count : 0;
}
