// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Databases of Secure Boot. OVMF sets Secure Boot up in a confidential guest if
 * the image has all of PK, KEK, db and dbx. Each database must have the form that
 * SetVariable() takes. As long as there is no PK, OVMF needs no signature and
 * verifies none.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/infile.h"
#include "compose/certificates.h"
#include "compose/pe-file.h"
#include "compose/secureboot.h"
#include "efi/authenticode.h"
#include "efi/siglist.h"
#include "guest/efivars.h"
#include "igvm/vmfw-igvm.h"

/*
 * The longest file with a database. Firmware has a few hundred KiB for all its
 * variables.
 */
#define MAX_FILE	(1u << 20)
/*
 * The most bytes of a database: PcdMaxAuthVariableSize of OVMF, less some bytes
 * for the header and the name of the variable.
 */
#define OVMF_MAX	((size_t)0x8400 - 100)

/* The type and the vendor GUID of each variable. */
static const struct {
	unsigned int type;
	const char *vendor;
} variables[DATABASES] = {
	{ VMFW_IGVM_PART_PK, EFIVARS_GLOBAL },
	{ VMFW_IGVM_PART_KEK, EFIVARS_GLOBAL },
	{ VMFW_IGVM_PART_DB, EFIVARS_SECURITY },
	{ VMFW_IGVM_PART_DBX, EFIVARS_SECURITY },
};

/* Make space for @len more bytes at the end. Return NULL if there is no memory. */
static uint8_t *grow_database(struct database *database, size_t len)
{
	uint8_t *bytes = realloc(database->bytes, database->len + len);

	if (!bytes)
		return NULL;
	database->bytes = bytes;
	database->len += len;
	return bytes + database->len - len;
}

/*
 * Add bytes after the lists of signatures. In front of the first list, add the
 * head of an unsigned variable.
 */
static int add_lists(struct database *database, const uint8_t *bytes,
		     size_t len)
{
	uint8_t *p;

	if (!database->len) {
		p = grow_database(database, SIGLIST_UNSIGNED);
		if (!p)
			return -ENOMEM;
		siglist_put_unsigned(p);
	}
	p = grow_database(database, len);
	if (!p)
		return -ENOMEM;
	memcpy(p, bytes, len);
	return 0;
}

/*
 * Add the lists of a file. If the file is a signed variable and the only source
 * of the database, keep its time and its signature.
 */
static int add_variable(struct database *database, const uint8_t *bytes,
			const struct siglist *list, bool alone)
{
	uint8_t *p;

	if (!alone || !list->signed_size)
		return add_lists(database, list->bytes, list->len);
	p = grow_database(database, list->signed_size + list->len);
	if (!p)
		return -ENOMEM;
	memcpy(p, bytes, list->signed_size + list->len);
	return 0;
}

static enum vmfw_exit check_lists(struct messages *messages, const char *path,
				  unsigned int type, const uint8_t *bytes,
				  size_t len, struct siglist *list)
{
	struct siglist_fault fault;

	if (siglist_open(list, bytes, len, &fault)) {
		message_error(messages, "%s: this is not a database of Secure Boot: %s (0x%" PRIx64 " at offset 0x%zx)",
			      path, fault.text, fault.value, fault.offset);
		return VMFW_EXIT_IMAGE;
	}
	if (type == VMFW_IGVM_PART_PK && list->entries != 1) {
		message_error(messages, "%s: expected one platform key, found %" PRIu32,
			      path, list->entries);
		return VMFW_EXIT_IMAGE;
	}
	return VMFW_EXIT_OK;
}

static int add_certificate(void *arg, const uint8_t *der, size_t len)
{
	uint8_t head[SIGLIST_X509_HEAD];
	struct database *database = arg;
	int err;

	siglist_put_x509_head(head, len);
	err = add_lists(database, head, sizeof(head));
	return err ? err : add_lists(database, der, len);
}

/*
 * Add each certificate as a list of its own. Check these lists, because PK may
 * have only one certificate.
 */
static enum vmfw_exit add_certificates(struct database *database,
				       struct messages *messages,
				       const char *path, const uint8_t *bytes,
				       size_t len)
{
	size_t before = database->len;
	struct siglist list;
	int err;

	err = certificates_each(bytes, len, add_certificate, database);
	if (err == -ENOKEY || err == -ENOTSUP || err == -EBADMSG) {
		message_error(messages, "%s: %s; expected a certificate (PEM or DER) or a list of signatures (ESL, AUTH)",
			      path,
			      err == -ENOKEY ? "there is no certificate in it" :
			      err == -ENOTSUP ? "a certificate in it is encrypted" :
			      "a certificate in it is malformed");
		return VMFW_EXIT_IMAGE;
	}
	if (err)
		return infile_error(messages, path, err);
	/*
	 * Skip the head of the variable, which add_lists() adds in front of the
	 * first list.
	 */
	if (!before)
		before = SIGLIST_UNSIGNED;
	return check_lists(messages, path, database->type,
			   database->bytes + before, database->len - before,
			   &list);
}

static enum vmfw_exit add_bytes(struct database *database,
				struct messages *messages,
				const struct requested_file *wanted,
				struct infile *file, uint8_t *bytes, bool alone)
{
	struct siglist list;
	enum vmfw_exit code;
	int err;

	err = infile_read(file, 0, bytes, file->size);
	if (err)
		return infile_error(messages, wanted->path, err);
	if (certificates_look(bytes, file->size))
		return add_certificates(database, messages, wanted->path, bytes,
					file->size);
	code = check_lists(messages, wanted->path, wanted->type, bytes,
			   file->size, &list);
	if (code)
		return code;
	err = add_variable(database, bytes, &list, alone);
	return err ? infile_error(messages, wanted->path, err) : VMFW_EXIT_OK;
}

static enum vmfw_exit add_database(struct database *database,
				   struct messages *messages,
				   const struct requested_file *wanted,
				   bool alone)
{
	struct infile file;
	uint8_t *bytes;
	enum vmfw_exit code;

	code = infile_open(&file, messages, wanted->path);
	if (!code && file.size > MAX_FILE)
		code = infile_error(messages, wanted->path, -EFBIG);
	if (!code) {
		/* One byte more: an allocation of no bytes can return NULL. */
		bytes = malloc(file.size + 1);
		code = bytes ? add_bytes(database, messages, wanted, &file,
					 bytes, alone) :
			       infile_error(messages, wanted->path, -ENOMEM);
		free(bytes);
	}
	infile_close(&file);
	return code;
}

static enum vmfw_exit add_digest(struct database *database,
				 struct messages *messages,
				 const struct requested_file *wanted)
{
	uint8_t digest[AUTHENTICODE_SIZE], list[SIGLIST_SHA256];
	struct program program;
	enum vmfw_exit code;
	int err;

	code = program_open(&program, messages, wanted->path);
	if (!code)
		code = program_digest(&program, messages, digest);
	program_close(&program);
	if (code)
		return code;
	siglist_put_sha256(list, digest);
	err = add_lists(database, list, sizeof(list));
	return err ? infile_error(messages, wanted->path, err) : VMFW_EXIT_OK;
}

static size_t count_parts(const struct compose_request *request,
			  unsigned int type, bool digest)
{
	size_t i, nr = 0;

	for (i = 0; i < request->nr_files; i++)
		nr += request->files[i].type == type &&
		      request->files[i].digest == digest;
	return nr;
}

/* Add the lists of a variable of this machine. */
static enum vmfw_exit add_running(struct database *database,
				  struct messages *messages, const char *vendor,
				  const char *root)
{
	const char *name = vmfw_igvm_part_name(database->type);
	struct siglist list;
	uint8_t *bytes;
	size_t len;
	enum vmfw_exit code;
	int err;

	err = efivars_get(root, vendor, name, &bytes, &len);
	if (err == -ENOENT) {
		message_error(messages, "cannot read the variable %s: this system does not have it; give this database in a file",
			      name);
		return VMFW_EXIT_SOURCE;
	}
	if (err) {
		message_error(messages, "cannot read the variable %s: %s", name, strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	code = check_lists(messages, name, database->type, bytes, len, &list);
	if (!code) {
		err = add_lists(database, list.bytes, list.len);
		code = err ? infile_error(messages, name, err) : VMFW_EXIT_OK;
	}
	free(bytes);
	return code;
}

static enum vmfw_exit make_database(struct database *database,
				    struct messages *messages,
				    const char *vendor,
				    const struct compose_request *request)
{
	size_t files = count_parts(request, database->type, false);
	bool alone = files == 1 && !count_parts(request, database->type, true);
	enum vmfw_exit code = VMFW_EXIT_OK;
	size_t i;

	if (request->from_running && !files)
		code = add_running(database, messages, vendor, request->root);
	for (i = 0; !code && i < request->nr_files; i++) {
		const struct requested_file *wanted = &request->files[i];

		if (wanted->type != database->type)
			continue;
		code = wanted->digest ?
		       add_digest(database, messages, wanted) :
		       add_database(database, messages, wanted, alone);
	}
	if (!code && database->len > OVMF_MAX)
		message_warning(messages, "%s: this database has %zu bytes; OVMF takes at most %zu",
				vmfw_igvm_part_name(database->type),
				database->len, OVMF_MAX);
	return code;
}

/* Refuse an incomplete set: firmware takes all four databases or none. */
static enum vmfw_exit check_complete(const struct databases *databases,
				     struct messages *messages)
{
	char missing[64] = "";
	unsigned int i, nr = 0;
	size_t used = 0;

	for (i = 0; i < DATABASES; i++) {
		if (databases->v[i].len) {
			nr++;
			continue;
		}
		if (used < sizeof(missing))
			used += snprintf(missing + used, sizeof(missing) - used,
					 "%s%s", used ? ", " : "",
					 vmfw_igvm_part_name(variables[i].type));
	}
	if (!nr || nr == DATABASES)
		return VMFW_EXIT_OK;
	message_error(messages, "cannot set up Secure Boot: firmware needs all of PK, KEK, db and dbx; missing: %s",
		      missing);
	return VMFW_EXIT_USAGE;
}

/**
 * databases_make() - make the requested databases
 * @databases: receives them; free them even after an error
 * @messages: for errors and warnings
 * @request: the parts that the user named
 *
 * Return: an exit code; VMFW_EXIT_USAGE: the user named some databases, but not
 * all; VMFW_EXIT_SOURCE: this machine lacks one of the variables;
 * VMFW_EXIT_IMAGE: a file is invalid.
 */
enum vmfw_exit databases_make(struct databases *databases,
			      struct messages *messages,
			      const struct compose_request *request)
{
	enum vmfw_exit code = VMFW_EXIT_OK;
	unsigned int i;

	*databases = (struct databases) { 0 };
	for (i = 0; !code && i < DATABASES; i++) {
		databases->v[i].type = variables[i].type;
		code = make_database(&databases->v[i], messages,
				     variables[i].vendor, request);
	}
	return code ? code : check_complete(databases, messages);
}

/**
 * databases_name() - does db contain the digest of a program?
 * @databases: the databases, which are complete
 * @digest: AUTHENTICODE_SIZE bytes
 */
bool databases_name(const struct databases *databases, const uint8_t *digest)
{
	const struct database *db = databases->v;

	while (db->type != VMFW_IGVM_PART_DB)
		db++;
	return memmem(db->bytes, db->len, digest, AUTHENTICODE_SIZE);
}

/**
 * databases_read() - read from a database
 * @arg: struct database
 * @offset: of the first byte
 * @buf: receives the bytes
 * @len: number of bytes, all within the database
 *
 * Return: 0.
 */
int databases_read(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct database *database = arg;

	memcpy(buf, database->bytes + offset, len);
	return 0;
}

/**
 * databases_free() - free databases
 * @databases: from databases_make(), which may have failed
 */
void databases_free(struct databases *databases)
{
	unsigned int i;

	for (i = 0; i < DATABASES; i++)
		free(databases->v[i].bytes);
}
