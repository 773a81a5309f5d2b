// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libFuzzer target: a database of Secure Boot. The reader does not read past the end of
 * the input. If the target copies accepted lists into a variable, the reader finds the
 * same lists there.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdlib.h>
#include <string.h>

#include "efi/siglist.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct siglist *list)
{
	uint8_t *variable = malloc(SIGLIST_UNSIGNED + list->len);
	struct siglist_fault fault;
	struct siglist again;

	if (!variable)
		abort();
	siglist_put_unsigned(variable);
	memcpy(variable + SIGLIST_UNSIGNED, list->bytes, list->len);
	must(!siglist_open(&again, variable, SIGLIST_UNSIGNED + list->len,
			   &fault), "lists can be put into a variable");
	must(again.signed_size == SIGLIST_UNSIGNED &&
	     again.len == list->len && again.entries == list->entries,
	     "the variable has the same lists");
	free(variable);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct siglist_fault fault;
	struct siglist list;

	if (siglist_open(&list, data, size, &fault)) {
		must(fault.text && fault.offset <= size,
		     "a fault is somewhere in the file");
		return 0;
	}
	must(list.entries && list.signed_size + list.len == size,
	     "the variable's head and the lists make up the file");
	use(&list);
	return 0;
}
