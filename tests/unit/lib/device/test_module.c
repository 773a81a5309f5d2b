// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The module of the device, and the opaque page. The test imitates libkmod and
 * the kernel.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <libkmod.h>
#include <linux/vmfwupdate.h>
#include <cmocka.h>

#include "device/module.h"
#include "device/opaque.h"

#define FD	77

/**
 * struct machine - the machine that the test imitates
 * @user: effective user ID
 * @loaded: sysfs contains the module
 * @no_memory: allocations fail
 * @lookup_err: result of the search for the module
 * @modules: number of modules that the search finds
 * @insert_err: result of inserting each of these modules
 * @open_err: errno value of opening the device, or 0
 * @ioctl_err: errno value of a request to the device, or 0
 */
static struct machine {
	uid_t user;
	bool loaded;
	bool no_memory;
	int lookup_err;
	unsigned int modules;
	int insert_err[2];
	int open_err;
	int ioctl_err;
} machine;

/**
 * struct calls - calls of libkmod and of the kernel
 * @contexts: number of contexts that are not freed
 * @lists: number of lists that are not freed
 * @handles: number of handles of modules that are not freed
 * @inserted: number of inserted modules
 * @quiet: libkmod prints no messages
 * @flags: flags of opening the device
 * @request: the request to the device
 * @opaque: argument of that request
 * @closed: number of times that the device was closed
 */
static struct calls {
	int contexts;
	int lists;
	int handles;
	unsigned int inserted;
	bool quiet;
	int flags;
	unsigned long request;
	struct vmfwupdate_opaque opaque;
	unsigned int closed;
} calls;

static char objects[4];
#define CONTEXT	((struct kmod_ctx *)&objects[0])
#define MODULE(n)	((struct kmod_module *)&objects[1 + (n)])
/* Entries of a list are numbers, from 1 on. */
#define ENTRY(n)	((struct kmod_list *)(uintptr_t)((n) + 1))

uid_t __wrap_geteuid(void);
uid_t __wrap_geteuid(void)
{
	return machine.user;
}

int __wrap_access(const char *path, int mode);
int __wrap_access(const char *path, int mode)
{
	assert_string_equal(path, "/sys/module/vmfwupdate");
	assert_int_equal(mode, F_OK);
	return machine.loaded ? 0 : -1;
}

struct kmod_ctx *__wrap_kmod_new(const char *directory,
				 const char *const *config);
struct kmod_ctx *__wrap_kmod_new(const char *directory,
				 const char *const *config)
{
	assert_null(directory);
	assert_null(config);
	if (machine.no_memory)
		return NULL;
	calls.contexts++;
	return CONTEXT;
}

struct kmod_ctx *__wrap_kmod_unref(struct kmod_ctx *ctx);
struct kmod_ctx *__wrap_kmod_unref(struct kmod_ctx *ctx)
{
	assert_ptr_equal(ctx, CONTEXT);
	calls.contexts--;
	return NULL;
}

void __wrap_kmod_set_log_priority(struct kmod_ctx *ctx, int priority);
void __wrap_kmod_set_log_priority(struct kmod_ctx *ctx, int priority)
{
	assert_ptr_equal(ctx, CONTEXT);
	calls.quiet = !priority;
}

int __wrap_kmod_module_new_from_lookup(struct kmod_ctx *ctx, const char *alias,
				       struct kmod_list **list);
int __wrap_kmod_module_new_from_lookup(struct kmod_ctx *ctx, const char *alias,
				       struct kmod_list **list)
{
	assert_ptr_equal(ctx, CONTEXT);
	assert_string_equal(alias, "vmfwupdate");
	assert_int_equal(calls.contexts, 1);
	assert_true(calls.quiet);
	if (machine.lookup_err)
		return machine.lookup_err;
	if (machine.modules) {
		*list = ENTRY(0);
		calls.lists++;
	}
	return 0;
}

struct kmod_list *__wrap_kmod_list_next(const struct kmod_list *list,
					const struct kmod_list *entry);
struct kmod_list *__wrap_kmod_list_next(const struct kmod_list *list,
					const struct kmod_list *entry)
{
	uintptr_t next = (uintptr_t)entry;

	assert_ptr_equal(list, ENTRY(0));
	return next < machine.modules ? ENTRY(next) : NULL;
}

struct kmod_module *__wrap_kmod_module_get_module(const struct kmod_list *entry);
struct kmod_module *__wrap_kmod_module_get_module(const struct kmod_list *entry)
{
	calls.handles++;
	return MODULE((uintptr_t)entry - 1);
}

struct kmod_module *__wrap_kmod_module_unref(struct kmod_module *module);
struct kmod_module *__wrap_kmod_module_unref(struct kmod_module *module)
{
	assert_non_null(module);
	calls.handles--;
	return NULL;
}

int __wrap_kmod_module_unref_list(struct kmod_list *list);
int __wrap_kmod_module_unref_list(struct kmod_list *list)
{
	assert_ptr_equal(list, ENTRY(0));
	calls.lists--;
	return 0;
}

int __wrap_kmod_module_probe_insert_module(struct kmod_module *module,
					   unsigned int flags,
					   const char *options,
					   void *run, const void *data,
					   void *print);
int __wrap_kmod_module_probe_insert_module(struct kmod_module *module,
					   unsigned int flags,
					   const char *options,
					   void *run, const void *data,
					   void *print)
{
	/* Without a flag, libkmod obeys modprobe.d. */
	assert_int_equal(flags, 0);
	assert_int_equal(calls.handles, 1);
	assert_null(options);
	assert_null(run);
	assert_null(data);
	assert_null(print);
	calls.inserted++;
	return machine.insert_err[(char *)module - &objects[1]];
}

int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	assert_string_equal(path, "/dev/device");
	calls.flags = flags;
	errno = machine.open_err;
	return errno ? -1 : FD;
}

int __wrap_ioctl(int fd, unsigned long request, struct vmfwupdate_opaque *arg);
int __wrap_ioctl(int fd, unsigned long request, struct vmfwupdate_opaque *arg)
{
	assert_int_equal(fd, FD);
	calls.request = request;
	calls.opaque = *arg;
	errno = machine.ioctl_err;
	return errno ? -1 : 0;
}

int __wrap_close(int fd);
int __wrap_close(int fd)
{
	assert_int_equal(fd, FD);
	calls.closed++;
	/* Closing changes errno. The tool must still return the error of the request. */
	errno = EBADF;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	memset(&calls, 0, sizeof(calls));
	machine.modules = 1;
	return 0;
}

static void loads(enum module_state state, int err)
{
	int why = 77;

	assert_int_equal(module_load(&why), state);
	assert_int_equal(why, err);
	assert_int_equal(calls.contexts, 0);
	assert_int_equal(calls.lists, 0);
	assert_int_equal(calls.handles, 0);
}

static void only_root_loads_it(void **state)
{
	(void)state;
	machine.user = 1000;
	loads(MODULE_NOT_TRIED, 0);
	machine.loaded = true;
	loads(MODULE_LOADED, 0);
	assert_int_equal(calls.inserted, 0);
}

static void loaded(void **state)
{
	(void)state;
	loads(MODULE_LOADED, 0);
	assert_int_equal(calls.inserted, 1);
	/* The alias stands for two modules. */
	machine.modules = 2;
	loads(MODULE_LOADED, 0);
	assert_int_equal(calls.inserted, 3);
}

static void not_loaded(void **state)
{
	(void)state;
	machine.modules = 0;
	loads(MODULE_NOT_FOUND, 0);
	machine.lookup_err = -ENOSYS;
	loads(MODULE_FAILED, -ENOSYS);
	machine.lookup_err = 0;
	machine.modules = 2;
	machine.insert_err[0] = -ENOEXEC;
	loads(MODULE_FAILED, -ENOEXEC);
	/* The first error ends the loop. */
	assert_int_equal(calls.inserted, 1);
	machine.insert_err[0] = -ENOENT;
	loads(MODULE_NOT_FOUND, -ENOENT);
	machine.insert_err[0] = 0;
	machine.insert_err[1] = -EPERM;
	loads(MODULE_FAILED, -EPERM);
	machine.no_memory = true;
	loads(MODULE_FAILED, -ENOMEM);
}

static void a_page_of_the_vmm(void **state)
{
	uint8_t bytes[16] = { 0 };

	(void)state;
	assert_int_equal(opaque_get("/dev/device", bytes, 16), 0);
	assert_int_equal(calls.request, VMFWUPDATE_OPAQUE_GET);
	assert_int_equal(calls.opaque.size, sizeof(calls.opaque));
	assert_int_equal(calls.opaque.data, (uintptr_t)bytes);
	assert_int_equal(calls.opaque.length, 16);
	assert_int_equal(calls.flags, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	assert_int_equal(calls.closed, 1);
	assert_int_equal(opaque_set("/dev/device", bytes, 15), 0);
	assert_int_equal(calls.request, VMFWUPDATE_OPAQUE_SET);
	assert_int_equal(calls.opaque.length, 15);
	machine.ioctl_err = EIO;
	assert_int_equal(opaque_set("/dev/device", bytes, 15), -EIO);
	assert_int_equal(calls.closed, 3);
	machine.open_err = EBUSY;
	assert_int_equal(opaque_get("/dev/device", bytes, 15), -EBUSY);
	assert_int_equal(calls.closed, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(only_root_loads_it, set_up),
		cmocka_unit_test_setup(loaded, set_up),
		cmocka_unit_test_setup(not_loaded, set_up),
		cmocka_unit_test_setup(a_page_of_the_vmm, set_up),
	};

	return cmocka_run_group_tests_name("module", tests, NULL, NULL);
}
