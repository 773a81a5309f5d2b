// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copies of a partition table. Each test makes a sound table, changes one field
 * of it, and compares the result.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>
#include <cmocka.h>

#include "disk/blockdev.h"
#include "efi/gpt.h"
#include "install/gpt-table.h"
#include "shared/bytes.h"
#include "shared/macro.h"
#include "tree.h"

#define BLOCK		512u
#define BLOCKS		256u
#define SIZE		(BLOCKS * BLOCK)
#define LAST		(BLOCKS - 1)
/*
 * Blocks of the entries of one table, and the first block of the second
 * entries.
 */
#define ENTRIES		32u
#define SECOND		(LAST - ENTRIES)
/* The blocks that partitions may have. */
#define FIRST_USABLE	(GPT_ENTRIES + ENTRIES)
#define LAST_USABLE	(SECOND - 1)

/* Bytes of the disk: fields of the two headers, and of the first entry. */
#define HEADER(field)		(BLOCK + (field))
#define LAST_HEADER(field)	(LAST * BLOCK + (field))
#define ENTRY(field)		(GPT_ENTRIES * BLOCK + (field))
#define SECOND_ENTRY(field)	(SECOND * BLOCK + (field))
#define MAGIC			0
#define AT			24
#define OTHER			32
#define FIRST_ALLOWED		40
#define LAST_ALLOWED		48
#define DISK_UUID		56
#define ENTRIES_AT		72
#define NR_ENTRIES		80
#define SUM			88
#define FIRST			32
#define END			40
#define UNUSED			300

/* More reads than any test makes. */
#define NEVER		1000u

/* The value of the field NR_ENTRIES, and of the size of an entry behind it. */
#define NUMBER(nr)	((nr) | 128ull << 32)

/*
 * Checksums after a change: all as before; right ones of both headers; or right
 * ones of headers and entries, with the same entries in both tables.
 */
enum care { RAW, SEALED, SUMMED };

/**
 * struct change - a change of a disk
 * @at: first of the eight bytes that change
 * @value: their new value
 * @care: the checksums after the change
 * @result: value that the tested function returns then
 */
struct change {
	unsigned int at;
	uint64_t value;
	enum care care;
	int result;
};

static uint8_t sound[SIZE], now[SIZE];
static struct blockdev disk;

/*
 * Changes that another program makes after some reads or syncs of the tool, and
 * while the tool waits. Without a change after a read or in the wait, the disk
 * does not answer from then on.
 */
static unsigned int reads_left, syncs_left, syncs;
static const struct change *after_read, *after_sync, *during_wait;
/* A change of the disk before the tool writes the table, or NULL. */
static const struct change *before_replace;
static bool reads_fail;
/* The number of the sync that fails, from 1 on; 0: none fails. */
static unsigned int sync_fails;
/* The number of reads after the wait before the disk does not answer, or 0. */
static unsigned int reads_after_wait;
/* Number of allocations before the one that fails; NEVER: none fails. */
static unsigned int allocations_left = NEVER;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __real_free(void *p);
void __wrap_free(void *p);
int __real_blockdev_read(const struct blockdev *from, uint64_t offset,
			 void *buf, size_t len);
int __wrap_blockdev_read(const struct blockdev *from, uint64_t offset,
			 void *buf, size_t len);
int __wrap_blockdev_sync(const struct blockdev *to);
int __wrap_usleep(useconds_t us);

static int memfd_err;

int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags)
{
	if (!memfd_err)
		return __real_memfd_create(name, flags);
	errno = memfd_err;
	return -1;
}

static bool has_no_memory(void)
{
	if (allocations_left == NEVER || allocations_left--)
		return false;
	allocations_left = NEVER;
	return true;
}

/* Any two allocations have different bytes at first. */
void *__wrap_malloc(size_t size)
{
	static uint8_t dirt;
	void *p = has_no_memory() ? NULL : __real_malloc(size);

	return p ? memset(p, ++dirt, size) : NULL;
}

/*
 * Both tables of a copy, in front of a page that nobody can read.
 * AddressSanitizer does not check each comparison of bytes.
 */
static bool guards;
static uint8_t *guarded, *pages;
static size_t pages_len;

static void *copy_guarded(void *p, size_t size)
{
	const size_t page = sysconf(_SC_PAGESIZE);
	size_t len = (size + page - 1) / page * page;

	assert_null(guarded);
	pages_len = len + page;
	pages = mmap(NULL, pages_len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + len, page, PROT_NONE), 0);
	guarded = pages + len - size;
	memcpy(guarded, p, BLOCK);
	free(p);
	return guarded;
}

void *__wrap_realloc(void *p, size_t size)
{
	if (has_no_memory())
		return NULL;
	return guards ? copy_guarded(p, size) : __real_realloc(p, size);
}

void __wrap_free(void *p)
{
	if (!p || p != guarded) {
		__real_free(p);
		return;
	}
	assert_int_equal(munmap(pages, pages_len), 0);
	guarded = NULL;
}

static void seal(uint8_t *header)
{
	gpt_move_entries(header, get_le64(header + ENTRIES_AT));
}

static void apply_change(uint8_t *bytes, const struct change *change)
{
	uint8_t *first = bytes + GPT_PRIMARY * BLOCK;
	uint8_t *second = bytes + LAST * BLOCK;
	const uint8_t *entries = bytes + GPT_ENTRIES * BLOCK;
	uint32_t sum;

	put_le64(bytes + change->at, change->value);
	if (change->care == RAW)
		return;
	if (change->care == SUMMED) {
		sum = crc32(0, entries, get_le32(first + NR_ENTRIES) * 128);
		put_le32(first + SUM, sum);
		put_le32(second + SUM, sum);
		memcpy(bytes + SECOND * BLOCK, entries, ENTRIES * BLOCK);
	}
	seal(first);
	seal(second);
}

static void get_disk(int fd, uint8_t *bytes)
{
	assert_int_equal(pread(fd, bytes, SIZE, 0), SIZE);
}

static void put_disk(int fd, const uint8_t *bytes)
{
	assert_int_equal(pwrite(fd, bytes, SIZE, 0), SIZE);
}

static void change_disk(int fd, const struct change *change)
{
	get_disk(fd, now);
	apply_change(now, change);
	put_disk(fd, now);
}

static void let_happen(const struct change *change)
{
	if (change)
		change_disk(disk.fd, change);
	else
		reads_fail = true;
}

/* Let the disk fail after @reads reads. */
static void fail_after(unsigned int reads)
{
	reads_left = reads;
	after_read = NULL;
	reads_fail = !reads;
}

int __wrap_blockdev_read(const struct blockdev *from, uint64_t offset,
			 void *buf, size_t len)
{
	int err = reads_fail ? -EIO :
			       __real_blockdev_read(from, offset, buf, len);

	if (reads_left && !--reads_left)
		let_happen(after_read);
	return err;
}

int __wrap_blockdev_sync(const struct blockdev *to)
{
	assert_int_equal(to->fd, disk.fd);
	syncs++;
	if (syncs_left && !--syncs_left)
		change_disk(disk.fd, after_sync);
	return syncs == sync_fails ? -EIO : 0;
}

int __wrap_usleep(useconds_t us)
{
	assert_true(us > 0 && us < 1000000);
	if (reads_after_wait)
		fail_after(reads_after_wait);
	else
		let_happen(during_wait);
	return 0;
}

static int make_file(void)
{
	int fd = memfd_create("test", 0);

	assert_true(fd >= 0);
	put_disk(fd, sound);
	return fd;
}

/* Make a table with one partition. */
static void make_table(void)
{
	static const struct change sealed = { HEADER(DISK_UUID), 1, SUMMED, 0 };
	uint8_t *header = sound + GPT_PRIMARY * BLOCK;
	uint8_t *entry = sound + GPT_ENTRIES * BLOCK;

	memset(sound, 0, sizeof(sound));
	memset(sound + BLOCK / 2, 0xee, BLOCK / 2);
	memset(entry, 0x5a, 16);
	memset(entry + 16, 0xa5, 16);
	put_le64(entry + FIRST, FIRST_USABLE + 6);
	put_le64(entry + END, FIRST_USABLE + 15);
	memcpy(header, "EFI PART\0\0\1", 12);
	put_le32(header + 12, GPT_HEADER_SIZE);
	put_le64(header + AT, GPT_PRIMARY);
	put_le64(header + OTHER, LAST);
	put_le64(header + FIRST_ALLOWED, FIRST_USABLE);
	put_le64(header + LAST_ALLOWED, LAST_USABLE);
	put_le64(header + ENTRIES_AT, GPT_ENTRIES);
	put_le64(header + NR_ENTRIES, NUMBER(128));
	memcpy(sound + LAST * BLOCK, header, BLOCK);
	gpt_make_second(sound + LAST * BLOCK, SECOND);
	apply_change(sound, &sealed);
}

static int set_up(void **state)
{
	(void)state;
	make_table();
	disk = (struct blockdev) {
		.fd = make_file(), .path = "disk", .size = SIZE, .block = BLOCK,
	};
	reads_left = 0;
	syncs_left = 0;
	syncs = 0;
	sync_fails = 0;
	reads_after_wait = 0;
	before_replace = NULL;
	reads_fail = false;
	guards = false;
	guarded = NULL;
	allocations_left = NEVER;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(disk.fd);
	return 0;
}

/*
 * The copy has its entries in the usual place, and allows no partition in a
 * table.
 */
static void copy_is_usual(int copy)
{
	const uint8_t *block = now + GPT_PRIMARY * BLOCK;
	struct gpt_header header;

	get_disk(copy, now);
	/* The MBR. */
	assert_memory_equal(now, sound, BLOCK);
	assert_true(gpt_read(&header, block, BLOCK));
	assert_int_equal(header.entries, GPT_ENTRIES);
	assert_true(gpt_entries_sound(&header, now + GPT_ENTRIES * BLOCK));
	assert_int_equal(get_le64(block + FIRST_ALLOWED), FIRST_USABLE);
	assert_int_equal(get_le64(block + LAST_ALLOWED), LAST_USABLE);
}

static void copies(int err)
{
	unsigned int descriptors = tree_count_descriptors();
	struct table_state state;
	int copy = -1;

	assert_int_equal(table_copy(&disk, &copy, &state), err);
	assert_true(copy >= 0 ? !err : err);
	if (!err) {
		copy_is_usual(copy);
		close(copy);
	}
	free(state.bytes);
	assert_int_equal(tree_count_descriptors(), descriptors);
}

static void only_a_sound_table_is_copied(void **state)
{
	static const struct change table[] = {
		{ 0, 0, RAW, 0 },
		{ HEADER(MAGIC), 0, RAW, -EBADMSG },
		{ HEADER(AT), GPT_PRIMARY + 1, SEALED, -EBADMSG },
		{ HEADER(ENTRIES_AT), SECOND, SEALED, 0 },
		{ HEADER(ENTRIES_AT), SECOND - 1, SEALED, -EMEDIUMTYPE },
		{ HEADER(ENTRIES_AT), SECOND + 1, SEALED, -EMEDIUMTYPE },
		{ HEADER(ENTRIES_AT), GPT_ENTRIES - 1, SEALED, -EMEDIUMTYPE },
		{ HEADER(ENTRIES_AT), GPT_ENTRIES + 1, SEALED, -EMEDIUMTYPE },
		{ ENTRY(UNUSED), 1, RAW, -EILSEQ },
		{ ENTRY(FIRST), FIRST_USABLE, SUMMED, 0 },
		{ ENTRY(FIRST), FIRST_USABLE - 1, SUMMED, -EUCLEAN },
		{ ENTRY(END), LAST_USABLE, SUMMED, 0 },
		{ ENTRY(END), LAST_USABLE + 1, SUMMED, -EUCLEAN },
		{ HEADER(FIRST_ALLOWED), GPT_ENTRIES, SEALED, 0 },
		{ HEADER(LAST_ALLOWED), LAST, SEALED, 0 },
		{ HEADER(NR_ENTRIES), NUMBER(126 * 4), SEALED, -EILSEQ },
		{ HEADER(NR_ENTRIES), NUMBER(126 * 4 + 1), SEALED, -EBADMSG },
		/* One entry of 513 bytes takes two blocks. */
		{ HEADER(NR_ENTRIES), 1 | 513ull << 32, SEALED, -EILSEQ },
	};
	static const struct change full = {
		HEADER(NR_ENTRIES), NUMBER(126 * 4), SEALED, -EILSEQ,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		put_disk(disk.fd, sound);
		change_disk(disk.fd, &table[i]);
		copies(table[i].result);
	}
	/* Twice 126 blocks of entries, and three others, take the whole disk. */
	put_disk(disk.fd, sound);
	change_disk(disk.fd, &full);
	disk.size = SIZE - BLOCK;
	assert_int_equal(ftruncate(disk.fd, disk.size), 0);
	copies(full.result);
	put_disk(disk.fd, sound);
	disk.size = BLOCK;
	assert_int_equal(ftruncate(disk.fd, BLOCK), 0);
	copies(-EBADMSG);
}

/* Change a copy, and write it to the disk, which fails after @reads reads. */
static int replace_until(const struct change *change, unsigned int reads)
{
	struct table_state state;
	int copy, err;

	fail_after(NEVER);
	put_disk(disk.fd, sound);
	syncs = 0;
	assert_int_equal(table_copy(&disk, &copy, &state), 0);
	put_disk(copy, sound);
	change_disk(copy, change);
	if (before_replace)
		change_disk(disk.fd, before_replace);
	fail_after(reads);
	guards = true;
	err = table_replace(&disk, copy, &state);
	guards = false;
	assert_null(guarded);
	close(copy);
	free(state.bytes);
	return err;
}

static int replace(const struct change *change)
{
	return replace_until(change, NEVER);
}

/* Expect that the disk has both tables with this change. */
static void disk_has(const struct change *change)
{
	static uint8_t expected[SIZE];

	memcpy(expected, sound, SIZE);
	apply_change(expected, change);
	get_disk(disk.fd, now);
	assert_memory_equal(now, expected, SIZE);
}

/* The tool reads the first header, both tables and the MBR. */
static void a_disk_that_cannot_be_read(void **state)
{
	static const struct change change = {
		ENTRY(END), LAST_USABLE, SUMMED, 0,
	};
	unsigned int reads;
	int err;

	(void)state;
	for (reads = 0; reads < 4; reads++) {
		fail_after(reads);
		copies(-EIO);
	}
	fail_after(reads);
	copies(0);
	/*
	 * Without the first header there is no table. Otherwise it may be torn.
	 */
	for (reads = 0; reads < 4; reads++) {
		fail_after(reads);
		assert_int_equal(table_is_torn(&disk), reads > 0);
	}
	fail_after(reads);
	assert_false(table_is_torn(&disk));
	for (reads = 0; (err = replace_until(&change, reads)); reads++)
		assert_int_equal(err, -EIO);
	assert_true(reads > 10);
	disk_has(&change);
}

/* Another program changes the header right after the tool has read it. */
static void a_header_that_changes_is_read_again(void **state)
{
	static const struct change table[] = {
		{ 0, 0, RAW, 0 },
		{ HEADER(DISK_UUID), 2, SEALED, 0 },
		{ HEADER(MAGIC), 0, RAW, -ESTALE },
		{ HEADER(ENTRIES_AT), SECOND, SEALED, 0 },
		{ HEADER(ENTRIES_AT), SECOND - 1, SEALED, -ESTALE },
		{ HEADER(ENTRIES_AT), SECOND + 1, SEALED, -ESTALE },
		{ HEADER(ENTRIES_AT), GPT_ENTRIES - 1, SEALED, -ESTALE },
		{ HEADER(ENTRIES_AT), GPT_ENTRIES + 1, SEALED, -ESTALE },
		{ HEADER(NR_ENTRIES), NUMBER(127), SUMMED, 0 },
		{ HEADER(NR_ENTRIES), NUMBER(129), SUMMED, -ESTALE },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		put_disk(disk.fd, sound);
		reads_left = 1;
		after_read = &table[i];
		copies(table[i].result);
		assert_int_equal(reads_left, 0);
	}
}

static void tables_that_differ_are_torn(void **state)
{
	static const struct change table[] = {
		{ 0, 0, RAW, false },
		{ LAST_HEADER(MAGIC), 0, RAW, true },
		{ LAST_HEADER(AT), LAST - 1, SEALED, true },
		{ LAST_HEADER(SUM), 0, SEALED, true },
		{ LAST_HEADER(SUM), UINT32_MAX, SEALED, true },
		{ SECOND_ENTRY(UNUSED), 1, RAW, true },
		{ ENTRY(UNUSED), 1, RAW, true },
		{ HEADER(ENTRIES_AT), SECOND, SEALED, true },
		/* There is no first table. */
		{ HEADER(MAGIC), 0, RAW, false },
		{ HEADER(NR_ENTRIES), NUMBER(126 * 4 + 1), SEALED, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		put_disk(disk.fd, sound);
		change_disk(disk.fd, &table[i]);
		assert_int_equal(table_is_torn(&disk), table[i].result);
	}
}

/* The second table is not at the end of such a disk. */
static void a_disk_with_another_size_is_not_torn(void **state)
{
	(void)state;
	disk.size = SIZE + 8 * BLOCK;
	assert_int_equal(ftruncate(disk.fd, disk.size), 0);
	assert_false(table_is_torn(&disk));
	disk.size = SIZE - 8 * BLOCK;
	assert_int_equal(ftruncate(disk.fd, disk.size), 0);
	assert_false(table_is_torn(&disk));
}

static void an_unsound_copy_is_not_written(void **state)
{
	static const struct change table[] = {
		{ HEADER(MAGIC), 0, RAW, -EBADMSG },
		{ HEADER(AT), GPT_PRIMARY + 1, SEALED, -EBADMSG },
		{ HEADER(OTHER), LAST - 1, SEALED, -EBADMSG },
		{ HEADER(OTHER), LAST + 1, SEALED, -EBADMSG },
		{ HEADER(ENTRIES_AT), SECOND, SEALED, -EBADMSG },
		{ HEADER(ENTRIES_AT), GPT_ENTRIES + 1, SEALED, -EMEDIUMTYPE },
		{ HEADER(NR_ENTRIES), NUMBER(124), SUMMED, -EBADMSG },
		{ HEADER(NR_ENTRIES), NUMBER(132), SUMMED, -EBADMSG },
		{ HEADER(SUM), 0, SEALED, -EBADMSG },
		{ ENTRY(UNUSED), 1, RAW, -EBADMSG },
		{ ENTRY(FIRST), FIRST_USABLE - 1, SUMMED, -EBADMSG },
		{ ENTRY(END), LAST_USABLE + 1, SUMMED, -EBADMSG },
		{ SECOND_ENTRY(UNUSED), 1, RAW, -EBADMSG },
		{ LAST_HEADER(MAGIC), 0, RAW, -EBADMSG },
		{ LAST_HEADER(AT), LAST - 1, SEALED, -EBADMSG },
		{ LAST_HEADER(AT), LAST + 1, SEALED, -EBADMSG },
		{ LAST_HEADER(ENTRIES_AT), SECOND - 1, SEALED, -EBADMSG },
		{ LAST_HEADER(ENTRIES_AT), SECOND + 1, SEALED, -EBADMSG },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(replace(&table[i]), table[i].result);
		get_disk(disk.fd, now);
		assert_memory_equal(now, sound, SIZE);
		assert_int_equal(syncs, 0);
	}
}

static void a_sound_copy_is_written(void **state)
{
	static const struct change table[] = {
		{ 0, 0, RAW, 0 },
		{ ENTRY(FIRST), FIRST_USABLE, SUMMED, 0 },
		{ ENTRY(END), LAST_USABLE, SUMMED, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		assert_int_equal(replace(&table[i]), 0);
		disk_has(&table[i]);
	}
}

/* The second table belongs to the first one. */
static void second_is_restored(void)
{
	struct gpt_header header;

	get_disk(disk.fd, now);
	assert_true(gpt_read(&header, now + LAST * BLOCK, BLOCK));
	assert_int_equal(header.at, LAST);
	assert_int_equal(header.other, GPT_PRIMARY);
	assert_int_equal(header.entries, SECOND);
	assert_int_equal(get_le64(now + LAST_HEADER(DISK_UUID)),
			 get_le64(now + HEADER(DISK_UUID)));
	assert_memory_equal(now + SECOND_ENTRY(0), now + ENTRY(0),
			    ENTRIES * BLOCK);
}

/*
 * Another program changes the first table after the tool has written the second
 * one. It makes a further change while the tool waits. The result is whether
 * the tool copies the first table to the second place.
 */
static void only_a_sound_first_table_is_copied_to_the_second_place(void **state)
{
	static const struct change foreign = {
		HEADER(DISK_UUID), 3, SEALED, 0,
	};
	static const struct change mine = {
		ENTRY(END), LAST_USABLE, SUMMED, 0,
	};
	static const struct change table[] = {
		{ 0, 0, RAW, true },
		{ HEADER(DISK_UUID), 4, SEALED, true },
		{ HEADER(MAGIC), 0, RAW, false },
		{ HEADER(ENTRIES_AT), SECOND, SEALED, false },
		{ HEADER(ENTRIES_AT), GPT_ENTRIES + 1, SEALED, false },
		{ HEADER(OTHER), LAST - 1, SEALED, false },
		{ HEADER(OTHER), LAST + 1, SEALED, false },
		{ ENTRY(UNUSED), 1, RAW, false },
		{ SECOND_ENTRY(UNUSED), 1, RAW, false },
		{ LAST_HEADER(DISK_UUID), 5, SEALED, false },
	};
	size_t i;

	(void)state;
	after_sync = &foreign;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		syncs_left = 1;
		during_wait = &table[i];
		assert_int_equal(replace(&mine), -ESTALE);
		assert_int_equal(syncs, 1 + table[i].result);
		if (table[i].result)
			second_is_restored();
	}
	/* The disk fails while the tool waits, or in one of the three reads after that. */
	during_wait = NULL;
	for (reads_after_wait = 0; reads_after_wait < 3; reads_after_wait++) {
		syncs_left = 1;
		assert_int_equal(replace(&mine), -EIO);
		assert_int_equal(syncs, 1);
	}
}

/*
 * As long as the tool has written nothing, it leaves the table of another program as
 * it is.
 */
static void a_change_before_the_first_step_stays(void **state)
{
	static const struct change foreign = {
		HEADER(DISK_UUID), 3, SEALED, 0,
	};
	static const struct change mine = {
		ENTRY(END), LAST_USABLE, SUMMED, 0,
	};

	(void)state;
	before_replace = &foreign;
	during_wait = &foreign;
	assert_int_equal(replace(&mine), -ESTALE);
	assert_int_equal(syncs, 0);
	disk_has(&foreign);
}

/* If a sync fails, the tool returns the error, and takes no further step. */
static void each_step_is_on_the_disk_before_the_next(void **state)
{
	/* The entries to which the first header points after each step. */
	static const struct {
		struct change disk, copy;
		uint64_t entries[6];
	} table[] = {
		{ { 0, 0, RAW, 0 }, { ENTRY(END), LAST_USABLE, SUMMED, 0 },
		  { GPT_ENTRIES, SECOND, SECOND, GPT_ENTRIES } },
		/* The tool first finishes an earlier change. */
		{ { HEADER(ENTRIES_AT), SECOND, SEALED, 0 },
		  { HEADER(ENTRIES_AT), GPT_ENTRIES, SEALED, 0 },
		  { SECOND, GPT_ENTRIES, GPT_ENTRIES, SECOND, SECOND, GPT_ENTRIES } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		make_table();
		apply_change(sound, &table[i].disk);
		for (sync_fails = 1; replace(&table[i].copy); sync_fails++) {
			assert_in_range(sync_fails, 1, 6);
			assert_int_equal(syncs, sync_fails);
			get_disk(disk.fd, now);
			assert_int_equal(get_le64(now + HEADER(ENTRIES_AT)),
					 table[i].entries[sync_fails - 1]);
		}
		assert_int_equal(syncs, sync_fails - 1);
		assert_int_equal(syncs, i ? 6 : 4);
	}
}

/* Return a watch for the only partition. */
static struct table_watch watch_partition(void)
{
	struct table_watch watch = {
		.entry = {
			.number = 1,
			.start = (FIRST_USABLE + 6) * BLOCK,
			.size = 10 * BLOCK,
		},
	};

	strcpy(watch.entry.type, "5a5a5a5a-5a5a-5a5a-5a5a-5a5a5a5a5a5a");
	strcpy(watch.entry.uuid, "a5a5a5a5-a5a5-a5a5-a5a5-a5a5a5a5a5a5");
	return watch;
}

/* A success updates the header of a watch. An error leaves it as it is. */
static void a_watch_has_the_header_of_the_last_success(void **state)
{
	static const struct change table[] = {
		{ 0, 0, RAW, 0 },
		{ HEADER(DISK_UUID), 2, SEALED, 0 },
		{ HEADER(ENTRIES_AT), SECOND, SEALED, 0 },
		{ HEADER(MAGIC), 0, RAW, -ESTALE },
		{ HEADER(ENTRIES_AT), GPT_ENTRIES + 1, SEALED, -ESTALE },
		{ ENTRY(UNUSED), 1, RAW, -ESTALE },
		{ ENTRY(END), LAST_USABLE, SUMMED, -ESTALE },
	};
	static const uint8_t none[TABLE_BLOCK];
	struct table_watch watch;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		watch = watch_partition();
		put_disk(disk.fd, sound);
		change_disk(disk.fd, &table[i]);
		assert_int_equal(table_look(&disk, &watch), table[i].result);
		assert_memory_equal(watch.header, table[i].result ? none :
				    now + GPT_PRIMARY * BLOCK, BLOCK);
	}
}

/* The table has 128 entries. It uses only the first. */
static void a_watch_finds_a_removed_partition(void **state)
{
	static const unsigned int numbers[] = { 2, 128, 129 };
	struct table_watch watch;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		watch = watch_partition();
		watch.entry.number = numbers[i];
		assert_int_equal(table_look(&disk, &watch), -ESTALE);
	}
}

/* The first check does not take zeroes for the header of an earlier one. */
static void a_watch_begins_without_a_header(void **state)
{
	static const uint8_t zeroes[BLOCK];
	struct table_watch watch = watch_partition();

	(void)state;
	put_disk(disk.fd, sound);
	assert_int_equal(pwrite(disk.fd, zeroes, BLOCK, GPT_PRIMARY * BLOCK),
			 BLOCK);
	assert_int_equal(table_look(&disk, &watch), -ESTALE);
}

/* Each allocation fails in turn. */
static void no_memory(void **state)
{
	static const struct change change = {
		ENTRY(END), LAST_USABLE, SUMMED, 0,
	};
	struct table_watch watch = watch_partition();
	const unsigned int copied = 4;
	unsigned int nr;
	int err;

	(void)state;
	for (nr = 0; nr < copied; nr++) {
		allocations_left = nr;
		copies(-ENOMEM);
	}
	allocations_left = nr;
	copies(0);
	assert_int_equal(allocations_left, 0);
	memfd_err = ENFILE;
	copies(-ENFILE);
	memfd_err = 0;
	/*
	 * Without the first header there is no table. Otherwise it may be torn.
	 */
	for (nr = 0; nr < 2; nr++) {
		allocations_left = nr;
		assert_int_equal(table_is_torn(&disk), nr > 0);
	}
	for (nr = 0; nr < 2; nr++) {
		allocations_left = nr;
		assert_int_equal(table_look(&disk, &watch), -ENOMEM);
		assert_false(watch.known);
	}
	allocations_left = NEVER;
	assert_int_equal(table_look(&disk, &watch), 0);
	/* The copy comes first. */
	for (nr = 0;; nr++) {
		allocations_left = copied + nr;
		err = replace(&change);
		if (!err)
			break;
		assert_int_equal(err, -ENOMEM);
	}
	assert_true(nr > 5);
	disk_has(&change);
}

/* As long as the header stays, the function does not read the entries. */
static void a_watch_reads_one_block(void **state)
{
	static const struct change change = { ENTRY(UNUSED), 1, RAW, 0 };
	static const struct change sealed = { HEADER(DISK_UUID), 2, SEALED, 0 };
	struct table_watch watch = watch_partition();

	(void)state;
	assert_int_equal(table_look(&disk, &watch), 0);
	change_disk(disk.fd, &change);
	assert_int_equal(table_look(&disk, &watch), 0);
	reads_fail = true;
	assert_int_equal(table_look(&disk, &watch), -EIO);
	watch.known = false;
	reads_left = 2;
	assert_int_equal(table_look(&disk, &watch), -EIO);
	assert_int_equal(reads_left, 1);
	fail_after(NEVER);
	watch.known = true;
	change_disk(disk.fd, &sealed);
	assert_int_equal(table_look(&disk, &watch), -ESTALE);
}

static void a_watch_knows_blocks_of_4_kib_at_most(void **state)
{
	struct table_watch watch = watch_partition();

	(void)state;
	/* With blocks of 4 KiB, the header is not at byte 512. */
	disk.block = TABLE_BLOCK;
	assert_int_equal(table_look(&disk, &watch), -ESTALE);
	disk.block = 2 * TABLE_BLOCK;
	assert_int_equal(table_look(&disk, &watch), -EMEDIUMTYPE);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_a_sound_table_is_copied),
		TEST(a_disk_that_cannot_be_read),
		TEST(a_header_that_changes_is_read_again),
		TEST(tables_that_differ_are_torn),
		TEST(a_disk_with_another_size_is_not_torn),
		TEST(an_unsound_copy_is_not_written),
		TEST(a_sound_copy_is_written),
		TEST(only_a_sound_first_table_is_copied_to_the_second_place),
		TEST(a_change_before_the_first_step_stays),
		TEST(each_step_is_on_the_disk_before_the_next),
		TEST(a_watch_has_the_header_of_the_last_success),
		TEST(a_watch_finds_a_removed_partition),
		TEST(a_watch_begins_without_a_header),
		TEST(no_memory),
		TEST(a_watch_reads_one_block),
		TEST(a_watch_knows_blocks_of_4_kib_at_most),
	};

	return cmocka_run_group_tests_name("gpt-copy", tests, NULL, NULL);
}
