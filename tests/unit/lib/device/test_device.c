// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The device: opening it, the message for each error, and the state of an
 * image after an error. The test imitates the kernel.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/rootdir.h"
#include "device/device.h"
#include "device/module.h"
#include "shared/macro.h"

#define NODE		"/dev/vmfwupdate"
#define SYSFS		"/sys/class/misc/vmfwupdate/"
#define FILES		"/sys/firmware/qemu_fw_cfg/by_name/etc/"
#define FD		77
#define OTHER_FD	78
#define ADDRESS		0x1000
#define SIZE		0x5000
/* More writes of a test mean that a loop does not end. */
#define WRITES		100

/**
 * struct machine - the kernel and the machine
 * @open_err: errno value of opening the node, or 0
 * @node_after: number of tries before the node exists
 * @module: result of loading the module
 * @module_err: error of loading the module
 * @files: paths that exist
 * @request: the request that fails
 * @err: errno value of that request
 * @info_err: errno value of GET_INFO after another request, or 0
 * @attribute_err: result of reading an attribute in sysfs
 * @info: the answer to GET_INFO
 * @known: bytes of @info that an older kernel knows; 0: all
 * @after: state after the first request that changes something; 0: unchanged
 * @shown: the answer of the VMM to an offer
 * @signal: number of the signal that has come, or 0
 * @interrupts: number of writes that end with EINTR
 * @most: most bytes that a write takes
 * @write_err: errno value of the next write, or 0
 */
static struct machine {
	int open_err;
	unsigned int node_after;
	enum module_state module;
	int module_err;
	const char *files[4];
	unsigned long request;
	int err;
	int info_err;
	int attribute_err;
	struct vmfwupdate_info info;
	size_t known;
	__u32 after;
	struct vmfwupdate_commit shown;
	int signal;
	unsigned int interrupts;
	size_t most;
	int write_err;
} machine;

/**
 * struct calls - the calls that the kernel received
 * @opens: number of opens of the node
 * @flags: access mode of the last open
 * @loads: number of loads of the module
 * @sleeps: number of waits
 * @slept: microseconds of all waits
 * @questions: number of GET_INFO
 * @begin: the last BEGIN
 * @commit: the last COMMIT
 * @written: bytes of the image
 * @len: number of bytes in @written
 * @writes: number of writes
 * @closed: number of closed descriptors
 */
static struct calls {
	unsigned int opens;
	int flags;
	unsigned int loads;
	unsigned int sleeps;
	unsigned int slept;
	unsigned int questions;
	struct vmfwupdate_begin begin;
	struct vmfwupdate_commit commit;
	char written[64];
	size_t len;
	unsigned int writes;
	unsigned int closed;
} calls;

static struct device device;
static struct messages messages;

static bool has_file(const char *path)
{
	size_t i;

	for (i = 0; i < 4 && machine.files[i]; i++)
		if (!strcmp(machine.files[i], path))
			return true;
	return false;
}

int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	assert_string_equal(path, device.path);
	assert_true(flags & O_CLOEXEC);
	calls.flags = flags & O_ACCMODE;
	if (calls.opens++ < machine.node_after) {
		errno = ENOENT;
		return -1;
	}
	if (machine.open_err) {
		errno = machine.open_err;
		return -1;
	}
	/* Success does not change errno, which has an earlier error. */
	return device.fd == FD ? OTHER_FD : FD;
}

int __wrap_close(int fd);
int __wrap_close(int fd)
{
	assert_int_equal(fd, FD + calls.closed);
	calls.closed++;
	return 0;
}

int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
	assert_int_equal(mode, F_OK);
	errno = ENOENT;
	return has_file(path) ? 0 : -1;
}

int __wrap_usleep(useconds_t time);
int __wrap_usleep(useconds_t time)
{
	assert_in_range(time, 1000, 100000);
	calls.sleeps++;
	calls.slept += time;
	return 0;
}

enum module_state __wrap_module_load(int *err);
enum module_state __wrap_module_load(int *err)
{
	calls.loads++;
	*err = machine.module_err;
	/* libkmod leaves any errno. */
	errno = EBADF;
	return machine.module;
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return machine.signal;
}

enum vmfw_exit __wrap_interrupt_exit(struct messages *to, const char *state);
enum vmfw_exit __wrap_interrupt_exit(struct messages *to, const char *state)
{
	message_error(to, "%s", state);
	return 128 + machine.signal;
}

int __wrap_root_read_line(const char *root, const char *path, char *buf,
			  size_t size);
int __wrap_root_read_line(const char *root, const char *path, char *buf,
			  size_t size)
{
	assert_null(root);
	snprintf(buf, size, "%s", path);
	return machine.attribute_err;
}

static int answer_question(struct vmfwupdate_info *info)
{
	assert_int_equal(info->size, sizeof(*info));
	calls.questions++;
	errno = machine.info_err;
	if (errno)
		return -1;
	memcpy(info, &machine.info, machine.known ? machine.known :
						    sizeof(*info));
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, void *arg);
int __wrap_ioctl(int fd, unsigned long request, void *arg)
{
	struct vmfwupdate_commit *commit = arg;

	assert_int_equal(fd, device.fd);
	if (request == VMFWUPDATE_GET_INFO && machine.request != request)
		return answer_question(arg);
	if (request == VMFWUPDATE_BEGIN)
		memcpy(&calls.begin, arg, sizeof(calls.begin));
	if (request == VMFWUPDATE_COMMIT) {
		calls.commit = *commit;
		commit->shown_addr = machine.shown.shown_addr;
		commit->shown_size = machine.shown.shown_size;
		commit->shown_control = machine.shown.shown_control;
		commit->shown_status = machine.shown.shown_status;
	}
	if (machine.after)
		machine.info.state = machine.after;
	errno = request == machine.request ? machine.err : 0;
	return errno ? -1 : 0;
}

ssize_t __wrap_write(int fd, const void *buf, size_t len);
ssize_t __wrap_write(int fd, const void *buf, size_t len)
{
	assert_int_equal(fd, device.fd);
	assert_true(calls.writes++ < WRITES);
	if (machine.interrupts) {
		machine.interrupts--;
		errno = EINTR;
		return -1;
	}
	if (machine.write_err) {
		errno = machine.write_err;
		return -1;
	}
	if (len > machine.most)
		len = machine.most;
	memcpy(calls.written + calls.len, buf, len);
	calls.len += len;
	return len;
}

static int set_up(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	memset(&calls, 0, sizeof(calls));
	machine.info = (struct vmfwupdate_info) {
		.state = VMFWUPDATE_STATE_FILLING,
		.properties = VMFWUPDATE_PROPERTY_TRIAL,
		.held = VMFWUPDATE_HELD_NOTHING,
		.image_addr = ADDRESS,
		.image_size = SIZE,
	};
	device = (struct device) { .path = NODE, .fd = -1 };
	messages_keep(&messages);
	return 0;
}

/* Begin a test with an open session. */
static int set_up_session(void **state)
{
	set_up(state);
	device.fd = FD;
	device.info = machine.info;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	messages_free(&messages);
	return 0;
}

static bool errors_have(const char *words)
{
	size_t i;

	for (i = 0; i < messages.nr; i++)
		if (!strcmp(messages.list[i].level, "error") &&
		    strstr(messages.list[i].text, words))
			return true;
	return false;
}

static unsigned int count_notes(void)
{
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < messages.nr; i++)
		nr += !strcmp(messages.list[i].level, "note");
	return nr;
}

static void forget_messages(void)
{
	messages_free(&messages);
	messages_keep(&messages);
}

/* Check that an error has these words, and forget all messages. */
static void said(const char *words)
{
	if (!errors_have(words))
		fail_msg("no \"%s\" in: %s", words,
			 messages.nr ? messages.list[0].text : "(nothing)");
	forget_messages();
}

static enum vmfw_exit open_it(const char *path)
{
	device.path = path ? path : NODE;
	errno = ENOENT;
	return device_open(&device, &messages, path);
}

static void there_already(void **state)
{
	(void)state;
	assert_int_equal(open_it(NULL), VMFW_EXIT_OK);
	assert_int_equal(device.fd, FD);
	assert_int_equal(calls.flags, O_RDONLY);
	assert_int_equal(calls.loads, 0);
	assert_false(device.untried);
	assert_int_equal(messages.nr, 0);
	assert_int_equal(device.info.image_size, SIZE);
	/* A session takes the place of the descriptor for reading. */
	assert_int_equal(device_open_session(&device, &messages),
			 VMFW_EXIT_OK);
	assert_int_equal(calls.flags, O_RDWR);
	assert_int_equal(device.fd, OTHER_FD);
	assert_int_equal(calls.closed, 1);
	assert_int_equal(calls.questions, 2);
	device_close(&device);
	assert_int_equal(calls.closed, 2);
	assert_int_equal(device.fd, -1);
	device_close(&device);
	assert_int_equal(calls.closed, 2);
}

/* The tool loads no module for another name of the device. */
static void another_name(void **state)
{
	(void)state;
	machine.node_after = 1;
	assert_int_equal(open_it("/dev/other"), VMFW_EXIT_DEVICE);
	assert_int_equal(calls.loads, 0);
	said("/dev/other");
}

static void module_brings_it(void **state)
{
	(void)state;
	machine.files[0] = SYSFS;
	machine.node_after = 5;
	assert_int_equal(open_it(NULL), VMFW_EXIT_OK);
	assert_int_equal(calls.loads, 1);
	assert_int_equal(calls.opens, 6);
	assert_int_equal(calls.sleeps, 4);
	assert_int_equal(device.fd, FD);
	assert_int_equal(calls.questions, 1);
	assert_int_equal(messages.nr, 0);
}

/*
 * The kernel has registered the device, but no node appears. The tool must not wait
 * without end.
 */
static void node_never_comes(void **state)
{
	(void)state;
	machine.files[0] = SYSFS;
	machine.node_after = 1000;
	assert_int_equal(open_it(NULL), VMFW_EXIT_DEVICE);
	assert_in_range(calls.sleeps, 10, 40);
	assert_int_equal(calls.slept, 1000000);
	said("no node");
	/* A signal ends the wait. */
	memset(&calls, 0, sizeof(calls));
	machine.signal = 15;
	assert_int_equal(open_it(NULL), VMFW_EXIT_DEVICE);
	assert_int_equal(calls.sleeps, 0);
}

static void module_without_a_device(void **state)
{
	(void)state;
	machine.node_after = 1000;
	assert_int_equal(open_it(NULL), VMFW_EXIT_DEVICE);
	assert_int_equal(calls.sleeps, 0);
	assert_false(device.untried);
	said("VMM");
	/* If an open of the existing node fails, the message names that error. */
	memset(&calls, 0, sizeof(calls));
	machine.node_after = 1;
	machine.open_err = EBUSY;
	assert_int_equal(open_it(NULL), VMFW_EXIT_SYSTEM);
	said("busy");
}

/* The tool waits only for a missing node. */
static void a_node_that_refuses(void **state)
{
	static const int errors[] = { EPERM, EBUSY };
	size_t i;

	(void)state;
	machine.files[0] = SYSFS;
	machine.node_after = 1;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		calls.opens = 0;
		machine.open_err = errors[i];
		assert_int_equal(open_it(NULL), VMFW_EXIT_SYSTEM);
	}
	assert_int_equal(calls.loads, 2);
	assert_int_equal(calls.sleeps, 0);
}

static void module_that_cannot_be_loaded(void **state)
{
	(void)state;
	machine.node_after = 1000;
	machine.module = MODULE_FAILED;
	machine.module_err = -ENOEXEC;
	assert_int_equal(open_it(NULL), VMFW_EXIT_DEVICE);
	said(strerror(ENOEXEC));
	machine.module = MODULE_NOT_FOUND;
	machine.module_err = -ENOENT;
	assert_int_equal(open_it(NULL), VMFW_EXIT_DEVICE);
	said("vmfwupdate-dkms");
	machine.module = MODULE_NOT_TRIED;
	assert_int_equal(open_it(NULL), VMFW_EXIT_DEVICE);
	assert_false(device.untried);
	said("root");
	/* The VMM offers a device, but only root can load the module. */
	machine.files[0] = FILES;
	machine.files[1] = FILES "vmfwupdate";
	assert_int_equal(open_it(NULL), VMFW_EXIT_DEVICE);
	assert_true(device.untried);
	forget_messages();
	machine.module = MODULE_NOT_FOUND;
	assert_int_equal(open_it(NULL), VMFW_EXIT_DEVICE);
	assert_false(device.untried);
	assert_int_equal(calls.opens, 5);
}

static void errors_of_opening(void **state)
{
	static const struct {
		int err;
		enum vmfw_exit code;
		const char *words;
	} all[] = {
		{ ENODEV, VMFW_EXIT_DEVICE, NODE },
		{ ENXIO, VMFW_EXIT_DEVICE, NODE },
		{ EBUSY, VMFW_EXIT_SYSTEM, "busy" },
		{ EACCES, VMFW_EXIT_SYSTEM, "CAP_SYS_BOOT" },
		{ EPERM, VMFW_EXIT_SYSTEM, "CAP_SYS_BOOT" },
		{ EMFILE, VMFW_EXIT_SYSTEM, "Too many open files" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		machine.open_err = all[i].err;
		assert_int_equal(open_it(NULL), all[i].code);
		said(all[i].words);
		device.fd = FD;
		assert_int_equal(device_open_session(&device, &messages),
				 all[i].code);
		/* The open descriptor stays open. */
		assert_int_equal(device.fd, FD);
		said(all[i].words);
	}
	assert_int_equal(calls.closed, 0);
	assert_int_equal(calls.loads, 0);
}

static void something_else(void **state)
{
	(void)state;
	machine.info_err = ENOTTY;
	assert_int_equal(open_it("/dev/null"), VMFW_EXIT_DEVICE);
	said("/dev/null");
	machine.info_err = EIO;
	device.fd = -1;
	assert_int_equal(open_it(NULL), VMFW_EXIT_SYSTEM);
	said(strerror(EIO));
	assert_int_equal(device_open_session(&device, &messages),
			 VMFW_EXIT_SYSTEM);
	said(strerror(EIO));
}

/* The tool completes the shorter structure of an older kernel. */
static void older_kernels(void **state)
{
	static const struct {
		__u32 state, opaque, properties, held;
	} all[] = {
		{ VMFWUPDATE_STATE_STAGED, 0, VMFWUPDATE_PROPERTY_TRIAL,
		  VMFWUPDATE_HELD_NOTHING },
		{ VMFWUPDATE_STATE_ARMED, 0, VMFWUPDATE_PROPERTY_TRIAL,
		  VMFWUPDATE_HELD_IMAGE },
		{ VMFWUPDATE_STATE_IDLE, 4096, VMFWUPDATE_PROPERTY_TRIAL |
		  VMFWUPDATE_PROPERTY_OPAQUE, VMFWUPDATE_HELD_NOTHING },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		device.fd = -1;
		machine.info = (struct vmfwupdate_info) {
			.state = all[i].state, .opaque_size = all[i].opaque,
		};
		assert_int_equal(open_it(NULL), VMFW_EXIT_OK);
		assert_int_equal(device.info.properties, all[i].properties);
		assert_int_equal(device.info.held, all[i].held);
	}
	/* If the kernel knows the properties, the tool does not change them. */
	device.fd = -1;
	machine.info = (struct vmfwupdate_info) {
		.properties = VMFWUPDATE_PROPERTY_COPIES, .opaque_size = 1,
	};
	assert_int_equal(open_it(NULL), VMFW_EXIT_OK);
	assert_int_equal(device.info.properties, VMFWUPDATE_PROPERTY_COPIES);
	assert_int_equal(device.info.held, VMFWUPDATE_HELD_UNKNOWN);

	/* The members that the kernel does not know have no earlier values. */
	machine.info.opaque_size = 0;
	machine.known = offsetof(struct vmfwupdate_info, properties);
	memset(&device.info, 0xee, sizeof(device.info));
	assert_int_equal(device_refresh(&device, &messages), VMFW_EXIT_OK);
	assert_int_equal(device.info.properties, VMFWUPDATE_PROPERTY_TRIAL);
	assert_int_equal(device.info.held, VMFWUPDATE_HELD_NOTHING);
	assert_int_equal(device.info.start, VMFWUPDATE_START_UNKNOWN);
}

static void signs_of_a_device(void **state)
{
	static const struct {
		const char *files[3];
		bool offered;
	} all[] = {
		{ { NULL }, false },
		{ { NODE }, true },
		{ { FILES }, false },
		{ { FILES, FILES "vmlaunchupdate" }, true },
		{ { FILES, FILES "vmfwupdate" }, true },
		/* The files in sysfs count more than other signs of fw_cfg. */
		{ { FILES, "/sys/bus/acpi/devices/QEMU0002:00" }, false },
		{ { "/sys/bus/acpi/devices/QEMU0002:00" }, true },
		{ { "/proc/device-tree/fw-cfg" }, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		memcpy(machine.files, all[i].files, sizeof(all[i].files));
		assert_int_equal(device_offered(), all[i].offered);
	}
	assert_int_equal(calls.loads, 0);
}

static void words(void **state)
{
	char line[64];
	unsigned int bit;

	(void)state;
	assert_string_equal(device_state_word(VMFWUPDATE_STATE_IDLE), "idle");
	assert_string_equal(device_state_word(VMFWUPDATE_STATE_REVERTING),
			    "reverting");
	assert_string_equal(device_state_word(6), "unknown");
	assert_string_equal(device_interface_word(0), "unknown");
	assert_string_equal(device_interface_word(3), "vmlaunchupdate");
	assert_string_equal(device_interface_word(4), "unknown");
	assert_string_equal(device_isolation_word(5), "other");
	assert_string_equal(device_isolation_word(6), "unknown");
	assert_string_equal(device_held_word(3), "host");
	assert_string_equal(device_held_word(4), "unknown");
	assert_string_equal(device_start_word(2), "other");
	assert_string_equal(device_start_word(3), "unknown");
	assert_string_equal(device_reset_word(DEVICE_RESET_HOST), "host");
	for (bit = 0; device_property_word(bit); bit++)
		assert_true(bit < 7);
	assert_int_equal(1u << (bit - 1), VMFWUPDATE_PROPERTY_DISABLE_STAYS);
	assert_string_equal(device_property_word(bit - 1), "disable-stays");
	assert_int_equal(device_attribute("state", line, sizeof(line)), 0);
	assert_string_equal(line, SYSFS "state");
	machine.attribute_err = -EACCES;
	assert_int_equal(device_attribute("image_addr", line, sizeof(line)),
			 -EACCES);
}

/* The result of an unprepared reset, and of an orderly reboot. */
static void resets(void **state)
{
	static const struct {
		__u32 held, state;
		enum device_reset any, orderly;
	} all[] = {
		{ VMFWUPDATE_HELD_NOTHING, VMFWUPDATE_STATE_IDLE,
		  DEVICE_RESET_ORDINARY, DEVICE_RESET_ORDINARY },
		{ VMFWUPDATE_HELD_NOTHING, VMFWUPDATE_STATE_STAGED,
		  DEVICE_RESET_ORDINARY, DEVICE_RESET_IMAGE },
		{ VMFWUPDATE_HELD_IMAGE, VMFWUPDATE_STATE_ARMED,
		  DEVICE_RESET_IMAGE, DEVICE_RESET_IMAGE },
		{ VMFWUPDATE_HELD_IMAGE, VMFWUPDATE_STATE_STAGED,
		  DEVICE_RESET_EARLIER, DEVICE_RESET_IMAGE },
		{ VMFWUPDATE_HELD_IMAGE, VMFWUPDATE_STATE_FILLING,
		  DEVICE_RESET_EARLIER, DEVICE_RESET_EARLIER },
		{ VMFWUPDATE_HELD_HOST, VMFWUPDATE_STATE_REVERTING,
		  DEVICE_RESET_HOST, DEVICE_RESET_HOST },
		{ VMFWUPDATE_HELD_UNKNOWN, VMFWUPDATE_STATE_IDLE,
		  DEVICE_RESET_UNKNOWN, DEVICE_RESET_UNKNOWN },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		struct vmfwupdate_info info = {
			.held = all[i].held, .state = all[i].state,
		};

		assert_int_equal(device_any_reset(&info), all[i].any);
		assert_int_equal(device_orderly_reboot(&info), all[i].orderly);
	}
	/* Each result has its own words. */
	for (i = DEVICE_RESET_UNKNOWN; i <= DEVICE_RESET_HOST; i++)
		for (j = DEVICE_RESET_UNKNOWN; j < i; j++)
			assert_string_not_equal(
				device_reset_words(&machine.info, i),
				device_reset_words(&machine.info, j));
}

/* If images persist, the words mention later resets. */
static void images_that_stay(void **state)
{
	struct vmfwupdate_info info = { .state = VMFWUPDATE_STATE_ARMED };
	const char *once, *words;
	unsigned int i;

	(void)state;
	once = device_reset_words(&info, DEVICE_RESET_IMAGE);
	info.properties = VMFWUPDATE_PROPERTY_PERSISTS;
	assert_non_null(strstr(device_reset_words(&info, DEVICE_RESET_IMAGE),
			       "every later reset"));
	assert_null(strstr(once, "every later reset"));
	/* A staged image may be for one reset alone. */
	for (i = VMFWUPDATE_STATE_IDLE; i <= VMFWUPDATE_STATE_REVERTING; i++) {
		bool stays = i != VMFWUPDATE_STATE_STAGED;

		info.state = i;
		words = device_reset_words(&info, DEVICE_RESET_IMAGE);
		assert_int_equal(!!strstr(words, "every later reset"), stays);
		assert_int_equal(!strcmp(words, once), !stays);
	}
}

static void abilities(void **state)
{
	unsigned int i;

	(void)state;
	for (i = VMFWUPDATE_STATE_IDLE; i <= VMFWUPDATE_STATE_REVERTING; i++) {
		device.info.state = i;
		assert_int_equal(device_has_image(&device), i == 2 || i == 3);
	}
	assert_true(device_can_withdraw(&machine.info));
	machine.info.properties = ~VMFWUPDATE_PROPERTY_TRIAL;
	assert_false(device_can_withdraw(&machine.info));
	/* A newer kernel may know more ways in which the host starts a machine. */
	for (i = VMFWUPDATE_START_UNKNOWN; i <= VMFWUPDATE_START_OTHER + 1; i++) {
		machine.info.start = i;
		assert_int_equal(device_takes_images(&machine.info), i != 2);
	}
}

static void whether_to_begin(void **state)
{
	(void)state;
	device.info.state = VMFWUPDATE_STATE_STAGED;
	assert_int_equal(device_check(&device, &messages), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);
	device.info.state = VMFWUPDATE_STATE_REVERTING;
	assert_int_equal(device_check(&device, &messages), VMFW_EXIT_REFUSED);
	said("reboot first");
	device.info.state = VMFWUPDATE_STATE_DISABLED;
	assert_int_equal(device_check(&device, &messages), VMFW_EXIT_REFUSED);
	said("until the next reset");
	device.info.properties |= VMFWUPDATE_PROPERTY_DISABLE_STAYS;
	assert_int_equal(device_check(&device, &messages), VMFW_EXIT_REFUSED);
	said("until the VMM restores the host's image or the host powers the VM off");
	device.info.held = VMFWUPDATE_HELD_HOST;
	assert_int_equal(device_check(&device, &messages), VMFW_EXIT_REFUSED);
	said("until the next reset, which restores the host's image");
	device.info.start = VMFWUPDATE_START_OTHER;
	assert_int_equal(device_check(&device, &messages), VMFW_EXIT_START);
	said("vm-launch-update");
}

static enum vmfw_exit begin(void)
{
	static const struct vmfwupdate_range ranges[3];

	return device_begin(&device, &messages, SIZE, ranges, 3);
}

static enum vmfw_exit commit(void)
{
	static const __u8 tag[32] = { 1, 2, 3 };

	return device_commit(&device, &messages, VMFWUPDATE_COMMIT_ARM_NOW,
			     VMFWUPDATE_FORMAT_IGVM, tag);
}

static enum vmfw_exit cancel(void)
{
	return device_cancel(&device, &messages);
}

static enum vmfw_exit disable(void)
{
	return device_disable(&device, &messages);
}

static enum vmfw_exit restore(void)
{
	return device_restore(&device, &messages);
}

static void requests(void **state)
{
	(void)state;
	assert_int_equal(begin(), VMFW_EXIT_OK);
	assert_int_equal(calls.begin.size, sizeof(calls.begin));
	assert_int_equal(calls.begin.image_size, SIZE);
	assert_int_equal(calls.begin.nr_ranges, 3);
	assert_true(calls.begin.ranges);
	assert_int_equal(commit(), VMFW_EXIT_OK);
	assert_int_equal(calls.commit.size, sizeof(calls.commit));
	assert_int_equal(calls.commit.flags, VMFWUPDATE_COMMIT_ARM_NOW);
	assert_int_equal(calls.commit.format, VMFWUPDATE_FORMAT_IGVM);
	assert_int_equal(calls.commit.tag[2], 3);
	assert_int_equal(cancel(), VMFW_EXIT_OK);
	assert_int_equal(disable(), VMFW_EXIT_OK);
	assert_int_equal(restore(), VMFW_EXIT_OK);
	/* After each request, the tool has read the state again. */
	assert_int_equal(calls.questions, 5);
	assert_int_equal(messages.nr, 0);
	machine.info_err = EIO;
	assert_int_equal(begin(), VMFW_EXIT_SYSTEM);
	assert_int_equal(commit(), VMFW_EXIT_SYSTEM);
	assert_int_equal(cancel(), VMFW_EXIT_SYSTEM);
	assert_int_equal(disable(), VMFW_EXIT_SYSTEM);
	assert_int_equal(restore(), VMFW_EXIT_SYSTEM);
}

static void refusals(void **state)
{
	static const struct {
		enum vmfw_exit (*ask)(void);
		unsigned long request;
		int err;
		enum vmfw_exit code;
		const char *words;
	} all[] = {
		{ begin, VMFWUPDATE_BEGIN, EINPROGRESS, VMFW_EXIT_REFUSED,
		  "reboot first" },
		{ begin, VMFWUPDATE_BEGIN, E2BIG, VMFW_EXIT_DEVICE,
		  "image of 20.0 KiB (20480 bytes): the VMM accepts at most " },
		{ begin, VMFWUPDATE_BEGIN, EOPNOTSUPP, VMFW_EXIT_DEVICE,
		  "format" },
		{ begin, VMFWUPDATE_BEGIN, ENOMEM, VMFW_EXIT_SYSTEM,
		  "20480 bytes" },
		{ begin, VMFWUPDATE_BEGIN, EPERM, VMFW_EXIT_SYSTEM,
		  "CAP_SYS_BOOT" },
		{ begin, VMFWUPDATE_BEGIN, EINTR, VMFW_EXIT_SYSTEM, NODE },
		{ begin, VMFWUPDATE_BEGIN, EFAULT, VMFW_EXIT_SYSTEM,
		  "Bad address" },
		{ commit, VMFWUPDATE_COMMIT, EPERM, VMFW_EXIT_SYSTEM,
		  "CAP_SYS_BOOT" },
		{ commit, VMFWUPDATE_COMMIT, EOPNOTSUPP, VMFW_EXIT_DEVICE,
		  "does not accept IGVM images" },
		{ commit, VMFWUPDATE_COMMIT, EINPROGRESS, VMFW_EXIT_REFUSED,
		  "reboot first" },
		{ commit, VMFWUPDATE_COMMIT, ENODATA, VMFW_EXIT_SYSTEM,
		  "No data" },
		{ cancel, VMFWUPDATE_CANCEL, EIO, VMFW_EXIT_REFUSED,
		  "withdraw the image: the VMM does not confirm it" },
		{ cancel, VMFWUPDATE_CANCEL, EBUSY, VMFW_EXIT_SYSTEM, NODE },
		{ disable, VMFWUPDATE_DISABLE, EIO, VMFW_EXIT_REFUSED,
		  "switch off firmware updates: the VMM does not confirm it" },
		{ disable, VMFWUPDATE_DISABLE, EBUSY, VMFW_EXIT_SYSTEM, NODE },
		{ restore, VMFWUPDATE_RESTORE, EIO, VMFW_EXIT_REFUSED,
		  "host's image" },
		{ restore, VMFWUPDATE_RESTORE, EPERM, VMFW_EXIT_SYSTEM,
		  "CAP_SYS_BOOT" },
		{ restore, VMFWUPDATE_RESTORE, EOPNOTSUPP, VMFW_EXIT_DEVICE,
		  "host's image" },
		{ restore, VMFWUPDATE_RESTORE, ENOTTY, VMFW_EXIT_DEVICE,
		  "host's image" },
		{ restore, VMFWUPDATE_RESTORE, EBUSY, VMFW_EXIT_SYSTEM, NODE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		machine.request = all[i].request;
		machine.err = all[i].err;
		assert_int_equal(all[i].ask(), all[i].code);
		said(all[i].words);
	}
	/* A signal interrupts the request. */
	machine.request = VMFWUPDATE_BEGIN;
	machine.err = EINTR;
	machine.signal = 2;
	assert_int_equal(begin(), 130);
	said("not staged");
	/* The signal is not the reason. */
	machine.err = ENOMEM;
	assert_int_equal(begin(), VMFW_EXIT_SYSTEM);
	said("20480 bytes");
	machine.request = VMFWUPDATE_COMMIT;
	machine.err = EOPNOTSUPP;
	assert_int_equal(device_commit(&device, &messages, 0,
				       VMFWUPDATE_FORMAT_FLAT,
				       (const __u8[32]) { 0 }),
			 VMFW_EXIT_DEVICE);
	said("does not accept flat firmware");
}

/*
 * The kernel forbids a request. The state of the device shows whether updates
 * are switched off.
 */
static void forbidden(void **state)
{
	(void)state;
	machine.after = VMFWUPDATE_STATE_DISABLED;
	machine.err = EPERM;
	machine.request = VMFWUPDATE_BEGIN;
	assert_int_equal(begin(), VMFW_EXIT_REFUSED);
	said("switched off");
	machine.request = VMFWUPDATE_COMMIT;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	said("switched off");
	assert_int_equal(device_write_error(&device, &messages, -EPERM),
			 VMFW_EXIT_REFUSED);
	said("switched off");
	machine.info_err = EIO;
	assert_int_equal(begin(), VMFW_EXIT_SYSTEM);
	said(strerror(EIO));
	assert_int_equal(device_write_error(&device, &messages, -ENOSPC),
			 VMFW_EXIT_SYSTEM);
	said(strerror(ENOSPC));
}

/* The VMM no longer answers, but may have an image. */
static void vmm_without_an_answer(void **state)
{
	(void)state;
	machine.request = VMFWUPDATE_COMMIT;
	machine.err = ENODEV;
	machine.after = VMFWUPDATE_STATE_IDLE;
	assert_int_equal(commit(), VMFW_EXIT_DEVICE);
	assert_int_equal(messages.nr, 1);
	machine.after = VMFWUPDATE_STATE_ARMED;
	assert_int_equal(commit(), VMFW_EXIT_DEVICE);
	said("any reset may apply it");
	machine.request = VMFWUPDATE_RESTORE;
	assert_int_equal(restore(), VMFW_EXIT_DEVICE);
	said("any reset may apply it");
	/* If the state is unreadable, no message mentions it. */
	machine.info_err = EIO;
	assert_int_equal(restore(), VMFW_EXIT_DEVICE);
	assert_false(errors_have("any reset may apply it"));
}

/*
 * After a refusal, the kernel withdraws the offer. If that fails, any reset may
 * apply the image.
 */
static void trials_that_fail(void **state)
{
	(void)state;
	machine.request = VMFWUPDATE_COMMIT;
	machine.err = EIO;
	machine.after = VMFWUPDATE_STATE_FILLING;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	assert_true(errors_have("the VMM shows none"));
	assert_false(errors_have("any reset may apply it"));
	assert_string_equal(messages.list[messages.nr - 1].level, "note");
	forget_messages();
	/* Only in the state ARMED may the VMM have the image. */
	machine.after = VMFWUPDATE_STATE_DISABLED;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	assert_false(errors_have("any reset may apply it"));
	assert_int_equal(count_notes(), 1);
	forget_messages();
	machine.after = VMFWUPDATE_STATE_ARMED;
	/* The VMM accepted the trial, and did not answer the withdrawal. */
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	assert_true(errors_have("ignored the offer or did not answer"));
	said("any reset may apply it");
	machine.shown.shown_addr = ADDRESS;
	machine.shown.shown_size = SIZE;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	assert_true(errors_have("the VMM still shows the address"));
	said("any reset may apply it");
	/* The driver could withdraw the image, so the VMM has not accepted it. */
	machine.after = VMFWUPDATE_STATE_FILLING;
	machine.shown.shown_control = 0x9;
	forget_messages();
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	assert_true(errors_have("size 0x5000, control 0x9, expected address"));
	assert_false(errors_have("the VMM still shows the address"));
	assert_int_equal(count_notes(), 1);
	machine.after = VMFWUPDATE_STATE_ARMED;
	/* The VMM shows only a part of the image. */
	machine.shown.shown_size = 7;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	said("the VMM shows a size of 7 bytes, expected 20480");
	machine.shown.shown_size = SIZE + 1;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	said("the VMM shows a size of 20481 bytes, expected 20480");
	machine.shown.shown_size = 7;
	machine.shown.shown_addr = 0;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	said("the VMM shows address 0x0, size 0x7");
	machine.shown.shown_addr = 0x7;
	machine.shown.shown_size = 0;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	said("the VMM shows address 0x7, size 0x0");
	machine.shown.shown_size = SIZE;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	said("the VMM shows address 0x7, size 0x5000");
	machine.info_err = EIO;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	assert_int_equal(count_notes(), 0);
	assert_false(errors_have("any reset may apply it"));
	/* The image may be armed or not, so the trial may have ended. */
	machine.shown.shown_addr = ADDRESS;
	device.info = machine.info;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	assert_false(errors_have("the VMM still shows the address"));
}

/* If a hand-over without trial fails, the VMM keeps its earlier image. */
static void hand_overs_that_fail(void **state)
{
	(void)state;
	device.info.properties = VMFWUPDATE_PROPERTY_COPIES;
	machine.info.properties = VMFWUPDATE_PROPERTY_COPIES;
	machine.request = VMFWUPDATE_COMMIT;
	machine.err = EIO;
	machine.shown.shown_status = 2;
	assert_int_equal(commit(), VMFW_EXIT_START);
	said("vm-launch-update");
	machine.shown.shown_status = 3;
	machine.info.state = VMFWUPDATE_STATE_IDLE;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	assert_true(errors_have("status 3"));
	assert_false(errors_have("any reset may apply it"));
	assert_string_equal(messages.list[messages.nr - 1].level, "note");
	forget_messages();
	machine.shown.shown_status = 0;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	assert_true(errors_have("the VMM gives no valid answer"));
	forget_messages();
	machine.shown.shown_addr = 0x99;
	machine.info.state = VMFWUPDATE_STATE_ARMED;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	assert_true(errors_have("the VMM shows address 0x99, size 0x0, control 0x0, expected 0x0 for each"));
	assert_false(errors_have("any reset may apply it"));
	forget_messages();
	machine.shown.shown_addr = 0;
	machine.shown.shown_size = 0x98;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	said("the VMM shows address 0x0, size 0x98, control 0x0");
	machine.shown.shown_size = 0;
	machine.shown.shown_control = 0x97;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	said("the VMM shows address 0x0, size 0x0, control 0x97");
	machine.info.held = VMFWUPDATE_HELD_UNKNOWN;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	said("any reset may apply it");
	machine.info.state = VMFWUPDATE_STATE_IDLE;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	assert_false(errors_have("any reset may apply it"));
	forget_messages();
	/* If the state is unreadable, no message mentions it. */
	machine.info_err = EIO;
	assert_int_equal(commit(), VMFW_EXIT_REFUSED);
	assert_int_equal(count_notes(), 0);
	said(strerror(EIO));
}

/* If the VMM does not confirm the host's image, the tool reads the state again. */
static void restore_without_an_answer(void **state)
{
	(void)state;
	machine.request = VMFWUPDATE_RESTORE;
	machine.err = EIO;
	machine.after = VMFWUPDATE_STATE_REVERTING;
	assert_int_equal(restore(), VMFW_EXIT_REFUSED);
	assert_int_equal(device.info.state, VMFWUPDATE_STATE_REVERTING);
}

static void bytes_that_arrive(void **state)
{
	(void)state;
	machine.most = 3;
	machine.interrupts = 2;
	assert_int_equal(device_write(&device, "0123456789", 10), 0);
	assert_int_equal(calls.len, 10);
	assert_memory_equal(calls.written, "0123456789", 10);
	assert_int_equal(device_write(&device, "x", 0), 0);
	assert_int_equal(calls.len, 10);
	/* The device takes no byte, while errno is EINTR from earlier. */
	machine.most = 0;
	machine.interrupts = 1;
	assert_int_equal(device_write(&device, "x", 1), -EIO);
	/* A signal asks to stop. */
	machine.interrupts = 1;
	machine.signal = 15;
	assert_int_equal(device_write(&device, "x", 1), -EINTR);
	machine.most = 0;
	assert_int_equal(device_write(&device, "x", 1), -EIO);
	machine.write_err = ENODEV;
	assert_int_equal(device_write(&device, "x", 1), -ENODEV);
	machine.signal = 0;
	assert_int_equal(device_write(&device, "x", 1), -ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define LOOK(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define SESSION(name)	\
	cmocka_unit_test_setup_teardown(name, set_up_session, tear_down)
		LOOK(there_already),
		LOOK(another_name),
		LOOK(module_brings_it),
		LOOK(node_never_comes),
		LOOK(module_without_a_device),
		LOOK(a_node_that_refuses),
		LOOK(module_that_cannot_be_loaded),
		LOOK(errors_of_opening),
		LOOK(something_else),
		LOOK(older_kernels),
		LOOK(signs_of_a_device),
		LOOK(words),
		LOOK(resets),
		LOOK(images_that_stay),
		LOOK(abilities),
		SESSION(whether_to_begin),
		SESSION(requests),
		SESSION(refusals),
		SESSION(forbidden),
		SESSION(vmm_without_an_answer),
		SESSION(trials_that_fail),
		SESSION(hand_overs_that_fail),
		SESSION(restore_without_an_answer),
		SESSION(bytes_that_arrive),
	};

	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
