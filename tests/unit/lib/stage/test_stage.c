// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Staging of a file: the bytes that arrive, the ranges to avoid, the messages,
 * and the refusals. The test imitates the device.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

#include "../efi/image.h"
#include "base/exit.h"
#include "base/interrupt.h"
#include "base/sha256.h"
#include "compose/compose.h"
#include "device/device.h"
#include "rom.h"
#include "shared/macro.h"
#include "stage/ranges.h"
#include "stage/stage.h"
#include "tree.h"

#define PAGE	4096u

#define ROOM	(1u * MIB)
#define SAID	(64u * KIB)

/**
 * struct kernel - the state of the device, and the calls it received
 * @info: the answer to GET_INFO
 * @bytes: bytes of the image
 * @ranges: ranges where the image must not be
 * @nr_ranges: number of ranges
 * @begun: number of BEGIN
 * @commits: number of committed images
 * @cancels: number of withdrawn images
 * @flags: flags of the last COMMIT
 * @qemu_checks: number of checks against the rules of QEMU's loader
 * @qemu_rule: the rule of QEMU that the image breaks, or 0
 * @qemu_code: exit code of that check if it cannot check the image, or 0
 * @machine_rule: the rule of this machine that the image breaks, or 0
 * @findings: number of times that the image breaks the rule
 * @smm: the firmware is built for SMM
 * @smm_bytes: checksum of the flat firmware that the search got
 * @smm_error: error of the search for SMM, or 0
 * @begin_error: errno value of BEGIN, or 0
 * @refused: the ioctl that fails once, with @refused_error
 * @refused_after: number of its calls that succeed before
 * @refused_error: errno value, or 0
 * @write_error: errno value of the next write, or 0
 * @read_error: errno value of a read of the file, or 0
 * @later_error: value of @read_error as soon as a read finds the end of the file
 * @signal: number of the signal that comes with either error or with findings,
 *	or 0
 * @signalled: number of the signal that has come, or 0
 * @info_size: number of bytes of @info that the kernel knows
 * @no_memory: there is no memory for the ranges to avoid
 * @shown_status: status with which the VMM refuses the image; 0: it accepts it
 * @machine: result of uname(); NULL: uname() fails
 * @meanwhile: called when bytes arrive, or NULL
 */
static struct kernel {
	struct vmfwupdate_info info;
	uint8_t bytes[ROOM];
	struct vmfwupdate_range ranges[16];
	unsigned int nr_ranges;
	unsigned int begun;
	unsigned int commits;
	unsigned int cancels;
	__u32 flags;
	size_t info_size;
	unsigned int qemu_checks;
	enum vmfw_igvm_rule qemu_rule;
	enum vmfw_exit qemu_code;
	enum vmfw_igvm_rule machine_rule;
	unsigned int findings;
	bool smm;
	unsigned long smm_bytes;
	int smm_error;
	int begin_error;
	unsigned long refused;
	unsigned int refused_after;
	int refused_error;
	int write_error;
	int read_error;
	int later_error;
	int signal;
	int signalled;
	bool no_memory;
	__u32 shown_status;
	const char *machine;
	void (*meanwhile)(void);
} kernel;

/* The result of the last staging, and its payload. */
static struct staged staged;
static struct {
	enum payload_way way;
	uint64_t size;
	const char *platform;
	bool has_digest;
} planned;

/* The path of the file to stage, and the messages of the last call. */
static char path[] = "/tmp/vmfwupdate-test.XXXXXX";
static char said[SAID];
/* The parts to add to the firmware in the file, or NULL. */
static const struct compose_request *parts;

static int begin(const struct vmfwupdate_begin *begin)
{
	if (kernel.begin_error) {
		errno = kernel.begin_error;
		return -1;
	}
	if (begin->image_size % kernel.info.size_multiple) {
		errno = EINVAL;
		return -1;
	}
	assert_true(begin->image_size <= ROOM);
	assert_true(begin->nr_ranges <= 16);
	memcpy(kernel.ranges, (const void *)(uintptr_t)begin->ranges,
	       begin->nr_ranges * sizeof(kernel.ranges[0]));
	kernel.nr_ranges = begin->nr_ranges;
	kernel.begun++;
	kernel.info.state = VMFWUPDATE_STATE_FILLING;
	kernel.info.image_size = begin->image_size;
	kernel.info.image_addr = 64 * MIB;
	kernel.info.image_written = 0;
	return 0;
}

static bool copies(void)
{
	return kernel.info.properties & VMFWUPDATE_PROPERTY_COPIES;
}

/*
 * Change the state as the ABI defines: the state of the image, the image that
 * the VMM holds, and its memory.
 */
static void hand_over(const struct vmfwupdate_commit *commit)
{
	bool now = commit->flags & VMFWUPDATE_COMMIT_ARM_NOW;

	kernel.info.state = now ? VMFWUPDATE_STATE_ARMED :
				  VMFWUPDATE_STATE_STAGED;
	if (now)
		kernel.info.held = VMFWUPDATE_HELD_IMAGE;
	if (now && copies())
		kernel.info.image_addr = 0;
}

static int commit(struct vmfwupdate_commit *commit)
{
	assert_int_equal(kernel.info.image_written, kernel.info.image_size);
	if (!(kernel.info.formats & commit->format)) {
		errno = EOPNOTSUPP;
		return -1;
	}
	if (kernel.shown_status) {
		commit->shown_status = kernel.shown_status;
		commit->shown_addr = kernel.info.image_addr;
		commit->shown_size = kernel.info.image_size;
		kernel.info.state = VMFWUPDATE_STATE_IDLE;
		errno = EIO;
		return -1;
	}
	kernel.commits++;
	kernel.flags = commit->flags;
	kernel.info.image_format = commit->format;
	hand_over(commit);
	memcpy(kernel.info.tag, commit->tag, sizeof(commit->tag));
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, void *argument);
int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	(void)fd;
	if (kernel.refused_error && request == kernel.refused &&
	    !kernel.refused_after--) {
		errno = kernel.refused_error;
		return -1;
	}
	switch (request) {
	case VMFWUPDATE_GET_INFO:
		memcpy(argument, &kernel.info, kernel.info_size);
		return 0;
	case VMFWUPDATE_BEGIN:
		return begin(argument);
	case VMFWUPDATE_COMMIT:
		return commit(argument);
	case VMFWUPDATE_CANCEL:
		kernel.cancels++;
		kernel.info.state = VMFWUPDATE_STATE_IDLE;
		return 0;
	default:
		errno = ENOTTY;
		return -1;
	}
}

int __real_interrupt_seen(void);
int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return kernel.signalled ? kernel.signalled : __real_interrupt_seen();
}

enum vmfw_exit __real_interrupt_exit(struct messages *messages,
				     const char *state);
enum vmfw_exit __wrap_interrupt_exit(struct messages *messages,
				     const char *state);
enum vmfw_exit __wrap_interrupt_exit(struct messages *messages,
				     const char *state)
{
	if (!kernel.signalled)
		return __real_interrupt_exit(messages, state);
	message_error(messages, "%s", state);
	return 128 + kernel.signalled;
}

void *__real_calloc(size_t nr, size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_calloc(size_t nr, size_t size)
{
	/* The image of a flat firmware must avoid two ranges. */
	if (!kernel.no_memory || nr != 2 ||
	    size != sizeof(struct vmfwupdate_range))
		return __real_calloc(nr, size);
	errno = ENOMEM;
	return NULL;
}

static ssize_t fail_with(int err)
{
	kernel.signalled = kernel.signal;
	errno = err;
	return -1;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len);
ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
	int err = kernel.write_error;

	(void)fd;
	kernel.write_error = 0;
	if (err)
		return fail_with(err);
	assert_true(len <= kernel.info.image_size - kernel.info.image_written);
	memcpy(kernel.bytes + kernel.info.image_written, bytes, len);
	kernel.info.image_written += len;
	if (kernel.meanwhile)
		kernel.meanwhile();
	return len;
}

ssize_t __real_pread(int fd, void *buf, size_t len, off_t offset);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t offset);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t offset)
{
	ssize_t n;

	if (kernel.read_error)
		return fail_with(kernel.read_error);
	n = __real_pread(fd, buf, len, offset);
	if (!n)
		kernel.read_error = kernel.later_error;
	return n;
}

int __wrap_uname(struct utsname *name);
int __wrap_uname(struct utsname *name)
{
	errno = EFAULT;
	if (!kernel.machine)
		return -1;
	strcpy(name->machine, kernel.machine);
	return 0;
}

/*
 * Report that the image breaks a rule, unless the rule is 0. A signal may come.
 */
static int break_rule(enum vmfw_igvm_rule rule, vmfw_igvm_report *report,
		      void *arg)
{
	const struct vmfw_igvm_finding finding = {
		.rule = rule,
		.header = VMFW_IGVM_NO_HEADER,
		.field = "gpa",
	};
	unsigned int i;

	if (!rule)
		return VMFW_EXIT_OK;
	for (i = 0; i < kernel.findings; i++)
		report(arg, &finding);
	kernel.signalled = kernel.signal;
	return vmfw_igvm_rule_is_error(rule) ? VMFW_EXIT_IMAGE : VMFW_EXIT_OK;
}

int __real_machine_check(struct messages *messages, const struct vmfw_igvm *igvm,
			 __u32 isolation, vmfw_igvm_report *report, void *arg);
int __wrap_machine_check(struct messages *messages, const struct vmfw_igvm *igvm,
			 __u32 isolation, vmfw_igvm_report *report, void *arg);
int __wrap_machine_check(struct messages *messages, const struct vmfw_igvm *igvm,
			 __u32 isolation, vmfw_igvm_report *report, void *arg)
{
	if (kernel.machine_rule)
		return break_rule(kernel.machine_rule, report, arg);
	return __real_machine_check(messages, igvm, isolation, report, arg);
}

int __wrap_smm_find_image(const struct vmfw_igvm *igvm, bool *ret_found);
int __wrap_smm_find_image(const struct vmfw_igvm *igvm, bool *ret_found)
{
	assert_true(igvm->nr_headers > 0);
	*ret_found = kernel.smm && !kernel.smm_error;
	return kernel.smm_error;
}

int __wrap_smm_find_rom(const uint8_t *rom, size_t size, bool *ret_found);
int __wrap_smm_find_rom(const uint8_t *rom, size_t size, bool *ret_found)
{
	kernel.smm_bytes = crc32_z(0, rom, size);
	*ret_found = kernel.smm && !kernel.smm_error;
	return kernel.smm_error;
}

/* The facts about the machine that runs the test must not matter. */
int __wrap_machine_check_qemu(struct messages *messages, const struct vmfw_igvm *igvm,
			      __u32 isolation, vmfw_igvm_report *report,
			      void *arg);
int __wrap_machine_check_qemu(struct messages *messages, const struct vmfw_igvm *igvm,
			      __u32 isolation, vmfw_igvm_report *report,
			      void *arg)
{
	assert_int_equal(isolation, kernel.info.isolation);
	assert_true(igvm->nr_headers > 0);
	kernel.qemu_checks++;
	if (kernel.qemu_code) {
		message_error(messages, "the check failed");
		return kernel.qemu_code;
	}
	return break_rule(kernel.qemu_rule, report, arg);
}

static void start(__u32 format, uint64_t max_size)
{
	memset(&kernel, 0, sizeof(kernel));
	kernel.machine = "x86_64";
	kernel.findings = 1;
	kernel.info.size = sizeof(kernel.info);
	kernel.info_size = sizeof(kernel.info);
	kernel.info.interface = VMFWUPDATE_INTERFACE_IGVM;
	kernel.info.properties = VMFWUPDATE_PROPERTY_TRIAL;
	kernel.info.held = VMFWUPDATE_HELD_NOTHING;
	kernel.info.formats = format;
	kernel.info.max_size = max_size;
	kernel.info.max_ranges = 4096;
	kernel.info.size_multiple = format == VMFWUPDATE_FORMAT_FLAT ?
				    64 * KIB : 1;
}

/* Start a machine with the interface of QEMU, vm-launch-update. */
static void start_keeper(void)
{
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	kernel.info.interface = VMFWUPDATE_INTERFACE_VMLAUNCHUPDATE;
	kernel.info.properties = VMFWUPDATE_PROPERTY_COPIES |
		VMFWUPDATE_PROPERTY_PERSISTS | VMFWUPDATE_PROPERTY_RESTORE |
		VMFWUPDATE_PROPERTY_ONCE | VMFWUPDATE_PROPERTY_DISABLE_STAYS;
	kernel.info.held = VMFWUPDATE_HELD_UNKNOWN;
	kernel.info.start = VMFWUPDATE_START_IGVM;
}

static void put_file(const void *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static int stage_source(struct messages *messages,
			const struct staging_options *options,
			struct source *source)
{
	struct payload payload = { 0 };
	int code = payload_check(&payload, messages, source);

	if (!code)
		code = staging_run(messages, options, &payload, &staged);
	planned.way = payload.way;
	planned.size = payload.size;
	planned.platform = payload.platform;
	planned.has_digest = payload.has_digest;
	payload_free(&payload);
	return code;
}

/* The last composed image, staged or not. */
static struct {
	uint8_t bytes[ROOM];
	uint64_t size;
} composed;

static int stage_composed(struct messages *messages,
			  const struct staging_options *options,
			  struct source *base)
{
	struct composition composition;
	struct source source = { .fd = -1 };
	int code = composition_make(&composition, messages, base, parts);

	if (!code)
		code = source_open_input(&source, messages, base->path,
					 vmfw_igvm_draft_input(
						composition.draft));
	if (!code) {
		composed.size = source.size;
		assert_true(source.size <= ROOM);
		code = source_read_all(&source, messages, composed.bytes);
	}
	if (!code)
		code = stage_source(messages, options, &source);
	source_close(&source);
	composition_free(&composition);
	return code;
}

/*
 * Stage the file. said[] receives the messages, and the sentence about the next
 * reset. With any result, no file or device stays open.
 */
static int stage_with(struct staging_options options)
{
	unsigned int open_files = tree_count_descriptors();
	struct messages messages;
	struct source source;
	size_t i, len = 0;
	int code;

	memset(&staged, 0, sizeof(staged));
	memset(&planned, 0, sizeof(planned));
	options.device = "/dev/null";
	if (options.progress == PROGRESS_AUTO)
		options.progress = PROGRESS_NEVER;
	messages_keep(&messages);
	code = source_open(&source, &messages, path, NULL);
	if (!code)
		code = parts ? stage_composed(&messages, &options, &source) :
			       stage_source(&messages, &options, &source);
	source_close(&source);
	assert_int_equal(tree_count_descriptors(), open_files);

	said[0] = '\0';
	for (i = 0; i < messages.nr && len < sizeof(said); i++)
		len += snprintf(said + len, sizeof(said) - len, "%s: %s\n",
				messages.list[i].level, messages.list[i].text);
	if (staged.outlook && len < sizeof(said))
		snprintf(said + len, sizeof(said) - len, "%s\n",
			 staged.outlook);
	messages_free(&messages);
	return code;
}

static void stage(int code)
{
	int is = stage_with((struct staging_options) { 0 });

	if (is != code)
		fail_msg("exit code %d, expected %d: %s", is, code, said);
}

static void stage_when(enum staging_when when, int code)
{
	int is = stage_with((struct staging_options) { .when = when });

	if (is != code)
		fail_msg("exit code %d, expected %d: %s", is, code, said);
}

static void has_said(const char *words)
{
	if (!strstr(said, words))
		fail_msg("not said: %s: %s", words, said);
}

/* Check the result of a reset, by the last state of the device. */
static void brings_at(enum device_reset reset(const struct vmfwupdate_info *info),
		      const char *word)
{
	assert_string_equal(device_reset_word(reset(&staged.info)), word);
}

/* Check the bytes of the image that has arrived, and its tag. */
static void arrived(const void *bytes, size_t len, __u32 format,
		    const void *file, size_t file_len)
{
	struct digest *digest = digest_begin();
	uint8_t value[DIGEST_SIZE];

	assert_int_equal(kernel.info.state, VMFWUPDATE_STATE_STAGED);
	assert_int_equal(kernel.info.image_format, format);
	assert_int_equal(kernel.info.image_size, len);
	assert_memory_equal(kernel.bytes, bytes, len);
	assert_true(planned.has_digest);
	assert_int_equal(digest_add(digest, file, file_len), 0);
	assert_int_equal(digest_finish(digest, value), 0);
	digest_free(digest);
	assert_memory_equal(kernel.info.tag, value, sizeof(value));
}

static void stays_clear_of(uint64_t low, uint64_t high)
{
	assert_int_equal(kernel.nr_ranges, 2);
	assert_int_equal(kernel.ranges[0].start, MIB - low);
	assert_int_equal(kernel.ranges[0].size, low);
	assert_int_equal(kernel.ranges[1].start, 4 * GIB - high);
	assert_int_equal(kernel.ranges[1].size, high);
}

static void nothing_happened(void)
{
	assert_int_equal(kernel.begun, 0);
	assert_int_equal(kernel.commits, 0);
}

/*
 * Stage the file again. The tool does nothing unless the caller asks for another state.
 */
static void already(void)
{
	unsigned int begun = kernel.begun, cancels = kernel.cancels;

	stage(VMFW_EXIT_OK);
	assert_true(staged.already);
	assert_int_equal(kernel.begun, begun);
	assert_int_equal(kernel.cancels, cancels);
	assert_int_equal(stage_with((struct staging_options) {
				.when = STAGING_ARM_NOW }), VMFW_EXIT_OK);
	assert_false(staged.already);
	assert_int_equal(kernel.info.state, VMFWUPDATE_STATE_ARMED);
	assert_int_equal(kernel.begun, begun + 1);
	/* Without ARM_NOW, only an orderly reboot may apply the image. */
	stage(VMFW_EXIT_OK);
	assert_false(staged.already);
	assert_int_equal(kernel.info.state, VMFWUPDATE_STATE_STAGED);
	assert_int_equal(kernel.begun, begun + 2);
	assert_int_equal(kernel.cancels, cancels + 2);
	has_said("note: this image replaces the one that was armed before\n");
}

static void test_flat_as_it_is(void **state)
{
	uint8_t *rom = rom_make(256 * KIB);

	(void)state;
	start(VMFWUPDATE_FORMAT_FLAT, 256 * KIB);
	put_file(rom, 256 * KIB);
	stage(VMFW_EXIT_OK);
	assert_int_equal(planned.way, PAYLOAD_AS_IT_IS);
	arrived(rom, 256 * KIB, VMFWUPDATE_FORMAT_FLAT, rom, 256 * KIB);
	stays_clear_of(256 * KIB, 256 * KIB);
	already();

	/*
	 * The copy of a small firmware below 1 MiB is as small as the firmware.
	 */
	start(VMFWUPDATE_FORMAT_FLAT, 256 * KIB);
	put_file(rom + 192 * KIB, 64 * KIB);
	stage(VMFW_EXIT_OK);
	stays_clear_of(64 * KIB, 64 * KIB);
	free(rom);
}

static void test_flat_sizes(void **state)
{
	uint8_t *rom = rom_make(260 * KIB);

	(void)state;
	start(VMFWUPDATE_FORMAT_FLAT, 512 * KIB);
	put_file(rom, 260 * KIB);
	stage(VMFW_EXIT_DEVICE);
	has_said("(266240 bytes) is not a multiple of 64.0 KiB");
	has_said("put 60.0 KiB (61440 bytes) of 0xff in front");
	nothing_happened();

	start(VMFWUPDATE_FORMAT_FLAT, 192 * KIB);
	put_file(rom + 4 * KIB, 256 * KIB);
	stage(VMFW_EXIT_DEVICE);
	has_said("(262144 bytes) is more than this VMM accepts; the most is "
		 "192.0 KiB (196608 bytes); start the VM from larger firmware\n");
	nothing_happened();
	free(rom);
}

static void test_variable_store(void **state)
{
	uint8_t *rom = rom_make(128 * KIB);

	(void)state;
	memcpy(rom + 40, "_FVH", 4);
	memset(rom + 128 * KIB - 16, 0xff, 16);
	put_file(rom, 128 * KIB);
	start(VMFWUPDATE_FORMAT_FLAT, MIB);
	stage(VMFW_EXIT_IMAGE);
	has_said("reset vector");
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	stage(VMFW_EXIT_IMAGE);
	nothing_happened();
	free(rom);
}

static void test_wrapped(void **state)
{
	uint8_t *rom = rom_make(132 * KIB), *file;
	size_t size;

	(void)state;
	file = rom_wrap(rom, 132 * KIB, &size);
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	put_file(rom, 132 * KIB);
	stage(VMFW_EXIT_OK);
	assert_int_equal(planned.way, PAYLOAD_WRAPPED);
	assert_string_equal(planned.platform, "native");
	arrived(file, size, VMFWUPDATE_FORMAT_IGVM, rom, 132 * KIB);
	stays_clear_of(132 * KIB, 132 * KIB);
	already();

	/* The size of the wrapped image counts, and not that of the file. */
	start(VMFWUPDATE_FORMAT_IGVM, size - 1);
	stage(VMFW_EXIT_DEVICE);
	has_said("wrapped into an IGVM image, ");
	assert_null(strstr(said, "larger firmware"));
	nothing_happened();
	free(file);
	free(rom);
}

static void test_igvm_as_it_is(void **state)
{
	uint8_t *rom = rom_make(64 * KIB), *file;
	size_t size;

	(void)state;
	file = rom_wrap(rom, 64 * KIB, &size);
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	put_file(file, size);
	stage(VMFW_EXIT_OK);
	assert_int_equal(planned.way, PAYLOAD_AS_IT_IS);
	arrived(file, size, VMFWUPDATE_FORMAT_IGVM, file, size);
	stays_clear_of(64 * KIB, 64 * KIB);
	already();
	free(file);
	free(rom);
}

/* A VMM that takes both formats gets the file as it is. */
static void test_both_formats(void **state)
{
	uint8_t *rom = rom_make(64 * KIB), *file;
	size_t size;

	(void)state;
	file = rom_wrap(rom, 64 * KIB, &size);
	start(VMFWUPDATE_FORMAT_IGVM | VMFWUPDATE_FORMAT_FLAT, MIB);
	put_file(file, size);
	stage(VMFW_EXIT_OK);
	arrived(file, size, VMFWUPDATE_FORMAT_IGVM, file, size);
	put_file(rom, 64 * KIB);
	stage(VMFW_EXIT_OK);
	arrived(rom, 64 * KIB, VMFWUPDATE_FORMAT_FLAT, rom, 64 * KIB);
	free(file);
	free(rom);
}

static void test_flattened(void **state)
{
	uint8_t *rom = rom_make(320 * KIB), *file;
	size_t size;

	(void)state;
	/* The tool pads the flat firmware to 320 KiB. */
	memset(rom, 0xff, 60 * KIB);
	file = rom_wrap(rom + 60 * KIB, 260 * KIB, &size);
	start(VMFWUPDATE_FORMAT_FLAT, 320 * KIB);
	put_file(file, size);
	stage(VMFW_EXIT_OK);
	assert_int_equal(planned.way, PAYLOAD_FLATTENED);
	assert_int_equal(planned.size, 327680);
	arrived(rom, 320 * KIB, VMFWUPDATE_FORMAT_FLAT, file, size);
	stays_clear_of(256 * KIB, 320 * KIB);
	already();

	/* The size with the padding counts. */
	start(VMFWUPDATE_FORMAT_FLAT, 319 * KIB);
	stage(VMFW_EXIT_DEVICE);
	has_said("flattened, 320.0 KiB (327680 bytes) is more than");
	has_said("319.0 KiB (326656 bytes)");
	nothing_happened();
	free(file);
	free(rom);
}

/* Move the lowest page of the copy below 1 MiB to 2 MiB. Its header is the last one. */
static void test_not_flattened(void **state)
{
	static const size_t gpa_at = 24 + 24 + 31 * 32 + 8;
	uint8_t *rom = rom_make(64 * KIB), *file;
	uint32_t checksum;
	size_t size;

	(void)state;
	file = rom_wrap(rom, 64 * KIB, &size);
	assert_int_equal(file[gpa_at + 2], 0x0f);
	file[gpa_at + 2] = 0x20;
	memset(file + 20, 0, 4);
	checksum = crc32(0, file, 24 + 24 + 32 * 32);
	memcpy(file + 20, &checksum, 4);
	start(VMFWUPDATE_FORMAT_FLAT, MIB);
	put_file(file, size);
	stage(VMFW_EXIT_DEVICE);
	has_said("as this VMM requires: the pages at 0x200000");
	nothing_happened();

	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	stage(VMFW_EXIT_OK);
	free(file);
	free(rom);
}

/* The tool has staged the same file before, but in another size or format. */
static void test_made_otherwise(void **state)
{
	uint8_t *rom = rom_make(64 * KIB);

	(void)state;
	start(VMFWUPDATE_FORMAT_FLAT, MIB);
	put_file(rom, 64 * KIB);
	stage(VMFW_EXIT_OK);
	kernel.info.image_size += 64 * KIB;
	stage(VMFW_EXIT_OK);
	assert_false(staged.already);
	kernel.info.image_size -= 4 * KIB;
	stage(VMFW_EXIT_OK);
	assert_false(staged.already);
	kernel.info.image_format = VMFWUPDATE_FORMAT_IGVM;
	stage(VMFW_EXIT_OK);
	assert_false(staged.already);
	assert_int_equal(kernel.begun, 4);
	arrived(rom, 64 * KIB, VMFWUPDATE_FORMAT_FLAT, rom, 64 * KIB);
	kernel.info.image_format = VMFWUPDATE_FORMAT_FLAT << 1;
	stage(VMFW_EXIT_OK);
	assert_false(staged.already);
	free(rom);
}

static void test_no_format(void **state)
{
	uint8_t *rom = rom_make(64 * KIB);

	(void)state;
	start(0, 0);
	put_file(rom, 64 * KIB);
	stage(VMFW_EXIT_DEVICE);
	has_said("neither IGVM images nor flat firmware");
	free(rom);
}

/* A kernel that does not know size_multiple leaves it 0. */
static void test_no_size_multiple(void **state)
{
	uint8_t *rom = rom_make(68 * KIB), *file;
	size_t size;

	(void)state;
	file = rom_wrap(rom, 68 * KIB, &size);
	start(VMFWUPDATE_FORMAT_FLAT, MIB);
	kernel.info.size_multiple = 0;
	put_file(rom, 68 * KIB);
	assert_int_equal(stage_with((struct staging_options) {
				.dry_run = true }), VMFW_EXIT_OK);
	assert_int_equal(planned.size, 69632);
	put_file(file, size);
	assert_int_equal(stage_with((struct staging_options) {
				.dry_run = true }), VMFW_EXIT_OK);
	assert_int_equal(planned.size, 69632);
	nothing_happened();
	free(file);
	free(rom);
}

static void test_encrypted_memory(void **state)
{
	uint8_t *rom = rom_make(64 * KIB), *file;
	size_t size;

	(void)state;
	file = rom_wrap(rom, 64 * KIB, &size);
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	kernel.info.isolation = VMFWUPDATE_ISOLATION_SEV_SNP;
	put_file(rom, 64 * KIB);
	stage(VMFW_EXIT_DEVICE);
	has_said("SEV-SNP");
	nothing_happened();

	start(VMFWUPDATE_FORMAT_FLAT, MIB);
	kernel.info.isolation = VMFWUPDATE_ISOLATION_TDX;
	put_file(file, size);
	stage(VMFW_EXIT_DEVICE);
	has_said("TDX");
	nothing_happened();
	put_file(rom, 64 * KIB);
	stage(VMFW_EXIT_OK);
	free(file);
	free(rom);
}

static void test_other_machine(void **state)
{
	static const __u32 formats[] = { VMFWUPDATE_FORMAT_IGVM,
					 VMFWUPDATE_FORMAT_FLAT };
	uint8_t *rom = rom_make(64 * KIB);
	size_t i;

	(void)state;
	put_file(rom, 64 * KIB);
	for (i = 0; i < 2; i++) {
		start(formats[i], MIB);
		kernel.machine = "aarch64";
		stage(VMFW_EXIT_IMAGE);
		has_said("firmware for x86_64, not for aarch64");
		nothing_happened();
		kernel.machine = NULL;
		stage(VMFW_EXIT_SYSTEM);
		has_said("cannot find out the architecture of this machine");
		nothing_happened();
	}
	free(rom);
}

static void test_switched_off(void **state)
{
	uint8_t *rom = rom_make(64 * KIB);

	(void)state;
	start(VMFWUPDATE_FORMAT_FLAT, MIB);
	kernel.info.state = VMFWUPDATE_STATE_DISABLED;
	put_file(rom, 64 * KIB);
	stage(VMFW_EXIT_REFUSED);
	has_said("switched off until the next reset");
	nothing_happened();

	start_keeper();
	kernel.info.state = VMFWUPDATE_STATE_DISABLED;
	stage(VMFW_EXIT_REFUSED);
	has_said("switched off until the VMM restores the host's image");
	kernel.info.held = VMFWUPDATE_HELD_HOST;
	stage(VMFW_EXIT_REFUSED);
	has_said("until the next reset, which restores the host's image");
	nothing_happened();
	free(rom);
}

/*
 * Put a wrapped firmware into the file, for tests that do not depend on its
 * contents.
 */
static void put_image(void)
{
	uint8_t *rom = rom_make(64 * KIB), *file;
	size_t size;

	file = rom_wrap(rom, 64 * KIB, &size);
	put_file(file, size);
	free(file);
	free(rom);
}

static void test_handed_over_at_once(void **state)
{
	(void)state;
	put_image();
	start_keeper();
	stage(VMFW_EXIT_OK);
	assert_int_equal(kernel.flags, VMFWUPDATE_COMMIT_ARM_NOW);
	assert_int_equal(kernel.qemu_checks, 1);
	assert_int_equal(staged.info.state,
			 VMFWUPDATE_STATE_ARMED);
	assert_false(staged.once);
	brings_at(device_any_reset, "image");
	has_said("any reset applies it, also every later one");
	stage(VMFW_EXIT_OK);
	assert_true(staged.already);
	stage_when(STAGING_ARM_NOW, VMFW_EXIT_OK);
	assert_true(staged.already);
	assert_int_equal(kernel.commits, 1);
	assert_int_equal(kernel.cancels, 0);
}

/*
 * The VMM did not confirm the image. The tool hands it over again, although it
 * counts as armed.
 */
static void test_not_confirmed(void **state)
{
	static const __u32 others[] = {
		VMFWUPDATE_HELD_UNKNOWN,
		VMFWUPDATE_HELD_NOTHING,
		VMFWUPDATE_HELD_HOST,
	};
	size_t i;

	(void)state;
	put_image();
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		start_keeper();
		stage(VMFW_EXIT_OK);
		kernel.info.held = others[i];
		stage(VMFW_EXIT_OK);
		assert_false(staged.already);
		assert_int_equal(kernel.commits, 2);
	}
}

/* The VMM keeps the first image. A withdrawal would restore the image of the host. */
static void test_replaced_without_withdrawing(void **state)
{
	(void)state;
	put_image();
	start_keeper();
	stage(VMFW_EXIT_OK);
	memset(kernel.info.tag, 7, sizeof(kernel.info.tag));
	stage(VMFW_EXIT_OK);
	assert_false(staged.already);
	has_said("note: this image replaces the one that was armed before\n");
	assert_int_equal(kernel.commits, 2);
	assert_int_equal(kernel.cancels, 0);
	/* The tool withdraws an image that waits in memory. */
	stage_when(STAGING_AT_REBOOT, VMFW_EXIT_OK);
	has_said("at the orderly reboot, this image replaces the one that was armed before");
	assert_int_equal(kernel.cancels, 0);
	stage(VMFW_EXIT_OK);
	assert_int_equal(kernel.cancels, 1);
	assert_int_equal(kernel.info.state, VMFWUPDATE_STATE_ARMED);
}

/* After a failure, only an image that the VMM keeps is still there. */
static void test_not_replaced(void **state)
{
	static const enum staging_when moments[] = {
		STAGING_DEFAULT, STAGING_AT_REBOOT,
	};
	size_t i;

	(void)state;
	put_image();
	start_keeper();
	stage(VMFW_EXIT_OK);
	memset(kernel.info.tag, 7, sizeof(kernel.info.tag));
	kernel.begin_error = ENOMEM;
	for (i = 0; i < ARRAY_SIZE(moments); i++) {
		stage_when(moments[i], VMFW_EXIT_SYSTEM);
		assert_null(strstr(said, "replaces"));
		assert_null(strstr(said, "withdrawn"));
	}

	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	stage(VMFW_EXIT_OK);
	memset(kernel.info.tag, 7, sizeof(kernel.info.tag));
	kernel.begin_error = ENOMEM;
	stage(VMFW_EXIT_SYSTEM);
	has_said("the tool has withdrawn the image that was staged before");
	assert_int_equal(kernel.cancels, 1);
}

/*
 * The session fails, or the VMM does not withdraw the earlier image. The tool then
 * does not begin with the new one.
 */
static void test_earlier_image_stays(void **state)
{
	static const struct {
		unsigned long request;
		unsigned int after;
		int err;
		enum vmfw_exit code;
		const char *words;
	} failures[] = {
		{ VMFWUPDATE_CANCEL, 0, EIO, VMFW_EXIT_REFUSED,
		  "cannot withdraw the image: the VMM does not confirm it" },
		{ VMFWUPDATE_CANCEL, 0, EPERM, VMFW_EXIT_SYSTEM,
		  "cannot withdraw the image: Operation not permitted" },
		{ VMFWUPDATE_GET_INFO, 1, ENODEV, VMFW_EXIT_SYSTEM,
		  "cannot query the device: No such device" },
	};
	size_t i;

	(void)state;
	put_image();
	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		start(VMFWUPDATE_FORMAT_IGVM, MIB);
		stage(VMFW_EXIT_OK);
		memset(kernel.info.tag, 7, sizeof(kernel.info.tag));
		kernel.refused = failures[i].request;
		kernel.refused_after = failures[i].after;
		kernel.refused_error = failures[i].err;
		stage(failures[i].code);
		has_said(failures[i].words);
		assert_null(strstr(said, "replaces"));
		assert_null(strstr(said, "the tool has withdrawn"));
		assert_false(staged.done);
		assert_int_equal(kernel.begun, 1);
		assert_int_equal(kernel.cancels, 0);
		assert_int_equal(kernel.info.state, VMFWUPDATE_STATE_STAGED);
	}
}

static void test_at_reboot(void **state)
{
	(void)state;
	put_image();
	start_keeper();
	stage_when(STAGING_AT_REBOOT, VMFW_EXIT_OK);
	assert_int_equal(kernel.flags, 0);
	assert_int_equal(staged.info.state,
			 VMFWUPDATE_STATE_STAGED);
	brings_at(device_any_reset, "unknown");
	brings_at(device_orderly_reboot, "image");
	has_said("the kernel logs the VMM's answer at the reboot");
	/* The kernel does not show whether the image is for only one reset. */
	stage_when(STAGING_AT_REBOOT, VMFW_EXIT_OK);
	assert_false(staged.already);

	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	stage_when(STAGING_AT_REBOOT, VMFW_EXIT_OK);
	assert_int_equal(kernel.flags, 0);
	assert_true(staged.once);
	has_said("only an orderly reboot applies it, not a crash");
	stage_when(STAGING_AT_REBOOT, VMFW_EXIT_OK);
	assert_true(staged.already);
}

static void test_once(void **state)
{
	(void)state;
	put_image();
	start_keeper();
	stage_when(STAGING_ONCE, VMFW_EXIT_OK);
	assert_int_equal(kernel.flags, VMFWUPDATE_COMMIT_ONCE);
	assert_true(staged.once);
	has_said("one orderly reboot applies it");

	kernel.info.properties &= ~VMFWUPDATE_PROPERTY_ONCE;
	stage_when(STAGING_ONCE, VMFW_EXIT_DEVICE);
	has_said("--once: this VMM cannot");
	assert_int_equal(kernel.commits, 1);

	/*
	 * If no image persists, the tool does not use VMFWUPDATE_COMMIT_ONCE,
	 * which an older kernel does not know.
	 */
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	stage_when(STAGING_ONCE, VMFW_EXIT_OK);
	assert_int_equal(kernel.flags, 0);
	assert_true(staged.once);
}

static void test_not_started_from_igvm(void **state)
{
	(void)state;
	put_image();
	start_keeper();
	kernel.info.start = VMFWUPDATE_START_OTHER;
	stage(VMFW_EXIT_START);
	has_said("-machine igvm-cfg=");
	has_said("-object igvm-cfg,id=");
	has_said("-device vm-launch-update");
	nothing_happened();

	/* Only the VMM's status shows that the machine did not start from IGVM. */
	start_keeper();
	kernel.info.start = VMFWUPDATE_START_UNKNOWN;
	kernel.shown_status = 2;
	stage(VMFW_EXIT_START);
	has_said("-machine igvm-cfg=");
}

static void test_not_loaded(void **state)
{
	(void)state;
	put_image();
	start_keeper();
	kernel.shown_status = 1;
	stage(VMFW_EXIT_REFUSED);
	has_said("refused it with status 1");
	has_said("nothing has changed in the VMM");
}

/* QEMU would accept an image that breaks its loader's rules, and end at the reset. */
static void test_qemu_could_not_load(void **state)
{
	(void)state;
	put_image();
	start_keeper();
	kernel.qemu_rule = VMFW_IGVM_RULE_QEMU_PAM;
	stage(VMFW_EXIT_IMAGE);
	assert_true(vmm_is_qemu(staged.vmm));
	has_said("[qemu-pam]");
	has_said("would end this VM at the reset; \"stage --force=vmm\" overrides");
	nothing_happened();
	assert_int_equal(stage_with((struct staging_options) {
				.dry_run = true }), VMFW_EXIT_IMAGE);

	assert_int_equal(stage_with((struct staging_options) {
				.loader.forced = true }), VMFW_EXIT_OK);
	has_said("[qemu-pam]");
	has_said("the reset ends this VM");
	assert_null(strstr(said, "\"error\""));
	assert_int_equal(kernel.commits, 1);

	/* A warning does not stop the staging. The user sees the warning. */
	start_keeper();
	kernel.qemu_rule = VMFW_IGVM_RULE_QEMU_PAM_UNKNOWN;
	stage(VMFW_EXIT_OK);
	has_said("[qemu-pam-unknown]");
}

/* The tool cannot check QEMU's rules. --force=vmm is no help against that. */
static void test_unchecked_rules(void **state)
{
	static const enum vmfw_exit codes[] = { VMFW_EXIT_SYSTEM, VMFW_EXIT_DEVICE };
	size_t i;

	(void)state;
	put_image();
	for (i = 0; i < 2 * ARRAY_SIZE(codes); i++) {
		start_keeper();
		kernel.qemu_code = codes[i / 2];
		assert_int_equal(stage_with((struct staging_options) {
					.loader.forced = i % 2 }), codes[i / 2]);
		assert_string_equal(said, "error: the check failed\n");
		assert_false(staged.planned);
		nothing_happened();
	}
}

/* The messages show 200 findings, and then how many more there are. */
static void test_many_findings(void **state)
{
	(void)state;
	put_image();
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	kernel.machine_rule = VMFW_IGVM_RULE_MACHINE_MEMORY;
	kernel.findings = 200;
	stage(VMFW_EXIT_IMAGE);
	has_said("[machine-memory]");
	assert_null(strstr(said, " more finding"));
	kernel.findings = 201;
	stage(VMFW_EXIT_IMAGE);
	has_said("there is 1 more finding\n");
	nothing_happened();

	start_keeper();
	kernel.qemu_rule = VMFW_IGVM_RULE_QEMU_PAM;
	kernel.findings = 200;
	stage(VMFW_EXIT_IMAGE);
	assert_null(strstr(said, " more finding"));
	kernel.findings = 202;
	stage(VMFW_EXIT_IMAGE);
	has_said("there are 2 more findings\n");
	nothing_happened();
}

/* The loader's warnings stop nothing. The caller can do without them. */
static void test_warnings_of_the_loader(void **state)
{
	static const char smm[] = "this firmware is built for SMM";
	uint8_t *rom = rom_make(64 * KIB);
	const struct staging_options quiet = { .loader.quiet = true };

	(void)state;
	put_image();
	start_keeper();
	kernel.qemu_rule = VMFW_IGVM_RULE_QEMU_PAM_UNKNOWN;
	stage(VMFW_EXIT_OK);
	assert_null(strstr(said, smm));
	kernel.smm = true;
	stage(VMFW_EXIT_OK);
	has_said(smm);
	has_said("[qemu-pam-unknown]");
	assert_int_equal(stage_with(quiet), VMFW_EXIT_OK);
	assert_null(strstr(said, smm));
	assert_null(strstr(said, "[qemu-pam-unknown]"));
	/* Without liblzma, there is no answer. */
	kernel.smm_error = -ELIBACC;
	stage(VMFW_EXIT_OK);
	assert_null(strstr(said, smm));

	/* The warning about SMM depends on neither the VMM nor the format of the file. */
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	kernel.smm = true;
	stage(VMFW_EXIT_OK);
	has_said(smm);
	put_file(rom, 64 * KIB);
	stage(VMFW_EXIT_OK);
	has_said(smm);
	assert_int_equal(kernel.smm_bytes, crc32_z(0, rom, 64 * KIB));
	assert_int_equal(kernel.qemu_checks, 0);
	assert_int_equal(stage_with(quiet), VMFW_EXIT_OK);
	assert_null(strstr(said, smm));
	free(rom);
}

static void test_wrapped_image_counts(void **state)
{
	uint8_t *rom = rom_make(64 * KIB);

	(void)state;
	put_file(rom, 64 * KIB);
	start_keeper();
	stage(VMFW_EXIT_OK);
	assert_int_equal(kernel.qemu_checks, 1);
	kernel.qemu_rule = VMFW_IGVM_RULE_QEMU_MEMORY;
	stage_when(STAGING_AT_REBOOT, VMFW_EXIT_IMAGE);
	assert_int_equal(kernel.commits, 1);
	free(rom);
}

/* The interface decides whose rules count, unless the user names a VMM. */
static void test_whose_rules(void **state)
{
	const struct vmm_choice generic = { true, VMFW_IGVM_VMM_GENERIC };
	const struct vmm_choice qemu = { true, VMFW_IGVM_VMM_QEMU };

	(void)state;
	put_image();
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	kernel.qemu_rule = VMFW_IGVM_RULE_QEMU_PAM;
	stage(VMFW_EXIT_OK);
	assert_int_equal(kernel.qemu_checks, 0);
	assert_int_equal(stage_with((struct staging_options) {
				.loader.vmm = qemu }), VMFW_EXIT_IMAGE);
	start_keeper();
	kernel.qemu_rule = VMFW_IGVM_RULE_QEMU_PAM;
	assert_int_equal(stage_with((struct staging_options) {
				.loader.vmm = generic }), VMFW_EXIT_OK);
	assert_int_equal(kernel.qemu_checks, 0);
}

static void test_reverting(void **state)
{
	(void)state;
	put_image();
	start_keeper();
	kernel.info.state = VMFWUPDATE_STATE_REVERTING;
	stage(VMFW_EXIT_REFUSED);
	has_said("reboot first");
	nothing_happened();
}

/* Another process has asked for the host's image in the meantime. */
static void test_reverting_meanwhile(void **state)
{
	(void)state;
	put_image();
	start_keeper();
	kernel.begin_error = EINPROGRESS;
	stage(VMFW_EXIT_REFUSED);
	has_said("reboot first");
	nothing_happened();
}

/* The structure of an older kernel ends before the properties. */
static void test_older_kernel(void **state)
{
	(void)state;
	put_image();
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	kernel.info_size = offsetof(struct vmfwupdate_info, properties);
	stage(VMFW_EXIT_OK);
	assert_int_equal(kernel.flags, 0);
	has_said("only an orderly reboot applies it, not a crash");
	brings_at(device_any_reset, "ordinary");
	stage_when(STAGING_ARM_NOW, VMFW_EXIT_OK);
	assert_int_equal(kernel.cancels, 1);
	brings_at(device_any_reset, "image");
}

/* Change a byte half a page before the end, in the data and not in a header. */
static void change_file(void)
{
	FILE *file = fopen(path, "r+");

	assert_non_null(file);
	assert_int_equal(fseek(file, -(long)PAGE / 2, SEEK_END), 0);
	assert_int_equal(fputc('!', file), '!');
	assert_int_equal(fclose(file), 0);
}

static void test_architectures(void **state)
{
	static const struct {
		const char *machine;
		uint32_t architecture;
		enum vmfw_exit code;
		const char *words;
	} table[] = {
		{ "x86_64", VMFW_IGVM_X64, VMFW_EXIT_OK, NULL },
		{ "aarch64", VMFW_IGVM_AARCH64, VMFW_EXIT_OK, NULL },
		{ "aarch64", VMFW_IGVM_X64, VMFW_EXIT_IMAGE,
		  "a: this is firmware for x86_64, not for aarch64" },
		{ "x86_64", VMFW_IGVM_AARCH64, VMFW_EXIT_IMAGE,
		  "a: this is firmware for aarch64, not for x86_64" },
	};
	struct messages messages;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		start(VMFWUPDATE_FORMAT_IGVM, MIB);
		kernel.machine = table[i].machine;
		messages_keep(&messages);
		assert_int_equal(plan_machine(&messages, "a",
					      table[i].architecture),
				 table[i].code);
		if (table[i].words)
			assert_string_equal(messages_first_error(&messages),
					    table[i].words);
		else
			assert_int_equal(messages.nr, 0);
		messages_free(&messages);
	}
}

static void test_file_changes(void **state)
{
	uint8_t *rom = rom_make(128 * KIB), *file;
	size_t size;

	(void)state;
	file = rom_wrap(rom, 128 * KIB, &size);
	start(VMFWUPDATE_FORMAT_FLAT, MIB);
	put_file(file, size);
	kernel.meanwhile = change_file;
	stage(VMFW_EXIT_SYSTEM);
	has_said("another program changed it");
	assert_int_equal(kernel.begun, 1);
	assert_int_equal(kernel.commits, 0);

	/*
	 * The tool has read the whole file to wrap it, so a later change does
	 * not matter.
	 */
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	put_file(rom, 128 * KIB);
	kernel.meanwhile = change_file;
	stage(VMFW_EXIT_OK);
	arrived(file, size, VMFWUPDATE_FORMAT_IGVM, rom, 128 * KIB);
	free(file);
	free(rom);
}

/* EPERM, ENODEV and EBADFD come from the device. Other errors name the file. */
static void test_no_bytes_arrive(void **state)
{
	static const struct {
		int err;
		const char *words;
	} errors[] = {
		{ EPERM, "CAP_SYS_BOOT" },
		{ ENODEV, "/dev/null: cannot write the image: No such device" },
		{ EBADFD, "/dev/null: cannot write the image: File descriptor in bad" },
		{ EIO, "vmfwupdate-test" },
		{ ECANCELED, "Operation canceled" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		put_image();
		start(VMFWUPDATE_FORMAT_IGVM, MIB);
		kernel.write_error = errors[i].err;
		stage(VMFW_EXIT_SYSTEM);
		has_said(errors[i].words);
		assert_int_equal(kernel.begun, 1);
		assert_int_equal(kernel.commits, 0);
	}
}

/* Let reads fail once the device has the whole image, or its first piece. */
static void fail_after_all(void)
{
	if (kernel.info.image_written == kernel.info.image_size)
		kernel.read_error = EIO;
}

static void fail_after_a_piece(void)
{
	kernel.read_error = EIO;
}

/* Let only the second write fail. */
static void fail_once(void)
{
	if (kernel.info.image_written == 64 * KIB)
		kernel.write_error = EIO;
}

/*
 * The tool reads the file page by page to flatten it, and then once more for the
 * digest. If a read or a write fails, the message does not say that the file has
 * changed.
 */
static void test_unreadable_file(void **state)
{
	static void (*const failures[])(void) = {
		fail_after_a_piece, fail_after_all, fail_once,
	};
	uint8_t *rom = rom_make(256 * KIB), *file;
	size_t size, i;

	(void)state;
	file = rom_wrap(rom, 256 * KIB, &size);
	put_file(file, size);
	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		start(VMFWUPDATE_FORMAT_FLAT, MIB);
		kernel.meanwhile = failures[i];
		stage(VMFW_EXIT_SYSTEM);
		has_said(strerror(EIO));
		assert_null(strstr(said, "another program changed it"));
		assert_int_equal(kernel.begun, 1);
		assert_int_equal(kernel.commits, 0);
	}
	free(file);
	free(rom);
}

/*
 * The tool has read the whole file for its digest. To plan the flat firmware, it
 * reads the pages, and that fails.
 */
static void test_unreadable_pages(void **state)
{
	(void)state;
	put_image();
	start(VMFWUPDATE_FORMAT_FLAT, MIB);
	kernel.later_error = EIO;
	stage(VMFW_EXIT_SYSTEM);
	has_said(strerror(EIO));
	assert_true(planned.has_digest);
	assert_false(staged.planned);
	nothing_happened();
}

/* Stage the file. The caller frees the text on standard error. */
static char *stage_shown(int code)
{
	FILE *terminal = stderr;
	char *shown = NULL;
	size_t len;
	int is;

	stderr = open_memstream(&shown, &len);
	assert_non_null(stderr);
	is = stage_with((struct staging_options) { .progress = PROGRESS_ALWAYS });
	fclose(stderr);
	stderr = terminal;
	assert_int_equal(is, code);
	return shown;
}

static void fail_after_the_first_write(void)
{
	kernel.write_error = EIO;
}

/* The progress is one line, which ends before other output. */
static void test_progress(void **state)
{
	static const __u32 formats[] = { VMFWUPDATE_FORMAT_IGVM,
					 VMFWUPDATE_FORMAT_FLAT };
	uint8_t *rom = rom_make(320 * KIB), *file;
	char *shown, last[64];
	size_t size, i, j;

	(void)state;
	file = rom_wrap(rom, 320 * KIB, &size);
	for (i = 0; i < 2; i++) {
		/* One of the formats makes the tool convert the file. */
		for (j = 0; j < 2; j++) {
			put_file(j ? rom : file, j ? 320 * KIB : size);
			start(formats[i], MIB);
			shown = stage_shown(VMFW_EXIT_OK);
			snprintf(last, sizeof(last),
				 "\rstage: 100 %% of %.1f MiB\n",
				 kernel.info.image_size / 1024.0 / 1024.0);
			assert_non_null(strstr(shown, last));
			assert_string_equal(strrchr(shown, '\r'), last);
			assert_ptr_equal(strchr(shown, '\n') + 1,
					 shown + strlen(shown));
			free(shown);
		}
		start(formats[i], MIB);
		kernel.meanwhile = fail_after_the_first_write;
		shown = stage_shown(VMFW_EXIT_SYSTEM);
		assert_non_null(strstr(shown, "\rstage: "));
		assert_null(strstr(shown, "100 %"));
		assert_ptr_equal(strchr(shown, '\n') + 1, shown + strlen(shown));
		free(shown);
	}
	free(file);
	free(rom);
}

static void send_signal(void)
{
	kernel.signalled = SIGTERM;
}

/* The device has the first piece when the signal comes. */
static void a_signal_ends_a_conversion(void **state)
{
	uint8_t *rom = rom_make(256 * KIB), *file;
	bool wrapped = false;
	size_t size;

	(void)state;
	file = rom_wrap(rom, 256 * KIB, &size);
	do {
		put_file(wrapped ? rom : file, wrapped ? 256 * KIB : size);
		start(wrapped ? VMFWUPDATE_FORMAT_IGVM : VMFWUPDATE_FORMAT_FLAT,
		      MIB);
		kernel.meanwhile = send_signal;
		stage(128 + SIGTERM);
		has_said("error: the image is not staged\n");
		assert_int_equal(kernel.begun, 1);
		assert_in_range(kernel.info.image_written, 1,
				kernel.info.image_size - 1);
		assert_int_equal(kernel.commits, 0);
		wrapped = !wrapped;
	} while (wrapped);
	free(file);
	free(rom);
}

static void cut_file(void)
{
	struct stat st;

	assert_false(stat(path, &st));
	assert_false(truncate(path, st.st_size - PAGE));
}

/* Call @change between payload_check() and payload_plan(). The error has @words. */
static void stage_after(void (*change)(void), const char *words)
{
	const struct staging_options options = {
		.device = "/dev/null",
		.progress = PROGRESS_NEVER,
	};
	struct payload payload = { 0 };
	struct source source;
	struct messages messages;

	messages_keep(&messages);
	assert_int_equal(source_open(&source, &messages, path, NULL),
			 VMFW_EXIT_OK);
	assert_int_equal(payload_check(&payload, &messages, &source),
			 VMFW_EXIT_OK);
	change();
	assert_int_equal(staging_run(&messages, &options, &payload, &staged),
			 VMFW_EXIT_SYSTEM);
	assert_non_null(strstr(messages_first_error(&messages), words));
	payload_free(&payload);
	source_close(&source);
	messages_free(&messages);
}

static void stage_while_cut(void)
{
	stage_after(cut_file, "another program changed it");
}

static void stage_cut(__u32 format, const void *bytes, size_t len)
{
	put_file(bytes, len);
	start(format, MIB);
	stage_while_cut();
	assert_int_equal(kernel.commits, 0);
}

static void test_file_is_cut(void **state)
{
	uint8_t *rom = rom_make(128 * KIB), *file;
	size_t size;

	(void)state;
	file = rom_wrap(rom, 128 * KIB, &size);
	stage_cut(VMFWUPDATE_FORMAT_IGVM, file, size);
	/*
	 * The tool notices the shorter file before BEGIN if it flattens or
	 * wraps the file.
	 */
	stage_cut(VMFWUPDATE_FORMAT_FLAT, file, size);
	assert_int_equal(kernel.begun, 0);
	stage_cut(VMFWUPDATE_FORMAT_IGVM, rom, 128 * KIB);
	assert_int_equal(kernel.begun, 0);
	stage_cut(VMFWUPDATE_FORMAT_FLAT, rom, 128 * KIB);
	free(file);
	free(rom);
}

static void fail_reads_at_a_signal(void)
{
	kernel.read_error = EIO;
	kernel.signal = SIGTERM;
}

static void fail_writes_at_a_signal(void)
{
	kernel.write_error = EIO;
	kernel.signal = SIGTERM;
}

static void cancel_reads(void)
{
	kernel.read_error = ECANCELED;
}

/* Without a signal, a cancelled read is an error like any other. */
static void test_cancelled_reads(void **state)
{
	uint8_t *rom = rom_make(64 * KIB);

	(void)state;
	put_file(rom, 64 * KIB);
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	stage_after(cancel_reads, strerror(ECANCELED));
	nothing_happened();
	free(rom);
}

/* A signal comes at the same time as an error. The messages name the error. */
static void test_errors_at_a_signal(void **state)
{
	uint8_t *rom = rom_make(64 * KIB);

	(void)state;
	put_file(rom, 64 * KIB);
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	stage_after(fail_reads_at_a_signal, strerror(EIO));
	assert_int_equal(kernel.signalled, SIGTERM);
	nothing_happened();
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	stage_after(fail_writes_at_a_signal, strerror(EIO));
	assert_int_equal(kernel.signalled, SIGTERM);
	assert_int_equal(kernel.begun, 1);
	assert_int_equal(kernel.commits, 0);
	free(rom);
}

/* Stage the file. A signal ends a check, and the tool changes nothing. */
static void stops_in_a_check(struct staging_options options)
{
	kernel.signal = SIGTERM;
	kernel.signalled = 0;
	assert_int_equal(stage_with(options), 128 + SIGTERM);
	has_said("error: nothing was changed\n");
	assert_null(strstr(said, "would end this VM"));
	assert_false(staged.planned);
	nothing_happened();
}

/*
 * A signal ends the check for this machine or the check of QEMU's rules. The
 * check has reported a finding before, but its result does not count.
 */
static void test_signal_during_a_check(void **state)
{
	uint8_t *rom = rom_make(64 * KIB);
	unsigned int wrapped;

	(void)state;
	put_image();
	start_keeper();
	kernel.machine_rule = VMFW_IGVM_RULE_MACHINE_MEMORY;
	kernel.smm = true;
	stops_in_a_check((struct staging_options) { 0 });
	/* The tool makes no further check. */
	assert_int_equal(kernel.qemu_checks, 0);
	assert_null(strstr(said, "built for SMM"));
	for (wrapped = 0; wrapped < 2; wrapped++) {
		if (wrapped)
			put_file(rom, 64 * KIB);
		start_keeper();
		kernel.qemu_rule = VMFW_IGVM_RULE_QEMU_PAM;
		stops_in_a_check((struct staging_options) { 0 });
		stops_in_a_check((struct staging_options) { .dry_run = true });
		stops_in_a_check((struct staging_options) {
			.loader.forced = true });
	}
	free(rom);
}

/* Without memory for the ranges to avoid, nothing arrives in any format. */
static void test_no_memory_for_ranges(void **state)
{
	static const __u32 formats[] = { VMFWUPDATE_FORMAT_IGVM,
					 VMFWUPDATE_FORMAT_FLAT };
	uint8_t *rom = rom_make(64 * KIB), *file;
	size_t size, i;

	(void)state;
	file = rom_wrap(rom, 64 * KIB, &size);
	for (i = 0; i < 2 * ARRAY_SIZE(formats); i++) {
		put_file(i / 2 ? rom : file, i / 2 ? 64 * KIB : size);
		start(formats[i % 2], MIB);
		kernel.no_memory = true;
		stage(VMFW_EXIT_SYSTEM);
		has_said("cannot list the memory that the image must avoid: Cannot allocate memory");
		assert_false(staged.planned);
		nothing_happened();
		kernel.no_memory = false;
		stage(VMFW_EXIT_OK);
	}
	free(file);
	free(rom);
}

/*
 * The tool cannot compare the file with the image that is already staged. That
 * image stays.
 */
static void test_staged_file_is_cut(void **state)
{
	uint8_t *rom = rom_make(128 * KIB), *file;
	size_t size;

	(void)state;
	file = rom_wrap(rom, 128 * KIB, &size);
	put_file(file, size);
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	stage(VMFW_EXIT_OK);
	stage_while_cut();
	assert_false(staged.done);
	assert_int_equal(kernel.begun, 1);
	assert_int_equal(kernel.cancels, 0);
	arrived(file, size, VMFWUPDATE_FORMAT_IGVM, file, size);
	free(file);
	free(rom);
}

/* Do the ranges to avoid contain this range? */
static bool stays_out_of(uint64_t start, uint64_t end)
{
	unsigned int i;

	for (i = 0; i < kernel.nr_ranges; i++)
		if (kernel.ranges[i].start <= start &&
		    end - kernel.ranges[i].start <= kernel.ranges[i].size)
			return true;
	return false;
}

/*
 * The tool joins ranges until the device takes all of them. A device that takes
 * no range gets one nevertheless.
 */
static void test_ranges_are_joined(void **state)
{
	struct vmfwupdate_range before[ARRAY_SIZE(kernel.ranges)];
	unsigned int all, most, i;

	(void)state;
	put_image();
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	stage(VMFW_EXIT_OK);
	all = kernel.nr_ranges;
	assert_true(all > 1);
	memcpy(before, kernel.ranges, sizeof(before));
	for (most = all + 1; most--;) {
		start(VMFWUPDATE_FORMAT_IGVM, MIB);
		kernel.info.max_ranges = most;
		stage(VMFW_EXIT_OK);
		assert_true(kernel.nr_ranges <= (most ? most : 1));
		assert_true(kernel.nr_ranges > 0);
		if (most == all)
			assert_int_equal(kernel.nr_ranges, all);
		/* The image still avoids all that it had to avoid before. */
		for (i = 0; i < all; i++)
			assert_true(stays_out_of(before[i].start,
						 before[i].start +
						 before[i].size));
		for (i = 1; i < kernel.nr_ranges; i++)
			assert_true(kernel.ranges[i].start >
				    kernel.ranges[i - 1].start +
				    kernel.ranges[i - 1].size);
	}
}

/*
 * The record has the digest of the checked file, so no other file may arrive. If the
 * checked file is already staged, it stays.
 */
static void test_file_changes_after_the_digest(void **state)
{
	const struct staging_options options = {
		.device = "/dev/null",
		.progress = PROGRESS_NEVER,
	};
	struct payload payload = { 0 };
	struct source source;
	struct messages messages;
	unsigned int before;

	(void)state;
	for (before = 0; before < 2; before++) {
		put_image();
		start(VMFWUPDATE_FORMAT_IGVM, MIB);
		if (before)
			stage(VMFW_EXIT_OK);
		messages_keep(&messages);
		assert_int_equal(source_open(&source, &messages, path, NULL),
				 VMFW_EXIT_OK);
		assert_int_equal(payload_check(&payload, &messages, &source),
				 VMFW_EXIT_OK);
		assert_int_equal(payload_digest(&payload, &messages),
				 VMFW_EXIT_OK);
		change_file();
		assert_int_equal(staging_run(&messages, &options, &payload,
					     &staged),
				 before ? VMFW_EXIT_OK : VMFW_EXIT_SYSTEM);
		assert_int_equal(staged.already, before);
		assert_int_equal(kernel.begun, 1);
		assert_int_equal(kernel.commits, before);
		payload_free(&payload);
		source_close(&source);
		messages_free(&messages);
	}
}

static bool no_finding(void *arg, const struct vmfw_igvm_finding *finding)
{
	(void)arg;
	fail_msg("rule %d at 0x%" PRIx64, finding->rule, finding->offset);
	return false;
}

/*
 * Check that the arrived image is sound, and that its firmware is the wrapped
 * firmware.
 */
static void was_composed_of(const uint8_t *rom, size_t rom_len)
{
	const struct vmfw_igvm_input input = {
		.head = kernel.bytes,
		.head_len = kernel.info.image_size,
		.size = kernel.info.image_size,
	}, *base;
	struct vmfw_igvm_obstacle why;
	struct vmfw_igvm_draft *draft;
	struct vmfw_igvm igvm;
	uint8_t *file, *again;
	size_t size;

	assert_int_equal(vmfw_igvm_check(&igvm, &input, no_finding, NULL), 0);
	assert_int_equal(vmfw_igvm_decompose(&igvm, &draft, &why), 0);
	base = vmfw_igvm_draft_input(draft);
	file = rom_wrap(rom, rom_len, &size);
	assert_int_equal(base->size, size);
	again = malloc(size);
	assert_non_null(again);
	memcpy(again, base->head, base->head_len);
	assert_int_equal(base->read(base->arg, base->head_len,
				    again + base->head_len,
				    size - base->head_len), 0);
	assert_memory_equal(again, file, size);
	free(again);
	free(file);
	vmfw_igvm_draft_free(draft);
}

static void test_composed(void **state)
{
	static const struct compose_request request = {
		.files = { { VMFW_IGVM_PART_KERNEL, path } },
		.nr_files = 1,
	};
	char program_path[] = "/tmp/vmfwupdate-test.XXXXXX";
	struct compose_request with_program = request;
	uint8_t *rom = rom_make(64 * KIB), *program;
	static struct image image;
	int fd = mkstemp(program_path);

	(void)state;
	assert_true(fd >= 0);
	image_begin(&image, true);
	program = image_add(&image, ".text", "kernel", 6);
	assert_int_equal(pwrite(fd, image.bytes, image.size, 0), image.size);
	assert_int_equal(close(fd), 0);

	rom_announce_usual(rom, 64 * KIB);
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	put_file(rom, 64 * KIB);
	with_program.files[0].path = program_path;
	parts = &with_program;
	stage(VMFW_EXIT_OK);
	assert_int_equal(planned.way, PAYLOAD_AS_IT_IS);
	arrived(composed.bytes, composed.size, VMFWUPDATE_FORMAT_IGVM,
		composed.bytes, composed.size);
	assert_non_null(memmem(kernel.bytes, kernel.info.image_size, program,
			       image.size - (program - image.bytes)));
	was_composed_of(rom, 64 * KIB);
	assert_true(stays_out_of(64 * MIB, 64 * MIB + image.size));
	already();

	/* The part is firmware, and not a kernel. */
	parts = &request;
	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	stage(VMFW_EXIT_IMAGE);
	nothing_happened();
	/* A VMM that takes only flat firmware cannot get the composed image. */
	parts = &with_program;
	start(VMFWUPDATE_FORMAT_FLAT, MIB);
	stage(VMFW_EXIT_DEVICE);
	has_said("cannot flatten");
	nothing_happened();
	parts = NULL;
	unlink(program_path);
	free(rom);
}

static void interrupt(void)
{
	raise(SIGTERM);
}

/* This must be the last test, because nothing clears the recorded signal. */
static void test_interrupted(void **state)
{
	uint8_t *rom = rom_make(256 * KIB), *file;
	size_t size;

	(void)state;
	file = rom_wrap(rom, 256 * KIB, &size);
	start(VMFWUPDATE_FORMAT_FLAT, MIB);
	put_file(file, size);
	kernel.meanwhile = interrupt;
	interrupt_catch();
	stage(128 + SIGTERM);
	has_said("interrupted (SIGTERM): the image is not staged");
	assert_int_equal(kernel.info.image_written, 64 * KIB);
	assert_int_equal(kernel.commits, 0);

	start(VMFWUPDATE_FORMAT_IGVM, MIB);
	put_file(rom, 256 * KIB);
	stage(128 + SIGTERM);
	has_said("nothing was changed");
	nothing_happened();
	free(file);
	free(rom);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flat_as_it_is),
		cmocka_unit_test(test_flat_sizes),
		cmocka_unit_test(test_variable_store),
		cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_igvm_as_it_is),
		cmocka_unit_test(test_both_formats),
		cmocka_unit_test(test_flattened),
		cmocka_unit_test(test_not_flattened),
		cmocka_unit_test(test_made_otherwise),
		cmocka_unit_test(test_no_format),
		cmocka_unit_test(test_no_size_multiple),
		cmocka_unit_test(test_encrypted_memory),
		cmocka_unit_test(test_other_machine),
		cmocka_unit_test(test_architectures),
		cmocka_unit_test(test_switched_off),
		cmocka_unit_test(test_handed_over_at_once),
		cmocka_unit_test(test_not_confirmed),
		cmocka_unit_test(test_replaced_without_withdrawing),
		cmocka_unit_test(test_not_replaced),
		cmocka_unit_test(test_earlier_image_stays),
		cmocka_unit_test(test_at_reboot),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_not_started_from_igvm),
		cmocka_unit_test(test_not_loaded),
		cmocka_unit_test(test_qemu_could_not_load),
		cmocka_unit_test(test_unchecked_rules),
		cmocka_unit_test(test_many_findings),
		cmocka_unit_test(test_warnings_of_the_loader),
		cmocka_unit_test(test_wrapped_image_counts),
		cmocka_unit_test(test_whose_rules),
		cmocka_unit_test(test_reverting),
		cmocka_unit_test(test_reverting_meanwhile),
		cmocka_unit_test(test_older_kernel),
		cmocka_unit_test(test_file_changes),
		cmocka_unit_test(test_ranges_are_joined),
		cmocka_unit_test(test_no_bytes_arrive),
		cmocka_unit_test(test_unreadable_file),
		cmocka_unit_test(test_unreadable_pages),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(a_signal_ends_a_conversion),
		cmocka_unit_test(test_file_is_cut),
		cmocka_unit_test(test_staged_file_is_cut),
		cmocka_unit_test(test_cancelled_reads),
		cmocka_unit_test(test_errors_at_a_signal),
		cmocka_unit_test(test_signal_during_a_check),
		cmocka_unit_test(test_no_memory_for_ranges),
		cmocka_unit_test(test_file_changes_after_the_digest),
		cmocka_unit_test(test_composed),
		cmocka_unit_test(test_interrupted),
	};

	return cmocka_run_group_tests_name("lib staging", tests, make_file,
					   remove_file);
}
