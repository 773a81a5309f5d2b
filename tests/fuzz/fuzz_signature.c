// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer target: a signed program. The reader does not read past the end of the
 * input. Each accepted signature gets a verdict. A program that is both allowed and
 * revoked counts as revoked.
 *
 * Input: the size of the lists of signatures in 2 bytes, the lists, and the program.
 * The target first uses the lists to allow the program, and then also to revoke it.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <string.h>

#include "efi/permission.h"
#include "efi/siglist.h"
#include "efi/signature.h"
#include "input.h"
#include "must.h"
#include "shared/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool walk_lists(const struct permission_list *list)
{
	struct siglist_entry entry;
	struct siglist_walk walk;
	int more;

	siglist_walk(&walk, list->bytes, list->len);
	while ((more = siglist_next(&walk, &entry)) > 0)
		must(entry.len && entry.data >= list->bytes &&
		     entry.len <= list->len -
		     (size_t)(entry.data - list->bytes),
		     "signatures lie within their lists");
	must(!more || more == -EINVAL, "lists end, or are malformed");
	return !more;
}

static void use_signatures(const struct pe *pe)
{
	struct signatures signatures;
	const struct signature *signature;
	struct pe_fault fault;
	unsigned int i;

	if (signatures_open(&signatures, pe, &fault)) {
		must(fault.text, "a fault has words");
		return;
	}
	must(signatures.nr <= SIGNATURES_MOST, "there are at most SIGNATURES_MOST signatures");
	for (i = 0; i < signatures.nr; i++) {
		signature = &signatures.v[i];
		must(signature->content_len > 0 &&
		     sk_X509_num(signature->signers) > 0,
		     "a signature has content and signers");
		must(signature_is_genuine(signature) >= 0 &&
		     signature_chain(signature,
				     sk_X509_value(signature->signers, 0)) >= 0,
		     "each signature has a verdict");
	}
	signatures_close(&signatures);
}

static void use_program(const struct pe *pe, const struct permission_list *list,
			bool sound)
{
	const struct permission_keys allow = { .db = *list };
	const struct permission_keys revoke = { .db = *list, .mokx = *list };
	enum permission permission, revoked;
	struct pe_fault fault;
	int err = permission_check(&permission, pe, &allow, &fault);

	must(!err || err == -EINVAL, "the only error is a malformed file");
	must(!err || fault.text || !sound, "a fault has words");
	/* A list that is malformed after the deciding entry gives no error. */
	if (err || !sound)
		return;
	must(permission == PERMISSION_GIVEN ||
	     permission == PERMISSION_UNSIGNED ||
	     permission == PERMISSION_CHANGED ||
	     permission == PERMISSION_STRANGER, "nothing is revoked");
	must(!permission_check(&revoked, pe, &revoke, &fault),
	     "the same file is sound again");
	must(permission != PERMISSION_GIVEN ||
	     revoked == PERMISSION_MOKX_KEY ||
	     revoked == PERMISSION_MOKX_DIGEST,
	     "a revocation wins over a permission");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct permission_list list;
	struct bytes bytes;
	struct pe_fault fault;
	struct pe pe;

	if (size < 2 || get_le16(data) > size - 2)
		return 0;
	list = (struct permission_list) { data + 2, get_le16(data) };
	bytes = (struct bytes) { data + 2 + list.len, size - 2 - list.len };
	if (pe_open(&pe, read_bytes, &bytes, bytes.size, &fault))
		return 0;
	use_signatures(&pe);
	use_program(&pe, &list, walk_lists(&list));
	pe_close(&pe);
	return 0;
}
