// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An image of any format.
 *
 * Copyright (C) 2026 The vmfwupdate authors
 */
#include <stdarg.h>
#include <stdio.h>

#include "image.h"

void image_init(struct image *image)
{
	image->contents = g_array_new(FALSE, FALSE,
				      sizeof(struct memory_content));
	image->required = g_array_new(FALSE, FALSE,
				      sizeof(struct memory_range));
	image->context = NULL;
	image->told = g_ptr_array_new_with_free_func(g_free);
	image->owned = g_ptr_array_new_with_free_func(g_free);
}

void image_release(struct image *image)
{
	g_clear_pointer(&image->contents, g_array_unref);
	g_clear_pointer(&image->required, g_array_unref);
	g_clear_pointer(&image->context, g_free);
	g_clear_pointer(&image->told, g_ptr_array_unref);
	g_clear_pointer(&image->owned, g_ptr_array_unref);
}

bool image_refuse(char *reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason, IMAGE_REASON_SIZE, format, args);
	va_end(args);
	return false;
}
