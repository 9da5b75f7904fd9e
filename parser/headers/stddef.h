/* Common definitions (C11 7.19). A libc that needs only some of them says so with __need_NAME. */
#if !defined __need_size_t && !defined __need_ptrdiff_t && !defined __need_wchar_t && !defined __need_wint_t \
    && !defined __need_NULL
#ifndef _STDDEF_H
#define _STDDEF_H
#define _STDDEF_H_
#define __need_size_t
#define __need_ptrdiff_t
#define __need_wchar_t
#define __need_NULL
#define offsetof(type, member) __builtin_offsetof(type, member)
typedef struct {
  long long __max_align_ll __attribute__((__aligned__(__alignof__(long long))));
  long double __max_align_ld __attribute__((__aligned__(__alignof__(long double))));
#ifdef __i386__
  __float128 __max_align_f128 __attribute__((__aligned__(__alignof(__float128))));
#endif
} max_align_t;
#define _GCC_MAX_ALIGN_T
#if defined __STDC_VERSION__ && __STDC_VERSION__ > 201710L
typedef __typeof__(nullptr) nullptr_t;
#define unreachable() (__builtin_unreachable())
#define __STDC_VERSION_STDDEF_H__ 202311L
#endif
#endif
#endif

#ifdef __need_size_t
#ifndef _SIZE_T
#define _SIZE_T
#define __SIZE_T
#define __size_t
#define _SIZE_T_
#define _SIZE_T_DEFINED
#define _SIZE_T_DECLARED
typedef __SIZE_TYPE__ size_t;
#endif
#undef __need_size_t
#endif

#ifdef __need_ptrdiff_t
#ifndef _PTRDIFF_T
#define _PTRDIFF_T
#define _PTRDIFF_T_
#define __PTRDIFF_T
#define _PTRDIFF_T_DECLARED
typedef __PTRDIFF_TYPE__ ptrdiff_t;
#endif
#undef __need_ptrdiff_t
#endif

#ifdef __need_wchar_t
#ifndef _WCHAR_T
#define _WCHAR_T
#define __wchar_t__
#define __WCHAR_T
#define _WCHAR_T_
#define _WCHAR_T_DEFINED
#define _WCHAR_T_DECLARED
typedef __WCHAR_TYPE__ wchar_t;
#endif
#undef __need_wchar_t
#endif

#ifdef __need_wint_t
#ifndef _WINT_T
#define _WINT_T
typedef __WINT_TYPE__ wint_t;
#endif
#undef __need_wint_t
#endif

#ifdef __need_NULL
#undef NULL
#define NULL ((void *)0)
#undef __need_NULL
#endif
