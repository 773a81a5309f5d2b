// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport over a device made of memory: wrong directories, transfers that
 * fail or never end, an exchange that ends halfway. Each test also checks that the
 * transport gives back everything that it took.
 *
 * This file includes fw_cfg.c below. It replaces the registers, the locks and the
 * conversion of pages by functions on struct fake.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>
#include <linux/acpi.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/qemu_fw_cfg.h>

/* The other tests have a transport of their own with these names. */
#define vmfw_fw_cfg_read		tested_read
#define vmfw_fw_cfg_exchange		tested_exchange
#define vmfw_fw_cfg_write_last		tested_write_last

#include "../fw_cfg.h"
#include "../vmfwupdate.h"

#define KEY_FIRST	0x20
#define FILES		200
#define ITEM_SIZE	SZ_8K
#define SOME_FILE	"etc/vmfwupdate"

/* Entries of a directory in the first transfer, and in each later one. */
#define FIRST_ENTRIES	63

/**
 * struct fake - a fw_cfg device and the machine around it
 * @pdev: the platform device that announces it
 * @resource: its registers
 * @absent: nothing announces it
 * @no_dma: an old device, without DMA
 * @directory: content of the directory
 * @item: content of every item but the directory
 * @selected: key of the selected item
 * @offset: offset of the next byte in that item
 * @transfers: transfers started so far
 * @fail_at: the transfer that reports an error, counted from 1; 0: none
 * @hang_at: from this transfer on, no transfer ends; 0: all end
 * @still_at: the transfer that reports success and moves nothing; 0: none
 * @short_at: the transfer that stops before the last byte; 0: none
 * @delay_ms: milliseconds that each transfer takes
 * @no_acpi: the machine has no ACPI
 * @lock_status: ACPI's status for the global lock
 * @lock_waits: ACPI returns @lock_status at the end of the timeout
 * @lock_hangs: ACPI waits until @freed, longer than the timeout
 * @lock_calls: how often the driver has asked ACPI for the lock
 * @freed: the firmware lets go of the lock
 * @locked: how often the driver holds the lock
 * @unlocked_transfers: transfers without the lock
 * @mapped: mappings of the registers
 * @references: references to the platform device
 * @shared: pages that the host can read
 * @leaked: pages that the driver has given up
 * @share_error: result of the conversion to shared memory
 * @unshare_error: result of the conversion to private memory
 */
struct fake {
	struct platform_device pdev;
	struct resource resource;
	bool absent;
	bool no_dma;
	struct {
		__be32 count;
		struct fw_cfg_file files[FILES];
	} __packed directory;
	u8 item[ITEM_SIZE];
	u16 selected;
	size_t offset;
	unsigned int transfers;
	unsigned int fail_at;
	unsigned int hang_at;
	unsigned int still_at;
	unsigned int short_at;
	unsigned int delay_ms;
	bool no_acpi;
	acpi_status lock_status;
	bool lock_waits;
	bool lock_hangs;
	unsigned int lock_calls;
	struct completion freed;
	int locked;
	unsigned int unlocked_transfers;
	int mapped;
	int references;
	long shared;
	long leaked;
	int share_error;
	int unshare_error;
};

static struct fake fake;
static u64 dma_address;

/* The mapped registers: the test needs only their addresses, and no content. */
static u8 registers[32];

static void copy_item(const struct fw_cfg_dma_access *dma, u32 control)
{
	u8 *data = phys_to_virt(be64_to_cpu(dma->address));
	bool is_directory = fake.selected == FW_CFG_FILE_DIR;
	u8 *item = is_directory ? (u8 *)&fake.directory : fake.item;
	size_t size = is_directory ? sizeof(fake.directory) : ITEM_SIZE;
	size_t len = be32_to_cpu(dma->length);
	size_t i;

	if (fake.transfers == fake.still_at)
		return;
	if (fake.transfers == fake.short_at)
		len--;
	for (i = 0; i < len; i++, fake.offset++) {
		if (control & FW_CFG_DMA_CTL_READ)
			data[i] = fake.offset < size ? item[fake.offset] : 0;
		else if (fake.offset < size)
			item[fake.offset] = data[i];
	}
}

static void answer_transfer(struct fw_cfg_dma_access *dma)
{
	u32 control = be32_to_cpu(dma->control);

	fake.transfers++;
	if (fake.delay_ms)
		msleep(fake.delay_ms);
	if (!fake.locked)
		fake.unlocked_transfers++;
	if (fake.hang_at && fake.transfers >= fake.hang_at)
		return;
	if (fake.transfers == fake.fail_at) {
		dma->control = cpu_to_be32(FW_CFG_DMA_CTL_ERROR);
		return;
	}

	if (control & FW_CFG_DMA_CTL_SELECT) {
		fake.selected = control >> 16;
		fake.offset = 0;
	}
	copy_item(dma, control);
	dma->control = 0;
}

static u32 fake_read32be(void __iomem *reg)
{
	size_t offset = (__force u8 *)reg - registers;
	size_t dma = fake.resource.flags == IORESOURCE_IO ? 0x04 : 0x10;

	if (fake.no_dma)
		return 0;
	return offset == dma ? 0x51454d55 : 0x20434647;
}

static void fake_write32be(u32 value, void __iomem *reg)
{
	size_t offset = (__force u8 *)reg - registers;

	if (offset % 8 == (fake.resource.flags == IORESOURCE_IO ? 4 : 0)) {
		dma_address = (u64)value << 32;
		return;
	}
	dma_address |= value;
	answer_transfer(phys_to_virt(dma_address));
	dma_address = 0;
}

static struct device *fake_find(const struct bus_type *bus,
				struct device *from, const void *data,
				int (*match)(struct device *, const void *))
{
	if (fake.absent)
		return NULL;
	fake.references++;
	return &fake.pdev.dev;
}

static void fake_put(struct device *dev)
{
	if (dev)
		fake.references--;
}

static void __iomem *fake_map_port(unsigned long port, unsigned int size)
{
	fake.mapped++;
	return (__force void __iomem *)registers;
}

static void __iomem *fake_map(phys_addr_t start, size_t size)
{
	fake.mapped++;
	return (__force void __iomem *)registers;
}

static void fake_unmap(void __iomem *reg)
{
	fake.mapped--;
}

static acpi_status fake_lock(u16 limit, u32 *handle)
{
	fake.lock_calls++;
	if (fake.lock_waits)
		msleep(limit);
	if (fake.lock_hangs)
		wait_for_completion(&fake.freed);
	if (ACPI_SUCCESS(fake.lock_status))
		fake.locked++;
	*handle = fake.locked;
	return fake.lock_status;
}

static acpi_status fake_unlock(u32 handle)
{
	if (!handle)
		return AE_NOT_ACQUIRED;
	fake.locked--;
	return AE_OK;
}

static int fake_share(struct page *page, unsigned long nr)
{
	if (!fake.share_error)
		fake.shared += nr;
	return fake.share_error;
}

static int fake_unshare(struct page *page, unsigned long nr)
{
	if (!fake.unshare_error)
		fake.shared -= nr;
	return fake.unshare_error;
}

static void fake_leak(unsigned long nr, const char *why)
{
	fake.leaked += nr;
}

#undef acpi_disabled
#undef ioread32be
#undef iowrite32be
#undef ioport_map
#undef ioport_unmap
#undef ioremap
#undef iounmap
#undef MODULE_DEVICE_TABLE
#define acpi_disabled			fake.no_acpi
#define acpi_acquire_global_lock	fake_lock
#define acpi_release_global_lock	fake_unlock
#define bus_find_device			fake_find
#define put_device			fake_put
#define ioread32be			fake_read32be
#define iowrite32be			fake_write32be
#define ioport_map			fake_map_port
#define ioport_unmap			fake_unmap
#define ioremap				fake_map
#define iounmap				fake_unmap
#define vmfw_share			fake_share
#define vmfw_unshare			fake_unshare
#define vmfw_leak			fake_leak
/* The tests are no driver for the device, so they have no alias. */
#define MODULE_DEVICE_TABLE(...)

#include "../fw_cfg.c"

static void set_file(unsigned int index, const char *name, u32 size)
{
	struct fw_cfg_file *file = &fake.directory.files[index];

	file->size = cpu_to_be32(size);
	file->select = cpu_to_be16(KEY_FIRST + index);
	strscpy_pad(file->name, name, sizeof(file->name));
}

/* A device at I/O ports with one file of 32 bytes. */
static int fw_cfg_init(struct kunit *test)
{
	size_t i;

	memset(&fake, 0, sizeof(fake));
	init_completion(&fake.freed);
	fake.resource = (struct resource){ 0x510, 0x51b, .flags = IORESOURCE_IO };
	fake.pdev.resource = &fake.resource;
	fake.pdev.num_resources = 1;
	fake.lock_status = AE_OK;
	fake.directory.count = cpu_to_be32(1);
	set_file(0, SOME_FILE, 32);
	for (i = 0; i < ITEM_SIZE; i++)
		fake.item[i] = i % 251;
	return 0;
}

static struct vmfw_fw_cfg *opened(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = vmfw_fw_cfg_open(0);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fw);
	KUNIT_EXPECT_EQ(test, fake.shared, 1);
	return fw;
}

/* The transport holds nothing any more. @leaked pages are still shared. */
static void expect_all_given_back(struct kunit *test, long leaked)
{
	KUNIT_EXPECT_EQ(test, fake.locked, 0);
	KUNIT_EXPECT_EQ(test, fake.mapped, 0);
	KUNIT_EXPECT_EQ(test, fake.references, 0);
	KUNIT_EXPECT_EQ(test, fake.leaked, leaked);
	KUNIT_EXPECT_EQ(test, fake.shared, leaked);
}

static void closed(struct kunit *test, struct vmfw_fw_cfg *fw, long leaked)
{
	KUNIT_EXPECT_EQ(test, fake.locked, 0);
	vmfw_fw_cfg_close(fw);
	expect_all_given_back(test, leaked);
}

static void reads_and_writes(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	u8 in[32], out[32];
	bool written;

	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)), 0);
	KUNIT_EXPECT_MEMEQ(test, in, fake.item, sizeof(in));
	KUNIT_EXPECT_EQ(test, fake.transfers, 2);

	memset(out, 0x5a, sizeof(out));
	KUNIT_EXPECT_EQ(test, tested_exchange(fw, SOME_FILE, out, in,
					      sizeof(in), &written), 0);
	KUNIT_EXPECT_TRUE(test, written);
	KUNIT_EXPECT_EQ(test, fake.transfers, 5);
	KUNIT_EXPECT_MEMEQ(test, fake.item, out, sizeof(out));
	KUNIT_EXPECT_MEMEQ(test, in, out, sizeof(out));
	KUNIT_EXPECT_EQ(test, fake.item[32], 32);
	KUNIT_EXPECT_EQ(test, fake.selected, KEY_FIRST);
	KUNIT_EXPECT_EQ(test, fake.unlocked_transfers, 0);
	closed(test, fw, 0);
}

/* The opaque page is larger than one transfer. */
static void a_page_takes_two_transfers(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	u8 *out = kunit_kmalloc(test, SZ_4K, GFP_KERNEL);
	u8 *in = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	bool written;

	KUNIT_ASSERT_NOT_NULL(test, out);
	KUNIT_ASSERT_NOT_NULL(test, in);
	set_file(0, SOME_FILE, SZ_4K);
	memset(out, 0x5a, SZ_4K);
	KUNIT_EXPECT_EQ(test, tested_exchange(fw, SOME_FILE, out, in, SZ_4K,
					      &written), 0);
	KUNIT_EXPECT_EQ(test, fake.transfers, 5);
	KUNIT_EXPECT_MEMEQ(test, fake.item, out, SZ_4K);
	KUNIT_EXPECT_MEMEQ(test, in, out, SZ_4K);
	KUNIT_EXPECT_EQ(test, fake.item[SZ_4K], SZ_4K % 251);

	/* The second part of the write fails: the VMM has seen the first. */
	fake.fail_at = fake.transfers + 3;
	memset(out, 0xa5, SZ_4K);
	KUNIT_EXPECT_EQ(test, tested_exchange(fw, SOME_FILE, out, in, SZ_4K,
					      &written), -EIO);
	KUNIT_EXPECT_TRUE(test, written);
	KUNIT_EXPECT_EQ(test, fake.item[0], 0xa5);
	KUNIT_EXPECT_EQ(test, fake.item[SZ_4K - 1], 0x5a);
	KUNIT_EXPECT_EQ(test, in[0], 0x5a);
	closed(test, fw, 0);
}

/* Names that begin alike, and one that fills its field to the last byte. */
static void names_are_compared_whole(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	u8 in[32];

	fake.directory.count = cpu_to_be32(4);
	set_file(0, "etc/vmfwupdate/cap", 32);
	set_file(1, "etc/vmfw", 32);
	set_file(2, "", 32);
	memset(fake.directory.files[3].name, 'e',
	       sizeof(fake.directory.files[3].name));
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)),
			-ENOENT);
	KUNIT_EXPECT_EQ(test, fake.transfers, 1);
	closed(test, fw, 0);
}

static void the_first_of_two_counts(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	u8 in[32];

	fake.directory.count = cpu_to_be32(3);
	set_file(0, "etc/other", 32);
	set_file(1, SOME_FILE, 32);
	set_file(2, SOME_FILE, 64);
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)), 0);
	KUNIT_EXPECT_EQ(test, fake.selected, KEY_FIRST + 1);
	closed(test, fw, 0);
}

static void a_file_of_another_size_is_not_ours(struct kunit *test)
{
	static const u32 sizes[] = { 0, 31, 33, 32 << 24, U32_MAX };
	struct vmfw_fw_cfg *fw = opened(test);
	u8 in[32], out[32] = {};
	bool written;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		set_file(0, SOME_FILE, sizes[i]);
		written = true;
		KUNIT_EXPECT_EQ(test, tested_exchange(fw, SOME_FILE, out, in,
						      sizeof(in), &written),
				-ENOENT);
		KUNIT_EXPECT_FALSE(test, written);
	}
	KUNIT_EXPECT_EQ(test, fake.transfers, ARRAY_SIZE(sizes));
	KUNIT_EXPECT_EQ(test, fake.item[1], 1);
	closed(test, fw, 0);
}

static void found_wherever_it_is(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	unsigned int index;
	u8 in[32];

	fake.directory.count = cpu_to_be32(FILES);
	for (index = 0; index < FILES; index++) {
		memset(fake.directory.files, 0, sizeof(fake.directory.files));
		set_file(index, SOME_FILE, 32);
		fake.transfers = 0;
		KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in,
						  sizeof(in)), 0);
		KUNIT_EXPECT_EQ(test, fake.selected, KEY_FIRST + index);
		KUNIT_EXPECT_EQ(test, fake.transfers, 2 + index / FIRST_ENTRIES);
	}

	/* The transport ignores entries after the count that the directory names. */
	fake.directory.count = cpu_to_be32(FILES - 1);
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)),
			-ENOENT);
	fake.directory.count = 0;
	set_file(0, SOME_FILE, 32);
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)),
			-ENOENT);
	closed(test, fw, 0);
}

/* The transport stops after as many entries as there can be selectors. */
static void a_directory_without_end(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	u8 in[32];

	fake.directory.count = cpu_to_be32(U32_MAX);
	set_file(0, "etc/other", 32);
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)),
			-ENOENT);
	KUNIT_EXPECT_LE(test, fake.transfers,
			DIV_ROUND_UP(0x4000, FIRST_ENTRIES));
	KUNIT_EXPECT_GT(test, fake.transfers, FILES / FIRST_ENTRIES);
	closed(test, fw, 0);
}

/* Each part comes in time, but all of them together would take too long. */
static void a_directory_that_comes_slowly(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	u8 in[32];

	fake.directory.count = cpu_to_be32(U32_MAX);
	set_file(0, "etc/other", 32);
	fake.delay_ms = 300;
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)), -EIO);
	KUNIT_EXPECT_LE(test, fake.transfers, 9);
	fake.delay_ms = 0;
	set_file(0, SOME_FILE, 32);
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)), 0);
	closed(test, fw, 0);
}

/* The caller gets an error in look-up, write or read. The next try works. */
static void every_transfer_may_fail(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	u8 in[32], out[32] = {};
	unsigned int at;
	bool written;

	for (at = 1; at <= 3; at++) {
		fake.transfers = 0;
		fake.fail_at = at;
		KUNIT_EXPECT_EQ(test, tested_exchange(fw, SOME_FILE, out, in,
						      sizeof(in), &written),
				-EIO);
		KUNIT_EXPECT_EQ(test, fake.transfers, at);
		KUNIT_EXPECT_EQ(test, written, at > 1);
		KUNIT_EXPECT_EQ(test, fake.locked, 0);
	}
	fake.fail_at = 0;
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)), 0);
	closed(test, fw, 0);
}

/* The device may still write to the page, so the driver never frees it. */
static void a_transfer_that_does_not_end(struct kunit *test)
{
	u8 in[32], out[32] = {};
	struct vmfw_fw_cfg *fw;
	unsigned int at;
	bool written;

	for (at = 1; at <= 2; at++) {
		fw_cfg_init(test);
		fw = opened(test);
		fake.hang_at = at;
		KUNIT_EXPECT_EQ(test, tested_exchange(fw, SOME_FILE, out, in,
						      sizeof(in), &written),
				-ENODEV);
		KUNIT_EXPECT_EQ(test, written, at > 1);
		KUNIT_EXPECT_EQ(test, fake.leaked, 1);

		/* The transport does not use the device again. */
		fake.hang_at = 0;
		KUNIT_EXPECT_EQ(test, tested_exchange(fw, SOME_FILE, out, in,
						      sizeof(in), &written),
				-ENODEV);
		KUNIT_EXPECT_FALSE(test, written);
		KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in,
						  sizeof(in)), -ENODEV);
		KUNIT_EXPECT_EQ(test, fake.transfers, at);
		vmfw_fw_cfg_quiesce(fw);
		closed(test, fw, 1);
	}
}

/* Each transfer of look-up, write and read in turn, for files of several sizes. */
static void a_transfer_that_moves_nothing(struct kunit *test)
{
	static const u32 sizes[] = { 1, 16, 32, 56, SZ_4K };
	u8 *out = kunit_kmalloc(test, SZ_4K, GFP_KERNEL);
	u8 *in = kunit_kmalloc(test, SZ_4K, GFP_KERNEL);
	struct vmfw_fw_cfg *fw = opened(test);
	unsigned int writes, at;
	bool written;
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, out);
	KUNIT_ASSERT_NOT_NULL(test, in);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		writes = sizes[i] == SZ_4K ? 2 : 1;
		set_file(0, SOME_FILE, sizes[i]);
		memset(out, 0xff, SZ_4K);

		for (at = 1; at <= 1 + 2 * writes; at++) {
			fake.transfers = 0;
			fake.still_at = at;
			memset(fake.item, 1, SZ_4K);
			written = at > 1;
			KUNIT_EXPECT_EQ(test,
					tested_exchange(fw, SOME_FILE, out, in,
							sizes[i], &written),
					at == 1 || at > 1 + writes ? -EIO : 0);
			KUNIT_EXPECT_EQ(test, written, at > 1);
			/* The reply shows that the host did not receive the bytes. */
			if (at > 1 && at <= 1 + writes)
				KUNIT_EXPECT_NE(test, memcmp(in, out, sizes[i]), 0);
		}

		fake.transfers = 0;
		fake.still_at = 0;
		fake.short_at = 2;
		KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizes[i]),
				-EIO);
		fake.short_at = 0;
	}
	closed(test, fw, 0);
}

/* After a failed read of the directory, the error is not "no such file". */
static void a_part_of_the_directory_that_does_not_come(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	u8 in[32];

	fake.directory.count = cpu_to_be32(FILES);
	fake.still_at = 3;
	KUNIT_EXPECT_EQ(test, tested_read(fw, "etc/absent", in, sizeof(in)),
			-EIO);
	KUNIT_EXPECT_EQ(test, fake.transfers, 3);
	fake.still_at = 0;
	KUNIT_EXPECT_EQ(test, tested_read(fw, "etc/absent", in, sizeof(in)),
			-ENOENT);
	closed(test, fw, 0);
}

/* A file may contain the same bytes as the page before a read. */
static void content_like_the_poison(struct kunit *test)
{
	static const u8 poisons[] = { POISON, OTHER_POISON };
	struct vmfw_fw_cfg *fw = opened(test);
	u8 in[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(poisons); i++) {
		fake.transfers = 0;
		memset(fake.item, poisons[i], sizeof(in));
		KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in,
						  sizeof(in)), 0);
		KUNIT_EXPECT_MEMEQ(test, in, fake.item, sizeof(in));
		KUNIT_EXPECT_EQ(test, fake.transfers,
				poisons[i] == POISON ? 3 : 2);
	}
	closed(test, fw, 0);
}

/* The transport keeps the ACPI lock: no driver may select the file after the write. */
static void the_last_write(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	u8 in[32], out[32];

	memset(out, 0x77, sizeof(out));
	KUNIT_EXPECT_EQ(test, tested_write_last(fw, "etc/absent", out,
						sizeof(out)), -ENOENT);
	KUNIT_EXPECT_EQ(test, fake.locked, 0);
	fake.fail_at = fake.transfers + 2;
	KUNIT_EXPECT_EQ(test, tested_write_last(fw, SOME_FILE, out,
						sizeof(out)), -EIO);
	KUNIT_EXPECT_EQ(test, fake.locked, 0);
	fake.lock_status = AE_TIME;
	KUNIT_EXPECT_EQ(test, tested_write_last(fw, SOME_FILE, out,
						sizeof(out)), -EBUSY);
	fake.lock_status = AE_OK;
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)), 0);

	fake.transfers = 0;
	KUNIT_EXPECT_EQ(test, tested_write_last(fw, SOME_FILE, out,
						sizeof(out)), 0);
	KUNIT_EXPECT_MEMEQ(test, fake.item, out, sizeof(out));
	KUNIT_EXPECT_EQ(test, fake.transfers, 2);
	KUNIT_EXPECT_EQ(test, fake.locked, 1);

	/* A caller that comes now fails, but does not wait for ever. */
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, fake.transfers, 2);
	KUNIT_EXPECT_EQ(test, fake.locked, 1);
	vmfw_fw_cfg_close(fw);
	expect_all_given_back(test, 0);
}

static void the_acpi_lock_comes_first(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	u8 in[32], out[32] = {};
	bool written;

	fake.lock_status = AE_TIME;
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)),
			-EBUSY);
	written = true;
	KUNIT_EXPECT_EQ(test, tested_exchange(fw, SOME_FILE, out, in,
					      sizeof(in), &written), -EBUSY);
	KUNIT_EXPECT_FALSE(test, written);
	KUNIT_EXPECT_EQ(test, fake.transfers, 0);

	/* With hardware-reduced ACPI, or without ACPI, there is no global lock. */
	fake.lock_status = AE_NOT_CONFIGURED;
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)), 0);
	fake.lock_status = AE_TIME;
	fake.no_acpi = true;
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)), 0);
	closed(test, fw, 0);
}

/* All waits of an operation together end soon after its deadline. */
static void one_deadline_for_all(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	unsigned long started = jiffies;
	u8 in[32];
	int i;

	fake.lock_status = AE_TIME;
	fake.lock_waits = true;
	vmfw_fw_cfg_limit(fw, jiffies + HZ);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in,
						  sizeof(in)), -EBUSY);
	KUNIT_EXPECT_LE(test, jiffies - started, 3 * HZ);

	/* After the deadline, a device that answers at once still works. */
	fake.lock_status = AE_OK;
	fake.lock_waits = false;
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)), 0);

	started = jiffies;
	fake.hang_at = 1;
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)),
			-ENODEV);
	KUNIT_EXPECT_LE(test, jiffies - started, HZ);
	closed(test, fw, 1);
}

static void wait_until_unlocked(void)
{
	unsigned long deadline = jiffies + 10 * HZ;

	while (vmfw_fw_cfg_was_stuck() && atomic_read(&stuck_holders) &&
	       time_before(jiffies, deadline))
		msleep(20);
}

/* ACPI waits longer than its limit, because the firmware has the lock. */
static void a_lock_that_is_never_free(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	unsigned long started = jiffies;
	u8 in[32];

	fake.lock_hangs = true;
	vmfw_fw_cfg_limit(fw, jiffies + HZ);
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)),
			-EBUSY);
	/* While one worker waits for the lock, a second call starts no other. */
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)),
			-EBUSY);
	KUNIT_EXPECT_LE(test, jiffies - started, 3 * HZ);
	KUNIT_EXPECT_EQ(test, fake.lock_calls, 1);
	KUNIT_EXPECT_EQ(test, fake.transfers, 0);

	/* The worker gets the lock too late, and gives it back. */
	fake.lock_hangs = false;
	complete(&fake.freed);
	wait_until_unlocked();
	KUNIT_EXPECT_EQ(test, fake.locked, 0);
	vmfw_fw_cfg_limit(fw, jiffies + HZ);
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)), 0);
	closed(test, fw, 0);
}

static void the_device_may_be_mapped(struct kunit *test)
{
	struct vmfw_fw_cfg *fw;
	u8 in[32];

	fake.resource = (struct resource){
		0x09020000, 0x09020017, .flags = IORESOURCE_MEM
	};
	fw = opened(test);
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)), 0);
	KUNIT_EXPECT_MEMEQ(test, in, fake.item, sizeof(in));
	closed(test, fw, 0);
}

static void expect_no_device(struct kunit *test, int err, long leaked)
{
	struct vmfw_fw_cfg *fw = vmfw_fw_cfg_open(0);

	KUNIT_EXPECT_PTR_EQ(test, fw, (struct vmfw_fw_cfg *)ERR_PTR(err));
	KUNIT_EXPECT_EQ(test, fake.mapped, 0);
	KUNIT_EXPECT_EQ(test, fake.references, 0);
	KUNIT_EXPECT_EQ(test, fake.leaked, leaked);
	KUNIT_EXPECT_EQ(test, fake.transfers, 0);
	fw_cfg_init(test);
}

static void devices_that_will_not_do(struct kunit *test)
{
	fake.absent = true;
	expect_no_device(test, -ENODEV, 0);
	fake.pdev.num_resources = 0;
	expect_no_device(test, -ENODEV, 0);
	fake.resource.end = 0x51a;
	expect_no_device(test, -ENODEV, 0);
	fake.resource = (struct resource){ 0x9020000, 0x9020016,
					   .flags = IORESOURCE_MEM };
	expect_no_device(test, -ENODEV, 0);
	fake.no_dma = true;
	expect_no_device(test, -ENODEV, 0);
	fake.share_error = -EIO;
	expect_no_device(test, -EIO, 1);
}

static void quiesced_for_good(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);
	u8 in[32];

	vmfw_fw_cfg_quiesce(fw);
	KUNIT_EXPECT_EQ(test, fake.shared, 0);
	KUNIT_EXPECT_EQ(test, tested_read(fw, SOME_FILE, in, sizeof(in)),
			-ENODEV);
	KUNIT_EXPECT_EQ(test, fake.transfers, 0);
	closed(test, fw, 0);
}

static void a_page_that_stays_shared(struct kunit *test)
{
	struct vmfw_fw_cfg *fw = opened(test);

	fake.unshare_error = -EIO;
	closed(test, fw, 1);
}

static struct kunit_case fw_cfg_cases[] = {
	KUNIT_CASE(reads_and_writes),
	KUNIT_CASE(a_page_takes_two_transfers),
	KUNIT_CASE(names_are_compared_whole),
	KUNIT_CASE(the_first_of_two_counts),
	KUNIT_CASE(a_file_of_another_size_is_not_ours),
	KUNIT_CASE(found_wherever_it_is),
	KUNIT_CASE(a_directory_without_end),
	KUNIT_CASE_SLOW(a_directory_that_comes_slowly),
	KUNIT_CASE(every_transfer_may_fail),
	KUNIT_CASE_SLOW(a_transfer_that_does_not_end),
	KUNIT_CASE(a_transfer_that_moves_nothing),
	KUNIT_CASE(a_part_of_the_directory_that_does_not_come),
	KUNIT_CASE(content_like_the_poison),
	KUNIT_CASE(the_last_write),
	KUNIT_CASE(the_acpi_lock_comes_first),
	KUNIT_CASE_SLOW(one_deadline_for_all),
	KUNIT_CASE_SLOW(a_lock_that_is_never_free),
	KUNIT_CASE(the_device_may_be_mapped),
	KUNIT_CASE(devices_that_will_not_do),
	KUNIT_CASE(quiesced_for_good),
	KUNIT_CASE(a_page_that_stays_shared),
	{}
};

static struct kunit_suite fw_cfg_suite = {
	.name = "vmfwupdate_fw_cfg",
	.init = fw_cfg_init,
	.test_cases = fw_cfg_cases,
};

kunit_test_suite(fw_cfg_suite);
