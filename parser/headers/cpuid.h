/* The cpuid instruction: macros of machine code, which cannot be called from here. */
#ifndef _CPUID_H_INCLUDED
#define _CPUID_H_INCLUDED
static __inline unsigned int __get_cpuid_max(unsigned int __ext, unsigned int *__sig) { }
static __inline int __get_cpuid(unsigned int __leaf, unsigned int *__eax, unsigned int *__ebx, unsigned int *__ecx,
                                unsigned int *__edx) { }
static __inline int __get_cpuid_count(unsigned int __leaf, unsigned int __subleaf, unsigned int *__eax,
                                      unsigned int *__ebx, unsigned int *__ecx, unsigned int *__edx) { }
#endif
