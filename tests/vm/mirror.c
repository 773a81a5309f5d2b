// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that makes /dev/md0 a mirror (RAID1) of partitions, without superblocks on
 * them, as "mdadm --build" does.
 *
 * usage: mirror PARTITION PARTITION
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <linux/major.h>
#include <linux/raid/md_u.h>

#define NODE	"/dev/md0"
#define MEMBERS	2
#define SYNC	(1 << 1 | 1 << 2)	/* active, in sync */

int main(int argc, char **argv)
{
	mdu_array_info_t array = {
		.major_version = 0,
		.minor_version = 90,
		.level = 1,
		.nr_disks = MEMBERS,
		.raid_disks = MEMBERS,
		.not_persistent = 1,
		.state = 1,
		.active_disks = MEMBERS,
		.working_disks = MEMBERS,
	};
	mdu_param_t parameters = { 0 };
	unsigned long long size;
	int md, member, i;

	if (argc != MEMBERS + 1)
		errx(2, "usage: mirror PARTITION PARTITION");
	if (access(NODE, F_OK) &&
	    mknod(NODE, S_IFBLK | 0600, makedev(MD_MAJOR, 0)))
		err(1, "mknod " NODE);
	md = open(NODE, O_RDWR);
	if (md < 0)
		err(1, NODE);
	member = open(argv[1], O_RDONLY);
	if (member < 0 || ioctl(member, _IOR(0x12, 114, size_t), &size))
		err(1, "%s", argv[1]);
	close(member);
	array.size = size / 1024;
	if (ioctl(md, SET_ARRAY_INFO, &array))
		err(1, "SET_ARRAY_INFO");
	for (i = 0; i < MEMBERS; i++) {
		mdu_disk_info_t disk = {
			.number = i,
			.raid_disk = i,
			.state = SYNC,
		};
		struct stat st;

		if (stat(argv[i + 1], &st))
			err(1, "%s", argv[i + 1]);
		disk.major = major(st.st_rdev);
		disk.minor = minor(st.st_rdev);
		if (ioctl(md, ADD_NEW_DISK, &disk))
			err(1, "ADD_NEW_DISK %s", argv[i + 1]);
	}
	if (ioctl(md, RUN_ARRAY, &parameters))
		err(1, "RUN_ARRAY");
	return EXIT_SUCCESS;
}
