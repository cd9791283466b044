// Linux system calls that Swift's Glibc module does not offer, or offers only as variadic functions or macros.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <unistd.h>

static inline int rider_eventfd(void) {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

// prctl is variadic. The kernel keeps 15 bytes of the name.
static inline void rider_name_thread(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

// Declared here because the header hides it from programs that do not ask for GNU extensions.
int pipe2(int ends[2], int flags);

// A pipe that other children of this process do not inherit, not even one started at the same moment.
static inline int rider_pipe(int ends[2]) {
    return pipe2(ends, O_CLOEXEC);
}
