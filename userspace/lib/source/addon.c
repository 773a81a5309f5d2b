// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Add-ons that Secure Boot allows. systemd-stub loads an add-on by LoadImage()
 * of the firmware or of shim (systemd: load_addons() in stub.c,
 * shim_load_image() in shim.c). With Secure Boot, LoadImage() refuses an add-on
 * that no key or digest allows. The stub goes on without this add-on, and so
 * ignores the command line in it. The tool likewise ignores the firmware in it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>

#include "base/exit.h"
#include "source/addon.h"

/* Reasons why Secure Boot refuses an add-on, with remedies. */
static const char *const reasons[] = {
	[PERMISSION_UNSIGNED] = "it has no signature, and db does not contain its digest; sign it, for example with sbsign",
	[PERMISSION_CHANGED] = "its signature does not fit the file; sign it again if you changed it",
	[PERMISSION_STRANGER] = "no certificate in db or MokListRT vouches for its signature; use an enrolled key, or enroll the signer's certificate",
	[PERMISSION_DBX_DIGEST] = "dbx revokes its digest; install another version",
	[PERMISSION_DBX_KEY] = "dbx revokes a certificate of its signature; sign it with another key",
	[PERMISSION_MOKX_DIGEST] = "MokListXRT revokes its digest; install another version",
	[PERMISSION_MOKX_KEY] = "MokListXRT revokes a certificate of its signature; sign it with another key",
};

static enum vmfw_exit read_rules(struct addon_rules *rules,
				 struct messages *messages, const char *path,
				 const char *root)
{
	const char *name;
	int err;

	if (rules->known)
		return VMFW_EXIT_OK;
	err = securevars_read(&rules->vars, root, &name);
	if (err) {
		message_error(messages, "%s: cannot tell whether Secure Boot accepts this add-on: variable %s: %s",
			      path, name, err == -EINVAL ? "it is malformed" :
			      strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	rules->known = true;
	return VMFW_EXIT_OK;
}

/**
 * addon_check() - would a stub load an add-on?
 * @rules: filled in at the first call; free them at the end
 * @messages: for the reason if a stub would not load it
 * @file: the add-on
 * @root: see efivars_get()
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: Secure Boot refuses it.
 */
enum vmfw_exit addon_check(struct addon_rules *rules, struct messages *messages,
			   const struct ukifile *file, const char *root)
{
	enum permission permission;
	struct pe_fault fault;
	enum vmfw_exit code;
	int err;

	code = read_rules(rules, messages, file->in.path, root);
	if (code || !rules->vars.enforced)
		return code;
	err = permission_check(&permission, &file->pe, &rules->vars.keys,
			       &fault);
	if (err)
		return ukifile_error(file, messages, err, &fault);
	if (permission == PERMISSION_GIVEN)
		return VMFW_EXIT_OK;
	message_error(messages, "%s: Secure Boot refuses this add-on: %s",
		      file->in.path, reasons[permission]);
	return VMFW_EXIT_SOURCE;
}

/**
 * addon_rules_free() - free rules
 * @rules: of addon_check(), or zeroes
 */
void addon_rules_free(struct addon_rules *rules)
{
	securevars_free(&rules->vars);
	rules->known = false;
}
