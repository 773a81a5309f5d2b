// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The configuration: its lines, its defaults and errors.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "flow/config.h"
#include "shared/macro.h"
#include "tree.h"

#define HEX_96	"000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d" \
		"0e0f000102030405060708090A0B0C0D0E0F"

static struct messages messages;

/* The number of allocations until one fails, or 0: none fails. */
static unsigned int scarce;
/* An errno value that scandirat() leaves, or 0, and its result then. */
static int scan_err, scan_result;

static bool has_memory(void)
{
	return !scarce || --scarce;
}

void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size)
{
	return has_memory() ? __real_realloc(p, size) : NULL;
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
	return has_memory() ? __real_strdup(text) : NULL;
}

typedef int wanted(const struct dirent *entry);
typedef int order(const struct dirent **a, const struct dirent **b);

int __real_scandirat(int fd, const char *path, struct dirent ***entries,
		     wanted *is_wanted, order *compare);
int __wrap_scandirat(int fd, const char *path, struct dirent ***entries,
		     wanted *is_wanted, order *compare);
int __wrap_scandirat(int fd, const char *path, struct dirent ***entries,
		     wanted *is_wanted, order *compare)
{
	if (!scan_err)
		return __real_scandirat(fd, path, entries, is_wanted, compare);
	errno = scan_err;
	*entries = scan_result ? NULL : malloc(1);
	return scan_result;
}

/* Parse @text on top of the defaults. Return the number of errors. */
static unsigned int parse(struct config *config, const char *text, size_t len)
{
	FILE *file = fmemopen((char *)text, len, "r");
	unsigned int wrong;

	assert_non_null(file);
	messages_free(&messages);
	config_default(config);
	wrong = config_parse(config, &messages, "x.conf", file);
	fclose(file);
	return wrong;
}
#define PARSE(config, text)	parse(config, text, sizeof(text) - 1)

static int begin(void **state)
{
	(void)state;
	return 0;
}

static int end(void **state)
{
	(void)state;
	messages_free(&messages);
	return 0;
}

static void test_default(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(PARSE(&config, "# nothing\n\n ; at all"), 0);
	assert_int_equal(config.image.kind, LOCATION_NONE);
	assert_int_equal(config.record, CONFIG_RECORD_AUTO);
	assert_int_equal(config.record_at.kind, LOCATION_ESP);
	assert_false(config.required);
	assert_false(config.disable);
	assert_int_equal(config.evidence, RUNG_CLAIMED);
	assert_int_equal(config.timeout, 30);
	assert_false(config.vmm.known);
}

static void test_all_keys(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(PARSE(&config,
		"image = LABEL=my esp:/fw/a=b.igvm \n"
		"\trecord=PARTUUID=12-34:/r\n"
		"required=yes\ndisable-after-success=yes\n"
		"evidence=attested\ntimeout=3600\n"
		"certificates=/etc/a b.pem\nvmm=generic\n"
		"expected-digest=snp:" HEX_96 "\n"), 0);
	assert_int_equal(config.image.kind, LOCATION_LABEL);
	assert_string_equal(config.image.tag, "my esp");
	assert_string_equal(config.image.path, "/fw/a=b.igvm");
	assert_int_equal(config.record, CONFIG_RECORD_FILES);
	assert_int_equal(config.record_at.kind, LOCATION_PARTUUID);
	assert_string_equal(config.record_at.tag, "12-34");
	assert_true(config.required);
	assert_true(config.disable);
	assert_int_equal(config.evidence, RUNG_ATTESTED);
	assert_int_equal(config.timeout, 3600);
	assert_string_equal(config.certificates, "/etc/a b.pem");
	assert_true(config.vmm.known);
	assert_int_equal(config.vmm.vmm, VMFW_IGVM_VMM_GENERIC);
	assert_true(config.has_expected[VMFW_IGVM_SEV_SNP]);
	assert_false(config.has_expected[VMFW_IGVM_TDX]);
	assert_int_equal(config.expected[VMFW_IGVM_SEV_SNP][47], 15);
}

static void test_empty_resets(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(PARSE(&config,
		"image=/a\nrecord=opaque\nrequired=yes\nevidence=attested\n"
		"disable-after-success=yes\ntimeout=5\ncertificates=/a\n"
		"expected-digest=tdx:" HEX_96 "\n"
		"image=\nrecord=\nrequired=\nevidence=\n"
		"disable-after-success=\ntimeout=\nexpected-digest=\n"
		"certificates=\nvmm=qemu\nvmm=\n"), 0);
	assert_int_equal(config.image.kind, LOCATION_NONE);
	assert_int_equal(config.record, CONFIG_RECORD_AUTO);
	assert_false(config.required);
	assert_false(config.disable);
	assert_int_equal(config.evidence, RUNG_CLAIMED);
	assert_int_equal(config.timeout, 30);
	assert_false(config.has_expected[VMFW_IGVM_TDX]);
	assert_string_equal(config.certificates, "");
	assert_false(config.vmm.known);
}

static void test_vmm(void **state)
{
	struct vmfwupdate_info info = {
		.interface = VMFWUPDATE_INTERFACE_IGVM,
	};
	struct vmm_choice choice;
	struct config config;

	(void)state;
	assert_int_equal(PARSE(&config, "vmm=generic\nvmm=auto\n"), 0);
	assert_false(config.vmm.known);
	assert_false(vmm_at_hand(config.vmm, NULL).known);
	assert_false(vmm_at_hand(config.vmm, &info).known);
	info.interface = VMFWUPDATE_INTERFACE_VMLAUNCHUPDATE;
	choice = vmm_at_hand(config.vmm, &info);
	assert_true(choice.known);
	assert_int_equal(choice.vmm, VMFW_IGVM_VMM_QEMU);
	assert_string_equal(vmm_word(choice.vmm), "qemu");
	/*
	 * A VMM in the configuration overrides the one that the interface
	 * implies.
	 */
	assert_int_equal(PARSE(&config, "vmm=generic\n"), 0);
	assert_int_equal(vmm_at_hand(config.vmm, &info).vmm,
			 VMFW_IGVM_VMM_GENERIC);
}

static void test_later_lines_count(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(PARSE(&config, "image=/a\nimage=ESP:/b\n"), 0);
	assert_int_equal(config.image.kind, LOCATION_ESP);
	assert_int_equal(PARSE(&config, "record=opaque\nrecord=ESP\n"), 0);
	assert_int_equal(config.record, CONFIG_RECORD_FILES);
	assert_int_equal(config.record_at.kind, LOCATION_ESP);
	assert_int_equal(PARSE(&config, "record=/r\nrecord=auto\n"), 0);
	assert_int_equal(config.record, CONFIG_RECORD_AUTO);
	assert_int_equal(config.record_at.kind, LOCATION_ESP);
	assert_string_equal(config.record_at.path, "/EFI/vmfwupdate");
}

/* Each text has errors at lines 2 and 3. Line 1 still counts. */
static void test_errors(void **state)
{
	static const char *const bad[] = {
		"image", "image=a", "=", "=x", "Image=/a", "image=ESP:",
		"vmm=QEMU", "vmm=xen",
		"record=yes", "record=PARTUUID=12-34",
		"required=maybe", "required=YES",
		"disable-after-success=1", "evidence=none", "evidence=sure",
		"allow-debug=1", "allow-migration=maybe", "allow-vmpl=4",
		"allow-vmpl=-1", "allow-vmpl=-", "allow-vmpl=00",
		"timeout=0", "timeout=-1", "timeout=3601", "timeout=1s",
		"timeout=+1", "timeout=99999999999999999999",
		"expected-digest=snp:00", "expected-digest=native:" HEX_96,
		"expected-digest=" HEX_96, "expected-digest=snp:" HEX_96 "0",
		"expected-digest=snp:g" HEX_96, "expected-digest=snp." HEX_96,
		"expected-digest=snp=" HEX_96, "expected-digest=svn:" HEX_96,
		"unknown=1", "[Section]",
		"certificates=a.pem", "certificates=ESP:/a.pem",
	};
	struct config config;
	char text[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(text, sizeof(text), "image=/stands\n%s\nimage",
			 bad[i]);
		assert_int_equal(parse(&config, text, strlen(text)), 2);
		assert_string_equal(config.image.path, "/stands");
		assert_int_equal(config.record, CONFIG_RECORD_AUTO);
		assert_int_equal(messages.nr, 2);
		assert_non_null(strstr(messages.list[0].text, "x.conf:2: "));
		assert_non_null(strstr(messages.list[1].text, "x.conf:3: "));
	}
}

/* A path that is too long, or that is the root directory, has its own message. */
static void test_expected(void **state)
{
	static const struct {
		const char *line;
		const char *expected;
	} top[] = {
		{ "image=/", "or a file's absolute path, alone or after ESP:" },
		{ "image=ESP:/", "or a file's absolute path, alone or after ESP:" },
		{ "certificates=/", "expected a file's absolute path" },
		{ "record=/", "or a directory other than /, such as" },
	};
	static const char *const keys[] = { "image", "certificates", "record" };
	char path[LOCATION_PATH + 1] = "/", text[LOCATION_PATH + 32];
	struct config config;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(top); i++) {
		assert_int_equal(parse(&config, top[i].line,
				       strlen(top[i].line)), 1);
		assert_non_null(strstr(messages.list[0].text, top[i].expected));
	}
	memset(path + 1, 'a', sizeof(path) - 2);
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		snprintf(text, sizeof(text), "%s=%s", keys[i], path);
		assert_int_equal(parse(&config, text, strlen(text)), 1);
		assert_non_null(strstr(messages.list[0].text,
				       "expected a path of at most 1023 bytes"));
		text[strlen(text) - 1] = '\0';
		assert_int_equal(parse(&config, text, strlen(text)), 0);
	}
}

static void test_zero_byte(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(PARSE(&config, "image=/a\0b\nimage=/c\n"), 1);
	assert_string_equal(config.image.path, "/c");
	assert_non_null(strstr(messages.list[0].text, "x.conf:1: "));
}

static void test_byte_order_mark(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(PARSE(&config, "\xef\xbb\xbfimage=/a\n"), 1);
	assert_non_null(strstr(messages_first_error(&messages), "x.conf:1: the file begins with a byte order mark"));
	messages_free(&messages);
	messages_keep(&messages);
	/* Elsewhere, these bytes are a part of an unknown key. */
	assert_int_equal(PARSE(&config, "\n\xef\xbb\xbfimage=/a\n"), 1);
	assert_null(strstr(messages_first_error(&messages), "byte order mark"));
}

static void test_evidence(void **state)
{
	static const char *const rungs[] = {
		[RUNG_CLAIMED] = "evidence=claimed\n",
		[RUNG_OPAQUE] = "evidence=opaque\n",
		[RUNG_QUOTED] = "evidence=quoted\n",
		[RUNG_ATTESTED] = "evidence=attested\n",
		[RUNG_SIGNED] = "evidence=signed\n",
	};
	struct config config;
	enum rung rung;

	(void)state;
	for (rung = RUNG_CLAIMED; rung <= RUNG_SIGNED; rung++) {
		assert_int_equal(parse(&config, rungs[rung],
				       strlen(rungs[rung])), 0);
		assert_int_equal(config.evidence, rung);
	}
	assert_int_equal(PARSE(&config, "allow-debug=yes\nallow-vmpl=2\n"
			       "allow-migration=yes\n"), 0);
	assert_true(config.allowed.debug && config.allowed.migration);
	assert_int_equal(config.allowed.vmpl, 2);
	assert_int_equal(PARSE(&config, "allow-vmpl=2\nallow-vmpl=\n"), 0);
	assert_int_equal(config.allowed.vmpl, 0);
	assert_int_equal(PARSE(&config, "allow-vmpl=3\n"), 0);
	assert_int_equal(config.allowed.vmpl, 3);
	assert_int_equal(PARSE(&config, "allow-vmpl=2\nallow-vmpl=0\n"), 0);
	assert_int_equal(config.allowed.vmpl, 0);
	assert_int_equal(PARSE(&config, "required=yes\nrequired=no\n"
			       "allow-debug=yes\nallow-debug=no\n"), 0);
	assert_false(config.required || config.allowed.debug);
}

/* A message about an unknown key names the key that the user may mean. */
static void test_misspelt_keys(void **state)
{
	static const struct {
		const char *line;
		const char *key;
	} all[] = {
		{ "imag=/a", "imag: unknown key; did you mean image" },
		{ "timeouts=1", "timeouts: unknown key; did you mean timeout" },
	};
	struct config config;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		assert_int_equal(parse(&config, all[i].line,
				       strlen(all[i].line)), 1);
		assert_non_null(strstr(messages.list[0].text, all[i].key));
	}
	assert_int_equal(PARSE(&config, "certainly-not=1"), 1);
	assert_null(strstr(messages.list[0].text, "did you mean"));
}

/* The disk fails after the first line. */
static ssize_t read_once(void *arg, char *buf, size_t size)
{
	static const char line[] = "timeout=5\n";
	bool *failed = arg;

	assert_true(size >= sizeof(line) - 1);
	if (*failed) {
		errno = EIO;
		return -1;
	}
	*failed = true;
	memcpy(buf, line, sizeof(line) - 1);
	return sizeof(line) - 1;
}

static void test_read_error(void **state)
{
	const cookie_io_functions_t io = { .read = read_once };
	bool failed = false;
	FILE *file = fopencookie(&failed, "r", io);
	struct config config;

	(void)state;
	assert_non_null(file);
	messages_free(&messages);
	config_default(&config);
	assert_int_equal(config_parse(&config, &messages, "x.conf", file), 1);
	assert_int_equal(config.timeout, 5);
	assert_non_null(strstr(messages_first_error(&messages),
			       "x.conf: cannot read this file: Input/output"));
	fclose(file);
}

/* Directories of drop-ins are empty or missing. */
static void test_no_drop_ins(void **state)
{
	static const char *const directories[] = {
		"/etc", "/etc/vmfwupdate.conf.d", "/run",
		"/run/vmfwupdate.conf.d",
	};
	char root[] = "/tmp/vmfwupdate-test-XXXXXX", path[128];
	struct config config;
	int i;

	(void)state;
	assert_non_null(mkdtemp(root));
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s%s", root, directories[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_int_equal(config_load(&config, &messages, root), 0);
	assert_int_equal(config.image.kind, LOCATION_NONE);
	for (i = 4; i-- > 0;) {
		snprintf(path, sizeof(path), "%s%s", root, directories[i]);
		assert_int_equal(rmdir(path), 0);
	}
	assert_int_equal(config_load(&config, &messages, root), 0);
	assert_int_equal(config.image.kind, LOCATION_NONE);
	assert_int_equal(rmdir(root), 0);
}

/* Names set the order. Of files with one name, the first directory's counts. */
static void test_drop_ins(void **state)
{
	char root[] = "/tmp/vmfwupdate-test-XXXXXX";
	struct config config;

	(void)state;
	assert_non_null(mkdtemp(root));
	tree_write(root, "/etc/vmfwupdate.conf", "timeout=1\nimage=/main\n");
	tree_write(root, "/etc/vmfwupdate.conf.d/b.conf", "timeout=2\n");
	tree_write(root, "/etc/vmfwupdate.conf.d/none", "timeout=3\n");
	tree_write(root, "/etc/vmfwupdate.conf.d/x.conf.bak", "timeout=3\n");
	tree_write(root, "/usr/lib/vmfwupdate.conf.d/a.conf",
		 "timeout=4\nrecord=opaque\n");
	tree_write(root, "/usr/lib/vmfwupdate.conf.d/b.conf", "timeout=5\n");
	assert_int_equal(config_load(&config, &messages, root), VMFW_EXIT_OK);
	assert_string_equal(config.image.path, "/main");
	assert_int_equal(config.record, CONFIG_RECORD_OPAQUE);
	assert_int_equal(config.timeout, 2);
	assert_int_equal(tree_remove(root), 0);
}

/* A file is in the place of the directory. The main file still counts. */
static void test_drop_ins_that_cannot_be_listed(void **state)
{
	char root[] = "/tmp/vmfwupdate-test-XXXXXX";
	struct config config;

	(void)state;
	messages_free(&messages);
	assert_non_null(mkdtemp(root));
	tree_write(root, "/etc/vmfwupdate.conf", "timeout=7\nwrong\n");
	tree_write(root, "/etc/vmfwupdate.conf.d", "");
	assert_int_equal(config_load(&config, &messages, root),
			 VMFW_EXIT_SYSTEM);
	assert_int_equal(config.timeout, 7);
	assert_int_equal(messages.nr, 2);
	assert_non_null(strstr(messages.list[0].text, "vmfwupdate.conf:2: "));
	assert_non_null(strstr(messages.list[1].text,
			       "/etc/vmfwupdate.conf.d: cannot list this directory: Not a directory"));
	assert_int_equal(tree_remove(root), 0);
}

/* An empty directory is no error, although errno has an earlier one. */
static void an_empty_directory_that_fails(void **state)
{
	char root[] = "/tmp/vmfwupdate-test-XXXXXX";
	struct config config;

	(void)state;
	assert_non_null(mkdtemp(root));
	tree_make(root, "/etc/vmfwupdate.conf.d");
	scan_err = EIO;
	scan_result = 0;
	messages_free(&messages);
	assert_int_equal(config_load(&config, &messages, root), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);
	scan_result = -1;
	assert_int_equal(config_load(&config, &messages, root),
			 VMFW_EXIT_SYSTEM);
	assert_non_null(strstr(messages_first_error(&messages),
			       "cannot list this directory: Input/output"));
	scan_err = 0;
	assert_int_equal(tree_remove(root), 0);
}

/* The list of names needs memory, and so does each of the two names. */
static void drop_ins_without_memory(void **state)
{
	char root[] = "/tmp/vmfwupdate-test-XXXXXX";
	struct config config;
	unsigned int i;

	(void)state;
	assert_non_null(mkdtemp(root));
	tree_write(root, "/etc/vmfwupdate.conf", "timeout=7\n");
	tree_write(root, "/etc/vmfwupdate.conf.d/a.conf", "vmm=qemu\n");
	tree_write(root, "/etc/vmfwupdate.conf.d/b.conf", "vmm=qemu\n");
	for (i = 1; i <= 4; i++) {
		messages_free(&messages);
		scarce = i;
		assert_int_equal(config_load(&config, &messages, root),
				 i < 4 ? VMFW_EXIT_SYSTEM : VMFW_EXIT_OK);
		assert_int_equal(config.timeout, 7);
		if (i < 4)
			assert_non_null(strstr(messages_first_error(&messages),
					       "/etc/vmfwupdate.conf.d: cannot list this directory: Cannot allocate memory"));
	}
	scarce = 0;
	assert_int_equal(tree_remove(root), 0);
}

/* The files that config_load_installed() has shown, each with a blank. */
static char seen[512];

static int note_file(void *arg, const char *path)
{
	const bool *refuse = arg;
	size_t len = strlen(seen);

	snprintf(seen + len, sizeof(seen) - len, "%s ", path);
	return *refuse;
}

/*
 * Names set the order. Of files with one name, the first directory's counts. A file
 * in /run hides another one in this boot, and does not count for the next boot.
 * Names that begin with a dot do not count.
 */
static void test_order_of_files(void **state)
{
	char root[] = "/tmp/vmfwupdate-test-XXXXXX";
	bool refuse = false;
	unsigned int before;
	struct config config;

	(void)state;
	messages_free(&messages);
	assert_non_null(mkdtemp(root));
	tree_write(root, "/run/vmfwupdate.conf", "timeout=1\n");
	tree_write(root, "/usr/lib/vmfwupdate.conf", "timeout=2\n");
	tree_write(root, "/etc/vmfwupdate.conf.d/d.conf", "vmm=qemu\n");
	tree_write(root, "/etc/vmfwupdate.conf.d/b.conf", "timeout=3\n");
	tree_write(root, "/etc/vmfwupdate.conf.d/.x.conf", "timeout=4\n");
	tree_write(root, "/run/vmfwupdate.conf.d/c.conf", "timeout=5\n");
	tree_write(root, "/run/vmfwupdate.conf.d/b.conf", "timeout=6\n");
	tree_write(root, "/usr/lib/vmfwupdate.conf.d/+.conf", "timeout=7\n");
	tree_write(root, "/usr/lib/vmfwupdate.conf.d/c.conf", "timeout=8\n");
	before = tree_count_descriptors();
	assert_int_equal(config_load(&config, &messages, root), VMFW_EXIT_OK);
	assert_int_equal(config.timeout, 5);
	assert_true(config.vmm.known);

	seen[0] = '\0';
	assert_int_equal(config_load_installed(&config, &messages, root,
					       note_file, &refuse),
			 VMFW_EXIT_OK);
	assert_int_equal(config.timeout, 8);
	assert_string_equal(seen, "/usr/lib/vmfwupdate.conf "
			    "/usr/lib/vmfwupdate.conf.d/+.conf "
			    "/etc/vmfwupdate.conf.d/b.conf "
			    "/usr/lib/vmfwupdate.conf.d/c.conf "
			    "/etc/vmfwupdate.conf.d/d.conf ");
	assert_int_equal(messages.nr, 0);
	/* The callback refuses each file. */
	refuse = true;
	assert_int_equal(config_load_installed(&config, &messages, root,
					       note_file, &refuse),
			 VMFW_EXIT_USAGE);
	assert_int_equal(tree_count_descriptors(), before);
	assert_int_equal(tree_remove(root), 0);
}

/* A link to /dev/null hides other files of its name, and is no error. */
static void test_masked(void **state)
{
	char root[] = "/tmp/vmfwupdate-test-XXXXXX", path[128];
	struct config config;

	(void)state;
	messages_free(&messages);
	assert_non_null(mkdtemp(root));
	tree_write(root, "/etc/vmfwupdate.conf.d/a.conf", "timeout=3\n");
	tree_write(root, "/usr/lib/vmfwupdate.conf.d/b.conf", "timeout=4\n");
	snprintf(path, sizeof(path), "%s/etc/vmfwupdate.conf.d/b.conf", root);
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(config_load(&config, &messages, root), VMFW_EXIT_OK);
	assert_int_equal(config.timeout, 3);
	assert_int_equal(messages.nr, 0);
	/* This root has the device, for which a FIFO stands. */
	tree_make(root, "/dev");
	snprintf(path, sizeof(path), "%s/dev/null", root);
	assert_int_equal(mkfifo(path, 0700), 0);
	assert_int_equal(config_load(&config, &messages, root), VMFW_EXIT_OK);
	assert_int_equal(config.timeout, 3);
	assert_int_equal(messages.nr, 0);
	assert_int_equal(tree_remove(root), 0);
}

/* The exit code of an unreadable file outweighs that of a wrong line. */
static void test_codes_of_loading(void **state)
{
	char root[] = "/tmp/vmfwupdate-test-XXXXXX", path[128];
	struct config config;

	(void)state;
	assert_non_null(mkdtemp(root));
	tree_write(root, "/etc/vmfwupdate.conf", "timeout=3\nrequired=yes\n");
	messages_free(&messages);
	assert_int_equal(config_load(&config, &messages, root),
			 VMFW_EXIT_USAGE);
	assert_int_equal(messages.nr, 1);
	assert_string_equal(messages_first_error(&messages),
			    "vmfwupdate.conf: required=yes needs image=");
	tree_write(root, "/etc/vmfwupdate.conf.d/a.conf", "image=/a\n");
	messages_free(&messages);
	assert_int_equal(config_load(&config, &messages, root), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);

	tree_write(root, "/etc/vmfwupdate.conf.d/b.conf", "wrong\n");
	assert_int_equal(config_load(&config, &messages, root),
			 VMFW_EXIT_USAGE);
	snprintf(path, sizeof(path), "%s/etc/vmfwupdate.conf.d/c.conf", root);
	assert_int_equal(mkfifo(path, 0700), 0);
	messages_free(&messages);
	assert_int_equal(config_load(&config, &messages, root),
			 VMFW_EXIT_SYSTEM);
	assert_int_equal(config.timeout, 3);
	assert_int_equal(messages.nr, 2);
	assert_non_null(strstr(messages.list[1].text,
			       "c.conf: cannot read this file: it is not a"));
	assert_int_equal(tree_remove(root), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_all_keys),
		cmocka_unit_test(test_empty_resets),
		cmocka_unit_test(test_later_lines_count),
		cmocka_unit_test(test_vmm),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_expected),
		cmocka_unit_test(test_zero_byte),
		cmocka_unit_test(test_no_drop_ins),
		cmocka_unit_test(test_drop_ins),
		cmocka_unit_test(test_drop_ins_that_cannot_be_listed),
		cmocka_unit_test(an_empty_directory_that_fails),
		cmocka_unit_test(drop_ins_without_memory),
		cmocka_unit_test(test_order_of_files),
		cmocka_unit_test(test_masked),
		cmocka_unit_test(test_codes_of_loading),
		cmocka_unit_test(test_misspelt_keys),
		cmocka_unit_test(test_read_error),
		cmocka_unit_test(test_byte_order_mark),
		cmocka_unit_test(test_evidence),
	};

	return cmocka_run_group_tests_name("config", tests, begin, end);
}
