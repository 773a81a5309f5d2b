/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tracepoints for tests: the shim notes the values of the last one of a class,
 * and the name of the last one outside the class.
 */
#ifndef SHIM_LINUX_TRACEPOINT_H
#define SHIM_LINUX_TRACEPOINT_H

#include <linux/types.h>

#define TP_PROTO(...)	__VA_ARGS__

/* The last tracepoint outside a class. */
extern __attribute__((weak)) const char *shim_event;
__attribute__((weak)) const char *shim_event;

#define DEFINE_TRACE(name, ...) \
	_Pragma("GCC diagnostic push") \
	_Pragma("GCC diagnostic ignored \"-Wunused-parameter\"") \
	static inline void trace_##name(__VA_ARGS__) { shim_event = #name; } \
	_Pragma("GCC diagnostic pop")

/* The last tracepoint of the life of an image: its name and values. */
struct shim_trace {
	const char *name;
	u64 addr;
	u64 size;
	int err;
};

extern __attribute__((weak)) struct shim_trace shim_trace;
__attribute__((weak)) struct shim_trace shim_trace;

#define DECLARE_EVENT_CLASS(...)
#define DEFINE_EVENT(class, event, proto, ...) \
	static inline void trace_##event(proto) \
	{ \
		shim_trace = (struct shim_trace){ #event, addr, size, err }; \
	}
#define TRACE_EVENT(name, proto, ...)		DEFINE_TRACE(name, proto)

#endif
