// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Databases of Secure Boot for an image: from lists, certificates, programs and
 * the running machine. The tool refuses other files.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <cmocka.h>

#include "base/exit.h"
#include "compose/pe-file.h"
#include "compose/secureboot.h"
#include "efi/authenticode.h"
#include "efi/siglist.h"
#include "guest/efivars.h"
#include "shared/bytes.h"
#include "shared/macro.h"
#include "../efi/image.h"
#include "errors.h"
#include "tree.h"

#define FILES		16
#define NAME		32
#define LIST_HEAD	28
#define OWNER		16
#define SHA256		(OWNER + 32)
#define OVMF_MOST	33692u
#define GLOBAL		"8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SECURITY	"d719b2cb-3d3a-4596-a3bc-dad00e67656f"

static const unsigned int types[DATABASES] = {
	VMFW_IGVM_PART_PK, VMFW_IGVM_PART_KEK, VMFW_IGVM_PART_DB,
	VMFW_IGVM_PART_DBX,
};

static const char *const names[DATABASES] = { "PK", "KEK", "db", "dbx" };

static const uint8_t sha256_type[] =
	"\x26\x16\xc4\xc1\x4c\x50\x92\x40\xac\xa9\x41\xf9\x36\x93\x43\x28";
static const uint8_t x509_type[] =
	"\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72";
static const uint8_t pkcs7_type[] =
	"\x9d\xd2\xaf\x4a\xdf\x68\xee\x49\x8a\xa9\x34\x7d\x37\x56\x65\xa7";

static struct compose_request request;
static struct databases databases;
static struct messages messages;
static char paths[FILES][NAME];
static int files[FILES];
static unsigned int nr_files;

/**
 * struct machine - the running machine
 * @err: result of reading a variable
 * @bytes: the content of each variable
 * @len: number of @bytes
 * @asked: number of reads
 * @allocations: number of large allocations that succeed; a negative number: all
 */
static struct machine {
	int err;
	const uint8_t *bytes;
	size_t len;
	unsigned int asked;
	int allocations;
} machine;

int __wrap_efivars_get(const char *root, const char *vendor, const char *name,
		       uint8_t **data, size_t *len);
int __wrap_efivars_get(const char *root, const char *vendor, const char *name,
		       uint8_t **data, size_t *len)
{
	unsigned int nr = machine.asked++;

	assert_string_equal(root, "/root");
	assert_true(nr < DATABASES);
	assert_string_equal(name, names[nr]);
	assert_string_equal(vendor, nr < 2 ? GLOBAL : SECURITY);
	if (machine.err)
		return machine.err;
	*data = malloc(machine.len);
	assert_non_null(*data);
	memcpy(*data, machine.bytes, machine.len);
	*len = machine.len;
	return 0;
}

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size)
{
	/* Small allocations are for lists of messages, and always succeed. */
	if (size < SIGLIST_UNSIGNED || machine.allocations < 0)
		return __real_realloc(p, size);
	return machine.allocations-- ? __real_realloc(p, size) : NULL;
}

/* The error of each read of a file, or 0. */
static int read_err;

int __real_infile_read(void *arg, uint64_t offset, void *buf, size_t len);
int __wrap_infile_read(void *arg, uint64_t offset, void *buf, size_t len);
int __wrap_infile_read(void *arg, uint64_t offset, void *buf, size_t len)
{
	return read_err ? read_err : __real_infile_read(arg, offset, buf, len);
}

static int set_up(void **state)
{
	(void)state;
	memset(&request, 0, sizeof(request));
	memset(&databases, 0, sizeof(databases));
	machine = (struct machine) { .allocations = -1 };
	request.root = "/root";
	messages_keep(&messages);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	databases_free(&databases);
	memset(&databases, 0, sizeof(databases));
	messages_free(&messages);
	while (nr_files)
		close(files[--nr_files]);
	return 0;
}

static const char *make_file(const void *bytes, size_t len)
{
	unsigned int nr = nr_files++;

	assert_true(nr < FILES);
	files[nr] = memfd_create("test", 0);
	assert_int_equal(write(files[nr], bytes, len), len);
	snprintf(paths[nr], NAME, "/proc/self/fd/%d", files[nr]);
	return paths[nr];
}

static void want_path(unsigned int type, const char *path, bool digest)
{
	assert_true(request.nr_files < REQUEST_MAX_FILES);
	request.files[request.nr_files++] = (struct requested_file) {
		.type = type, .path = path, .digest = digest,
	};
}

static void want(unsigned int type, const void *bytes, size_t len)
{
	want_path(type, make_file(bytes, len), false);
}

static size_t put_list(uint8_t *p, const uint8_t *type, uint32_t entry,
		       uint32_t nr, uint8_t fill)
{
	memcpy(p, type, OWNER);
	put_le32(p + 16, LIST_HEAD + entry * nr);
	put_le32(p + 20, 0);
	put_le32(p + 24, entry);
	memset(p + LIST_HEAD, fill, entry * nr);
	return LIST_HEAD + entry * nr;
}

/* Write the head of a signed variable, in front of its lists. */
static size_t put_signed(uint8_t *p)
{
	memset(p, 0x11, 16);
	put_le32(p + 16, 24 + 9);
	put_le16(p + 20, 0x0200);
	put_le16(p + 22, 0x0ef1);
	memcpy(p + 24, pkcs7_type, 16);
	memset(p + 40, 0x77, 9);
	return 40 + 9;
}

static uint8_t lists[DATABASES][LIST_HEAD + SHA256];

/* Request a list with one digest for each database except @type; 0: for all. */
static void want_all_but(unsigned int type)
{
	unsigned int i;

	for (i = 0; i < DATABASES; i++) {
		put_list(lists[i], sha256_type, SHA256, 1, 'a' + i);
		if (types[i] != type)
			want(types[i], lists[i], sizeof(lists[i]));
	}
}

static enum vmfw_exit make(void)
{
	unsigned int descriptors = tree_count_descriptors();
	enum vmfw_exit code;

	databases_free(&databases);
	code = databases_make(&databases, &messages, &request);
	/* No file stays open, even after an error. */
	assert_int_equal(tree_count_descriptors(), descriptors);
	return code;
}

/* Expect an error with these words. Then forget the request. */
static void refused(enum vmfw_exit code, const char *words)
{
	assert_int_equal(make(), code);
	expect_error(&messages, words);
	request.nr_files = 0;
}

static void is_database(unsigned int nr, const uint8_t *bytes, size_t len)
{
	uint8_t head[SIGLIST_UNSIGNED];
	const struct database *database = &databases.v[nr];

	siglist_put_unsigned(head);
	assert_int_equal(database->type, types[nr]);
	assert_int_equal(database->len, sizeof(head) + len);
	assert_memory_equal(database->bytes, head, sizeof(head));
	assert_memory_equal(database->bytes + sizeof(head), bytes, len);
}

static void no_request(void **state)
{
	unsigned int i;

	(void)state;
	assert_int_equal(make(), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);
	for (i = 0; i < DATABASES; i++)
		assert_int_equal(databases.v[i].len, 0);
	assert_int_equal(machine.asked, 0);
}

static void all_from_lists(void **state)
{
	uint8_t buf[10];
	unsigned int i;

	(void)state;
	want_all_but(0);
	assert_int_equal(make(), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);
	for (i = 0; i < DATABASES; i++)
		is_database(i, lists[i], sizeof(lists[i]));
	assert_int_equal(databases_read(&databases.v[2], SIGLIST_UNSIGNED, buf,
					sizeof(buf)), 0);
	assert_memory_equal(buf, lists[2], sizeof(buf));
	/* The first digest is in db, and the second in dbx. */
	assert_true(databases_name(&databases, lists[2] + LIST_HEAD + OWNER));
	assert_false(databases_name(&databases, lists[3] + LIST_HEAD + OWNER));
}

/* Firmware takes all databases or none. The message names only the missing ones. */
static void all_or_none(void **state)
{
	unsigned int i, j;
	char word[8];

	(void)state;
	for (i = 0; i < DATABASES; i++) {
		want_all_but(types[i]);
		assert_int_equal(make(), VMFW_EXIT_USAGE);
		for (j = 0; j < DATABASES; j++) {
			const char *error = messages_first_error(&messages);

			snprintf(word, sizeof(word), ": %s", names[j]);
			error = strrchr(error, ':');
			assert_int_equal(!strcmp(error, word), i == j);
		}
		expect_error(&messages, "cannot set up Secure Boot");
		request.nr_files = 0;
		tear_down(state);
	}
	messages_keep(&messages);
	want(VMFW_IGVM_PART_DB, lists[0], sizeof(lists[0]));
	refused(VMFW_EXIT_USAGE, ": PK, KEK, dbx");
}

static void one_platform_key(void **state)
{
	uint8_t two[LIST_HEAD + 2 * SHA256];

	(void)state;
	put_list(two, sha256_type, SHA256, 2, 'k');
	want(VMFW_IGVM_PART_PK, two, sizeof(two));
	refused(VMFW_EXIT_IMAGE, "one platform key, found 2");
	want_all_but(VMFW_IGVM_PART_KEK);
	want(VMFW_IGVM_PART_KEK, two, sizeof(two));
	assert_int_equal(make(), VMFW_EXIT_OK);
	is_database(1, two, sizeof(two));
}

/* A signed variable keeps its signature only if it is the whole database. */
static void signed_variables(void **state)
{
	uint8_t variable[256], both[2 * sizeof(lists[0])];
	size_t head, len;

	(void)state;
	head = put_signed(variable);
	len = head + put_list(variable + head, sha256_type, SHA256, 1, 'x');
	want_all_but(VMFW_IGVM_PART_KEK);
	want(VMFW_IGVM_PART_KEK, variable, len);
	assert_int_equal(make(), VMFW_EXIT_OK);
	assert_int_equal(databases.v[1].len, len);
	assert_memory_equal(databases.v[1].bytes, variable, len);
	/* A database from two files has the lists of both, in order. */
	want(VMFW_IGVM_PART_KEK, lists[1], sizeof(lists[1]));
	assert_int_equal(make(), VMFW_EXIT_OK);
	memcpy(both, variable + head, len - head);
	memcpy(both + len - head, lists[1], sizeof(lists[1]));
	is_database(1, both, len - head + sizeof(lists[1]));
	/* digests_of_programs() tests a variable beside the digest of a program. */
	assert_int_equal(messages.nr, 0);
}

static void no_databases(void **state)
{
	uint8_t list[sizeof(lists[0])];

	(void)state;
	put_list(list, sha256_type, SHA256, 1, 'x');
	put_le32(list + 24, SHA256 - 1);
	want(VMFW_IGVM_PART_DB, list, sizeof(list));
	refused(VMFW_EXIT_IMAGE, "0x18");
	want(VMFW_IGVM_PART_DB, "", 0);
	refused(VMFW_EXIT_IMAGE, paths[1]);
	want_path(VMFW_IGVM_PART_DB, "/none", false);
	refused(VMFW_EXIT_SYSTEM, "/none: cannot use this file: No such file");
	want_path(VMFW_IGVM_PART_DB, "/", false);
	refused(VMFW_EXIT_SYSTEM, "irectory");
	/* A sound file after the malformed one changes nothing. */
	want(VMFW_IGVM_PART_DB, list, sizeof(list));
	want_all_but(0);
	refused(VMFW_EXIT_IMAGE, "0x18");
}

static void large_files(void **state)
{
	(void)state;
	want(VMFW_IGVM_PART_DB, "", 0);
	assert_false(ftruncate(files[0], (1 << 20) + 1));
	refused(VMFW_EXIT_SYSTEM, strerror(EFBIG));
	/* The tool can read a file of this size, but the file is no database. */
	assert_false(ftruncate(files[0], 1 << 20));
	want_path(VMFW_IGVM_PART_DB, paths[0], false);
	refused(VMFW_EXIT_IMAGE, paths[0]);
}

/*
 * A database that is too large for OVMF causes only a warning, because other firmware
 * may take it.
 */
static void as_large_as_ovmf_takes(void **state)
{
	static uint8_t list[OVMF_MOST + 1];
	uint32_t entry = OVMF_MOST - SIGLIST_UNSIGNED - LIST_HEAD;

	(void)state;
	want_all_but(VMFW_IGVM_PART_DBX);
	want(VMFW_IGVM_PART_DBX, list, put_list(list, x509_type, entry, 1, 1));
	assert_int_equal(make(), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);
	request.nr_files--;
	want(VMFW_IGVM_PART_DBX, list,
	     put_list(list, x509_type, entry + 1, 1, 1));
	assert_int_equal(make(), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 1);
	assert_string_equal(messages.list[0].level, "warning");
	assert_non_null(strstr(messages.list[0].text, "dbx: this database has 33693 bytes; OVMF takes at most 33692"));
	/* Behind an error, the size does not matter. */
	messages_free(&messages);
	want(VMFW_IGVM_PART_DBX, "none", 4);
	assert_int_equal(make(), VMFW_EXIT_IMAGE);
	assert_int_equal(messages.nr, 1);
}

static X509 *make_certificate(long serial)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();

	assert_non_null(key);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 1000);
	/* The long name makes the certificate longer than 255 bytes, like real ones. */
	assert_int_equal(X509_NAME_add_entry_by_txt(
		X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
		(const unsigned char *)"a name with sixty letters, so that "
				       "all is long enough",
		-1, -1, 0), 1);
	X509_set_pubkey(certificate, key);
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	EVP_PKEY_free(key);
	return certificate;
}

/**
 * struct certificates - two certificates
 * @der: each certificate in DER
 * @len: number of bytes of each
 * @pem: both in PEM
 * @pem_len: number of bytes of @pem
 * @first: number of bytes of the first certificate in @pem
 */
static struct certificates {
	unsigned char *der[2];
	size_t len[2];
	char *pem;
	size_t pem_len;
	size_t first;
} certificates;

static int make_certificates(void **state)
{
	BIO *pem = BIO_new(BIO_s_mem());
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		X509 *certificate = make_certificate(i + 1);
		int len;

		certificates.der[i] = NULL;
		len = i2d_X509(certificate, &certificates.der[i]);
		assert_true(len > 255);
		certificates.len[i] = len;
		assert_int_equal(PEM_write_bio_X509(pem, certificate), 1);
		if (!i)
			certificates.first = BIO_get_mem_data(pem, NULL);
		X509_free(certificate);
	}
	certificates.pem_len = BIO_get_mem_data(pem, NULL);
	certificates.pem = malloc(certificates.pem_len + 1);
	assert_non_null(certificates.pem);
	assert_int_equal(BIO_read(pem, certificates.pem, certificates.pem_len),
			 certificates.pem_len);
	certificates.pem[certificates.pem_len] = '\0';
	BIO_free(pem);
	return 0;
}

static int free_certificates(void **state)
{
	(void)state;
	OPENSSL_free(certificates.der[0]);
	OPENSSL_free(certificates.der[1]);
	free(certificates.pem);
	return 0;
}

/* Write a list of one certificate, with an owner of zeroes. */
static size_t put_certificate(uint8_t *p, unsigned int nr)
{
	size_t len = put_list(p, x509_type, OWNER + certificates.len[nr], 1,
			      0);

	memcpy(p + LIST_HEAD + OWNER, certificates.der[nr],
	       certificates.len[nr]);
	return len;
}

static void lists_of_certificates(void **state)
{
	uint8_t expected[4096];
	size_t one, len;

	(void)state;
	one = put_certificate(expected, 0);
	len = one + put_certificate(expected + one, 1);
	want(VMFW_IGVM_PART_PK, certificates.der[0], certificates.len[0]);
	want(VMFW_IGVM_PART_KEK, certificates.pem, certificates.pem_len);
	want(VMFW_IGVM_PART_DB, certificates.der[0], certificates.len[0]);
	want(VMFW_IGVM_PART_DB, certificates.pem + certificates.first,
	     certificates.pem_len - certificates.first);
	want(VMFW_IGVM_PART_DBX, certificates.pem, certificates.first);
	assert_int_equal(make(), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);
	is_database(0, expected, one);
	is_database(1, expected, len);
	is_database(2, expected, len);
	is_database(3, expected, one);
	/*
	 * Each certificate becomes a list, but PK may have only one key.
	 */
	request.nr_files = 0;
	want(VMFW_IGVM_PART_PK, certificates.pem, certificates.pem_len);
	refused(VMFW_EXIT_IMAGE, "one platform key, found 2");
	want(VMFW_IGVM_PART_PK, certificates.der[0], certificates.len[0]);
	want(VMFW_IGVM_PART_PK, certificates.pem, certificates.pem_len);
	refused(VMFW_EXIT_IMAGE, "one platform key, found 2");
}

static void no_certificates(void **state)
{
	static const char key[] = "-----BEGIN PRIVATE KEY-----\nMAA=\n"
				  "-----END PRIVATE KEY-----\n";
	static const char text[] = "-----BEGIN ";
	static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
	uint8_t longer[4096];
	char *middle;

	(void)state;
	want(VMFW_IGVM_PART_DB, key, strlen(key));
	refused(VMFW_EXIT_IMAGE, "there is no certificate in it");
	want(VMFW_IGVM_PART_DB, text, strlen(text));
	refused(VMFW_EXIT_IMAGE, "certificate (PEM or DER)");
	memcpy(longer, certificates.der[0], certificates.len[0]);
	longer[certificates.len[0]] = 0;
	want(VMFW_IGVM_PART_DB, longer, certificates.len[0] + 1);
	refused(VMFW_EXIT_IMAGE, "a certificate in it is malformed");
	want(VMFW_IGVM_PART_DB, certificates.der[0], certificates.len[0] - 1);
	refused(VMFW_EXIT_IMAGE, "a certificate in it is malformed");
	/* A length of one byte is too short for a certificate. */
	longer[1] = 0x81;
	want(VMFW_IGVM_PART_DB, longer, certificates.len[0]);
	refused(VMFW_EXIT_IMAGE, "this is not a database of Secure Boot");
	/* The second of two certificates is malformed. */
	middle = certificates.pem + certificates.first + 40;
	memset(middle, '!', 20);
	want(VMFW_IGVM_PART_DB, certificates.pem, certificates.pem_len);
	refused(VMFW_EXIT_IMAGE, "a certificate in it is malformed");
	/* The certificate is encrypted. */
	assert_true(snprintf((char *)longer, sizeof(longer), "%sProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,%032d\n\n%s",
			     begin, 7, certificates.pem + strlen(begin)) <
		    (int)sizeof(longer));
	want(VMFW_IGVM_PART_DB, longer, strlen((char *)longer));
	refused(VMFW_EXIT_IMAGE, "a certificate in it is encrypted");
	/* Only two bytes of a certificate, then PEM after a zero byte. */
	want(VMFW_IGVM_PART_DB, certificates.der[0], 2);
	refused(VMFW_EXIT_IMAGE, "this is not a database of Secure Boot");
	want(VMFW_IGVM_PART_DB, "\0-----BEGIN CERTIFICATE-----", 28);
	refused(VMFW_EXIT_IMAGE, "this is not a database of Secure Boot");
}

static void digests_of_programs(void **state)
{
	static struct image image;
	uint8_t list[SIGLIST_SHA256], digest[AUTHENTICODE_SIZE], variable[256];
	struct pe_fault fault;
	const char *path;
	size_t head, len;
	struct pe pe;

	(void)state;
	image_begin(&image, true);
	image_add(&image, ".text", "code", 4);
	assert_int_equal(image_parse(&image, &pe, &fault), 0);
	assert_int_equal(authenticode_sha256(&pe, digest, &fault), 0);
	pe_close(&pe);
	put_list(list, sha256_type, SHA256, 1, 0);
	memcpy(list + LIST_HEAD + OWNER, digest, sizeof(digest));
	path = make_file(image.bytes, image.size);
	want_all_but(VMFW_IGVM_PART_DB);
	want_path(VMFW_IGVM_PART_DB, path, true);
	assert_int_equal(make(), VMFW_EXIT_OK);
	is_database(2, list, sizeof(list));
	assert_true(databases_name(&databases, digest));
	/*
	 * A signed variable together with a digest is not the whole database.
	 */
	head = put_signed(variable);
	len = head + put_list(variable + head, sha256_type, SHA256, 1, 'x');
	want(VMFW_IGVM_PART_DB, variable, len);
	assert_int_equal(make(), VMFW_EXIT_OK);
	memmove(variable + sizeof(list), variable + head, len - head);
	memcpy(variable, list, sizeof(list));
	is_database(2, variable, sizeof(list) + len - head);
	/* Only a program has a digest. */
	request.nr_files = 0;
	want_path(VMFW_IGVM_PART_DB, make_file(list, sizeof(list)), true);
	refused(VMFW_EXIT_IMAGE, "not a UEFI program");
	want_path(VMFW_IGVM_PART_DB, "/none", true);
	refused(VMFW_EXIT_SYSTEM, "/none");
}

/* Databases without a file come from the running machine. */
static void those_of_the_machine(void **state)
{
	uint8_t variable[256];
	size_t head, len;
	unsigned int i;

	(void)state;
	request.from_running = true;
	head = put_signed(variable);
	len = head + put_list(variable + head, sha256_type, SHA256, 1, 'x');
	machine.bytes = variable;
	machine.len = len;
	assert_int_equal(make(), VMFW_EXIT_OK);
	assert_int_equal(machine.asked, DATABASES);
	for (i = 0; i < DATABASES; i++)
		is_database(i, variable + head, len - head);
	/* With files for all databases, the tool reads no variables. */
	machine.asked = 0;
	want_all_but(0);
	assert_int_equal(make(), VMFW_EXIT_OK);
	assert_int_equal(machine.asked, 0);
	is_database(0, lists[0], sizeof(lists[0]));
	request.nr_files = 0;
	machine.len--;
	refused(VMFW_EXIT_IMAGE, "PK");
	machine.asked = 0;
	machine.err = -ENOENT;
	refused(VMFW_EXIT_SOURCE, "PK");
	machine.asked = 0;
	machine.err = -EACCES;
	refused(VMFW_EXIT_SYSTEM, strerror(EACCES));
}

/* The tool adds a digest to the database of the running machine. */
static void the_machine_and_a_digest(void **state)
{
	static struct image image;
	uint8_t list[sizeof(lists[0])];

	(void)state;
	image_begin(&image, true);
	image_add(&image, ".text", "code", 4);
	put_list(list, sha256_type, SHA256, 1, 'x');
	machine.bytes = list;
	machine.len = sizeof(list);
	request.from_running = true;
	want_path(VMFW_IGVM_PART_DB, make_file(image.bytes, image.size), true);
	assert_int_equal(make(), VMFW_EXIT_OK);
	assert_int_equal(machine.asked, DATABASES);
	assert_int_equal(databases.v[2].len, SIGLIST_UNSIGNED + sizeof(list) +
			 SIGLIST_SHA256);
	is_database(3, list, sizeof(list));
}

/* The failure of any allocation is an error. */
static void no_memory(void **state)
{
	static const struct {
		enum {
			CERTIFICATE, PEM, SIGNED_VARIABLE, LIST, DIGEST, RUNNING,
		} kind;
		int allocations;	/* before the one that fails */
	} table[] = {
		{ CERTIFICATE, 0 }, { CERTIFICATE, 1 },
		/* The second certificate does not replace the first one. */
		{ PEM, 0 }, { SIGNED_VARIABLE, 0 },
		{ LIST, 0 }, { LIST, 1 }, { DIGEST, 0 }, { DIGEST, 1 },
		{ RUNNING, 0 }, { RUNNING, 1 },
	};
	static struct image image;
	uint8_t variable[256];
	size_t head, len, i;

	(void)state;
	image_begin(&image, true);
	image_add(&image, ".text", "code", 4);
	head = put_signed(variable);
	len = head + put_list(variable + head, sha256_type, SHA256, 1, 'x');
	machine.bytes = variable;
	machine.len = len;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (table[i].kind == CERTIFICATE)
			want(VMFW_IGVM_PART_PK, certificates.der[0],
			     certificates.len[0]);
		else if (table[i].kind == PEM)
			want(VMFW_IGVM_PART_PK, certificates.pem,
			     certificates.pem_len);
		else if (table[i].kind == SIGNED_VARIABLE)
			want(VMFW_IGVM_PART_PK, variable, len);
		else if (table[i].kind == LIST)
			want(VMFW_IGVM_PART_PK, variable + head, len - head);
		else if (table[i].kind == DIGEST)
			want_path(VMFW_IGVM_PART_PK,
				  make_file(image.bytes, image.size), true);
		request.from_running = table[i].kind == RUNNING;
		machine.allocations = table[i].allocations;
		machine.asked = 0;
		refused(VMFW_EXIT_SYSTEM, strerror(ENOMEM));
	}
}

static void a_file_that_cannot_be_read(void **state)
{
	(void)state;
	want_all_but(0);
	read_err = -EIO;
	refused(VMFW_EXIT_SYSTEM, ": cannot use this file: Input/output error");
	read_err = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(no_request),
		TEST(all_from_lists),
		TEST(all_or_none),
		TEST(one_platform_key),
		TEST(signed_variables),
		TEST(no_databases),
		TEST(large_files),
		TEST(as_large_as_ovmf_takes),
		TEST(lists_of_certificates),
		TEST(digests_of_programs),
		TEST(those_of_the_machine),
		TEST(the_machine_and_a_digest),
		TEST(no_memory),
		TEST(a_file_that_cannot_be_read),
		TEST(no_certificates),
	};

	return cmocka_run_group_tests_name("secureboot", tests,
					   make_certificates,
					   free_certificates);
}
