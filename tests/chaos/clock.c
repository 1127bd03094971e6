/* The clock on the wall as one process sees it, shifted by what a shared file says.

   Preloaded into a service. The file CHAOS_CLOCK holds one 64-bit number of seconds. Only
   what a set clock changes is shifted: monotonic clocks go on, and waits last as long as
   they would. (libfaketime 0.9.10 breaks each time.sleep of Python 3.11 and later.)

   It declares what it needs itself, so that a compiler without headers can make it. */

struct timespec { long tv_sec; long tv_nsec; };
struct timeval { long tv_sec; long tv_usec; };

enum { CLOCK_REALTIME = 0, CLOCK_REALTIME_COARSE = 5 };
enum { O_RDONLY = 0, PROT_READ = 1, MAP_SHARED = 1 };
#define RTLD_NEXT ((void *) -1L)

extern char *getenv(const char *name);
extern int open(const char *path, int flags, ...);
extern int close(int file);
extern void *mmap(void *at, unsigned long size, int access, int kind, int file, long from);
extern void *dlsym(void *library, const char *name);

static const volatile long none = 0;
static const volatile long *shift = &none;
static int (*real_clock_gettime)(int, struct timespec *);
static int (*real_sem_timedwait)(void *, const struct timespec *);

__attribute__((constructor)) static void prepare(void)
{
    const char *path = getenv("CHAOS_CLOCK");
    int file = path ? open(path, O_RDONLY) : -1;

    real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    real_sem_timedwait = dlsym(RTLD_NEXT, "sem_timedwait");
    if (file >= 0) {
        void *found = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
        if (found != (void *) -1L)
            shift = found;
        close(file);
    }
}

int clock_gettime(int clock, struct timespec *now)
{
    /* Some libraries ask before this one is prepared. */
    if (!real_clock_gettime)
        real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real_clock_gettime(clock, now);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += *shift;
    return failed;
}

int gettimeofday(struct timeval *now, void *zone)
{
    struct timespec exact;

    (void) zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

long time(long *told)
{
    struct timespec exact;

    clock_gettime(CLOCK_REALTIME, &exact);
    if (told)
        *told = exact.tv_sec;
    return exact.tv_sec;
}

/* Python's locks wait by it where the C library it was built for has nothing better. */
int sem_timedwait(void *semaphore, const struct timespec *until)
{
    struct timespec really = *until;

    really.tv_sec -= *shift;
    return real_sem_timedwait(semaphore, &really);
}
