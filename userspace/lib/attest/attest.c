// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requests for reports of this machine. The host cannot change a report on its
 * way to the guest. The TDX module returns a report to the guest that called it.
 * The security processor of AMD encrypts a report with a key that it gave the
 * guest at launch. So this code verifies no signature. A relying party needs the
 * signature, see snp-signature.h.
 *
 * The quote of a TD comes through the host, which could forge a quote. The tool
 * asks for a quote only if the kernel gives nothing better. It reports a digest
 * from a quote as another kind of evidence.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>
#include <linux/sev-guest.h>

#include "attest/attest.h"
#include "attest/tsm.h"
#include "base/rootdir.h"
#include "igvm/vmfw-igvm.h"

#define MRTD		"/sys/devices/virtual/misc/tdx_guest/measurements/mrtd:sha384"
#define TDX_GUEST	"/dev/tdx_guest"
#define SEV_GUEST	"/dev/sev-guest"
#define TSM_SEV		"sev_guest"
#define TSM_TDX		"tdx_guest"
#define TSM		"configfs-tsm"

/* From <linux/tdx-guest.h>, which Linux 6.1 does not have. */
struct tdx_report_request {
	uint8_t data[REPORT_NONCE];
	uint8_t report[REPORT_TD_SIZE];
};
#define TDX_GET_REPORT	_IOWR('T', 1, struct tdx_report_request)

static int read_mrtd(uint8_t *digest)
{
	size_t len;
	int err = root_read(NULL, MRTD, digest, REPORT_DIGEST, &len);

	return err || len == REPORT_DIGEST ? err : -EBADMSG;
}

static int ask_tdx_guest(const uint8_t *nonce, struct attest *attest)
{
	struct tdx_report_request request = { 0 };
	int fd = open(TDX_GUEST, O_RDWR | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	memcpy(request.data, nonce, REPORT_NONCE);
	if (ioctl(fd, TDX_GET_REPORT, &request))
		err = -errno;
	close(fd);
	if (!err)
		err = report_td(request.report, sizeof(request.report), nonce,
				attest->digest);
	if (err)
		return err;
	attest->attributes = report_td_attributes(request.report);
	attest->has_attributes = true;
	return 0;
}

/*
 * Every user can read the digest from the kernel, but not the attributes of
 * this TD. The attributes are in a report. Only root can request one.
 * Other users get the digest alone.
 */
static int add_attributes(struct attest *attest, const uint8_t *nonce)
{
	struct attest report = { 0 };
	int err = ask_tdx_guest(nonce, &report);

	if (err == -ENOENT || err == -EACCES || err == -EPERM)
		return 0;
	if (!err && memcmp(report.digest, attest->digest, REPORT_DIGEST))
		err = -EBADMSG;
	attest->attributes = report.attributes;
	attest->has_attributes = !err;
	return err;
}

static void keep_report(struct attest *attest, const uint8_t *report)
{
	memcpy(attest->report, report, REPORT_SNP_SIZE);
	attest->has_report = true;
}

static int call_sev_guest(int fd, unsigned long request, const void *data,
			  struct snp_report_resp *response)
{
	struct snp_guest_request_ioctl call = {
		.msg_version = 1,
		.req_data = (uintptr_t)data,
		.resp_data = (uintptr_t)response,
	};

	return ioctl(fd, request, &call) ? -errno : 0;
}

/*
 * The host may fill only part of the table of certificates. The rest stays zero.
 * An entry of zeroes ends the table.
 */
static int call_for_table(int fd, const struct snp_report_req *request,
			  struct snp_report_resp *response,
			  struct attest *attest)
{
	struct snp_ext_report_req extended = {
		.data = *request,
		.certs_address = (uintptr_t)attest->table,
		.certs_len = sizeof(attest->table),
	};
	int err = call_sev_guest(fd, SNP_GET_EXT_REPORT, &extended, response);

	attest->table_len = err ? 0 : sizeof(attest->table);
	return err;
}

static int ask_sev_guest(const uint8_t *nonce, bool table,
			 struct attest *attest)
{
	struct snp_report_req request = { 0 };
	struct snp_report_resp response = { 0 };
	int fd = open(SEV_GUEST, O_RDWR | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	memcpy(request.user_data, nonce, REPORT_NONCE);
	/*
	 * A host without certificates may refuse a request for them. Then
	 * request the report alone.
	 */
	if (!table || call_for_table(fd, &request, &response, attest))
		err = call_sev_guest(fd, SNP_GET_REPORT, &request, &response);
	else
		err = 0;
	close(fd);
	if (!err)
		err = report_snp_response(response.data, sizeof(response.data),
					  nonce, attest->digest);
	if (!err)
		keep_report(attest, response.data + REPORT_RESPONSE_AT);
	return err;
}

static int take_quote(struct attest *attest, const struct tsm_report *report,
		      const uint8_t *nonce)
{
	int err = report_quote(report->blob, report->len, nonce,
			       attest->digest);

	attest->platform = VMFW_IGVM_TDX;
	attest->quoted = true;
	if (err)
		return err;
	attest->attributes = report_quote_attributes(report->blob,
						     report->len);
	attest->has_attributes = true;
	return 0;
}

static int take_snp(struct attest *attest, const struct tsm_report *report,
		    const uint8_t *nonce)
{
	int err = report_snp(report->blob, report->len, nonce, attest->digest);

	attest->platform = VMFW_IGVM_SEV_SNP;
	if (err)
		return err;
	keep_report(attest, report->blob);
	attest->vmpl = report->level;
	memcpy(attest->table, report->aux, report->aux_len);
	attest->table_len = report->aux_len;
	return 0;
}

static int ask_tsm(const uint8_t *nonce, struct attest *attest)
{
	struct tsm_report *report = malloc(sizeof(*report));
	int err;

	if (!report)
		return -ENOMEM;
	err = tsm_get_report(report, nonce, REPORT_NONCE);
	if (err)
		goto out;
	if (!strcmp(report->provider, TSM_TDX))
		err = take_quote(attest, report, nonce);
	else if (!strcmp(report->provider, TSM_SEV))
		err = take_snp(attest, report, nonce);
	else
		/* The tool cannot read the reports of other providers. */
		err = -ENOENT;
out:
	tsm_free_report(report);
	free(report);
	return err;
}

static int set_reason(struct attest *attest, int err)
{
	const char *words = strerror(-err);

	if (err == -ENOENT)
		words = "this machine offers no report of SEV-SNP or TDX, or its kernel lacks the driver";
	else if (err == -EBADMSG)
		words = "the report is malformed";
	else if (err == -EFBIG)
		words = "the report is too long";
	else if (err == -EPROTONOSUPPORT)
		words = "the report has an unknown version";
	else if (err == -ESTALE)
		words = "the report does not contain the nonce of the request";
	snprintf(attest->why, sizeof(attest->why), "%s%s%s",
		 err == -ENOENT ? "" : attest->source,
		 err == -ENOENT ? "" : ": ", words);
	return err;
}

/**
 * attest_machine() - request the launch digest of this machine
 * @attest: to be filled in
 * @table: ask /dev/sev-guest also for the certificates of the host; configfs
 *	needs no request for them
 *
 * Return: 0; -ENOENT: the machine or its kernel offers no report; or another
 * negative errno value. After an error, @attest->why has the reason.
 */
int attest_machine(struct attest *attest, bool table)
{
	uint8_t nonce[REPORT_NONCE];
	int err;

	memset(attest, 0, sizeof(*attest));
	attest->platform = VMFW_IGVM_TDX;
	if (getrandom(nonce, sizeof(nonce), 0) != sizeof(nonce)) {
		attest->source = "getrandom";
		return set_reason(attest, -EIO);
	}
	attest->source = MRTD;
	err = read_mrtd(attest->digest);
	if (!err)
		err = add_attributes(attest, nonce);
	if (err != -ENOENT)
		return err ? set_reason(attest, err) : 0;

	attest->source = TDX_GUEST;
	err = ask_tdx_guest(nonce, attest);
	if (err != -ENOENT)
		return err ? set_reason(attest, err) : 0;

	attest->source = TSM;
	err = ask_tsm(nonce, attest);
	if (err != -ENOENT)
		return err ? set_reason(attest, err) : 0;
	attest->platform = VMFW_IGVM_SEV_SNP;
	attest->source = SEV_GUEST;
	err = ask_sev_guest(nonce, table, attest);
	return err ? set_reason(attest, err) : 0;
}
