/* SPDX-License-Identifier: MIT */
/* Keys and certificates for templates, on libcrypto: PEM in, PEM out. */
#ifndef WEIR_TEMPLATE_CERT_H
#define WEIR_TEMPLATE_CERT_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "weir/buf.h"
#include "weir/error.h"
#include "weir/value.h"

/* A new key: "rsa", "dsa", "ecdsa" (P-256) or "ed25519". NULL on failure; the
 * caller frees it with EVP_PKEY_free. */
EVP_PKEY *cert_new_key(const char *kind, int rsa_bits);
/* In the form that the kind of key usually has. -1 on failure. */
int cert_print_key(EVP_PKEY *, struct buf *);
/* The first PEM block, a private key; NULL and the message. */
EVP_PKEY *cert_read_key(struct str pem, struct error *);
/* The first PEM block, a certificate; NULL and the message, in which what names
 * the bytes. */
X509 *cert_read(struct str pem, const char *what, struct error *);

/* What a certificate says. ips and names: lists of strings. */
struct cert_request {
	struct str common_name;
	const struct value *ips;   /* NULL: none */
	const struct value *names; /* NULL: none */
	int64_t days;
	bool is_ca;
};
/* A certificate of key, signed by the issuer (NULL: by itself) with its key, in
 * PEM. -1 and the message. */
int cert_make(const struct cert_request *, EVP_PKEY *key, X509 *issuer,
    EVP_PKEY *issuer_key, struct buf *, struct error *);

#endif
