/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Named fw_cfg files, read and written by DMA.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMFWUPDATE_FW_CFG_H
#define VMFWUPDATE_FW_CFG_H

#include <linux/jiffies.h>
#include <linux/types.h>

/*
 * The time that one call of user space has for the VMM, in jiffies. When the machine
 * goes down, DOWN_LIMIT (main.c) applies instead.
 */
#define VMFW_OPERATION_LIMIT	(4 * HZ)

struct device;
struct vmfw_fw_cfg;

struct vmfw_fw_cfg *vmfw_fw_cfg_open(unsigned short port);
void vmfw_fw_cfg_close(struct vmfw_fw_cfg *fw);
void vmfw_fw_cfg_limit(struct vmfw_fw_cfg *fw, unsigned long deadline);
bool vmfw_fw_cfg_was_stuck(void);
void vmfw_fw_cfg_quiesce(struct vmfw_fw_cfg *fw);
struct device *vmfw_fw_cfg_device(struct vmfw_fw_cfg *fw);

int vmfw_fw_cfg_read(struct vmfw_fw_cfg *fw, const char *name, void *in,
		     size_t len);
int vmfw_fw_cfg_exchange(struct vmfw_fw_cfg *fw, const char *name,
			 const void *out, void *in, size_t len, bool *written);
int vmfw_fw_cfg_write_last(struct vmfw_fw_cfg *fw, const char *name,
			   const void *out, size_t len);

#endif /* VMFWUPDATE_FW_CFG_H */
