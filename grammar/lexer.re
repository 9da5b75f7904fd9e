/* Bytes to preprocessing tokens (C11 6.4, C23 6.4). No allocation, no symbols, no state but the cursor.
 *
 * The input ends at LIMIT, where one NUL byte must be readable (source.c puts it there): re2c's
 * end-of-input rule looks at the limit whenever it meets a NUL, so a NUL inside the text is a byte like
 * any other and gets its own message. Backslash-newline is gone already (source.c).
 *
 * The second half recognises keywords and predefined names in an identifier's spelling; the filter
 * asks for that after macro expansion. */
#include "parser/token.h"
#include "gen/cdecl.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef unsigned char byte;

static inline void finish(CdeclToken *t, const CdeclLexer *lx, const byte *start, const byte *end, uint8_t kind, uint8_t flags) {
    *t = (CdeclToken){.kind = kind,
                      .text = (const char *)start,
                      .span = {lx->source, (uint32_t)(start - (const byte *)lx->base), (uint32_t)(end - start)},
                      .flags = flags};
}

/* A token that cannot be: SUB carries the error's code. */
static void broken(CdeclToken *t, const CdeclLexer *lx, const byte *start, const byte *end, CdeclCode code, uint8_t flags) {
    finish(t, lx, start, end, TK_BAD, flags);
    t->sub = (uint16_t)code;
}

/* Nearly all identifiers are of these characters, and nothing but a name starts with their first: they need no
 * more than a look into a table for each byte. SPECIAL may go on with what only the rules below know: other
 * alphabets, universal character names, and the quotes behind L, u, U and u8. */
enum { START = 1, DIGIT = 2, SPECIAL = 4 };
static const byte class_of[256] = {
    ['A' ... 'Z'] = START, ['a' ... 'z'] = START, ['_'] = START, ['$'] = START, ['0' ... '9'] = DIGIT,
    [0x80 ... 0xFF] = SPECIAL, ['\\'] = SPECIAL, ['"'] = SPECIAL, ['\''] = SPECIAL,
};

#ifdef __SSE2__
/* Which of the 16 bytes at P are letters, digits, '_' or '$', a bit each. */
static inline unsigned plain_bytes(const byte *p) {
    __m128i v = _mm_loadu_si128((const __m128i *)p);
    __m128i letter = _mm_sub_epi8(_mm_or_si128(v, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    __m128i digit = _mm_sub_epi8(v, _mm_set1_epi8('0'));
    __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter);
    __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
    __m128i other = _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('_')), _mm_cmpeq_epi8(v, _mm_set1_epi8('$')));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(is_letter, is_digit), other));
}
#endif

/* Behind the letters and digits at P. The names of large libraries are long: 16 bytes a step where there are so many. */
static inline const byte *plain_end(const byte *p, const byte *limit) {
#ifdef __SSE2__
    for (; limit - p >= 16; p += 16) {
        unsigned others = ~plain_bytes(p) & 0xFFFF;
        if (others)
            return p + __builtin_ctz(others);
    }
#else
    (void)limit;
#endif
    while (class_of[*p] & (START | DIGIT)) /* the NUL at the limit ends it */
        p++;
    return p;
}

/* Behind the plain identifier that starts at P, or NULL if there is none. */
static inline const byte *plain_identifier(const byte *p, const byte *limit) {
    if (!(class_of[*p] & START))
        return NULL;
    p = plain_end(p + 1, limit);
    return class_of[*p] & SPECIAL ? NULL : p;
}

/* Behind the blanks at P: headers put names and stars into columns. */
static inline const byte *blanks_end(const byte *p, const byte *limit) {
    uint64_t word, blanks = 0x2020202020202020u;
    for (; limit - p >= 8; p += 8) {
        memcpy(&word, p, 8);
        if (word != blanks)
            break;
    }
    while (*p == ' ')
        p++;
    return p;
}

/* Characters that are a token wherever they stand, whatever follows. */
static const byte single[256] = {
    ['('] = TK_LP, [')'] = TK_RP, ['['] = TK_LBRACKET, [']'] = TK_RBRACKET, ['{'] = TK_LBRACE, ['}'] = TK_RBRACE,
    [','] = TK_COMMA, [';'] = TK_SEMI, ['?'] = TK_QUESTION, ['~'] = TK_NOT,
};

/* The next token by all the rules; FLAGS say what stands before the cursor. */
__attribute__((noinline)) static void lex_any(CdeclLexer *lx, CdeclToken *t, uint8_t flags) {
    const byte *cursor = (const byte *)lx->cursor, *limit = (const byte *)lx->limit, *marker, *start, *end;
    for (;;) {
        start = cursor;
        if ((end = plain_identifier(cursor, limit))) {
            cursor = end;
            finish(t, lx, start, end, TK_IDENTIFIER, flags | CDECL_T_PLAIN);
            goto done;
        }
#define TOKEN(k) do { finish(t, lx, start, cursor, TK_##k, flags); goto done; } while (0)
#define BROKEN(code) do { broken(t, lx, start, cursor, CDECL_E_##code, flags); goto done; } while (0)
        /*!re2c
        re2c:define:YYCTYPE = byte;
        re2c:define:YYCURSOR = cursor;
        re2c:define:YYLIMIT = limit;
        re2c:define:YYMARKER = marker;
        re2c:yyfill:enable = 0;
        re2c:eof = 0;
        re2c:indent:top = 2;

        letter = [a-zA-Z_$];
        digit = [0-9];
        tail = [\x80-\xBF];
        wide = [\xC2-\xDF] tail | [\xE0] [\xA0-\xBF] tail | [\xE1-\xEC\xEE\xEF] tail tail | [\xED] [\x80-\x9F] tail
             | [\xF0] [\x90-\xBF] tail tail | [\xF1-\xF3] tail tail tail | [\xF4] [\x80-\x8F] tail tail;
        hex = [0-9a-fA-F];
        ucn = "\\u" hex{4} | "\\U" hex{8};
        ident = (letter | wide | ucn) (letter | digit | wide | ucn)*;
        number = "."? digit (letter | digit | wide | "." | [eEpP] [+-] | "'" (letter | digit))*;
        prefix = "L" | "u" | "U" | "u8";
        char_end = "'";
        chars = ([^'\\\n\r\x00] | "\\" [^\n\r\x00])*;
        string = ([^"\\\n\r\x00] | "\\" [^\n\r\x00])*;

        // a carriage return by itself ends no line for GCC, nor for us
        [ \t\f\v\r]+    { flags |= CDECL_T_SPACE; continue; }
        "\r\n" | "\n"   { flags = CDECL_T_LINE_START | CDECL_T_SPACE; continue; }
        "//" [^\n]*     { flags |= CDECL_T_SPACE; continue; }
        "/*"            { end = (const byte *)cdecl_comment_end((const char *)start, lx->limit);
                          if (!end) { cursor = limit; broken(t, lx, start, start + 2, CDECL_E_UNFINISHED_COMMENT, flags); goto done; }
                          cursor = end; flags |= CDECL_T_SPACE; continue; }
        $               { finish(t, lx, limit, limit, TK_END, CDECL_T_LINE_START); goto done; }
        "\x00"          { BROKEN(NUL_BYTE); }

        ident           { TOKEN(IDENTIFIER); }
        number          { TOKEN(NUMBER); }
        prefix? "'" chars "'"  { TOKEN(CHARACTER); }
        prefix? "'" chars      { BROKEN(UNFINISHED_CHARACTER); }
        prefix? "'" chars "\x00" | prefix? ["] string "\x00" { start = cursor - 1; BROKEN(NUL_BYTE); }
        prefix? ["] string ["] { TOKEN(STRING); }
        prefix? ["] string     { BROKEN(UNFINISHED_STRING); }

        "[" | "<:" { TOKEN(LBRACKET); }   "]" | ":>" { TOKEN(RBRACKET); }
        "{" | "<%" { TOKEN(LBRACE); }     "}" | "%>" { TOKEN(RBRACE); }
        "(" { TOKEN(LP); }         ")" { TOKEN(RP); }
        "." { TOKEN(DOT); }        "->" { TOKEN(ARROW); }
        "..." { TOKEN(ELLIPSIS); }
        "++" | "--" { TOKEN(INCDEC); }
        "&" { TOKEN(AMP); }        "*" { TOKEN(STAR); }
        "+" { TOKEN(PLUS); }       "-" { TOKEN(MINUS); }
        "~" | "!" { TOKEN(NOT); }
        "/" { TOKEN(SLASH); }      "%" { TOKEN(PERCENT); }
        "<<" | ">>" { TOKEN(SHIFT); }
        "<" | ">" | "<=" | ">=" { TOKEN(RELATION); }
        "==" | "!=" { TOKEN(EQUALITY); }
        "^" { TOKEN(CARET); }      "|" { TOKEN(PIPE); }
        "&&" { TOKEN(ANDAND); }    "||" { TOKEN(OROR); }
        "?" { TOKEN(QUESTION); }   ":" { TOKEN(COLON); }
        "::" { TOKEN(COLONCOLON); }
        ";" { TOKEN(SEMI); }       "," { TOKEN(COMMA); }
        "=" { TOKEN(EQ); }
        "*=" | "/=" | "%=" | "+=" | "-=" | "<<=" | ">>=" | "&=" | "^=" | "|=" { TOKEN(ASSIGN); }
        "#" | "%:" { TOKEN(HASH); }  "##" | "%:%:" { TOKEN(HASHHASH); }
        [\x80-\xFF]     { BROKEN(INVALID_UTF8); }
        *               { BROKEN(STRAY_CHARACTER); }
        */
    }
done:
    lx->cursor = (const char *)cursor;
}

/* The next token, TK_END at the end, TK_BAD with a code in SUB for what is none. Most are plain names and single
 * characters behind blanks and newlines: those need none of the rules. */
void cdecl_lex(CdeclLexer *lx, CdeclToken *t) {
    const byte *p = (const byte *)lx->cursor, *limit = (const byte *)lx->limit, *end;
    uint8_t flags = lx->at_line_start ? CDECL_T_LINE_START : 0;
    lx->at_line_start = false;
    for (; *p == '\n'; p++)
        flags = CDECL_T_LINE_START | CDECL_T_SPACE;
    if (*p == ' ') {
        flags |= CDECL_T_SPACE;
        if (*++p == ' ')
            p = blanks_end(p, limit);
    }
    uint8_t kind = TK_IDENTIFIER;
    if ((end = plain_identifier(p, limit))) {
        flags |= CDECL_T_PLAIN;
    } else if ((kind = single[*p])) {
        end = p + 1;
    } else if (*p == '*' && p[1] != '=') {
        kind = TK_STAR;
        end = p + 1;
    } else {
        lx->cursor = (const char *)p;
        lex_any(lx, t, flags);
        return;
    }
    finish(t, lx, p, end, kind, flags);
    lx->cursor = (const char *)end;
}

/* How long the words below are, a bit for each length, by their first character: most identifiers are none of them, and are
 * told by that. test_lexer.c compares it with the rules. */
const uint32_t cdecl_word_lengths[256] = {
    ['F'] = 0x10, ['W'] = 0x40, ['_'] = 0x1077FFF0, ['a'] = 0x98, ['b'] = 0x30, ['c'] = 0x3B0, ['d'] = 0xC4, ['e'] = 0x50,
    ['f'] = 0x28, ['g'] = 0x10, ['i'] = 0x39CC, ['l'] = 0x10, ['n'] = 0x280, ['o'] = 0x100, ['p'] = 0x200, ['r'] = 0x140,
    ['s'] = 0x20E0, ['t'] = 0x30D0, ['u'] = 0x73A0, ['v'] = 0x190, ['w'] = 0xA0,
};

/* The same as cdecl_word(), where the first character and the length may be those of a word. */
CdeclWord cdecl_likely_word(const char *s, size_t n) {
    const byte *cursor = (const byte *)s, *limit = cursor + n, *marker;
#define WORD(k, sub) do { if (cursor != limit) goto name; return (CdeclWord){CDECL_W_KEYWORD, TK_##k, sub}; } while (0)
#define STORE(sub) WORD(STORAGE, CDECL_ST_##sub)
#define QUALIFIER(q) WORD(QUAL, q)
#define TYPE(t) WORD(TYPEWORD, CDECL_TW_##t)
#define CONVENTION(c) WORD(CALLCONV, c)
#define SOFT(class, sub) do { if (cursor != limit) goto name; return (CdeclWord){CDECL_W_##class, TK_IDENTIFIER, sub}; } while (0)
#define NAMED(id) SOFT(TYPEDEF, ABI_P_##id)
    /*!re2c
    re2c:define:YYCTYPE = byte;
    re2c:define:YYCURSOR = cursor;
    re2c:define:YYLIMIT = limit;
    re2c:define:YYMARKER = marker;
    re2c:yyfill:enable = 0;
    re2c:eof = -1;

    // storage classes and function specifiers
    "typedef" { STORE(TYPEDEF); }
    "extern" { WORD(EXTERN, CDECL_ST_EXTERN); }
    "static" { WORD(STATIC, CDECL_ST_STATIC); }
    "auto" | "__auto_type" { STORE(AUTO); }
    "register" | "__register" { STORE(REGISTER); }
    "inline" | "__inline" | "__inline__" | "_inline" | "__forceinline" { STORE(INLINE); }
    "_Noreturn" | "__noreturn__" { STORE(NORETURN); }
    "_Thread_local" | "thread_local" | "__thread" { STORE(THREAD); }
    "constexpr" { STORE(CONSTEXPR); }

    // qualifiers
    "const" | "__const" | "__const__" { QUALIFIER(ABI_CONST); }
    "volatile" | "__volatile" | "__volatile__" { QUALIFIER(ABI_VOLATILE); }
    "restrict" | "__restrict" | "__restrict__" { QUALIFIER(ABI_RESTRICT); }
    "_Atomic" { QUALIFIER(ABI_ATOMIC); }
    "__seg_fs" { QUALIFIER(ABI_SEG_FS); }
    "__seg_gs" { QUALIFIER(ABI_SEG_GS); }

    // type specifiers
    "void" { TYPE(VOID); }
    "char" { TYPE(CHAR); }
    "short" { TYPE(SHORT); }
    "int" { TYPE(INT); }
    "long" { TYPE(LONG); }
    "float" { TYPE(FLOAT); }
    "double" { TYPE(DOUBLE); }
    "signed" | "__signed" | "__signed__" { TYPE(SIGNED); }
    "unsigned" | "__unsigned" | "__unsigned__" { TYPE(UNSIGNED); }
    "_Bool" { TYPE(BOOL); }
    "_Complex" | "__complex" | "__complex__" { TYPE(COMPLEX); }
    "_Imaginary" { TYPE(IMAGINARY); }
    "__int128" | "__int128_t" { TYPE(INT128); }
    "__uint128_t" { TYPE(UINT128); }
    "__int8" | "_int8" { TYPE(MS_INT8); }
    "__int16" | "_int16" { TYPE(MS_INT16); }
    "__int32" | "_int32" { TYPE(MS_INT32); }
    "__int64" | "_int64" { TYPE(MS_INT64); }
    "_Float16" { TYPE(FLOAT16); }
    "__bf16" { TYPE(BFLOAT16); }
    "_Float32" { TYPE(FLOAT32); }
    "_Float64" { TYPE(FLOAT64); }
    "_Float32x" { TYPE(FLOAT32X); }
    "_Float64x" { TYPE(FLOAT64X); }
    "_Float128" | "__float128" { TYPE(FLOAT128); }
    "__float80" { TYPE(FLOAT80); }
    "_Decimal32" { TYPE(DECIMAL32); }
    "_Decimal64" { TYPE(DECIMAL64); }
    "_Decimal128" { TYPE(DECIMAL128); }
    "struct" { WORD(RECORD, ABI_STRUCT); }
    "union" { WORD(RECORD, ABI_UNION); }
    "enum" { WORD(ENUM, 0); }
    "typeof" | "__typeof" | "__typeof__" { WORD(TYPEOF, 0); }
    "typeof_unqual" | "__typeof_unqual" | "__typeof_unqual__" { WORD(TYPEOF, 1); }
    "_BitInt" { WORD(BITINT, 0); }

    // attributes and calling conventions
    "__attribute__" | "__attribute" { WORD(ATTRIBUTE, 0); }
    "__declspec" | "_declspec" { WORD(DECLSPEC, 0); }
    "_Alignas" | "alignas" { WORD(ALIGNAS, 0); }
    "__cdecl" | "_cdecl" | "__cdecl__" { CONVENTION(ABI_CDECL); }
    "__stdcall" | "_stdcall" { CONVENTION(ABI_STDCALL); }
    "__fastcall" | "_fastcall" { CONVENTION(ABI_FASTCALL); }
    "__thiscall" | "_thiscall" { CONVENTION(ABI_THISCALL); }
    "__vectorcall" | "_vectorcall" { CONVENTION(ABI_VECTORCALL); }
    "WINAPI" { SOFT(CONVENTION, ABI_STDCALL); }
    "asm" | "__asm" | "__asm__" { WORD(ASM, 0); }

    // no meaning here, wherever they stand
    "__extension__" { WORD(EXTENSION, 0); }
    "__w64" | "_w64" | "__ptr32" | "__ptr64" | "__unaligned" | "__unaligned__" | "__sptr" | "__uptr"
    | "_Nonnull" | "_Nullable" | "_Null_unspecified" | "_Nullable_result" { WORD(IGNORED, 0); }

    // expressions
    "sizeof" | "__sizeof__" { WORD(SIZEOF, 0); }
    "_Alignof" | "alignof" | "__alignof" | "__alignof__" { WORD(ALIGNOF, 0); }
    "_Generic" { WORD(GENERIC, 0); }
    "default" { WORD(DEFAULT, 0); }
    "_Static_assert" | "static_assert" { WORD(STATIC_ASSERT, 0); }
    "__real" | "__real__" | "__imag" | "__imag__" { WORD(REAL, 0); }
    "__builtin_offsetof" { WORD(OFFSETOF, 0); }
    "offsetof" { SOFT(OFFSETOF, 0); }
    "__builtin_types_compatible_p" { WORD(TYPES_COMPATIBLE, 0); }
    "__builtin_va_arg" { WORD(VA_ARG, 0); }
    "__builtin_choose_expr" { WORD(CHOOSE_EXPR, 0); }
    "if" | "else" | "for" | "while" | "do" | "switch" | "case" | "break" | "continue" | "return" | "goto" { WORD(STATEMENT, 0); }

    // names the system's headers declare: any declaration of the program wins
    "bool" { NAMED(BOOL); }
    "wchar_t" { NAMED(WCHAR); }
    "char8_t" { NAMED(CHAR8); }
    "char16_t" { NAMED(CHAR16); }
    "char32_t" { NAMED(CHAR32); }
    "int8_t" { NAMED(INT8); }
    "uint8_t" { NAMED(UINT8); }
    "int16_t" { NAMED(INT16); }
    "uint16_t" { NAMED(UINT16); }
    "int32_t" { NAMED(INT32); }
    "uint32_t" { NAMED(UINT32); }
    "int64_t" { NAMED(INT64); }
    "uint64_t" { NAMED(UINT64); }
    "int_least8_t" { NAMED(INT_LEAST8); }
    "uint_least8_t" { NAMED(UINT_LEAST8); }
    "int_least16_t" { NAMED(INT_LEAST16); }
    "uint_least16_t" { NAMED(UINT_LEAST16); }
    "int_least32_t" { NAMED(INT_LEAST32); }
    "uint_least32_t" { NAMED(UINT_LEAST32); }
    "int_least64_t" { NAMED(INT_LEAST64); }
    "uint_least64_t" { NAMED(UINT_LEAST64); }
    "int_fast8_t" { NAMED(INT_FAST8); }
    "uint_fast8_t" { NAMED(UINT_FAST8); }
    "int_fast16_t" { NAMED(INT_FAST16); }
    "uint_fast16_t" { NAMED(UINT_FAST16); }
    "int_fast32_t" { NAMED(INT_FAST32); }
    "uint_fast32_t" { NAMED(UINT_FAST32); }
    "int_fast64_t" { NAMED(INT_FAST64); }
    "uint_fast64_t" { NAMED(UINT_FAST64); }
    "intptr_t" { NAMED(INTPTR); }
    "uintptr_t" { NAMED(UINTPTR); }
    "intmax_t" { NAMED(INTMAX); }
    "uintmax_t" { NAMED(UINTMAX); }
    "ptrdiff_t" { NAMED(PTRDIFF); }
    "size_t" { NAMED(SIZE); }
    "ssize_t" { NAMED(SSIZE); }
    "nullptr_t" { NAMED(NULLPTR); }
    "_cffi_float_complex_t" { SOFT(TYPEDEF, CDECL_PRE_FLOAT_COMPLEX); }
    "_cffi_double_complex_t" { SOFT(TYPEDEF, CDECL_PRE_DOUBLE_COMPLEX); }
    "FILE" { SOFT(TYPEDEF, CDECL_PRE_FILE); }
    "va_list" | "__builtin_va_list" | "__gnuc_va_list" { SOFT(TYPEDEF, CDECL_PRE_VA_LIST); }
    "__builtin_ms_va_list" { SOFT(TYPEDEF, CDECL_PRE_MS_VA_LIST); }
    "true" { SOFT(CONSTANT, CDECL_PRE_TRUE); }
    "false" { SOFT(CONSTANT, CDECL_PRE_FALSE); }
    "nullptr" { SOFT(CONSTANT, CDECL_PRE_NULLPTR); }
    * { goto name; }
    */
name:
    return (CdeclWord){CDECL_W_NAME, TK_IDENTIFIER, 0};
}
