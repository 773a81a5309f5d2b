// SPDX-License-Identifier: GPL-2.0-only
/*
 * A replacement for the VMM, with fw_cfg files in memory. It stands in for the
 * transport and for the conversion of pages to shared memory.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "../fw_cfg.h"
#include "../vmfwupdate.h"
#include "host.h"

struct vmfw_fw_cfg host;

/* host_file() - find a file; NULL: there is none of that name */
struct host_file *host_file(const char *name)
{
	size_t i;

	for (i = 0; i < HOST_FILES; i++)
		if (host.files[i].name && !strcmp(host.files[i].name, name))
			return &host.files[i];
	return NULL;
}

/* The word with the address, in either draft's file. */
static u8 *held_word(void)
{
	struct host_file *file = host_file(HOST_IGVM);

	return file ? file->data + 16 : host_file(HOST_FW_BLOB)->data + 8;
}

static bool is_off(void)
{
	struct host_file *file = host_file(HOST_IGVM);

	return file ? file->data[8] & BIT(0) : host_file(HOST_DISABLE)->data[0];
}

/* host_held() - the address that the VMM would load an image from, or 0 */
u64 host_held(void)
{
	return is_off() ? 0 : get_unaligned_le64(held_word());
}

static void add_file(const char *name, size_t size, u64 word)
{
	struct host_file *file = host.files;

	while (file->name)
		file++;
	file->name = name;
	file->size = size;
	if (word)
		put_unaligned_le64(word, file->data);
}

/* host_reset_vlu() - a new VMM, with "vmlaunchupdate" */
void host_reset_vlu(void)
{
	memset(&host, 0, sizeof(host));
	add_file(HOST_VLU, 56, 0);
}

/* host_reset_igvm() - a new VMM, of revision "igvm" */
void host_reset_igvm(void)
{
	memset(&host, 0, sizeof(host));
	add_file(HOST_IGVM, 32, BIT_ULL(32));
}

/* host_reset_v6() - a new VMM, of revision "v6" */
void host_reset_v6(void)
{
	memset(&host, 0, sizeof(host));
	add_file(HOST_CAP, 8, 0);
	add_file(HOST_BIOS_SIZE, 8, SZ_4M);
	add_file(HOST_FW_BLOB, 16, 0);
	add_file(HOST_OPAQUE, SZ_4K, 0);
	add_file(HOST_DISABLE, 1, 0);
}

/* Bytes at the front that a write does not change: the capabilities. */
static size_t read_only(const struct host_file *file)
{
	return strcmp(file->name, HOST_IGVM) ? 0 : sizeof(u64);
}

static bool is_vlu(const struct host_file *file)
{
	return !strcmp(file->name, HOST_VLU);
}

/* Carry out a write to the file of vmlaunchupdate. Return: the status. */
static u8 judge(struct host_file *file)
{
	const u64 control = get_unaligned_le64(file->data + 16);
	const u64 addr = get_unaligned_le64(file->data + 24);
	const u64 size = get_unaligned_le64(file->data + 32);

	if (host.copy.disabled)
		return 0;
	if (control & BIT(0)) {
		host.copy.disabled = true;
		return 0;
	}
	if (!addr && !size && control & BIT(1)) {
		host.copy.restores = true;
		return 0;
	}
	if (!(control & BIT_ULL(32)))
		return addr || size;
	if (host.copy.not_from_igvm)
		return 2;
	if (!addr || !size)
		return 1;

	host.copy.addr = addr;
	host.copy.first_byte = *(u8 *)phys_to_virt(addr);
	host.copy.once = control & BIT(1);
	memset(file->data + 24, 0, 16);
	return 0;
}

/* Before a read, a VMM with vmlaunchupdate fills in its own words. */
static void show(struct host_file *file)
{
	if (!is_vlu(file))
		return;

	host.copy.once = false;
	put_unaligned_le64(host.copy.disabled, file->data + 16);
	put_unaligned_le64(BIT_ULL(32), file->data + 8);
	file->data[0] = 1;
	file->data[1] = 0;
}

static void take(struct host_file *file, const void *out)
{
	const size_t skip = read_only(file);

	if (is_vlu(file)) {
		memcpy(file->data, out, file->size);
		file->data[2] = judge(file);
		file->data[3] = 0;
		return;
	}

	memcpy(file->data + skip, out + skip, file->size - skip);
	if (host.answer)
		host.answer(file);
}

/* host_refuse() - answer: zeroes in place of the written bytes */
void host_refuse(struct host_file *file)
{
	const size_t skip = read_only(file);

	memset(file->data + skip, 0, file->size - skip);
}

/* host_cling() - answer: the written bytes, but never without an address */
void host_cling(struct host_file *file)
{
	if (!host_held())
		put_unaligned_le64(SZ_64K, held_word());
}

static int find(const char *name, size_t len, struct host_file **file)
{
	*file = host_file(name);
	return *file && (*file)->size == len ? 0 : -ENOENT;
}

static bool fails_now(void)
{
	return ++host.operations == host.fail_at;
}

int vmfw_fw_cfg_read(struct vmfw_fw_cfg *fw, const char *name, void *in,
		     size_t len)
{
	struct host_file *file;
	int err;

	err = find(name, len, &file);
	if (err)
		return err;
	if (fails_now())
		return host.fail_error;

	show(file);
	memcpy(in, file->data, len);
	return 0;
}

int vmfw_fw_cfg_exchange(struct vmfw_fw_cfg *fw, const char *name,
			 const void *out, void *in, size_t len, bool *written)
{
	struct host_file *file;
	bool fails;
	int err;

	*written = false;
	err = find(name, len, &file);
	if (err)
		return err;
	fails = fails_now();
	if (fails && !host.fail_late)
		return host.fail_error;

	*written = true;
	take(file, out);
	if (fails)
		return host.fail_error;

	show(file);
	if (host.answer && is_vlu(file))
		host.answer(file);
	memcpy(in, file->data, len);
	return 0;
}

int vmfw_fw_cfg_write_last(struct vmfw_fw_cfg *fw, const char *name,
			   const void *out, size_t len)
{
	struct host_file *file;
	bool fails;
	int err;

	err = find(name, len, &file);
	if (err)
		return err;
	fails = fails_now();
	if (!fails || host.fail_late)
		take(file, out);
	return fails ? host.fail_error : 0;
}

int vmfw_share(struct page *page, unsigned long nr)
{
	if (!host.share_error)
		host.shared += nr;
	return host.share_error;
}

int vmfw_unshare(struct page *page, unsigned long nr)
{
	if (!host.unshare_error)
		host.shared -= nr;
	return host.unshare_error;
}

void vmfw_leak(unsigned long nr, const char *why)
{
	host.leaked += nr;
}
