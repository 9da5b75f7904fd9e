/* What the grammar's actions call and pass on: specifiers, declarators, what they declare. Private to the layer. */
#ifndef CDEFFI_PARSER_ACTIONS_H
#define CDEFFI_PARSER_ACTIONS_H

#include "parser/fold.h"
#include "parser/scope.h"

/* ---- what the grammar's actions pass on. Pointers are scratch. NULL stands for an error already set,
 * except where noted: lemon runs the actions of one token to the end. */
enum { /* machine modes, mode(DI) */
    CDECL_MODE_QI = 1, CDECL_MODE_HI, CDECL_MODE_SI, CDECL_MODE_DI, CDECL_MODE_TI, CDECL_MODE_HF, CDECL_MODE_SF,
    CDECL_MODE_DF, CDECL_MODE_XF, CDECL_MODE_TF, CDECL_MODE_SC, CDECL_MODE_DC, CDECL_MODE_XC, CDECL_MODE_TC
};
typedef struct CdeclAttributes {
    CdeclSpan span;
    uint32_t align;        /* aligned(n), align(n); 0: none */
    uint32_t align_least;  /* of several */
    CdeclSpan align_at;
    uint32_t alignas_;     /* _Alignas(n): may not lower */
    CdeclSpan alignas_at;
    bool has_alignas;
    bool packed, transparent_union, ms_struct, gcc_struct, noreturn, const_, pure, weak, has_conv;
    AbiConv conv;
    uint8_t mode;          /* CDECL_MODE_*, 0: none */
    CdeclSpan mode_at;
    bool has_vector;       /* vector_size, ext_vector_type */
    bool vector_is_lanes;
    uint64_t vector;       /* bytes, or lanes */
    CdeclSpan vector_at;
    const char *alias;     /* region */
} CdeclAttributes;

typedef struct CdeclTypeSpec { /* one type specifier */
    CdeclToken token; /* kind TK_TYPEWORD: a keyword in sub; otherwise type is meant */
    AbiQType type;
    CdeclSpan span;
    AbiType *anonymous; /* a tagless record or enum defined here */
    bool defines;       /* struct S {...}, or names a tag */
    bool names_tag;
    bool fixes;         /* enum e : int, without a list */
} CdeclTypeSpec;

typedef struct CdeclSpecs {
    CdeclSpan span;
    unsigned storage; /* CDECL_ST_* */
    CdeclSpan storage_at, typedef_at, thread_at, inline_at, qual_at;
    uint64_t words;   /* two bits for each CdeclTypeWord seen */
    AbiQType type;    /* a typedef's, a record's; resolved: of the whole */
    CdeclSpan type_at;
    unsigned quals;
    CdeclAttributes *attributes; /* may be NULL */
    CdeclAttributes *type_attributes; /* of the type alone: its alignment, mode, lanes; may be NULL */
    AbiType *anonymous;
    bool has_type, has_words, defines, names_tag, fixes, resolved, failed;
    bool has_typedef; /* a typedef name was declared with them */
    uint32_t bitint_width; /* N of _BitInt(N) */
    bool ellipsis;    /* "int..." or "typedef ...": cffi's */
    const AbiType *estimate; /* of "int...": what was written */
    CdeclSpan ellipsis_at;
} CdeclSpecs;

typedef struct CdeclBound {
    enum { CDECL_B_NONE, CDECL_B_STAR, CDECL_B_ELLIPSIS, CDECL_B_VALUE } kind;
    CdeclOperand value;
    unsigned quals; /* [const 3] in a parameter */
    bool is_static, has_words;
    CdeclSpan at;
} CdeclBound;

typedef struct CdeclParameter {
    AbiQType type;    /* adjusted (C11 6.7.6.3p7, p8); NULL: failed, or a name without a type */
    CdeclToken token; /* its name; kind 0: none */
    CdeclSpan span;
    bool is_void;     /* exactly "void": the empty list */
    const struct CdeclDerive *star; /* int a[*]; NULL: no such array */
    struct CdeclParameter *next;
} CdeclParameter;

typedef struct CdeclParameters {
    CdeclParameter *first, *last;
    size_t n;
    bool has_void;        /* f(void) */
    uint32_t scope_start; /* the prototype's first name on the parameter stack */
    bool variadic, unprototyped, names_only; /* names_only: f(a, b) */
} CdeclParameters;

typedef struct CdeclDerive { /* one derivation: pointer to, array of, function returning */
    enum { CDECL_D_POINTER, CDECL_D_ARRAY, CDECL_D_FUNCTION, CDECL_D_ALIGNED /* the same, aligned */ } kind;
    CdeclSpan span;
    unsigned quals;
    bool block; /* a pointer written ^ */
    CdeclAttributes *attributes;
    CdeclBound *bound;           /* an array's, */
    CdeclParameters *parameters; /* a function's */
    struct CdeclDerive *outer; /* the next one away from the name */
} CdeclDerive;

typedef struct CdeclDeclarator {
    CdeclToken name; /* kind 0: abstract */
    CdeclSpan span;
    CdeclDerive *inner, *outer; /* nearest to the name, and farthest; NULL: none */
    CdeclAttributes *attributes;
    CdeclAttributes *mode; /* [[gnu::mode(DI)]] behind the name: the whole type's, where ATTRIBUTES' is the specifiers' */
} CdeclDeclarator;

typedef struct CdeclTypeName { AbiQType type; CdeclSpan span; } CdeclTypeName;
typedef struct CdeclStrings { CdeclToken *tokens; size_t n, cap; CdeclSpan span; } CdeclStrings;

typedef struct CdeclBraces { /* { ... } of an initialiser, zeroed at the start */
    struct CdeclItem *items; /* temporary */
    size_t n, cap;
    CdeclStrings *string;    /* temporary: the first item, if it is that */
    bool unknown;            /* something leaves the number of elements open */
    /* the item being read */
    unsigned depth;          /* of brackets */
    int first, last;         /* its tokens' kinds; 0: none yet */
    bool only_strings, has_index, part;
    uint32_t index;
} CdeclBraces;

enum { SHAPE_DEPTH = 16 };
typedef struct CdeclShape { /* of a braced initialiser, while it is read: see shape.c */
    struct CdeclShapeLevel { AbiQType type; size_t next; bool lost; } levels[SHAPE_DEPTH];
    unsigned depth; /* 0: what is initialised is not known */
    unsigned open;  /* brackets within an expression or an index */
    int state;
    AbiQType part;  /* what the designators have led to */
} CdeclShape;

typedef struct CdeclDeclared { /* the declaration being made */
    CdeclSpecs *specs;
    CdeclToken name;
    AbiQType type;
    const CdeclSymbol *symbol; /* NULL: failed */
    CdeclDeclarator *declarator;
    CdeclParameter *kr; /* K&R: the names, given types one by one */
    struct CdeclDeclared *first;
    bool has_initializer;
} CdeclDeclared;

typedef struct CdeclMember { AbiMemberDecl decl; CdeclSpan at, at_declarator; uint32_t hash, name_len; struct CdeclMember *next; } CdeclMember;
typedef struct CdeclRecord { /* a struct or union whose body is open */
    AbiType *type;
    AbiType *same;        /* the complete one that has the tag already */
    CdeclAttributes *attributes;
    CdeclSpan at, brace;
    CdeclMember *first, *last;
    size_t n;
    uint32_t pack;
    bool partial, anonymous;
    struct CdeclRecord *outer;
} CdeclRecord;

typedef struct CdeclEnumItem {
    CdeclSymbol *symbol; /* region; NULL: agrees with the one declared before */
    AbiEnumerator enumerator;
    CdeclSpan at;
    struct CdeclEnumItem *next;
} CdeclEnumItem;
typedef struct CdeclEnum { /* an enum whose body is open */
    AbiType *type;
    AbiType *same;
    CdeclAttributes *attributes;
    const AbiType *underlying; /* fixed; or NULL */
    CdeclSpan at, brace;
    CdeclEnumItem *first, *last;
    size_t n;
    bool has_last;
    CdeclValue last_value;
    bool partial, anonymous;
    struct CdeclEnum *outer;
} CdeclEnum;

typedef struct CdeclGeneric { CdeclOperand control, result; AbiQType type; bool matched, has_default, failed; CdeclOperand otherwise; } CdeclGeneric;

/* drive.c */
void parse_declaration_end(CdeclParse *);
unsigned parse_linkage(CdeclParse *, CdeclStrings *);
void parse_linkage_end(CdeclParse *, unsigned previous);
void parse_type_done(CdeclParse *, CdeclTypeName);
void parse_expression_done(CdeclParse *, CdeclOperand);
void parse_too_deep(CdeclParse *);
bool cdecl_lemon_accepts(const void *parser, int kind);
size_t cdecl_lemon_size(void);
/* Would the grammar take a token of KIND now? */
bool parse_accepts(const CdeclParse *, int kind);
int cdecl_with_parse(CdeclScope *, const char *name, const char *src, size_t len,
                     int (*work)(CdeclParse *, void *user), void *user, CdeclError *);
/* Evaluate TOKENS as an expression, in this scope. What is no expression gives -1 and no error, but where a macro
 * is applied: there the reason. */
int cdecl_evaluate(CdeclParse *, const CdeclToken *tokens, size_t n, CdeclOperand *);
/* The same for a type name, or a declaration's part before the "=". */
int cdecl_evaluate_type(CdeclParse *, const CdeclToken *tokens, size_t n, CdeclTypeName *);
/* braces.c: what the braces of an initialiser hold */
/* shape.c */
void shape_begin(CdeclShape *, AbiQType);
int shape_token(CdeclParse *, CdeclShape *, const CdeclToken *);
int shape_index(CdeclParse *, CdeclShape *, const CdeclToken *open, const CdeclValue *, bool is_known);
int braces_token(CdeclParse *, CdeclBraces *, const CdeclToken *);
int braces_end_item(CdeclParse *, CdeclBraces *);
void braces_designate(CdeclBraces *, bool known, uint32_t index, bool part);
const CdeclStrings *braces_string(const CdeclBraces *);
bool braces_length(CdeclParse *, const AbiType *item, const CdeclBraces *, size_t *length);
/* expect.c */
void parse_unknown_type(CdeclParse *, CdeclToken name);
void parse_missing(CdeclParse *, const char *what); /* WHAT is missing before the token being passed on */
void parse_syntax_error(CdeclParse *, CdeclToken);
/* filter.c: the next token for the grammar. 0 or -1. */
int cdecl_filter(CdeclParse *, CdeclToken *);
/* specifier.c */
CdeclTypeSpec specifier_word(CdeclParse *, CdeclToken);
CdeclTypeSpec specifier_typedef(CdeclParse *, CdeclToken);
CdeclTypeSpec specifier_bitint(CdeclParse *, CdeclToken, CdeclOperand);
CdeclTypeSpec specifier_atomic(CdeclParse *, CdeclToken, CdeclTypeName, CdeclToken end);
CdeclTypeSpec specifier_typeof(CdeclParse *, CdeclToken, CdeclOperand, CdeclToken end);
CdeclTypeSpec specifier_typeof_type(CdeclParse *, CdeclToken, CdeclTypeName, CdeclToken end);
CdeclSpecs *specs_attributes(CdeclParse *, CdeclSpecs *, CdeclAttributes *);
CdeclSpecs *specs_type_attributes(CdeclParse *, CdeclSpecs *, CdeclAttributes *);
CdeclSpecs *specs_storage(CdeclParse *, CdeclSpecs *, CdeclToken);
CdeclSpecs *specs_type(CdeclParse *, CdeclSpecs *, CdeclTypeSpec);
AbiPrim specs_primitive(uint64_t words); /* that keywords name, two bits each; or ABI_P_NONE */
CdeclSpecs *specs_ellipsis(CdeclParse *, CdeclSpecs *, CdeclToken);
/* The type that S specifies, once; 0 or -1. */
int specs_resolve(CdeclParse *, CdeclSpecs *);
/* declarator.c */
CdeclDeclarator *declarator_name(CdeclParse *, CdeclToken);
CdeclDeclarator *declarator_abstract(CdeclParse *, CdeclToken);
CdeclDeclarator *declarator_group(CdeclParse *, CdeclAttributes *, CdeclDeclarator *, CdeclToken end);
CdeclDeclarator *declarator_pointer(CdeclParse *, CdeclDeclarator *pointer, CdeclDeclarator *);
CdeclDeclarator *declarator_block(CdeclParse *, CdeclToken caret);
CdeclDeclarator *declarator_star(CdeclParse *, CdeclDeclarator *, CdeclToken);
CdeclDeclarator *declarator_star_qualifier(CdeclParse *, CdeclDeclarator *, CdeclToken);
CdeclDeclarator *declarator_star_attributes(CdeclParse *, CdeclDeclarator *, CdeclAttributes *);
CdeclDeclarator *declarator_array(CdeclParse *, CdeclDeclarator *, CdeclBound, CdeclToken end);
CdeclDeclarator *declarator_function(CdeclParse *, CdeclDeclarator *, CdeclToken, CdeclParameters *, CdeclToken end);
CdeclDeclarator *declarator_std_attributes(CdeclParse *, CdeclDeclarator *, CdeclAttributes *);
CdeclBound bound_none(CdeclParse *);
CdeclBound bound_star(CdeclParse *, CdeclToken);
CdeclBound bound_ellipsis(CdeclParse *, CdeclToken);
CdeclBound bound_value(CdeclParse *, CdeclOperand);
CdeclBound bound_word(CdeclParse *, const CdeclBound *, CdeclToken);
CdeclBound bound_words(CdeclParse *, CdeclBound words, CdeclBound);
/* derive.c: specifiers and declarator to a type */
enum { CDECL_USE_FILE, CDECL_USE_MEMBER, CDECL_USE_PARAMETER, CDECL_USE_TYPE_NAME, CDECL_USE_TYPEDEF };
/* ATTRIBUTES: those of the whole declaration (mode, vector_size, calling convention); may be NULL.
 * type NULL: the error is set. */
AbiQType derive(CdeclParse *, CdeclSpecs *, CdeclDeclarator *, const CdeclAttributes *, int use);
AbiQType derive_aligned(CdeclParse *, AbiQType, const CdeclAttributes *); /* a type of its own alignment */
AbiQType derive_transparent(CdeclParse *, AbiQType, const CdeclAttributes *); /* a union passed as its first member */
AbiQType derive_specified(CdeclParse *, AbiQType, const CdeclAttributes *);
CdeclTypeName type_name(CdeclParse *, CdeclSpecs *, CdeclDeclarator *);
/* parameter.c */
CdeclParameter parameter(CdeclParse *, CdeclSpecs *, CdeclDeclarator *, CdeclAttributes *);
CdeclParameters *parameters_none(CdeclParse *);
CdeclParameters *parameters_variadic(CdeclParse *, CdeclParameters *);
CdeclParameters *parameters_add(CdeclParse *, CdeclParameters *, CdeclParameter);
CdeclParameters *parameters_join(CdeclParse *, CdeclParameters *, CdeclParameters *more);
CdeclParameters *plain_parameters_take(CdeclParse *, CdeclParameters *before); /* plain_parameter.c */
CdeclParameters *parameters_name(CdeclParse *, CdeclParameters *, CdeclToken);
void parameters_end(CdeclParse *, CdeclParameters *); /* its names go out of scope */
const CdeclParameter *parameter_find(const CdeclParse *, const CdeclToken *);
/* declare.c, declare_kr.c, initializer.c */
CdeclDeclared *declare(CdeclParse *, CdeclSpecs *, CdeclAttributes *before, CdeclDeclarator *, CdeclStrings *label, CdeclAttributes *);
CdeclDeclared *declare_next(CdeclParse *, CdeclDeclared *, CdeclAttributes *before, CdeclDeclarator *, CdeclStrings *label, CdeclAttributes *);
CdeclDeclared *declare_value(CdeclParse *, CdeclDeclared *, CdeclOperand);
CdeclDeclared *declare_braced(CdeclParse *, CdeclDeclared *, CdeclToken);
bool initializer_fits(CdeclParse *, const AbiType *, const CdeclOperand *value); /* may it be initialised with VALUE? */
void declare_none(CdeclParse *, CdeclSpecs *);
void declare_no_type(CdeclParse *, CdeclSpecs *);
void declare_body(CdeclParse *, CdeclDeclared *);
void declare_auto(CdeclParse *, CdeclSpecs *, CdeclToken, CdeclOperand);
CdeclDeclared *declare_kr(CdeclParse *, CdeclSpecs *, CdeclDeclarator *);
void declare_kr_empty(CdeclParse *p, CdeclSpecs *s);
CdeclSpecs *declare_kr_parameter(CdeclParse *, CdeclSpecs *, CdeclDeclarator *, CdeclAttributes *);
void declare_kr_body(CdeclParse *, CdeclDeclared *);
void declare_static_assert(CdeclParse *, CdeclToken, CdeclOperand, CdeclStrings *);
/* The enumerator NAME of TYPE; SAME: the enum that this one must agree with. Its symbol to be finished, or
 * NULL: it agrees with the one declared before, or the error is set. *KEPT receives the name (region). */
CdeclSymbol *declare_enumerator(CdeclParse *, CdeclToken name, const AbiType *, CdeclValue, unsigned flags, const AbiType *same, const char **kept);
CdeclDeclared *declare_end(CdeclParse *, CdeclDeclared *);
/* symbol.c: what declarations become */
CdeclSymbol *symbol_new(CdeclParse *, const CdeclToken *name, CdeclSymbolKind, AbiQType, unsigned flags); /* temporary */
CdeclSymbol *symbol_copy(CdeclParse *, const CdeclSymbol *); /* temporary: to be changed and declared again */
CdeclSymbol *symbol_keep(CdeclParse *, const CdeclToken *name, const CdeclSymbol *); /* a copy in the region */
CdeclSymbol *symbol_declare(CdeclParse *, const CdeclToken *name, const CdeclSymbol *); /* the copy declared (region), or NULL */
const char *const *symbol_parameter_names(CdeclParse *, const CdeclDeclarator *);
const char *symbol_link_name(CdeclParse *, CdeclStrings *label, const CdeclAttributes *);
/* Name conflicts: the entry that NAME has in this scope, or NULL. */
const CdeclEntry *symbol_own(CdeclParse *, const CdeclToken *name);
int symbol_conflict(CdeclParse *, const CdeclToken *name, const CdeclEntry *, CdeclCode); /* -1, or 0 when overriding */
/* The constant NAME with VALUE (#define, constexpr). 0 or -1. */
int declare_constant(CdeclParse *, CdeclToken name, CdeclValue, unsigned flags);
/* agree.c: two definitions of a tag; both complete */
bool agree_members(const AbiType *, const AbiType *);
bool agree_enumerators(const AbiType *, const AbiType *);
/* record.c, member.c, enum.c, tag.c */
CdeclTypeSpec record_reference(CdeclParse *, CdeclToken, CdeclAttributes *, CdeclToken);
CdeclRecord *record_open(CdeclParse *, CdeclToken, CdeclAttributes *, const CdeclToken *tag, CdeclToken brace);
CdeclTypeSpec record_close(CdeclParse *, CdeclRecord *, CdeclToken, CdeclAttributes *);
void record_partial(CdeclParse *, CdeclToken);
void member_unnamed(CdeclParse *, CdeclSpecs *);
CdeclSpecs *member_add(CdeclParse *, CdeclSpecs *, CdeclAttributes *before, CdeclDeclarator *, CdeclAttributes *);
CdeclSpecs *member_bits(CdeclParse *, CdeclSpecs *, CdeclAttributes *before, CdeclDeclarator *, CdeclOperand, CdeclAttributes *);
int member_check_complete(CdeclParse *, const CdeclRecord *);
int member_check_names(CdeclParse *, CdeclRecord *);
int enum_assume(CdeclParse *, CdeclSpan, const AbiType *);
CdeclTypeSpec enum_reference(CdeclParse *, CdeclToken, CdeclAttributes *, CdeclToken, CdeclSpecs *);
CdeclEnum *enum_open(CdeclParse *, CdeclToken, CdeclAttributes *, const CdeclToken *tag, CdeclSpecs *, CdeclToken brace);
CdeclTypeSpec enum_close(CdeclParse *, CdeclEnum *, CdeclToken, CdeclAttributes *);
void enum_next(CdeclParse *, CdeclToken);
void enum_value(CdeclParse *, CdeclToken, CdeclOperand);
void enum_unknown(CdeclParse *, CdeclToken);
void enum_partial(CdeclParse *, CdeclToken);
/* The record or enum of that tag: as declared, or newly declared incomplete. NULL: the error is set. */
AbiType *tag_reference(CdeclParse *, AbiKind, const CdeclToken *);
/* The one to be defined now: declared and incomplete, or new. TAG NULL: anonymous. *SAME (may be NULL):
 * the complete one of that tag, which the new one must agree with. */
AbiType *tag_define(CdeclParse *, AbiKind, const CdeclToken *tag, CdeclSpan at, AbiType **same);
int tag_redefine(CdeclParse *, AbiType *first, AbiType *next, CdeclSpan at);
void tag_named(CdeclParse *, const AbiType *);
/* attribute.c */
CdeclAttributes *attribute_word(CdeclParse *, CdeclToken);
CdeclAttributes *attribute_value(CdeclParse *, CdeclToken, CdeclOperand);
CdeclAttributes *attribute_convention(CdeclParse *, CdeclToken);
CdeclAttributes *attribute_alignas(CdeclParse *, CdeclToken, CdeclOperand);
CdeclAttributes *attribute_alignas_type(CdeclParse *, CdeclToken, CdeclTypeName);
CdeclAttributes *attributes_join(CdeclParse *, CdeclAttributes *, CdeclAttributes *); /* NULL: none */
/* How the filter passes on attribute NAME: TK_ATTR_WORD or TK_ATTR_EXPR, and its index in SUB. */
uint8_t attribute_class(const char *name, size_t n, bool declspec, uint16_t *sub);
AbiQType attribute_mode(CdeclParse *, AbiQType, const CdeclAttributes *);
const AbiType *attribute_enum_mode(CdeclParse *, const CdeclAttributes *, const AbiType *, bool negative);
/* expression.c */
CdeclStrings *strings_add(CdeclParse *, CdeclStrings *, CdeclToken);
CdeclOperand expression_name(CdeclParse *, CdeclToken);
CdeclOperand expression_strings(CdeclParse *, CdeclStrings *);
CdeclOperand expression_group(CdeclParse *, CdeclToken, CdeclOperand, CdeclToken);
CdeclOperand expression_opaque(CdeclParse *, CdeclToken, CdeclToken braces, CdeclToken);
CdeclOperand expression_offsetof(CdeclParse *, CdeclToken, CdeclDesignator, CdeclToken);
CdeclOperand expression_compatible(CdeclParse *, CdeclToken, CdeclTypeName, CdeclTypeName, CdeclToken);
CdeclOperand expression_va_arg(CdeclParse *, CdeclToken, CdeclTypeName, CdeclToken);
CdeclOperand expression_choose(CdeclParse *, CdeclToken, CdeclOperand, CdeclOperand, CdeclOperand, CdeclToken);
CdeclArguments *arguments_add(CdeclParse *, CdeclArguments *, CdeclOperand); /* NULL: no arguments */
CdeclOperand expression_call(CdeclParse *, CdeclOperand, const CdeclArguments *, CdeclToken);
CdeclOperand expression_step(CdeclParse *, CdeclToken op, CdeclOperand, bool before);
CdeclOperand expression_compound(CdeclParse *, CdeclToken, CdeclTypeName, CdeclToken);
CdeclOperand expression_sizeof(CdeclParse *, CdeclToken, CdeclTypeName, CdeclToken);
CdeclOperand expression_sizeof_operand(CdeclParse *, CdeclToken, CdeclOperand);
CdeclOperand expression_alignof_operand(CdeclParse *, CdeclToken, CdeclOperand);
CdeclOperand expression_alignof(CdeclParse *, CdeclToken, CdeclTypeName, CdeclToken);
CdeclOperand expression_cast(CdeclParse *, CdeclToken, CdeclTypeName, CdeclOperand);
CdeclDesignator designator_start(CdeclParse *, CdeclTypeName, CdeclToken);
CdeclGeneric *generic_start(CdeclParse *, CdeclOperand);
CdeclGeneric *generic_type(CdeclParse *, CdeclGeneric *, CdeclTypeName, CdeclOperand);
CdeclGeneric *generic_default(CdeclParse *, CdeclGeneric *, CdeclToken, CdeclOperand);
CdeclOperand generic_done(CdeclParse *, CdeclToken, CdeclGeneric *, CdeclToken);

#endif
