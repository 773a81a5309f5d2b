/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints: the life of an image, and every transaction with the VMM.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmfwupdate

#if !defined(VMFWUPDATE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VMFWUPDATE_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

/* @err: 0, or a negative errno value. */
DECLARE_EVENT_CLASS(vmfwupdate_image,
	TP_PROTO(u64 addr, u64 size, int err),
	TP_ARGS(addr, size, err),
	TP_STRUCT__entry(
		__field(u64, addr)
		__field(u64, size)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->addr = addr;
		__entry->size = size;
		__entry->err = err;
	),
	TP_printk("addr=0x%llx size=0x%llx err=%d",
		  __entry->addr, __entry->size, __entry->err)
);

/* The driver found memory for an image, or none (@addr is 0). */
DEFINE_EVENT(vmfwupdate_image, vmfwupdate_begin,
	TP_PROTO(u64 addr, u64 size, int err),
	TP_ARGS(addr, size, err)
);

/* The driver handed an image over for the coming reset, or failed to. */
DEFINE_EVENT(vmfwupdate_image, vmfwupdate_arm,
	TP_PROTO(u64 addr, u64 size, int err),
	TP_ARGS(addr, size, err)
);

/* The driver took an image back from the VMM, or failed to. */
DEFINE_EVENT(vmfwupdate_image, vmfwupdate_withdraw,
	TP_PROTO(u64 addr, u64 size, int err),
	TP_ARGS(addr, size, err)
);

/* The driver asked the VMM for the host's own image; @addr and @size are 0. */
DEFINE_EVENT(vmfwupdate_image, vmfwupdate_restore,
	TP_PROTO(u64 addr, u64 size, int err),
	TP_ARGS(addr, size, err)
);

/* A commit left the image in @state: staged (2) or armed (3). */
TRACE_EVENT(vmfwupdate_commit,
	TP_PROTO(u64 addr, u64 size, u32 format, u32 state),
	TP_ARGS(addr, size, format, state),
	TP_STRUCT__entry(
		__field(u64, addr)
		__field(u64, size)
		__field(u32, format)
		__field(u32, state)
	),
	TP_fast_assign(
		__entry->addr = addr;
		__entry->size = size;
		__entry->format = format;
		__entry->state = state;
	),
	TP_printk("addr=0x%llx size=0x%llx format=0x%x state=%u",
		  __entry->addr, __entry->size, __entry->format,
		  __entry->state)
);

/*
 * An offer failed. The values that the VMM shows count only with -EIO.
 * @shown_status: the VMM's own result, 0 where the interface has none
 */
TRACE_EVENT(vmfwupdate_refuse,
	TP_PROTO(u64 addr, u64 size, u64 shown_control, u64 shown_addr,
		 u64 shown_size, u32 shown_status, int err),
	TP_ARGS(addr, size, shown_control, shown_addr, shown_size, shown_status,
		err),
	TP_STRUCT__entry(
		__field(u64, addr)
		__field(u64, size)
		__field(u64, shown_control)
		__field(u64, shown_addr)
		__field(u64, shown_size)
		__field(u32, shown_status)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->addr = addr;
		__entry->size = size;
		__entry->shown_control = shown_control;
		__entry->shown_addr = shown_addr;
		__entry->shown_size = shown_size;
		__entry->shown_status = shown_status;
		__entry->err = err;
	),
	TP_printk("addr=0x%llx size=0x%llx shown_control=0x%llx shown_addr=0x%llx shown_size=0x%llx shown_status=%u err=%d",
		  __entry->addr, __entry->size, __entry->shown_control,
		  __entry->shown_addr, __entry->shown_size,
		  __entry->shown_status, __entry->err)
);

/* One DMA transaction with fw_cfg: @control as in its descriptor. */
TRACE_EVENT(vmfwupdate_transfer,
	TP_PROTO(u32 control, u32 length, int err),
	TP_ARGS(control, length, err),
	TP_STRUCT__entry(
		__field(u32, control)
		__field(u32, length)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->control = control;
		__entry->length = length;
		__entry->err = err;
	),
	TP_printk("control=0x%x length=%u err=%d",
		  __entry->control, __entry->length, __entry->err)
);

#endif /* VMFWUPDATE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
