# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Programs of unit tests, each once without and once with address and undefined
# behaviour sanitizers. A Makefile includes this file after it has set:
#
#   TESTS	for each program its NAME: test_NAME.c, here or in a folder of a room
#   LIBRARY	objects, by the path of their source from userspace/ or from here
#   COMPILE	the compiler and its flags
#   LIBRARIES	to link with
#
# RUN is the command that runs all programs and sets the shell's "status".

# The folders in which #include "room/file.h" finds a file.
ROOMS := -iquote . $(addprefix -iquote $(TOP)/userspace,/ /lib /igvm)
vpath test_%.c $(wildcard */)
# Name the objects of all sources in some folders of userspace/, for LIBRARY.
sources = $(patsubst $(TOP)/userspace/%.c,%.o,\
	$(foreach part,$(1),$(wildcard $(TOP)/userspace/$(part)/*.c $(TOP)/userspace/$(part)/*/*.c)))

PROGRAMS := $(TESTS:%=$(OUT)/plain/test_%) $(TESTS:%=$(OUT)/sanitized/test_%)

RUN = status=0; for program in $(PROGRAMS); do \
		CMOCKA_MESSAGE_OUTPUT=TAP $$program || status=1; \
	done

.PHONY: all check clean
.DEFAULT_GOAL := all
.SECONDARY:

all: $(PROGRAMS)

# Compile the library here, because its own build has no sanitizers.
define variant
$$(OUT)/$(1)/%.o: $$(TOP)/userspace/%.c
	@mkdir -p $$(@D)
	$$(call quiet,CC,$$@)$$(COMPILE) $$(ROOMS) $(2) -MMD -MP -MT $$@ -c -o $$@ $$<

$$(OUT)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(call quiet,CC,$$@)$$(COMPILE) $$(ROOMS) $(2) -MMD -MP -MT $$@ -c -o $$@ $$<

$$(OUT)/$(1)/library.a: $$(LIBRARY:%=$$(OUT)/$(1)/%)
	$$(call quiet,AR,$$@)rm -f $$@ && $$(AR) rcs $$@ $$^

$$(OUT)/$(1)/test_%: $$(OUT)/$(1)/test_%.o $$(OUT)/$(1)/library.a
	$$(call quiet,LD,$$@)$$(CC) $$(CFLAGS) $(2) $$(LDFLAGS) $$(WRAP) -o $$@ \
		$$(filter %.o,$$^) $$(filter %.a,$$^) $$(LIBRARIES)
endef
$(eval $(call variant,plain,))
$(eval $(call variant,sanitized,$(SANITIZERS)))

# $(call link_with,OBJECT,NAMES): link an object to the programs of these names, too.
link_with = $(foreach name,$(2),\
	$(eval $(OUT)/plain/test_$(name): $(OUT)/plain/$(1).o)\
	$(eval $(OUT)/sanitized/test_$(name): $(OUT)/sanitized/$(1).o))

clean:
	rm -rf $(OUT)

-include $(wildcard $(OUT)/*/*.d $(OUT)/*/*/*.d $(OUT)/*/*/*/*.d)
