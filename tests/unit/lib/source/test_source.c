// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Images in files: their kind, their part of the file, and changes of the file.
 * A stream must have the bytes that the check has read.
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
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/fs.h>
#include <openssl/evp.h>
#include <cmocka.h>

#include "base/exit.h"
#include "base/interrupt.h"
#include "base/sha256.h"
#include "base/worker.h"
#include "igvm/vmfw-igvm.h"
#include "shared/macro.h"
#include "source/check.h"
#include "source/container.h"
#include "source/flat.h"
#include "source/source.h"
#include "../efi/section.h"
#include "file.h"
#include "shared/bytes.h"
#include "errors.h"
#include "tree.h"

#define PIECE		(256 * KIB)
#define LARGE		(3 * PIECE + 5)
#define PAGES		4

static struct file image;
static int fd;
static char path[32];
static struct messages messages;
static struct source source;
static unsigned int descriptors;

/**
 * struct happens - events while the tool opens and reads a file
 * @open: result of opening it, or 0: that of the real function
 * @stat: errno of fstat(), or 0
 * @disk: the file looks like a disk of LARGE bytes
 * @ioctl: errno of the call for the size of the disk, or 0
 * @reads: number of reads so far
 * @fails_at: number of the read that fails, from 1; 0: none
 * @error: errno of that read
 * @signal_after: number of reads after which a signal has come; 0: none comes
 * @changes_at: offset of a byte that every read returns changed; below zero:
 *	none
 * @largest: number of bytes of the largest read
 * @no_memory: allocations fail
 * @scarce: number, from 1, of the allocation that fails, also by libcrypto; 0: none
 * @digest_fails_at: number, from 1, of the piece that libcrypto does not hash; 0:
 *	none
 * @second_thread: the last stream could use a second thread
 */
static struct {
	int open;
	int stat;
	bool disk;
	int ioctl;
	unsigned int reads;
	unsigned int fails_at;
	int error;
	unsigned int signal_after;
	off_t changes_at;
	size_t largest;
	bool no_memory;
	unsigned int scarce;
	unsigned int digest_fails_at;
	bool second_thread;
} happens;

int __real_volume_open(const struct volumes *volumes, const char *name,
		       int flags);
int __wrap_volume_open(const struct volumes *volumes, const char *name,
		       int flags);
int __wrap_volume_open(const struct volumes *volumes, const char *name,
		       int flags)
{
	assert_null(volumes);
	return happens.open ? happens.open :
			      __real_volume_open(volumes, name, flags);
}

int __real_fstat(int file, struct stat *st);
int __wrap_fstat(int file, struct stat *st);
int __wrap_fstat(int file, struct stat *st)
{
	int result = __real_fstat(file, st);

	if (happens.disk) {
		st->st_mode = S_IFBLK;
		st->st_size = 0;
	}
	errno = happens.stat;
	return happens.stat ? -1 : result;
}

int __wrap_ioctl(int file, unsigned long request, ...);
int __wrap_ioctl(int file, unsigned long request, ...)
{
	va_list args;

	(void)file;
	assert_int_equal(request, BLKGETSIZE64);
	va_start(args, request);
	*va_arg(args, uint64_t *) = LARGE;
	va_end(args);
	errno = happens.ioctl;
	return happens.ioctl ? -1 : 0;
}

ssize_t __real_pread(int file, void *buf, size_t len, off_t offset);
ssize_t __wrap_pread(int file, void *buf, size_t len, off_t offset);
ssize_t __wrap_pread(int file, void *buf, size_t len, off_t offset)
{
	ssize_t n;

	if (++happens.reads == happens.fails_at) {
		errno = happens.error;
		return -1;
	}
	if (len > happens.largest)
		happens.largest = len;
	n = __real_pread(file, buf, len, offset);
	if (happens.changes_at >= offset && happens.changes_at < offset + n)
		((uint8_t *)buf)[happens.changes_at - offset] ^= 1;
	return n;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	if (happens.scarce && !--happens.scarce)
		return NULL;
	return happens.no_memory ? NULL : __real_malloc(size);
}

struct digest *__real_digest_begin(void);
struct digest *__wrap_digest_begin(void);
struct digest *__wrap_digest_begin(void)
{
	return happens.scarce && !--happens.scarce ? NULL :
						     __real_digest_begin();
}

int __real_digest_add(struct digest *digest, const void *bytes, size_t len);
int __wrap_digest_add(struct digest *digest, const void *bytes, size_t len);
int __wrap_digest_add(struct digest *digest, const void *bytes, size_t len)
{
	if (happens.digest_fails_at && !--happens.digest_fails_at)
		return -EIO;
	return __real_digest_add(digest, bytes, len);
}

int __wrap_interrupt_seen(void);
int __wrap_interrupt_seen(void)
{
	return happens.signal_after && happens.reads >= happens.signal_after ?
		       15 : 0;
}

void __real_worker_begin(struct worker *worker, bool useful);
void __wrap_worker_begin(struct worker *worker, bool useful);
void __wrap_worker_begin(struct worker *worker, bool useful)
{
	happens.second_thread = useful;
	__real_worker_begin(worker, useful);
}

static void nothing_happens(void)
{
	memset(&happens, 0, sizeof(happens));
	happens.changes_at = -1;
	happens.error = EIO;
}

/* Make a sound image with some pages. */
static void make_image(void)
{
	static uint8_t page[4096];
	unsigned int header[PAGES], i;
	uint32_t offset;

	file_begin(&image, 1, 0);
	HEADER(&image, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
	for (i = 0; i < PAGES; i++)
		header[i] = HEADER(&image, 0x302, 24, { 0, 8, i * 4096u },
				   { 8, 4, 1 },);
	for (i = 0; i < PAGES; i++) {
		memset(page, 'a' + i, sizeof(page));
		offset = file_data(&image, page, sizeof(page));
		file_put(file_content(&image, header[i]) + 12, 4, offset);
	}
	file_seal(&image);
}

static int set_up(void **state)
{
	(void)state;
	messages_keep(&messages);
	descriptors = tree_count_descriptors();
	fd = memfd_create("image", 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	make_image();
	nothing_happens();
	return fd < 0;
}

static int tear_down(void **state)
{
	(void)state;
	close(fd);
	messages_free(&messages);
	assert_int_equal(tree_count_descriptors(), descriptors);
	return 0;
}

static void put(const void *bytes, size_t len, off_t offset)
{
	assert_int_equal(pwrite(fd, bytes, len, offset), len);
}

static void resize(off_t size)
{
	assert_false(ftruncate(fd, 0));
	assert_false(ftruncate(fd, size));
}

static enum vmfw_exit open_it(void)
{
	return source_open(&source, &messages, path, NULL);
}

static void refused(enum vmfw_exit code, const char *words)
{
	assert_int_equal(open_it(), code);
	source_close(&source);
	expect_error(&messages, words);
}

static void an_image(void **state)
{
	struct vmfw_igvm igvm;
	uint8_t *all;

	(void)state;
	put(image.bytes, image.size, 0);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_int_equal(source.kind, SOURCE_IGVM);
	assert_null(source.container);
	assert_int_equal(source.size, image.size);
	assert_int_equal(source.head_len, image.headers_end);
	assert_memory_equal(source.head, image.bytes, source.head_len);
	assert_int_equal(source_check(&source, &messages, &igvm, NULL, NULL),
			 VMFW_EXIT_OK);
	all = malloc(image.size);
	assert_non_null(all);
	assert_int_equal(source_read_all(&source, &messages, all),
			 VMFW_EXIT_OK);
	assert_memory_equal(all, image.bytes, image.size);
	happens.fails_at = happens.reads + 1;
	assert_int_equal(source_read_all(&source, &messages, all),
			 VMFW_EXIT_SYSTEM);
	expect_error(&messages, strerror(EIO));
	free(all);
	source_close(&source);
}

/* Pages are right in any order of reads. */
static void pages_of_an_image(void **state)
{
	static const unsigned int order[] = { 0, 1, 2, 3, 1, 2, 0, 3, 3, 2, 1 };
	uint8_t page[4096];
	struct vmfw_igvm igvm;
	size_t i;

	(void)state;
	put(image.bytes, image.size, 0);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_int_equal(source_check(&source, &messages, &igvm, NULL, NULL),
			 VMFW_EXIT_OK);
	source.next = 1;
	for (i = 0; i < ARRAY_SIZE(order); i++) {
		/*
		 * The source reads ahead only if a read begins where the last
		 * one ended.
		 */
		assert_int_equal(!source.window, i < 2);
		assert_int_equal(vmfw_igvm_read(&igvm, 1, order[i] * 4096u,
						page, sizeof(page)), 0);
		assert_int_equal(page[0], 'a' + order[i]);
		assert_int_equal(page[4095], 'a' + order[i]);
	}
	/* The window served the reads in order, so that the file had fewer reads. */
	assert_non_null(source.window);
	assert_true(happens.reads < ARRAY_SIZE(order) + 4);
	happens.fails_at = happens.reads + 1;
	source.window_len = 0;
	assert_int_equal(vmfw_igvm_read(&igvm, 1, 0, page, 1), -EIO);
	happens.signal_after = 1;
	assert_int_equal(vmfw_igvm_read(&igvm, 1, 0, page, 1),
			 -ECANCELED);
	source_close(&source);
}

static void images_that_are_none(void **state)
{
	struct vmfw_igvm igvm;

	(void)state;
	image.bytes[0] ^= 1;
	put(image.bytes, image.size, 0);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_int_equal(source.kind, SOURCE_UNKNOWN);
	assert_int_equal(source_check(&source, &messages, &igvm, NULL, NULL),
			 VMFW_EXIT_IMAGE);
	assert_int_equal(messages.nr, 0);
	assert_int_equal(findings_check_image(&source, &messages, &igvm),
			 VMFW_EXIT_IMAGE);
	expect_error(&messages, path);
	source_close(&source);
	/* An empty file, a byte, and a page of zeroes. */
	resize(0);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_int_equal(source.kind, SOURCE_UNKNOWN);
	assert_int_equal(source.head_len, 0);
	source_close(&source);
	resize(1);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_int_equal(source.head_len, 1);
	source_close(&source);
	resize(4096);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_int_equal(source.kind, SOURCE_UNKNOWN);
	assert_int_equal(source.head_len, 64);
	source_close(&source);
}

/* The check reads registers. An error of such a read is no fault of the image. */
static void registers_that_cannot_be_read(void **state)
{
	static const int errors[][2] = {
		{ EACCES, EACCES }, { EINVAL, EIO }, { EIO, EIO },
	};
	static const uint8_t page[4096];
	unsigned int context;
	struct vmfw_igvm igvm;
	size_t i;

	(void)state;
	file_begin(&image, 2, 0);
	HEADER(&image, 0x001, 16, { 0, 4, 1 }, { 6, 2, 1 },);
	HEADER(&image, 0x302, 24, { 0, 8, 0xfffff000 }, { 8, 4, 1 },);
	context = HEADER(&image, 0x304, 20, { 8, 4, 1 },);
	file_put(file_content(&image, context) + 12, 4,
		 file_data(&image, page, sizeof(page)));
	file_seal(&image);
	put(image.bytes, image.size, 0);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		happens.fails_at = happens.reads + 1;
		happens.error = errors[i][0];
		assert_int_equal(findings_check(&source, &messages, &igvm),
				 VMFW_EXIT_SYSTEM);
		expect_error(&messages, strerror(errors[i][1]));
	}
	assert_int_equal(findings_check(&source, &messages, &igvm),
			 VMFW_EXIT_OK);
	source_close(&source);
}

static void files_that_cannot_be_read(void **state)
{
	struct vmfw_igvm igvm;

	(void)state;
	put(image.bytes, image.size, 0);
	for (happens.fails_at = 1; happens.fails_at <= 3; happens.fails_at++) {
		happens.reads = 0;
		refused(VMFW_EXIT_SYSTEM, strerror(EIO));
	}
	nothing_happens();
	snprintf(path, sizeof(path), "/dev/null");
	refused(VMFW_EXIT_SYSTEM, "neither a regular file nor a disk");
	snprintf(path, sizeof(path), "/");
	refused(VMFW_EXIT_SYSTEM, "neither a regular file nor a disk");
	snprintf(path, sizeof(path), "/none");
	refused(VMFW_EXIT_SYSTEM, strerror(ENOENT));
	/* A signal comes during the check. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	happens.signal_after = 1;
	assert_true(source_check(&source, &messages, &igvm, NULL, NULL) >=
		    128);
	source_close(&source);
}

/* The size of a disk comes from the kernel. */
static void a_size_that_is_unknown(void **state)
{
	(void)state;
	put(image.bytes, image.size, 0);
	happens.stat = EIO;
	refused(VMFW_EXIT_SYSTEM, ": cannot use this file: Input/output error");
	happens.stat = 0;
	happens.disk = true;
	happens.ioctl = EACCES;
	refused(VMFW_EXIT_SYSTEM, ": cannot use this file: Permission denied");
	happens.ioctl = 0;
	resize(LARGE);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_int_equal(source.file_size, LARGE);
	source_close(&source);
}

/* After a signal, the tool still reports any error that the signal did not cause. */
static void only_an_interrupted_call_ends_by_a_signal(void **state)
{
	static const struct {
		int err;
		bool signal;
		int code;
		const char *words;
	} table[] = {
		/* No real signal has come, so its number is 0. */
		{ -EINTR, true, 128, ": nothing was changed" },
		{ -EINTR, false, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: Interrupted system call" },
		{ -ENOENT, true, VMFW_EXIT_SYSTEM,
		  ": cannot use this file: No such file or directory" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		happens.open = table[i].err;
		happens.reads = table[i].signal;
		happens.signal_after = table[i].signal;
		refused(table[i].code, table[i].words);
	}
}

static void flat_as(unsigned int size, int volume, uint8_t code,
		    enum source_kind kind, enum vmfw_exit check)
{
	const uint8_t jump[] = { 0xe9, code };
	struct vmfw_igvm igvm;

	resize(size);
	if (volume)
		put("_FVH\xff\xfe", 6, 40);
	if (code)
		put(jump, sizeof(jump), size - 16);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_int_equal(source.kind, kind);
	if (kind == SOURCE_FLAT) {
		assert_int_equal(source.starts_nowhere, !code);
		assert_int_equal(findings_check_image(&source, &messages,
						      &igvm), check);
		assert_int_equal(!messages.nr, !check);
	}
	messages_free(&messages);
	source_close(&source);
}

static void flat_firmware(void **state)
{
	(void)state;
	flat_as(4096, false, 0x90, SOURCE_FLAT, VMFW_EXIT_OK);
	flat_as(4096 + 512, false, 0x90, SOURCE_UNKNOWN, 0);
	flat_as(4096 - 16, false, 0x90, SOURCE_UNKNOWN, 0);
	flat_as(FLAT_MAX, false, 0x90, SOURCE_FLAT, VMFW_EXIT_OK);
	/*
	 * A file that is too large for a PC counts as flat firmware only if it
	 * begins with a firmware volume.
	 */
	flat_as(FLAT_MAX + 4096, false, 0x90, SOURCE_UNKNOWN, 0);
	flat_as(FLAT_MAX + 4096, true, 0x90, SOURCE_FLAT, VMFW_EXIT_IMAGE);
	/*
	 * A file without code at its end counts only with a firmware volume, as
	 * a variable store.
	 */
	flat_as(8192, true, 0, SOURCE_FLAT, VMFW_EXIT_IMAGE);
	flat_as(8192, false, 0, SOURCE_UNKNOWN, 0);
}

/* Only if all bytes are 0x00, or all are 0xff, there is no code. */
static void code_at_the_reset_vector(void **state)
{
	uint8_t vector[FLAT_VECTOR];
	unsigned int fill;
	size_t i;

	(void)state;
	for (fill = 0; fill <= 0xff; fill++) {
		memset(vector, fill, sizeof(vector));
		assert_int_equal(flat_starts_nowhere(vector),
				 fill == 0 || fill == 0xff);
		for (i = 0; i < sizeof(vector); i++) {
			vector[i] ^= 1;
			assert_false(flat_starts_nowhere(vector));
			vector[i] ^= 1;
		}
	}
}

/* The copy below 1 MiB has the last 256 KiB of the firmware at most. */
static void second_copy_of_a_firmware(void **state)
{
	static const uint64_t sizes[][2] = {
		{ 64 * KIB, 64 * KIB }, { 256 * KIB, 256 * KIB },
		{ 256 * KIB + 1, 256 * KIB }, { 4 * MIB, 256 * KIB },
	};
	struct vmfw_igvm_range range;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		range = flat_alias(sizes[i][0]);
		assert_int_equal(range.start, MIB - sizes[i][1]);
		assert_int_equal(range.end, MIB);
	}
}

/* Each field of the volume counts. FvLength is at 32, the signature at 40. */
static void variable_stores(void **state)
{
	const uint8_t store[FLAT_VOLUME] = {
		[16] = 0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c,
		0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50,
		[33] = 0x20, [40] = '_', 'F', 'V', 'H',
	};
	uint8_t other[FLAT_VOLUME];
	size_t i;

	(void)state;
	assert_true(flat_is_variable_store(store, 8192));
	assert_true(flat_is_variable_store(store, 12288));
	assert_false(flat_is_variable_store(store, 8191));
	for (i = 16; i < sizeof(other); i++) {
		memcpy(other, store, sizeof(other));
		other[i] ^= 0x40;
		/* FvLength may be 64 bytes more, because the file is long enough. */
		assert_int_equal(flat_is_variable_store(other, 12288), i == 32);
	}
	memcpy(other, store, sizeof(other));
	other[33] = 0;
	assert_false(flat_is_variable_store(other, 8192));
}

/* The bytes that arrive, and the number of calls. */
static struct {
	uint8_t bytes[LARGE];
	size_t len;
	unsigned int calls;
	int err;
	unsigned int fails_at;
} sink;

static int take(void *arg, const void *bytes, size_t len)
{
	assert_ptr_equal(arg, &sink);
	if (sink.err)
		return sink.err;
	if (++sink.calls == sink.fails_at)
		return -EDQUOT;
	assert_true(sink.len + len <= sizeof(sink.bytes));
	memcpy(sink.bytes + sink.len, bytes, len);
	sink.len += len;
	return 0;
}

static void fill(size_t size)
{
	static uint8_t bytes[LARGE];
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = i * 7 + (i >> 8);
	put(bytes, size, 0);
	memset(&sink, 0, sizeof(sink));
}

static void make_large(void)
{
	fill(LARGE);
}

static int stream(uint8_t *digest)
{
	happens.reads = 0;
	memset(&sink, 0, offsetof(typeof(sink), err));
	return source_stream(&source, take, &sink, NULL, digest);
}

static void a_whole_stream(void **state)
{
	uint8_t digest[DIGEST_SIZE], again[DIGEST_SIZE], expected[DIGEST_SIZE];
	static uint8_t bytes[LARGE];

	(void)state;
	make_large();
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_int_equal(stream(digest), 0);
	assert_int_equal(sink.len, LARGE);
	assert_int_equal(sink.calls, 4);
	assert_int_equal(pread(fd, bytes, LARGE, 0), LARGE);
	assert_memory_equal(sink.bytes, bytes, LARGE);
	assert_int_equal(EVP_Digest(bytes, LARGE, expected, NULL, EVP_sha256(),
				    NULL), 1);
	assert_memory_equal(digest, expected, DIGEST_SIZE);
	assert_int_equal(source_digest(&source, &messages, again),
			 VMFW_EXIT_OK);
	assert_memory_equal(again, expected, DIGEST_SIZE);
	source_close(&source);
}

static void files_that_change(void **state)
{
	uint8_t digest[DIGEST_SIZE];

	(void)state;
	make_large();
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	/* The headers must not change after the check. */
	happens.changes_at = 0;
	assert_int_equal(stream(digest), -ESTALE);
	assert_int_equal(sink.len, 0);
	happens.changes_at = source.head_len - 1;
	assert_int_equal(stream(digest), -ESTALE);
	happens.changes_at = source.head_len;
	assert_int_equal(stream(digest), 0);
	happens.changes_at = -1;
	/* The file becomes longer, and then shorter. */
	put("x", 1, LARGE);
	assert_int_equal(stream(digest), -ESTALE);
	assert_int_equal(source_digest(&source, &messages, digest),
			 VMFW_EXIT_SYSTEM);
	expect_error(&messages, "another program changed it");
	assert_false(ftruncate(fd, LARGE - 1));
	assert_int_equal(stream(digest), -ESTALE);
	source_close(&source);
}

/* The headers of the image are longer than the first piece. */
static void headers_of_many_pieces(void **state)
{
	uint8_t digest[DIGEST_SIZE];

	(void)state;
	make_large();
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	free(source.head);
	source.head_len = PIECE + 100;
	source.head = malloc(source.head_len);
	assert_non_null(source.head);
	assert_int_equal(pread(fd, source.head, source.head_len, 0),
			 source.head_len);
	assert_int_equal(stream(digest), 0);
	happens.changes_at = PIECE + 99;
	assert_int_equal(stream(digest), -ESTALE);
	assert_int_equal(sink.len, PIECE);
	happens.changes_at = PIECE + 100;
	assert_int_equal(stream(digest), 0);
	source_close(&source);
}

static void streams_that_fail(void **state)
{
	uint8_t digest[DIGEST_SIZE];

	(void)state;
	make_large();
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	sink.err = -ENOSPC;
	assert_int_equal(stream(digest), -ENOSPC);
	sink.err = 0;
	happens.fails_at = 2;
	assert_int_equal(stream(digest), -EIO);
	assert_int_equal(sink.calls, 1);
	happens.fails_at = 0;
	happens.signal_after = 2;
	assert_int_equal(stream(digest), -EINTR);
	assert_int_equal(sink.calls, 2);
	happens.reads = 0;
	assert_true(source_digest(&source, &messages, digest) >= 128);
	/* A signal comes during a read that fails for another reason. */
	happens.reads = 0;
	happens.fails_at = 2;
	messages_free(&messages);
	assert_int_equal(source_digest(&source, &messages, digest),
			 VMFW_EXIT_SYSTEM);
	expect_error(&messages, ": Input/output error");
	assert_int_equal(source_stream_error(&source, &messages, -EIO),
			 VMFW_EXIT_SYSTEM);
	source_close(&source);
}

/* Images around the size of a piece: a second thread hashes only the larger ones. */
static void any_number_of_pieces(void **state)
{
	static const size_t sizes[] = {
		PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1,
		3 * PIECE, LARGE,
	};
	uint8_t digest[DIGEST_SIZE], expected[DIGEST_SIZE];
	unsigned int fails_at, pieces;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		pieces = (sizes[i] + PIECE - 1) / PIECE;
		resize(sizes[i]);
		fill(sizes[i]);
		assert_int_equal(open_it(), VMFW_EXIT_OK);
		assert_int_equal(stream(digest), 0);
		assert_int_equal(sink.calls, pieces);
		assert_int_equal(happens.second_thread, pieces > 1);
		assert_int_equal(EVP_Digest(sink.bytes, sizes[i], expected,
					    NULL, EVP_sha256(), NULL), 1);
		assert_memory_equal(digest, expected, DIGEST_SIZE);
		for (fails_at = 1; fails_at <= pieces; fails_at++) {
			sink.fails_at = fails_at;
			assert_int_equal(stream(digest), -EDQUOT);
			assert_int_equal(sink.calls, fails_at);
			assert_int_equal(happens.reads, fails_at);
		}
		sink.fails_at = 0;
		for (fails_at = 1; fails_at <= pieces; fails_at++) {
			happens.digest_fails_at = fails_at;
			assert_int_equal(stream(digest), -EIO);
		}
		source_close(&source);
	}
}

/* Reads in order, one of them larger than the window. */
static void large_reads(void **state)
{
	static uint8_t bytes[LARGE], expected[LARGE];
	const struct vmfw_igvm_input *input;
	struct vmfw_igvm igvm;

	(void)state;
	make_large();
	assert_int_equal(pread(fd, expected, LARGE, 0), LARGE);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	source_check(&source, &messages, &igvm, NULL, NULL);
	input = &igvm.input;
	assert_int_equal(input->read(input->arg, 0, bytes, 4096), 0);
	assert_int_equal(input->read(input->arg, 4096, bytes + 4096,
				     200 * KIB), 0);
	assert_int_equal(input->read(input->arg, 4096 + 200 * KIB,
				     bytes + 4096 + 200 * KIB, 128 * KIB), 0);
	assert_memory_equal(bytes, expected, 4096 + 328 * KIB);
	/* Reads at the end, where less than a window is left. */
	assert_int_equal(input->read(input->arg, LARGE - 10, bytes, 5), 0);
	assert_int_equal(input->read(input->arg, LARGE - 5, bytes + 5, 5), 0);
	assert_memory_equal(bytes, expected + LARGE - 10, 10);
	/* A read ahead that fails, and a signal. */
	assert_int_equal(input->read(input->arg, 0, bytes, 4096), 0);
	happens.fails_at = happens.reads + 1;
	assert_int_equal(input->read(input->arg, 4096, bytes, 4096), -EIO);
	happens.signal_after = 1;
	assert_int_equal(input->read(input->arg, 0, bytes, 4096), -EINTR);
	source_close(&source);
}

static void no_memory(void **state)
{
	uint8_t digest[DIGEST_SIZE], page[4096];
	struct vmfw_igvm igvm;
	unsigned int i;

	(void)state;
	put(image.bytes, image.size, 0);
	happens.no_memory = true;
	assert_int_equal(open_it(), VMFW_EXIT_SYSTEM);
	source_close(&source);
	happens.no_memory = false;
	expect_error(&messages, strerror(ENOMEM));
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_int_equal(source_check(&source, &messages, &igvm, NULL, NULL),
			 VMFW_EXIT_OK);
	/* A stream needs two pieces and a digest, even for a small image. */
	for (i = 1; i <= 3; i++) {
		happens.scarce = i;
		assert_int_equal(stream(digest), -ENOMEM);
		assert_int_equal(happens.reads, 0);
	}
	happens.no_memory = true;
	assert_int_equal(stream(digest), -ENOMEM);
	/* There is no memory for the window. */
	assert_int_equal(vmfw_igvm_read(&igvm, 1, 0, page, sizeof(page)), 0);
	assert_int_equal(vmfw_igvm_read(&igvm, 1, 4096, page, sizeof(page)),
			 -ENOMEM);
	happens.no_memory = false;
	source_close(&source);
}

/* Read from an image in memory. */
static int read_image(void *arg, uint64_t offset, void *buf, size_t len)
{
	const struct file *file = arg;

	assert_true(offset + len <= file->size);
	memcpy(buf, file->bytes + offset, len);
	return 0;
}

static void in_memory(void **state)
{
	const struct vmfw_igvm_input input = {
		.size = image.size, .read = read_image, .arg = &image,
	};
	uint8_t digest[DIGEST_SIZE];

	(void)state;
	assert_int_equal(source_open_input(&source, &messages, "memory",
					   &input), VMFW_EXIT_OK);
	assert_int_equal(source.kind, SOURCE_IGVM);
	assert_int_equal(source.fd, -1);
	assert_int_equal(source.size, image.size);
	assert_int_equal(stream(digest), 0);
	assert_int_equal(sink.len, image.size);
	assert_memory_equal(sink.bytes, image.bytes, image.size);
	assert_int_equal(happens.reads, 0);
	source_close(&source);
}

/* Read from the image in memory, and fail after a number of reads. */
static int read_until(void *arg, uint64_t offset, void *buf, size_t len)
{
	unsigned int *left = arg;

	return (*left)-- ? read_image(&image, offset, buf, len) : -EINTR;
}

/*
 * The first read finds the kind of the image, the second one gets its headers, and
 * the third one is for its digest. No signal has come, so -EINTR is an error like any
 * other.
 */
static void in_memory_that_cannot_be_read(void **state)
{
	uint8_t digest[DIGEST_SIZE];
	unsigned int reads, left;

	(void)state;
	for (reads = 0; reads <= 2; reads++) {
		const struct vmfw_igvm_input input = {
			.size = image.size, .read = read_until, .arg = &left,
		};

		left = reads;
		assert_int_equal(source_open_input(&source, &messages, "memory",
						   &input), reads < 2 ?
				 VMFW_EXIT_SYSTEM : VMFW_EXIT_OK);
		assert_int_equal(!messages.nr, reads == 2);
		if (reads == 2)
			assert_int_equal(source_digest(&source, &messages,
						       digest), VMFW_EXIT_SYSTEM);
		expect_error(&messages, "memory: cannot use this file: Interrupted");
		source_close(&source);
	}
}

/* A partition holds one file, which is the image. */
static void in_a_partition(void **state)
{
	uint8_t head[16] = "1FILE FS", digest[DIGEST_SIZE];
	struct vmfw_igvm igvm;

	(void)state;
	resize(128 * KIB);
	put_le64(head + 8, image.size);
	put(head, sizeof(head), 0);
	put(image.bytes, image.size, sizeof(head));
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_string_equal(source.container->word, "partition");
	assert_int_equal(source.file_size, 128 * KIB);
	assert_int_equal(source.size, image.size);
	assert_int_equal(source.extent.start, sizeof(head));
	assert_int_equal(source.kind, SOURCE_IGVM);
	assert_int_equal(source_check(&source, &messages, &igvm, NULL, NULL),
			 VMFW_EXIT_OK);
	assert_int_equal(stream(digest), 0);
	assert_int_equal(sink.len, image.size);
	assert_memory_equal(sink.bytes, image.bytes, image.size);
	source_close(&source);
	/* The partition is readable up to its kind, and then not. */
	happens.reads = 0;
	happens.fails_at = 2;
	refused(VMFW_EXIT_SYSTEM,
		"cannot read this partition: Input/output error");
	happens.fails_at = 0;
	/* The file is too long, or no image, or the partition is too short. */
	put_le64(head + 8, 128 * KIB - sizeof(head) + 1);
	put(head, sizeof(head), 0);
	refused(VMFW_EXIT_IMAGE, "is longer than the partition");
	put("none", 4, sizeof(head));
	refused(VMFW_EXIT_IMAGE, "is not an IGVM image");
	assert_false(ftruncate(fd, 8));
	refused(VMFW_EXIT_IMAGE, "is not an IGVM image");
	/* A partition with another word at its start is no container. */
	resize(128 * KIB);
	put("1FILE F", 7, 0);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_null(source.container);
	source_close(&source);
}

/* The file begins like a disk, but has no partitions. */
static void on_a_disk(void **state)
{
	(void)state;
	resize(64 * KIB);
	put("\x55\xaa", 2, 510);
	put("EFI PART", 8, 512);
	refused(VMFW_EXIT_SOURCE, ": cannot read the partition table: it is damaged or unreadable, or is that of a disk with another block size");
	put("x", 1, 512);
	put("EFI PART", 8, 4096);
	refused(VMFW_EXIT_SOURCE, "partition table");
	/* The signature of an MBR alone does not make a disk. */
	put("x", 1, 4096);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_null(source.container);
	source_close(&source);
	put("E", 1, 4096);
	put("\x54", 1, 510);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_null(source.container);
	source_close(&source);
	put("\x55\xab", 2, 510);
	assert_int_equal(open_it(), VMFW_EXIT_OK);
	assert_null(source.container);
	source_close(&source);
}

/*
 * The section or the name selects one of two firmwares in a UKI. After an error, the
 * file does not stay open.
 */
static void in_a_uki(void **state)
{
	static const char plain[32] = "The second firmware in this UKI";
	/* It begins with the GUID of firmware management. */
	static const char capsule[32] =
		"\xed\xd5\xcb\x6d\x2d\xe8\x44\x4c\xbd\xa1\x71\x94\x19\x9a\xd9\x2a";
	static const struct {
		const char *payload;
		size_t len;
		struct source_choice choice;
		enum vmfw_exit code;
		const char *error;
	} table[] = {
		{ plain, 32, { .fwid = "mine" }, VMFW_EXIT_OK, NULL },
		{ plain, 32, { .section = 2 }, VMFW_EXIT_OK, NULL },
		{ plain, 32, { .fwid = "none" }, VMFW_EXIT_SOURCE,
		  ": this file has no firmware \"none\"; names for --fwid: " },
		{ capsule, 32, { .fwid = "mine" }, VMFW_EXIT_IMAGE,
		  ": no VMM starts from \"mine\" (section 2): it is a UEFI capsule" },
		{ plain, 0, { .fwid = "mine" }, VMFW_EXIT_IMAGE,
		  ": cannot read this UEFI program: .efifw: the section contains no firmware" },
	};
	static struct image program;
	struct section section;
	uint64_t start;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		image_begin(&program, true);
		/* Only the first two bytes are the same in all programs. */
		program.bytes[2] = 0x90;
		section_firmware(&section, "other", MACHINE(0), "first", 5);
		section_add(&program, ".efifw", &section);
		section_firmware(&section, "mine", 0, table[i].payload,
				 table[i].len);
		start = section_add(&program, ".efifw", &section) -
			program.bytes + section.len - table[i].len;
		resize(program.size);
		put(program.bytes, program.size, 0);
		assert_int_equal(source_open(&source, &messages, path,
					     &table[i].choice), table[i].code);
		assert_string_equal(source.container->word, "uki");
		if (table[i].error) {
			assert_int_equal(messages.nr, 1);
			expect_error(&messages, table[i].error);
		} else {
			assert_int_equal(source.extent.start, start);
			assert_int_equal(source.size, table[i].len);
			assert_string_equal(source.extent.words,
					    "\"mine\" (section 2)");
			assert_memory_equal(source.head, plain, source.size);
		}
		source_close(&source);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(an_image),
		TEST(pages_of_an_image),
		TEST(images_that_are_none),
		TEST(registers_that_cannot_be_read),
		TEST(files_that_cannot_be_read),
		TEST(a_size_that_is_unknown),
		TEST(only_an_interrupted_call_ends_by_a_signal),
		TEST(flat_firmware),
		TEST(code_at_the_reset_vector),
		TEST(second_copy_of_a_firmware),
		TEST(variable_stores),
		TEST(a_whole_stream),
		TEST(files_that_change),
		TEST(headers_of_many_pieces),
		TEST(streams_that_fail),
		TEST(any_number_of_pieces),
		TEST(large_reads),
		TEST(no_memory),
		TEST(in_memory),
		TEST(in_memory_that_cannot_be_read),
		TEST(in_a_partition),
		TEST(on_a_disk),
		TEST(in_a_uki),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
