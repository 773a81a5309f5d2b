#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Properties of the tree itself: builds without a warning, installation, versions and
# licences. The tests build in a copy of the tree.
#
# Copyright (C) 2026 The vmfwupdate authors

load helpers

setup_file()
{
	cd "$BATS_TEST_DIRNAME/../.."
	export COPY=$BATS_FILE_TMPDIR/tree
	copy_tree "$COPY"
	export KERNEL_HEADERS=${O:-$PWD/build}/kernel/build
	build_below "$COPY"
}

# quietly COMMAND...: run a build, and fail if it fails or prints a warning.
quietly()
{
	local output
	output=$(timeout 900 "$@" 2>&1) || {
		printf '%s\n' "$output"
		return 1
	}
	if grep -iE 'warning|error:' <<<"$output"; then
		printf '%s\n' "in the output of: $*" "$output"
		return 1
	fi
}

print_output()
{
	build_below "$COPY"
	make --no-print-directory -s -C "$COPY/userspace" --eval='print: ; @echo $(O)' print
}

@test "builds write below the copy, also if make runs the tests with another O=" {
	export -f build_below print_output
	run make --no-print-directory -s -f - O=/nowhere <<<'all: ; @bash -c print_output'
	echo "$output"
	[[ $output == "$COPY/build" ]]
}

@test "the module builds with W=1 and is clean under sparse" {
	command -v sparse
	quietly make -C "$COPY/kmod" KDIR="$KERNEL_HEADERS" W=1 C=2
	[[ -s $COPY/kmod/vmfwupdate.ko ]]
}

@test "user space builds with W=1" {
	quietly make -C "$COPY/userspace" W=1
	"$O/userspace/vmfwupdate-ctl" --version
}

@test "the device model builds with W=1" {
	quietly make -C "$COPY/tests/vmm" W=1
}

@test "make install puts the tool and its manual page where they belong" {
	quietly make -C "$COPY/userspace" install DESTDIR="$COPY/root" PREFIX=/usr
	[[ -x $COPY/root/usr/sbin/vmfwupdate-ctl ]]
	[[ -s $COPY/root/usr/share/man/man8/vmfwupdate-ctl.8 ]]
	[[ -s $COPY/root/usr/share/man/man8/vmfwupdate-ctl-stage.8 ]]
	[[ -s $COPY/root/usr/share/doc/vmfwupdate/vmfwupdate.conf ]]
	[[ -s $COPY/root/usr/include/linux/vmfwupdate.h ]]
}

@test "make uninstall removes every file that make install made" {
	[[ -n $(find "$COPY/root" ! -type d) ]]
	quietly make -C "$COPY" uninstall-userspace DESTDIR="$COPY/root"
	run find "$COPY/root" ! -type d -o -name '*vmfw*'
	echo "$output"
	[[ -z $output ]]
	touch "$COPY/root/keep"
}

@test "make install strips the module, and make uninstall removes it" {
	local modules=$COPY/root/lib/modules
	# Debian 13 compresses kernel modules, but readelf cannot read a compressed one.
	make -C "$COPY/kmod" modules_install KDIR="$KERNEL_HEADERS" \
		INSTALL_MOD_PATH="$COPY/root" CONFIG_MODULE_COMPRESS_{GZIP,XZ,ZSTD}=
	modinfo -F version "$modules"/*/*/vmfwupdate.ko |
		grep -x "$(sed -n 's/^VERSION := //p' Makefile.include)"
	[[ $(readelf -S --wide "$COPY/kmod/vmfwupdate.ko") == *debug_info* ]]
	[[ $(readelf -S --wide "$modules"/*/*/vmfwupdate.ko) != *debug_info* ]]
	make -C "$COPY/kmod" modules_uninstall KDIR="$KERNEL_HEADERS" \
		INSTALL_MOD_PATH="$COPY/root"
	[[ -z $(find "$modules" -name 'vmfwupdate.ko*') ]]
}

# suffix FORMAT: print the suffix of a module in this format, if kmod can read it
suffix()
{
	local kmod
	kmod=$(kmod --version | tail -n 1)
	case $1 in
	GZIP) [[ $kmod != *+ZLIB* ]] || echo .gz ;;
	XZ) [[ $kmod != *+XZ* ]] || echo .xz ;;
	ZSTD) [[ $kmod != *+ZSTD* ]] || echo .zst ;;
	esac
}

# The kernel's configuration chooses the format, but variables of make override it.
# strace answers in place of the kernel, so the kernel loads no module here.
@test "make install compresses the module like the kernel's modules, and the tool loads it" {
	local format suffix tree module modules map=() root=$COPY/root tried=0
	((EUID == 0)) || map=(--map-root-user)
	for format in GZIP XZ ZSTD; do
		suffix=$(suffix $format)
		[[ -n $suffix ]] || continue
		tried=$((tried + 1))
		make -C "$COPY/kmod" modules_install KDIR="$KERNEL_HEADERS" INSTALL_MOD_PATH="$root" \
			CONFIG_MODULE_COMPRESS{,_ALL}=y CONFIG_MODULE_COMPRESS_NONE= \
			CONFIG_MODULE_COMPRESS_{GZIP,XZ,ZSTD}= CONFIG_MODULE_COMPRESS_$format=y
		tree=$(echo "$root"/lib/modules/*)
		module=$(find "$tree" -name 'vmfwupdate.ko*')
		[[ $module == *"/vmfwupdate.ko$suffix" ]]
		[[ $(head -c 4 "$module" | tr -d '\0') != $'\x7fELF' ]]

		depmod -b "$root" "${tree##*/}"
		modprobe -d "$root" -S "${tree##*/}" --show-depends vmfwupdate | grep -F "insmod $module"
		modinfo -b "$root" -k "${tree##*/}" -F version vmfwupdate |
			grep -x "$(sed -n 's/^VERSION := //p' Makefile.include)"
		modinfo -b "$root" -k "${tree##*/}" -F alias vmfwupdate | grep QEMU0002

		modules=$BATS_TEST_TMPDIR/modules
		rm -rf "$modules"
		mkdir "$modules"
		cp -r "$tree" "$modules/$(uname -r)"
		unshare --mount "${map[@]}" sh -euc 'mount --bind "$1" /lib/modules
			strace -f -o "$2" -e trace=init_module,finit_module,openat \
				-e inject=init_module,finit_module:retval=0 "$3" status || true' \
			sh "$modules" "$BATS_TEST_TMPDIR/trace" "$O/userspace/vmfwupdate-ctl"
		grep -F "vmfwupdate.ko$suffix" "$BATS_TEST_TMPDIR/trace"
		grep -E '(finit|init)_module\(.*= 0 \(INJECTED\)' "$BATS_TEST_TMPDIR/trace"
		make -C "$COPY/kmod" modules_uninstall KDIR="$KERNEL_HEADERS" INSTALL_MOD_PATH="$root"
		[[ -z $(find "$tree" -name 'vmfwupdate.ko*') ]]
	done
	((tried > 0))
}

@test "without scdoc the build fails, unless MANPAGES= is empty" {
	rm "$O/userspace/vmfwupdate-ctl.8"
	run make -C "$COPY" userspace SCDOC=no-such-scdoc
	[[ $status -ne 0 ]]
	[[ $output == *'scdoc is missing'*MANPAGES=* ]]
	rm -r "$COPY/root"
	quietly make -C "$COPY" install-userspace MANPAGES= SCDOC=no-such-scdoc \
		DESTDIR="$COPY/root"
	[[ -x $COPY/root/usr/sbin/vmfwupdate-ctl && ! -e $COPY/root/usr/share/man ]]
	rm -r "$COPY/root"
}

# directory NAME: print a directory of make install, as make help shows it
directory()
{
	make --no-print-directory -s -C "$COPY" help | sed -n "s/^  $1=//p"
}

@test "each directory can be chosen, and make help shows each of them" {
	local name names='SBINDIR LIBDIR INCLUDEDIR MANDIR DOCDIR UNITDIR PRESETDIR
		CATALOGDIR UDEVDIR DRACUTDIR BASHCOMPDIR ZSHCOMPDIR FISHCOMPDIR INITRAMFSDIR' chosen=()
	for name in $names; do
		[[ $(directory $name) == /* ]]
		chosen+=("$name=/chosen/$name")
	done
	quietly make -C "$COPY" install-userspace DESTDIR="$COPY/root" "${chosen[@]}"
	for name in $names; do
		[[ -d $COPY/root/chosen/$name ]]
	done
	# No variable but PREFIX moves required.conf.
	[[ $(cd "$COPY/root" && find . ! -type d ! -path './chosen/*') == \
		./usr/lib/vmfwupdate/required.conf ]]
	quietly make -C "$COPY" uninstall-userspace DESTDIR="$COPY/root" "${chosen[@]}"
	[[ -z $(find "$COPY/root" ! -type d) ]]
	rm -r "$COPY/root"
	# Below another prefix, make install does not ask pkg-config for directories.
	quietly make -C "$COPY" install-userspace DESTDIR="$COPY/root" PREFIX=/opt/fw
	[[ $(ls "$COPY/root") == opt && $(ls "$COPY/root/opt") == fw ]]
	rm -r "$COPY/root"
}

# settable: print each variable that a Makefile sets only if its caller has not done so
settable()
{
	git ls-files -z '*Makefile' Makefile.include | xargs -0 cat |
		sed -nE 's/^(export )?([A-Z_]+) \?=.*/\2/p; s/^ifndef ([A-Z_]+)$/\1/p' | sort -u
}

@test "make help lists every variable that a user may set" {
	local name help missing=() internal
	# DKMS sets VMFWUPDATE_VERSION, because its copy of the sources has no
	# Makefile.include. Scripts and Makefiles of the tests set the others.
	internal=' VMFWUPDATE_VERSION CTL KERNEL MODULE INITRAMFS TARGETS TOTAL SECONDS PYTHON '
	help=$(make --no-print-directory -s help)
	for name in $(settable); do
		[[ $internal == *" $name "* ]] ||
			grep -qE "(^|[^A-Z_])$name=" <<<"$help" || missing+=("$name")
	done
	echo "missing: ${missing[*]}"
	[[ ${#missing[@]} -eq 0 ]]
	# Each name on the list of exceptions is a variable that still exists.
	[[ -z $(comm -13 <(settable) <(printf '%s\n' $internal | sort)) ]]
	[[ $(settable | wc -l) -gt 30 ]]
}

@test "LIBDIR= moves libraries, but no files for systemd, udev or dracut" {
	local libdir units dracut
	units=$(directory UNITDIR)
	dracut=$(directory DRACUTDIR)
	for libdir in lib64 lib/x86_64-linux-gnu; do
		rm -rf "$COPY/root"
		quietly make -C "$COPY/userspace" install DESTDIR="$COPY/root" \
			LIBDIR=/usr/$libdir
		(cd "$COPY/root/usr" && find "$libdir" ! -type d | sort) >"$BATS_TEST_TMPDIR/moved"
		[[ -s $BATS_TEST_TMPDIR/moved ]]
		! grep -v "^$libdir/\(libvmfw-igvm\.\(a\|so.*\)\|pkgconfig/libvmfw-igvm\.pc\)$" \
			"$BATS_TEST_TMPDIR/moved"
		for file in "$units/vmfwupdate.service" \
			"$(directory PRESETDIR)/80-vmfwupdate.preset" \
			"$(directory CATALOGDIR)/vmfwupdate.catalog" \
			"$(directory UDEVDIR)/rules.d/60-vmfwupdate.rules" \
			/usr/lib/vmfwupdate/required.conf \
			"$dracut/90vmfwupdate/module-setup.sh"; do
			[[ $file != /usr/$libdir/* && -s $COPY/root$file ]]
		done
		# Scripts name only files that exist.
		grep -rhoE "/usr/(s?bin|lib)[^ \"]*vmfwupdate[^ \"]*" \
			"$COPY/root$dracut" "$COPY/root$units" \
			"$COPY/root/usr/share/initramfs-tools" | sort -u |
		while read -r file; do
			[[ -e $COPY/root$file ]] || exit 1
		done
	done
}

@test "each place that repeats the version has that of Makefile.include" {
	local version
	version=$(sed -n 's/^VERSION := //p' Makefile.include)
	[[ -n $version ]]
	[[ $("$O/userspace/vmfwupdate-ctl" --version) == "vmfwupdate-ctl $version" ]]
	head -n 1 debian/changelog | grep -F "vmfwupdate ($version) "
	grep -x "Version: *${version//./\\.}" packaging/vmfwupdate.spec
	[[ $(PKG_CONFIG_PATH=$O/userspace/igvm pkg-config --modversion libvmfw-igvm) == "$version" ]]
}

@test "Debian's list has all symbols of the library, with the versions of their nodes" {
	local symbols=debian/libvmfw-igvm0.symbols
	nm -D --defined-only --with-symbol-versions "$O/userspace/libvmfw-igvm.so.0" |
		sed -n 's/.* [TA] \(.*\)/\1/p' | sed 's/@@/@/; s/^\(LIBVMFW[^@]*\)$/\1@\1/' |
		sort >"$BATS_TEST_TMPDIR/library"
	sed -n 's/^ \([^ ]*@[^ ]*\) [0-9.]*$/\1/p' "$symbols" | sort >"$BATS_TEST_TMPDIR/list"
	[[ $(wc -l <"$BATS_TEST_TMPDIR/list") -gt 20 ]]
	diff "$BATS_TEST_TMPDIR/library" "$BATS_TEST_TMPDIR/list"
	# A symbol of the version node 0.1 is in each package from 0.1.0 on.
	run grep -vE '^ [^ ]*@LIBVMFW_IGVM_([0-9]+\.[0-9]+) \1\.0$' <(grep @ "$symbols")
	echo "$output"
	[[ $status -eq 1 ]]
}

@test "no symbol of the library needs a later version than the sources have" {
	local version needed
	version=$(sed -n 's/^VERSION := //p' Makefile.include)
	needed=$(sed -n 's/^ [^ ]*@[^ ]* \([0-9.]*\)$/\1/p' debian/libvmfw-igvm0.symbols | sort -u)
	[[ -n $needed ]]
	printf '%s\n' "needed: " $needed "there is: $version"
	[[ $(printf '%s\n' $needed "$version" | sort -V | tail -n 1) == "$version" ]]
}

@test "make clean leaves nothing behind" {
	make -C "$COPY" clean KDIR="$KERNEL_HEADERS"
	rm -rf "$COPY/root"
	run diff <(cd "$COPY" && find . -type f | sort) \
		<(git ls-files --cached --others --exclude-standard | sed 's,^,./,' | sort)
	echo "$output"
	[[ $status -eq 0 ]]
}

# refused CELL DIRECTORY PATH: expect that CELL, a copy of tests/mutants/cell,
# does not run with its output in DIRECTORY, because its command would not see
# PATH
refused()
{
	run "$1" "$2" true
	echo "$output"
	[[ $status -eq 1 && $output == *"cannot use $3: "*' O= outside'* ]]
}

@test "mutants: the cell refuses a tree and an output below /tmp or /run, which it hides" {
	local tree=$BATS_TEST_TMPDIR
	cp tests/mutants/cell "$tree"
	if [[ $tree != /tmp/* ]]; then
		refused "$tree/cell" /tmp/out /tmp/out
		refused "$tree/cell" /run/out /run/out
	fi
	tree=$(mktemp -d /tmp/cell.XXXXXX)
	cp tests/mutants/cell "$tree"
	refused "$tree/cell" / "$tree"
	rm -r "$tree"
}

@test "the patch series still fits the module" {
	series/generate --check
}

@test "every file names its licence" {
	local file missing=()
	while IFS= read -r file; do
		case $file in
		LICENSES/*) continue ;;
		# These formats have no comments, so debian/copyright names the licence.
		debian/changelog | debian/source/format) continue ;;
		tests/lib/attest/amd/*.hex | tests/lib/attest/amd/*.pem) continue ;;
		.reuse/dep5) continue ;;
		esac
		[[ -s $file ]] || continue
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ' || missing+=("$file")
	done < <(git ls-files)
	printf '%s\n' "${missing[@]}"
	[[ ${#missing[@]} -eq 0 ]]
}

# without_licence LICENCE PLACE...: print tracked files that lack this licence line.
without_licence()
{
	local licence=$1 file
	shift
	git ls-files --error-unmatch "$@" >/dev/null
	while IFS= read -r file; do
		grep -q "SPDX-License-Identifier: $licence" "$file" || echo "$file: not $licence"
	done < <(git ls-files "$@" ':!*.md')
}

@test "the files of the driver, of user space and of the model have their licences" {
	local wrong
	wrong=$(
		without_licence 'GPL-2.0-only' kmod
		without_licence 'GPL-2.0-only WITH Linux-syscall-note' kmod/uapi
		without_licence 'LGPL-2.1-or-later' userspace
		without_licence 'GPL-2.0-or-later' tests/vmm
	)
	echo "$wrong"
	[[ -z $wrong ]]
}
