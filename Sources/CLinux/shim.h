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

// Locks that belong to an open file, hidden like pipe2: another open file of the same process counts as a stranger's.
#ifndef F_OFD_GETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#endif

// A read lock on the whole file; 0 when it is held.
static inline int rider_lock_shared(int file) {
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return fcntl(file, F_OFD_SETLK, &lock);
}

// 1 when no other open file holds a lock on the file, 0 when one does, -1 when the kernel does not say.
static inline int rider_is_unlocked(int file) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(file, F_OFD_GETLK, &lock) == 0 ? lock.l_type == F_UNLCK : -1;
}
