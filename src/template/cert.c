/* SPDX-License-Identifier: MIT */
/*
 * Everything goes through memory BIOs; what libcrypto says about a failure is
 * not shown, the words are those of the program that templates were written
 * for.
 */
#include <openssl/dsa.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "cert.h"

/* ---- keys ---- */

static EVP_PKEY *
new_dsa_key(void)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_DSA, NULL), *k = NULL;
	EVP_PKEY *parameters = NULL, *key = NULL;

	if (c && EVP_PKEY_paramgen_init(c) == 1 &&
	    EVP_PKEY_CTX_set_dsa_paramgen_bits(c, 2048) == 1 &&
	    EVP_PKEY_CTX_set_dsa_paramgen_q_bits(c, 256) == 1 &&
	    EVP_PKEY_paramgen(c, &parameters) == 1)
		k = EVP_PKEY_CTX_new(parameters, NULL);
	if (k && EVP_PKEY_keygen_init(k) == 1)
		EVP_PKEY_keygen(k, &key);
	EVP_PKEY_CTX_free(k);
	EVP_PKEY_free(parameters);
	EVP_PKEY_CTX_free(c);
	return key;
}

EVP_PKEY *
cert_new_key(const char *kind, int rsa_bits)
{
	if (!strcmp(kind, "rsa"))
		return EVP_RSA_gen((size_t)rsa_bits);
	if (!strcmp(kind, "ecdsa"))
		return EVP_EC_gen("P-256");
	if (!strcmp(kind, "ed25519"))
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return new_dsa_key();
}

static void
take_bio(BIO *bio, struct buf *out)
{
	char *bytes;
	long n = BIO_get_mem_data(bio, &bytes);

	if (n > 0)
		buf_put(out, bytes, (size_t)n);
}

int
cert_print_key(EVP_PKEY *key, struct buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	bool modern = EVP_PKEY_get_id(key) == EVP_PKEY_ED25519;
	int ok = 0;

	if (bio && modern)
		ok = PEM_write_bio_PrivateKey(
		    bio, key, NULL, NULL, 0, NULL, NULL);
	else if (bio)
		ok = PEM_write_bio_PrivateKey_traditional(
		    bio, key, NULL, NULL, 0, NULL, NULL);
	if (ok)
		take_bio(bio, out);
	BIO_free(bio);
	return ok ? 0 : -1;
}

/* A PEM block; the caller frees what it gets with OPENSSL_free. */
struct block {
	char *name;
	char *header;
	unsigned char *bytes;
	long length;
};

static void
free_block(struct block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	OPENSSL_free(b->bytes);
}

static bool
read_block(struct str pem, struct block *b)
{
	BIO *bio = BIO_new_mem_buf(pem.len ? pem.ptr : "", (int)pem.len);
	bool ok;

	*b = (struct block){.length = 0};
	ok = bio && PEM_read_bio(
			bio, &b->name, &b->header, &b->bytes, &b->length) == 1;
	BIO_free(bio);
	return ok;
}

static const struct {
	const char *name;
	int id;
	const char *words;
} key_kinds[] = {
    {"RSA", EVP_PKEY_RSA, "parsing RSA private key from PEM"},
    {"EC", EVP_PKEY_EC, "parsing EC private key from PEM"},
    {"DSA", EVP_PKEY_DSA, "parsing DSA private key from PEM"},
};

static EVP_PKEY *
read_pkcs8(const struct block *b, struct error *e)
{
	const unsigned char *p = b->bytes;
	PKCS8_PRIV_KEY_INFO *info =
	    d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, b->length);
	EVP_PKEY *key = info ? EVP_PKCS82PKEY(info) : NULL;

	PKCS8_PRIV_KEY_INFO_free(info);
	if (!key)
		error_set(e, ERROR_TEMPLATE,
		    "decoding PEM as PKCS#8: asn1: structure error");
	return key;
}

static EVP_PKEY *
read_traditional(const struct block *b, size_t length, struct error *e)
{
	const unsigned char *p = b->bytes;
	struct str name = {b->name, length};
	EVP_PKEY *key;

	for (size_t i = 0; i < sizeof(key_kinds) / sizeof(key_kinds[0]); i++) {
		if (!str_is(name, key_kinds[i].name))
			continue;
		key = d2i_PrivateKey(key_kinds[i].id, NULL, &p, b->length);
		if (!key)
			error_set(e, ERROR_TEMPLATE,
			    "%s: asn1: structure error", key_kinds[i].words);
		return key;
	}
	error_set(e, ERROR_TEMPLATE, "invalid private key type %s", b->name);
	return NULL;
}

EVP_PKEY *
cert_read_key(struct str pem, struct error *e)
{
	static const char suffix[] = " PRIVATE KEY";
	EVP_PKEY *key = NULL;
	struct block b;

	if (!read_block(pem, &b)) {
		error_set(e, ERROR_TEMPLATE, "no PEM data in input");
		free_block(&b);
		return NULL;
	}
	if (!strcmp(b.name, suffix + 1))
		key = read_pkcs8(&b, e);
	else if (str_has_suffix(str_of(b.name), str_of(suffix)))
		key = read_traditional(&b, strlen(b.name) - strlen(suffix), e);
	else
		error_set(e, ERROR_TEMPLATE,
		    "no private key data in PEM block of type %s", b.name);
	free_block(&b);
	return key;
}

/* ---- certificates ---- */

X509 *
cert_read(struct str pem, const char *what, struct error *e)
{
	const unsigned char *p;
	X509 *cert = NULL;
	struct block b;

	if (!read_block(pem, &b)) {
		error_set(e, ERROR_TEMPLATE, "unable to decode certificate");
		free_block(&b);
		return NULL;
	}
	p = b.bytes;
	cert = d2i_X509(NULL, &p, b.length);
	if (!cert)
		error_set(e, ERROR_TEMPLATE,
		    "error parsing certificate: %s: x509: malformed "
		    "certificate",
		    what);
	free_block(&b);
	return cert;
}

static bool
set_serial(X509 *cert)
{
	BIGNUM *n = BN_new();
	bool ok = n && BN_rand(n, 128, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
		  BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));

	BN_free(n);
	return ok;
}

static bool
add_extension(X509 *cert, X509V3_CTX *context, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, context, nid, value);
	bool ok = e && X509_add_ext(cert, e, -1);

	X509_EXTENSION_free(e);
	return ok;
}

static bool
add_name(GENERAL_NAMES *names, int type, struct str text)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *string = NULL;
	char *copy = OPENSSL_strndup(text.ptr, text.len);

	if (name && type == GEN_IPADD)
		string = a2i_IPADDRESS(copy);
	else if (name)
		string = ASN1_IA5STRING_new();
	if (string && type == GEN_DNS)
		ASN1_STRING_set(string, text.ptr, (int)text.len);
	OPENSSL_free(copy);
	if (!string) {
		GENERAL_NAME_free(name);
		return false;
	}
	GENERAL_NAME_set0_value(name, type, string);
	return sk_GENERAL_NAME_push(names, name) > 0;
}

static bool
add_names(GENERAL_NAMES *names, int type, const struct value *list)
{
	for (size_t i = 0; list && i < list->len; i++) {
		struct value item = value_index(list, i);

		if (!add_name(names, type, value_as_str(&item)))
			return false;
	}
	return true;
}

/* The names beside the common one, if there are any: DNS first, as in Go. */
static bool
add_alternatives(X509 *cert, const struct cert_request *r)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
	bool ok = names && add_names(names, GEN_DNS, r->names) &&
		  add_names(names, GEN_IPADD, r->ips);

	if (ok && sk_GENERAL_NAME_num(names))
		ok = X509_add1_ext_i2d(
			 cert, NID_subject_alt_name, names, 0, 0) == 1;
	GENERAL_NAMES_free(names);
	return ok;
}

static bool
add_extensions(X509 *cert, const struct cert_request *r, X509 *issuer)
{
	const char *usage = "critical,digitalSignature,keyEncipherment";
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer ? issuer : cert, cert, NULL, NULL, 0);
	if (r->is_ca)
		usage = "critical,digitalSignature,keyEncipherment,keyCertSign";
	if (!add_extension(cert, &context, NID_key_usage, usage) ||
	    !add_extension(
		cert, &context, NID_ext_key_usage, "serverAuth,clientAuth") ||
	    !add_extension(cert, &context, NID_basic_constraints,
		r->is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE"))
		return false;
	if (r->is_ca &&
	    !add_extension(cert, &context, NID_subject_key_identifier, "hash"))
		return false;
	/* none if the issuer has no key identifier */
	add_extension(cert, &context, NID_authority_key_identifier, "keyid");
	return add_alternatives(cert, r);
}

static bool
set_subject(X509 *cert, const struct cert_request *r, X509 *issuer)
{
	X509_NAME *name = X509_get_subject_name(cert);

	if (!X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
		(const unsigned char *)(r->common_name.len ? r->common_name.ptr
							   : ""),
		(int)r->common_name.len, -1, 0) &&
	    r->common_name.len)
		return false;
	return X509_set_issuer_name(
		   cert, issuer ? X509_get_subject_name(issuer) : name) == 1;
}

static bool
fill(X509 *cert, const struct cert_request *r, EVP_PKEY *key, X509 *issuer)
{
	return X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), 0) &&
	       X509_time_adj_ex(
		   X509_getm_notAfter(cert), (int)r->days, 0, NULL) &&
	       set_subject(cert, r, issuer) && X509_set_pubkey(cert, key) &&
	       add_extensions(cert, r, issuer);
}

int
cert_make(const struct cert_request *r, EVP_PKEY *key, X509 *issuer,
    EVP_PKEY *issuer_key, struct buf *out, struct error *e)
{
	const EVP_MD *digest = EVP_PKEY_get_id(issuer_key) == EVP_PKEY_ED25519
				   ? NULL
				   : EVP_sha256();
	X509 *cert = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	bool ok = cert && bio && fill(cert, r, key, issuer) &&
		  X509_sign(cert, issuer_key, digest) > 0 &&
		  PEM_write_bio_X509(bio, cert);

	if (ok)
		take_bio(bio, out);
	BIO_free(bio);
	X509_free(cert);
	return ok ? 0
		  : error_set(e, ERROR_TEMPLATE,
			"error creating certificate: libcrypto refused");
}
