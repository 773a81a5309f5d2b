// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The variables of Secure Boot. Firmware has SecureBoot, SetupMode, db and dbx
 * (UEFI specification, "Secure Boot and Driver Signing"). shim leaves copies of
 * its own variables for the operating system (shim: mok.c). Each of these is
 * volatile, or a write to it needs a signature.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "efi/siglist.h"
#include "guest/efivars.h"
#include "guest/securevars.h"

/*
 * The most variables of one list. shim splits a list that is too large for one
 * variable.
 */
#define PARTS_MOST	64
#define NAME_SIZE	16

typedef int get_variable(const char *root, const char *vendor,
			 const char *name, uint8_t **data, size_t *len);

/* Read a variable of one byte. If it is missing, the flag is off. */
static int read_flag(const char *root, get_variable *get, const char *vendor,
		     const char *name, bool *on)
{
	uint8_t *data;
	size_t len;
	int err = get(root, vendor, name, &data, &len);

	*on = false;
	if (err == -ENOENT)
		return 0;
	if (!err && len != 1)
		err = -EINVAL;
	else if (!err)
		*on = *data == 1;
	free(data);
	return err;
}

/* Check that a walk over the lists meets no fault. */
static int check_lists(const uint8_t *data, size_t len)
{
	struct siglist_entry entry;
	struct siglist_walk walk;
	int more;

	siglist_walk(&walk, data, len);
	do {
		more = siglist_next(&walk, &entry);
	} while (more > 0);
	return more;
}

/* Append the signature lists of one variable to those read so far. */
static int add_lists(uint8_t **lists, struct permission_list *list,
		     const uint8_t *data, size_t len)
{
	uint8_t *bytes;
	int err = check_lists(data, len);

	if (err || !len)
		return err;
	bytes = realloc(*lists, list->len + len);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes + list->len, data, len);
	*lists = bytes;
	list->bytes = bytes;
	list->len += len;
	return 0;
}

static int read_lists(const char *root, get_variable *get, const char *vendor,
		      const char *name, uint8_t **lists,
		      struct permission_list *list)
{
	uint8_t *data;
	size_t len;
	int err = get(root, vendor, name, &data, &len);

	if (!err)
		err = add_lists(lists, list, data, len);
	free(data);
	return err;
}

static int read_db(struct securevars *vars, const char *root, unsigned int nr,
		   const char *name, struct permission_list *list)
{
	int err = read_lists(root, efivars_get, EFIVARS_SECURITY, name,
			     &vars->lists[nr], list);

	return err == -ENOENT ? 0 : err;
}

/* Read the lists of the variables NAME, NAME1, NAME2 and so on. */
static int read_mok(struct securevars *vars, const char *root, unsigned int nr,
		    const char *name, struct permission_list *list)
{
	char part[NAME_SIZE];
	unsigned int i;
	int err = 0;

	snprintf(part, sizeof(part), "%s", name);
	for (i = 1; !err; i++) {
		err = read_lists(root, efivars_get_volatile, EFIVARS_SHIM, part,
				 &vars->lists[nr], list);
		snprintf(part, sizeof(part), "%s%u", name, i);
		if (!err && i > PARTS_MOST)
			err = -EFBIG;
	}
	return err == -ENOENT ? 0 : err;
}

/* With "mokutil --ignore-db", shim does not use db. */
static int read_keys(struct securevars *vars, const char *root,
		     const char **name)
{
	struct permission_keys *keys = &vars->keys;
	bool no_db;
	int err;

	err = read_db(vars, root, 0, *name = "dbx", &keys->dbx);
	if (!err)
		err = read_mok(vars, root, 1, *name = "MokListXRT",
			       &keys->mokx);
	if (!err)
		err = read_mok(vars, root, 2, *name = "MokListRT", &keys->mok);
	if (!err)
		err = read_flag(root, efivars_get_volatile, EFIVARS_SHIM,
				*name = "MokIgnoreDB", &no_db);
	if (err || no_db)
		return err;
	return read_db(vars, root, 3, *name = "db", &keys->db);
}

/*
 * In setup mode, firmware verifies no programs. After "mokutil
 * --disable-validation", shim verifies none either. Boot loaders rely on shim.
 */
static int read_mode(struct securevars *vars, const char *root,
		     const char **name)
{
	bool secure, setup = false, insecure = false;
	int err;

	err = read_flag(root, efivars_get, EFIVARS_GLOBAL, *name = "SecureBoot",
			&secure);
	if (!err && secure)
		err = read_flag(root, efivars_get, EFIVARS_GLOBAL,
				*name = "SetupMode", &setup);
	if (!err && secure && !setup)
		err = read_flag(root, efivars_get_volatile, EFIVARS_SHIM,
				*name = "MokSBStateRT", &insecure);
	vars->enforced = secure && !setup && !insecure;
	return err;
}

/**
 * securevars_read() - find out whether Secure Boot is in force, and its keys
 * @vars: receives the answer; free it if 0 is returned
 * @root: see efivars_get()
 * @name: receives the name of the variable at fault, if there is an error
 *
 * A machine without UEFI has no Secure Boot. An unreadable variable is an error.
 *
 * Return: 0; -EINVAL: the variable is malformed; another negative errno value.
 */
int securevars_read(struct securevars *vars, const char *root,
		    const char **name)
{
	int err;

	*vars = (struct securevars) { 0 };
	err = read_mode(vars, root, name);
	if (!err && vars->enforced)
		err = read_keys(vars, root, name);
	if (err)
		securevars_free(vars);
	return err;
}

/**
 * securevars_free() - free the lists that securevars_read() allocated
 * @vars: from securevars_read(), or zeroes
 */
void securevars_free(struct securevars *vars)
{
	unsigned int i;

	for (i = 0; i < SECUREVARS_LISTS; i++)
		free(vars->lists[i]);
	*vars = (struct securevars) { 0 };
}
