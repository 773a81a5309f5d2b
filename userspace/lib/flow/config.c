// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/rootdir.h"
#include "base/spelling.h"
#include "flow/config.h"
#include "shared/macro.h"
#include "shared/text.h"

#define NAME		"vmfwupdate.conf"
#define DROP_INS	NAME ".d"

#define DEFAULT_TIMEOUT	30
#define MAX_TIMEOUT	3600
/* U+FEFF, which some editors write at the start of a file. */
#define BYTE_ORDER_MARK	"\xef\xbb\xbf"
/* The directory for records on an ESP. */
#define ESP_DIRECTORY	"/EFI/vmfwupdate"
#define TOO_LONG	"a path of at most 1023 bytes"
_Static_assert(LOCATION_PATH == 1024, "the number in TOO_LONG");

/*
 * Directories of the configuration. Of files with the same name, only the one
 * in the earliest of these directories counts.
 */
static const char *const directories[] = { "/etc/", "/run/", "/usr/lib/" };
/* The index of /run, whose files disappear at the next boot. */
#define VOLATILE	1

/**
 * struct reader - the state of reading the configuration
 * @config: receives it
 * @messages: for errors
 * @root: see root_path()
 * @see: called for each file that counts, with its path below @root; or NULL.
 *	If it is set, files in /run do not count
 * @arg: for @see
 * @wrong: number of errors so far
 * @unreadable: a file was not readable
 */
struct reader {
	struct config *config;
	struct messages *messages;
	const char *root;
	int (*see)(void *arg, const char *path);
	void *arg;
	unsigned int wrong;
	bool unreadable;
};

/*
 * The functions set_*() store a value, or the default if the value is empty. They
 * return NULL, or the expected form if the value is invalid.
 */

/*
 * Describe the form to expect instead of a value that location_parse() refused.
 */
static const char *expected_form(const char *value, const char *form)
{
	return strlen(value) < LOCATION_PATH ? form : TOO_LONG;
}

static const char *set_image(struct config *config, const char *value)
{
	if (!*value)
		config->image.kind = LOCATION_NONE;
	else if (!location_parse(&config->image, value))
		return expected_form(value, "partition, partition:any, uki, auto, PARTUUID=ID, or a file's absolute path, alone or after ESP:, XBOOTLDR:, LABEL=NAME:, UUID=ID: or PARTUUID=ID:");
	return NULL;
}

static const char *set_record(struct config *config, const char *value)
{
	config->record = CONFIG_RECORD_FILES;
	if (!*value || !strcmp(value, "auto"))
		config->record = CONFIG_RECORD_AUTO;
	else if (!strcmp(value, "opaque"))
		config->record = CONFIG_RECORD_OPAQUE;
	else if (!strcmp(value, "ESP"))
		location_parse(&config->record_at, "ESP:" ESP_DIRECTORY);
	else if (!location_parse(&config->record_at, value) ||
		 !config->record_at.path[0])
		return expected_form(value, "auto, opaque, ESP, or a directory other than /, such as /var/lib/vmfwupdate or ESP:/EFI/vmfwupdate");
	if (config->record == CONFIG_RECORD_AUTO)
		location_parse(&config->record_at, "ESP:" ESP_DIRECTORY);
	return NULL;
}

static const char *set_bool(bool *to, const char *value)
{
	if (!*value || !strcmp(value, "no"))
		*to = false;
	else if (!strcmp(value, "yes"))
		*to = true;
	else
		return "yes or no";
	return NULL;
}

static const char *set_required(struct config *config, const char *value)
{
	return set_bool(&config->required, value);
}

static const char *set_disable(struct config *config, const char *value)
{
	return set_bool(&config->disable, value);
}

static const char *set_evidence(struct config *config, const char *value)
{
	enum rung rung;

	config->evidence = RUNG_CLAIMED;
	if (!*value)
		return NULL;
	for (rung = RUNG_CLAIMED; rung <= RUNG_SIGNED; rung++) {
		if (strcmp(value, rung_word(rung)))
			continue;
		config->evidence = rung;
		return NULL;
	}
	return "claimed, opaque, quoted, attested or signed";
}

static const char *set_allow_debug(struct config *config, const char *value)
{
	return set_bool(&config->allowed.debug, value);
}

static const char *set_allow_migration(struct config *config,
				       const char *value)
{
	return set_bool(&config->allowed.migration, value);
}

static const char *set_allow_vmpl(struct config *config, const char *value)
{
	if (*value && (value[0] < '0' || value[0] > '3' || value[1]))
		return "a number from 0 to 3";
	config->allowed.vmpl = *value ? *value - '0' : 0;
	return NULL;
}

/*
 * The certificates must not be on the ESP: anyone with access to the disk can
 * write to it.
 */
static const char *set_certificates(struct config *config, const char *value)
{
	struct location at = { 0 };

	if (*value && (!location_parse(&at, value) ||
		       at.kind != LOCATION_PLAIN))
		return expected_form(value, "a file's absolute path");
	return text_copy(config->certificates, sizeof(config->certificates),
			 at.path) ? TOO_LONG : NULL;
}

static const char *set_timeout(struct config *config, const char *value)
{
	unsigned long seconds = DEFAULT_TIMEOUT;
	char *end;

	if (*value) {
		/* A number that is too large gives ULONG_MAX. */
		seconds = strtoul(value, &end, 10);
		if (!isdigit((unsigned char)*value) || *end || !seconds ||
		    seconds > MAX_TIMEOUT)
			return "a whole number of seconds, from 1 to 3600";
	}
	config->timeout = seconds;
	return NULL;
}

static const char *set_vmm(struct config *config, const char *value)
{
	config->vmm.known = *value && strcmp(value, "auto");
	if (config->vmm.known && !vmm_parse(&config->vmm.vmm, value))
		return "auto, " VMM_WORDS;
	return NULL;
}

/* Platforms whose machines can attest their launch digest. */
static const unsigned int attesting[] = { VMFW_IGVM_SEV_SNP, VMFW_IGVM_TDX };

static const char *set_expected(struct config *config, const char *value)
{
	size_t i, len;

	if (!*value) {
		memset(config->has_expected, 0, sizeof(config->has_expected));
		return NULL;
	}
	for (i = 0; i < ARRAY_SIZE(attesting); i++) {
		unsigned int platform = attesting[i];
		const char *word = vmfw_igvm_platform_word(platform);

		len = strlen(word);
		if (strncmp(value, word, len) || value[len] != ':')
			continue;
		if (!text_unhex(config->expected[platform],
				vmfw_igvm_digest_size(platform),
				value + len + 1))
			break;
		config->has_expected[platform] = true;
		return NULL;
	}
	return "snp: or tdx:, then 96 hexadecimal digits";
}

static const struct {
	const char *name;
	const char *(*set)(struct config *config, const char *value);
} keys[] = {
	{ "image", set_image },
	{ "record", set_record },
	{ "required", set_required },
	{ "disable-after-success", set_disable },
	{ "evidence", set_evidence },
	{ "expected-digest", set_expected },
	{ "certificates", set_certificates },
	{ "allow-debug", set_allow_debug },
	{ "allow-migration", set_allow_migration },
	{ "allow-vmpl", set_allow_vmpl },
	{ "vmm", set_vmm },
	{ "timeout", set_timeout },
};

/**
 * config_default() - the configuration of a system without configuration files
 * @config: to be filled in
 */
void config_default(struct config *config)
{
	memset(config, 0, sizeof(*config));
	config->evidence = RUNG_CLAIMED;
	config->timeout = DEFAULT_TIMEOUT;
	set_record(config, "");
}

static char *trim_blanks(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	return text;
}

static bool parse_line(struct config *config, struct messages *messages,
		       const char *name, unsigned int number, char *line)
{
	struct spelling spelling;
	const char *wrong, *key;
	char *value;
	size_t i;

	line = trim_blanks(line);
	if (number == 1 && !strncmp(line, BYTE_ORDER_MARK,
				    strlen(BYTE_ORDER_MARK))) {
		message_error(messages, "%s:1: the file begins with a byte order mark (BOM); save it as UTF-8 without a BOM",
			      name);
		return false;
	}
	if (!*line || *line == '#' || *line == ';')
		return true;
	value = strchr(line, '=');
	if (!value) {
		message_error(messages, "%s:%u: invalid line; expected KEY=VALUE",
			      name, number);
		return false;
	}
	*value++ = '\0';
	key = trim_blanks(line);
	value = trim_blanks(value);
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(key, keys[i].name))
			continue;
		wrong = keys[i].set(config, value);
		if (wrong)
			message_error(messages, "%s:%u: %s=%s: invalid value; expected %s",
				      name, number, key, value, wrong);
		return !wrong;
	}
	spelling = spelling_begin(key, strlen(key));
	for (i = 0; i < ARRAY_SIZE(keys); i++)
		spelling_try(&spelling, keys[i].name);
	message_error(messages, "%s:%u: %s: unknown key%s%s", name,
		      number, key, spelling.nearest ? "; did you mean " : "",
		      spelling.nearest ? spelling.nearest : "");
	return false;
}

/**
 * config_parse() - read a file of the configuration
 * @config: receives the values, in addition to its present content
 * @messages: for errors
 * @name: name of the file, for errors
 * @file: open for reading; the caller closes it
 *
 * Return: the number of errors. A line with an error changes nothing in @config.
 */
unsigned int config_parse(struct config *config, struct messages *messages,
			  const char *name, FILE *file)
{
	unsigned int number = 0, wrong = 0;
	struct config before;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, file)) >= 0) {
		before = *config;
		number++;
		if (strlen(line) != (size_t)len) {
			message_error(messages, "%s:%u: the line contains a zero byte",
				      name, number);
			wrong++;
		} else if (!parse_line(config, messages, name, number, line)) {
			*config = before;
			wrong++;
		}
	}
	if (ferror(file)) {
		message_error(messages, "%s: cannot read this file: %s", name,
			      strerror(errno));
		wrong++;
	}
	free(line);
	return wrong;
}

/*
 * Read a file. Return -ENOENT if it does not exist, and otherwise 0. A missing
 * file is not an error. A link to /dev/null counts as an empty file, as in
 * systemd.
 */
static int read_file(struct reader *reader, const char *within)
{
	struct messages *messages = reader->messages;
	char path[PATH_MAX];
	FILE *file;
	int err;

	err = root_path(path, reader->root, within);
	if (!err)
		err = root_open_stream(reader->root, within, &file);
	if ((err == -ENOENT || err == -EMEDIUMTYPE) &&
	    root_is_mask(reader->root, within))
		return 0;
	if (err == -ENOENT)
		return err;
	if (err) {
		message_error(messages, "%s: cannot read this file: %s", path,
			      err == -EMEDIUMTYPE ?
			      "it is not a regular file" : strerror(-err));
		reader->wrong++;
		reader->unreadable = true;
		return 0;
	}
	reader->wrong += config_parse(reader->config, messages, path, file);
	fclose(file);
	if (reader->see && reader->see(reader->arg, within))
		reader->wrong++;
	return 0;
}

static bool file_counts(const struct reader *reader, size_t directory)
{
	return !reader->see || directory != VOLATILE;
}

/* Read a file from the first directory that has it. */
static void read_first(struct reader *reader, const char *name)
{
	char within[PATH_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		snprintf(within, sizeof(within), "%s%s", directories[i], name);
		if (file_counts(reader, i) &&
		    read_file(reader, within) != -ENOENT)
			return;
	}
}

static int is_drop_in(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && end && !strcmp(end, ".conf");
}

/*
 * List the drop-ins of a directory. Return their number, or a negative errno
 * value.
 */
static int list_directory(const char *root, const char *path,
			  struct dirent ***entries)
{
	int fd = root_open(root, path, O_RDONLY | O_DIRECTORY), found;

	if (fd < 0)
		return fd;
	found = scandirat(fd, ".", entries, is_drop_in, NULL);
	if (found < 0)
		found = -errno;
	close(fd);
	return found;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void say_list_error(const struct reader *reader, const char *within,
			   int err)
{
	char path[PATH_MAX];

	message_error(reader->messages, "%s: cannot list this directory: %s",
		      root_path(path, reader->root, within) ? within : path,
		      strerror(-err));
}

/* Append the names of the drop-ins in a directory. It may be missing. */
static int add_drop_ins(const char *root, const char *within, char ***names,
			size_t *nr)
{
	struct dirent **entries;
	int found, k, err = 0;
	char **grown;

	found = list_directory(root, within, &entries);
	if (found < 0)
		return found == -ENOENT ? 0 : found;
	grown = realloc(*names, (*nr + found + 1) * sizeof(*grown));
	if (grown)
		*names = grown;
	else
		err = -ENOMEM;
	for (k = 0; k < found; free(entries[k++])) {
		if (err)
			continue;
		grown[*nr] = strdup(entries[k]->d_name);
		if (grown[*nr])
			(*nr)++;
		else
			err = -ENOMEM;
	}
	free(entries);
	return err;
}

/*
 * List the names of drop-ins in all directories, sorted, each once. Report an
 * error. The caller frees the names, also after an error.
 */
static int list_drop_ins(const struct reader *reader, char ***names, size_t *nr)
{
	char within[64];
	size_t i, n = 0;
	int err = 0;

	*names = NULL;
	*nr = 0;
	for (i = 0; i < ARRAY_SIZE(directories) && !err; i++) {
		snprintf(within, sizeof(within), "%s" DROP_INS,
			 directories[i]);
		err = add_drop_ins(reader->root, within, names, nr);
		if (err)
			say_list_error(reader, within, err);
	}
	if (*nr)
		qsort(*names, *nr, sizeof(**names), compare_names);
	for (i = 0; i < *nr; i++) {
		if (n && !strcmp((*names)[n - 1], (*names)[i]))
			free((*names)[i]);
		else
			(*names)[n++] = (*names)[i];
	}
	*nr = n;
	return err;
}

static unsigned int check_whole(const struct config *config,
				struct messages *messages)
{
	if (!config->required || config->image.kind != LOCATION_NONE)
		return 0;
	message_error(messages, NAME ": required=yes needs image=");
	return 1;
}

static enum vmfw_exit load_files(struct reader *reader)
{
	char name[PATH_MAX], **names;
	size_t i, nr;
	int err;

	config_default(reader->config);
	read_first(reader, NAME);
	err = list_drop_ins(reader, &names, &nr);
	for (i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), DROP_INS "/%s", names[i]);
		read_first(reader, name);
		free(names[i]);
	}
	free(names);
	if (err)
		return VMFW_EXIT_SYSTEM;
	reader->wrong += check_whole(reader->config, reader->messages);
	if (reader->unreadable)
		return VMFW_EXIT_SYSTEM;
	return reader->wrong ? VMFW_EXIT_USAGE : VMFW_EXIT_OK;
}

/**
 * config_load() - read the configuration
 * @config: to be filled in, also with the valid lines of a file with errors
 * @messages: for all errors
 * @root: see root_path()
 *
 * The function reads the main file first, then the drop-ins in the order of
 * their names. As in systemd, a file in /etc hides files of the same name in
 * /run and /usr/lib. A file in /run hides one in /usr/lib.
 *
 * Return: an exit code; VMFW_EXIT_USAGE: there are errors; VMFW_EXIT_SYSTEM: a
 * file is not readable.
 */
enum vmfw_exit config_load(struct config *config, struct messages *messages,
			   const char *root)
{
	struct reader reader = { .config = config,
				 .messages = messages,
				 .root = root };

	return load_files(&reader);
}

/**
 * config_load_installed() - read the configuration of the next boot
 * @config: see config_load()
 * @messages: see config_load()
 * @root: see config_load()
 * @see: called for each file that counts, in the order of reading, with its path
 *	below @root; a result other than 0 is an error
 * @arg: for @see
 *
 * Files in /run are only for this boot, so they do not count.
 *
 * Return: as config_load().
 */
enum vmfw_exit config_load_installed(struct config *config,
				     struct messages *messages,
				     const char *root,
				     int (*see)(void *arg, const char *path),
				     void *arg)
{
	struct reader reader = {
		.config = config,
		.messages = messages,
		.root = root,
		.see = see,
		.arg = arg,
	};

	return load_files(&reader);
}
