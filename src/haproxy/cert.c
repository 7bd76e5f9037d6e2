/* SPDX-License-Identifier: MIT */
/*
 * A certificate whose file changes: the new content as the payload of one
 * command, taken into use by another (management.txt, "set ssl cert"). A
 * payload ends at an empty line and must fit a buffer, so only the PEM blocks
 * are sent. What is in use afterwards is told by its fingerprint.
 */
#include "mapfile.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

/* Bytes of a command with its payload: tune.bufsize, and from 3.4 on
 * tune.cli.max-payload-size. */
enum { COMMAND_MAX = 16000, COMMAND_MAX_34 = 130000 };

static struct str
take_line(struct str *text)
{
	return str_trim_end(str_take_line(text), "\r ");
}

/* What a PEM file holds. */
struct pem {
	struct buf blocks; /* without what is between them */
	int certificates, keys;
	bool open;   /* a block does not end */
	bool locked; /* a header in a block: a key under a password */
};

static void
begin_block(struct pem *p, struct str line)
{
	p->open = true;
	p->certificates += str_is(line, "-----BEGIN CERTIFICATE-----");
	p->keys += str_has_suffix(line, STR("PRIVATE KEY-----"));
	p->locked |= str_find(line, STR("ENCRYPTED")) >= 0;
}

static void
read_pem(struct pem *p, struct str text)
{
	*p = (struct pem){0};
	while (text.len) {
		struct str line = take_line(&text);
		bool begins = str_has_prefix(line, STR("-----BEGIN "));

		if (begins && !p->open)
			begin_block(p, line);
		else if (begins || !p->open)
			continue;
		if (!line.len)
			continue;
		p->locked |= memchr(line.ptr, ':', line.len) != NULL;
		buf_str(&p->blocks, line);
		buf_char(&p->blocks, '\n');
		if (str_has_prefix(line, STR("-----END ")))
			p->open = false;
	}
}

static const char *
no_payload(
    const struct pem *p, const char *name, const struct haproxy_version *v)
{
	size_t limit =
	    haproxy_version_at_least(v, 3, 4) ? COMMAND_MAX_34 : COMMAND_MAX;

	if (p->open || !p->certificates)
		return "is no PEM file with a certificate";
	if (p->keys != 1)
		return "does not hold the one key of its certificate";
	if (p->locked)
		return "its key is under a password";
	if (p->blocks.len + strlen(name) + 32 > limit)
		return "is too long for a command";
	if (strpbrk(name, " \t\n;\\<\"'#"))
		return "its name can't be told to HAProxy";
	return NULL;
}

static struct haproxy_step *
add_step(struct haproxy_steps *out, const char *name, const char *what)
{
	struct haproxy_step *s =
	    haproxy_step_add(out, STEP_CERT, str_of(name), STR(""));

	s->what =
	    str_of(arena_printf(&out->arena, "certificate %s: %s", name, what));
	return s;
}

void
cert_plan(struct haproxy_steps *out, const struct file_change *f)
{
	struct pem new;
	const char *why;
	struct haproxy_step *s;

	read_pem(&new, f->new_text);
	why = no_payload(&new, f->name, f->version);
	if (why) {
		haproxy_steps_refuse(out, "%s %s", f->name, why);
		buf_fini(&new.blocks);
		return;
	}
	s = add_step(out, f->name, "sent");
	s->command = str_of(arena_printf(
	    &out->arena, "set ssl cert %s <<\n%s", f->name, new.blocks.ptr));
	s->undo =
	    str_of(arena_printf(&out->arena, "abort ssl cert %s", f->name));
	s = add_step(out, f->name, "taken into use");
	s->command =
	    str_of(arena_printf(&out->arena, "commit ssl cert %s", f->name));
	out->proven = false;
	OPENSSL_cleanse(new.blocks.ptr, new.blocks.len);
	buf_fini(&new.blocks);
}

/* ---- read back ---- */

/* SHA-1 of the first certificate, as "show ssl cert" prints it. */
static int
fingerprint(struct str text, char hex[2 * EVP_MAX_MD_SIZE + 1])
{
	BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	int rc = -1;

	if (cert && X509_digest(cert, EVP_sha1(), digest, &n) == 1) {
		for (unsigned i = 0; i < n; i++)
			sprintf(hex + 2 * (size_t)i, "%02X", digest[i]);
		rc = 0;
	}
	X509_free(cert);
	BIO_free(bio);
	return rc;
}

static struct str
find_value(struct str answer, struct str name)
{
	while (answer.len) {
		struct str line = take_line(&answer);

		if (!str_has_prefix(line, name))
			continue;
		line.ptr += name.len;
		line.len -= name.len;
		return line;
	}
	return (struct str){0};
}

int
cert_verify(
    const char *name, struct str text, struct str answer, struct error *e)
{
	char want[2 * EVP_MAX_MD_SIZE + 1];
	struct str have = find_value(answer, STR("SHA1 FingerPrint: "));

	if (text.len > INT32_MAX || fingerprint(text, want) < 0)
		return error_set(
		    e, ERROR_DATA, "%s: no certificate in it", name);
	if (!have.ptr)
		return error_set(e, ERROR_REMOTE,
		    "%s: HAProxy tells no fingerprint of it", name);
	if (!str_is(have, want))
		return error_set(e, ERROR_REMOTE,
		    "%s: certificate %.*s is in use, not %s", name,
		    (int)have.len, have.ptr, want);
	return 0;
}
