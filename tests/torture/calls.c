/* Preloaded: counts the calls by which a process changes files below one folder, and at a chosen one lets it end or fail.

   The count lies in shared memory, so that whoever forked the process reads it after its death. A process that was started
   anew, such as a worker, is told by its environment what to do. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KILL = -1, KILL_GROUP = -2, TEAR = -3 }; /* a positive act is the errno of a call that fails */

static struct plan {
    long seen;
    long at;
    int act;
    int stays; /* every call from then on */
    char root[4096];
} *plan;

void torture_plan(const char *root, long at, int act, int stays) {
    plan->seen = 0;
    plan->at = at;
    plan->act = act;
    plan->stays = stays;
    snprintf(plan->root, sizeof plan->root, "%s", root);
}

long torture_seen(void) { return plan->seen; }

static const char *told(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

__attribute__((constructor)) static void prepare(void) {
    plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    torture_plan(told("TORTURE_ROOT", ""), atol(told("TORTURE_AT", "0")), atoi(told("TORTURE_ACT", "-1")), 0);
}

static int concerns(const char *path) {
    return plan && *plan->root && (*path != '/' || strncmp(path, plan->root, strlen(plan->root)) == 0);
}

static int concerns_file(int file) {
    char link[64], path[4096];
    struct stat status;
    if (!plan || !*plan->root || fstat(file, &status) || S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return *path == '/' && concerns(path);
}

/* Whether the call is to fail; it does not come back where the process is to end. */
static int fails(void) {
    long now = __sync_add_and_fetch(&plan->seen, 1);
    if (!plan->at || !(now == plan->at || (plan->stays && now > plan->at))) return 0;
    if (plan->act == KILL_GROUP) kill(0, SIGKILL);
    if (plan->act < 0) kill(getpid(), SIGKILL);
    errno = plan->act;
    return 1;
}

static int is_torn(void) { return plan->act == TEAR && plan->seen + 1 == plan->at; }

#define REAL(type, name, ...)                        \
    static type (*real)(__VA_ARGS__);                \
    if (!real) real = dlsym(RTLD_NEXT, #name)

#define WRITES(...)                                                                     \
    if (concerns_file(file)) {                                                          \
        if (is_torn() && size > 1) size /= 2, real(__VA_ARGS__);                         \
        if (fails()) return -1;                                                         \
    }                                                                                   \
    return real(__VA_ARGS__)

ssize_t write(int file, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    WRITES(file, data, size);
}
ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    WRITES(file, data, size, at);
}
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    WRITES(file, data, size, at);
}
ssize_t sendfile(int file, int from, off_t *at, size_t size) {
    REAL(ssize_t, sendfile, int, int, off_t *, size_t);
    WRITES(file, from, at, size);
}
ssize_t sendfile64(int file, int from, off64_t *at, size_t size) {
    REAL(ssize_t, sendfile64, int, int, off64_t *, size_t);
    WRITES(file, from, at, size);
}

#define ON_FILE(name)                                \
    int name(int file) {                             \
        REAL(int, name, int);                        \
        if (concerns_file(file) && fails()) return -1; \
        return real(file);                           \
    }
ON_FILE(fsync)
ON_FILE(fdatasync)

#define CUTS(name, type)                             \
    int name(int file, type size) {                  \
        REAL(int, name, int, type);                  \
        if (concerns_file(file) && fails()) return -1; \
        return real(file, size);                     \
    }
CUTS(ftruncate, off_t)
CUTS(ftruncate64, off64_t)

void sync(void) {
    REAL(void, sync, void);
    if (plan && *plan->root && plan->act < 0) fails(); /* it cannot fail */
    real();
}

#define ON_PATH(name)                                \
    int name(const char *path) {                     \
        REAL(int, name, const char *);               \
        if (concerns(path) && fails()) return -1;    \
        return real(path);                           \
    }
ON_PATH(unlink)
ON_PATH(rmdir)

int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    if (concerns(path) && fails()) return -1;
    return real(path, mode);
}
int unlinkat(int folder, const char *path, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    if ((*path == '/' ? concerns(path) : concerns_file(folder)) && fails()) return -1;
    return real(folder, path, flags);
}
int rename(const char *old, const char *new) {
    REAL(int, rename, const char *, const char *);
    if (concerns(new) && fails()) return -1;
    return real(old, new);
}
int renameat2(int from, const char *old, int to, const char *new, unsigned int flags) {
    REAL(int, renameat2, int, const char *, int, const char *, unsigned int);
    if (concerns(new) && fails()) return -1;
    return real(from, old, to, new, flags);
}

#define OPENS(name)                                                          \
    int name(const char *path, int flags, ...) {                             \
        REAL(int, name, const char *, int, ...);                             \
        va_list rest;                                                        \
        va_start(rest, flags);                                               \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                        \
        if (flags & O_CREAT && concerns(path) && fails()) return -1;         \
        return real(path, flags, mode);                                      \
    }
OPENS(open)
OPENS(open64)
