#ifndef RIDER_CZLIB_SHIM_H
#define RIDER_CZLIB_SHIM_H

#include <string.h>
#include <zlib.h>

/// Begins a gzip stream; `deflateInit2` is a macro that Swift does not see.
static inline int rider_gzip_begin(z_stream *stream, int level) {
    memset(stream, 0, sizeof *stream);
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
