/* What __has_attribute and its relatives answer: what GCC 12 does, which the predefined macros claim to
 * be. The answer says how a header would be compiled here; attributes and built-in functions are
 * parsed, and passed over, whether or not they are listed. */
#include "parser/pp.h"

#include "gen/cdecl.h"

#include <stdio.h>

/* Words between blanks, one before the first and one behind the last. */
static const char attributes[] =
    " access alias aligned alloc_align alloc_size always_inline artificial assume_aligned"
    " callee_pop_aggregate_return cdecl cf_check cleanup cold common const constructor copy deprecated"
    " designated_init destructor error externally_visible fallthrough fastcall fentry_name fentry_section"
    " flatten force_align_arg_pointer format format_arg function_return gcc_struct gnu_inline hot ifunc"
    " indirect_branch indirect_return interrupt leaf malloc may_alias maybe_unused mode ms_abi"
    " ms_hook_prologue ms_struct naked no_address_safety_analysis no_caller_saved_registers no_icf"
    " no_instrument_function no_profile_instrument_function no_reorder no_sanitize no_sanitize_address"
    " no_sanitize_coverage no_sanitize_thread no_sanitize_undefined no_split_stack no_stack_limit"
    " no_stack_protector nocf_check noclone nocommon nodirect_extern_access nodiscard noinit noinline"
    " noipa nonnull nonstring noplt noreturn nothrow objc_nullability objc_root_class optimize packed"
    " patchable_function_entry persistent pure regparm retain returns_nonnull returns_twice"
    " scalar_storage_order section sentinel signed_bool_precision simd sseregparm stack_protect stdcall"
    " symver sysv_abi tainted_args target target_clones thiscall tls_model transaction_callable"
    " transaction_may_cancel_outer transaction_pure transaction_safe transaction_safe_dynamic"
    " transaction_unsafe transaction_wrap transparent_union unavailable uninitialized unused used"
    " vector_mask vector_size visibility warn_if_not_aligned warn_unused warn_unused_result warning weak"
    " weakref zero_call_used_regs" " ";

/* C23's attributes; other than GNU's they have a version. */
static const struct { const char *name, *version; } standard[] = {
    {"deprecated", "201904L"}, {"fallthrough", "201904L"}, {"maybe_unused", "201904L"}, {"nodiscard", "202003L"},
};

/* __builtin_NAME only */
static const char builtins[] =
    " FILE FUNCTION LINE acc_on_device add_overflow add_overflow_p adjust_descriptor adjust_trampoline"
    " aggregate_incoming_address alloca_with_align alloca_with_align_and_max apply apply_args"
    " assoc_barrier assume_aligned bswap128 bswap16 bswap32 bswap64 cexpi cexpif cexpil choose_expr"
    " classify_type clear_padding clrsb clrsbimax clrsbl clrsbll clz clzimax clzl clzll constant_p"
    " convertvector copysignq cpu_init cpu_is cpu_supports ctz ctzimax ctzl ctzll dwarf_cfa"
    " dwarf_sp_column dynamic_object_size eh_copy_values eh_filter eh_pointer eh_return"
    " eh_return_data_regno expect expect_with_probability extend_pointer extract_return_addr fabsq"
    " fpclassify frame_address frob_return_addr has_attribute huge_val huge_valf huge_valf128 huge_valf16"
    " huge_valf32 huge_valf32x huge_valf64 huge_valf64x huge_vall huge_valq iceil iceilf iceill ifloor"
    " ifloorf ifloorl inf infd128 infd32 infd64 inff inff128 inff16 inff32 inff32x inff64 inff64x infl"
    " infq init_descriptor init_dwarf_reg_size_table init_heap_trampoline init_trampoline irint irintf"
    " irintl iround iroundf iroundl isfinite isinf_sign isnormal lceil lceilf lceill lfloor lfloorf"
    " lfloorl llceil llceilf llceill llfloor llfloorf llfloorl longjmp memcmp_eq ms_va_copy ms_va_end"
    " ms_va_start mul_overflow mul_overflow_p nanq nans nansd128 nansd32 nansd64 nansf nansf128 nansf16"
    " nansf32 nansf32x nansf64 nansf64x nansl nansq next_arg nonlocal_goto object_size offsetof parity"
    " parityimax parityl parityll popcount popcountimax popcountl popcountll powi powif powil prefetch"
    " return return_address sadd_overflow saddl_overflow saddll_overflow saveregs set_thread_pointer"
    " setjmp setjmp_receiver setjmp_setup shuffle shufflevector smul_overflow smull_overflow"
    " smulll_overflow speculation_safe_value speculation_safe_value_1 speculation_safe_value_16"
    " speculation_safe_value_2 speculation_safe_value_4 speculation_safe_value_8"
    " speculation_safe_value_ptr ssub_overflow ssubl_overflow ssubll_overflow stack_restore stack_save"
    " strcmp_eq strncmp_eq sub_overflow sub_overflow_p sysv_va_copy sysv_va_end sysv_va_start"
    " thread_pointer trap types_compatible_p uadd_overflow uaddl_overflow uaddll_overflow umul_overflow"
    " umull_overflow umulll_overflow unreachable unwind_init unwind_resume update_setjmp_buf usub_overflow"
    " usubl_overflow usubll_overflow va_arg_pack va_arg_pack_len va_copy va_end va_start" " ";

/* NAME and __builtin_NAME: functions of the library */
static const char functions[] =
    " _Exit __clear_cache __fprintf_chk __memcpy_chk __memmove_chk __mempcpy_chk __memset_chk __printf_chk"
    " __snprintf_chk __sprintf_chk __stpcpy_chk __stpncpy_chk __strcat_chk __strcpy_chk __strncat_chk"
    " __strncpy_chk __vfprintf_chk __vprintf_chk __vsnprintf_chk __vsprintf_chk _exit abort abs acos acosf"
    " acosh acoshf acoshl acosl aligned_alloc alloca asin asinf asinh asinhf asinhl asinl atan atan2"
    " atan2f atan2l atanf atanh atanhf atanhl atanl bcmp bcopy bzero cabs cabsf cabsl cacos cacosf cacosh"
    " cacoshf cacoshl cacosl calloc carg cargf cargl casin casinf casinh casinhf casinhl casinl catan"
    " catanf catanh catanhf catanhl catanl cbrt cbrtf cbrtl ccos ccosf ccosh ccoshf ccoshl ccosl ceil"
    " ceilf ceilf128 ceilf16 ceilf32 ceilf32x ceilf64 ceilf64x ceill cexp cexpf cexpl cimag cimagf cimagl"
    " clog clog10 clog10f clog10l clogf clogl conj conjf conjl copysign copysignf copysignf128 copysignf16"
    " copysignf32 copysignf32x copysignf64 copysignf64x copysignl cos cosf cosh coshf coshl cosl cpow"
    " cpowf cpowl cproj cprojf cprojl creal crealf creall csin csinf csinh csinhf csinhl csinl csqrt"
    " csqrtf csqrtl ctan ctanf ctanh ctanhf ctanhl ctanl dcgettext dgettext drem dremf dreml erf erfc"
    " erfcf erfcl erff erfl execl execle execlp execv execve execvp exit exp exp10 exp10f exp10l exp2"
    " exp2f exp2l expf expl expm1 expm1f expm1l fabs fabsd128 fabsd32 fabsd64 fabsf fabsf128 fabsf16"
    " fabsf32 fabsf32x fabsf64 fabsf64x fabsl fdim fdimf fdiml feclearexcept fegetenv fegetexceptflag"
    " fegetround feholdexcept feraiseexcept fesetenv fesetexceptflag fesetround fetestexcept feupdateenv"
    " ffs ffsimax ffsl ffsll finite finited128 finited32 finited64 finitef finitel floor floorf floorf128"
    " floorf16 floorf32 floorf32x floorf64 floorf64x floorl fma fmaf fmaf128 fmaf16 fmaf32 fmaf32x fmaf64"
    " fmaf64x fmal fmax fmaxf fmaxf128 fmaxf16 fmaxf32 fmaxf32x fmaxf64 fmaxf64x fmaxl fmin fminf fminf128"
    " fminf16 fminf32 fminf32x fminf64 fminf64x fminl fmod fmodf fmodl fork fprintf fprintf_unlocked fputc"
    " fputc_unlocked fputs fputs_unlocked free frexp frexpf frexpl fscanf fwrite fwrite_unlocked gamma"
    " gamma_r gammaf gammaf_r gammal gammal_r gettext hypot hypotf hypotl ilogb ilogbf ilogbl imaxabs"
    " index isalnum isalpha isascii isblank iscntrl isdigit isgraph isinf isinfd128 isinfd32 isinfd64"
    " isinff isinfl islower isnan isnand128 isnand32 isnand64 isnanf isnanl isprint ispunct isspace"
    " isupper iswalnum iswalpha iswblank iswcntrl iswdigit iswgraph iswlower iswprint iswpunct iswspace"
    " iswupper iswxdigit isxdigit j0 j0f j0l j1 j1f j1l jn jnf jnl labs ldexp ldexpf ldexpl lgamma"
    " lgamma_r lgammaf lgammaf_r lgammal lgammal_r llabs llrint llrintf llrintl llround llroundf llroundl"
    " log log10 log10f log10l log1p log1pf log1pl log2 log2f log2l logb logbf logbl logf logl lrint lrintf"
    " lrintl lround lroundf lroundl malloc memchr memcmp memcpy memmove mempcpy memset modf modff modfl"
    " nan nand128 nand32 nand64 nanf nanf128 nanf16 nanf32 nanf32x nanf64 nanf64x nanl nearbyint"
    " nearbyintf nearbyintf128 nearbyintf16 nearbyintf32 nearbyintf32x nearbyintf64 nearbyintf64x"
    " nearbyintl nextafter nextafterf nextafterl nexttoward nexttowardf nexttowardl posix_memalign pow"
    " pow10 pow10f pow10l powf powl printf printf_unlocked putc putc_unlocked putchar putchar_unlocked"
    " puts puts_unlocked realloc remainder remainderf remainderl remquo remquof remquol rindex rint rintf"
    " rintf128 rintf16 rintf32 rintf32x rintf64 rintf64x rintl round roundeven roundevenf roundevenf128"
    " roundevenf16 roundevenf32 roundevenf32x roundevenf64 roundevenf64x roundevenl roundf roundf128"
    " roundf16 roundf32 roundf32x roundf64 roundf64x roundl scalb scalbf scalbl scalbln scalblnf scalblnl"
    " scalbn scalbnf scalbnl scanf signbit signbitd128 signbitd32 signbitd64 signbitf signbitl significand"
    " significandf significandl sin sincos sincosf sincosl sinf sinh sinhf sinhl sinl snprintf sprintf"
    " sqrt sqrtf sqrtf128 sqrtf16 sqrtf32 sqrtf32x sqrtf64 sqrtf64x sqrtl sscanf stpcpy stpncpy strcasecmp"
    " strcat strchr strcmp strcpy strcspn strdup strfmon strftime strlen strncasecmp strncat strncmp"
    " strncpy strndup strnlen strpbrk strrchr strspn strstr tan tanf tanh tanhf tanhl tanl tgamma tgammaf"
    " tgammal toascii tolower toupper towlower towupper trunc truncf truncf128 truncf16 truncf32 truncf32x"
    " truncf64 truncf64x truncl vfprintf vfscanf vprintf vscanf vsnprintf vsprintf vsscanf y0 y0f y0l y1"
    " y1f y1l yn ynf ynl" " ";

/* Each also with the size of its operand, __atomic_load_8 */
static const char atomics[] =
    " add_fetch always_lock_free and_fetch clear compare_exchange compare_exchange_n exchange exchange_n"
    " feraiseexcept fetch_add fetch_and fetch_nand fetch_or fetch_sub fetch_xor is_lock_free load load_n"
    " nand_fetch or_fetch signal_fence store store_n sub_fetch test_and_set thread_fence xor_fetch" " ";
static const char syncs[] =
    " add_and_fetch and_and_fetch bool_compare_and_swap fetch_and_add fetch_and_and fetch_and_nand"
    " fetch_and_or fetch_and_sub fetch_and_xor lock_release lock_test_and_set nand_and_fetch or_and_fetch"
    " sub_and_fetch synchronize val_compare_and_swap xor_and_fetch" " ";

static bool contains(const char *words, const char *name, size_t n) {
    size_t total = strlen(words);
    const char *end = words + total;
    for (const char *p = words + 1; n && p < end; p = (const char *)memchr(p, ' ', (size_t)(end - p)) + 1)
        if ((size_t)(end - p) > n && p[n] == ' ' && memcmp(p, name, n) == 0)
            return true;
    return false;
}

static bool take_prefix(const char **name, size_t *n, const char *prefix) {
    size_t len = strlen(prefix);
    if (*n < len || memcmp(*name, prefix, len) != 0)
        return false;
    *name += len;
    *n -= len;
    return true;
}

/* Without the size at its end, "_8". */
static size_t without_size(const char *name, size_t n) {
    if (n > 3 && memcmp(name + n - 3, "_16", 3) == 0)
        return n - 3;
    if (n > 2 && name[n - 2] == '_' && strchr("1248", name[n - 1]))
        return n - 2;
    return n;
}

static bool has_builtin(const char *name, size_t n) {
    if (take_prefix(&name, &n, "__atomic_"))
        return contains(atomics, name, without_size(name, n));
    if (take_prefix(&name, &n, "__sync_"))
        return contains(syncs, name, without_size(name, n));
    if (!take_prefix(&name, &n, "__builtin_"))
        return contains(functions, name, n);
#if defined __x86_64__ || defined __i386__
    if (take_prefix(&name, &n, "ia32_"))
        return n > 0;
#endif
    return contains(builtins, name, n) || contains(functions, name, n);
}

/* Without the underscores of __name__. */
void pp_strip_underscores(const char **name, size_t *n) {
    if (*n > 4 && memcmp(*name, "__", 2) == 0 && memcmp(*name + *n - 2, "__", 2) == 0) {
        *name += 2;
        *n -= 4;
    }
}

/* The value of __has_attribute (C23: __has_c_attribute) for NAME; GNU: after "gnu::". */
static const char *attribute_version(const char *name, size_t n, bool gnu, bool c23) {
    pp_strip_underscores(&name, &n);
    for (size_t i = 0; !gnu && i < sizeof standard / sizeof *standard; i++)
        if (strlen(standard[i].name) == n && memcmp(standard[i].name, name, n) == 0)
            return standard[i].version;
    return (gnu || !c23) && contains(attributes, name, n) ? "1" : "0";
}

/* The operand of __has_attribute: NAME, or SCOPE :: NAME; T is behind it. */
static int read_attribute(CdeclPp *pp, CdeclToken *t, bool c23, const char **answer) {
    CdeclToken name = *t;
    const char *scope = t->text;
    size_t scope_len = cdecl_token_len(*t);
    if (pp_expanded(pp, t) < 0)
        return -1;
    bool scoped = t->kind == TK_COLONCOLON;
    if (scoped && (pp_expanded(pp, &name) < 0 || pp_expanded(pp, t) < 0))
        return -1;
    pp_strip_underscores(&scope, &scope_len);
    bool gnu = scoped && scope_len == 3 && memcmp(scope, "gnu", 3) == 0;
    *answer = scoped && !gnu ? "0" : attribute_version(name.text, cdecl_token_len(name), gnu, c23);
    return 0;
}

static int ask_embed(CdeclPp *pp, CdeclSpan at, const char **answer) {
    static const char *const answers[] = {"0", "1", "2"};
    int found;
    if (pp_has_embed(pp, at, &found) < 0)
        return -1;
    *answer = answers[found];
    return 0;
}

static int ask(CdeclPp *pp, const PpMacro *m, CdeclSpan at, const char **answer) {
    CdeclToken t;
    bool value;
    if (m->builtin == PP_HAS_INCLUDE || m->builtin == PP_HAS_INCLUDE_NEXT) {
        if (pp_has_include(pp, at, m->builtin == PP_HAS_INCLUDE_NEXT, &value) < 0)
            return -1;
        *answer = value ? "1" : "0";
        return 0;
    }
    if (m->builtin == PP_HAS_EMBED)
        return ask_embed(pp, at, answer);
    if (pp_expanded(pp, &t) < 0)
        return -1;
    if (t.kind != TK_LP)
        return cdecl_fail(pp->parse, at, CDECL_E_PP_PAREN_EXPECTED, m->name->text);
    if (pp_expanded(pp, &t) < 0)
        return -1;
    if (t.kind != TK_IDENTIFIER)
        return cdecl_fail(pp->parse, t.span, CDECL_E_PP_NAME_EXPECTED);
    if (m->builtin == PP_HAS_BUILTIN) {
        *answer = has_builtin(t.text, cdecl_token_len(t)) ? "1" : "0";
        if (pp_expanded(pp, &t) < 0)
            return -1;
    } else if (read_attribute(pp, &t, m->builtin == PP_HAS_C_ATTRIBUTE, answer) < 0) {
        return -1;
    }
    return t.kind == TK_RP ? 0 : cdecl_fail(pp->parse, t.span, CDECL_E_PP_PAREN_EXPECTED, m->name->text);
}

/* The number that __has_include(...) and its relatives, named by NAME, stand for. */
int pp_feature(CdeclPp *pp, const PpMacro *m, const CdeclToken *name, CdeclToken *out) {
    const char *answer = "0";
    if (ask(pp, m, name->span, &answer) < 0)
        return -1;
    return pp_make_token(pp, answer, strlen(answer), TK_NUMBER, out);
}
