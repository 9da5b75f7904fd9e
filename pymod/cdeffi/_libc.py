"""cdeffi.libc and cdeffi.libm: the functions of ISO C and POSIX, declared here so that no header is needed.

Written from C17 (ISO/IEC 9899:2018) and POSIX.1-2017; the tests compare each line with the C library's headers.
The layouts are Linux's with 64-bit long. Left out: what is no symbol of the library (atexit, setjmp, errno), what
cannot be called usefully from here (threads of C's own, signal handlers that jump) and obsolete functions.

Functions that only compute, from numbers or from the memory they are given, are declared to keep the GIL, as
those with __attribute__((const)) are: that makes a call about twice as fast.
"""
import os

from . import FFI

_TYPES = """
typedef long off_t, time_t, clock_t, suseconds_t, blkcnt_t;
typedef unsigned long dev_t, ino_t, fsblkcnt_t, fsfilcnt_t, rlim_t, nfds_t, wctype_t;
typedef unsigned int mode_t, uid_t, gid_t, id_t, useconds_t, socklen_t, in_addr_t, tcflag_t, speed_t, wint_t;
typedef unsigned short sa_family_t, in_port_t;
typedef unsigned char cc_t;
typedef int pid_t, clockid_t, key_t, nl_item;
typedef void *timer_t, *nl_catd, *iconv_t;
typedef const int *wctrans_t;
typedef struct __locale_struct *locale_t;
typedef struct __dirstream DIR;
typedef struct { int __count; union { unsigned __wch; char __wchb[4]; } __value; } mbstate_t;
typedef struct { int quot, rem; } div_t;
typedef struct { long quot, rem; } ldiv_t;
typedef struct { long long quot, rem; } lldiv_t;
typedef struct { intmax_t quot, rem; } imaxdiv_t;
struct timespec { time_t tv_sec; long tv_nsec; };
struct timeval { time_t tv_sec; suseconds_t tv_usec; };
struct itimerval { struct timeval it_interval, it_value; };
struct itimerspec { struct timespec it_interval, it_value; };
struct tm { int tm_sec, tm_min, tm_hour, tm_mday, tm_mon, tm_year, tm_wday, tm_yday, tm_isdst; long tm_gmtoff; const char *tm_zone; };
struct tms { clock_t tms_utime, tms_stime, tms_cutime, tms_cstime; };
struct utimbuf { time_t actime, modtime; };
struct lconv { char *decimal_point, *thousands_sep, *grouping, *int_curr_symbol, *currency_symbol, *mon_decimal_point,
  *mon_thousands_sep, *mon_grouping, *positive_sign, *negative_sign, int_frac_digits, frac_digits, p_cs_precedes,
  p_sep_by_space, n_cs_precedes, n_sep_by_space, p_sign_posn, n_sign_posn, int_p_cs_precedes, int_p_sep_by_space,
  int_n_cs_precedes, int_n_sep_by_space, int_p_sign_posn, int_n_sign_posn; };
struct utsname { char sysname[65], nodename[65], release[65], version[65], machine[65], __domainname[65]; };
struct passwd { char *pw_name, *pw_passwd; uid_t pw_uid; gid_t pw_gid; char *pw_gecos, *pw_dir, *pw_shell; };
struct group { char *gr_name, *gr_passwd; gid_t gr_gid; char **gr_mem; };
struct dirent { ino_t d_ino; off_t d_off; unsigned short d_reclen; unsigned char d_type; char d_name[256]; };
struct rlimit { rlim_t rlim_cur, rlim_max; };
struct rusage { struct timeval ru_utime, ru_stime; long ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt,
  ru_nswap, ru_inblock, ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw; };
struct iovec { void *iov_base; size_t iov_len; };
struct pollfd { int fd; short events, revents; };
struct flock { short l_type, l_whence; off_t l_start, l_len; pid_t l_pid; };
struct statvfs { unsigned long f_bsize, f_frsize; fsblkcnt_t f_blocks, f_bfree, f_bavail; fsfilcnt_t f_files, f_ffree, f_favail;
  unsigned long f_fsid, f_flag, f_namemax; int __f_spare[6]; };
struct termios { tcflag_t c_iflag, c_oflag, c_cflag, c_lflag; cc_t c_line, c_cc[32]; speed_t c_ispeed, c_ospeed; };
typedef struct { unsigned long __val[16]; } sigset_t;
typedef struct { long fds_bits[16]; } fd_set;
union sigval { int sival_int; void *sival_ptr; };
struct in_addr { in_addr_t s_addr; };
struct in6_addr { union { uint8_t s6_addr[16]; uint32_t __words[4]; }; };
struct sockaddr { sa_family_t sa_family; char sa_data[14]; };
struct sockaddr_in { sa_family_t sin_family; in_port_t sin_port; struct in_addr sin_addr; unsigned char sin_zero[8]; };
struct sockaddr_in6 { sa_family_t sin6_family; in_port_t sin6_port; uint32_t sin6_flowinfo; struct in6_addr sin6_addr; uint32_t sin6_scope_id; };
struct sockaddr_un { sa_family_t sun_family; char sun_path[108]; };
struct sockaddr_storage { sa_family_t ss_family; char __padding[118]; unsigned long __align; };
struct addrinfo { int ai_flags, ai_family, ai_socktype, ai_protocol; socklen_t ai_addrlen; struct sockaddr *ai_addr; char *ai_canonname; struct addrinfo *ai_next; };
struct hostent { char *h_name, **h_aliases; int h_addrtype, h_length; char **h_addr_list; };
struct servent { char *s_name, **s_aliases; int s_port; char *s_proto; };
struct protoent { char *p_name, **p_aliases; int p_proto; };
struct netent { char *n_name, **n_aliases; int n_addrtype; uint32_t n_net; };
struct msghdr { void *msg_name; socklen_t msg_namelen; struct iovec *msg_iov; size_t msg_iovlen; void *msg_control; size_t msg_controllen; int msg_flags; };
struct if_nameindex { unsigned if_index; char *if_name; };
struct sigevent;
typedef struct { size_t gl_pathc; char **gl_pathv; size_t gl_offs; int gl_flags; void *__functions[5]; } glob_t;
"""

# sys/stat.h: what differs from one processor to the next.
_STAT = {
    "x86_64": "dev_t st_dev; ino_t st_ino; unsigned long st_nlink; mode_t st_mode; uid_t st_uid; gid_t st_gid; int __pad0; dev_t st_rdev;"
    " off_t st_size; long st_blksize; blkcnt_t st_blocks; struct timespec st_atim, st_mtim, st_ctim; long __reserved[3];",
    "aarch64": "dev_t st_dev; ino_t st_ino; mode_t st_mode; unsigned int st_nlink; uid_t st_uid; gid_t st_gid; dev_t st_rdev, __pad1;"
    " off_t st_size; int st_blksize, __pad2; blkcnt_t st_blocks; struct timespec st_atim, st_mtim, st_ctim; int __reserved[2];",
}

# Functions that compute from their arguments alone: they neither wait nor call back, and keep the GIL.
_LIBC_NUMERIC = """
int abs(int j); long labs(long j); long long llabs(long long j); div_t div(int n, int d); ldiv_t ldiv(long n, long d);
lldiv_t lldiv(long long n, long long d);
intmax_t imaxabs(intmax_t j); imaxdiv_t imaxdiv(intmax_t n, intmax_t d);
int ffs(int i);
int isalnum(int c); int isalpha(int c); int isblank(int c); int iscntrl(int c); int isdigit(int c);
int isgraph(int c); int islower(int c); int isprint(int c); int ispunct(int c); int isspace(int c);
int isupper(int c); int isxdigit(int c); int tolower(int c); int toupper(int c); int isascii(int c);
int toascii(int c);
int iswalnum(wint_t c); int iswalpha(wint_t c); int iswblank(wint_t c); int iswcntrl(wint_t c);
int iswdigit(wint_t c); int iswgraph(wint_t c); int iswlower(wint_t c); int iswprint(wint_t c);
int iswpunct(wint_t c); int iswspace(wint_t c); int iswupper(wint_t c); int iswxdigit(wint_t c);
wint_t towlower(wint_t c); wint_t towupper(wint_t c);
double difftime(time_t end, time_t start);
uint32_t htonl(uint32_t host); uint16_t htons(uint16_t host); uint32_t ntohl(uint32_t net);
uint16_t ntohs(uint16_t net);
int atoi(const char *s); long atol(const char *s); long long atoll(const char *s); double atof(const char *s);
void *memchr(const void *s, int c, size_t n); int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s); size_t strnlen(const char *s, size_t max); int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n); int strcoll(const char *a, const char *b);
char *strchr(const char *s, int c); char *strrchr(const char *s, int c);
size_t strspn(const char *s, const char *accept); size_t strcspn(const char *s, const char *reject);
char *strpbrk(const char *s, const char *accept); char *strstr(const char *s, const char *part);
int strcasecmp(const char *a, const char *b); int strncasecmp(const char *a, const char *b, size_t n);
size_t wcslen(const wchar_t *s); size_t wcsnlen(const wchar_t *s, size_t max);
int wcscmp(const wchar_t *a, const wchar_t *b); int wcsncmp(const wchar_t *a, const wchar_t *b, size_t n);
wchar_t *wcschr(const wchar_t *s, wchar_t c); wchar_t *wcsrchr(const wchar_t *s, wchar_t c);
size_t wcsspn(const wchar_t *s, const wchar_t *accept); size_t wcscspn(const wchar_t *s, const wchar_t *reject);
wchar_t *wcspbrk(const wchar_t *s, const wchar_t *accept); wchar_t *wcsstr(const wchar_t *s, const wchar_t *part);
wchar_t *wmemchr(const wchar_t *s, wchar_t c, size_t n); int wmemcmp(const wchar_t *a, const wchar_t *b, size_t n);
int wcscasecmp(const wchar_t *a, const wchar_t *b); int wcsncasecmp(const wchar_t *a, const wchar_t *b, size_t n);
int wcscoll(const wchar_t *a, const wchar_t *b);
"""

_LIBC = """
void *malloc(size_t size); void *calloc(size_t n, size_t size); void *realloc(void *p, size_t size);
void free(void *p); void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **p, size_t alignment, size_t size);
void abort(void); void exit(int status); void _Exit(int status); void quick_exit(int status);
char *getenv(const char *name); int setenv(const char *name, const char *value, int overwrite);
int unsetenv(const char *name); int putenv(char *string); int system(const char *command);
double strtod(const char *s, char **end); float strtof(const char *s, char **end);
long double strtold(const char *s, char **end); long strtol(const char *s, char **end, int base);
long long strtoll(const char *s, char **end, int base); unsigned long strtoul(const char *s, char **end, int base);
unsigned long long strtoull(const char *s, char **end, int base);
intmax_t strtoimax(const char *s, char **end, int base); uintmax_t strtoumax(const char *s, char **end, int base);
int rand(void); void srand(unsigned seed); int rand_r(unsigned *seed); long random(void); void srandom(unsigned seed);
char *initstate(unsigned seed, char *state, size_t size); char *setstate(char *state); double drand48(void);
double erand48(unsigned short x[3]); long lrand48(void); long nrand48(unsigned short x[3]); long mrand48(void);
long jrand48(unsigned short x[3]); void srand48(long seed);
void *bsearch(const void *key, const void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
void qsort(void *base, size_t n, size_t size, int (*compare)(const void *, const void *));
void *lfind(const void *key, const void *base, size_t *n, size_t size, int (*compare)(const void *, const void *));
int mblen(const char *s, size_t n); int mbtowc(wchar_t *wc, const char *s, size_t n); int wctomb(char *s, wchar_t wc);
size_t mbstowcs(wchar_t *to, const char *from, size_t n); size_t wcstombs(char *to, const wchar_t *from, size_t n);
char *realpath(const char *path, char *resolved); int mkstemp(char *path); char *mkdtemp(char *path);
long a64l(const char *s); char *l64a(long value); int getsubopt(char **option, char *const *tokens, char **value);
int posix_openpt(int flags); int grantpt(int fd); int unlockpt(int fd); char *ptsname(int fd);
void *memcpy(void *to, const void *from, size_t n); void *memmove(void *to, const void *from, size_t n);
void *memset(void *s, int c, size_t n); void *memccpy(void *to, const void *from, int c, size_t n);
char *strcpy(char *to, const char *from); char *strncpy(char *to, const char *from, size_t n);
char *strcat(char *to, const char *from); char *strncat(char *to, const char *from, size_t n);
size_t strxfrm(char *to, const char *from, size_t n); char *strtok(char *s, const char *delimiters);
char *strtok_r(char *s, const char *delimiters, char **state); char *strerror(int error); char *strsignal(int sig);
char *strdup(const char *s); char *strndup(const char *s, size_t n); char *stpcpy(char *to, const char *from);
char *stpncpy(char *to, const char *from, size_t n);
FILE *fopen(const char *path, const char *mode); FILE *freopen(const char *path, const char *mode, FILE *f);
FILE *fdopen(int fd, const char *mode); FILE *fmemopen(void *buffer, size_t size, const char *mode);
FILE *open_memstream(char **buffer, size_t *size); FILE *popen(const char *command, const char *mode);
int pclose(FILE *f); FILE *tmpfile(void); int fclose(FILE *f); int fflush(FILE *f); int fileno(FILE *f);
size_t fread(void *p, size_t size, size_t n, FILE *f); size_t fwrite(const void *p, size_t size, size_t n, FILE *f);
int fgetc(FILE *f); char *fgets(char *s, int n, FILE *f); int fputc(int c, FILE *f);
int fputs(const char *s, FILE *f); int getc(FILE *f); int getchar(void); int putc(int c, FILE *f); int putchar(int c);
int puts(const char *s); int ungetc(int c, FILE *f); ssize_t getline(char **line, size_t *size, FILE *f);
ssize_t getdelim(char **line, size_t *size, int delimiter, FILE *f);
int fseek(FILE *f, long offset, int whence); long ftell(FILE *f); int fseeko(FILE *f, off_t offset, int whence);
off_t ftello(FILE *f); void rewind(FILE *f); void clearerr(FILE *f); int feof(FILE *f); int ferror(FILE *f);
void perror(const char *s); void setbuf(FILE *f, char *buffer);
int setvbuf(FILE *f, char *buffer, int mode, size_t size); void flockfile(FILE *f); int ftrylockfile(FILE *f);
void funlockfile(FILE *f);
int printf(const char *format, ...); int fprintf(FILE *f, const char *format, ...);
int sprintf(char *s, const char *format, ...); int snprintf(char *s, size_t n, const char *format, ...);
int dprintf(int fd, const char *format, ...); int remove(const char *path);
int rename(const char *from, const char *to); int renameat(int from_fd, const char *from, int to_fd, const char *to);
char *ctermid(char *s);
wint_t btowc(int c); int wctob(wint_t c); int mbsinit(const mbstate_t *state);
size_t mbrlen(const char *s, size_t n, mbstate_t *state);
size_t mbrtowc(wchar_t *wc, const char *s, size_t n, mbstate_t *state);
size_t wcrtomb(char *s, wchar_t wc, mbstate_t *state);
size_t mbsrtowcs(wchar_t *to, const char **from, size_t n, mbstate_t *state);
size_t wcsrtombs(char *to, const wchar_t **from, size_t n, mbstate_t *state);
wchar_t *wcscpy(wchar_t *to, const wchar_t *from); wchar_t *wcsncpy(wchar_t *to, const wchar_t *from, size_t n);
wchar_t *wcscat(wchar_t *to, const wchar_t *from); wchar_t *wcsncat(wchar_t *to, const wchar_t *from, size_t n);
wchar_t *wcsdup(const wchar_t *s); size_t wcsxfrm(wchar_t *to, const wchar_t *from, size_t n);
wchar_t *wcstok(wchar_t *s, const wchar_t *delimiters, wchar_t **state);
wchar_t *wmemcpy(wchar_t *to, const wchar_t *from, size_t n);
wchar_t *wmemmove(wchar_t *to, const wchar_t *from, size_t n); wchar_t *wmemset(wchar_t *s, wchar_t c, size_t n);
double wcstod(const wchar_t *s, wchar_t **end); float wcstof(const wchar_t *s, wchar_t **end);
long wcstol(const wchar_t *s, wchar_t **end, int base); long long wcstoll(const wchar_t *s, wchar_t **end, int base);
unsigned long wcstoul(const wchar_t *s, wchar_t **end, int base);
unsigned long long wcstoull(const wchar_t *s, wchar_t **end, int base); int wcwidth(wchar_t c);
int wcswidth(const wchar_t *s, size_t n); wctype_t wctype(const char *name); int iswctype(wint_t c, wctype_t type);
wctrans_t wctrans(const char *name); wint_t towctrans(wint_t c, wctrans_t to);
int swprintf(wchar_t *s, size_t n, const wchar_t *format, ...); int wprintf(const wchar_t *format, ...);
int fwprintf(FILE *f, const wchar_t *format, ...);
wint_t fgetwc(FILE *f); wchar_t *fgetws(wchar_t *s, int n, FILE *f); wint_t fputwc(wchar_t c, FILE *f);
int fputws(const wchar_t *s, FILE *f); int fwide(FILE *f, int mode); wint_t getwchar(void);
wint_t putwchar(wchar_t c); wint_t ungetwc(wint_t c, FILE *f);
size_t wcsftime(wchar_t *s, size_t n, const wchar_t *format, const struct tm *t);
size_t mbrtoc16(char16_t *c, const char *s, size_t n, mbstate_t *state);
size_t c16rtomb(char *s, char16_t c, mbstate_t *state);
size_t mbrtoc32(char32_t *c, const char *s, size_t n, mbstate_t *state);
size_t c32rtomb(char *s, char32_t c, mbstate_t *state);
time_t time(time_t *t); clock_t clock(void); time_t mktime(struct tm *t); char *asctime(const struct tm *t);
char *asctime_r(const struct tm *t, char *s); char *ctime(const time_t *t); char *ctime_r(const time_t *t, char *s);
struct tm *gmtime(const time_t *t); struct tm *gmtime_r(const time_t *t, struct tm *out);
struct tm *localtime(const time_t *t); struct tm *localtime_r(const time_t *t, struct tm *out);
size_t strftime(char *s, size_t n, const char *format, const struct tm *t);
char *strptime(const char *s, const char *format, struct tm *t); int timespec_get(struct timespec *t, int base);
void tzset(void);
int clock_getres(clockid_t id, struct timespec *t); int clock_gettime(clockid_t id, struct timespec *t);
int clock_settime(clockid_t id, const struct timespec *t);
int clock_nanosleep(clockid_t id, int flags, const struct timespec *t, struct timespec *left);
int clock_getcpuclockid(pid_t pid, clockid_t *id); int nanosleep(const struct timespec *t, struct timespec *left);
int timer_create(clockid_t id, struct sigevent *event, timer_t *timer); int timer_delete(timer_t timer);
int timer_settime(timer_t timer, int flags, const struct itimerspec *value, struct itimerspec *old);
int timer_gettime(timer_t timer, struct itimerspec *value); int timer_getoverrun(timer_t timer);
int gettimeofday(struct timeval *t, void *zone); int getitimer(int which, struct itimerval *value);
int setitimer(int which, const struct itimerval *value, struct itimerval *old);
int utimes(const char *path, const struct timeval times[2]); clock_t times(struct tms *t);
int utime(const char *path, const struct utimbuf *t);
char *setlocale(int category, const char *locale); struct lconv *localeconv(void);
locale_t newlocale(int mask, const char *locale, locale_t base); locale_t uselocale(locale_t locale);
locale_t duplocale(locale_t locale); void freelocale(locale_t locale); char *nl_langinfo(nl_item item);
nl_catd catopen(const char *name, int flag); char *catgets(nl_catd catalog, int set, int number, const char *s);
int catclose(nl_catd catalog); iconv_t iconv_open(const char *to, const char *from);
size_t iconv(iconv_t cd, char **in, size_t *in_left, char **out, size_t *out_left); int iconv_close(iconv_t cd);
int raise(int sig); void (*signal(int sig, void (*handler)(int)))(int); int kill(pid_t pid, int sig);
int killpg(pid_t group, int sig); int sigemptyset(sigset_t *set); int sigfillset(sigset_t *set);
int sigaddset(sigset_t *set, int sig); int sigdelset(sigset_t *set, int sig);
int sigismember(const sigset_t *set, int sig); int sigprocmask(int how, const sigset_t *set, sigset_t *old);
int sigpending(sigset_t *set); int sigsuspend(const sigset_t *set); int sigwait(const sigset_t *set, int *sig);
int sigqueue(pid_t pid, int sig, union sigval value);
int access(const char *path, int mode); int faccessat(int fd, const char *path, int mode, int flags);
unsigned alarm(unsigned seconds); int chdir(const char *path); int fchdir(int fd);
int chown(const char *path, uid_t uid, gid_t gid); int fchown(int fd, uid_t uid, gid_t gid);
int lchown(const char *path, uid_t uid, gid_t gid);
int fchownat(int fd, const char *path, uid_t uid, gid_t gid, int flags); int close(int fd);
size_t confstr(int name, char *s, size_t n); int dup(int fd); int dup2(int from, int to); void _exit(int status);
int execv(const char *path, char *const *argv); int execve(const char *path, char *const *argv, char *const *env);
int execvp(const char *file, char *const *argv); int fexecve(int fd, char *const *argv, char *const *env);
pid_t fork(void); long fpathconf(int fd, int name); long pathconf(const char *path, int name); long sysconf(int name);
int fsync(int fd); int fdatasync(int fd); void sync(void); int ftruncate(int fd, off_t length);
int truncate(const char *path, off_t length);
char *getcwd(char *buffer, size_t size); uid_t getuid(void); uid_t geteuid(void); gid_t getgid(void);
gid_t getegid(void); int getgroups(int n, gid_t *list); int gethostname(char *name, size_t n); char *getlogin(void);
int getlogin_r(char *name, size_t n); pid_t getpid(void); pid_t getppid(void); pid_t getpgrp(void);
pid_t getpgid(pid_t pid); pid_t getsid(pid_t pid); int setuid(uid_t uid); int seteuid(uid_t uid);
int setgid(gid_t gid); int setegid(gid_t gid); int setreuid(uid_t real, uid_t effective);
int setregid(gid_t real, gid_t effective); int setpgid(pid_t pid, pid_t group); pid_t setsid(void);
int isatty(int fd); int link(const char *from, const char *to);
int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);
off_t lseek(int fd, off_t offset, int whence); int lockf(int fd, int command, off_t length); int nice(int increment);
int pause(void); int pipe(int fds[2]); ssize_t read(int fd, void *buffer, size_t n);
ssize_t write(int fd, const void *buffer, size_t n); ssize_t pread(int fd, void *buffer, size_t n, off_t offset);
ssize_t pwrite(int fd, const void *buffer, size_t n, off_t offset);
ssize_t readlink(const char *path, char *buffer, size_t n);
ssize_t readlinkat(int fd, const char *path, char *buffer, size_t n); int rmdir(const char *path);
unsigned sleep(unsigned seconds); int usleep(useconds_t microseconds);
int symlink(const char *target, const char *path); int symlinkat(const char *target, int fd, const char *path);
pid_t tcgetpgrp(int fd); int tcsetpgrp(int fd, pid_t group); char *ttyname(int fd);
int ttyname_r(int fd, char *name, size_t n); int unlink(const char *path);
int unlinkat(int fd, const char *path, int flags); void swab(const void *from, void *to, ssize_t n);
int getopt(int argc, char *const *argv, const char *options);
int open(const char *path, int flags, ...); int openat(int fd, const char *path, int flags, ...);
int creat(const char *path, mode_t mode); int fcntl(int fd, int command, ...);
int posix_fadvise(int fd, off_t offset, off_t length, int advice);
int posix_fallocate(int fd, off_t offset, off_t length); int ioctl(int fd, unsigned long request, ...);
int stat(const char *path, struct stat *st); int fstat(int fd, struct stat *st);
int lstat(const char *path, struct stat *st); int fstatat(int fd, const char *path, struct stat *st, int flags);
int chmod(const char *path, mode_t mode); int fchmod(int fd, mode_t mode);
int fchmodat(int fd, const char *path, mode_t mode, int flags); int mkdir(const char *path, mode_t mode);
int mkdirat(int fd, const char *path, mode_t mode); int mkfifo(const char *path, mode_t mode);
int mkfifoat(int fd, const char *path, mode_t mode); int mknod(const char *path, mode_t mode, dev_t dev);
mode_t umask(mode_t mask); int futimens(int fd, const struct timespec times[2]);
int utimensat(int fd, const char *path, const struct timespec times[2], int flags);
int statvfs(const char *path, struct statvfs *st); int fstatvfs(int fd, struct statvfs *st);
DIR *opendir(const char *path); DIR *fdopendir(int fd); int closedir(DIR *dir); struct dirent *readdir(DIR *dir);
void rewinddir(DIR *dir); void seekdir(DIR *dir, long where); long telldir(DIR *dir); int dirfd(DIR *dir);
int alphasort(const struct dirent **a, const struct dirent **b);
int scandir(const char *path, struct dirent ***list, int (*choose)(const struct dirent *), int (*compare)(const struct dirent **, const struct dirent **));
void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int munmap(void *address, size_t length); int mprotect(void *address, size_t length, int protection);
int msync(void *address, size_t length, int flags); int mlock(const void *address, size_t length);
int munlock(const void *address, size_t length); int mlockall(int flags); int munlockall(void);
int posix_madvise(void *address, size_t length, int advice); int shm_open(const char *name, int flags, mode_t mode);
int shm_unlink(const char *name);
pid_t wait(int *status); pid_t waitpid(pid_t pid, int *status, int options); int uname(struct utsname *name);
ssize_t readv(int fd, const struct iovec *parts, int n); ssize_t writev(int fd, const struct iovec *parts, int n);
int select(int n, fd_set *read, fd_set *write, fd_set *except, struct timeval *timeout);
int pselect(int n, fd_set *read, fd_set *write, fd_set *except, const struct timespec *timeout, const sigset_t *mask);
int poll(struct pollfd *fds, nfds_t n, int timeout); int sched_yield(void); int sched_get_priority_max(int policy);
int sched_get_priority_min(int policy);
struct passwd *getpwnam(const char *name); struct passwd *getpwuid(uid_t uid);
int getpwnam_r(const char *name, struct passwd *out, char *buffer, size_t n, struct passwd **result);
int getpwuid_r(uid_t uid, struct passwd *out, char *buffer, size_t n, struct passwd **result);
struct passwd *getpwent(void); void setpwent(void); void endpwent(void); struct group *getgrnam(const char *name);
struct group *getgrgid(gid_t gid);
int getgrnam_r(const char *name, struct group *out, char *buffer, size_t n, struct group **result);
int getgrgid_r(gid_t gid, struct group *out, char *buffer, size_t n, struct group **result);
struct group *getgrent(void); void setgrent(void); void endgrent(void);
int socket(int domain, int type, int protocol); int socketpair(int domain, int type, int protocol, int fds[2]);
int bind(int fd, const struct sockaddr *address, socklen_t length);
int connect(int fd, const struct sockaddr *address, socklen_t length); int listen(int fd, int backlog);
int accept(int fd, struct sockaddr *address, socklen_t *length);
int getsockname(int fd, struct sockaddr *address, socklen_t *length);
int getpeername(int fd, struct sockaddr *address, socklen_t *length);
int getsockopt(int fd, int level, int name, void *value, socklen_t *length);
int setsockopt(int fd, int level, int name, const void *value, socklen_t length);
ssize_t recv(int fd, void *buffer, size_t n, int flags);
ssize_t recvfrom(int fd, void *buffer, size_t n, int flags, struct sockaddr *address, socklen_t *length);
ssize_t recvmsg(int fd, struct msghdr *message, int flags);
ssize_t send(int fd, const void *buffer, size_t n, int flags);
ssize_t sendto(int fd, const void *buffer, size_t n, int flags, const struct sockaddr *address, socklen_t length);
ssize_t sendmsg(int fd, const struct msghdr *message, int flags); int shutdown(int fd, int how);
int sockatmark(int fd);
in_addr_t inet_addr(const char *s); char *inet_ntoa(struct in_addr address);
const char *inet_ntop(int family, const void *address, char *s, socklen_t n);
int inet_pton(int family, const char *s, void *address);
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result);
void freeaddrinfo(struct addrinfo *list);
int getnameinfo(const struct sockaddr *address, socklen_t length, char *host, socklen_t host_n, char *service, socklen_t service_n, int flags);
const char *gai_strerror(int error); struct servent *getservbyname(const char *name, const char *protocol);
struct servent *getservbyport(int port, const char *protocol); struct protoent *getprotobyname(const char *name);
struct protoent *getprotobynumber(int protocol); struct netent *getnetbyname(const char *name);
unsigned if_nametoindex(const char *name); char *if_indextoname(unsigned index, char *name);
struct if_nameindex *if_nameindex(void); void if_freenameindex(struct if_nameindex *list);
int tcgetattr(int fd, struct termios *t); int tcsetattr(int fd, int when, const struct termios *t);
int tcdrain(int fd); int tcflow(int fd, int action); int tcflush(int fd, int queue);
int tcsendbreak(int fd, int duration); pid_t tcgetsid(int fd); speed_t cfgetispeed(const struct termios *t);
speed_t cfgetospeed(const struct termios *t); int cfsetispeed(struct termios *t, speed_t speed);
int cfsetospeed(struct termios *t, speed_t speed);
int getrlimit(int resource, struct rlimit *limit); int setrlimit(int resource, const struct rlimit *limit);
int getrusage(int who, struct rusage *usage); int getpriority(int which, id_t who);
int setpriority(int which, id_t who, int priority); void openlog(const char *name, int options, int facility);
void syslog(int priority, const char *format, ...); void closelog(void); int setlogmask(int mask);
key_t ftok(const char *path, int id);
int fnmatch(const char *pattern, const char *s, int flags);
int glob(const char *pattern, int flags, int (*error)(const char *, int), glob_t *out); void globfree(glob_t *out);
char *dirname(char *path); void *dlopen(const char *path, int flags); void *dlsym(void *handle, const char *name);
char *dlerror(void); int dlclose(void *handle);
extern FILE *stdin, *stdout, *stderr; extern char **environ, *tzname[2]; extern long timezone;
extern int daylight, optind, opterr, optopt; extern char *optarg;
"""

# Those whose name in glibc is another's behaviour: the standard's version has a name of its own (glibc and musl).
_RENAMED = """
int strerror_r(int error, char *buffer, size_t n) __asm__("__xpg_strerror_r");
char *basename(char *path) __asm__("__xpg_basename");
int sscanf(const char *s, const char *format, ...) __asm__("__isoc99_sscanf");
int fscanf(FILE *f, const char *format, ...) __asm__("__isoc99_fscanf");
int scanf(const char *format, ...) __asm__("__isoc99_scanf");
"""

# For double, float and long double: {T} with suffix {f}.
_LIBM_NUMERIC = """
{T} acos{f}({T} x); {T} asin{f}({T} x); {T} atan{f}({T} x); {T} atan2{f}({T} y, {T} x); {T} cos{f}({T} x);
{T} sin{f}({T} x); {T} tan{f}({T} x);
{T} acosh{f}({T} x); {T} asinh{f}({T} x); {T} atanh{f}({T} x); {T} cosh{f}({T} x); {T} sinh{f}({T} x);
{T} tanh{f}({T} x);
{T} exp{f}({T} x); {T} exp2{f}({T} x); {T} expm1{f}({T} x); {T} log{f}({T} x); {T} log10{f}({T} x);
{T} log1p{f}({T} x); {T} log2{f}({T} x); {T} logb{f}({T} x);
{T} cbrt{f}({T} x); {T} fabs{f}({T} x); {T} hypot{f}({T} x, {T} y); {T} pow{f}({T} x, {T} y); {T} sqrt{f}({T} x);
{T} erf{f}({T} x); {T} erfc{f}({T} x); {T} tgamma{f}({T} x);
{T} ceil{f}({T} x); {T} floor{f}({T} x); {T} nearbyint{f}({T} x); {T} rint{f}({T} x); {T} round{f}({T} x);
{T} trunc{f}({T} x); long lrint{f}({T} x); long lround{f}({T} x); long long llrint{f}({T} x);
long long llround{f}({T} x);
{T} fmod{f}({T} x, {T} y); {T} remainder{f}({T} x, {T} y); {T} copysign{f}({T} x, {T} y);
{T} nextafter{f}({T} x, {T} y); {T} nexttoward{f}({T} x, long double y); {T} fdim{f}({T} x, {T} y);
{T} fmax{f}({T} x, {T} y); {T} fmin{f}({T} x, {T} y); {T} fma{f}({T} x, {T} y, {T} z);
int ilogb{f}({T} x); {T} ldexp{f}({T} x, int exponent); {T} scalbn{f}({T} x, int n); {T} scalbln{f}({T} x, long n);
{T} _Complex cacos{f}({T} _Complex z); {T} _Complex casin{f}({T} _Complex z); {T} _Complex catan{f}({T} _Complex z);
{T} _Complex ccos{f}({T} _Complex z); {T} _Complex csin{f}({T} _Complex z); {T} _Complex ctan{f}({T} _Complex z);
{T} _Complex cacosh{f}({T} _Complex z); {T} _Complex casinh{f}({T} _Complex z);
{T} _Complex catanh{f}({T} _Complex z); {T} _Complex ccosh{f}({T} _Complex z); {T} _Complex csinh{f}({T} _Complex z);
{T} _Complex ctanh{f}({T} _Complex z);
{T} _Complex cexp{f}({T} _Complex z); {T} _Complex clog{f}({T} _Complex z);
{T} _Complex cpow{f}({T} _Complex x, {T} _Complex y); {T} _Complex csqrt{f}({T} _Complex z);
{T} cabs{f}({T} _Complex z); {T} carg{f}({T} _Complex z); {T} cimag{f}({T} _Complex z); {T} creal{f}({T} _Complex z);
{T} _Complex conj{f}({T} _Complex z); {T} _Complex cproj{f}({T} _Complex z);
"""
# They write through a pointer, or to signgam.
_LIBM = """
{T} frexp{f}({T} x, int *exponent); {T} modf{f}({T} x, {T} *whole); {T} remquo{f}({T} x, {T} y, int *quotient);
{T} nan{f}(const char *tag); {T} lgamma{f}({T} x);
"""
_LIBM_ONCE = """
double j0(double x); double j1(double x); double jn(int n, double x); double y0(double x); double y1(double x); double yn(int n, double x);
int feclearexcept(int exceptions); int feraiseexcept(int exceptions); int fetestexcept(int exceptions); int fegetround(void); int fesetround(int mode);
extern int signgam;
#define M_E 2.7182818284590452354
#define M_LOG2E 1.4426950408889634074
#define M_LOG10E 0.43429448190325182765
#define M_LN2 0.69314718055994530942
#define M_LN10 2.30258509299404568402
#define M_PI 3.14159265358979323846
#define M_PI_2 1.57079632679489661923
#define M_PI_4 0.78539816339744830962
#define M_1_PI 0.31830988618379067154
#define M_2_PI 0.63661977236758134308
#define M_2_SQRTPI 1.12837916709551257390
#define M_SQRT2 1.41421356237309504880
#define M_SQRT1_2 0.70710678118654752440
"""


def _stat():
    """struct stat, complete where its layout is known here."""
    members = _STAT.get(os.uname().machine) if FFI().sizeof("long") == 8 else None
    return "struct stat { %s };" % members if members else "struct stat;"


def _open(ffi, name):
    try:
        return ffi.dlopen(name)
    except OSError:
        return ffi.dlopen(None)  # one library for all, as musl's


def libc():
    """See cdeffi.libc."""
    ffi = FFI()
    ffi.cdef(_TYPES + _stat())
    ffi.cdef(_LIBC_NUMERIC, release_gil=False)
    ffi.cdef(_LIBC + _RENAMED)
    return _open(ffi, "c")


def _each_type(text):
    return "".join(text.replace("{T}", t).replace("{f}", f) for t, f in (("double", ""), ("float", "f"), ("long double", "l")))


def libm():
    """See cdeffi.libm."""
    ffi = FFI()
    ffi.cdef(_each_type(_LIBM_NUMERIC), release_gil=False)
    ffi.cdef(_each_type(_LIBM) + _LIBM_ONCE)
    return _open(ffi, "m")
