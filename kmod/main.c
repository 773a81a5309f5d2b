// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probe, sysfs, and the fate of an image when the machine reboots, powers off,
 * starts another kernel or goes to sleep.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/reboot.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/suspend.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include "fw_cfg.h"
#include "offline.h"
#include "vmfwupdate.h"

/*
 * The time that a machine on its way down waits for a running session and for the
 * VMM together.
 */
#define DOWN_LIMIT	(10 * HZ)
#define DOWN_STEP_MS	20

/* In the order of preference. */
static const struct vmfw_iface * const ifaces[] = {
	&vmfw_iface_vmlaunchupdate,
	&vmfw_iface_igvm,
	&vmfw_iface_v6,
};

/* By bit number of VMFWUPDATE_FORMAT_*. */
static const char * const format_names[] = { "igvm", "flat" };

/* By bit number of VMFWUPDATE_PROPERTY_*. */
static const char * const property_names[] = {
	"trial", "copies", "persists", "restore", "once", "opaque",
	"disable-stays",
};

static const char * const held_names[] = {
	[VMFWUPDATE_HELD_UNKNOWN] = "unknown",
	[VMFWUPDATE_HELD_NOTHING] = "nothing",
	[VMFWUPDATE_HELD_IMAGE] = "image",
	[VMFWUPDATE_HELD_HOST] = "host",
};

static const char * const start_names[] = {
	[VMFWUPDATE_START_UNKNOWN] = "unknown",
	[VMFWUPDATE_START_IGVM] = "igvm",
	[VMFWUPDATE_START_OTHER] = "other",
};

static struct vmfw_device *device_of(struct device *node)
{
	return container_of((struct miscdevice *)dev_get_drvdata(node),
			    struct vmfw_device, misc);
}

static ssize_t state_show(struct device *node, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  vmfw_state_name(READ_ONCE(device_of(node)->state)));
}
static DEVICE_ATTR_RO(state);

static ssize_t interface_show(struct device *node,
			      struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", device_of(node)->iface->name);
}
static DEVICE_ATTR_RO(interface);

/* Print the names of the bits that are set in @word, or "none". */
static ssize_t emit_words(char *buf, unsigned long word,
			  const char * const *names, unsigned int nr)
{
	unsigned int bit;
	int len = 0;

	for_each_set_bit(bit, &word, nr)
		len += sysfs_emit_at(buf, len, "%s%s", len ? " " : "",
				     names[bit]);

	return len + sysfs_emit_at(buf, len, "%s\n", len ? "" : "none");
}

static ssize_t formats_show(struct device *node, struct device_attribute *attr,
			    char *buf)
{
	return emit_words(buf, device_of(node)->formats, format_names,
			  ARRAY_SIZE(format_names));
}
static DEVICE_ATTR_RO(formats);

static ssize_t properties_show(struct device *node,
			       struct device_attribute *attr, char *buf)
{
	return emit_words(buf, device_of(node)->iface->properties,
			  property_names, ARRAY_SIZE(property_names));
}
static DEVICE_ATTR_RO(properties);

static ssize_t held_show(struct device *node, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  held_names[vmfw_image_held(device_of(node))]);
}
static DEVICE_ATTR_RO(held);

static ssize_t start_show(struct device *node, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  start_names[READ_ONCE(device_of(node)->start)]);
}
static DEVICE_ATTR_RO(start);

static ssize_t image_size_show(struct device *node,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  READ_ONCE(device_of(node)->shown_size));
}
static DEVICE_ATTR_RO(image_size);

static ssize_t image_addr_show(struct device *node,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%llx\n",
			  READ_ONCE(device_of(node)->shown_addr));
}
static DEVICE_ATTR_ADMIN_RO(image_addr);

static ssize_t leaked_show(struct device *node, struct device_attribute *attr,
			   char *buf)
{
	return sysfs_emit(buf, "%llu\n", vmfw_leaked());
}
static DEVICE_ATTR_RO(leaked);

static struct attribute *vmfw_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_interface.attr,
	&dev_attr_formats.attr,
	&dev_attr_properties.attr,
	&dev_attr_held.attr,
	&dev_attr_start.attr,
	&dev_attr_image_size.attr,
	&dev_attr_image_addr.attr,
	&dev_attr_leaked.attr,
	NULL
};
ATTRIBUTE_GROUPS(vmfw);

/*
 * Take the lock, but wait for a session no longer than until @deadline. A search
 * for memory ends once dev->closed is set. A call of user space has
 * VMFW_OPERATION_LIMIT for its waits for the VMM, which is less than DOWN_LIMIT.
 * The caller's own operation has the time that is left. If this function returns
 * false, the caller logs that.
 */
static bool lock_until(struct vmfw_device *dev, unsigned long deadline)
{
	while (!mutex_trylock(&dev->lock)) {
		if (time_after(jiffies, deadline))
			return false;
		msleep(DOWN_STEP_MS);
	}
	vmfw_fw_cfg_limit(dev->fw, deadline);
	return true;
}

/* Has the VMM not answered a request that the driver cannot withdraw? */
static bool rest_in_doubt(const struct vmfw_device *dev)
{
	return dev->held == VMFWUPDATE_HELD_UNKNOWN;
}

static const char *name_rest(const struct vmfw_device *dev)
{
	const bool doubt = rest_in_doubt(dev);

	if (dev->rest == VMFWUPDATE_STATE_ARMED && doubt)
		return "the VMM did not answer: it may keep an image, and every reset may apply it";
	if (dev->rest == VMFWUPDATE_STATE_ARMED)
		return "the VMM keeps the image of this guest, and every reset applies it";
	if (dev->rest == VMFWUPDATE_STATE_REVERTING && doubt)
		return "the VMM did not answer: the next reset may restore the host's own image";
	if (dev->rest == VMFWUPDATE_STATE_REVERTING)
		return "the next reset is to restore the host's own image";
	return NULL;
}

/* Log an earlier request that the driver cannot withdraw. */
static void log_rest(struct vmfw_device *dev)
{
	const char *rest = name_rest(dev);

	if (rest)
		pr_notice("%s\n", rest);
}

/*
 * The next kernel treats all memory as private and as its own. So no page may stay
 * shared. No image may stay armed if the driver can withdraw it.
 */
static void prepare_kexec(struct vmfw_device *dev)
{
	if (dev->image.buffer.page) {
		vmfw_image_cancel(dev);
		pr_notice("kexec is not a reset: the image is %s\n",
			  dev->image.buffer.page ? "still armed" : "dropped");
	}
	log_rest(dev);
	vmfw_fw_cfg_quiesce(dev->fw);
}

static void prepare_power_off(struct vmfw_device *dev)
{
	vmfw_image_disarm(dev);
	log_rest(dev);
}

/*
 * The firmware or qemu_fw_cfg may keep fw_cfg for a while, and each try waits for
 * it. With a single try, the reset might come without the image.
 */
static int arm_until(struct vmfw_device *dev, unsigned long deadline)
{
	int err;

	do {
		err = vmfw_image_arm(dev);
	} while (err == -EBUSY && dev->state == VMFWUPDATE_STATE_STAGED &&
		 time_before(jiffies, deadline));
	return err;
}

static void prepare_reset(struct vmfw_device *dev, unsigned long deadline)
{
	if (!vmfw_image_is_committed(dev)) {
		log_rest(dev);
		return;
	}

	if (!arm_until(dev, deadline) &&
	    vmfw_image_held(dev) == VMFWUPDATE_HELD_IMAGE) {
		pr_notice("the VMM holds the image of %llu bytes for this reset\n",
			  dev->image.size);
		return;
	}
	pr_err("cannot hand over the image for this reset: the VMM does not confirm it\n");
	log_rest(dev);
}

/*
 * Is another kernel about to start, without a reset? kexec_in_progress is not
 * exported, so the notifier's command must tell: kernel_kexec() passes a constant
 * string. LINUX_REBOOT_CMD_RESTART2 can carry the same words, but sys_reboot()
 * copies those to its stack.
 */
static bool is_kexec(const char *command)
{
	return command && !object_is_on_stack(command) &&
	       !strcmp(command, "kexec reboot");
}

/*
 * No session begins or commits from here on, even if this function does not get
 * the lock. vmfw_restart() arms a staged image later: drivers may still hang or
 * crash in their shutdown.
 */
static int vmfw_reboot(struct notifier_block *nb, unsigned long action,
		       void *command)
{
	struct vmfw_device *dev = container_of(nb, struct vmfw_device, reboot);

	WRITE_ONCE(dev->closed, true);
	if (action == SYS_RESTART && !is_kexec(command))
		return NOTIFY_OK;

	if (!lock_until(dev, jiffies + DOWN_LIMIT)) {
		pr_err("cannot withdraw an image: a session is stuck\n");
		return NOTIFY_DONE;
	}

	if (action == SYS_RESTART)
		prepare_kexec(dev);
	else
		prepare_power_off(dev);

	mutex_unlock(&dev->lock);
	return NOTIFY_OK;
}

/* Runs between the shutdown of all devices and the reset, never before kexec. */
static int vmfw_restart(struct sys_off_data *data)
{
	struct vmfw_device *dev = data->cb_data;
	unsigned long deadline = jiffies + DOWN_LIMIT;

	if (!lock_until(dev, deadline)) {
		pr_err("cannot hand over an image: a session is stuck\n");
		return NOTIFY_DONE;
	}

	prepare_reset(dev, deadline);
	mutex_unlock(&dev->lock);
	return NOTIFY_DONE;
}

/* A message with the obstacle to sleep and the remedy; NULL: no obstacle. */
static const char *sleep_obstacle(const struct vmfw_device *dev)
{
	const bool doubt = rest_in_doubt(dev);

	if (dev->rest == VMFWUPDATE_STATE_REVERTING && doubt)
		return "cannot sleep: the next reset may restore the host's image; reboot first";
	if (dev->rest == VMFWUPDATE_STATE_REVERTING)
		return "cannot sleep: the next reset restores the host's own image; reboot first";
	if (dev->rest == VMFWUPDATE_STATE_ARMED && doubt)
		return "cannot sleep: the VMM may have an image of this guest; reboot first";
	if (dev->rest == VMFWUPDATE_STATE_ARMED)
		return "cannot sleep: the VMM has a firmware image of this guest; reboot first";
	if (dev->state == VMFWUPDATE_STATE_FILLING ||
	    vmfw_image_is_pending(dev))
		return "cannot sleep: a firmware image is in memory; unstage it or reboot";
	return NULL;
}

/*
 * After a hibernation, this kernel would resume on other firmware. For the VMM,
 * waking from suspend is a reset: the VMM would apply an armed image under a kernel
 * that goes on. A copy that the VMM holds forbids sleep, too, even while the
 * interface is off.
 */
static int prepare_sleep(struct vmfw_device *dev)
{
	const char *obstacle;

	WRITE_ONCE(dev->closed, true);
	if (!lock_until(dev, jiffies + DOWN_LIMIT)) {
		WRITE_ONCE(dev->closed, false);
		pr_err("cannot sleep: a session is stuck; end its process or reboot\n");
		return notifier_from_errno(-EBUSY);
	}

	obstacle = sleep_obstacle(dev);
	if (obstacle)
		WRITE_ONCE(dev->closed, false);
	mutex_unlock(&dev->lock);
	if (!obstacle)
		return NOTIFY_OK;

	pr_notice("%s\n", obstacle);
	return notifier_from_errno(-EBUSY);
}

/* While the interface is off, no answer shows how the host started the machine. */
static void find_start(struct vmfw_device *dev)
{
	u32 start = VMFWUPDATE_START_UNKNOWN;
	int err;

	if (!dev->iface->find_start || dev->state == VMFWUPDATE_STATE_DISABLED)
		return;

	err = dev->iface->find_start(dev->fw, &start);
	WRITE_ONCE(dev->start, start);
	if (err)
		pr_warn("cannot find out whether the host started this machine from an IGVM file: error %d\n",
			err);
}

/*
 * For the VMM, waking up was a reset, which may have switched a disabled interface
 * on. After a hibernation there is a new VMM, which may have started from another
 * kind of file.
 */
static void meet_vmm_again(struct vmfw_device *dev)
{
	if (dev->state == VMFWUPDATE_STATE_DISABLED)
		vmfw_image_disable(dev);
	else
		find_start(dev);
}

/* The machine woke up while a session was stuck: wait until the session has ended. */
static void meet_vmm_late(struct work_struct *work)
{
	struct vmfw_device *dev = container_of(work, struct vmfw_device, late);

	mutex_lock(&dev->lock);
	vmfw_fw_cfg_limit(dev->fw, jiffies + VMFW_OPERATION_LIMIT);
	meet_vmm_again(dev);
	mutex_unlock(&dev->lock);
}

/*
 * Clear dev->closed even without the lock: a stuck session must not shut out the
 * sessions that follow. Those wait for the lock. If the interface was off, the state
 * is still DISABLED, so no image can begin before meet_vmm_late() has run.
 */
static void finish_sleep(struct vmfw_device *dev)
{
	bool locked = lock_until(dev, jiffies + DOWN_LIMIT);

	WRITE_ONCE(dev->closed, false);
	if (!locked) {
		pr_err("cannot ask the VMM after sleep: a session is stuck; the driver asks when the session ends\n");
		queue_work(system_long_wq, &dev->late);
		return;
	}

	meet_vmm_again(dev);
	mutex_unlock(&dev->lock);
}

static int vmfw_pm(struct notifier_block *nb, unsigned long action, void *unused)
{
	struct vmfw_device *dev = container_of(nb, struct vmfw_device, pm);

	switch (action) {
	case PM_HIBERNATION_PREPARE:
	case PM_SUSPEND_PREPARE:
	case PM_RESTORE_PREPARE:
		return prepare_sleep(dev);
	case PM_POST_HIBERNATION:
	case PM_POST_SUSPEND:
	case PM_POST_RESTORE:
		finish_sleep(dev);
		return NOTIFY_OK;
	}
	return NOTIFY_DONE;
}

/*
 * An earlier kernel has left an image armed, and this kernel may use the image's
 * memory for other things by now.
 */
static void withdraw_leftover(struct vmfw_device *dev,
			      const struct vmfw_status *status)
{
	struct vmfw_shown shown = {};
	int err;

	err = dev->iface->withdraw(dev->fw, &shown);
	if (err) {
		dev->held = VMFWUPDATE_HELD_UNKNOWN;
		pr_err("cannot withdraw the image of %llu bytes of an earlier kernel: error %d\n",
		       status->size, err);
	} else {
		pr_warn("the driver withdrew an image of %llu bytes that an earlier kernel had armed\n",
			status->size);
	}
}

/* Find the interface; -ENOENT if the VMM has none that this driver knows. */
static int probe_iface(struct vmfw_device *dev, struct vmfw_status *status)
{
	size_t i;
	int err = -ENOENT;

	for (i = 0; i < ARRAY_SIZE(ifaces) && err == -ENOENT; i++) {
		err = ifaces[i]->status(dev->fw, status);
		dev->iface = ifaces[i];
	}
	return err;
}

/*
 * Without VMFWUPDATE_PROPERTY_TRIAL the VMM does not show its image. It may hold
 * one that an earlier kernel has handed over, so dev->held begins as UNKNOWN.
 */
static void take_status(struct vmfw_device *dev,
			const struct vmfw_status *status)
{
	dev->capabilities = status->capabilities;
	dev->formats = status->formats;
	dev->max_size = status->max_size;
	if (vmfw_has(dev, VMFWUPDATE_PROPERTY_TRIAL))
		dev->held = VMFWUPDATE_HELD_NOTHING;

	if (status->disabled)
		dev->state = VMFWUPDATE_STATE_DISABLED;
	else if (status->returns)
		dev->state = VMFWUPDATE_STATE_REVERTING;
	else if (status->addr)
		withdraw_leftover(dev, status);

	if (status->returns) {
		dev->rest = VMFWUPDATE_STATE_REVERTING;
		dev->held = VMFWUPDATE_HELD_HOST;
	}
}

static int read_status(struct vmfw_device *dev)
{
	struct vmfw_status status = {};
	int err;

	err = probe_iface(dev, &status);
	if (err == -ENOENT) {
		pr_info("the VMM offers no firmware update\n");
		return -ENODEV;
	}
	if (err) {
		pr_err("cannot read the VMM's interface for updates: error %d\n",
		       err);
		return err;
	}

	take_status(dev, &status);
	find_start(dev);
	return 0;
}

/* The caller holds the lock, since programs can open the device by now. */
static void begin_service(struct vmfw_device *dev)
{
	vmfw_image_pin(dev);
	pr_info("interface %s, capabilities 0x%llx, state %s\n", dev->iface->name,
		dev->capabilities, vmfw_state_name(dev->state));
	if (dev->held == VMFWUPDATE_HELD_HOST)
		pr_notice("this boot runs an image that was for one reset only: the next reset restores the host's own image\n");
	if (dev->start == VMFWUPDATE_START_OTHER)
		pr_warn("the VMM takes no image: the host did not start this machine from an IGVM file\n");
}

static int register_all(struct vmfw_device *dev)
{
	int err;

	dev->misc.minor = MISC_DYNAMIC_MINOR;
	dev->misc.name = KBUILD_MODNAME;
	dev->misc.fops = &vmfw_fops;
	dev->misc.mode = 0600;
	dev->misc.groups = vmfw_groups;
	dev->misc.parent = vmfw_fw_cfg_device(dev->fw);

	dev->reboot.notifier_call = vmfw_reboot;
	dev->pm.notifier_call = vmfw_pm;

	err = vmfw_offline_watch();
	if (err)
		return err;
	err = register_reboot_notifier(&dev->reboot);
	if (err)
		goto err_offline;
	err = register_pm_notifier(&dev->pm);
	if (err)
		goto err_reboot;

	/* This handler runs last, so the VMM gets no image if another handler hangs. */
	dev->restart = register_sys_off_handler(SYS_OFF_MODE_RESTART_PREPARE,
						INT_MIN, vmfw_restart, dev);
	if (IS_ERR(dev->restart)) {
		err = PTR_ERR(dev->restart);
		goto err_pm;
	}
	mutex_lock(&dev->lock);
	err = misc_register(&dev->misc);
	if (!err)
		begin_service(dev);
	mutex_unlock(&dev->lock);
	if (err)
		goto err_restart;
	return 0;

err_restart:
	unregister_sys_off_handler(dev->restart);
err_pm:
	unregister_pm_notifier(&dev->pm);
	cancel_work_sync(&dev->late);
err_reboot:
	unregister_reboot_notifier(&dev->reboot);
err_offline:
	vmfw_offline_unwatch();
	return err;
}

/**
 * vmfw_add_device() - find the VMM's interface, and offer it to user space
 * @fw: the transport
 *
 * Context: process, may sleep.
 *
 * Return: the device, to be given to vmfw_remove_device(); -ENODEV: the VMM has no
 * interface that this driver knows, or fw_cfg does not answer; or another error.
 * The caller still owns the transport.
 */
struct vmfw_device *vmfw_add_device(struct vmfw_fw_cfg *fw)
{
	struct vmfw_device *dev;
	int err;

	dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	mutex_init(&dev->writing);
	mutex_init(&dev->lock);
	INIT_WORK(&dev->late, meet_vmm_late);
	dev->fw = fw;

	err = read_status(dev);
	if (!err)
		err = register_all(dev);
	if (err) {
		kfree(dev);
		return ERR_PTR(err);
	}
	return dev;
}

/**
 * vmfw_remove_device() - end the service of the device
 * @dev: the device
 *
 * No image can be pending: it would hold the module, as would an open file. The
 * caller still owns the transport.
 *
 * Context: process, may sleep.
 */
void vmfw_remove_device(struct vmfw_device *dev)
{
	misc_deregister(&dev->misc);
	unregister_sys_off_handler(dev->restart);
	unregister_pm_notifier(&dev->pm);
	cancel_work_sync(&dev->late);
	unregister_reboot_notifier(&dev->reboot);
	vmfw_offline_unwatch();
	kfree(dev);
}
