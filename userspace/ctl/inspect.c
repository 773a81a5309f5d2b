// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * inspect: the contents of an image.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/size.h"
#include "ctl/ctl.h"
#include "shared/text.h"
#include "source/check.h"
#include "source/source.h"

#define LINE		80
#define DUMP_WIDTH	16
/* Limits of a summary, so that it fits a screen of about 24 lines. */
#define TYPES_MOST	10
#define PIECES_MOST	8

/**
 * struct tally - number of headers of each type
 * @types: numbers by type
 * @nr: number of types
 * @others: number of headers of further types
 */
struct tally {
	struct {
		uint32_t type;
		uint32_t count;
	} types[TYPES_MOST];
	size_t nr;
	uint32_t others;
};

static int say_error(struct output *out, const char *path, int err)
{
	message_error(out->messages, "%s: cannot read this image: %s", path,
		      strerror(-err));
	return VMFW_EXIT_SYSTEM;
}

/* Print bytes in hexadecimal, in JSON only. */
static int print_bytes(struct output *out, const char *key, const uint8_t *p,
		       size_t len)
{
	char *words = malloc(2 * len + 1);

	if (!words) {
		message_error(out->messages, "cannot print the JSON member %s: %s", key, strerror(ENOMEM));
		return VMFW_EXIT_SYSTEM;
	}
	text_hex(words, 2 * len + 1, p, len);
	output_string(out, key, NULL, words);
	free(words);
	return VMFW_EXIT_OK;
}

static int header_json(struct output *out,
		       const struct vmfw_igvm_header *header)
{
	const char *name = vmfw_igvm_type_name(header->type);
	const struct vmfw_igvm_field *fields;
	int code = VMFW_EXIT_OK;
	size_t i, nr;

	output_object(out, NULL);
	output_number(out, "index", NULL, header->index);
	output_hex(out, "offset", NULL, header->offset);
	output_hex(out, "type", NULL, header->type);
	if (name)
		output_string(out, "type_name", NULL, name);
	output_number(out, "length", NULL, header->length);
	fields = vmfw_igvm_fields(header, &nr);
	if (!nr)
		code = print_bytes(out, "content", header->content,
				   header->length);
	else
		output_object(out, "fields");
	for (i = 0; !code && i < nr; i++) {
		if (fields[i].size <= 8)
			output_hex(out, fields[i].name, NULL,
				   vmfw_igvm_field_value(header, &fields[i]));
		else
			code = print_bytes(out, fields[i].name,
					   header->content + fields[i].at,
					   fields[i].size);
	}
	if (nr)
		output_end(out);
	output_end(out);
	return code;
}

/* A line of output, which line_add() breaks at the width of a terminal. */
struct line {
	struct output *out;
	char text[LINE + 1];
	size_t used;
	int indent;
};

static void line_end(struct line *line)
{
	output_line(line->out, "%s", line->text);
	line->used = snprintf(line->text, sizeof(line->text), "%*s",
			      line->indent, "");
}

__attribute__((format(printf, 2, 3)))
static void line_add(struct line *line, const char *format, ...)
{
	char word[LINE / 2];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(word, sizeof(word), format, args);
	va_end(args);
	if (line->used + len + 1 > LINE)
		line_end(line);
	line->used += snprintf(line->text + line->used,
			       sizeof(line->text) - line->used, "%s%s",
			       line->used ? " " : "", word);
}

static void header_text(struct output *out,
			const struct vmfw_igvm_header *header)
{
	struct line line = { .out = out, .indent = 6 };
	const char *name = vmfw_igvm_type_name(header->type);
	const struct vmfw_igvm_field *fields;
	uint64_t value;
	size_t i, nr;

	line_add(&line, "%5" PRIu32, header->index);
	if (name)
		line_add(&line, "%s", name);
	else
		line_add(&line, "type 0x%" PRIx32, header->type);
	line_add(&line, "at 0x%" PRIx64 ":", header->offset);
	fields = vmfw_igvm_fields(header, &nr);
	if (!nr)
		line_add(&line, "%" PRIu32 " bytes", header->length);
	for (i = 0; i < nr; i++) {
		if (fields[i].size > 8) {
			line_add(&line, "%s (%" PRIu32 " bytes)",
				 fields[i].name, fields[i].size);
			continue;
		}
		/* A reserved field must be zero, so print only other values. */
		value = vmfw_igvm_field_value(header, &fields[i]);
		if (!value && !strncmp(fields[i].name, "reserved", 8))
			continue;
		line_add(&line, "%s 0x%" PRIx64, fields[i].name, value);
		if (!strcmp(fields[i].name, "platform_type") &&
		    vmfw_igvm_platform_name(value))
			line_add(&line, "(%s)", vmfw_igvm_platform_name(value));
	}
	line_end(&line);
}

static void count_header(struct tally *tally, uint32_t type)
{
	size_t i = 0;

	while (i < tally->nr && tally->types[i].type != type)
		i++;
	if (i == TYPES_MOST) {
		tally->others++;
		return;
	}
	if (i == tally->nr)
		tally->types[tally->nr++].type = type;
	tally->types[i].count++;
}

/* Print the number of headers of each type, in the order of their first header. */
static void count_headers(struct output *out, const struct vmfw_igvm *igvm)
{
	struct vmfw_igvm_header header = { 0 };
	struct tally tally = { 0 };
	char words[16];
	size_t i;

	while (vmfw_igvm_next(igvm, &header))
		count_header(&tally, header.type);
	output_line(out, "headers: %" PRIu32, igvm->nr_headers);
	for (i = 0; i < tally.nr; i++) {
		const char *name = vmfw_igvm_type_name(tally.types[i].type);

		snprintf(words, sizeof(words), "0x%" PRIx32,
			 tally.types[i].type);
		output_line(out, "  %-32s %8" PRIu32, name ? name : words,
			    tally.types[i].count);
	}
	if (tally.others)
		output_line(out, "  %-32s %8" PRIu32, "of other types",
			    tally.others);
}

static int print_headers(struct output *out, const struct vmfw_igvm *igvm,
			 bool all)
{
	const char *name = vmfw_igvm_architecture_name(igvm->architecture);
	struct vmfw_igvm_header header = { 0 };
	int code = VMFW_EXIT_OK;

	output_number(out, "format_version", NULL, igvm->version);
	output_number(out, "architecture_number", NULL, igvm->architecture);
	if (name)
		output_string(out, "architecture", NULL, name);
	output_number(out, "page_size", NULL, igvm->page_size);
	output_hex(out, "variable_header_offset", NULL, igvm->headers_start);
	output_size(out, "variable_header_size", NULL,
		   igvm->headers_end - igvm->headers_start);
	print_platforms(out, igvm);
	output_line(out, "IGVM format %" PRIu32 ", %s, headers from 0x%" PRIx64
		    " to 0x%" PRIx64, igvm->version,
		    name ? name : "unknown architecture", igvm->headers_start,
		    igvm->headers_end);
	if (!all) {
		count_headers(out, igvm);
		return code;
	}
	output_array(out, "headers");
	while (!code && vmfw_igvm_next(igvm, &header)) {
		if (out->json)
			code = header_json(out, &header);
		else
			header_text(out, &header);
	}
	output_end(out);
	return code;
}

static const char *piece_words(const struct vmfw_igvm_piece *piece)
{
	static const char *const types[] = {
		[VMFW_IGVM_DATA_SECRETS] = "secrets",
		[VMFW_IGVM_DATA_CPUID] = "CPUID",
		[VMFW_IGVM_DATA_CPUID_XF] = "CPUID, extended features",
	};

	switch (piece->kind) {
	case VMFW_IGVM_PARAMETER_INSERT:
		return "parameters";
	case VMFW_IGVM_VMSA:
		return "registers";
	case VMFW_IGVM_ERROR_RANGE:
		return "error range";
	case VMFW_IGVM_REQUIRED_MEMORY:
		return "required memory";
	default:
		break;
	}
	if (piece->data_type)
		return types[piece->data_type];
	return piece->flags & VMFW_IGVM_PAGE_SHARED ? "pages, shared" : "pages";
}

/* Does the launch digest, if the platform has one, cover the piece? */
static bool is_measured(const struct vmfw_igvm_platform *platform,
			const struct vmfw_igvm_piece *piece)
{
	if (!vmfw_igvm_digest_size(platform->type))
		return false;
	if (piece->kind == VMFW_IGVM_VMSA)
		return true;
	return piece->kind == VMFW_IGVM_PAGE_DATA && !piece->data_type &&
	       !(piece->flags & (VMFW_IGVM_PAGE_UNMEASURED |
				 VMFW_IGVM_PAGE_SHARED));
}

static const char *short_size(char *buf, uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	unsigned int unit = 0;

	for (bytes >>= 10; bytes >= 10240 && units[unit + 1]; unit++)
		bytes >>= 10;
	snprintf(buf, SIZE_WORDS, "%5" PRIu64 " %ciB", bytes,
		 units[unit]);
	return buf;
}

static void draw_piece(struct output *out,
		       const struct vmfw_igvm_platform *platform,
		       const struct vmfw_igvm_piece *piece, uint64_t end)
{
	char size[SIZE_WORDS];

	if (piece->range.start > end)
		output_line(out, "  %30s %9s  :", "",
			    short_size(size, piece->range.start - end));
	output_line(out, "  %014" PRIx64 "-%014" PRIx64 "  %9s  %c %s",
		    piece->range.start, piece->range.end - 1,
		    short_size(size, piece->range.end - piece->range.start),
		    is_measured(platform, piece) ? '#' :
		    piece->kind & VMFW_IGVM_POPULATED ? '+' : '.',
		    piece_words(piece));
}

static void piece_json(struct output *out,
		       const struct vmfw_igvm_platform *platform,
		       const struct vmfw_igvm_piece *piece)
{
	output_object(out, NULL);
	output_hex(out, "start", NULL, piece->range.start);
	output_hex(out, "end", NULL, piece->range.end);
	output_string(out, "kind", NULL, piece_words(piece));
	output_bool(out, "measured", NULL, is_measured(platform, piece));
	output_number(out, "header", NULL, piece->header);
	output_end(out);
}

/* Print all pieces in JSON, and at most @most in text. */
static int draw_platform(struct output *out, const char *path,
			 const struct vmfw_igvm *igvm,
			 const struct vmfw_igvm_platform *platform, size_t most)
{
	struct vmfw_igvm_piece *pieces;
	uint64_t end = 0;
	size_t i, nr;
	int err;

	err = vmfw_igvm_map(igvm, platform->mask, &pieces, &nr);
	if (err)
		return say_error(out, path, err);
	output_object(out, NULL);
	output_string(out, "platform", NULL,
		      vmfw_igvm_platform_word(platform->type));
	output_line(out, "%s (mask 0x%" PRIx32 ")",
		    vmfw_igvm_platform_word(platform->type), platform->mask);
	output_array(out, "pieces");
	for (i = 0; i < nr; i++) {
		if (out->json)
			piece_json(out, platform, &pieces[i]);
		else if (i < most)
			draw_piece(out, platform, &pieces[i], end);
		if (pieces[i].range.end > end)
			end = pieces[i].range.end;
	}
	if (nr > most)
		output_line(out, "  and %zu more; see --map", nr - most);
	output_end(out);
	output_end(out);
	free(pieces);
	return VMFW_EXIT_OK;
}

static int draw_map(struct output *out, const struct options *options,
		    const char *path, const struct vmfw_igvm *igvm)
{
	int code = VMFW_EXIT_OK;
	unsigned int i;

	output_array(out, "map");
	for (i = 0; !code && i < igvm->nr_platforms; i++)
		if (!options_given(options, OPTION_FOR) ||
		    igvm->platforms[i].type == options->platform)
			code = draw_platform(out, path, igvm,
					     &igvm->platforms[i], SIZE_MAX);
	output_end(out);
	output_line(out, "# measured, + loaded but not measured, . not loaded, : gap");
	return code;
}

/* Print one screen of text. */
static int summarize(struct output *out, const char *path,
		     const struct vmfw_igvm *igvm, bool sound)
{
	size_t most = PIECES_MOST;
	unsigned int i;
	int code;

	code = print_headers(out, igvm, false);
	if (igvm->nr_platforms > 1)
		most = igvm->nr_platforms < PIECES_MOST ?
		       PIECES_MOST / igvm->nr_platforms : 1;
	for (i = 0; !code && sound && i < igvm->nr_platforms; i++)
		code = draw_platform(out, path, igvm, &igvm->platforms[i],
				     most);
	if (sound)
		output_line(out, "# measured, + loaded but not measured, . not loaded, : gap");
	output_line(out, "--all shows each header; --map draws all of memory");
	return code;
}

static void dump(struct output *out, uint64_t gpa, const uint8_t *p, size_t len)
{
	size_t i, n;

	for (i = 0; i < len; i += DUMP_WIDTH) {
		char hex[3 * DUMP_WIDTH + 2] = "", text[DUMP_WIDTH + 1];
		size_t used = 0;

		for (n = 0; n < DUMP_WIDTH; n++) {
			used += snprintf(hex + used, sizeof(hex) - used,
					 "%s%02x", n == DUMP_WIDTH / 2 ? "  " :
					 n ? " " : "", p[i + n]);
			text[n] = p[i + n] >= ' ' && p[i + n] <= '~' ?
				  p[i + n] : '.';
		}
		text[n] = '\0';
		output_line(out, "%010" PRIx64 "  %s  %s", gpa + i, hex, text);
	}
}

static int dump_page(struct output *out, const struct options *options,
		     const char *path, const struct vmfw_igvm *igvm,
		     const struct vmfw_igvm_platform *platform)
{
	uint64_t gpa = options->page - options->page % VMFW_IGVM_PAGE_SIZE;
	uint8_t page[VMFW_IGVM_PAGE_SIZE];
	int err;

	err = vmfw_igvm_read(igvm, platform->mask, gpa, page, sizeof(page));
	if (err == -EFAULT) {
		message_error(out->messages, "%s: cannot dump the page at 0x%" PRIx64 ": the image loads nothing there for %s",
			      path, gpa,
			      vmfw_igvm_platform_word(platform->type));
		return VMFW_EXIT_IMAGE;
	}
	if (err)
		return say_error(out, path, err);
	output_hex(out, "gpa", NULL, gpa);
	if (out->json)
		return print_bytes(out, "bytes", page, sizeof(page));
	dump(out, gpa, page, sizeof(page));
	return VMFW_EXIT_OK;
}

static int extract_rom(struct output *out, const struct options *options,
		       const char *path, const struct vmfw_igvm *igvm,
		       const struct vmfw_igvm_platform *platform)
{
	struct newfile_content content;
	struct vmfw_igvm_range range;
	uint8_t *rom;
	size_t size;
	int code, err;

	err = vmfw_igvm_rom_range(igvm, platform->mask, &range);
	if (err == -ENOENT) {
		message_error(out->messages, "%s: cannot extract the firmware: no pages end at 4 GiB, where a PC has its firmware",
			      path);
		return VMFW_EXIT_IMAGE;
	}
	if (err)
		return say_error(out, path, err);
	size = range.end - range.start;
	rom = malloc(size);
	if (!rom)
		return say_error(out, path, -ENOMEM);
	err = vmfw_igvm_read(igvm, platform->mask, range.start, rom, size);
	content = newfile_memory(rom, size);
	code = err ? say_error(out, path, err) :
		     write_file(out, options, &content);
	free(rom);
	return code;
}

static int choose_platform(struct output *out, const struct options *options,
			   const char *path, const struct vmfw_igvm *igvm,
			   const struct vmfw_igvm_platform **platform)
{
	*platform = &igvm->platforms[0];
	if (options_given(options, OPTION_FOR)) {
		*platform = vmfw_igvm_platform(igvm, options->platform);
		if (*platform)
			return VMFW_EXIT_OK;
		message_error(out->messages, "%s: cannot use --for=%s: the image does not support this platform; \"inspect\" without --for lists its platforms",
			      path, vmfw_igvm_platform_word(options->platform));
		return VMFW_EXIT_IMAGE;
	}
	if (igvm->nr_platforms == 1 || options_given(options, OPTION_MAP))
		return VMFW_EXIT_OK;
	message_error(out->messages, "%s: this image is for several platforms; name one by --for=PLATFORM",
		      path);
	return VMFW_EXIT_USAGE;
}

static int inspect_memory(struct output *out, const struct options *options,
			  const char *path, const struct vmfw_igvm *igvm)
{
	const struct vmfw_igvm_platform *platform;
	int code;

	code = choose_platform(out, options, path, igvm, &platform);
	if (code)
		return code;
	if (options_given(options, OPTION_MAP))
		return draw_map(out, options, path, igvm);
	if (options_given(options, OPTION_PAGE))
		return dump_page(out, options, path, igvm, platform);
	return extract_rom(out, options, path, igvm, platform);
}

static int inspect_file(struct output *out, const struct options *options,
			struct source *source)
{
	struct vmfw_igvm igvm;
	int code, print_code;

	if (source->kind == SOURCE_FLAT)
		return rom_refuse(out, source);
	code = findings_check(source, out->messages, &igvm);
	if (options_any_given(options, OPTION_MAP, OPTION_PAGE, OPTION_ROM))
		return code ? code : inspect_memory(out, options, source->path,
						    &igvm);
	/* Show a broken file, too, because users then need its contents most. */
	if (code == VMFW_EXIT_SYSTEM || !igvm.version)
		return code;
	if (options_given(options, OPTION_ALL) || out->json)
		print_code = print_headers(out, &igvm, true);
	else
		print_code = summarize(out, source->path, &igvm, !code);
	return print_code ? print_code : code;
}

static int check_options(struct output *out, const struct options *options)
{
	if (options_count_given(options, OPTIONS(OPTION_ALL, OPTION_MAP,
						 OPTION_PAGE, OPTION_ROM)) > 1) {
		message_error(out->messages, "--all, --map, --page and --rom exclude each other; give one of them");
		return VMFW_EXIT_USAGE;
	}
	if (!options_given(options, OPTION_ROM) != !options->output) {
		message_error(out->messages, "--rom and --output=FILE need each other; give both");
		return VMFW_EXIT_USAGE;
	}
	if (out->json && options->output && !strcmp(options->output, "-")) {
		message_error(out->messages, "--output=-: cannot write both the firmware and JSON to standard output; name a file");
		return VMFW_EXIT_USAGE;
	}
	return VMFW_EXIT_OK;
}

static int run(struct output *out, const struct options *options,
	       char **operands)
{
	int code = check_options(out, options);

	if (!code)
		code = act_on_file(out, options, operands[0],
					 inspect_file);
	return act_to_end(out, code);
}

const struct verb verb_inspect = {
	.name = "inspect",
	.summary = "show the contents of an image",
	.operands = "FILE",
	.nr_operands = 1,
	.files = "igvm efi",
	.options = OPTIONS(OPTIONS_COMMON, OPTION_ALL, OPTION_MAP, OPTION_PAGE,
			   OPTION_ROM, OPTION_OUTPUT, OPTION_FORCE, OPTION_FOR,
			   OPTION_FWID),
	.force = FORCE_OVERWRITE,
	.codes = CODES_IMAGE,
	.help =
	"inspect prints a summary that fits a screen: the number of headers of each\n"
	"type, and the memory that they fill. --all shows each header with its fields.\n"
	"JSON has all fields even without --all, so that a program can rebuild the\n"
	"headers.\n",
	.run = run,
};
