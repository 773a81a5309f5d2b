// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The search for the UKI that this machine booted from. systemd-stub names its
 * file in EFI variables. With another stub, the boot loader names the entry
 * that it selected.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/rootdir.h"
#include "guest/efivars.h"
#include "shared/text.h"
#include "source/booted-uki.h"
#include "source/candidate.h"

#define ENTRIES		"/EFI/Linux/"
#define UKI_END		".efi"
#define ADDON_END	".addon.efi"
#define ADDONS_OF	".extra.d"
#define ADDONS_OF_ALL	"/loader/addons"
/* The size of the buffer for the name of a file. */
#define NAMES		(NAME_MAX + 2)
/*
 * The highest number of a profile. Each profile is a section. A PE file has at
 * most this many sections.
 */
#define PROFILE_MOST	UINT16_MAX

/**
 * struct claim - the UKI that EFI variables name
 * @partition: PARTUUID of its partition
 * @path: path of the file on it, absolute
 * @profile: see struct booted
 * @by_loader: the boot loader named it, and not the stub
 */
struct claim {
	char partition[LOCATION_TAG];
	char path[LOCATION_PATH];
	unsigned int profile;
	bool by_loader;
};

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), tail = strlen(end);

	/* FAT ignores the case of letters. */
	return len > tail && !strcasecmp(name + len - tail, end);
}

/* Return the length of a name without its suffix and its boot counter. */
static size_t stem_length(const char *name)
{
	size_t end = strlen(name), len, last;
	unsigned int i;

	if (ends_with(name, UKI_END))
		end -= strlen(UKI_END);
	for (len = end, i = 0; i < 2; i++, len--) {
		last = len;
		while (len && isdigit((unsigned char)name[len - 1]))
			len--;
		if (len == last || !len)
			break;
		if (name[len - 1] == '+')
			return len - 1;
		if (name[len - 1] != '-')
			break;
	}
	return end;
}

/**
 * booted_same_name() - do two names differ at most in their boot counters?
 * @a: name of one file: NAME[+LEFT[-DONE]].efi
 * @b: name of the other file
 */
bool booted_same_name(const char *a, const char *b)
{
	size_t len = stem_length(a);

	return len == stem_length(b) && !strncasecmp(a, b, len) &&
	       ends_with(a, UKI_END) == ends_with(b, UKI_END);
}

/*
 * Replace the backslashes in a path of UEFI. Return false if the path is
 * relative, or goes up by "/../".
 */
static bool is_clean(char *path)
{
	char *p;

	for (p = path; *p; p++)
		if (*p == '\\')
			*p = '/';
	return path[0] == '/' && !strstr(path, "/../");
}

/* Parse the number of a profile: only digits, and at most PROFILE_MOST. */
static bool read_profile(unsigned int *profile, const char *words)
{
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(words, &end, 10);
	if (!isdigit((unsigned char)*words) || *end || errno ||
	    number > PROFILE_MOST)
		return false;
	*profile = number;
	return true;
}

static int read_stub(struct claim *claim, const char *root)
{
	char number[16];
	int err;

	err = efivars_loader(root, "StubDevicePartUUID", claim->partition,
			     sizeof(claim->partition));
	if (!err)
		err = efivars_loader(root, "StubImageIdentifier", claim->path,
				     sizeof(claim->path));
	if (err)
		return err;
	err = efivars_loader(root, "StubProfile", number, sizeof(number));
	if (err && err != -ENOENT)
		return err;
	if (!err && !read_profile(&claim->profile, number))
		return -EINVAL;
	return is_clean(claim->path) ? 0 : -EINVAL;
}

static int read_loader(struct claim *claim, const char *root)
{
	char entry[LOCATION_PATH - sizeof(ENTRIES)], *profile;
	int err;

	err = efivars_loader(root, "LoaderDevicePartUUID", claim->partition,
			     sizeof(claim->partition));
	if (!err)
		err = efivars_loader(root, "LoaderEntrySelected", entry,
				     sizeof(entry));
	if (err)
		return err;
	profile = strrchr(entry, '@');
	if (profile && read_profile(&claim->profile, profile + 1))
		*profile = '\0';
	claim->by_loader = true;
	snprintf(claim->path, sizeof(claim->path), ENTRIES "%s", entry);
	return ends_with(entry, UKI_END) && is_clean(claim->path) &&
	       !strchr(claim->path + strlen(ENTRIES), '/') ? 0 : -EINVAL;
}

static enum vmfw_exit read_claim(struct claim *claim, struct volumes *volumes,
				 struct messages *messages)
{
	int err;

	memset(claim, 0, sizeof(*claim));
	err = read_stub(claim, volumes->root);
	if (err && err != -EACCES && err != -EPERM) {
		memset(claim, 0, sizeof(*claim));
		err = read_loader(claim, volumes->root);
	}
	if (!err)
		return VMFW_EXIT_OK;
	if (err == -EACCES || err == -EPERM) {
		message_error(messages, "cannot find the UKI that this machine booted from: cannot read the UEFI variables: %s",
			      strerror(-err));
		return VMFW_EXIT_SYSTEM;
	}
	message_error(messages, "cannot find the UKI that this machine booted from: no boot loader names one");
	return VMFW_EXIT_SOURCE;
}

static int open_directory(const struct volumes *volumes, const char *path,
			  DIR **directory)
{
	return root_list_descriptor(volume_open(volumes, path,
						O_RDONLY | O_DIRECTORY),
				    directory);
}

/*
 * Return the next entry of a directory, or NULL: the end, an error, or a
 * signal; see @err.
 */
static struct dirent *next_entry(DIR *directory, int *err)
{
	struct dirent *entry = NULL;

	errno = 0;
	if (!interrupt_seen())
		entry = readdir(directory);
	else
		errno = EINTR;
	*err = entry ? 0 : -errno;
	return entry;
}

/*
 * Find a file by its name, or otherwise the only file whose name differs only in
 * the boot counter. systemd-bless-boot renames the file after a good boot.
 * @found receives its name, NAMES bytes.
 */
static int find_file(const struct volumes *volumes, const char *path,
		     const char *name, char *found)
{
	struct dirent *entry;
	unsigned int nr = 0;
	DIR *directory;
	int err;

	err = open_directory(volumes, path, &directory);
	if (err)
		return err;
	while ((entry = next_entry(directory, &err))) {
		if (!booted_same_name(entry->d_name, name) ||
		    text_copy(found, NAMES, entry->d_name))
			continue;
		nr++;
		if (!strcmp(entry->d_name, name)) {
			nr = 1;
			break;
		}
	}
	closedir(directory);
	if (err)
		return err;
	return nr == 1 ? 0 : nr ? -ENOTUNIQ : -ENOENT;
}

static enum vmfw_exit find_on(struct booted *booted, struct volumes *volumes,
			      struct messages *messages,
			      const struct claim *claim,
			      const struct location *location)
{
	char name[NAMES], directory[PATH_MAX];
	const char *top, *last = strrchr(claim->path, '/');
	enum vmfw_exit code;
	int err, len;

	code = volume_top(volumes, messages, location, &top);
	if (code)
		return code;
	len = snprintf(directory, sizeof(directory), "%s%.*s", top,
		       (int)(last - claim->path), claim->path);
	err = len < PATH_MAX ? find_file(volumes, directory, last + 1,
					 name) :
			       -ENAMETOOLONG;
	if (!err) {
		len = snprintf(booted->path, sizeof(booted->path), "%s/%s",
			       directory, name);
		err = len < PATH_MAX ? 0 : -ENAMETOOLONG;
	}
	if (!err)
		return VMFW_EXIT_OK;
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	message_error(messages, "%s: cannot find the UKI that this machine booted from: %s", claim->path,
		      err == -ENOTUNIQ ? "there are several files of that name that differ in the boot counter" :
		      strerror(-err));
	return err == -ENOENT || err == -ENOTUNIQ ? VMFW_EXIT_SOURCE :
						    VMFW_EXIT_SYSTEM;
}

static bool is_on(struct booted *booted, struct volumes *volumes,
		  const struct claim *claim, const struct location *location)
{
	struct messages kept;
	enum vmfw_exit code;

	messages_keep(&kept);
	code = find_on(booted, volumes, &kept, claim, location);
	messages_free(&kept);
	return !code;
}

/**
 * booted_find() - find the UKI that this machine booted from
 * @booted: to be filled in
 * @volumes: the open file systems; the function may add some
 * @messages: for errors
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: it booted from no UKI, or the file is
 * missing or ambiguous.
 */
enum vmfw_exit booted_find(struct booted *booted, struct volumes *volumes,
			   struct messages *messages)
{
	static const struct location beside = { .kind = LOCATION_XBOOTLDR };
	struct location location = { .kind = LOCATION_PARTUUID };
	struct claim claim;
	enum vmfw_exit code;

	code = read_claim(&claim, volumes, messages);
	if (code)
		return code;
	booted->profile = claim.profile;
	location.fat = true;
	if (text_copy(location.tag, sizeof(location.tag), claim.partition))
		return VMFW_EXIT_SOURCE;
	/*
	 * The tool does not search disks for another root. Look for the EFI
	 * system partition at its usual mount points there.
	 */
	if (volumes->root)
		location = (struct location) { .kind = LOCATION_ESP };
	if (is_on(booted, volumes, &claim, &location))
		return VMFW_EXIT_OK;
	/* A boot loader can also take entries from the XBOOTLDR partition. */
	if (claim.by_loader && is_on(booted, volumes, &claim, &beside))
		return VMFW_EXIT_OK;
	/* Repeat the first search, to report its error. */
	return find_on(booted, volumes, messages, &claim, &location);
}

/**
 * struct names - names of add-ons in a directory
 * @v: the names
 * @nr: number of names
 */
struct names {
	char *v[BOOTED_ADDONS_MOST];
	unsigned int nr;
};

static int compare_names(const void *a, const void *b)
{
	return strcoll(*(char *const *)a, *(char *const *)b);
}

static int list_addons(DIR *directory, struct names *names)
{
	struct dirent *entry;
	int err;

	while ((entry = next_entry(directory, &err))) {
		if (!ends_with(entry->d_name, ADDON_END))
			continue;
		if (names->nr == BOOTED_ADDONS_MOST)
			return -E2BIG;
		names->v[names->nr] = strdup(entry->d_name);
		if (!names->v[names->nr])
			return -ENOMEM;
		names->nr++;
	}
	qsort(names->v, names->nr, sizeof(names->v[0]), compare_names);
	return err;
}

/*
 * Visit the add-ons of a directory in the order of their names. The directory
 * may be missing.
 */
static int each_addon(const struct volumes *volumes, const char *directory,
		      int (*see)(void *arg, const char *path), void *arg)
{
	struct names names = { .nr = 0 };
	char path[PATH_MAX];
	unsigned int i;
	DIR *dir;
	int err;

	err = open_directory(volumes, directory, &dir);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = list_addons(dir, &names);
	closedir(dir);
	for (i = 0; i < names.nr; i++) {
		if (!err && snprintf(path, sizeof(path), "%s/%s", directory,
				     names.v[i]) >= PATH_MAX)
			err = -ENAMETOOLONG;
		if (!err)
			err = see(arg, path);
		free(names.v[i]);
	}
	return err;
}

static int each_own_addon(const struct booted *booted,
			  const struct volumes *volumes,
			  int (*see)(void *arg, const char *path), void *arg)
{
	const char *name = strrchr(booted->path, '/') + 1;
	char directory[PATH_MAX];
	size_t len = stem_length(name);
	int err;

	err = root_path(directory, booted->path, ADDONS_OF);
	if (!err)
		err = each_addon(volumes, directory, see, arg);
	/*
	 * The name of the directory usually lacks the boot counter: look for
	 * such a directory, too.
	 */
	if (err || len + strlen(UKI_END) == strlen(name))
		return err;
	snprintf(directory, sizeof(directory), "%.*s" UKI_END ADDONS_OF,
		 (int)(name - booted->path + len), booted->path);
	return each_addon(volumes, directory, see, arg);
}

static enum vmfw_exit say_addons_error(struct messages *messages,
				       const char *directory, int err)
{
	if (err == -EINTR && interrupt_seen())
		return interrupt_exit(messages, "nothing was changed");
	if (err == -E2BIG)
		message_error(messages, "%s: too many add-ons; expected at most %d",
			      directory, BOOTED_ADDONS_MOST);
	else if (err == -EMFILE)
		message_error(messages, "%s: too many images; expected at most %d",
			      directory, CANDIDATES_MOST);
	else
		message_error(messages, "%s: cannot list this directory: %s",
			      directory, strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/**
 * booted_addons() - visit the add-ons of the booted UKI, then the add-ons for
 *	all UKIs
 * @booted: from booted_find()
 * @volumes: the open file systems; the function may add some
 * @messages: for errors
 * @see: called with the path of each add-on, valid during the call; a negative
 *	errno value ends the function
 * @arg: for @see
 *
 * Return: an exit code; VMFW_EXIT_SOURCE: there is no ESP, or there are several.
 */
enum vmfw_exit booted_addons(const struct booted *booted,
			     struct volumes *volumes, struct messages *messages,
			     int (*see)(void *arg, const char *path), void *arg)
{
	struct location location = {
		.kind = LOCATION_ESP,
		.path = ADDONS_OF_ALL,
	};
	char directory[PATH_MAX];
	enum vmfw_exit code;
	int err;

	err = each_own_addon(booted, volumes, see, arg);
	if (err)
		return say_addons_error(messages, booted->path, err);
	code = volume_path(volumes, messages, &location, directory);
	if (code)
		return code;
	err = each_addon(volumes, directory, see, arg);
	return err ? say_addons_error(messages, directory, err) :
		     VMFW_EXIT_OK;
}
