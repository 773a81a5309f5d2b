// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transport: fw_cfg files by DMA, beside the driver that owns the device.
 *
 * qemu_fw_cfg binds the platform device, owns its ports and exports nothing.
 * So this file finds the same device, holds a reference to it, and maps its
 * registers without requesting them. If this driver owned the region, a later
 * probe of qemu_fw_cfg would fail.
 *
 * The device has one selector and one offset for all users. A DMA transaction
 * between qemu_fw_cfg's select and its reads makes it read the wrong file. So
 * every transaction runs under the ACPI global lock, which qemu_fw_cfg takes as
 * well. Without ACPI, or with hardware-reduced ACPI as on arm64, there is no such
 * lock. There, a transaction of this driver can disturb qemu_fw_cfg, but the driver
 * makes only a few. Its own reads and writes are safe if one transaction is enough:
 * that selects and transfers in one step. Only a long directory and the opaque page
 * of "v6" need more transactions.
 *
 * QEMU's docs/specs/fw_cfg.rst describes the interface. All its integers are
 * big-endian.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/acpi.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of_device.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <uapi/linux/qemu_fw_cfg.h>

#include "fw_cfg.h"
#include "trace.h"
#include "vmfwupdate.h"

/* Offsets of the DMA address register and of its end, for ports and for memory. */
#define PORT_DMA		0x04
#define PORT_END		0x0c
#define MMIO_DMA		0x10
#define MMIO_END		0x18

/* QEMU finishes a transfer before the guest runs on. A slow device is broken. */
#define POLL_US			50
#define POLL_LIMIT		(2 * HZ)

#define ACPI_LOCK_LIMIT		(2 * HZ)
#define ACPI_LOCK_STEP_MS	20

/* A look-up has a limit, because the host sets the length of the directory. */
#define LOOKUP_LIMIT		(2 * HZ)

/*
 * The limit of each wait after the deadline of its operation. If an offer took all
 * of the time, the driver must still withdraw it. A device that works needs no wait.
 */
#define GRACE			(HZ / 10)

/*
 * Bytes for the window before a read, so that a transfer which moves nothing
 * cannot pass for the device's answer.
 */
#define POISON			0xa5
#define OTHER_POISON		0x5a

/* Selectors have 14 bits, so there are no more files than this. */
#define MAX_FILES		0x4000

/**
 * struct fw_cfg_window - the page that the host reads and writes
 * @dma: descriptor of the transfer under way
 * @data: the bytes that the transfer moves
 *
 * In a confidential guest, the driver shares the page with the host, which can change
 * it at any time. So the driver copies a value before it uses that value.
 */
struct fw_cfg_window {
	struct fw_cfg_dma_access dma;
	u8 data[PAGE_SIZE - sizeof(struct fw_cfg_dma_access)];
};

/**
 * struct vmfw_fw_cfg - the transport
 * @dev: the platform device, referenced; NULL if the caller has named a port
 * @registers: all of its registers, mapped
 * @mmio: @registers is memory, else I/O ports
 * @dma: the DMA address register, in @registers
 * @lock: one operation at a time; inside it the ACPI global lock
 * @holder: takes the ACPI global lock for an operation. vmfw_fw_cfg_open() makes it,
 *	so that a withdrawal needs no allocation. NULL: the firmware kept the last
 *	one waiting
 * @locked: @holder has the lock
 * @deadline: jiffies: the end of all waits, see vmfw_fw_cfg_limit()
 * @window: page for descriptor and data, below 4 GiB; NULL if the transport is
 *	quiesced or a transfer did not end
 * @dead: a transfer did not end in time, the transport is quiesced, or the last
 *	write before a reset has happened
 */
struct vmfw_fw_cfg {
	struct device *dev;
	void __iomem *registers;
	bool mmio;
	void __iomem *dma;
	struct mutex lock;
	struct lock_holder *holder;
	bool locked;
	unsigned long deadline;
	struct fw_cfg_window *window;
	bool dead;
};

/**
 * struct lock_holder - a worker that takes the ACPI global lock for a caller
 * @work: the worker
 * @limit_ms: how long ACPI may wait for the lock
 * @answered: ACPI has answered
 * @status: the answer
 * @handle: ACPI's handle of the lock
 * @finished: the caller needs the lock no more: the worker releases it
 * @abandoned: the caller waits no more: the worker frees this structure
 */
struct lock_holder {
	struct work_struct work;
	u16 limit_ms;
	struct completion answered;
	acpi_status status;
	u32 handle;
	struct completion finished;
	bool abandoned;
};

/* Workers that ACPI has not answered in time, and whether there ever was one. */
static atomic_t stuck_holders = ATOMIC_INIT(0);
static atomic_t ever_stuck = ATOMIC_INIT(0);

static const struct acpi_device_id fw_cfg_acpi_ids[] = {
	{ FW_CFG_ACPI_DEVICE_ID, },
	{ }
};
MODULE_DEVICE_TABLE(acpi, fw_cfg_acpi_ids);

static const struct of_device_id fw_cfg_of_ids[] = {
	{ .compatible = "qemu,fw-cfg-mmio", },
	{ }
};
MODULE_DEVICE_TABLE(of, fw_cfg_of_ids);

/* How many jiffies a wait may take from now on: at least GRACE, at most @limit. */
static unsigned long time_left(const struct vmfw_fw_cfg *fw,
			       unsigned long limit)
{
	long left = fw->deadline - jiffies;

	return clamp_t(long, left, GRACE, limit);
}

/*
 * The timeout of acpi_acquire_global_lock() does not limit all of its waits.
 * ACPICA first waits for its interpreter, however long that runs other AML. If the
 * firmware owns the lock, ACPICA waits for ever (acpi_ev_acquire_global_lock()). A
 * machine that goes down must not wait for ever. So a worker waits in place of the
 * caller. A worker that gets the lock too late gives it back.
 *
 * The lock is recursive per thread, so the worker runs nothing else until it
 * releases the lock.
 */
static void hold_global_lock(struct work_struct *work)
{
	struct lock_holder *holder = container_of(work, struct lock_holder,
						  work);

	holder->status = acpi_acquire_global_lock(holder->limit_ms,
						  &holder->handle);
	complete(&holder->answered);
	wait_for_completion(&holder->finished);
	if (ACPI_SUCCESS(holder->status))
		acpi_release_global_lock(holder->handle);
	if (!holder->abandoned)
		return;

	kfree(holder);
	atomic_dec(&stuck_holders);
}

static struct lock_holder *make_holder(void)
{
	struct lock_holder *holder;

	holder = kzalloc(sizeof(*holder), GFP_KERNEL);
	if (!holder)
		return NULL;

	init_completion(&holder->answered);
	init_completion(&holder->finished);
	INIT_WORK(&holder->work, hold_global_lock);
	return holder;
}

static void start_holder(struct lock_holder *holder, unsigned long limit)
{
	holder->limit_ms = jiffies_to_msecs(limit);
	reinit_completion(&holder->answered);
	reinit_completion(&holder->finished);
	queue_work(system_long_wq, &holder->work);
}

static void end_holder(struct lock_holder *holder)
{
	complete(&holder->finished);
	flush_work(&holder->work);
}

/* The driver cannot tell when the worker leaves this code, so the module stays. */
static void abandon_holder(struct lock_holder *holder)
{
	atomic_inc(&stuck_holders);
	if (!atomic_xchg(&ever_stuck, 1))
		__module_get(THIS_MODULE);
	holder->abandoned = true;
	complete(&holder->finished);
}

/* While a worker is stuck, the driver starts no other: that would wait as well. */
static bool no_holder_is_stuck(unsigned long deadline)
{
	while (atomic_read(&stuck_holders)) {
		if (time_after(jiffies, deadline))
			return false;
		msleep(ACPI_LOCK_STEP_MS);
	}
	return true;
}

static acpi_status take_global_lock(struct vmfw_fw_cfg *fw)
{
	unsigned long limit = time_left(fw, ACPI_LOCK_LIMIT);
	acpi_status status;

	if (!no_holder_is_stuck(jiffies + limit))
		return AE_TIME;

	if (!fw->holder)
		fw->holder = make_holder();
	if (!fw->holder)
		return AE_NO_MEMORY;
	start_holder(fw->holder, limit);

	/* ACPI's own timeout ends before this one, if ACPI keeps it. */
	if (!wait_for_completion_timeout(&fw->holder->answered, limit + GRACE)) {
		abandon_holder(fw->holder);
		fw->holder = NULL;
		return AE_TIME;
	}

	status = fw->holder->status;
	fw->locked = ACPI_SUCCESS(status);
	if (!fw->locked)
		end_holder(fw->holder);
	return status;
}

static int lock_device(struct vmfw_fw_cfg *fw)
{
	acpi_status status;

	mutex_lock(&fw->lock);
	if (fw->dead) {
		mutex_unlock(&fw->lock);
		return -ENODEV;
	}
	if (acpi_disabled)
		return 0;

	status = take_global_lock(fw);
	if (ACPI_SUCCESS(status) || status == AE_NOT_CONFIGURED)
		return 0;

	mutex_unlock(&fw->lock);
	pr_warn("cannot take the ACPI global lock: ACPI status 0x%x\n",
		status);
	return -EBUSY;
}

static void drop_global_lock(struct vmfw_fw_cfg *fw)
{
	if (fw->locked)
		end_holder(fw->holder);
	fw->locked = false;
}

static void unlock_device(struct vmfw_fw_cfg *fw)
{
	drop_global_lock(fw);
	mutex_unlock(&fw->lock);
}

/* The device may still write to the page, so the driver never frees it. */
static void declare_dead(struct vmfw_fw_cfg *fw)
{
	fw->dead = true;
	fw->window = NULL;
	vmfw_leak(1, "fw_cfg did not finish a transfer");
}

static int run_descriptor(struct vmfw_fw_cfg *fw, u32 control, size_t len)
{
	struct fw_cfg_dma_access *dma = &fw->window->dma;
	phys_addr_t addr = virt_to_phys(dma);
	u64 limit_us = jiffies_to_usecs(time_left(fw, POLL_LIMIT));
	__be32 seen;

	dma->address = cpu_to_be64(virt_to_phys(fw->window->data));
	dma->length = cpu_to_be32(len);
	WRITE_ONCE(dma->control, cpu_to_be32(control));

	/* Order the descriptor before the writes: the second write starts the transfer. */
	wmb();
	iowrite32be(upper_32_bits(addr), fw->dma);
	iowrite32be(lower_32_bits(addr), fw->dma + 4);

	if (read_poll_timeout(READ_ONCE, seen,
			      !(seen & ~cpu_to_be32(FW_CFG_DMA_CTL_ERROR)),
			      POLL_US, limit_us, false, dma->control)) {
		declare_dead(fw);
		return -ENODEV;
	}

	/* Read the data only after the control word that ends the transfer. */
	rmb();
	return seen ? -EIO : 0;
}

/* One transaction of @len bytes of the window's data. The caller holds fw->lock. */
static int run_transfer(struct vmfw_fw_cfg *fw, u32 control, size_t len)
{
	int err;

	if (fw->dead)
		return -ENODEV;

	err = run_descriptor(fw, control, len);
	trace_vmfwupdate_transfer(control, len, err);
	return err;
}

/* The control word to select an item and transfer from its first byte on. */
static u32 item_control(u16 key, u32 direction)
{
	return (u32)key << 16 | FW_CFG_DMA_CTL_SELECT | direction;
}

/* Read the next @len bytes into the window, which holds @poison before that. */
static int read_poisoned(struct vmfw_fw_cfg *fw, u32 control, size_t len,
			 u8 poison)
{
	if (fw->dead)
		return -ENODEV;

	memset(fw->window->data, poison, len);
	return run_transfer(fw, control, len);
}

/*
 * Read a part of the directory. If all bytes are still poison, the device has
 * transferred nothing: no name and no number in a directory consists of poison.
 */
static int read_directory(struct vmfw_fw_cfg *fw, u32 control, size_t len)
{
	int err;

	err = read_poisoned(fw, control, len, POISON);
	if (err)
		return err;
	return memchr_inv(fw->window->data, POISON, len) ? 0 : -EIO;
}

/*
 * Look @name up in the directory. The driver keeps no keys, because they may differ
 * after a live migration. Only a directory of more than some 60 files needs more
 * than one transfer.
 */
static int find_file(struct vmfw_fw_cfg *fw, const char *name, size_t len,
		     u16 *key)
{
	const size_t whole = rounddown(sizeof(fw->window->data) -
				       sizeof(__be32),
				       sizeof(struct fw_cfg_file));
	size_t pos = sizeof(__be32), end = pos + whole;
	unsigned long deadline = jiffies + time_left(fw, LOOKUP_LIMIT);
	struct fw_cfg_file file;
	__be32 word;
	u32 count;
	int err;

	err = read_directory(fw, item_control(FW_CFG_FILE_DIR,
					      FW_CFG_DMA_CTL_READ), end);
	if (err)
		return err;

	memcpy(&word, fw->window->data, sizeof(word));
	count = min_t(u32, be32_to_cpu(word), MAX_FILES);

	for (; count; count--, pos += sizeof(file)) {
		if (pos == end) {
			if (time_after(jiffies, deadline))
				return -EIO;
			err = read_directory(fw, FW_CFG_DMA_CTL_READ, whole);
			if (err)
				return err;
			pos = 0;
			end = whole;
		}

		memcpy(&file, fw->window->data + pos, sizeof(file));
		if (strncmp(file.name, name, sizeof(file.name)))
			continue;
		if (be32_to_cpu(file.size) != len) {
			pr_warn("cannot use the fw_cfg file %s: it has %u bytes, expected %zu\n",
				name, be32_to_cpu(file.size), len);
			return -ENOENT;
		}
		*key = be16_to_cpu(file.select);
		return 0;
	}
	return -ENOENT;
}

/*
 * One transaction fills the window. For a larger item, each further transaction goes
 * on where the last one ended. @doubt: a part ends in poison, so the device may not
 * have transferred it to the end.
 */
static int read_once(struct vmfw_fw_cfg *fw, u16 key, void *in, size_t len,
		     bool *doubt)
{
	u32 control = item_control(key, FW_CFG_DMA_CTL_READ);
	size_t step;
	int err;

	for (; len; in += step, len -= step) {
		step = min(len, sizeof(fw->window->data));
		err = read_poisoned(fw, control, step, POISON);
		if (err)
			return err;
		memcpy(in, fw->window->data, step);
		*doubt |= ((u8 *)in)[step - 1] == POISON;
		control = FW_CFG_DMA_CTL_READ;
	}
	return 0;
}

/* Read an item again over another poison: bytes from the device are the same. */
static int read_again(struct vmfw_fw_cfg *fw, u16 key, const void *in,
		      size_t len)
{
	u32 control = item_control(key, FW_CFG_DMA_CTL_READ);
	size_t step;
	int err;

	for (; len; in += step, len -= step) {
		step = min(len, sizeof(fw->window->data));
		err = read_poisoned(fw, control, step, OTHER_POISON);
		if (err)
			return err;
		if (memcmp(in, fw->window->data, step))
			return -EIO;
		control = FW_CFG_DMA_CTL_READ;
	}
	return 0;
}

static int read_item(struct vmfw_fw_cfg *fw, u16 key, void *in, size_t len)
{
	bool doubt = false;
	int err;

	err = read_once(fw, key, in, len, &doubt);
	if (!err && doubt)
		err = read_again(fw, key, in, len);
	return err;
}

static int write_item(struct vmfw_fw_cfg *fw, u16 key, const void *out,
		      size_t len)
{
	u32 control = item_control(key, FW_CFG_DMA_CTL_WRITE);
	size_t step;
	int err;

	if (fw->dead)
		return -ENODEV;

	for (; len; out += step, len -= step) {
		step = min(len, sizeof(fw->window->data));
		memcpy(fw->window->data, out, step);
		err = run_transfer(fw, control, step);
		if (err)
			return err;
		control = FW_CFG_DMA_CTL_WRITE;
	}
	return 0;
}

/**
 * vmfw_fw_cfg_read() - read a file
 * @fw: the transport
 * @name: the file's name
 * @in: where its bytes go
 * @len: bytes that the file must have
 *
 * Takes two transactions, or more for a file larger than a page less 16 bytes, or a
 * directory of more than some 60 files. If a part ends in the byte POISON, the
 * function reads the file twice.
 *
 * Context: process, may sleep; takes the transport's lock. Bounded by
 * vmfw_fw_cfg_limit().
 *
 * Return: 0; -ENOENT: no such file, or one of another size; -EIO: the device
 * reports an error, has not transferred all bytes, or is too slow with a long
 * directory; -EBUSY: the driver does not get the ACPI global lock; -ENODEV: the
 * device does not answer (and the driver does not use it again).
 */
int vmfw_fw_cfg_read(struct vmfw_fw_cfg *fw, const char *name, void *in,
		     size_t len)
{
	u16 key;
	int err;

	err = lock_device(fw);
	if (err)
		return err;

	err = find_file(fw, name, len, &key);
	if (!err)
		err = read_item(fw, key, in, len);

	unlock_device(fw);
	return err;
}

/**
 * vmfw_fw_cfg_exchange() - write a whole file, then read it back
 * @fw: the transport
 * @name: the file's name
 * @out: the bytes to write
 * @in: out: the bytes that the file has after that
 * @len: bytes that the file must have
 * @written: out: the write has started, so the VMM may have seen @out. Also set on
 *	an error.
 *
 * Takes three transactions under one lock, so no other user of that lock comes between
 * the look-up, the write and the read. A file larger than a page less 16 bytes, or a
 * directory of more than some 60 files, takes more transactions. If a part of the
 * answer ends in the byte POISON, the function reads the file twice.
 *
 * Context: process, may sleep; takes the transport's lock. Bounded by
 * vmfw_fw_cfg_limit().
 *
 * Return: as vmfw_fw_cfg_read().
 */
int vmfw_fw_cfg_exchange(struct vmfw_fw_cfg *fw, const char *name,
			 const void *out, void *in, size_t len, bool *written)
{
	u16 key;
	int err;

	*written = false;
	err = lock_device(fw);
	if (err)
		return err;

	err = find_file(fw, name, len, &key);
	if (err)
		goto out_unlock;

	*written = true;
	err = write_item(fw, key, out, len);
	if (!err)
		err = read_item(fw, key, in, len);

out_unlock:
	unlock_device(fw);
	return err;
}

/**
 * vmfw_fw_cfg_write_last() - write a whole file, the last thing before a reset
 * @fw: the transport
 * @name: the file's name
 * @out: the bytes to write
 * @len: bytes that the file must have
 *
 * After the write, nothing selects the file before the reset. This transport is dead,
 * and it keeps the ACPI global lock, if there is one. qemu_fw_cfg takes that lock for
 * each read. So nothing but the reset may follow. After an error other than -ENODEV,
 * the caller can use the device as before.
 *
 * Context: process, may sleep; takes the transport's lock. Bounded by
 * vmfw_fw_cfg_limit().
 *
 * Return: as vmfw_fw_cfg_read().
 */
int vmfw_fw_cfg_write_last(struct vmfw_fw_cfg *fw, const char *name,
			   const void *out, size_t len)
{
	u16 key;
	int err;

	err = lock_device(fw);
	if (err)
		return err;

	err = find_file(fw, name, len, &key);
	if (!err)
		err = write_item(fw, key, out, len);
	if (err) {
		unlock_device(fw);
		return err;
	}

	fw->dead = true;
	mutex_unlock(&fw->lock);
	return 0;
}

static int match_fw_cfg(struct device *dev, const void *unused)
{
	return acpi_match_device(fw_cfg_acpi_ids, dev) ||
	       of_match_device(fw_cfg_of_ids, dev);
}

static int map_device(struct vmfw_fw_cfg *fw)
{
	struct platform_device *pdev;
	struct resource *res;

	fw->dev = bus_find_device(&platform_bus_type, NULL, NULL, match_fw_cfg);
	if (!fw->dev)
		return -ENODEV;

	pdev = to_platform_device(fw->dev);
	res = platform_get_resource(pdev, IORESOURCE_IO, 0);
	if (res) {
		if (resource_size(res) < PORT_END)
			return -ENODEV;
		fw->registers = ioport_map(res->start, resource_size(res));
		fw->dma = fw->registers + PORT_DMA;
		return fw->registers ? 0 : -ENOMEM;
	}

	res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	if (!res || resource_size(res) < MMIO_END)
		return -ENODEV;
	fw->mmio = true;
	fw->registers = ioremap(res->start, resource_size(res));
	fw->dma = fw->registers + MMIO_DMA;
	return fw->registers ? 0 : -ENOMEM;
}

static int map_port(struct vmfw_fw_cfg *fw, unsigned short port)
{
	if (!IS_ENABLED(CONFIG_X86) || port > IO_SPACE_LIMIT + 1 - PORT_END)
		return -EINVAL;

	fw->registers = ioport_map(port, PORT_END);
	fw->dma = fw->registers + PORT_DMA;
	return fw->registers ? 0 : -ENOMEM;
}

static void unmap_device(struct vmfw_fw_cfg *fw)
{
	if (fw->registers && fw->mmio)
		iounmap(fw->registers);
	else if (fw->registers)
		ioport_unmap(fw->registers);
	put_device(fw->dev);
}

static bool has_dma(struct vmfw_fw_cfg *fw)
{
	u64 signature;

	signature = (u64)ioread32be(fw->dma) << 32 | ioread32be(fw->dma + 4);
	return signature == FW_CFG_DMA_SIGNATURE;
}

/* The page lies below 4 GiB, so the high half of its address is always 0. */
static int map_window(struct vmfw_fw_cfg *fw)
{
	struct page *page;
	int err;

	BUILD_BUG_ON(sizeof(struct fw_cfg_window) != PAGE_SIZE);

	page = alloc_page(GFP_KERNEL | GFP_DMA32);
	if (!page)
		return -ENOMEM;

	err = vmfw_share(page, 1);
	if (err) {
		vmfw_leak(1, "the driver could not share a page with the host");
		return err;
	}

	fw->window = page_address(page);
	clear_page(fw->window);
	return 0;
}

static void unmap_window(struct vmfw_fw_cfg *fw)
{
	struct page *page;

	if (!fw->window)
		return;

	page = virt_to_page(fw->window);
	fw->window = NULL;
	if (vmfw_unshare(page, 1))
		vmfw_leak(1, "the driver could not make a page private again");
	else
		__free_page(page);
}

/**
 * vmfw_fw_cfg_open() - find the fw_cfg device
 * @port: x86: base I/O port of a device that neither ACPI nor the device tree
 *	announces; 0: take the announced one
 *
 * Context: process, may sleep.
 *
 * Return: the transport, to be given to vmfw_fw_cfg_close(); -ENODEV: no
 * device, or one without DMA; -EINVAL: no such port; -EIO: the function could not
 * share a page with the host, and gives that page up; -ENOMEM.
 */
struct vmfw_fw_cfg *vmfw_fw_cfg_open(unsigned short port)
{
	struct vmfw_fw_cfg *fw;
	int err;

	fw = kzalloc(sizeof(*fw), GFP_KERNEL);
	if (!fw)
		return ERR_PTR(-ENOMEM);
	mutex_init(&fw->lock);
	fw->deadline = jiffies + VMFW_OPERATION_LIMIT;

	err = -ENOMEM;
	fw->holder = make_holder();
	if (!fw->holder)
		goto err_unmap;

	err = port ? map_port(fw, port) : map_device(fw);
	if (err)
		goto err_unmap;

	err = -ENODEV;
	if (!has_dma(fw))
		goto err_unmap;

	err = map_window(fw);
	if (err)
		goto err_unmap;
	return fw;

err_unmap:
	unmap_device(fw);
	kfree(fw->holder);
	kfree(fw);
	return ERR_PTR(err);
}

/**
 * vmfw_fw_cfg_close() - let go of the fw_cfg device
 * @fw: the transport; no operation may be running
 */
void vmfw_fw_cfg_close(struct vmfw_fw_cfg *fw)
{
	drop_global_lock(fw);
	unmap_window(fw);
	unmap_device(fw);
	kfree(fw->holder);
	kfree(fw);
}

/**
 * vmfw_fw_cfg_limit() - set the deadline of the operation that begins now
 * @fw: the transport
 * @deadline: jiffies
 *
 * The deadline holds until the next call, for all transactions of an operation
 * together. It bounds their waits for the firmware, for an endless directory and for
 * transfers that do not end. After it, each wait has a tenth of a second. It does not
 * bound the time that the VMM takes within a write of a register: this processor does
 * not run meanwhile.
 *
 * Context: any; the caller holds the lock that serializes its operations.
 */
void vmfw_fw_cfg_limit(struct vmfw_fw_cfg *fw, unsigned long deadline)
{
	fw->deadline = deadline;
}

/**
 * vmfw_fw_cfg_was_stuck() - did a worker ever wait for the firmware in vain
 *
 * Return: true if a worker did. It may still run this module's code, so the module
 * must not go away.
 */
bool vmfw_fw_cfg_was_stuck(void)
{
	return atomic_read(&ever_stuck);
}

/**
 * vmfw_fw_cfg_quiesce() - stop using the device for good, share no page with it
 * @fw: the transport
 *
 * For kexec: the next kernel treats all memory as private. Every later operation
 * fails with -ENODEV.
 *
 * Context: process, may sleep; takes the transport's lock.
 */
void vmfw_fw_cfg_quiesce(struct vmfw_fw_cfg *fw)
{
	mutex_lock(&fw->lock);
	fw->dead = true;
	unmap_window(fw);
	mutex_unlock(&fw->lock);
}

/**
 * vmfw_fw_cfg_device() - the platform device
 * @fw: the transport
 *
 * Return: the device, valid while @fw is; NULL if the caller has named a port.
 */
struct device *vmfw_fw_cfg_device(struct vmfw_fw_cfg *fw)
{
	return fw->dev;
}
