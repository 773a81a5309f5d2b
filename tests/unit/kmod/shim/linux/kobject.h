/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SHIM_LINUX_KOBJECT_H
#define SHIM_LINUX_KOBJECT_H

struct kobject {
	int unused;
};

enum kobject_action { KOBJ_CHANGE };

/* A test that needs this function defines it. */
int kobject_uevent_env(struct kobject *kobj, enum kobject_action action,
		       char *env[]);

#endif
