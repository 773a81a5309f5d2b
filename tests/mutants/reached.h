/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Code in front of every source with probes. Each probe sets a byte in a file that all
 * processes share. If a test hides files, descriptor 199 is still that file. This code
 * calls the kernel without the C library, because tests replace open(2), access(2) and
 * syscall(2).
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#ifndef MUTANT_REACHED
#include <sys/syscall.h>

extern char *getenv(const char *name);

static unsigned char *mutant_reached;

static inline long mutant_call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = 0;
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static __attribute__((constructor, unused)) void mutant_map(void)
{
	const char *name = getenv("MUTANT_REACHED");
	long fd = 199, map;

	/* PROT_READ | PROT_WRITE, MAP_SHARED */
	map = mutant_call(SYS_mmap, 0, 1 << 20, 3, 1, fd);
	if (map < 0 && name) {
		/* AT_FDCWD, O_RDWR */
		fd = mutant_call(SYS_openat, -100, (long)name, 2, 0, 0);
		map = mutant_call(SYS_mmap, 0, 1 << 20, 3, 1, fd);
		mutant_call(SYS_close, fd, 0, 0, 0, 0);
	}
	if (map > 0)
		mutant_reached = (unsigned char *)map;
}

#define MUTANT_REACHED(number) \
	do { if (mutant_reached) mutant_reached[number] = 1; } while (0)
#endif
