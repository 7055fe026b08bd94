/* Parses answers of name servers. */
#include "peer/dns_answer.h"

#include <stdlib.h>
#include <string.h>

#include "peer/dns_message.h"
#include "peer/dns_tlsa.h"

/* The result of a message, before it is packed. */
struct finding {
	enum resolver_type type;
	enum resolver_outcome outcome;
	uint32_t ttl;
	struct dns_name owner; /* of the records that count: the name asked for, or the target of its aliases */
	bool secure, aliased;
	size_t count;
	struct resolver_record records[RESOLVER_RECORDS_MAX];
	char texts[RESOLVER_RECORDS_MAX][RESOLVER_TEXT_MAX + 1];
};

enum {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_TLSA = 52
};

static bool
read_ipv4(struct dns_reader *data, struct resolver_record *record, char *text)
{
	(void)text;
	record->address = (struct network) { .octets = { [10] = 0xFF, [11] = 0xFF }, .bits = NETWORK_BITS };
	return dns_read_octets(data, record->address.octets + NETWORK_IPV4_BITS / 8, 4);
}

/* An address of ::ffff:0:0/96 would be taken for IPv4, which no AAAA record can mean. */
static bool
read_ipv6(struct dns_reader *data, struct resolver_record *record, char *text)
{
	(void)text;
	record->address.bits = NETWORK_BITS;
	return dns_read_octets(data, record->address.octets, NETWORK_OCTETS) && !network_is_ipv4(&record->address);
}

static bool
read_host(struct dns_reader *data, struct resolver_record *record, char *text)
{
	struct dns_name name;
	record->text = text;
	return dns_read_name(data, &name) && dns_name_write(text, &name);
}

/* The root stands for no host (RFC 7505). */
static bool
read_mx(struct dns_reader *data, struct resolver_record *record, char *text)
{
	struct dns_name name;
	record->preference = dns_read_number(data, 2);
	record->text = text;
	return dns_read_name(data, &name) && (dns_name_is_root(&name) || dns_name_write(text, &name));
}

/* Joins the strings of the record; octets that do not fit are left out. */
static bool
read_txt(struct dns_reader *data, struct resolver_record *record, char *text)
{
	record->text = text;
	while (data->at < data->len) {
		size_t len = dns_read_number(data, 1);
		size_t room = RESOLVER_TEXT_MAX - record->len;
		size_t kept = len < room ? len : room;
		if (!dns_read_octets(data, text + record->len, kept) || !dns_skip(data, len - kept))
			return false;
		record->len += kept;
	}
	return true;
}

/*
 * The octets stay in the message, since a certificate in full needs more room than a text. A malformed record is kept empty:
 * as one that cannot be used it still demands TLS (RFC 7672 section 2.2).
 */
static bool
read_tlsa(struct dns_reader *data, struct resolver_record *record, char *text)
{
	const unsigned char *octets = data->message + data->at;
	size_t len = data->len - data->at;
	record->text = text;
	if (dns_tlsa_is_well_formed(octets, len)) {
		record->text = (const char *)octets;
		record->len = len;
	}
	return dns_skip(data, len);
}

static const struct {
	unsigned number;
	bool (*read)(struct dns_reader *data, struct resolver_record *record, char *text);
} types[RESOLVER_TYPES] = {
	[RESOLVER_A] = { TYPE_A, read_ipv4 },
	[RESOLVER_AAAA] = { TYPE_AAAA, read_ipv6 },
	[RESOLVER_MX] = { TYPE_MX, read_mx },
	[RESOLVER_TXT] = { TYPE_TXT, read_txt },
	[RESOLVER_PTR] = { TYPE_PTR, read_host },
	[RESOLVER_TLSA] = { TYPE_TLSA, read_tlsa },
	[RESOLVER_NS] = { TYPE_NS, read_host },
	[RESOLVER_CNAME] = { TYPE_CNAME, read_host },
};

int
dns_type_number(enum resolver_type type)
{
	return (int)types[type].number;
}

/* Inserts a record behind those of the same preference; only MX records differ. */
static void
insert(struct finding *finding, const struct resolver_record *record)
{
	size_t at = finding->count++;
	for (; at > 0 && finding->records[at - 1].preference > record->preference; at--)
		finding->records[at] = finding->records[at - 1];
	finding->records[at] = *record;
}

/* Drops a record whose data is not of its type. */
static void
parse_record(struct finding *finding, struct dns_reader data)
{
	struct resolver_record record = { 0 };
	char *text;
	if (finding->count == RESOLVER_RECORDS_MAX)
		return;
	text = finding->texts[finding->count];
	memset(text, 0, sizeof finding->texts[0]);
	if (!types[finding->type].read(&data, &record, text) || data.failed || data.at != data.len)
		return;
	if (record.text == text && finding->type != RESOLVER_TXT)
		record.len = strlen(text);
	insert(finding, &record);
}

static void
limit_ttl(struct finding *finding, uint32_t ttl)
{
	if (ttl < finding->ttl)
		finding->ttl = ttl;
}

/* Records of the owner and the type count. An alias comes before the records of the name that it leads to. */
static void
parse_answer(struct finding *finding, const struct dns_record *record)
{
	struct dns_reader data = record->data;
	if (record->class != DNS_CLASS_IN || !dns_name_is_same(&record->owner, &finding->owner))
		return;
	if (record->type == types[finding->type].number)
		parse_record(finding, data);
	else if (record->type == TYPE_CNAME)
		finding->aliased = dns_read_name(&data, &finding->owner);
	else
		return;
	limit_ttl(finding, record->ttl);
}

/* RFC 2308 section 5: an answer without records holds as long as this one and its last number say. */
static void
parse_authority(struct finding *finding, const struct dns_record *record)
{
	struct dns_reader data = record->data;
	struct dns_name name;
	if (finding->count > 0 || record->type != TYPE_SOA || !dns_read_name(&data, &name) ||
	    !dns_read_name(&data, &name) || !dns_skip(&data, 16))
		return;
	uint32_t minimum = dns_read_number(&data, 4);
	if (data.failed)
		return;
	limit_ttl(finding, record->ttl);
	limit_ttl(finding, minimum);
}

static bool
read_records(struct dns_reader *reader, unsigned count, struct finding *finding,
    void (*look)(struct finding *, const struct dns_record *))
{
	struct dns_record record;
	for (unsigned i = 0; i < count; i++) {
		if (!dns_read_record(reader, &record))
			return false;
		look(finding, &record);
	}
	return true;
}

/* The root is "". */
static bool
is_name(const struct dns_name *read, const char *name)
{
	char text[DNS_NAME_SIZE];
	return *name == '\0' ? dns_name_is_root(read) : dns_name_write(text, read) && strcmp(text, name) == 0;
}

/* Does the message answer the question that was asked? */
static bool
read_question(struct dns_reader *reader, struct finding *finding, const char *name)
{
	return dns_read_name(reader, &finding->owner) && is_name(&finding->owner, name) &&
	    dns_read_number(reader, 2) == types[finding->type].number && dns_read_number(reader, 2) == DNS_CLASS_IN &&
	    !reader->failed;
}

static void
read_message(struct finding *finding, const char *name, const unsigned char *message, size_t len)
{
	struct dns_reader reader = { .message = message, .len = len };
	struct dns_header header;
	if (!dns_read_header(&reader, &header) || !header.is_answer || header.is_cut || header.questions != 1 ||
	    (header.code != DNS_NO_ERROR && header.code != DNS_NO_NAME))
		return;
	if (!read_question(&reader, finding, name) || !read_records(&reader, header.answers, finding, parse_answer) ||
	    !read_records(&reader, header.authorities, finding, parse_authority))
		return;
	finding->secure = header.is_secure;
	if (header.code == DNS_NO_NAME)
		finding->outcome = RESOLVER_NO_NAME;
	else
		finding->outcome = finding->count > 0 ? RESOLVER_FOUND : RESOLVER_NO_DATA;
}

static struct dns_answer *
pack(const struct finding *finding)
{
	size_t count = finding->outcome == RESOLVER_FOUND ? finding->count : 0;
	size_t octets = 0;
	for (size_t i = 0; i < count; i++)
		octets += finding->records[i].len + 1;
	struct dns_answer *packed = malloc(sizeof *packed + count * sizeof *packed->records + octets);
	if (packed == NULL)
		return NULL;
	*packed = (struct dns_answer) {
		.answer = { .outcome = finding->outcome,
		    .records = packed->records,
		    .count = count,
		    .secure = finding->secure },
		.ttl = finding->ttl == UINT32_MAX || finding->outcome == RESOLVER_FAILED ? 0 : finding->ttl,
		.holders = 1,
	};
	if (finding->aliased && dns_name_write(packed->alias_of, &finding->owner))
		packed->answer.alias_of = packed->alias_of;
	char *text = (char *)&packed->records[count];
	for (size_t i = 0; i < count; i++) {
		packed->records[i] = finding->records[i];
		if (finding->records[i].text != NULL)
			packed->records[i].text = memcpy(text, finding->records[i].text, finding->records[i].len);
		text[finding->records[i].len] = '\0';
		text += finding->records[i].len + 1;
	}
	return packed;
}

struct dns_answer *
dns_answer_new(enum resolver_type type, const char *name, const unsigned char *message, size_t len)
{
	struct finding finding;
	finding.type = type;
	finding.outcome = RESOLVER_FAILED;
	finding.ttl = UINT32_MAX;
	finding.count = 0;
	finding.secure = finding.aliased = false;
	if (message != NULL)
		read_message(&finding, name, message, len);
	return pack(&finding);
}

struct dns_answer *
dns_answer_hold(struct dns_answer *answer)
{
	if (answer != NULL)
		answer->holders++;
	return answer;
}

void
dns_answer_release(struct dns_answer *answer)
{
	if (answer != NULL && --answer->holders == 0)
		free(answer);
}
