/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tracepoints that do nothing. */
#ifndef SHIM_LINUX_TRACEPOINT_H
#define SHIM_LINUX_TRACEPOINT_H

#define TP_PROTO(...)	__VA_ARGS__

#define DEFINE_TRACE(name, ...) \
	_Pragma("GCC diagnostic push") \
	_Pragma("GCC diagnostic ignored \"-Wunused-parameter\"") \
	static inline void trace_##name(__VA_ARGS__) {} \
	_Pragma("GCC diagnostic pop")

#define DECLARE_EVENT_CLASS(...)
#define DEFINE_EVENT(class, name, proto, ...)	DEFINE_TRACE(name, proto)
#define TRACE_EVENT(name, proto, ...)		DEFINE_TRACE(name, proto)

#endif
