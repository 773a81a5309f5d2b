// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The ranges where an image must not be, for a device that takes all of them or
 * only a few. The platform of an image that a machine needs.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "file.h"
#include "shared/macro.h"
#include "stage/ranges.h"

#define PAGE	4096ull
#define BASE	0x100000ull

#define NATIVE	1u
#define SNP	2u

/* The value of good_allocations if no allocation fails. */
#define ALL	(-1)

/* A range, in pages from BASE on. */
struct pages {
	uint64_t first;
	uint64_t nr;
};

static const struct pages two_pages[] = { { 0, 1 }, { 2, 1 } };

/* Number of calls of calloc() that succeed before one fails, or ALL. */
static int good_allocations = ALL;

void *__real_calloc(size_t nr, size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_calloc(size_t nr, size_t size)
{
	if (good_allocations == ALL || good_allocations--)
		return __real_calloc(nr, size);
	errno = ENOMEM;
	return NULL;
}

int __wrap_uname(struct utsname *name);
int __wrap_uname(struct utsname *name)
{
	strcpy(name->machine, "x86_64");
	return 0;
}

static bool stop_at_once(void *arg)
{
	(void)arg;
	return true;
}

/*
 * Make an image that requires the memory of each of @pages. The image loads the first
 * page.
 */
static void make_image(struct vmfw_igvm *igvm, const struct pages *pages,
		       size_t nr_pages)
{
	static struct file file;
	struct vmfw_igvm_input input = { .head = file.bytes };
	size_t i;

	file_begin(&file, 2, 0);
	HEADER(&file, 0x001, 16, { 0, 4, NATIVE }, { 6, 2, 1 },);
	HEADER(&file, 0x302, 24, { 0, 8, BASE + pages[0].first * PAGE },
	       { 8, 4, NATIVE },);
	for (i = 0; i < nr_pages; i++)
		HEADER(&file, 0x305, 24, { 0, 8, BASE + pages[i].first * PAGE },
		       { 8, 4, NATIVE }, { 12, 4, pages[i].nr * PAGE },);
	file_seal(&file);
	input.head_len = file.size;
	input.size = file.size;
	assert_int_equal(vmfw_igvm_check(igvm, &input, NULL, NULL), 0);
}

static void expect_ranges(const struct pages *pages, size_t nr_pages,
			  size_t max, const struct pages *expected,
			  size_t nr_expected)
{
	const struct vmfw_igvm_platform *platform;
	struct vmfwupdate_range *ranges;
	struct messages messages;
	struct vmfw_igvm igvm;
	size_t nr, i;

	make_image(&igvm, pages, nr_pages);
	platform = vmfw_igvm_platform(&igvm, VMFW_IGVM_NATIVE);
	messages_keep(&messages);
	assert_int_equal(plan_ranges(&messages, &igvm, platform, max, &ranges,
				     &nr), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);
	assert_int_equal(nr, nr_expected);
	for (i = 0; i < nr; i++) {
		assert_int_equal(ranges[i].start,
				 BASE + expected[i].first * PAGE);
		assert_int_equal(ranges[i].size, expected[i].nr * PAGE);
	}
	free(ranges);
	messages_free(&messages);
}

#define EXPECT(required, max, ...) do {					\
	const struct pages expected[] = { __VA_ARGS__ };		\
									\
	expect_ranges(required, ARRAY_SIZE(required), max, expected,	\
		      ARRAY_SIZE(expected));				\
} while (0)

static void ranges_that_touch_are_one(void **state)
{
	static const struct pages pages[] = { { 0, 2 }, { 2, 3 }, { 6, 1 } };

	(void)state;
	EXPECT(pages, 16, { 0, 5 }, { 6, 1 });
}

static void a_platform_without_memory_has_no_ranges(void **state)
{
	const struct vmfw_igvm_platform platform = { .mask = SNP };
	struct vmfwupdate_range other = { 0 }, *ranges = &other;
	struct messages messages;
	struct vmfw_igvm igvm;
	size_t nr = 1;

	(void)state;
	make_image(&igvm, two_pages, ARRAY_SIZE(two_pages));
	messages_keep(&messages);
	assert_int_equal(plan_ranges(&messages, &igvm, &platform, 16, &ranges,
				     &nr), VMFW_EXIT_OK);
	assert_int_equal(messages.nr, 0);
	assert_int_equal(nr, 0);
	assert_null(ranges);
}

/*
 * The gaps have one to five pages. Gaps of at most one page go first, then those
 * of two, of four and of eight pages, until the device takes all ranges.
 */
static void the_smallest_gaps_are_closed_first(void **state)
{
	static const struct pages pages[] = {
		{ 0, 1 }, { 2, 1 }, { 5, 1 }, { 9, 1 }, { 14, 1 }, { 20, 1 },
	};

	(void)state;
	expect_ranges(pages, ARRAY_SIZE(pages), 7, pages, ARRAY_SIZE(pages));
	expect_ranges(pages, ARRAY_SIZE(pages), 6, pages, ARRAY_SIZE(pages));
	EXPECT(pages, 5, { 0, 3 }, { 5, 1 }, { 9, 1 }, { 14, 1 }, { 20, 1 });
	EXPECT(pages, 4, { 0, 6 }, { 9, 1 }, { 14, 1 }, { 20, 1 });
	EXPECT(pages, 3, { 0, 15 }, { 20, 1 });
	EXPECT(pages, 2, { 0, 15 }, { 20, 1 });
	EXPECT(pages, 1, { 0, 21 });
}

/* Gaps elsewhere stay open. */
static void one_small_gap_is_closed_alone(void **state)
{
	static const struct pages first[] = { { 0, 4 }, { 5, 2 }, { 9, 1 } };
	static const struct pages last[] = { { 0, 4 }, { 6, 2 }, { 9, 1 } };

	(void)state;
	EXPECT(first, 2, { 0, 7 }, { 9, 1 });
	EXPECT(last, 2, { 0, 4 }, { 6, 4 });
}

/* The sizes double from one page on, so these two gaps are closed together. */
static void gaps_of_more_than_4096_pages(void **state)
{
	static const struct pages pages[] = {
		{ 0, 1 }, { 1 + 4097, 1 }, { 2 + 4097 + 8192, 1 },
	};

	(void)state;
	EXPECT(pages, 2, { 0, 3 + 4097 + 8192 });
}

/* For a device that takes no range, too, the tool closes a very large gap. */
static void one_range_always_remains(void **state)
{
	static const struct pages pages[] = { { 0, 1 }, { 1ull << 32, 1 } };

	(void)state;
	EXPECT(pages, 2, { 0, 1 }, { 1ull << 32, 1 });
	EXPECT(pages, 1, { 0, (1ull << 32) + 1 });
	EXPECT(pages, 0, { 0, (1ull << 32) + 1 });
}

/* Plan the ranges of an image. The only message, if there is one, is @error. */
static enum vmfw_exit plan(const struct vmfw_igvm *igvm, const char *error)
{
	const struct vmfw_igvm_platform *platform =
		vmfw_igvm_platform(igvm, VMFW_IGVM_NATIVE);
	struct vmfwupdate_range *ranges;
	struct messages messages;
	enum vmfw_exit code;
	size_t nr;

	messages_keep(&messages);
	code = plan_ranges(&messages, igvm, platform, 16, &ranges, &nr);
	assert_int_equal(messages.nr, !!code);
	if (code) {
		assert_string_equal(messages_first_error(&messages), error);
		assert_null(ranges);
	} else {
		assert_int_equal(nr, 2);
		free(ranges);
	}
	messages_free(&messages);
	return code;
}

/* Any allocation can fail. LeakSanitizer shows whether all memory is free again. */
static void without_memory_there_are_no_ranges(void **state)
{
	const char *error = "cannot list the memory that the image must avoid: Cannot allocate memory";
	struct vmfwupdate_range *ranges;
	struct messages messages;
	struct vmfw_igvm igvm;
	enum vmfw_exit code;
	size_t nr;
	int nth;

	(void)state;
	make_image(&igvm, two_pages, ARRAY_SIZE(two_pages));
	for (nth = 0;; nth++) {
		good_allocations = nth;
		code = plan(&igvm, error);
		if (good_allocations != ALL)
			break;
		assert_int_equal(code, VMFW_EXIT_SYSTEM);
	}
	good_allocations = ALL;
	assert_int_equal(code, VMFW_EXIT_OK);
	assert_true(nth >= 2);

	messages_keep(&messages);
	good_allocations = 0;
	assert_int_equal(plan_flat_ranges(&messages, 64 << 10, &ranges, &nr),
			 VMFW_EXIT_SYSTEM);
	assert_null(ranges);
	assert_string_equal(messages_first_error(&messages), error);
	messages_free(&messages);
}

/* Find the platform of an image for a kind of guest. The only message is @error. */
static void expect_platform(const struct vmfw_igvm *igvm, __u32 isolation,
			    enum vmfw_exit code, const char *error)
{
	const struct vmfw_igvm_platform *platform = NULL;
	struct messages messages;

	messages_keep(&messages);
	assert_int_equal(plan_platform(&messages, "a", igvm, isolation,
				       &platform), code);
	assert_int_equal(messages.nr, !!error);
	if (error)
		assert_string_equal(messages_first_error(&messages), error);
	else
		assert_non_null(platform);
	messages_free(&messages);
}

static void the_platform_is_that_of_this_machine(void **state)
{
	struct vmfw_igvm igvm = {
		.architecture = VMFW_IGVM_X64,
		.platforms = { { .mask = NATIVE, .type = VMFW_IGVM_NATIVE },
			       { .mask = SNP, .type = VMFW_IGVM_SEV_SNP } },
		.nr_platforms = 2,
	};

	(void)state;
	expect_platform(&igvm, VMFWUPDATE_ISOLATION_NONE, VMFW_EXIT_OK, NULL);
	expect_platform(&igvm, VMFWUPDATE_ISOLATION_SEV_SNP, VMFW_EXIT_OK, NULL);
	expect_platform(&igvm, VMFWUPDATE_ISOLATION_TDX, VMFW_EXIT_IMAGE,
			"a: this machine needs an image for the platform tdx; this one is for: native, snp");
	expect_platform(&igvm, VMFWUPDATE_ISOLATION_OTHER, VMFW_EXIT_DEVICE,
			"cannot tell which platform of an image this guest needs: its memory encryption is unknown");
	igvm.nr_platforms = 1;
	expect_platform(&igvm, VMFWUPDATE_ISOLATION_SEV_SNP, VMFW_EXIT_IMAGE,
			"a: this machine needs an image for the platform snp; this one is for: native");
	igvm.architecture = VMFW_IGVM_AARCH64;
	expect_platform(&igvm, VMFWUPDATE_ISOLATION_NONE, VMFW_EXIT_IMAGE,
			"a: this is firmware for aarch64, not for x86_64");
}

/* The message has a limited list of platforms. */
static void a_list_of_many_platforms_is_cut(void **state)
{
	struct vmfw_igvm igvm = { .architecture = VMFW_IGVM_X64 };
	const struct vmfw_igvm_platform *platform;
	struct messages messages;
	const char *error;

	(void)state;
	while (igvm.nr_platforms < VMFW_IGVM_MAX_PLATFORMS)
		igvm.platforms[igvm.nr_platforms++].type = VMFW_IGVM_SEV_ES;
	messages_keep(&messages);
	assert_int_equal(plan_platform(&messages, "a", &igvm,
				       VMFWUPDATE_ISOLATION_NONE, &platform),
			 VMFW_EXIT_IMAGE);
	error = messages_first_error(&messages);
	assert_non_null(strstr(error, "for: sev-es, sev-es, sev-es"));
	assert_in_range(strlen(error), 100, 250);
	messages_free(&messages);
}

/* This must be the last test, because nothing clears the recorded signal. */
static void a_signal_ends_the_search_for_ranges(void **state)
{
	struct vmfw_igvm igvm;

	(void)state;
	make_image(&igvm, two_pages, ARRAY_SIZE(two_pages));
	igvm.input.stop = stop_at_once;
	assert_int_equal(plan(&igvm, "cannot list the memory that the image must avoid: Operation canceled"),
			 VMFW_EXIT_SYSTEM);
	interrupt_catch();
	raise(SIGTERM);
	assert_int_equal(plan(&igvm, "interrupted (SIGTERM): nothing was changed"),
			 128 + SIGTERM);
	/* The function has found the ranges before it sees the signal. */
	igvm.input.stop = NULL;
	assert_int_equal(plan(&igvm, NULL), VMFW_EXIT_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_that_touch_are_one),
		cmocka_unit_test(a_platform_without_memory_has_no_ranges),
		cmocka_unit_test(the_smallest_gaps_are_closed_first),
		cmocka_unit_test(one_small_gap_is_closed_alone),
		cmocka_unit_test(gaps_of_more_than_4096_pages),
		cmocka_unit_test(one_range_always_remains),
		cmocka_unit_test(without_memory_there_are_no_ranges),
		cmocka_unit_test(the_platform_is_that_of_this_machine),
		cmocka_unit_test(a_list_of_many_platforms_is_cut),
		cmocka_unit_test(a_signal_ends_the_search_for_ranges),
	};

	return cmocka_run_group_tests_name("lib ranges", tests, NULL, NULL);
}
