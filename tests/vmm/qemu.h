/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Declarations of all functions and objects of QEMU that the model uses. QEMU installs
 * no headers for them. Stock builds export them for their own modules. We checked the
 * declarations with 7.2.22, 10.0.13 and 11.1.3, x86_64 and aarch64.
 *
 * One build of the model works with all these versions. The calls of the functions are
 * compatible. The model uses most objects only by pointer. The layouts below are fixed
 * by QAPI or the plugin interface, or are the same in all these versions.
 *
 * All symbols are weak, so a missing symbol is a null pointer. symbols.c names each
 * missing symbol that the model needs. Without weak symbols, QEMU could not even load the
 * model.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef VMM_QEMU_H
#define VMM_QEMU_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma GCC visibility push(default)

#define QEMU_WEAK __attribute__((weak))

typedef uint64_t hwaddr;
typedef __int128 Int128;
typedef uint32_t MemTxResult;

/*
 * Four bytes of flags in 7.2, eight in later versions. A call passes either size in a
 * register. The model leaves all flags zero.
 */
typedef struct {
	uint64_t flags;
} MemTxAttrs;

typedef struct AddressSpace AddressSpace;
typedef struct AioContext AioContext;
typedef struct Error Error;
typedef struct FWCfgState FWCfgState;
typedef struct FlatView FlatView;
typedef struct MemoryRegion MemoryRegion;
typedef struct Object Object;
typedef struct QEMUFile QEMUFile;
typedef struct QIOChannel QIOChannel;

/* include/qemu/notify.h. Only QEMU uses the list entry, which is two pointers. */
typedef struct Notifier Notifier;
struct Notifier {
	void (*notify)(Notifier *notifier, void *data);
	void *node[2];
};

/* qapi/control.json */
typedef struct {
	int64_t major;
	int64_t minor;
	int64_t micro;
} VersionTriple;

typedef struct {
	VersionTriple *qemu;
	char *package;
} VersionInfo;

/* include/qemu/qemu-plugin.h: the members that are the same in all versions. */
typedef uint64_t qemu_plugin_id_t;
typedef struct {
	const char *target_name;
	struct {
		int min;
		int cur;
	} version;
	bool system_emulation;
	struct {
		int smp_vcpus;
		int max_vcpus;
	} system;	/* valid if system_emulation */
} qemu_info_t;

/* Start */
extern void qemu_add_machine_init_done_notifier(Notifier *notify) QEMU_WEAK;
extern AioContext *qemu_get_aio_context(void) QEMU_WEAK;
extern void aio_bh_schedule_oneshot_full(AioContext *ctx, void (*cb)(void *),
					 void *opaque, const char *name)
					 QEMU_WEAK;
extern VersionInfo *qmp_query_version(Error **errp) QEMU_WEAK;
extern void qapi_free_VersionInfo(VersionInfo *info) QEMU_WEAK;

/* Use only @running: the numbers of @state differ between versions. */
typedef struct VMChangeStateEntry VMChangeStateEntry;
extern VMChangeStateEntry *
qemu_add_vm_change_state_handler(void (*cb)(void *opaque, bool running,
					    int state),
				 void *opaque) QEMU_WEAK;

/* Reset */
extern void qemu_register_reset_nosnapshotload(void (*func)(void *),
					       void *opaque) QEMU_WEAK;

/* fw_cfg */
extern FWCfgState *fw_cfg_find(void) QEMU_WEAK;
extern bool fw_cfg_dma_enabled(void *state) QEMU_WEAK;
extern void fw_cfg_add_file_callback(FWCfgState *s, const char *filename,
				     void (*select)(void *opaque),
				     void (*write)(void *opaque, off_t start,
						   size_t len),
				     void *opaque, void *data, size_t len,
				     bool read_only) QEMU_WEAK;

/*
 * Memory. The model uses only the addresses of the address spaces, so their type is char.
 */
extern char address_space_memory[] QEMU_WEAK;
extern char address_space_io[] QEMU_WEAK;
extern MemTxResult address_space_rw(AddressSpace *as, hwaddr addr,
				    MemTxAttrs attrs, void *buf, hwaddr len,
				    bool is_write) QEMU_WEAK;
extern MemTxResult address_space_write_rom(AddressSpace *as, hwaddr addr,
					   MemTxAttrs attrs, const void *buf,
					   hwaddr len) QEMU_WEAK;
extern FlatView *address_space_get_flatview(AddressSpace *as) QEMU_WEAK;
extern void flatview_unref(FlatView *view) QEMU_WEAK;
extern void flatview_for_each_range(FlatView *view,
				    bool (*cb)(Int128 start, Int128 len,
					       const MemoryRegion *mr,
					       hwaddr offset_in_region,
					       void *opaque),
				    void *opaque) QEMU_WEAK;
/* Return: all ones for a region without memory of its own. */
extern uint64_t memory_region_get_ram_addr(const MemoryRegion *mr) QEMU_WEAK;
extern MemoryRegion *get_system_memory(void) QEMU_WEAK;
/* In 7.2 this function returns nothing, so look at @errp. */
extern void memory_region_init_rom(MemoryRegion *mr, Object *owner,
				   const char *name, uint64_t size,
				   Error **errp) QEMU_WEAK;
extern void memory_region_add_subregion_overlap(MemoryRegion *mr, hwaddr offset,
						MemoryRegion *subregion,
						int priority) QEMU_WEAK;
/* In 7.2 this function returns nothing either, so look at @errp. */
extern void memory_region_init_ram(MemoryRegion *mr, Object *owner,
				   const char *name, uint64_t size,
				   Error **errp) QEMU_WEAK;
extern void memory_region_add_subregion(MemoryRegion *mr, hwaddr offset,
					MemoryRegion *subregion) QEMU_WEAK;
extern void memory_region_del_subregion(MemoryRegion *mr,
					MemoryRegion *subregion) QEMU_WEAK;
extern void memory_region_set_enabled(MemoryRegion *mr, bool enabled) QEMU_WEAK;
extern const char *error_get_pretty(const Error *err) QEMU_WEAK;
extern void error_free(Error *err) QEMU_WEAK;

/* Read a PC's memory map by index. Return: false past its end, or for another type. */
#define E820_RAM 1
#define E820_RESERVED 2
extern bool e820_get_entry(int index, uint32_t type, uint64_t *addr,
			   uint64_t *size) QEMU_WEAK;

/* ACPI's table of processors (MADT), made separately; since 11.0. */
extern void *qdev_get_machine(void) QEMU_WEAK;
extern GArray *acpi_build_madt_standalone(void *machine) QEMU_WEAK;

/*
 * Save a processor to a stream and load it, on x86 only. The model ignores the results of
 * vmstate_save_state() and vmstate_load_state(), because their meaning has changed. Before
 * 11 they have no @errp.
 */
extern const char vmstate_x86_cpu[] QEMU_WEAK;
extern void *qemu_get_cpu(int index) QEMU_WEAK;
extern void vmstate_save_state(QEMUFile *f, const void *vmsd, void *opaque,
			       void *vmdesc, Error **errp) QEMU_WEAK;
extern void vmstate_load_state(QEMUFile *f, const void *vmsd, void *opaque,
			       int version_id, Error **errp) QEMU_WEAK;
extern QEMUFile *qemu_file_new_input(QIOChannel *ioc) QEMU_WEAK;
extern QEMUFile *qemu_file_new_output(QIOChannel *ioc) QEMU_WEAK;
/* Before 9.0 this function returned nothing. */
extern void qemu_fflush(QEMUFile *f) QEMU_WEAK;
extern int qemu_fclose(QEMUFile *f) QEMU_WEAK;
extern QIOChannel *qio_channel_buffer_new(size_t capacity) QEMU_WEAK;
extern off_t qio_channel_io_seek(QIOChannel *ioc, off_t offset, int whence,
				 Error **errp) QEMU_WEAK;
extern ssize_t qio_channel_read(QIOChannel *ioc, char *buf, size_t buflen,
				Error **errp) QEMU_WEAK;
extern int qio_channel_write_all(QIOChannel *ioc, const char *buf,
				 size_t buflen, Error **errp) QEMU_WEAK;
extern void object_unref(void *obj) QEMU_WEAK;

/* The model never calls these: their existence tells versions apart. */
extern void qemu_register_resettable(Object *obj) QEMU_WEAK;
extern void physical_memory_read(void) QEMU_WEAK;

#pragma GCC visibility pop

#endif
