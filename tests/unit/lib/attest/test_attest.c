// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The launch digest of this machine: the order of the interfaces, their answers
 * and their errors. The test imitates the kernel.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <sys/ioctl.h>
#include <cmocka.h>
#include <linux/sev-guest.h>

#include "attest/attest.h"
#include "base/rootdir.h"
#include "igvm/vmfw-igvm.h"
#include "shared/bytes.h"
#include "tree.h"

#define SEV_GUEST	"/dev/sev-guest"
#define TDX_GUEST	"/dev/tdx_guest"

/* Offsets of the nonce in a report of SEV-SNP, of a TD, and in a quote. */
#define SNP_NONCE	0x50
#define TD_NONCE	128
#define QUOTE_NONCE	568
#define QUOTE_1_5_NONCE	574

/* Offsets of the attributes and of the digest in the report of a TD. */
#define TD_ATTRIBUTES	512
#define TD_DIGEST	528
#define QUOTE_1_5_ATTRIBUTES	174
#define ATTRIBUTES	UINT64_C(0x1122334455667788)

struct tdx_request {
	uint8_t data[REPORT_NONCE];
	uint8_t report[REPORT_TD_SIZE];
};

/**
 * struct machine - the kernel that the test imitates
 * @device: path of the only device, or NULL
 * @provider: name of the provider of configfs-tsm, or NULL
 * @mrtd: sysfs has the digest of a TD
 * @mrtd_at: offset of that digest in @report
 * @len: bytes of @report, the answer of the provider or the device
 * @nonce_at: offset of the nonce in @report
 * @table: the host sends certificates
 * @level: VMPL at which the provider requests reports
 * @err: errno value that the device or the provider fails with, or 0
 * @denied: path of a device that this user may not open, or NULL
 * @refusal: errno value of opening that device
 * @tsm: negative errno value of opening configfs-tsm, or 0
 * @random: number of random bytes that the kernel has
 * @no_random: errno value of a call for random bytes, or 0
 * @no_memory: allocations fail
 * @calls: number of calls of the device
 */
static struct {
	const char *device;
	const char *provider;
	bool mrtd;
	size_t mrtd_at;
	uint8_t report[2048];
	size_t len;
	size_t nonce_at;
	bool table;
	unsigned int level;
	int err;
	const char *denied;
	int refusal;
	int tsm;
	size_t random;
	int no_random;
	bool no_memory;
	unsigned int calls;
} machine;

static struct attest attest;
static unsigned int descriptors;

static void load(const char *name, size_t nonce_at)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", VECTORS, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	machine.len = fread(machine.report, 1, sizeof(machine.report), file);
	machine.nonce_at = nonce_at;
	fclose(file);
}

static int set_up(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	machine.refusal = EACCES;
	machine.random = REPORT_NONCE;
	descriptors = tree_count_descriptors();
	return 0;
}

/* No device may stay open. */
static int tear_down(void **state)
{
	(void)state;
	assert_int_equal(tree_count_descriptors(), descriptors);
	return 0;
}

ssize_t __real_getrandom(void *bytes, size_t len, unsigned int flags);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned int flags);
ssize_t __wrap_getrandom(void *bytes, size_t len, unsigned int flags)
{
	/* With a flag, the kernel may return before it has random bytes. */
	assert_int_equal(flags, 0);
	errno = machine.no_random;
	if (errno)
		return -1;
	return __real_getrandom(bytes, len < machine.random ? len :
							      machine.random, 0);
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return machine.no_memory ? NULL : __real_malloc(size);
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	if (machine.device && !strcmp(path, machine.device))
		return __real_open("/dev/null", flags);
	errno = machine.denied && !strcmp(path, machine.denied) ?
		machine.refusal : ENOENT;
	return -1;
}

int __wrap_root_read(const char *root, const char *path, void *buf,
		     size_t size, size_t *len);
int __wrap_root_read(const char *root, const char *path, void *buf,
		     size_t size, size_t *len)
{
	assert_null(root);
	assert_non_null(strstr(path, "mrtd"));
	*len = 0;
	if (!machine.mrtd)
		return -ENOENT;
	*len = machine.len - machine.mrtd_at;
	*len = *len < size ? *len : size;
	memcpy(buf, machine.report + machine.mrtd_at, *len);
	return 0;
}

static void answer(uint8_t *report, const uint8_t *nonce)
{
	memcpy(report, machine.report, machine.len);
	memcpy(report + machine.nonce_at, nonce, REPORT_NONCE);
}

int __wrap_tsm_get_report(struct tsm_report *report, const uint8_t *nonce,
			  size_t nonce_len);
int __wrap_tsm_get_report(struct tsm_report *report, const uint8_t *nonce,
			  size_t nonce_len)
{
	memset(report, 0, sizeof(*report));
	assert_int_equal(nonce_len, REPORT_NONCE);
	if (machine.tsm || !machine.provider)
		return machine.tsm ? machine.tsm : -ENOENT;
	strcpy(report->provider, machine.provider);
	report->blob = malloc(sizeof(machine.report));
	assert_non_null(report->blob);
	answer(report->blob, nonce);
	report->len = machine.len;
	report->level = machine.level;
	if (machine.table) {
		memset(report->aux, 0xce, 100);
		report->aux_len = 100;
	}
	return machine.err;
}

static int sev_guest(unsigned long request,
		     const struct snp_guest_request_ioctl *call)
{
	const struct snp_ext_report_req *extended = (void *)call->req_data;
	const struct snp_report_req *plain = (void *)call->req_data;
	struct snp_report_resp *response = (void *)call->resp_data;
	uint32_t len = machine.len;

	assert_int_equal(call->msg_version, 1);
	if (request == SNP_GET_EXT_REPORT) {
		assert_int_equal(extended->certs_len, TSM_AUXBLOB);
		plain = &extended->data;
		if (!machine.table)
			return EIO;
		memset((void *)extended->certs_address, 0xce, 100);
	} else {
		assert_int_equal(request, SNP_GET_REPORT);
	}
	assert_int_equal(plain->vmpl, 0);
	memcpy(response->data + 4, &len, sizeof(len));
	answer(response->data + REPORT_RESPONSE_AT, plain->user_data);
	return machine.err;
}

int __wrap_ioctl(int fd, unsigned long request, void *argument);
int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	struct tdx_request *td = argument;

	(void)fd;
	machine.calls++;
	if (!strcmp(machine.device, SEV_GUEST)) {
		errno = sev_guest(request, argument);
	} else {
		assert_int_equal(request, _IOWR('T', 1, struct tdx_request));
		answer(td->report, td->data);
		errno = machine.err;
	}
	return errno ? -1 : 0;
}

static void expect(unsigned int platform, const char *source, uint8_t digest)
{
	uint8_t wanted[REPORT_DIGEST];

	memset(wanted, digest, sizeof(wanted));
	assert_int_equal(attest.platform, platform);
	assert_string_equal(attest.source, source);
	assert_memory_equal(attest.digest, wanted, sizeof(wanted));
}

static void fails(int err, const char *why)
{
	assert_int_equal(attest_machine(&attest, true), err);
	assert_non_null(strstr(attest.why, why));
	assert_false(attest.has_report);
}

static void test_no_random_bytes(void **state)
{
	(void)state;
	load("snp.bin", SNP_NONCE);
	machine.device = SEV_GUEST;
	machine.random--;
	fails(-EIO, "getrandom: Input/output error");
	machine.random = 0;
	fails(-EIO, "getrandom: Input/output error");
	machine.no_random = ENOSYS;
	fails(-EIO, "getrandom: Input/output error");
	assert_int_equal(machine.calls, 0);
}

/* Without memory for a report, the tool does not try another interface instead. */
static void test_no_memory(void **state)
{
	(void)state;
	load("snp.bin", SNP_NONCE);
	machine.provider = "sev_guest";
	machine.device = SEV_GUEST;
	machine.no_memory = true;
	fails(-ENOMEM, "configfs-tsm: Cannot allocate memory");
	assert_int_equal(machine.calls, 0);
}

static void test_nobody(void **state)
{
	(void)state;
	fails(-ENOENT, "this machine offers no report of SEV-SNP or TDX, or its kernel lacks the driver");
	machine.provider = "other_guest";
	fails(-ENOENT, "this machine offers no report of SEV-SNP or TDX, or its kernel lacks the driver");
}

/* If the user may not open an interface, the error must not deny that it exists. */
static void test_not_permitted(void **state)
{
	(void)state;
	machine.denied = SEV_GUEST;
	fails(-EACCES, "/dev/sev-guest: Permission denied");
	machine.denied = TDX_GUEST;
	fails(-EACCES, "/dev/tdx_guest: Permission denied");
	machine.denied = NULL;
	machine.tsm = -EACCES;
	fails(-EACCES, "configfs-tsm: Permission denied");
	/* The tool does not try another interface instead. */
	machine.tsm = -EPERM;
	machine.device = SEV_GUEST;
	fails(-EPERM, "configfs-tsm: Operation not permitted");
	assert_int_equal(machine.calls, 0);
	/* The digest in sysfs, which every user can read, is enough. */
	machine.tsm = 0;
	machine.device = NULL;
	machine.denied = TDX_GUEST;
	machine.mrtd = true;
	memset(machine.report, 0x33, REPORT_DIGEST);
	machine.len = REPORT_DIGEST;
	assert_int_equal(attest_machine(&attest, true), 0);
	assert_int_equal(attest.digest[0], 0x33);
	assert_false(attest.has_attributes);
	machine.refusal = EPERM;
	assert_int_equal(attest_machine(&attest, true), 0);
	assert_int_equal(attest.digest[0], 0x33);
	assert_false(attest.has_attributes);
	/* Another error may hide that the host can debug the TD. */
	machine.refusal = EMFILE;
	fails(-EMFILE, "mrtd:sha384: Too many open files");
	assert_false(attest.has_attributes);
}

/* On TDX, the tool tries sysfs first, then the device, and a quote last. */
static void test_td(void **state)
{
	(void)state;
	load("quote5-1.5.bin", QUOTE_1_5_NONCE);
	put_le64(machine.report + QUOTE_1_5_ATTRIBUTES, ATTRIBUTES);
	machine.provider = "tdx_guest";
	assert_int_equal(attest_machine(&attest, true), 0);
	expect(VMFW_IGVM_TDX, "configfs-tsm", 0x9c);
	assert_true(attest.quoted);
	assert_true(attest.has_attributes);
	assert_int_equal(attest.attributes, ATTRIBUTES);

	load("td.bin", TD_NONCE);
	machine.device = TDX_GUEST;
	assert_int_equal(attest_machine(&attest, true), 0);
	expect(VMFW_IGVM_TDX, TDX_GUEST, 0x7d);
	assert_false(attest.quoted);
	assert_true(attest.has_attributes);
	assert_int_equal(attest.attributes, 0);

	/* Without the device, only the digest in sysfs is known. */
	machine.device = NULL;
	memset(machine.report, 0x33, REPORT_DIGEST);
	machine.len = REPORT_DIGEST;
	machine.mrtd = true;
	assert_int_equal(attest_machine(&attest, true), 0);
	assert_int_equal(attest.digest[47], 0x33);
	assert_non_null(strstr(attest.source, "mrtd"));
	assert_false(attest.quoted);
	assert_false(attest.has_report);
	assert_false(attest.has_attributes);
	machine.len--;
	fails(-EBADMSG, "malformed");
}

/* With the digest from sysfs, the tool takes the attributes from the device. */
static void test_td_attributes(void **state)
{
	(void)state;
	load("td.bin", TD_NONCE);
	put_le64(machine.report + TD_ATTRIBUTES, ATTRIBUTES);
	machine.device = TDX_GUEST;
	machine.mrtd = true;
	machine.mrtd_at = TD_DIGEST;
	assert_int_equal(attest_machine(&attest, true), 0);
	assert_non_null(strstr(attest.source, "mrtd"));
	assert_int_equal(attest.digest[47], 0x7d);
	assert_true(attest.has_attributes);
	assert_int_equal(attest.attributes, ATTRIBUTES);
	/* The report is that of another TD. */
	machine.mrtd_at--;
	fails(-EBADMSG, "mrtd:sha384: the report is malformed");
	assert_false(attest.has_attributes);
	machine.mrtd_at++;
	machine.nonce_at = 0x300;
	fails(-ESTALE, "mrtd:sha384: the report does not contain the nonce");
	assert_false(attest.has_attributes);
}

/* The tool reports the error of an interface, and asks no other interface. */
static void test_td_wrong(void **state)
{
	(void)state;
	load("quote4.bin", QUOTE_NONCE);
	machine.provider = "tdx_guest";
	machine.len -= 1001;
	fails(-EBADMSG, "configfs-tsm: the report is malformed");
	machine.len += 1001;
	machine.nonce_at = 0x300;
	fails(-ESTALE, "the nonce of the request");
	machine.err = -EBUSY;
	fails(-EBUSY, "configfs-tsm: Device or resource busy");
	machine.err = -EFBIG;
	fails(-EFBIG, "configfs-tsm: the report is too long");
	load("td.bin", TD_NONCE);
	machine.device = TDX_GUEST;
	machine.err = EIO;
	fails(-EIO, "/dev/tdx_guest: Input/output error");
	machine.err = 0;
	machine.nonce_at = 0x300;
	fails(-ESTALE, "the nonce of the request");
	assert_false(attest.has_attributes);
}

static void expect_table(size_t len)
{
	assert_int_equal(attest.table_len, len);
	if (!len)
		return;
	assert_int_equal(attest.table[0], 0xce);
	assert_int_equal(attest.table[99], 0xce);
	assert_int_equal(attest.table[100], 0);
}

static void test_snp_tsm(void **state)
{
	(void)state;
	load("snp.bin", SNP_NONCE);
	machine.provider = "sev_guest";
	machine.device = SEV_GUEST;
	assert_int_equal(attest_machine(&attest, true), 0);
	expect(VMFW_IGVM_SEV_SNP, "configfs-tsm", 0x5e);
	assert_true(attest.has_report);
	assert_false(attest.quoted);
	expect_table(0);
	assert_int_equal(attest.vmpl, 0);
	machine.table = true;
	machine.level = 2;
	assert_int_equal(attest_machine(&attest, true), 0);
	expect_table(100);
	assert_int_equal(attest.vmpl, 2);
	assert_memory_equal(attest.report + 0x90, attest.digest,
			    REPORT_DIGEST);
	assert_int_equal(machine.calls, 0);
}

/* Before Linux 6.7, certificates need another request, which may fail. */
static void test_snp_device(void **state)
{
	(void)state;
	load("snp.bin", SNP_NONCE);
	machine.device = SEV_GUEST;
	machine.table = true;
	assert_int_equal(attest_machine(&attest, false), 0);
	expect(VMFW_IGVM_SEV_SNP, SEV_GUEST, 0x5e);
	expect_table(0);
	assert_int_equal(machine.calls, 1);
	assert_int_equal(attest_machine(&attest, true), 0);
	expect(VMFW_IGVM_SEV_SNP, SEV_GUEST, 0x5e);
	assert_true(attest.has_report);
	assert_memory_equal(attest.report + 0x90, attest.digest,
			    REPORT_DIGEST);
	expect_table(TSM_AUXBLOB);
	assert_int_equal(machine.calls, 2);
	machine.table = false;
	assert_int_equal(attest_machine(&attest, true), 0);
	expect(VMFW_IGVM_SEV_SNP, SEV_GUEST, 0x5e);
	expect_table(0);
	assert_int_equal(machine.calls, 4);
}

static void test_snp_wrong(void **state)
{
	(void)state;
	load("snp.bin", SNP_NONCE);
	machine.device = SEV_GUEST;
	machine.err = ENOTTY;
	fails(-ENOTTY, "/dev/sev-guest: Inappropriate ioctl");
	machine.err = 0;
	machine.report[0] = 9;
	fails(-EPROTONOSUPPORT, "/dev/sev-guest: the report has an unknown version");
	machine.provider = "sev_guest";
	fails(-EPROTONOSUPPORT, "configfs-tsm: the report has an unknown version");
	machine.provider = NULL;
	machine.report[0] = 2;
	machine.nonce_at = 0x300;
	fails(-ESTALE, "the nonce of the request");
	machine.nonce_at = SNP_NONCE;
	machine.len--;
	fails(-EBADMSG, "malformed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)	cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_no_random_bytes),
		TEST(test_no_memory),
		TEST(test_nobody),
		TEST(test_not_permitted),
		TEST(test_td),
		TEST(test_td_attributes),
		TEST(test_td_wrong),
		TEST(test_snp_tsm),
		TEST(test_snp_device),
		TEST(test_snp_wrong),
	};

	return cmocka_run_group_tests_name("attest", tests, NULL, NULL);
}
