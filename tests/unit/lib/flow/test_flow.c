// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The boot flow on a machine that the test imitates: the order of the steps, errors,
 * and random sequences of boots.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <zlib.h>

#include "base/exit.h"
#include "flow/flow.h"
#include "guest/bootentry.h"
#include "guest/reboot.h"
#include "shared/bytes.h"
#include "shared/macro.h"
#include "source/image.h"
#include "stage/stage.h"

static const uint8_t image[DIGEST_SIZE] = { 7 }, other[DIGEST_SIZE] = { 8 };
static const struct firmware provider = { .known = true, .vendor = "P" };
static const struct firmware tenant = { .known = true, .vendor = "T" };
static const struct firmware third = { .known = true, .vendor = "X" };

/*
 * The random sequences consist of cold starts, warm reboots and crashes. A
 * reset by the flow counts as a part of the event before it.
 */

enum vmm { VMM_APPLIES, VMM_IGNORES, VMM_REFUSES, VMM_LOADS_ANOTHER, NR_VMM };

/**
 * struct world - a machine, its disk and its VMM
 * @blocks: the slots of the record
 * @budget: number of bytes that reach the disk before the power fails; UINT32_MAX:
 *	it does not fail
 * @dead: the power has failed
 * @read_only: writes to the disk fail
 * @nr_slots: number of slots; 1: the record is the page of the VMM, which a
 *	cold start clears
 * @running: image that the machine runs; NULL: the firmware of the provider
 * @nameless: the image has the same name as the firmware of the provider
 * @vmm: behaviour of the VMM
 * @cut: the power fails before the reset that the flow asks for
 * @truthful: each firmware has a name of its own
 * @wanted: SHA-256 of the image on the disk
 * @boot: number of boots so far
 * @resets: the flow has asked for a reset in this boot
 * @other: another disk that the firmware may boot from, or NULL; only the
 *	members that describe its disk count
 */
struct world {
	uint8_t blocks[SLOTS][RECORD_SIZE];
	uint32_t budget;
	bool dead;
	bool read_only;
	unsigned int nr_slots;
	const uint8_t *running;
	bool nameless;
	enum vmm vmm;
	bool cut;
	bool truthful;
	const uint8_t *wanted;
	uint32_t boot;
	bool resets;
	struct world *other;
};

/* The machine that the flow runs on. */
static struct world *here;

/**
 * struct script - results of the functions that the flow calls, and their calls
 * @boot_err: result of boot_read()
 * @settle_err: result of boot_settle()
 * @config_code: result of config_load()
 * @not_offered: device_offered() finds no interface
 * @device_code: result of device_open()
 * @untried: see struct device
 * @open_code: result of image_open_place()
 * @flat: the image is flat firmware
 * @check_code: result of payload_check()
 * @digest_code: result of payload_digest()
 * @plan_code: result of payload_plan()
 * @top_code: result of volume_top()
 * @other_code: result of volume_top() for the other disk
 * @lost: the file system of the record does not survive a reset
 * @read_err: result of reading the record
 * @trap_code: result of reset_check()
 * @traps: the obstacles that reset_check() finds
 * @stage_code: result of staging_run(), unless the VMM refuses the image
 * @session_code: result of device_open_session()
 * @disable_code: result of device_disable()
 * @reset_code: result of reset_machine() and of reset_at_once()
 * @attested: the verdict of the attestation
 * @unverified: the tool could not verify the signature
 * @given_traps: the obstacles that reset_machine() got
 * @measures: evidence_attest() got the image, to compute its digest
 * @boot: facts of this boot
 * @config: the configuration
 * @info: state of the device
 * @calls: calls that act, save, reset or close, one word each
 * @looks: calls that look for facts, one word each
 */
static struct script {
	int boot_err;
	int settle_err;
	int config_code;
	bool not_offered;
	int device_code;
	bool untried;
	int open_code;
	bool flat;
	int check_code;
	int digest_code;
	int plan_code;
	int top_code;
	int other_code;
	bool lost;
	int read_err;
	int trap_code;
	unsigned int traps;
	int stage_code;
	int session_code;
	int disable_code;
	int reset_code;
	enum verdict attested;
	bool unverified;
	unsigned int given_traps;
	bool measures;
	struct boot boot;
	struct config config;
	struct vmfwupdate_info info;
	char calls[256];
	char looks[64];
} script;

static struct messages messages;

static void note(const char *word)
{
	size_t len = strlen(script.calls);

	snprintf(script.calls + len, sizeof(script.calls) - len, "%s;", word);
}

static void note_look(const char *word)
{
	size_t len = strlen(script.looks);

	snprintf(script.looks + len, sizeof(script.looks) - len, "%s;", word);
}

static int world_read(void *arg, unsigned int slot, uint8_t *block)
{
	struct world *world = arg;

	memcpy(block, world->blocks[slot], RECORD_SIZE);
	return script.read_err;
}

static int world_prepare(void *arg)
{
	struct world *world = arg;

	return world->read_only ? -EROFS : 0;
}

static int world_write(void *arg, unsigned int slot, const uint8_t *block)
{
	struct world *world = arg;
	uint32_t len = RECORD_SIZE;

	if (world->dead)
		return -EIO;
	if (world->read_only)
		return -EROFS;
	if (len > world->budget) {
		len = world->budget;
		world->dead = true;
	} else if (world->budget != UINT32_MAX) {
		world->budget -= len;
	}
	memcpy(world->blocks[slot], block, len);
	return world->dead ? -EIO : 0;
}

static struct firmware name_of(const struct world *world)
{
	if (!world->running || world->nameless)
		return provider;
	return world->running == image ? tenant : third;
}

int __wrap_boot_read(struct boot *boot, const char *root);
int __wrap_boot_read(struct boot *boot, const char *root)
{
	(void)root;
	*boot = script.boot;
	memcpy(boot->id, &here->boot, sizeof(here->boot));
	return script.boot_err;
}

int __wrap_boot_settle(const char *root);
int __wrap_boot_settle(const char *root)
{
	assert_null(root);
	note("settle");
	return script.settle_err;
}

void __wrap_interrupt_after(unsigned int seconds);
void __wrap_interrupt_after(unsigned int seconds)
{
	assert_int_equal(seconds, 0);
	note("no_timeout");
}

bool __wrap_device_offered(void);
bool __wrap_device_offered(void)
{
	return !script.not_offered;
}

void __wrap_firmware_read(struct firmware *firmware, const char *root);
void __wrap_firmware_read(struct firmware *firmware, const char *root)
{
	(void)root;
	*firmware = name_of(here);
}

int __wrap_config_load(struct config *config, struct messages *to,
		       const char *root);
int __wrap_config_load(struct config *config, struct messages *to,
		       const char *root)
{
	(void)to;
	(void)root;
	*config = script.config;
	return script.config_code;
}

int __wrap_device_open(struct device *device, struct messages *to,
		       const char *path);
int __wrap_device_open(struct device *device, struct messages *to,
		       const char *path)
{
	(void)to;
	note_look("device");
	device->path = path;
	device->info = script.info;
	device->untried = script.untried;
	return script.device_code;
}

int __wrap_device_open_session(struct device *device, struct messages *to);
int __wrap_device_open_session(struct device *device, struct messages *to)
{
	(void)device;
	(void)to;
	note("session");
	return script.session_code;
}

int __wrap_device_disable(struct device *device, struct messages *to);
int __wrap_device_disable(struct device *device, struct messages *to)
{
	(void)device;
	(void)to;
	note("disable");
	return script.disable_code;
}

void __wrap_device_close(struct device *device);
void __wrap_device_close(struct device *device)
{
	(void)device;
	note("device_close");
}

int __wrap_image_open_place(struct source *source, struct messages *to,
			    const struct image_place *place, char *path);
int __wrap_image_open_place(struct source *source, struct messages *to,
			    const struct image_place *place, char *path)
{
	(void)to;
	note_look("image");
	assert_non_null(place->volumes);
	strcpy(path, place->location->path);
	*source = (struct source) {
		.kind = script.flat ? SOURCE_FLAT : SOURCE_IGVM, .fd = -1,
	};
	return script.open_code;
}

void __real_source_close(struct source *source);
void __wrap_source_close(struct source *source);
void __wrap_source_close(struct source *source)
{
	note("source_close");
	__real_source_close(source);
}

int __wrap_payload_check(struct payload *payload, struct messages *to,
			 struct source *source);
int __wrap_payload_check(struct payload *payload, struct messages *to,
			 struct source *source)
{
	(void)payload;
	(void)to;
	(void)source;
	return script.check_code;
}

int __wrap_payload_digest(struct payload *payload, struct messages *to);
int __wrap_payload_digest(struct payload *payload, struct messages *to)
{
	(void)to;
	memcpy(payload->digest, here->wanted, DIGEST_SIZE);
	return script.digest_code;
}

int __wrap_payload_plan(struct payload *payload, struct messages *to,
			const struct vmfwupdate_info *info,
			const struct payload_loader *loader);
int __wrap_payload_plan(struct payload *payload, struct messages *to,
			const struct vmfwupdate_info *info,
			const struct payload_loader *loader)
{
	(void)payload;
	(void)to;
	assert_true(loader->quiet);
	assert_int_equal(info->start, script.info.start);
	return script.plan_code;
}

int __wrap_volume_top(struct volumes *volumes, struct messages *to,
		      const struct location *location,
		      const char **top);
int __wrap_volume_top(struct volumes *volumes, struct messages *to,
		      const struct location *location,
		      const char **top)
{
	if (location->kind == LOCATION_PARTUUID) {
		assert_non_null(here->other);
		assert_string_equal(location->tag, "other");
		assert_true(location->fat);
		assert_false(volumes->wait);
		assert_ptr_not_equal(to, &messages);
		assert_int_equal(to->nr, 0);
		assert_null(to->program);
		note_look("other");
		*top = "other";
		if (script.other_code)
			message_error(to, "cannot use the other disk");
		return script.other_code;
	}
	/*
	 * If no attempt is possible, the tool neither waits for the record nor
	 * reports that it is missing.
	 */
	assert_int_equal(volumes->wait, script.boot.initramfs && to == &messages);
	note_look(to == &messages ? "record" : "record, silently");
	*top = "";
	return script.top_code;
}

void __wrap_volume_close_all(struct volumes *volumes);
void __wrap_volume_close_all(struct volumes *volumes)
{
	(void)volumes;
	note("volume_close_all");
}

int __wrap_store_check(const struct store *store, const char **why);
int __wrap_store_check(const struct store *store, const char **why)
{
	(void)store;
	assert_int_equal(script.top_code, VMFW_EXIT_OK);
	*why = "it is lost";
	return script.lost ? -EINVAL : 0;
}

int __wrap_bootentry_others(const char *root, struct bootentries *others);
int __wrap_bootentry_others(const char *root, struct bootentries *others)
{
	assert_null(root);
	others->nr = 0;
	if (!here->other)
		return -ENOENT;
	strcpy(others->v[0].uuid, "other");
	others->nr = 1;
	return 0;
}

struct slots_medium __wrap_store_medium(struct store *store);
struct slots_medium __wrap_store_medium(struct store *store)
{
	bool elsewhere = store->top && !strcmp(store->top, "other");

	assert_int_equal(here->nr_slots, store->top ? SLOTS : 1);
	return (struct slots_medium) {
		.nr = here->nr_slots,
		.read = world_read,
		.prepare = world_prepare,
		.write = world_write,
		.arg = elsewhere ? here->other : here,
	};
}

void __wrap_evidence_attest(struct evidence *evidence,
			    const struct config *config,
			    const struct vmfw_igvm *igvm);
void __wrap_evidence_attest(struct evidence *evidence,
			    const struct config *config,
			    const struct vmfw_igvm *igvm)
{
	(void)config;
	note_look("evidence");
	script.measures = igvm;
	evidence->verdict = script.attested;
	evidence->rung = script.attested == VERDICT_UNKNOWN ? RUNG_NONE :
							      RUNG_QUOTED;
	evidence->unverified = script.unverified;
	strcpy(evidence->why, "the test says so");
}

int __wrap_staging_run(struct messages *to, const struct staging_options *options,
		       struct payload *payload, struct staged *staged);
int __wrap_staging_run(struct messages *to, const struct staging_options *options,
		       struct payload *payload, struct staged *staged)
{
	(void)staged;
	(void)to;
	assert_false(options->dry_run);
	assert_false(options->reboot);
	assert_int_equal(options->when, STAGING_DEFAULT);
	assert_string_equal(options->device, "./device");
	assert_memory_equal(payload->digest, here->wanted, DIGEST_SIZE);
	note("stage");
	return here->vmm == VMM_REFUSES ? VMFW_EXIT_REFUSED : script.stage_code;
}

int __wrap_reset_check(struct messages *to, bool reboot, unsigned int overridden,
		       unsigned int *traps);
int __wrap_reset_check(struct messages *to, bool reboot, unsigned int overridden,
		       unsigned int *traps)
{
	(void)to;
	assert_true(reboot);
	assert_int_equal(overridden, RESET_TRAP_KEXEC);
	note("reset_check");
	*traps = script.traps;
	return script.trap_code;
}

int __wrap_reset_machine(struct messages *to, unsigned int traps);
int __wrap_reset_machine(struct messages *to, unsigned int traps)
{
	(void)to;
	note("reset_machine");
	script.given_traps = traps;
	here->resets = true;
	return script.reset_code;
}

int __wrap_reset_at_once(struct messages *to);
int __wrap_reset_at_once(struct messages *to)
{
	(void)to;
	note("reset_at_once");
	here->resets = true;
	return script.reset_code;
}

int __real_slots_save(struct slots *slots);
int __wrap_slots_save(struct slots *slots);
int __wrap_slots_save(struct slots *slots)
{
	note("save");
	return __real_slots_save(slots);
}

static const struct flow_options options = {
	.device = "./device",
	.act = true,
	.overridden = RESET_TRAP_KEXEC,
};

/*
 * Begin a boot of the machine @world, without errors and without attestation.
 */
static void begin(struct world *world)
{
	here = world;
	memset(&script, 0, sizeof(script));
	config_default(&script.config);
	script.config.image.kind = LOCATION_PATH;
	strcpy(script.config.image.path, "/efi/fw.igvm");
	if (world->nr_slots == 1)
		script.info.opaque_size = RECORD_SIZE;
	messages_keep(&messages);
}

/* Run the steps of auto in one boot. Return true if it resets the machine. */
static bool run_auto(struct world *world)
{
	struct decision decision;
	struct flow flow;

	begin(world);
	world->resets = false;
	assert_int_equal(flow_begin(&flow, &messages, &options), VMFW_EXIT_OK);
	flow_look(&flow, &messages);
	if (world->truthful && flow.facts.verdict == VERDICT_RUNNING)
		assert_ptr_equal(world->running, world->wanted);
	decision = decide(&flow.facts);
	if (!flow_act(&flow, &messages, &decision) && decision.attempt)
		flow_reset(&flow, &messages);
	flow_end(&flow);
	messages_free(&messages);
	return world->resets;
}

/* Choose the firmware after a reset that the flow asked for. */
static void apply(struct world *world)
{
	if (world->cut)
		world->running = NULL;
	else if (world->vmm == VMM_APPLIES)
		world->running = world->wanted;
	else if (world->vmm == VMM_LOADS_ANOTHER)
		world->running = NULL;
}

/* Boot until the flow asks for no further reset. Return the number of extra resets. */
static unsigned int start(struct world *world)
{
	unsigned int extra = 0;

	for (;;) {
		world->boot++;
		world->dead = false;
		if (!run_auto(world))
			return extra;
		/*
		 * The second run of auto in this boot, after the initramfs, must not
		 * reset again.
		 */
		assert_false(run_auto(world));
		apply(world);
		extra++;
		assert_true(extra < 10);
	}
}

static void cold_start(struct world *world)
{
	world->running = NULL;
	if (world->nr_slots == 1)
		memset(world->blocks, 0, sizeof(world->blocks));
}

static void boot_at_random(unsigned int seed, unsigned int nr_slots, bool truthful)
{
	struct world world = {
		.nr_slots = nr_slots,
		.truthful = truthful,
		.wanted = image,
		.budget = UINT32_MAX,
	};
	unsigned int step;

	srand(seed);
	for (step = 0; step < 40; step++) {
		unsigned int dice = rand() % 16;

		world.budget = UINT32_MAX;
		world.read_only = false;
		world.cut = rand() % 8 == 0;
		if (dice < 6)
			cold_start(&world);
		else if (dice == 6)
			world.wanted = world.wanted == image ? other : image;
		else if (dice == 7)
			world.vmm = rand() % NR_VMM;
		else if (dice == 8)
			world.budget = rand() % (4 * RECORD_SIZE);
		else if (dice == 9)
			world.read_only = true;
		else if (dice == 10 && !truthful)
			world.nameless = !world.nameless;
		else if (dice == 11)
			world.blocks[rand() % nr_slots]
				    [rand() % RECORD_SIZE] ^= 0x10;
		else if (dice == 12)
			world.vmm = VMM_APPLIES;
		else if (dice == 13)
			/* The provider's firmware has come back. */
			world.running = NULL;
		else if (dice == 14 && !truthful)
			/* The VMM keeps an image that the user has staged. */
			world.running = rand() % 2 ? image : other;
		assert_true(start(&world) <= 1);
	}
	/*
	 * Without further errors, the machine must run the image after each cold start.
	 */
	if (world.nr_slots == SLOTS)
		memset(world.blocks, 0, sizeof(world.blocks));
	world.vmm = VMM_APPLIES;
	world.nameless = false;
	world.cut = false;
	world.budget = UINT32_MAX;
	world.read_only = false;
	for (step = 0; step < 3; step++) {
		cold_start(&world);
		assert_int_equal(start(&world), 1);
		assert_ptr_equal(world.running, world.wanted);
		/* A warm reboot then needs no extra reset. */
		assert_int_equal(start(&world), 0);
		assert_ptr_equal(world.running, world.wanted);
	}
}

static void test_random_boots(void **state)
{
	unsigned int seed;

	(void)state;
	for (seed = 0; seed < 1000; seed++) {
		boot_at_random(seed, SLOTS, false);
		boot_at_random(seed, SLOTS, true);
		boot_at_random(seed, 1, false);
	}
}

/*
 * The power fails at every seventh byte that the first cold start writes, with
 * each behaviour of the VMM.
 */
static void test_power(void **state)
{
	struct world world;
	unsigned int cut, vmm;

	(void)state;
	for (vmm = 0; vmm < NR_VMM; vmm++) {
		for (cut = 0; cut < 5 * RECORD_SIZE; cut += 7) {
			memset(&world, 0, sizeof(world));
			world.nr_slots = SLOTS;
			world.wanted = image;
			world.vmm = vmm;
			world.budget = cut;
			assert_true(start(&world) <= 1);
			world.budget = UINT32_MAX;
			cold_start(&world);
			assert_true(start(&world) <= 1);
			cold_start(&world);
			assert_true(start(&world) <= 1);
			if (vmm == VMM_APPLIES)
				assert_ptr_equal(world.running, image);
		}
	}
}

/* Let the firmware boot from the other disk. */
static void swap_disks(struct world *world)
{
	uint8_t blocks[SLOTS][RECORD_SIZE];

	memcpy(blocks, world->blocks, sizeof(blocks));
	memcpy(world->blocks, world->other->blocks, sizeof(blocks));
	memcpy(world->other->blocks, blocks, sizeof(blocks));
}

/* Each boot comes from a random disk, also the boot after an attempt. */
static void boot_from_two_disks(unsigned int seed)
{
	struct world disk = { .nr_slots = SLOTS, .budget = UINT32_MAX };
	struct world world = { .nr_slots = SLOTS, .budget = UINT32_MAX,
			       .wanted = image, .other = &disk };
	unsigned int step, extra;

	srand(seed);
	for (step = 0; step < 40; step++) {
		unsigned int dice = rand() % 8;

		world.cut = rand() % 8 == 0;
		if (dice < 4)
			cold_start(&world);
		else if (dice == 4)
			world.wanted = world.wanted == image ? other : image;
		else if (dice == 5)
			world.vmm = rand() % NR_VMM;
		else if (dice == 6)
			world.nameless = !world.nameless;
		for (extra = 0;; extra++) {
			if (rand() % 2)
				swap_disks(&world);
			world.boot++;
			if (!run_auto(&world))
				break;
			assert_false(run_auto(&world));
			apply(&world);
		}
		assert_true(extra <= 1);
	}
}

static void test_random_boots_from_two_disks(void **state)
{
	unsigned int seed;

	(void)state;
	for (seed = 0; seed < 300; seed++)
		boot_from_two_disks(seed);
}

static struct world machine;
static struct flow flow;

static int set_up(void **state)
{
	(void)state;
	machine = (struct world) {
		.nr_slots = SLOTS,
		.wanted = image,
		.budget = UINT32_MAX,
		.boot = 1,
	};
	begin(&machine);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	messages_free(&messages);
	return 0;
}

/* Look, decide and act, as auto does. */
static int act(void)
{
	struct decision decision;
	int code;

	script.calls[0] = '\0';
	messages_free(&messages);
	assert_int_equal(flow_begin(&flow, &messages, &options), VMFW_EXIT_OK);
	flow_look(&flow, &messages);
	decision = decide(&flow.facts);
	code = flow_act(&flow, &messages, &decision);
	if (!code && decision.attempt)
		code = flow_reset(&flow, &messages);
	return code;
}

static void end(void)
{
	flow_end(&flow);
}

/* Does a message have this text? */
static bool has_message(const char *text)
{
	size_t i;

	for (i = 0; i < messages.nr; i++)
		if (strstr(messages.list[i].text, text))
			return true;
	return false;
}

static void called(const char *calls)
{
	assert_string_equal(script.calls, calls);
}

static void said(const char *text)
{
	if (!has_message(text))
		fail_msg("nothing says \"%s\"", text);
}

/* Check the last attempt, as a later boot reads it. */
static void recorded(enum outcome outcome, const uint8_t *of)
{
	const struct slots_medium medium = {
		.nr = machine.nr_slots,
		.read = world_read,
		.arg = &machine,
	};
	const struct attempt *last;
	struct slots slots;

	assert_int_equal(slots_load(&slots, &medium), 0);
	last = record_last(&slots.record);
	assert_int_equal(!!last, !!of);
	if (!of)
		return;
	assert_int_equal(last->outcome, outcome);
	assert_memory_equal(last->image, of, DIGEST_SIZE);
}

/*
 * The flow records the attempt before it stages the image, and closes everything
 * before the reset.
 */
static void test_attempt(void **state)
{
	(void)state;
	script.traps = RESET_TRAP_KEXEC;
	assert_int_equal(act(), VMFW_EXIT_OK);
	called("reset_check;save;stage;source_close;volume_close_all;"
	       "no_timeout;reset_machine;");
	assert_int_equal(script.given_traps, RESET_TRAP_KEXEC);
	assert_int_equal(flow.source.fd, -1);
	recorded(OUTCOME_OPEN, image);
	end();
	called("reset_check;save;stage;source_close;volume_close_all;"
	       "no_timeout;reset_machine;"
	       "source_close;device_close;volume_close_all;");
	/* The next boot records the outcome, and makes no attempt. */
	machine.boot = 2;
	machine.running = image;
	assert_int_equal(act(), VMFW_EXIT_OK);
	called("save;");
	recorded(OUTCOME_RUNNING, image);
	end();
}

static void test_attempt_in_initramfs(void **state)
{
	(void)state;
	script.boot.initramfs = true;
	script.reset_code = VMFW_EXIT_SYSTEM;
	assert_int_equal(act(), VMFW_EXIT_SYSTEM);
	called("reset_check;save;stage;source_close;volume_close_all;"
	       "no_timeout;reset_at_once;");
	end();
}

/*
 * If the reboot would not be a full reset, the flow neither records an attempt
 * nor stages the image.
 */
static void test_trap(void **state)
{
	(void)state;
	script.trap_code = VMFW_EXIT_SYSTEM;
	assert_int_equal(act(), VMFW_EXIT_SYSTEM);
	called("reset_check;");
	recorded(0, NULL);
	end();
	script.config.required = true;
	assert_int_equal(act(), VMFW_EXIT_REQUIRED);
	end();
}

static void test_not_recorded(void **state)
{
	(void)state;
	machine.read_only = true;
	assert_int_equal(act(), VMFW_EXIT_GUARD);
	called("reset_check;save;");
	said("cannot write the record of attempts (");
	said("Read-only file system");
	assert_false(has_message("fsck"));
	end();
}

/* The next block of the record would need a higher number. */
static void numbers_that_are_used_up(void **state)
{
	const struct record last = { .sequence = RECORD_MOST };
	const struct record before = { .sequence = RECORD_MOST - 1 };

	(void)state;
	record_encode(&last, machine.blocks[0]);
	record_encode(&before, machine.blocks[1]);
	assert_int_equal(act(), VMFW_EXIT_GUARD);
	called("reset_check;save;");
	said("its sequence numbers are used up; \"history --clear\" starts a new one");
	end();
}

/*
 * If staging fails, the record says whether the VMM refused the image or an
 * error occurred.
 */
static void test_not_staged(void **state)
{
	static const struct {
		int code;
		enum outcome outcome;
	} table[] = {
		{ VMFW_EXIT_REFUSED, OUTCOME_REFUSED },
		{ VMFW_EXIT_SYSTEM, OUTCOME_FAILED },
		{ VMFW_EXIT_DEVICE, OUTCOME_FAILED },
		{ 128 + 14, OUTCOME_FAILED },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		memset(machine.blocks, 0, sizeof(machine.blocks));
		machine.boot++;
		script.stage_code = table[i].code;
		assert_int_equal(act(), table[i].code);
		called("reset_check;save;stage;save;");
		recorded(table[i].outcome, image);
		end();
	}
}

/*
 * The configuration names another image now, so the verdict is not about the
 * attempt.
 */
static void test_another_image_is_configured(void **state)
{
	(void)state;
	assert_int_equal(act(), VMFW_EXIT_OK);
	end();
	machine.boot = 2;
	machine.wanted = other;
	script.attested = VERDICT_RUNNING;
	assert_int_equal(act(), VMFW_EXIT_OK);
	recorded(OUTCOME_UNKNOWN, image);
	end();
	/* If the image is missing, the verdict is not about the attempt, either. */
	memset(machine.blocks, 0, sizeof(machine.blocks));
	machine.wanted = image;
	script.attested = VERDICT_UNKNOWN;
	assert_int_equal(act(), VMFW_EXIT_OK);
	end();
	machine.boot = 3;
	script.open_code = VMFW_EXIT_SOURCE;
	script.attested = VERDICT_RUNNING;
	assert_int_equal(act(), VMFW_EXIT_OK);
	recorded(OUTCOME_UNKNOWN, image);
	end();
}

static void test_verdicts_are_noted(void **state)
{
	static const struct {
		enum verdict verdict;
		enum outcome outcome;
	} table[] = {
		{ VERDICT_RUNNING, OUTCOME_RUNNING },
		{ VERDICT_NOT_RUNNING, OUTCOME_NOT_RUNNING },
		{ VERDICT_UNKNOWN, OUTCOME_UNKNOWN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		memset(machine.blocks, 0, sizeof(machine.blocks));
		script.attested = VERDICT_UNKNOWN;
		machine.boot++;
		assert_int_equal(act(), VMFW_EXIT_OK);
		end();
		script.attested = table[i].verdict;
		machine.boot++;
		assert_int_equal(act(), table[i].verdict == VERDICT_RUNNING ?
				 VMFW_EXIT_OK : VMFW_EXIT_GUARD);
		called("save;");
		recorded(table[i].outcome, image);
		end();
	}
}

/* If the tool cannot write the outcome, the attempt stays open. */
static void test_outcome_not_written(void **state)
{
	(void)state;
	assert_int_equal(act(), VMFW_EXIT_OK);
	end();
	machine.boot = 2;
	machine.read_only = true;
	assert_int_equal(act(), VMFW_EXIT_GUARD);
	said("cannot write the record of attempts (");
	assert_int_equal(flow.facts.record, RECORD_MISSING);
	recorded(OUTCOME_OPEN, image);
	end();
}

static void test_disable(void **state)
{
	(void)state;
	script.attested = VERDICT_RUNNING;
	assert_int_equal(act(), VMFW_EXIT_OK);
	called("");
	end();
	script.config.disable = true;
	assert_int_equal(act(), VMFW_EXIT_OK);
	called("session;disable;");
	end();
	script.disable_code = VMFW_EXIT_REFUSED;
	assert_int_equal(act(), VMFW_EXIT_REFUSED);
	called("session;disable;");
	end();
	script.session_code = VMFW_EXIT_SYSTEM;
	assert_int_equal(act(), VMFW_EXIT_SYSTEM);
	called("session;");
	end();
	script.config.required = true;
	assert_int_equal(act(), VMFW_EXIT_REQUIRED);
	end();
}

static void test_begin(void **state)
{
	struct flow_options looking = options;

	(void)state;
	/* The tool waits for disks only in the initramfs, and only to act. */
	script.boot.initramfs = true;
	assert_int_equal(flow_begin(&flow, &messages, &options), VMFW_EXIT_OK);
	assert_true(flow.volumes.wait);
	assert_true(flow.volumes.writable);
	looking.act = false;
	assert_int_equal(flow_begin(&flow, &messages, &looking), VMFW_EXIT_OK);
	assert_false(flow.volumes.wait);
	assert_false(flow.volumes.writable);
	script.boot.initramfs = false;
	assert_int_equal(flow_begin(&flow, &messages, &options), VMFW_EXIT_OK);
	assert_false(flow.volumes.wait);
	assert_int_equal(flow.source.fd, -1);
	assert_int_equal(flow.device.fd, -1);

	script.boot.switched_off = "vmfwupdate=0";
	script.boot.crash_kernel = true;
	script.config.required = true;
	script.config.disable = true;
	assert_int_equal(flow_begin(&flow, &messages, &options), VMFW_EXIT_OK);
	assert_true(flow.facts.switched_off);
	assert_true(flow.facts.crash_kernel);
	assert_true(flow.facts.configured);
	assert_true(flow.facts.required);
	assert_true(flow.facts.disable);
	assert_int_equal(flow.facts.device, DEVICE_ABSENT);
	assert_int_equal(flow.facts.image, IMAGE_MISSING);
	assert_int_equal(flow.facts.record, RECORD_MISSING);

	/* If a part of the configuration is invalid, the rest still counts. */
	script.config.image.kind = LOCATION_NONE;
	script.config_code = VMFW_EXIT_USAGE;
	assert_int_equal(flow_begin(&flow, &messages, &options), VMFW_EXIT_USAGE);
	assert_false(flow.facts.configured);
	assert_true(flow.facts.required);
	script.boot_err = -ENOENT;
	assert_int_equal(flow_begin(&flow, &messages, &options), VMFW_EXIT_SYSTEM);
	said("cannot read /proc/cmdline or the ID of this boot: No such file or directory");
	assert_false(flow.facts.required);
}

static enum device_fact look_for_device(void)
{
	messages_free(&messages);
	flow_begin(&flow, &messages, &options);
	flow_open_device(&flow, &messages);
	assert_int_equal(flow_has_device(&flow),
			 flow.facts.device != DEVICE_ABSENT &&
			 flow.facts.device != DEVICE_UNREADABLE);
	return flow.facts.device;
}

static void test_device(void **state)
{
	(void)state;
	assert_int_equal(look_for_device(), DEVICE_READY);
	assert_false(flow.config.vmm.known);
	script.info.interface = VMFWUPDATE_INTERFACE_VMLAUNCHUPDATE;
	script.info.state = VMFWUPDATE_STATE_STAGED;
	assert_int_equal(look_for_device(), DEVICE_READY);
	/* Only QEMU has the interface vmlaunchupdate. */
	assert_true(flow.config.vmm.known);
	script.info.state = VMFWUPDATE_STATE_DISABLED;
	assert_int_equal(look_for_device(), DEVICE_DISABLED);
	script.info.state = VMFWUPDATE_STATE_REVERTING;
	assert_int_equal(look_for_device(), DEVICE_REVERTING);
	script.info.start = VMFWUPDATE_START_OTHER;
	assert_int_equal(look_for_device(), DEVICE_STARTED_OTHERWISE);
	script.device_code = VMFW_EXIT_DEVICE;
	assert_int_equal(look_for_device(), DEVICE_ABSENT);
	script.untried = true;
	assert_int_equal(look_for_device(), DEVICE_UNREADABLE);
	script.untried = false;
	script.device_code = VMFW_EXIT_SYSTEM;
	assert_int_equal(look_for_device(), DEVICE_UNREADABLE);
	script.device_code = 128 + SIGTERM;
	assert_int_equal(look_for_device(), DEVICE_UNREADABLE);
}

/*
 * Unless the user names a device, the tool opens one only if there are signs of
 * it, and none for another root.
 */
static void test_unnamed_device(void **state)
{
	static const struct {
		struct flow_options options;
		bool not_offered;
		enum device_fact device;
	} table[] = {
		{ { .device = NULL }, false, DEVICE_READY },
		{ { .device = NULL }, true, DEVICE_ABSENT },
		{ { .root = "/mnt" }, false, DEVICE_ABSENT },
		{ { .device = "./device" }, true, DEVICE_READY },
		{ { .device = "./device", .root = "/mnt" }, true,
		  DEVICE_READY },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.not_offered = table[i].not_offered;
		script.looks[0] = '\0';
		flow_begin(&flow, &messages, &table[i].options);
		flow_open_device(&flow, &messages);
		assert_int_equal(flow.facts.device, table[i].device);
		assert_string_equal(script.looks,
				    table[i].device == DEVICE_READY ?
				    "device;" : "");
	}
}

static enum image_fact look_for_image(bool has_image)
{
	messages_free(&messages);
	flow_begin(&flow, &messages, &options);
	flow_open_device(&flow, &messages);
	flow_open_image(&flow, &messages);
	assert_int_equal(flow.has_image, has_image);
	return flow.facts.image;
}

static void test_image(void **state)
{
	(void)state;
	assert_int_equal(look_for_image(true), IMAGE_READY);
	assert_string_equal(flow.image_path, "/efi/fw.igvm");
	script.plan_code = VMFW_EXIT_IMAGE;
	assert_int_equal(look_for_image(true), IMAGE_UNSOUND);
	script.plan_code = VMFW_EXIT_DEVICE;
	assert_int_equal(look_for_image(true), IMAGE_UNSOUND);
	script.plan_code = VMFW_EXIT_SYSTEM;
	assert_int_equal(look_for_image(true), IMAGE_MISSING);
	/*
	 * The rules of a VMM count only if there is a device that takes images.
	 */
	script.plan_code = VMFW_EXIT_IMAGE;
	script.info.state = VMFWUPDATE_STATE_DISABLED;
	assert_int_equal(look_for_image(true), IMAGE_READY);
	script.info.state = VMFWUPDATE_STATE_IDLE;
	script.digest_code = VMFW_EXIT_SYSTEM;
	assert_int_equal(look_for_image(false), IMAGE_MISSING);
	script.check_code = VMFW_EXIT_IMAGE;
	assert_int_equal(look_for_image(false), IMAGE_UNSOUND);
	script.open_code = VMFW_EXIT_SYSTEM;
	assert_int_equal(look_for_image(false), IMAGE_MISSING);
	assert_string_equal(flow.image_path, "");
	script.open_code = VMFW_EXIT_SOURCE;
	assert_int_equal(look_for_image(false), IMAGE_MISSING);
	assert_string_equal(flow.image_path, "");
}

static enum record_fact look_for_record(bool has_record)
{
	messages_free(&messages);
	flow_begin(&flow, &messages, &options);
	flow_open_device(&flow, &messages);
	flow_open_image(&flow, &messages);
	flow_open_record(&flow, &messages);
	assert_int_equal(flow.has_record, has_record);
	return flow.facts.record;
}

static void test_record_places(void **state)
{
	struct flow_options elsewhere = options;

	(void)state;
	assert_int_equal(look_for_record(true), RECORD_READY);
	script.top_code = VMFW_EXIT_SOURCE;
	assert_int_equal(look_for_record(false), RECORD_MISSING);
	said("can name another place for the record of attempts");
	script.top_code = VMFW_EXIT_SYSTEM;
	assert_int_equal(look_for_record(false), RECORD_MISSING);
	assert_false(has_message("can name another place"));
	script.top_code = VMFW_EXIT_SOURCE;
	script.config.record = CONFIG_RECORD_FILES;
	script.config.record_at.kind = LOCATION_PLAIN;
	assert_int_equal(look_for_record(false), RECORD_MISSING);
	assert_false(has_message("can name another place"));
	script.config.record = CONFIG_RECORD_AUTO;
	script.config.record_at.kind = LOCATION_ESP;
	script.top_code = VMFW_EXIT_OK;
	script.lost = true;
	assert_int_equal(look_for_record(false), RECORD_MISSING);
	said("cannot keep the record of attempts here: it is lost");
	/*
	 * This machine does not reset into another root, so the record of that
	 * root may be anywhere.
	 */
	elsewhere.root = "/mnt";
	assert_int_equal(flow_begin(&flow, &messages, &elsewhere), VMFW_EXIT_OK);
	flow_open_record(&flow, &messages);
	assert_int_equal(flow.facts.record, RECORD_READY);

	script.config.record = CONFIG_RECORD_OPAQUE;
	assert_int_equal(look_for_record(false), RECORD_MISSING);
	said("record=opaque: this VMM keeps no page of at least");
	script.info.opaque_size = RECORD_SIZE - 1;
	assert_int_equal(look_for_record(false), RECORD_MISSING);
	machine.nr_slots = 1;
	script.info.opaque_size = RECORD_SIZE;
	assert_int_equal(look_for_record(true), RECORD_READY);
	script.read_err = -EIO;
	assert_int_equal(look_for_record(false), RECORD_MISSING);
	said("cannot read the record of attempts (page of the VMM): Input/output error");
	assert_false(has_message("fsck"));
	script.read_err = 0;
	script.config.record = CONFIG_RECORD_AUTO;
	assert_int_equal(look_for_record(true), RECORD_READY);
	script.device_code = VMFW_EXIT_SYSTEM;
	/* Without the device, the tool cannot know whether the VMM keeps a page. */
	script.config.record = CONFIG_RECORD_OPAQUE;
	assert_int_equal(look_for_record(false), RECORD_MISSING);
	said("cannot read the VMM's page for the guest: the device is missing or not readable; choose another record=");
	script.config.record = CONFIG_RECORD_AUTO;
	machine.nr_slots = SLOTS;
	script.lost = false;
	assert_int_equal(look_for_record(true), RECORD_READY);
	/* The configuration asks for files, so the VMM's page does not matter. */
	script.device_code = VMFW_EXIT_OK;
	script.config.record = CONFIG_RECORD_FILES;
	assert_int_equal(look_for_record(true), RECORD_READY);
}

static void spoil(unsigned int slot)
{
	machine.blocks[slot][RECORD_SIZE / 2] ^= 1;
}

static void test_record_states(void **state)
{
	(void)state;
	/* After two attempts, both slots contain a record. */
	script.stage_code = VMFW_EXIT_SYSTEM;
	assert_int_equal(act(), VMFW_EXIT_SYSTEM);
	end();
	machine.boot = 2;
	spoil(0);
	assert_int_equal(act(), VMFW_EXIT_GUARD);
	said("the record of attempts was torn, so this boot makes no attempt");
	called("save;");
	assert_int_equal(flow.facts.past, PAST_BARRED);
	end();
	machine.boot = 3;
	assert_int_equal(act(), VMFW_EXIT_SYSTEM);
	end();

	/* Without "act", the tool repairs nothing. */
	spoil(1);
	script.calls[0] = '\0';
	flow_begin(&flow, &messages, &(struct flow_options) { .device = "./device" });
	flow_look(&flow, &messages);
	called("");
	assert_int_equal(flow.facts.record, RECORD_READY);

	/* A record that the tool cannot repair stays torn for the next boot. */
	machine.read_only = true;
	assert_int_equal(look_for_record(true), RECORD_MISSING);
	said("cannot repair the record of attempts (");
	machine.read_only = false;
	spoil(0);
	assert_int_equal(look_for_record(true), RECORD_DAMAGED);
	said("the record of attempts is damaged; \"history --clear\"");
	script.read_err = -EIO;
	assert_int_equal(look_for_record(false), RECORD_MISSING);
	said("cannot read the record of attempts (");
	said("Input/output error; its file system may need a check (fsck)");
}

static void a_record_of_a_newer_version(void **state)
{
	const struct record record = { .sequence = 1 };
	uint8_t *block = machine.blocks[0];

	(void)state;
	record_encode(&record, block);
	put_le32(block + 8, 2);
	put_le32(block + 12, 0);
	put_le32(block + 12, crc32(0, block, RECORD_SIZE));
	assert_int_equal(look_for_record(true), RECORD_DAMAGED);
	said("the record of attempts is of a newer version; update vmfwupdate");
}

static void looks_at(bool act, const char *looks)
{
	struct flow_options looking = options;

	looking.act = act;
	script.looks[0] = '\0';
	flow_begin(&flow, &messages, &looking);
	flow_look(&flow, &messages);
	flow_end(&flow);
	assert_string_equal(script.looks, looks);
}

/* A boot searches only for the facts that it needs. */
static void test_look(void **state)
{
	(void)state;
	script.boot.initramfs = true;
	looks_at(true, "device;image;record;evidence;");
	script.device_code = VMFW_EXIT_DEVICE;
	looks_at(true, "device;record, silently;");
	script.config.record = CONFIG_RECORD_OPAQUE;
	looks_at(true, "device;");
	script.config.record = CONFIG_RECORD_AUTO;
	script.config.required = true;
	looks_at(true, "device;image;record;evidence;");
	script.config.required = false;
	script.boot.initramfs = false;
	looks_at(false, "device;image;record;evidence;");

	/* A boot with nothing to do searches for nothing. */
	script.config.image.kind = LOCATION_NONE;
	looks_at(true, "");
	script.config.image.kind = LOCATION_PLAIN;
	script.boot.crash_kernel = true;
	looks_at(true, "");
	script.boot.crash_kernel = false;
	script.boot.switched_off = "vmfwupdate=0";
	looks_at(true, "");
}

/* Without the interface, the boot makes no attempt, so errors do not matter. */
static void errors_without_an_interface_stay_hidden(void **state)
{
	(void)state;
	script.device_code = VMFW_EXIT_DEVICE;
	script.read_err = -EIO;
	looks_at(true, "device;record, silently;");
	assert_int_equal(messages.nr, 0);
}

static void test_evidence(void **state)
{
	(void)state;
	script.unverified = true;
	script.attested = VERDICT_NOT_RUNNING;
	strcpy(script.config.certificates, "/etc/chain.pem");
	flow_begin(&flow, &messages, &options);
	flow_look(&flow, &messages);
	said("/etc/chain.pem: cannot verify the report's signature: the "
	     "test says so");
	assert_int_equal(flow.facts.verdict, VERDICT_NOT_RUNNING);
	/* Only an IGVM image has a digest that the tool can compute. */
	assert_true(script.measures);
	script.flat = true;
	flow_begin(&flow, &messages, &options);
	flow_look(&flow, &messages);
	assert_false(script.measures);
	script.flat = false;
	script.check_code = VMFW_EXIT_IMAGE;
	flow_begin(&flow, &messages, &options);
	flow_look(&flow, &messages);
	assert_false(script.measures);
	/* The report of this machine does not describe another root. */
	flow_begin(&flow, &messages, &(struct flow_options) {
		   .device = "./device", .root = "/mnt" });
	flow_look(&flow, &messages);
	assert_int_equal(flow.facts.verdict, VERDICT_UNKNOWN);
}

/* Without an image or a usable record, the reason of the attestation stays. */
static void claims_need_an_image_and_a_record(void **state)
{
	static const struct {
		int open_code;
		int read_err;
	} table[] = {
		{ VMFW_EXIT_SOURCE, 0 },
		{ VMFW_EXIT_OK, -EIO },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		script.open_code = table[i].open_code;
		script.read_err = table[i].read_err;
		flow_begin(&flow, &messages, &options);
		flow_look(&flow, &messages);
		assert_string_equal(flow.evidence.why, "the test says so");
		end();
	}
}

static struct world other_disk;

/* Make an attempt in a boot from one disk, and begin a boot from the other disk. */
static void attempt_on_the_other(void)
{
	other_disk = (struct world) { .nr_slots = SLOTS, .budget = UINT32_MAX };
	machine.other = &other_disk;
	assert_int_equal(act(), VMFW_EXIT_OK);
	end();
	assert_true(machine.resets);
	machine.resets = false;
	swap_disks(&machine);
	machine.boot++;
	machine.running = image;
}

static bool is_used(const struct world *disk)
{
	struct record record;

	return !record_decode(&record, disk->blocks[0]) && record.nr;
}

static void test_record_on_the_other_esp(void **state)
{
	const struct attempt *last;

	(void)state;
	attempt_on_the_other();
	assert_false(is_used(&machine));
	assert_true(is_used(&other_disk));
	assert_int_equal(act(), VMFW_EXIT_OK);
	called("save;");
	assert_int_equal(flow.facts.verdict, VERDICT_RUNNING);
	last = record_last(&flow.slots.record);
	assert_int_equal(last->outcome, OUTCOME_RUNNING);
	assert_string_equal(messages.list[0].text, "the record of attempts is on "
			    "another EFI system partition: PARTUUID=other");
	end();
	/* The record stays only on the disk where it began. */
	machine.boot++;
	machine.running = NULL;
	assert_int_equal(act(), VMFW_EXIT_OK);
	end();
	assert_true(machine.resets);
	assert_false(is_used(&machine));
	/*
	 * A boot from the disk with the record adds no message about its place.
	 */
	swap_disks(&machine);
	machine.boot++;
	machine.resets = false;
	assert_int_equal(act(), VMFW_EXIT_GUARD);
	assert_int_equal(messages.nr, 0);
	end();
}

/* If the other disk is not readable, this boot makes an attempt. */
static void test_other_esp_that_cannot_be_read(void **state)
{
	(void)state;
	attempt_on_the_other();
	script.other_code = VMFW_EXIT_SYSTEM;
	machine.running = NULL;
	assert_int_equal(act(), VMFW_EXIT_OK);
	assert_true(machine.resets);
	assert_true(is_used(&machine));
	end();
}

static void test_other_esp_that_is_damaged(void **state)
{
	(void)state;
	attempt_on_the_other();
	memset(other_disk.blocks, 7, sizeof(other_disk.blocks));
	machine.running = NULL;
	assert_int_equal(act(), VMFW_EXIT_OK);
	assert_true(machine.resets);
	assert_true(is_used(&machine));
	end();
}

/* The torn record on the other disk still has the attempt. */
static void test_other_esp_that_is_torn(void **state)
{
	(void)state;
	attempt_on_the_other();
	other_disk.blocks[1][RECORD_SIZE / 2] ^= 1;
	machine.running = NULL;
	assert_int_equal(act(), VMFW_EXIT_GUARD);
	assert_false(machine.resets);
	assert_false(is_used(&machine));
	end();
}

/*
 * Of two records with the same weight, the one on the ESP of this boot counts.
 * Both have an open attempt first, and then only results of earlier boots.
 */
static void test_records_on_both_esps(void **state)
{
	unsigned int i;

	(void)state;
	attempt_on_the_other();
	script.other_code = VMFW_EXIT_SYSTEM;
	machine.running = NULL;
	assert_int_equal(act(), VMFW_EXIT_OK);
	end();
	assert_true(machine.resets);
	script.other_code = VMFW_EXIT_OK;
	machine.running = image;
	for (i = 0; i < 2; i++) {
		machine.boot++;
		assert_int_equal(act(), VMFW_EXIT_OK);
		assert_string_equal(flow.store.top, "");
		assert_false(has_message("another EFI system partition"));
		assert_int_equal(flow.facts.verdict, VERDICT_RUNNING);
		end();
		recorded(OUTCOME_RUNNING, image);

		/* A boot from the other disk records the result there. */
		swap_disks(&machine);
		machine.boot++;
		assert_int_equal(act(), VMFW_EXIT_OK);
		assert_string_equal(flow.store.top, "");
		assert_false(has_message("another EFI system partition"));
		end();
		recorded(OUTCOME_RUNNING, image);
		swap_disks(&machine);
	}
}

/* This machine does not boot from another root, so its ESPs do not count. */
static void test_other_esp_and_another_root(void **state)
{
	(void)state;
	attempt_on_the_other();
	script.looks[0] = '\0';
	flow_begin(&flow, &messages, &(struct flow_options) {
		   .device = "./device", .root = "/mnt" });
	flow_look(&flow, &messages);
	assert_int_equal(flow.facts.past, PAST_FREE);
	assert_null(strstr(script.looks, "other"));
	end();
}

/*
 * If the firmware runs, the initramfs lets the service skip its check. In all
 * other cases the service checks again.
 */
static void test_settle(void **state)
{
	static const struct {
		bool initramfs;
		enum reason reason;
		enum record_fact record;
		const char *calls;
	} table[] = {
		{ true, REASON_RUNNING, RECORD_READY, "settle;" },
		{ false, REASON_RUNNING, RECORD_READY, "" },
		{ true, REASON_FOLLOWS, RECORD_READY, "" },
		{ true, REASON_ATTEMPT, RECORD_READY, "" },
		{ true, REASON_STARTED_OTHERWISE, RECORD_READY, "" },
		{ true, REASON_RUNNING, RECORD_MISSING, "" },
		{ true, REASON_RUNNING, RECORD_DAMAGED, "" },
	};
	struct decision decision;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		decision = (struct decision) { .reason = table[i].reason };
		script.calls[0] = '\0';
		script.boot.initramfs = table[i].initramfs;
		flow_begin(&flow, &messages, &options);
		flow.facts.record = table[i].record;
		flow_settle(&flow, &messages, &decision);
		called(table[i].calls);
	}
	assert_int_equal(messages.nr, 0);
	script.settle_err = -EROFS;
	script.boot.initramfs = true;
	flow_begin(&flow, &messages, &options);
	flow.facts.record = RECORD_READY;
	flow_settle(&flow, &messages,
		    &(struct decision) { .reason = REASON_RUNNING });
	said("that the wanted firmware is running: Read-only file system");
}

/* If the user names a place for the record, only that place counts. */
static void test_no_other_esp(void **state)
{
	static const enum location_kind kinds[] = {
		LOCATION_PLAIN, LOCATION_LABEL,
	};
	size_t i;

	(void)state;
	attempt_on_the_other();
	script.config.record = CONFIG_RECORD_FILES;
	machine.running = NULL;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		memset(machine.blocks, 0, sizeof(machine.blocks));
		script.looks[0] = '\0';
		script.config.record_at.kind = kinds[i];
		assert_int_equal(act(), VMFW_EXIT_OK);
		assert_null(strstr(script.looks, "other"));
		assert_true(is_used(&machine));
		end();
	}
}

/* The record of this boot's ESP is intact, but an attempt is open in the other. */
static void open_attempts_outweigh_closed_ones(void **state)
{
	(void)state;
	attempt_on_the_other();
	swap_disks(&machine);
	assert_int_equal(act(), VMFW_EXIT_OK);
	recorded(OUTCOME_RUNNING, image);
	end();
	swap_disks(&machine);
	script.other_code = VMFW_EXIT_SYSTEM;
	machine.boot++;
	machine.running = NULL;
	assert_int_equal(act(), VMFW_EXIT_OK);
	recorded(OUTCOME_OPEN, image);
	end();
	swap_disks(&machine);
	script.other_code = VMFW_EXIT_OK;
	machine.boot++;
	assert_int_equal(act(), VMFW_EXIT_GUARD);
	said("the record of attempts is on another EFI system partition");
	end();
}

static void a_damaged_record_ignores_other_esps(void **state)
{
	(void)state;
	attempt_on_the_other();
	memset(machine.blocks, 7, sizeof(machine.blocks));
	script.looks[0] = '\0';
	assert_int_equal(look_for_record(true), RECORD_DAMAGED);
	assert_null(strstr(script.looks, "other"));
}

static void a_page_of_the_vmm_ignores_other_esps(void **state)
{
	(void)state;
	machine.nr_slots = 1;
	machine.other = &other_disk;
	script.info.opaque_size = RECORD_SIZE;
	script.looks[0] = '\0';
	assert_int_equal(look_for_record(true), RECORD_READY);
	assert_null(strstr(script.looks, "other"));
}

static void the_end_frees_the_payload(void **state)
{
	struct flow ended;

	(void)state;
	assert_int_equal(flow_begin(&ended, &messages, &options), VMFW_EXIT_OK);
	ended.payload.rom = malloc(1);
	flow_end(&ended);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_attempt, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_attempt_in_initramfs, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_trap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_recorded, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(numbers_that_are_used_up,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_staged, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_another_image_is_configured, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_verdicts_are_noted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_outcome_not_written, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_disable, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_begin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unnamed_device, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_image, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_record_places, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_record_states, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_record_of_a_newer_version,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_look, set_up, tear_down),
		cmocka_unit_test_setup_teardown(errors_without_an_interface_stay_hidden,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_evidence, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(claims_need_an_image_and_a_record,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_record_on_the_other_esp,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_esp_that_cannot_be_read,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_esp_that_is_damaged,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_esp_that_is_torn,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_records_on_both_esps,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_esp_and_another_root,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_other_esp, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(open_attempts_outweigh_closed_ones,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_damaged_record_ignores_other_esps,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_page_of_the_vmm_ignores_other_esps,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_end_frees_the_payload,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_settle, set_up, tear_down),
		cmocka_unit_test(test_random_boots_from_two_disks),
		cmocka_unit_test(test_random_boots),
		cmocka_unit_test(test_power),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
