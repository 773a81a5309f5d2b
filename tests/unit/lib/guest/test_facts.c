// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Facts about a machine: the name of its firmware, its hardware IDs, variables
 * of UEFI, and its VMM. The test fills a directory with them.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include <cmocka.h>

#include "base/mount.h"
#include "base/rootdir.h"
#include "guest/bootentry.h"
#include "guest/efivars.h"
#include "guest/hwid.h"
#include "guest/smbios.h"
#include "guest/vmm.h"
#include "shared/macro.h"
#include "tree.h"

#define DMI		"/sys/class/dmi/id/"
#define VARIABLES	"/sys/firmware/efi/efivars/"
#define VENDOR		"8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define LOADER		"-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

static char top[] = "/tmp/facts.XXXXXX";
static unsigned int descriptors;

/**
 * struct machine - the running machine
 * @mounted: efivarfs is mounted
 * @mount_err: result of detached_mount(), or 0
 * @mounts: number of calls of detached_mount()
 */
static struct {
	bool mounted;
	int mount_err;
	unsigned int mounts;
} machine;

/* Paths of the running system are below @top. */
int __real_root_open_file(const char *root, const char *path);
int __wrap_root_open_file(const char *root, const char *path);
int __wrap_root_open_file(const char *root, const char *path)
{
	return __real_root_open_file(root ? root : top, path);
}

bool __real_root_has(const char *root, const char *path);
bool __wrap_root_has(const char *root, const char *path);
bool __wrap_root_has(const char *root, const char *path)
{
	return __real_root_has(root ? root : top, path);
}

int __wrap_statfs(const char *path, struct statfs *fs);
int __wrap_statfs(const char *path, struct statfs *fs)
{
	assert_string_equal(path, VARIABLES);
	memset(fs, 0, sizeof(*fs));
	fs->f_type = machine.mounted ? EFIVARFS_MAGIC : SYSFS_MAGIC;
	return 0;
}

int __wrap_detached_mount(const char *type, const char *source, bool writable);
int __wrap_detached_mount(const char *type, const char *source, bool writable)
{
	char path[PATH_MAX];

	assert_string_equal(type, "efivarfs");
	assert_null(source);
	assert_true(writable);
	machine.mounts++;
	snprintf(path, sizeof(path), "%s/mounted", top);
	return machine.mount_err ? machine.mount_err :
				   open(path, O_PATH | O_DIRECTORY);
}

static void put(const char *directory, const char *file, const void *bytes,
		size_t len)
{
	char path[PATH_MAX];
	FILE *stream;

	tree_make(top, directory);
	snprintf(path, sizeof(path), "%s%s%s", top, directory, file);
	stream = fopen(path, "w");
	assert_non_null(stream);
	assert_int_equal(fwrite(bytes, 1, len, stream), len);
	assert_false(fclose(stream));
}

static void dmi(const char *file, const char *line)
{
	char text[256];

	snprintf(text, sizeof(text), "%s\n", line);
	put(DMI, file, text, strlen(text));
}

static int set_up(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	strcpy(top, "/tmp/facts.XXXXXX");
	if (!mkdtemp(top))
		return -1;
	descriptors = tree_count_descriptors();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	/* A mount of efivarfs stays until the end. */
	assert_int_equal(tree_count_descriptors(), descriptors +
			 (machine.mounts && !machine.mount_err));
	return tree_remove(top);
}

static void firmware_by_its_name(void **state)
{
	char words[FIRMWARE_WORDS];
	struct firmware firmware;

	(void)state;
	firmware_read(&firmware, top);
	assert_false(firmware.known);
	assert_false(firmware.uefi);
	assert_string_equal(firmware_words(words, &firmware), "unknown");
	dmi("bios_date", "01/02/2024");
	firmware_read(&firmware, top);
	/* A date alone does not count as a name. */
	assert_false(firmware.known);
	assert_string_equal(firmware.date, "01/02/2024");
	dmi("bios_version", "1.0~ \001\177\xc3");
	firmware_read(&firmware, top);
	assert_true(firmware.known);
	assert_string_equal(firmware.vendor, "");
	assert_string_equal(firmware.version, "1.0~ ???");
	dmi("bios_version", "1.0");
	dmi("bios_vendor", "EDK II");
	tree_make(top, "/sys/firmware/efi/");
	firmware_read(&firmware, top);
	assert_true(firmware.uefi);
	assert_string_equal(firmware_words(words, &firmware),
			    "EDK II 1.0, 01/02/2024 (UEFI)");
	firmware.date[0] = '\0';
	firmware.uefi = false;
	assert_string_equal(firmware_words(words, &firmware),
			    "EDK II 1.0 (BIOS)");
}

static void a_vendor_alone_is_a_name(void **state)
{
	struct firmware firmware;

	(void)state;
	dmi("bios_vendor", "EDK II");
	firmware_read(&firmware, top);
	assert_true(firmware.known);
	assert_string_equal(firmware.version, "");
}

/* Each other firmware differs in one respect. */
static void same_firmware(void **state)
{
	const struct firmware one = {
		.known = true, .uefi = true, .vendor = "a", .version = "b",
		.date = "c",
	};
	struct firmware other = one;

	(void)state;
	assert_true(firmware_same(&one, &other));
	other.known = false;
	assert_false(firmware_same(&one, &other));
	assert_false(firmware_same(&other, &one));
	other = one;
	other.uefi = false;
	assert_false(firmware_same(&one, &other));
	other = one;
	other.vendor[0] = 'x';
	assert_false(firmware_same(&one, &other));
	other = one;
	other.version[0] = 'x';
	assert_false(firmware_same(&one, &other));
	other = one;
	other.date[0] = 'x';
	assert_false(firmware_same(&one, &other));
}

static void hardware(void **state)
{
	static const struct {
		enum chid_field field;
		const char *file;
	} all[] = {
		{ CHID_MANUFACTURER, "sys_vendor" },
		{ CHID_FAMILY, "product_family" },
		{ CHID_PRODUCT_NAME, "product_name" },
		{ CHID_PRODUCT_SKU, "product_sku" },
		{ CHID_BASEBOARD_MANUFACTURER, "board_vendor" },
		{ CHID_BASEBOARD_PRODUCT, "board_name" },
		{ CHID_BIOS_VENDOR, "bios_vendor" },
		{ CHID_BIOS_VERSION, "bios_version" },
	};
	struct chids chids, expected;
	struct chid_fields fields;
	size_t i;

	(void)state;
	hwid_read_fields(&fields, top);
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		assert_string_equal(fields.text[all[i].field], "");
		dmi(all[i].file, all[i].file);
	}
	dmi("bios_release", "10.255");
	dmi("chassis_type", "17");
	hwid_read_fields(&fields, top);
	for (i = 0; i < ARRAY_SIZE(all); i++)
		assert_string_equal(fields.text[all[i].field], all[i].file);
	/* Decimal numbers become hexadecimal. */
	assert_string_equal(fields.text[CHID_BIOS_MAJOR], "0a");
	assert_string_equal(fields.text[CHID_BIOS_MINOR], "ff");
	assert_string_equal(fields.text[CHID_ENCLOSURE], "11");
	/* Malformed or unknown fields are empty. Blanks around a text do not count. */
	dmi("bios_release", "10");
	dmi("chassis_type", "0");
	dmi("sys_vendor", "caf\xc3\xa9");
	dmi("product_name", " ~name ");
	hwid_read_fields(&fields, top);
	assert_string_equal(fields.text[CHID_BIOS_MAJOR], "");
	assert_string_equal(fields.text[CHID_BIOS_MINOR], "");
	assert_string_equal(fields.text[CHID_ENCLOSURE], "");
	assert_string_equal(fields.text[CHID_MANUFACTURER], "");
	assert_string_equal(fields.text[CHID_PRODUCT_NAME], "~name");
	dmi("chassis_type", "x");
	hwid_read_fields(&fields, top);
	assert_string_equal(fields.text[CHID_ENCLOSURE], "");
	/* The CHIDs are those of the fields. All need the manufacturer. */
	dmi("sys_vendor", "QEMU");
	hwid_read_fields(&fields, top);
	memset(&expected, 0, sizeof(expected));
	memset(&chids, 0, sizeof(chids));
	assert_int_equal(chid_compute(&expected, &fields), 0);
	assert_int_equal(hwid_read(&chids, top), 0);
	assert_memory_equal(&chids, &expected, sizeof(chids));
	assert_true(chids.known[CHIDS - 1]);
}

static void variables(void **state)
{
	static uint8_t bytes[(256 << 10) + 1] = { 7, 0, 0, 0, 'a', 'b' };
	char name[NAME_MAX + 8];
	uint8_t *data;
	size_t len;

	(void)state;
	assert_int_equal(efivars_get(top, VENDOR, "PK", &data, &len), -ENOENT);
	put(VARIABLES, "PK-" VENDOR, bytes, 6);
	assert_int_equal(efivars_get(top, VENDOR, "PK", &data, &len), 0);
	assert_int_equal(len, 2);
	assert_memory_equal(data, "ab", 2);
	free(data);
	/*
	 * An empty variable, and a file that is too short for the attributes.
	 */
	put(VARIABLES, "PK-" VENDOR, bytes, 4);
	assert_int_equal(efivars_get(top, VENDOR, "PK", &data, &len), 0);
	assert_int_equal(len, 0);
	free(data);
	put(VARIABLES, "PK-" VENDOR, bytes, 3);
	assert_int_equal(efivars_get(top, VENDOR, "PK", &data, &len), -EIO);
	assert_null(data);
	put(VARIABLES, "PK-" VENDOR, bytes, 256 << 10);
	assert_int_equal(efivars_get(top, VENDOR, "PK", &data, &len), 0);
	assert_int_equal(len, (256 << 10) - 4);
	free(data);
	put(VARIABLES, "PK-" VENDOR, bytes, (256 << 10) + 1);
	assert_int_equal(efivars_get(top, VENDOR, "PK", &data, &len), -EFBIG);
	/* Names with a slash, and names that are too long for a file. */
	assert_int_equal(efivars_get(top, VENDOR, "../PK", &data, &len),
			 -EINVAL);
	memset(name, 'a', sizeof(name));
	name[NAME_MAX - 37] = '\0';
	assert_int_equal(efivars_get(top, VENDOR, name, &data, &len), -ENOENT);
	name[NAME_MAX - 37] = 'a';
	name[NAME_MAX - 36] = '\0';
	assert_int_equal(efivars_get(top, VENDOR, name, &data, &len), -EINVAL);
	assert_int_equal(machine.mounts, 0);
}

/* A non-volatile variable may be a forgery by the operating system. */
static void volatile_variables(void **state)
{
	uint8_t bytes[] = { 6, 0, 0, 0, 1 };
	uint8_t *data;
	size_t len;

	(void)state;
	put(VARIABLES, "MokSBStateRT-" VENDOR, bytes, sizeof(bytes));
	assert_int_equal(efivars_get_volatile(top, VENDOR, "MokSBStateRT",
					      &data, &len), 0);
	assert_int_equal(len, 1);
	assert_int_equal(*data, 1);
	free(data);
	bytes[0] = 7;
	put(VARIABLES, "MokSBStateRT-" VENDOR, bytes, sizeof(bytes));
	assert_int_equal(efivars_get_volatile(top, VENDOR, "MokSBStateRT",
					      &data, &len), -ENOENT);
	assert_null(data);
	assert_int_equal(efivars_get_volatile(top, VENDOR, "None", &data, &len),
			 -ENOENT);
}

/* Read a variable of the boot loader from these bytes. */
static int loader(const void *utf16, size_t len, char *buf, size_t size)
{
	uint8_t bytes[64] = { 7 };

	memcpy(bytes + 4, utf16, len);
	put(VARIABLES, "Loader" LOADER, bytes, 4 + len);
	memset(buf, 'x', size);
	return efivars_loader(top, "Loader", buf, size);
}

static void words_of_a_loader(void **state)
{
	char buf[4];

	(void)state;
	assert_int_equal(efivars_loader(top, "Loader", buf, 4), -ENOENT);
	assert_string_equal(buf, "");
	assert_int_equal(loader("a\0~\0\0\0", 6, buf, 4), 0);
	assert_string_equal(buf, "a~");
	/* Text without a zero, with bytes after the zero, and with half a character. */
	assert_int_equal(loader(" \0b\0c\0", 6, buf, 4), 0);
	assert_string_equal(buf, " bc");
	assert_int_equal(loader("a\0\0\0\1\1", 6, buf, 4), 0);
	assert_string_equal(buf, "a");
	assert_int_equal(loader("a\0b", 3, buf, 4), 0);
	assert_string_equal(buf, "a");
	/* Text that is too long, not printable, not ASCII, or empty. */
	assert_int_equal(loader("a\0b\0c\0d\0", 8, buf, 4), -EINVAL);
	assert_int_equal(loader("\x1f\0", 2, buf, 4), -EINVAL);
	assert_int_equal(loader("\x7f\0", 2, buf, 4), -EINVAL);
	assert_int_equal(loader("a\1", 2, buf, 4), -EINVAL);
	assert_int_equal(loader("\0\1", 2, buf, 4), -EINVAL);
	assert_int_equal(loader("\0\0", 2, buf, 4), -ENOENT);
	assert_string_equal(buf, "");
}

/*
 * Write a variable Boot#### that names a partition of a GPT. All bytes of its
 * UUID are @byte.
 */
static void boot_option(const char *name, uint8_t byte)
{
	uint8_t bytes[4 + 8 + 42 + 4] = { 7 };
	uint8_t *node = bytes + 12;
	char file[64];

	bytes[4] = 1;
	bytes[8] = 46;
	memcpy(node, "\4\1\52\0\1", 5);
	memset(node + 24, byte, 16);
	node[40] = 2;
	node[41] = 2;
	memcpy(node + 42, "\177\377\4\0", 4);
	snprintf(file, sizeof(file), "%s-" VENDOR, name);
	put(VARIABLES, file, bytes, sizeof(bytes));
}

static void boot_current(uint8_t number)
{
	const uint8_t bytes[] = { 6, 0, 0, 0, number, 0 };

	put(VARIABLES, "BootCurrent-" VENDOR, bytes, sizeof(bytes));
}

static void partition_of_this_boot(void **state)
{
	static const uint8_t bytes[] = { 6, 0, 0, 0, 0x1a, 0, 0 };
	struct bootentry entry;

	(void)state;
	assert_int_equal(bootentry_current(top, &entry), -ENOENT);
	assert_string_equal(entry.uuid, "");
	boot_current(0x1a);
	assert_int_equal(bootentry_current(top, &entry), -ENOENT);
	boot_option("Boot001A", 0xab);
	boot_option("Boot001B", 0xcd);
	assert_int_equal(bootentry_current(top, &entry), 0);
	assert_string_equal(entry.uuid, "abababab-abab-abab-abab-abababababab");
	assert_false(entry.by_loader);
	/* BootCurrent is not a number of two bytes, or the boot option is malformed. */
	put(VARIABLES, "BootCurrent-" VENDOR, bytes, 7);
	assert_int_equal(bootentry_current(top, &entry), -EBADMSG);
	put(VARIABLES, "BootCurrent-" VENDOR, bytes, 5);
	assert_int_equal(bootentry_current(top, &entry), -EBADMSG);
	boot_current(0x1b);
	put(VARIABLES, "Boot001B-" VENDOR, bytes, 6);
	assert_int_equal(bootentry_current(top, &entry), -EBADMSG);
	assert_string_equal(entry.uuid, "");
}

static void partition_that_the_loader_names(void **state)
{
	char text[2 * 50 + 4] = { 7 };
	struct bootentry entry;
	unsigned int i;

	(void)state;
	boot_current(1);
	boot_option("Boot0001", 0xab);
	memcpy(text + 4, "1\0-\0a", 5);
	put(VARIABLES, "LoaderDevicePartUUID" LOADER, text, 10);
	assert_int_equal(bootentry_current(top, &entry), 0);
	assert_string_equal(entry.uuid, "1-a");
	assert_true(entry.by_loader);
	/*
	 * If the boot loader's text is too long for a PARTUUID, the boot entry of the
	 * firmware counts.
	 */
	for (i = 0; i < 50; i++)
		text[4 + 2 * i] = 'a';
	put(VARIABLES, "LoaderDevicePartUUID" LOADER, text, sizeof(text));
	assert_int_equal(bootentry_current(top, &entry), 0);
	assert_string_equal(entry.uuid, "abababab-abab-abab-abab-abababababab");
	assert_false(entry.by_loader);
}

/* A partition in an MBR has a PARTUUID in the form of libblkid. */
static void partition_of_an_mbr(void **state)
{
	static const uint8_t bytes[4 + 8 + 42] = {
		6, 0, 0, 0, 1, 0, 0, 0, 42, 0, 0, 0, 4, 1, 42, 0, 0x1b,
		[12 + 24] = 0x78, 0x56, 0x34, 0x12, [12 + 40] = 1, 1,
	};
	struct bootentry entry;

	(void)state;
	boot_current(1);
	put(VARIABLES, "Boot0001-" VENDOR, bytes, sizeof(bytes));
	assert_int_equal(bootentry_current(top, &entry), 0);
	assert_string_equal(entry.uuid, "12345678-1b");
}

static void boot_order(const uint8_t *numbers, size_t nr)
{
	uint8_t bytes[4 + 2 * 40] = { 7 };
	size_t i;

	for (i = 0; i < nr; i++)
		bytes[4 + 2 * i] = numbers[i];
	put(VARIABLES, "BootOrder-" VENDOR, bytes, 4 + 2 * nr);
}

static void partitions_of_other_boots(void **state)
{
	static const uint8_t order[] = { 1, 2, 9, 3, 4, 5, 6, 7, 8 };
	struct bootentries others;
	uint8_t many[40];
	char name[16];
	unsigned int i;

	(void)state;
	assert_int_equal(bootentry_others(top, &others), -ENOENT);
	assert_int_equal(others.nr, 0);
	boot_current(1);
	for (i = 1; i <= 8; i++) {
		snprintf(name, sizeof(name), "Boot%04X", i);
		boot_option(name, i == 4 ? 0x22 : i * 0x11);
	}
	/*
	 * The boot order has the option of this boot and a missing option. Later
	 * it also has the same partition twice.
	 */
	boot_order(order, 4);
	assert_int_equal(bootentry_others(top, &others), 0);
	assert_int_equal(others.nr, 2);
	assert_string_equal(others.v[0].uuid,
			    "22222222-2222-2222-2222-222222222222");
	boot_order(order, 5);
	assert_int_equal(bootentry_others(top, &others), 0);
	assert_int_equal(others.nr, 2);
	assert_string_equal(others.v[1].uuid,
			    "33333333-3333-3333-3333-333333333333");
	boot_order(order, 9);
	assert_int_equal(bootentry_others(top, &others), 0);
	assert_int_equal(others.nr, BOOTENTRIES_MOST);
	boot_order(order, 0);
	assert_int_equal(bootentry_others(top, &others), 0);
	assert_int_equal(others.nr, 0);
	/* In a long boot order, only the first 32 entries count. */
	memset(many, 1, sizeof(many));
	many[31] = 2;
	many[32] = 3;
	boot_order(many, 40);
	assert_int_equal(bootentry_others(top, &others), 0);
	assert_int_equal(others.nr, 1);
}

/* An initramfs need not mount efivarfs. The tool mounts it once. */
static void variables_that_are_not_mounted(void **state)
{
	static const uint8_t bytes[] = { 7, 0, 0, 0, 'm' };
	uint8_t *data;
	size_t len;

	(void)state;
	put("/mounted/", "PK-" VENDOR, bytes, sizeof(bytes));
	/*
	 * Without UEFI, below another root, or with efivarfs mounted, there is
	 * nothing to mount.
	 */
	assert_int_equal(efivars_get(NULL, VENDOR, "PK", &data, &len),
			 -ENOENT);
	tree_make(top, "/sys/firmware/efi/");
	assert_int_equal(efivars_get(top, VENDOR, "PK", &data, &len), -ENOENT);
	machine.mounted = true;
	assert_int_equal(efivars_get(NULL, VENDOR, "PK", &data, &len),
			 -ENOENT);
	assert_int_equal(machine.mounts, 0);
	machine.mounted = false;
	machine.mount_err = -ENODEV;
	assert_int_equal(efivars_get(NULL, VENDOR, "PK", &data, &len),
			 -ENOENT);
	machine.mount_err = -EOPNOTSUPP;
	assert_int_equal(efivars_get(NULL, VENDOR, "PK", &data, &len),
			 -ENOENT);
	machine.mount_err = -EPERM;
	assert_int_equal(efivars_get(NULL, VENDOR, "PK", &data, &len), -EPERM);
	assert_int_equal(machine.mounts, 3);
	machine.mount_err = 0;
	assert_int_equal(efivars_get(NULL, VENDOR, "PK", &data, &len), 0);
	assert_int_equal(len, 1);
	free(data);
	assert_int_equal(efivars_get(NULL, VENDOR, "KEK", &data, &len),
			 -ENOENT);
	assert_int_equal(machine.mounts, 4);
	/* A variable in the usual place needs no mount. */
	put(VARIABLES, "db-" VENDOR, bytes, sizeof(bytes));
	assert_int_equal(efivars_get(NULL, VENDOR, "db", &data, &len), 0);
	free(data);
	assert_int_equal(machine.mounts, 4);
}

static void vmms(void **state)
{
	static const char *const words[] = { "qemu", "generic", "native-zero" };
	struct vmfwupdate_info info = {
		.interface = VMFWUPDATE_INTERFACE_VMLAUNCHUPDATE,
	};
	struct vmm_choice unknown = { 0 }, choice;
	enum vmfw_igvm_vmm vmm;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_true(vmm_parse(&vmm, words[i]));
		assert_string_equal(vmm_word(vmm), words[i]);
		assert_string_equal(vmm_word_nr(i), words[i]);
		choice = (struct vmm_choice) { true, vmm };
		assert_string_equal(vmm_choice_word(choice), words[i]);
		assert_int_equal(vmm_is_qemu(choice), i == 0);
		/*
		 * The user's choice overrides the VMM that the interface
		 * implies.
		 */
		assert_int_equal(vmm_at_hand(choice, &info).vmm, vmm);
	}
	assert_null(vmm_word_nr(3));
	assert_false(vmm_parse(&vmm, "auto"));
	assert_string_equal(vmm_word(77), "unknown");
	assert_string_equal(vmm_choice_word(unknown), "unknown");
	unknown.vmm = VMFW_IGVM_VMM_QEMU;
	assert_false(vmm_is_qemu(unknown));
	/* Only QEMU has the interface vmlaunchupdate. */
	choice = vmm_at_hand(unknown, &info);
	assert_true(choice.known);
	assert_int_equal(choice.vmm, VMFW_IGVM_VMM_QEMU);
	info.interface = VMFWUPDATE_INTERFACE_V6;
	assert_false(vmm_at_hand(unknown, &info).known);
	/* A newer driver may know another interface. */
	info.interface = VMFWUPDATE_INTERFACE_VMLAUNCHUPDATE + 1;
	assert_false(vmm_at_hand(unknown, &info).known);
	assert_false(vmm_at_hand(unknown, NULL).known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(firmware_by_its_name),
		TEST(a_vendor_alone_is_a_name),
		TEST(same_firmware),
		TEST(hardware),
		TEST(variables),
		TEST(volatile_variables),
		TEST(words_of_a_loader),
		TEST(partition_of_this_boot),
		TEST(partition_that_the_loader_names),
		TEST(partition_of_an_mbr),
		TEST(partitions_of_other_boots),
		TEST(variables_that_are_not_mounted),
		TEST(vmms),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
