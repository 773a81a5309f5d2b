#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libvmfw-igvm as other programs use it: installed, found by pkg-config, linked as a
# shared and as a static library.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

setup_file()
{
	local root=$BATS_FILE_TMPDIR/root
	make --no-print-directory -C "$BATS_TEST_DIRNAME/../../userspace" \
		install DESTDIR="$root" >&2
}

installed()
{
	root=$BATS_FILE_TMPDIR/root
	export PKG_CONFIG_SYSROOT_DIR=$root
	export PKG_CONFIG_PATH=$root/usr/lib/pkgconfig
}

program()
{
	cat >program.c <<-'END'
	#include <stdio.h>
	#include <vmfw-igvm.h>

	int main(int argc, char **argv)
	{
		static unsigned char bytes[1 << 20];
		FILE *file = fopen(argv[argc - 1], "r");
		size_t size = fread(bytes, 1, sizeof(bytes), file);
		struct vmfw_igvm_input input = { .head = bytes, .head_len = size, .size = size };
		struct vmfw_igvm igvm;
		int err = vmfw_igvm_check(&igvm, &input, NULL, NULL);

		printf("%d %u\n", err, igvm.nr_platforms);
		return 0;
	}
	END
}

@test "a program with the shared library" {
	installed
	program
	# shellcheck disable=SC2046 # several words
	cc -Wall -Wextra -Werror -o program program.c \
		$(pkg-config --cflags --libs libvmfw-igvm)
	sample both image.igvm
	is "$(LD_LIBRARY_PATH=$root/usr/lib ./program image.igvm)" '0 2'
	readelf -d program | grep -q 'NEEDED.*libvmfw-igvm.so.0'
	readelf -V program | grep -q LIBVMFW_IGVM_0
}

@test "a program with the static library" {
	installed
	program
	# shellcheck disable=SC2046 # several words
	cc -o program program.c $(pkg-config --cflags libvmfw-igvm) \
		"$root"/usr/lib/libvmfw-igvm.a -lz
	sample both image.igvm
	is "$(./program image.igvm)" '0 2'
}

@test "a program without shared libraries, with the flags of pkg-config" {
	installed
	program
	# shellcheck disable=SC2046 # several words
	cc -static -o program program.c \
		$(pkg-config --static --cflags --libs libvmfw-igvm)
	sample both image.igvm
	is "$(./program image.igvm)" '0 2'
}

@test "the header is valid C++, too" {
	installed
	command -v g++ >/dev/null || skip 'g++ is missing; apt-get install g++'
	echo '#include <vmfw-igvm.h>
int main() { return vmfw_igvm_type_name(1) == nullptr; }' >program.cc
	# shellcheck disable=SC2046 # several words
	g++ -o program program.cc $(pkg-config --cflags --libs libvmfw-igvm)
	LD_LIBRARY_PATH=$root/usr/lib ./program
}

# Print the functions of the header. vmfw_igvm_report is only the type of a callback.
declared()
{
	gcc -fpreprocessed -dD -E -P "$root"/usr/include/vmfw-igvm/vmfw-igvm.h |
		tr '\n' ' ' | grep -o '[ *]vmfw_igvm_[a-z_]*(' |
		tr -d ' *(' | sort -u | grep -vx vmfw_igvm_report
}

# archive_offers FILE: print all names that other programs can link with.
archive_offers()
{
	nm --extern-only --defined-only "$1" |
		awk 'NF == 3 { print $3 }' | sort
}

@test "the shared library offers the functions that the header declares, and no others" {
	installed
	nm -D --defined-only "$root"/usr/lib/libvmfw-igvm.so |
		sed -n 's/.* T \([a-z0-9_]*\)@@LIBVMFW_IGVM_0.*/\1/p' |
		sort >offered
	declared >declared
	[[ $(wc -l <declared) -gt 20 ]]
	diff declared offered
}

@test "the archive offers the functions that the header declares, and no others" {
	installed
	archive_offers "$root"/usr/lib/libvmfw-igvm.a >offered
	declared >declared
	[[ $(wc -l <declared) -gt 20 ]]
	diff declared offered
}

@test "a program may have functions with the names of internal functions of the library" {
	installed
	cat >program.c <<-'END'
		#include <stdio.h>
		#include <vmfw-igvm.h>

		int find(void) { return 1; }
		int type_info(void) { return 2; }
		int input_read(void) { return 3; }

		int main(void)
		{
			struct vmfw_igvm_input input = { .head = "rubbish" };
			struct vmfw_igvm igvm;

			if (!vmfw_igvm_check(&igvm, &input, NULL, NULL))
				return 1;
			return find() + type_info() + input_read() != 6;
		}
	END
	gcc -Wall -Werror -o program program.c \
		$(pkg-config --cflags libvmfw-igvm) "$root"/usr/lib/libvmfw-igvm.a -lz
	./program
}

@test "the library depends on zlib and the C library alone" {
	installed
	is "$(readelf -d "$root"/usr/lib/libvmfw-igvm.so |
		sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | sort | tr '\n' ' ')" \
		'libc.so.6 libz.so.1 '
}

@test "make install installs manual pages if scdoc is present" {
	installed
	command -v scdoc >/dev/null || skip 'scdoc is missing; apt-get install scdoc'
	grep -q vmfw_igvm_check "$root"/usr/share/man/man3/libvmfw-igvm.3
	[[ -s $root/usr/share/man/man8/vmfwupdate-ctl.8 ]]
}
