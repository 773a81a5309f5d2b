# SPDX-License-Identifier: LGPL-2.1-or-later
#
# vmfwupdate: a virtual machine brings its own firmware.

include Makefile.include

export DESTDIR ?=
export PREFIX ?= /usr

# The suites that check, check-ci and check-long run; empty: all of theirs.
SUITES ?=
# For "make series": the kernel's source, and options of series/generate.
KSRC ?=
AUTHOR ?=
SIGN_OFF ?=
REROLL ?=

.PHONY: all help userspace module model guest demo lint check check-ci check-long coverage \
	mutants bench bench-record install install-userspace install-dkms uninstall \
	uninstall-userspace uninstall-dkms dist series clean deps-build deps-bench deps-lint \
	deps-demo deps-check deps-check-long
.DEFAULT_GOAL := all

all: userspace module

help:
	@printf '%s\n' \
	'vmfwupdate: a virtual machine brings its own firmware.' \
	'' \
	'Build:' \
	'  all         the tool and the kernel module (the default)' \
	'  userspace   vmfwupdate-ctl, the IGVM library, the manual pages' \
	'  module      vmfwupdate.ko for the kernel whose headers KDIR names' \
	'  model       the device model that stock QEMU loads' \
	'  series      the driver as patches for the kernel KSRC=, to be posted (series/README.md)' \
	'  clean       remove the output of all builds' \
	'' \
	'Install (uninstall, uninstall-userspace, uninstall-dkms: remove it again):' \
	'  install     user space and the module' \
	'  install-userspace  all but the module: needs no kernel headers' \
	'  install-dkms  the sources of the module, for DKMS to build from' \
	'' \
	'Release:' \
	'  dist        a tarball of the committed files, in O=; see releasing.md' \
	'' \
	'See it run (install what they need, as root on Debian):' \
	'  demo        a VM replaces SeaBIOS by OVMF' \
	'  check       the tests before a commit, for a quarter of an hour' \
	'  check-ci    the tests before a merge, for an hour' \
	'  check-long  all tests: also other kernels, other QEMU versions, long fuzzing' \
	'  lint        rules about the sources: rooms, scripts, layout of C, spelling, licences, manual pages, checkpatch' \
	'  mutants     whether tests notice small changes of the code (as root)' \
	'  coverage    the share of lines in the format readers that their tests reach' \
	'  bench       speed and memory on this machine, in O=: bench.json and bench.svg' \
	'  bench-record  put both into Documentation/, to be committed; see testing.md' \
	'' \
	'Variables:' \
	'  V=1         show the commands' \
	'  W=1         more warnings; C=2: sparse (module)' \
	'  SANITIZE=1  compile user space with address and undefined behaviour sanitizers' \
	'  O=DIR       where output goes (build/); the module builds in kmod/' \
	'  KDIR=DIR    kernel headers to build the module against' \
	'  PKG_CONFIG=, SCDOC=, INSTALL=, OBJCOPY=   programs to use; CLANG=: for fuzzing' \
	'  MANPAGES=   manual pages to make; empty: none, and scdoc is not needed' \
	'  SUITES=     which test suites check runs (see tests/run --list)' \
	'  JOBS=N      how many tests of the suites cli and vm run at a time' \
	'  SEABIOS=, OVMF=   firmware files for the demo and the tests in VMs' \
	'  KSRC=DIR    series: source of the kernel, 6.12 or newer' \
	'  AUTHOR=, SIGN_OFF=1, REROLL=N   series: From:, Signed-off-by:, [PATCH vN]' \
	'  CC=, CFLAGS=, CPPFLAGS=, LDFLAGS=   as usual' \
	'' \
	'Where install puts things, below DESTDIR=. For PREFIX=/usr it asks pkg-config' \
	'where systemd, udev, dracut, bash-completion and fish look. INITRAMFSDIR= (empty):' \
	'nothing for initramfs-tools. INSTALL_MOD_PATH=, INSTALL_MOD_STRIP=: as for kbuild.' \
	'These are the values here:'
	@$(MAKE) --no-print-directory -s -C userspace directories

userspace:
	@$(MAKE) -C userspace all

module:
	@$(MAKE) -C kmod

model:
	@$(MAKE) -C tests/vmm

# As many compilers at a time as there are CPUs, unless make was called with -j.
ALL_CPUS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j $(shell nproc))

# The tests' module is built for the tests' kernel, not for the running one.
guest:
	@$(MAKE) $(ALL_CPUS) userspace model
	@tests/vm/guest-kernel $(O)/kernel
	@$(MAKE) $(ALL_CPUS) -C kmod KDIR=$(O)/kernel/build
	@$(MAKE) $(ALL_CPUS) -C tests/vm

demo: deps-demo
	@$(MAKE) guest
	@O=$(O) tests/vm/demo

check: deps-check
	@$(MAKE) guest
	@O=$(O) tests/run $(SUITES)

check-ci: deps-check
	@$(MAKE) guest
	@O=$(O) tests/run --ci $(SUITES)

lint: deps-lint
	@O=$(O) tests/run lint checkpatch

mutants: deps-check
	@O=$(O) tests/run mutants

coverage: deps-check
	@O=$(O) tests/run coverage

bench: deps-bench
	@$(MAKE) guest
	@O=$(O) tests/run bench

bench-record:
	@$(MAKE) -C tests/bench record

check-long: deps-check-long
	@$(MAKE) guest
	@O=$(O) tests/run --long $(SUITES)

deps-build deps-bench deps-lint deps-demo deps-check deps-check-long: deps-%:
	@tests/install-deps $*

install: all install-userspace
	$(MAKE) -C kmod modules_install $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR))

install-userspace:
	$(MAKE) -C userspace install

install-dkms:
	$(MAKE) -C kmod install-dkms

uninstall: uninstall-userspace
	$(MAKE) -C kmod modules_uninstall $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR))

uninstall-userspace:
	$(MAKE) -C userspace uninstall

uninstall-dkms:
	$(MAKE) -C kmod uninstall-dkms

dist:
	@mkdir -p $(O)
	@packaging/dist $(O)

series:
	$(if $(KSRC),,$(error KSRC= is missing: the source of a kernel, 6.12 or newer))
	@series/generate $(if $(AUTHOR),--author '$(AUTHOR)') $(if $(SIGN_OFF),--sign-off) \
		$(if $(REROLL),--version $(REROLL)) '$(KSRC)' '$(O)/series'

clean:
	@$(MAKE) -C kmod clean
	@rm -rf $(O)
