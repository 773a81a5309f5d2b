// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#include "attest/launch-digest.h"
#include "attest/snp-signature.h"
#include "flow/claim.h"
#include "flow/evidence.h"
#include "shared/macro.h"

/* The size of the text in say_running(), with the words for two rungs. */
#define EVIDENCE_WEAK	96

_Static_assert(REPORT_DIGEST == VMFW_IGVM_MAX_DIGEST, "one size of digests");

static uint32_t cpu_signature(void)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned int eax, ebx, ecx, edx;

	if (__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		return eax;
#endif
	return 0;
}

static void add_expected(struct evidence *evidence,
			 const struct vmfw_igvm *igvm, enum vmfw_igvm_vmm vmm,
			 uint32_t vcpus)
{
	struct vmfw_igvm_measure_options options = {
		.platform = evidence->attest.platform,
		.vmm = vmm,
		.vcpus = vcpus,
		.cpu_signature = vcpus ? cpu_signature() : 0,
	};

	if (!launch_digest(igvm, &options,
			   evidence->expected[evidence->nr_expected]))
		evidence->nr_expected++;
}

/*
 * Compute the launch digests to expect. They depend on the number of processors
 * and on the VMM. If the VMM is unknown, accept the digest for each VMM: no
 * other image has any of them. For VMFW_IGVM_VMM_GENERIC the number of
 * processors does not matter.
 */
static void expect_image(struct evidence *evidence,
			 const struct vmm_choice *vmm,
			 const struct vmfw_igvm *igvm)
{
	static const enum vmfw_igvm_vmm all[] = {
		VMFW_IGVM_VMM_QEMU, VMFW_IGVM_VMM_GENERIC,
		VMFW_IGVM_VMM_NATIVE_ZERO,
	};
	long vcpus = sysconf(_SC_NPROCESSORS_CONF);
	size_t i;

	if (!vmfw_igvm_platform(igvm, evidence->attest.platform))
		return;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		if (vmm->known && vmm->vmm != all[i])
			continue;
		add_expected(evidence, igvm, all[i], 0);
		if (vcpus > 1 && all[i] != VMFW_IGVM_VMM_GENERIC)
			add_expected(evidence, igvm, all[i], vcpus);
	}
}

static void set_verdict(struct evidence *evidence, enum verdict verdict,
			enum rung rung, const char *why)
{
	evidence->verdict = verdict;
	evidence->rung = rung;
	snprintf(evidence->why, sizeof(evidence->why), "%s", why);
}

/* Evidence that is weaker than the configuration requires does not count. */
static void say_running(struct evidence *evidence, const struct config *config,
			enum rung rung, const char *why)
{
	char weak[EVIDENCE_WEAK];

	if (rung >= config->evidence) {
		set_verdict(evidence, VERDICT_RUNNING, rung, why);
		return;
	}
	snprintf(weak, sizeof(weak), "the evidence is only %s, but the configuration demands evidence=%s",
		 rung_word(rung), rung_word(config->evidence));
	set_verdict(evidence, VERDICT_UNKNOWN, RUNG_NONE, weak);
}

/*
 * Find a weakness of this guest. If the host can change the guest at any time,
 * the guest's digest proves nothing. A kernel below an SVSM cannot request a report at
 * a more privileged level than its own, so accept its own level.
 */
static const char *find_fault(const struct attest *attest,
			      const struct config *config)
{
	struct report_allowed allowed = config->allowed;
	const char *fault = NULL;

	if (allowed.vmpl < attest->vmpl)
		allowed.vmpl = attest->vmpl;
	if (attest->has_report)
		fault = report_snp_fault(attest->report, &allowed);
	if (!fault && attest->has_attributes)
		fault = report_td_fault(attest->attributes, &allowed);
	return fault;
}

/*
 * Find the rung of a report. RUNG_NONE: the signature is wrong, or the tool
 * cannot verify it; the function has set the verdict.
 */
static enum rung check_signature(struct evidence *evidence,
				 const struct config *config)
{
	const char *why;
	int err;

	if (evidence->attest.quoted)
		return RUNG_QUOTED;
	if (!config->certificates[0] || !evidence->attest.has_report)
		return RUNG_ATTESTED;
	err = signature_check(evidence->attest.report, evidence->attest.table,
			      evidence->attest.table_len, config->certificates,
			      &why);
	if (!err)
		return RUNG_SIGNED;
	if (err == -EKEYREJECTED) {
		set_verdict(evidence, VERDICT_NOT_RUNNING, RUNG_ATTESTED, why);
	} else {
		evidence->unverified = true;
		set_verdict(evidence, VERDICT_UNKNOWN, RUNG_NONE, why);
	}
	return RUNG_NONE;
}

/**
 * evidence_attest() - compare the launch digest of the machine with the
 *	expected one
 * @evidence: to be filled in
 * @config: the configuration, which may have the expected digest
 * @igvm: the image, to compute its digest; NULL: unknown
 *
 * The verdict is unknown if the machine does not attest, the tool cannot verify
 * the signature, or there is no expected digest. It is also unknown if the digest
 * matches, but the evidence is weaker than the configuration requires. If the
 * report has a weakness or a wrong signature, the verdict is
 * VERDICT_NOT_RUNNING. Without a digest in @config, an image for other platforms
 * has no expected digest.
 */
void evidence_attest(struct evidence *evidence, const struct config *config,
		     const struct vmfw_igvm *igvm)
{
	unsigned int platform, i;
	const char *fault;
	enum rung rung;

	memset(evidence, 0, sizeof(*evidence));
	if (attest_machine(&evidence->attest, config->certificates[0])) {
		set_verdict(evidence, VERDICT_UNKNOWN, RUNG_NONE,
			    evidence->attest.why);
		return;
	}
	evidence->attested = true;
	fault = find_fault(&evidence->attest, config);
	if (fault) {
		set_verdict(evidence, VERDICT_NOT_RUNNING,
			    evidence->attest.quoted ? RUNG_QUOTED :
						      RUNG_ATTESTED,
			    fault);
		return;
	}
	rung = check_signature(evidence, config);
	if (rung == RUNG_NONE)
		return;
	platform = evidence->attest.platform;
	if (config->has_expected[platform])
		memcpy(evidence->expected[evidence->nr_expected++],
		       config->expected[platform], REPORT_DIGEST);
	else if (igvm)
		expect_image(evidence, &config->vmm, igvm);
	if (!evidence->nr_expected) {
		set_verdict(evidence, VERDICT_UNKNOWN, RUNG_NONE,
			    "cannot compute the expected launch digest from the image; see expected-digest in vmfwupdate.conf(5)");
		return;
	}
	for (i = 0; i < evidence->nr_expected; i++) {
		if (memcmp(evidence->expected[i], evidence->attest.digest,
			   REPORT_DIGEST))
			continue;
		say_running(evidence, config, rung,
			    "the launch digest is the expected one");
		return;
	}
	set_verdict(evidence, VERDICT_NOT_RUNNING, rung,
		    "the launch digest is not the expected one");
}

/**
 * evidence_elsewhere() - set the evidence for another root, which no report
 *	describes
 * @evidence: to be filled in
 */
void evidence_elsewhere(struct evidence *evidence)
{
	memset(evidence, 0, sizeof(*evidence));
	set_verdict(evidence, VERDICT_UNKNOWN, RUNG_NONE,
		    "no report describes another root, and the tool cannot use its image or its record");
}

/* Does this claim say whether the image is running? */
static bool claim_decides(const struct config *config, enum verdict verdict,
			  enum rung rung)
{
	return verdict == VERDICT_NOT_RUNNING ||
	       (verdict == VERDICT_RUNNING && rung >= config->evidence);
}

/**
 * evidence_claim() - fall back to the record and the firmware's name
 * @evidence: from evidence_attest() or evidence_elsewhere(); the function keeps
 *	a definite answer. If the machine attested, it also keeps the reason
 *	unless the claim gives a definite answer
 * @config: the configuration, which may require stronger evidence
 * @record: the record of attempts
 * @boot: boot_id of this boot
 * @image: SHA-256 of the image
 * @now: the running firmware
 * @ends_with_machine: the record does not outlive the machine
 */
void evidence_claim(struct evidence *evidence, const struct config *config,
		    const struct record *record, const uint8_t *boot,
		    const uint8_t *image, const struct firmware *now,
		    bool ends_with_machine)
{
	enum rung rung = ends_with_machine ? RUNG_OPAQUE : RUNG_CLAIMED;
	enum verdict verdict;
	const char *why;

	if (evidence->rung >= RUNG_QUOTED)
		return;
	verdict = claim_judge(record, boot, image, now, &why);
	if (evidence->attested && !claim_decides(config, verdict, rung))
		return;
	if (verdict == VERDICT_RUNNING)
		say_running(evidence, config, rung, why);
	else
		set_verdict(evidence, verdict,
			    verdict == VERDICT_UNKNOWN ? RUNG_NONE : rung, why);
}
