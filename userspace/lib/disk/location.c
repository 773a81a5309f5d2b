// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdio.h>
#include <string.h>

#include "disk/location.h"
#include "shared/macro.h"

static const struct {
	enum location_kind kind;
	const char *prefix;
	bool tagged;
	const char *about;
} kinds[] = {
	{ LOCATION_ESP, "ESP:", false, "a file on the EFI system partition" },
	{ LOCATION_XBOOTLDR, "XBOOTLDR:", false,
	  "a file on the extended boot partition" },
	{ LOCATION_LABEL, "LABEL=", true, "a file on this file system" },
	{ LOCATION_UUID, "UUID=", true, "a file on this file system" },
	{ LOCATION_PARTUUID, "PARTUUID=", true,
	  "this partition, or a file on it" },
};

/* Words that stand alone, without a path. */
static const struct {
	enum location_kind kind;
	const char *words;
	const char *about;
} words_only[] = {
	{ LOCATION_PARTITION, "partition", "the partition for firmware" },
	{ LOCATION_ANY_PARTITION, "partition:any", "the partition for firmware, on any disk" },
	{ LOCATION_UKI, "uki", "firmware in the UKI that booted, or in its add-ons" },
	{ LOCATION_AUTO, "auto", "the image that a boot takes; see 'list'" },
};

static bool copy_part(char *to, size_t size, const char *from, size_t len)
{
	if (!len || len >= size)
		return false;
	memcpy(to, from, len);
	to[len] = '\0';
	return true;
}

static bool parse_words_only(struct location *location, const char *words)
{
	static const char uuid[] = "PARTUUID=";
	const char *tag = words + strlen(uuid);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words_only); i++) {
		if (strcmp(words, words_only[i].words))
			continue;
		location->kind = words_only[i].kind;
		return true;
	}
	if (strncmp(words, uuid, strlen(uuid)) || strpbrk(tag, ":/"))
		return false;
	location->kind = LOCATION_PARTUUID;
	return copy_part(location->tag, LOCATION_TAG, tag, strlen(tag));
}

/**
 * location_parse() - read a location
 * @location: receives it; undefined if false is returned
 * @words: "/path", "ESP:/path", "LABEL=boot:/path", "partition", ...
 *
 * Return: false if it is malformed.
 */
bool location_parse(struct location *location, const char *words)
{
	const char *end;
	size_t i, len;

	memset(location, 0, sizeof(*location));
	if (parse_words_only(location, words))
		return true;
	location->kind = LOCATION_PLAIN;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		len = strlen(kinds[i].prefix);
		if (strncmp(words, kinds[i].prefix, len))
			continue;
		location->kind = kinds[i].kind;
		words += len;
		if (!kinds[i].tagged)
			break;
		end = strstr(words, ":/");
		if (!end || !copy_part(location->tag, LOCATION_TAG, words,
				       end - words))
			return false;
		words = end + 1;
		break;
	}
	return words[0] == '/' && words[1] &&
	       copy_part(location->path, LOCATION_PATH, words, strlen(words));
}

/**
 * location_word() - a word that can be a location, or begin one
 * @i: its number, from 0
 * @about: receives its explanation, for people
 *
 * Return: the word; NULL: there are fewer words.
 */
const char *location_word(size_t i, const char **about)
{
	if (i < ARRAY_SIZE(words_only)) {
		*about = words_only[i].about;
		return words_only[i].words;
	}
	i -= ARRAY_SIZE(words_only);
	if (i >= ARRAY_SIZE(kinds))
		return NULL;
	*about = kinds[i].about;
	return kinds[i].prefix;
}

/**
 * location_words() - write a location in the form that location_parse() reads
 * @buf: receives the text, LOCATION_WORDS bytes
 * @location: the location
 *
 * Return: @buf.
 */
const char *location_words(char *buf, const struct location *location)
{
	const char *prefix = "";
	bool tagged = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words_only); i++)
		if (words_only[i].kind == location->kind)
			prefix = words_only[i].words;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].kind != location->kind)
			continue;
		prefix = kinds[i].prefix;
		tagged = kinds[i].tagged;
	}
	snprintf(buf, LOCATION_WORDS, "%s%s%s%s", prefix, location->tag,
		 tagged && location->path[0] ? ":" : "", location->path);
	return buf;
}
