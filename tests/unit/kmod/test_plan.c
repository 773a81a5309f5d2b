// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The planner: chosen cases, and random ones against a model that looks at
 * every page.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <linux/limits.h>
#include <linux/sizes.h>
#include <asm/page.h>

#include "plan.h"
#include "shared/macro.h"

#define MiB		0x100000ULL
#define GiB		0x40000000ULL

/* The span of @size bytes from @start on. */
#define SPAN(start, size)	{ (start), (start) + ((size) - 1) }

static const struct vmfw_span low_ram[] = { SPAN(0, GiB) };

static const struct vmfw_want small = {
	.size = 4 * MiB, .align = PAGE_SIZE, .max_addr = U64_MAX,
};

struct scene {
	const struct vmfw_span *ram;
	size_t nr_ram;
	struct vmfw_span avoid[16];
	size_t nr_avoid;
	struct vmfw_want want;
};

static size_t plan(struct scene *s, struct vmfw_span *windows, size_t room)
{
	size_t i, nr;

	/*
	 * Each entry after the last one excludes all memory, but vmfw_plan()
	 * must ignore it.
	 */
	for (i = s->nr_avoid; i < ARRAY_SIZE(s->avoid); i++)
		s->avoid[i] = (struct vmfw_span){ 0, U64_MAX };
	assert_true(VMFW_PLAN_ROOM(s->nr_ram, s->nr_avoid) <= room);
	nr = vmfw_plan(s->ram, s->nr_ram, s->avoid, s->nr_avoid, &s->want,
		       windows);
	assert_true(nr <= VMFW_PLAN_ROOM(s->nr_ram, s->nr_avoid));
	return nr;
}

static void expect(struct scene *s, const struct vmfw_span *wanted, size_t nr)
{
	struct vmfw_span windows[64];
	size_t i, found = plan(s, windows, ARRAY_SIZE(windows));

	assert_int_equal(found, nr);
	for (i = 0; i < nr; i++) {
		assert_int_equal(windows[i].first, wanted[i].first);
		assert_int_equal(windows[i].last, wanted[i].last);
	}
}

#define EXPECT(scene, ...) do {						\
	const struct vmfw_span wanted[] = { __VA_ARGS__ };		\
									\
	expect(scene, wanted, ARRAY_SIZE(wanted));			\
} while (0)

static struct scene in_low_ram(void)
{
	return (struct scene){ .ram = low_ram, .nr_ram = 1, .want = small };
}

static void no_ram_no_window(void **state)
{
	struct scene s = { .want = small };

	(void)state;
	expect(&s, NULL, 0);
}

static void nothing_to_avoid_is_all_ram_above_16_mib(void **state)
{
	struct scene s = in_low_ram();

	(void)state;
	EXPECT(&s, SPAN(16 * MiB, GiB - 16 * MiB));
}

static void one_range_splits_ram(void **state)
{
	struct scene s = in_low_ram();

	(void)state;
	s.avoid[s.nr_avoid++] = (struct vmfw_span)SPAN(256 * MiB, MiB);
	EXPECT(&s, SPAN(16 * MiB, 240 * MiB),
	       SPAN(257 * MiB, GiB - 257 * MiB));
}

/* A range of one byte takes a whole page, also at either end of RAM. */
static void one_byte_splits_ram(void **state)
{
	struct scene s = in_low_ram();
	const struct vmfw_span ram[] = { SPAN(256 * MiB, 64 * MiB) };

	(void)state;
	s.ram = ram;
	s.nr_avoid = 1;
	s.avoid[0] = (struct vmfw_span)SPAN(ram[0].first, 1);
	EXPECT(&s, { ram[0].first + PAGE_SIZE, ram[0].last });
	s.avoid[0] = (struct vmfw_span)SPAN(288 * MiB, 1);
	EXPECT(&s, { ram[0].first, 288 * MiB - 1 },
	       { 288 * MiB + PAGE_SIZE, ram[0].last });
	s.avoid[0] = (struct vmfw_span)SPAN(ram[0].last, 1);
	EXPECT(&s, { ram[0].first, ram[0].last - PAGE_SIZE });
}

static void touching_ranges_leave_nothing_between(void **state)
{
	struct scene s = in_low_ram();

	(void)state;
	s.avoid[s.nr_avoid++] = (struct vmfw_span)SPAN(256 * MiB, MiB);
	s.avoid[s.nr_avoid++] = (struct vmfw_span)SPAN(257 * MiB, MiB);
	EXPECT(&s, SPAN(16 * MiB, 240 * MiB),
	       SPAN(258 * MiB, GiB - 258 * MiB));
}

static void order_and_overlap_do_not_matter(void **state)
{
	struct scene s = in_low_ram();

	(void)state;
	s.avoid[s.nr_avoid++] = (struct vmfw_span)SPAN(600 * MiB, 8 * MiB);
	s.avoid[s.nr_avoid++] = (struct vmfw_span)SPAN(100 * MiB, 90 * MiB);
	s.avoid[s.nr_avoid++] = (struct vmfw_span)SPAN(110 * MiB, 2 * MiB);
	s.avoid[s.nr_avoid++] = (struct vmfw_span)SPAN(150 * MiB, 50 * MiB);
	s.avoid[s.nr_avoid++] = (struct vmfw_span)SPAN(100 * MiB, 90 * MiB);
	EXPECT(&s, SPAN(16 * MiB, 84 * MiB), SPAN(200 * MiB, 400 * MiB),
	       SPAN(608 * MiB, GiB - 608 * MiB));
}

static void ranges_beside_ram_do_not_matter(void **state)
{
	struct scene s = in_low_ram();

	(void)state;
	s.avoid[s.nr_avoid++] = (struct vmfw_span)SPAN(GiB, GiB);
	s.avoid[s.nr_avoid++] = (struct vmfw_span){ 4 * GiB - MiB, U64_MAX };
	EXPECT(&s, SPAN(16 * MiB, GiB - 16 * MiB));
}

static void a_range_from_0_cuts_the_bottom(void **state)
{
	struct scene s = in_low_ram();

	(void)state;
	s.avoid[s.nr_avoid++] = (struct vmfw_span)SPAN(0, 512 * MiB);
	EXPECT(&s, SPAN(512 * MiB, 512 * MiB));
}

static void a_range_to_the_end_of_all_cuts_the_top(void **state)
{
	struct scene s = in_low_ram();

	(void)state;
	s.avoid[s.nr_avoid++] = (struct vmfw_span){ 512 * MiB, U64_MAX };
	EXPECT(&s, SPAN(16 * MiB, 496 * MiB));
}

static void everything_avoided_leaves_nothing(void **state)
{
	struct scene s = in_low_ram();

	(void)state;
	s.avoid[s.nr_avoid++] = (struct vmfw_span){ 0, U64_MAX };
	expect(&s, NULL, 0);
}

static void ram_up_to_the_last_byte_does_not_wrap(void **state)
{
	const struct vmfw_span ram[] = {
		{ U64_MAX - (64 * MiB - 1), U64_MAX },
	};
	struct scene s = { .ram = ram, .nr_ram = 1, .want = small };

	(void)state;
	EXPECT(&s, ram[0]);
	s.avoid[s.nr_avoid++] = (struct vmfw_span){ U64_MAX, U64_MAX };
	EXPECT(&s, { ram[0].first, U64_MAX - PAGE_SIZE });
}

static void ram_in_the_last_page_does_not_wrap(void **state)
{
	const u64 last_page = U64_MAX - (PAGE_SIZE - 1);
	const u64 firsts[] = { last_page + 1, last_page + 2, U64_MAX - 9 };
	struct vmfw_span ram = { last_page, U64_MAX };
	struct scene s = { .ram = &ram, .nr_ram = 1, .want = small };
	size_t i;

	(void)state;
	s.want.size = 1;
	EXPECT(&s, ram);
	for (i = 0; i < ARRAY_SIZE(firsts); i++) {
		ram.first = firsts[i];
		expect(&s, NULL, 0);
	}
}

static void ram_without_a_whole_page_holds_nothing(void **state)
{
	const struct vmfw_span ram[] = { SPAN(100 * MiB + 1, 10) };
	struct scene s = { .ram = ram, .nr_ram = 1, .want = small };

	(void)state;
	expect(&s, NULL, 0);
	s.want.size = 200 * MiB;
	expect(&s, NULL, 0);
}

static void the_limit_is_the_last_byte(void **state)
{
	struct scene s = in_low_ram();

	(void)state;
	s.want.max_addr = 20 * MiB - 1;
	EXPECT(&s, SPAN(16 * MiB, 4 * MiB));
	s.want.max_addr = 20 * MiB - 2;
	expect(&s, NULL, 0);
	s.want.max_addr = 0;
	expect(&s, NULL, 0);
}

static void low_memory_is_left_alone(void **state)
{
	const struct vmfw_span ram[] = {
		SPAN(0, 640 * 1024), SPAN(MiB, 19 * MiB - 1),
	};
	struct scene s = { .ram = ram, .nr_ram = 2, .want = small };

	(void)state;
	expect(&s, NULL, 0);
	s.want.size = 4 * MiB - PAGE_SIZE;
	EXPECT(&s, SPAN(16 * MiB, 4 * MiB - PAGE_SIZE));
}

static void an_image_larger_than_any_window_has_none(void **state)
{
	struct scene s = in_low_ram();

	(void)state;
	s.avoid[s.nr_avoid++] = (struct vmfw_span)SPAN(512 * MiB, PAGE_SIZE);
	s.want.size = 511 * MiB + 1023 * 1024;
	expect(&s, NULL, 0);
	s.want.size = U64_MAX;
	expect(&s, NULL, 0);
}

static void windows_end_at_4_gib(void **state)
{
	const struct vmfw_span ram[] = { SPAN(3 * GiB, 2 * GiB) };
	struct scene s = { .ram = ram, .nr_ram = 1, .want = small };

	(void)state;
	EXPECT(&s, SPAN(3 * GiB, GiB), SPAN(4 * GiB, GiB));
	s.want.size = GiB + 1;
	expect(&s, NULL, 0);
}

static void a_large_alignment_decides_what_fits(void **state)
{
	struct scene s = in_low_ram();

	(void)state;
	s.want.align = 512 * MiB;
	EXPECT(&s, SPAN(16 * MiB, GiB - 16 * MiB));
	s.want.align = GiB;
	expect(&s, NULL, 0);
	s.want.align = 1ULL << 63;
	expect(&s, NULL, 0);
}

static void windows_are_whole_pages(void **state)
{
	const struct vmfw_span ram[] = {
		SPAN(100 * MiB + 1, 50 * MiB), SPAN(200 * MiB - 5, 50 * MiB),
	};
	struct scene s = { .ram = ram, .nr_ram = 2, .want = small };

	(void)state;
	s.avoid[s.nr_avoid++] = (struct vmfw_span)SPAN(220 * MiB - 1, 2);
	EXPECT(&s, SPAN(100 * MiB + PAGE_SIZE, 50 * MiB - PAGE_SIZE),
	       SPAN(200 * MiB, 20 * MiB - PAGE_SIZE),
	       SPAN(220 * MiB + PAGE_SIZE, 30 * MiB - 2 * PAGE_SIZE));
}

static void positions_go_down_by_page_blocks(void **state)
{
	const struct vmfw_span window = SPAN(64 * MiB + PAGE_SIZE, 10 * MiB);
	u64 start;

	(void)state;
	assert_true(vmfw_plan_highest(&window, &small, &start));
	assert_int_equal(start, 70 * MiB);
	assert_true(vmfw_plan_lower(&window, &small, &start));
	assert_int_equal(start, 68 * MiB);
	assert_true(vmfw_plan_lower(&window, &small, &start));
	assert_int_equal(start, 66 * MiB);
	assert_false(vmfw_plan_lower(&window, &small, &start));
	assert_int_equal(start, 66 * MiB);
}

static void a_narrow_window_is_used_off_the_page_block(void **state)
{
	const struct vmfw_span window = SPAN(65 * MiB, 4 * MiB + PAGE_SIZE);
	u64 start;

	(void)state;
	assert_true(vmfw_plan_highest(&window, &small, &start));
	assert_int_equal(start, 65 * MiB + PAGE_SIZE);
	assert_false(vmfw_plan_lower(&window, &small, &start));
}

/*
 * The position is the first byte, even off a page block. A smaller window has
 * no position.
 */
static void a_window_as_large_as_the_image_has_one_position(void **state)
{
	const u64 firsts[] = { 64 * MiB, 65 * MiB, 64 * MiB + PAGE_SIZE };
	struct vmfw_span window;
	size_t i;
	u64 start;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(firsts); i++) {
		window = (struct vmfw_span)SPAN(firsts[i], small.size);
		assert_true(vmfw_plan_highest(&window, &small, &start));
		assert_int_equal(start, firsts[i]);
		assert_false(vmfw_plan_lower(&window, &small, &start));
		assert_int_equal(start, firsts[i]);
		window.last--;
		assert_false(vmfw_plan_highest(&window, &small, &start));
	}
}

/* The first byte of a window counts as a position, too. */
static void positions_go_down_to_the_first_byte(void **state)
{
	const struct vmfw_span window = SPAN(64 * MiB, 6 * MiB);
	const struct vmfw_span narrow = SPAN(64 * MiB, 5 * MiB);
	u64 start;

	(void)state;
	/* The position is on a page block, although there is room above it. */
	assert_true(vmfw_plan_highest(&narrow, &small, &start));
	assert_int_equal(start, 64 * MiB);
	assert_true(vmfw_plan_highest(&window, &small, &start));
	assert_int_equal(start, 66 * MiB);
	assert_true(vmfw_plan_lower(&window, &small, &start));
	assert_int_equal(start, 64 * MiB);
	assert_false(vmfw_plan_lower(&window, &small, &start));
}

static void a_window_from_address_0_ends_there(void **state)
{
	const struct vmfw_span window = SPAN(0, 6 * MiB);
	const struct vmfw_span narrow = SPAN(0, 4 * MiB - 1);
	u64 start;

	(void)state;
	assert_true(vmfw_plan_highest(&window, &small, &start));
	assert_int_equal(start, 2 * MiB);
	assert_true(vmfw_plan_lower(&window, &small, &start));
	assert_int_equal(start, 0);
	assert_false(vmfw_plan_lower(&window, &small, &start));
	assert_false(vmfw_plan_highest(&narrow, &small, &start));
}

/*
 * The model: a page map of the memory from 15 MiB on, and around 4 GiB.
 * Page n of the map is at base(n).
 */
#define MAP_PAGES	4096
#define HALF		(MAP_PAGES / 2)

static u64 base(unsigned int page)
{
	if (page < HALF)
		return SZ_16M - 256 * PAGE_SIZE + page * PAGE_SIZE;
	return SZ_4G - HALF / 2 * PAGE_SIZE + (page - HALF) * PAGE_SIZE;
}

static bool hits(const struct vmfw_span *spans, size_t nr, u64 first, u64 last)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (spans[i].first <= last && spans[i].last >= first)
			return true;
	return false;
}

static bool inside(const struct vmfw_span *spans, size_t nr, u64 first,
		   u64 last)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (spans[i].first <= first && spans[i].last >= last)
			return true;
	return false;
}

/* May an image use this page, by the rules in the documentation? */
static bool page_is_free(const struct scene *s, unsigned int page)
{
	const u64 first = base(page), last = first + PAGE_SIZE - 1;

	return first >= SZ_16M && last <= s->want.max_addr &&
	       inside(s->ram, s->nr_ram, first, last) &&
	       !hits(s->avoid, s->nr_avoid, first, last);
}

/* Set one flag per page: can an image begin at this page? */
static void model(const struct scene *s, bool *fits)
{
	const unsigned int pages = (s->want.size + PAGE_SIZE - 1) / PAGE_SIZE;
	unsigned int run = 0, page;

	memset(fits, 0, MAP_PAGES * sizeof(*fits));
	for (page = MAP_PAGES; page-- > 0;) {
		/* A run ends at the gap in the map, and at 4 GiB, the end of a zone. */
		if (page == HALF - 1 || base(page) + PAGE_SIZE == SZ_4G)
			run = 0;
		run = page_is_free(s, page) ? run + 1 : 0;
		fits[page] = run >= pages && base(page) % s->want.align == 0;
	}
}

static u64 random_state;

/* xorshift64*: the same numbers in every run, on every machine. */
static u64 random_u64(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1dULL;
}

static u64 random_below(u64 limit)
{
	return random_u64() % limit;
}

/* Return a byte address in the map, often on a page boundary. */
static u64 random_address(void)
{
	u64 address = base(random_below(MAP_PAGES));

	return random_below(2) ? address : address + random_below(PAGE_SIZE);
}

static struct vmfw_span random_span(u64 pages)
{
	u64 first = random_address();

	return (struct vmfw_span){ first, first +
				   random_below(pages * PAGE_SIZE) };
}

static size_t random_ram(struct vmfw_span *ram, size_t most)
{
	size_t nr = 0;
	u64 next = base(0);

	while (nr < most) {
		ram[nr].first = next + random_below(900 * PAGE_SIZE);
		ram[nr].last = ram[nr].first + random_below(1500 * PAGE_SIZE);
		next = ram[nr].last + 1 + random_below(3) * PAGE_SIZE;
		if (next >= base(HALF - 1) && ram[nr].first < base(HALF)) {
			ram[nr].last = base(HALF - 1) + PAGE_SIZE - 1;
			next = base(HALF);
			if (ram[nr].first > ram[nr].last)
				continue;
		}
		if (ram[nr].first > base(MAP_PAGES - 1))
			break;
		if (ram[nr].last > base(MAP_PAGES - 1))
			ram[nr].last = base(MAP_PAGES - 1) + PAGE_SIZE - 1;
		nr++;
	}
	return nr;
}

static void check_window(const struct scene *s, const struct vmfw_span *window,
			 const bool *fits, unsigned int *reached)
{
	u64 start, above = U64_MAX;
	unsigned int page;

	assert_true(vmfw_plan_highest(window, &s->want, &start));
	do {
		assert_true(start < above);
		above = start;
		assert_true(start >= window->first);
		assert_true(start + (s->want.size - 1) <= window->last);

		page = start < base(HALF) ? (start - base(0)) / PAGE_SIZE :
		       HALF + (start - base(HALF)) / PAGE_SIZE;
		assert_int_equal(base(page), start);
		assert_true(fits[page]);
		++*reached;
	} while (vmfw_plan_lower(window, &s->want, &start));
}

/* For each position in the model, one window must contain the whole image. */
static void check_complete(const struct scene *s, const bool *fits,
			   const struct vmfw_span *windows, size_t nr)
{
	unsigned int page;

	for (page = 0; page < MAP_PAGES; page++)
		if (fits[page])
			assert_true(inside(windows, nr, base(page), base(page) +
					   (s->want.size - 1)));
}

static void random_scenes_agree_with_the_model(void **state)
{
	static bool fits[MAP_PAGES];
	struct vmfw_span ram[8], windows[64];
	unsigned int round, i, reached = 0, empty = 0;
	struct scene s;
	size_t nr;

	(void)state;
	random_state = 0x766d667775706474ULL;
	for (round = 0; round < 4000; round++) {
		memset(&s, 0, sizeof(s));
		s.ram = ram;
		s.nr_ram = random_ram(ram, ARRAY_SIZE(ram));
		s.nr_avoid = random_below(ARRAY_SIZE(s.avoid) + 1);
		for (i = 0; i < s.nr_avoid; i++)
			s.avoid[i] = random_span(random_below(4) ? 40 : 600);
		s.want.size = 1 + random_below((random_below(2) ? 64 : 1024) *
					       PAGE_SIZE);
		s.want.align = PAGE_SIZE << random_below(11);
		s.want.max_addr = random_below(3) ? U64_MAX : random_address();

		nr = plan(&s, windows, ARRAY_SIZE(windows));
		model(&s, fits);
		for (i = 0; i < nr; i++) {
			if (i)
				assert_true(windows[i].first >
					    windows[i - 1].last);
			check_window(&s, &windows[i], fits, &reached);
		}
		check_complete(&s, fits, windows, nr);
		empty += !nr;
	}

	/* Many scenes have a window, and some have none. */
	assert_true(empty >= 100 && empty <= 3000);
	assert_true(reached > 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_ram_no_window),
		cmocka_unit_test(nothing_to_avoid_is_all_ram_above_16_mib),
		cmocka_unit_test(one_range_splits_ram),
		cmocka_unit_test(one_byte_splits_ram),
		cmocka_unit_test(touching_ranges_leave_nothing_between),
		cmocka_unit_test(order_and_overlap_do_not_matter),
		cmocka_unit_test(ranges_beside_ram_do_not_matter),
		cmocka_unit_test(a_range_from_0_cuts_the_bottom),
		cmocka_unit_test(a_range_to_the_end_of_all_cuts_the_top),
		cmocka_unit_test(everything_avoided_leaves_nothing),
		cmocka_unit_test(ram_up_to_the_last_byte_does_not_wrap),
		cmocka_unit_test(ram_in_the_last_page_does_not_wrap),
		cmocka_unit_test(ram_without_a_whole_page_holds_nothing),
		cmocka_unit_test(the_limit_is_the_last_byte),
		cmocka_unit_test(low_memory_is_left_alone),
		cmocka_unit_test(an_image_larger_than_any_window_has_none),
		cmocka_unit_test(windows_end_at_4_gib),
		cmocka_unit_test(a_large_alignment_decides_what_fits),
		cmocka_unit_test(windows_are_whole_pages),
		cmocka_unit_test(positions_go_down_by_page_blocks),
		cmocka_unit_test(a_narrow_window_is_used_off_the_page_block),
		cmocka_unit_test(a_window_as_large_as_the_image_has_one_position),
		cmocka_unit_test(positions_go_down_to_the_first_byte),
		cmocka_unit_test(a_window_from_address_0_ends_there),
		cmocka_unit_test(random_scenes_agree_with_the_model),
	};

	return cmocka_run_group_tests_name("kmod/plan", tests, NULL, NULL);
}
