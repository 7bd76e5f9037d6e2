/* SPDX-License-Identifier: MIT */
/*
 * sprig's keys, certificates, passwords and AES. What can't be repeated is
 * marked as an effect: a template that makes a key makes another one each time.
 */
#include <arpa/inet.h>
#include <crypt.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "weir/base64.h"
#include "cert.h"
#include "families.h"
#include "func.h"
#include "sprig.h"
#include "weir/limits.h"
#include "weir/xalloc.h"

#define BCRYPT_BYTES  72
#define BCRYPT_ROUNDS 10
#define RSA_BITS      2048
#define RSA_KEY_BITS  4096 /* of genPrivateKey */

static int
give_up(struct call *c, const char *before, struct error *error)
{
	call_fail(c, "%s%s", before, error->text);
	error_fini(error);
	return -1;
}

/* ---- passwords ---- */

/* libcrypt's $2b$ is what Go calls $2a$. */
static void
put_bcrypt(struct buf *out, struct str password)
{
	struct crypt_data *data;
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	char *copy = xstrndup(password.len ? password.ptr : "", password.len);
	char random[16];
	const char *hash = NULL;

	data = xcalloc(1, sizeof(*data));
	if (password.len > BCRYPT_BYTES)
		buf_puts(out,
		    "failed to encrypt string with bcrypt: bcrypt: password "
		    "length exceeds 72 bytes");
	else if (getrandom(random, sizeof(random), 0) == sizeof(random) &&
		 crypt_gensalt_rn("$2b$", BCRYPT_ROUNDS, random, sizeof(random),
		     setting, sizeof(setting)))
		hash = crypt_r(copy, setting, data);
	if (hash && !strncmp(hash, "$2b$", 4))
		buf_printf(out, "$2a$%s", hash + 4);
	OPENSSL_cleanse(copy, password.len);
	free(copy);
	OPENSSL_cleanse(data, sizeof(*data));
	free(data);
}

static int
call_bcrypt(struct call *c, struct value *result)
{
	struct buf out = {0};

	put_bcrypt(&out, func_str(c, 0));
	if (!out.len)
		return call_fail(c, "libcrypt has no bcrypt");
	return func_give(c, &out, result);
}

static int
call_htpasswd(struct call *c, struct value *result)
{
	struct str user = func_str(c, 0);
	struct buf out = {0};

	if (user.len && memchr(user.ptr, ':', user.len)) {
		buf_puts(&out, "invalid username: ");
		buf_str(&out, user);
		return func_give(c, &out, result);
	}
	buf_str(&out, user);
	buf_char(&out, ':');
	put_bcrypt(&out, func_str(c, 1));
	return func_give(c, &out, result);
}

/* ---- Master Password ---- */

#define SEED      "com.lyndir.masterpassword"
#define KEY_BYTES 64

struct password_kind {
	const char *name;
	const char *templates; /* with blanks between */
};

static const struct password_kind password_kinds[] = {
    {"maximum", "anoxxxxxxxxxxxxxxxxx axxxxxxxxxxxxxxxxxno"},
    {"long", "CvcvnoCvcvCvcv CvcvCvcvnoCvcv CvcvCvcvCvcvno CvccnoCvcvCvcv "
	     "CvccCvcvnoCvcv CvccCvcvCvcvno CvcvnoCvccCvcv CvcvCvccnoCvcv "
	     "CvcvCvccCvcvno CvcvnoCvcvCvcc CvcvCvcvnoCvcc CvcvCvcvCvccno "
	     "CvccnoCvccCvcv CvccCvccnoCvcv CvccCvccCvcvno CvcvnoCvccCvcc "
	     "CvcvCvccnoCvcc CvcvCvccCvccno CvccnoCvcvCvcc CvccCvcvnoCvcc "
	     "CvccCvcvCvccno"},
    {"medium", "CvcnoCvc CvcCvcno"},
    {"short", "Cvcn"},
    {"basic", "aaanaaan aannaaan aaannaaa"},
    {"pin", "nnnn"},
};

static const struct {
	char letter;
	const char *characters;
} password_sets[] = {
    {'V', "AEIOU"},
    {'C', "BCDFGHJKLMNPQRSTVWXYZ"},
    {'v', "aeiou"},
    {'c', "bcdfghjklmnpqrstvwxyz"},
    {'A', "AEIOUBCDFGHJKLMNPQRSTVWXYZ"},
    {'a', "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"},
    {'n', "0123456789"},
    {'o', "@&%?,=[]_:-+*$#!'^~;()/."},
    {'x', "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
	  "0123456789!@#$%^&*()"},
};

/* Big-endian, as the algorithm wants it. */
static void
put_uint32(struct buf *out, size_t n)
{
	const char bytes[4] = {
	    (char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};

	buf_put(out, bytes, sizeof(bytes));
}

static void
put_named(struct buf *out, struct str name)
{
	buf_puts(out, SEED);
	put_uint32(out, name.len);
	buf_str(out, name);
}

/* Template number n % count, and its length. */
static struct str
pick_template(const char *templates, unsigned n)
{
	unsigned count = 1;

	for (const char *p = templates; *p; p++)
		count += *p == ' ';
	for (n %= count; n; n--)
		templates = strchr(templates, ' ') + 1;
	return (struct str){templates, strcspn(templates, " ")};
}

static void
put_password(struct buf *out, const char *templates, const unsigned char *seed)
{
	struct str t = pick_template(templates, seed[0]);

	for (size_t i = 0; i < t.len; i++) {
		const char *set = "";

		for (size_t k = 0;
		     k < sizeof(password_sets) / sizeof(password_sets[0]); k++)
			if (password_sets[k].letter == t.ptr[i])
				set = password_sets[k].characters;
		buf_char(out, set[seed[i + 1] % strlen(set)]);
	}
}

/* The 32 bytes that password, user, site and counter determine. */
static bool
derive_seed(const struct call *c, unsigned char seed[32])
{
	struct str password = func_str(c, 2);
	unsigned char key[KEY_BYTES];
	struct buf salt = {0}, message = {0};
	bool ok;

	put_named(&salt, func_str(c, 3));
	put_named(&message, func_str(c, 4));
	put_uint32(&message, c->args[0].u.u);
	ok = EVP_PBE_scrypt(password.len ? password.ptr : "", password.len,
		 (const unsigned char *)salt.ptr, salt.len, 32768, 8, 2,
		 (uint64_t)64 << 20, key, sizeof(key)) == 1 &&
	     HMAC(EVP_sha256(), key, sizeof(key),
		 (const unsigned char *)message.ptr, message.len, seed, NULL);
	OPENSSL_cleanse(key, sizeof(key));
	buf_fini(&salt);
	buf_fini(&message);
	return ok;
}

static int
call_derive_password(struct call *c, struct value *result)
{
	struct str kind = func_str(c, 1);
	const char *templates = NULL;
	unsigned char seed[32];
	struct buf out = {0};

	for (size_t i = 0;
	     i < sizeof(password_kinds) / sizeof(password_kinds[0]); i++)
		if (str_is(kind, password_kinds[i].name))
			templates = password_kinds[i].templates;
	if (!templates) {
		buf_puts(&out, "cannot find password template ");
		buf_str(&out, kind);
		return func_give(c, &out, result);
	}
	if (!derive_seed(c, seed))
		return call_fail(c, "libcrypto can't derive a key");
	put_password(&out, templates, seed);
	return func_give(c, &out, result);
}

/* ---- AES ---- */

enum { BLOCK = 16 };

/* AES-256-CBC without padding of its own; out has room for length bytes. */
static bool
run_aes(bool encrypt, struct str password, const unsigned char *iv,
    struct str in, unsigned char *out)
{
	unsigned char key[32] = {0};
	EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
	int n = 0;
	bool ok;

	if (password.len)
		memcpy(key, password.ptr,
		    password.len < sizeof(key) ? password.len : sizeof(key));
	ok = cipher &&
	     EVP_CipherInit_ex(
		 cipher, EVP_aes_256_cbc(), NULL, key, iv, encrypt) &&
	     EVP_CIPHER_CTX_set_padding(cipher, 0) &&
	     EVP_CipherUpdate(
		 cipher, out, &n, (const unsigned char *)in.ptr, (int)in.len) &&
	     n == (int)in.len;
	EVP_CIPHER_CTX_free(cipher);
	OPENSSL_cleanse(key, sizeof(key));
	return ok;
}

static int
call_encrypt_aes(struct call *c, struct value *result)
{
	struct str text = func_str(c, 1);
	size_t padding = BLOCK - text.len % BLOCK;
	struct buf plain = {0}, out = {0};
	unsigned char *crypt;
	size_t length = text.len + padding;

	*result = value_str(STR(""));
	if (!text.len)
		return 0;
	buf_str(&plain, text);
	buf_repeat(&plain, (char)padding, padding);
	crypt = arena_alloc(c->arena, BLOCK + length);
	if (getrandom(crypt, BLOCK, 0) != BLOCK ||
	    !run_aes(true, func_str(c, 0), crypt, buf_as_str(&plain),
		crypt + BLOCK)) {
		buf_fini(&plain);
		return call_fail(c, "libcrypto can't encrypt");
	}
	buf_fini(&plain);
	base64_encode(
	    &out, (struct str){(const char *)crypt, BLOCK + length}, false);
	return func_give(c, &out, result);
}

/* The bytes behind the IV, and without the padding that the last one names. */
static int
decrypt(struct call *c, struct str crypt, struct value *result)
{
	struct str in = {crypt.ptr + BLOCK, crypt.len - BLOCK};
	unsigned char *out = arena_alloc(c->arena, in.len + 1);
	int64_t length;

	if (in.len % BLOCK)
		return call_fail(c, "crypto/cipher: input not full blocks");
	if (!in.len)
		return call_fail(c, "runtime error: index out of range [-1]");
	if (!run_aes(false, func_str(c, 0), (const unsigned char *)crypt.ptr,
		in, out))
		return call_fail(c, "libcrypto can't decrypt");
	length = (int64_t)in.len - out[in.len - 1];
	if (length < 0)
		return call_fail(c,
		    "runtime error: slice bounds out of range [:%lld]",
		    (long long)length);
	*result = value_str((struct str){(const char *)out, (size_t)length});
	return 0;
}

static int
call_decrypt_aes(struct call *c, struct value *result)
{
	struct str text = func_str(c, 1);
	struct buf crypt = {0};
	size_t at, room = text.len / 4 * 3;
	int rc;

	*result = value_str(STR(""));
	if (!text.len)
		return 0;
	if (base64_decode(&crypt, text, false, &at) < 0)
		rc = call_fail(c, "illegal base64 data at input byte %zu", at);
	else if (crypt.len < BLOCK && room < BLOCK)
		rc = call_fail(c,
		    "runtime error: slice bounds out of range [:16] with "
		    "capacity %zu",
		    room);
	else if (crypt.len < BLOCK) /* new lines count as room */
		rc = call_fail(c,
		    "runtime error: slice bounds out of range [16:%zu]",
		    crypt.len);
	else
		rc = decrypt(c, buf_as_str(&crypt), result);
	buf_fini(&crypt);
	return rc;
}

/* ---- keys and certificates ---- */

struct certificate {
	struct str cert;
	struct str key;
};

#define AT(member)                                                            \
	.type = &type_string, .offset = offsetof(struct certificate, member), \
	.store = STORE_STR
static const struct field certificate_fields[] = {
    {.name = "Cert", AT(cert)},
    {.name = "Key", AT(key)},
};

static const struct type type_certificate = {.kind = KIND_STRUCT,
    .name = "sprig.certificate",
    .size = sizeof(struct certificate),
    .fields = certificate_fields,
    .field_count = 2};

static int
give_certificate(
    struct call *c, struct str cert, struct str key, struct value *result)
{
	struct certificate *pair = arena_alloc(c->arena, sizeof(*pair));

	*pair = (struct certificate){cert, key};
	*result = (struct value){.type = &type_certificate, .u.ptr = pair};
	return 0;
}

static int
call_gen_private_key(struct call *c, struct value *result)
{
	static const char *const kinds[] = {"rsa", "dsa", "ecdsa", "ed25519"};
	struct str kind = func_str(c, 0);
	struct buf out = {0};
	EVP_PKEY *key;

	if (!kind.len)
		kind = STR("rsa");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!str_is(kind, kinds[i]))
			continue;
		key = cert_new_key(kinds[i], RSA_KEY_BITS);
		if (!key || cert_print_key(key, &out) < 0)
			buf_puts(&out, "failed to generate private key");
		EVP_PKEY_free(key);
		return func_give(c, &out, result);
	}
	buf_puts(&out, "Unknown type ");
	buf_str(&out, kind);
	return func_give(c, &out, result);
}

static bool
decode(struct call *c, size_t i, struct str *bytes)
{
	struct buf out = {0};
	size_t at;
	int rc = base64_decode(&out, func_str(c, i), false, &at);

	*bytes = arena_str(c->arena, buf_as_str(&out));
	buf_fini(&out);
	return rc == 0;
}

static int
call_build_custom_cert(struct call *c, struct value *result)
{
	struct error error = {0};
	struct str cert, key;
	EVP_PKEY *parsed_key;
	X509 *parsed;

	if (!decode(c, 0, &cert))
		return call_fail(c, "unable to decode base64 certificate");
	if (!decode(c, 1, &key))
		return call_fail(c, "unable to decode base64 private key");
	parsed = cert_read(cert, "decodedCert.Bytes", &error);
	if (!parsed)
		return give_up(c, "", &error);
	X509_free(parsed);
	parsed_key = cert_read_key(key, &error);
	if (!parsed_key)
		return give_up(c, "error parsing private key: ", &error);
	EVP_PKEY_free(parsed_key);
	return give_certificate(c, cert, key, result);
}

static int
fail_on(struct call *c, const char *before, const struct value *v,
    const char *behind)
{
	struct str text = value_to_str(c->arena, v);

	return call_fail(
	    c, "%s%.*s%s", before, (int)text.len, text.ptr, behind);
}

static int
check_ips(struct call *c, const struct value *ips)
{
	unsigned char binary[16];

	for (size_t i = 0; i < ips->len; i++) {
		struct value ip = value_index(ips, i);
		const char *text;

		if (value_kind(&ip) != KIND_STRING)
			return fail_on(
			    c, "error parsing ip: ", &ip, " is not a string");
		text = arena_strndup(c->arena, ip.u.str, ip.len);
		if (inet_pton(AF_INET, text, binary) != 1 &&
		    inet_pton(AF_INET6, text, binary) != 1)
			return fail_on(c, "error parsing ip: ", &ip, "");
	}
	return 0;
}

static int
check_names(struct call *c, const struct value *names)
{
	for (size_t i = 0; i < names->len; i++) {
		struct value name = value_index(names, i);

		if (value_kind(&name) != KIND_STRING)
			return fail_on(c,
			    "error processing alternate dns name: ", &name,
			    " is not a string");
	}
	return 0;
}

/* Who signs: NULLs for "itself". */
struct signer {
	X509 *cert;
	EVP_PKEY *key;
};

static int
read_signer(struct call *c, const struct value *ca, struct signer *s)
{
	const struct certificate *pair = ca->u.ptr;
	struct error error = {0};

	s->cert = cert_read(pair->cert, "decodedSignerCert.Bytes", &error);
	if (!s->cert)
		return give_up(c, "", &error);
	s->key = cert_read_key(pair->key, &error);
	if (!s->key)
		return give_up(c, "error parsing private key: ", &error);
	return 0;
}

/* Makes the certificate of key and prints both. */
static int
make(struct call *c, const struct cert_request *r, EVP_PKEY *key,
    const struct signer *s, struct value *result)
{
	struct buf cert = {0}, pem = {0};
	struct error error = {0};
	int rc =
	    cert_make(r, key, s->cert, s->key ? s->key : key, &cert, &error);

	if (rc < 0)
		give_up(c, "", &error);
	else if (cert_print_key(key, &pem) < 0)
		rc = call_fail(c, "error pem-encoding key");
	else
		give_certificate(c, arena_str(c->arena, buf_as_str(&cert)),
		    arena_str(c->arena, buf_as_str(&pem)), result);
	buf_fini(&cert);
	buf_fini(&pem);
	return rc;
}

/* args[key_arg], or (-1) a new key. */
static EVP_PKEY *
get_key(struct call *c, int key_arg)
{
	struct error error = {0};
	EVP_PKEY *key;

	if (key_arg < 0) {
		key = cert_new_key("rsa", RSA_BITS);
		if (!key)
			call_fail(c, "error generating rsa key");
		return key;
	}
	key = cert_read_key(func_str(c, (size_t)key_arg), &error);
	if (!key)
		give_up(c, "parsing private key: ", &error);
	return key;
}

static int
issue(struct call *c, const struct cert_request *r, int key_arg, int ca_arg,
    struct value *result)
{
	struct signer s = {NULL, NULL};
	EVP_PKEY *key = get_key(c, key_arg);
	int rc = key ? 0 : -1;

	if (rc == 0 && ca_arg >= 0)
		rc = read_signer(c, &c->args[ca_arg], &s);
	if (rc == 0 && r->ips)
		rc = check_ips(c, r->ips);
	if (rc == 0 && r->names)
		rc = check_names(c, r->names);
	if (rc == 0)
		rc = make(c, r, key, &s, result);
	EVP_PKEY_free(key);
	EVP_PKEY_free(s.key);
	X509_free(s.cert);
	return rc;
}

static int
call_gen_ca(struct call *c, struct value *result)
{
	const struct cert_request r = {.common_name = func_str(c, 0),
	    .days = c->args[1].u.i,
	    .is_ca = true};

	return issue(c, &r, c->argc > 2 ? 2 : -1, -1, result);
}

static struct cert_request
request(const struct call *c)
{
	return (struct cert_request){.common_name = func_str(c, 0),
	    .ips = &c->args[1],
	    .names = &c->args[2],
	    .days = c->args[3].u.i};
}

static int
call_gen_self_signed(struct call *c, struct value *result)
{
	const struct cert_request r = request(c);

	return issue(c, &r, c->argc > 4 ? 4 : -1, -1, result);
}

static int
call_gen_signed(struct call *c, struct value *result)
{
	const struct cert_request r = request(c);

	return issue(c, &r, c->argc > 5 ? 5 : -1, 4, result);
}

#define CERT  "sprig.certificate"
#define LISTS "[]interface {},[]interface {}"

static const struct func funcs[] = {
    {"sprig_bcrypt", "string", "string", call_bcrypt, FUNC_EFFECT,
	"sprig_bcrypt s — its bcrypt hash"},
    {"sprig_buildCustomCert", "string,string", CERT, call_build_custom_cert,
	FUNC_PURE, "sprig_buildCustomCert cert key — of PEM in Base64"},
    {"sprig_decryptAES", "string,string", "string", call_decrypt_aes, FUNC_PURE,
	"sprig_decryptAES password s — what encryptAES hid"},
    {"sprig_derivePassword", "uint32,string,string,string,string", "string",
	call_derive_password, FUNC_PURE,
	"sprig_derivePassword counter kind password user site — a password"},
    {"sprig_encryptAES", "string,string", "string", call_encrypt_aes,
	FUNC_EFFECT, "sprig_encryptAES password s — AES-256-CBC in Base64"},
    {"sprig_genCA", "string,int", CERT, call_gen_ca, FUNC_EFFECT,
	"sprig_genCA name days — a certificate authority: .Cert, .Key"},
    {"sprig_genCAWithKey", "string,int,string", CERT, call_gen_ca, FUNC_EFFECT,
	"sprig_genCAWithKey name days key — with that key"},
    {"sprig_genPrivateKey", "string", "string", call_gen_private_key,
	FUNC_EFFECT, "sprig_genPrivateKey kind — rsa, dsa, ecdsa, ed25519"},
    {"sprig_genSelfSignedCert", "string," LISTS ",int", CERT,
	call_gen_self_signed, FUNC_EFFECT,
	"sprig_genSelfSignedCert name ips names days — signed by itself"},
    {"sprig_genSelfSignedCertWithKey", "string," LISTS ",int,string", CERT,
	call_gen_self_signed, FUNC_EFFECT,
	"sprig_genSelfSignedCertWithKey name ips names days key"},
    {"sprig_genSignedCert", "string," LISTS ",int," CERT, CERT, call_gen_signed,
	FUNC_EFFECT,
	"sprig_genSignedCert name ips names days ca — signed by ca"},
    {"sprig_genSignedCertWithKey", "string," LISTS ",int," CERT ",string", CERT,
	call_gen_signed, FUNC_EFFECT,
	"sprig_genSignedCertWithKey name ips names days ca key"},
    {"sprig_htpasswd", "string,string", "string", call_htpasswd, FUNC_EFFECT,
	"sprig_htpasswd user password — a line of such a file"},
};

static const struct type *const types[] = {&type_certificate};

const struct func_family family_sprig_crypto = {
    .name = "sprig crypto",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
    .types = types,
    .type_count = sizeof(types) / sizeof(types[0]),
};
