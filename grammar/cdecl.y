/* The grammar of C declarations: C11 and C23 external declarations, type names and constant
 * expressions, with the GNU and common MSVC extensions and cffi's "..." forms.
 *
 * Each action is one call into parser/; none builds a tree. Types are made as soon as a declarator is
 * complete, because lemon may reduce a rule only when it sees the token after it, and that token may
 * already be the new type's name. The filter (parser/filter.c) has told TYPENAME from IDENTIFIER, has
 * put attributes' words into classes, and has folded braces that are skipped (function bodies,
 * initialisers) into one BRACED token, before tokens come here.
 *
 * Conflicts: none. Where C's text is ambiguous the winner is "shift", stated by the two precedence
 * levels LOW (the rule that would end) and the tokens that may go on. */
%name cdecl_lemon
%token_prefix TK_
%token_type {CdeclToken}
%extra_context {CdeclParse *p}
%stack_size 6000
%start_symbol unit
%include {
#define NDEBUG 1 /* lemon's trace has mutable globals and prints */
#define YYNOERRORRECOVERY 1
#include "parser/impl.h"
}
%syntax_error { parse_syntax_error(p, TOKEN); }
%stack_overflow { parse_too_deep(p); }

/* Tokens that never reach the grammar: the lexer's, the preprocessor's, the filter's. */
%token END BAD HASH HASHHASH COLONCOLON IGNORED STATEMENT.

%nonassoc LOWEST.
%nonassoc LOW.
%nonassoc ATTRIBUTE DECLSPEC ATTR_OPEN CALLCONV.
%nonassoc TYPEWORD TYPENAME RECORD ENUM TYPEOF BITINT ATOMIC_TYPE QUAL.
%left OROR.
%left ANDAND.
%left PIPE.
%left CARET.
%left AMP.
%left EQUALITY.
%left RELATION.
%left SHIFT.
%left PLUS MINUS.
%left STAR SLASH PERCENT.

/* ------------------------------------------------------------------ what is parsed */

unit ::= START_DECLARATIONS externals.
unit ::= START_TYPE type_name(T). { parse_type_done(p, T); }
unit ::= START_TYPE specs(S) declarator(D). { parse_type_done(p, type_name(p, S, D)); } /* with a name, as cffi allows */
unit ::= START_EXPRESSION assign(E). { parse_expression_done(p, E); }
unit ::= START_STATEMENT comma(E). { parse_expression_done(p, E); }

/* translation-unit (C11 6.9) */
externals ::= .
externals ::= externals external. { parse_declaration_end(p); }

external ::= SEMI.
external ::= EXTENSION external.
external ::= specs(S) SEMI. { declare_none(p, S); }
external ::= bare_specs(S) SEMI. { declare_no_type(p, S); }
external ::= declarations SEMI.
external ::= head(H) BRACED. { declare_body(p, H); }
external ::= kr_head(H) kr_declarations BRACED. { declare_kr_body(p, H); }
external ::= bare_specs(S) AUTONAME(N) EQ assign(E) SEMI. { declare_auto(p, S, N, E); }
external ::= static_assert SEMI.
external ::= ASM LP strings RP SEMI.

/* linkage: extern "C", and cffi's extern "Python" */
%type linkage {unsigned}
linkage(L) ::= EXTERN strings(S). { L = parse_linkage(p, S); }
external ::= linkage(L) external. { parse_linkage_end(p, L); }
external ::= linkage(L) LBRACE externals RBRACE. { parse_linkage_end(p, L); }

/* ------------------------------------------------------------------ declarations (C11 6.7) */

/* A declared name: what "= initialiser" or a body may follow. */
%type head {CdeclDeclared *}
head(H) ::= specs(S) declarator(D). [LOW] { H = declare(p, S, NULL, D, NULL, NULL); }
head(H) ::= specs(S) declarator(D) attrs1(A). [LOW] { H = declare(p, S, NULL, D, NULL, A); }
head(H) ::= specs(S) declarator(D) asm_label(L) attrs(A). { H = declare(p, S, NULL, D, L, A); }
head(H) ::= declarations(P) COMMA attrs(B) declarator(D) attrs(A). { H = declare_next(p, P, B, D, NULL, A); }
head(H) ::= declarations(P) COMMA attrs(B) declarator(D) asm_label(L) attrs(A). { H = declare_next(p, P, B, D, L, A); }

%type declarations {CdeclDeclared *}
declarations(L) ::= head(H). { L = declare_end(p, H); }
declarations(L) ::= head(H) EQ assign(E). { L = declare_value(p, H, E); }
declarations(L) ::= head(H) EQ BRACED(B). { L = declare_braced(p, H, B); }

/* int f(a, b) int a; char *b; { } */
%type kr_head {CdeclDeclared *}
kr_head(H) ::= specs(S) declarator(D). [LOWEST] { H = declare_kr(p, S, D); }
kr_declarations ::= kr_line SEMI.
kr_declarations ::= kr_declarations kr_line SEMI.
%type kr_line {CdeclSpecs *}
kr_line ::= specs(S). [LOW] { declare_kr_empty(p, S); }
kr_line(L) ::= specs(S) declarator(D) attrs(A). { L = declare_kr_parameter(p, S, D, A); }
kr_line(L) ::= kr_line(S) COMMA declarator(D) attrs(A). { L = declare_kr_parameter(p, S, D, A); }

%type asm_label {CdeclStrings *}
asm_label(L) ::= ASM LP strings(S) RP. { L = S; }

static_assert ::= STATIC_ASSERT(T) LP assign(E) RP. { declare_static_assert(p, T, E, NULL); }
static_assert ::= STATIC_ASSERT(T) LP assign(E) COMMA strings(S) RP. { declare_static_assert(p, T, E, S); }

/* ------------------------------------------------------------------ specifiers (C11 6.7 to 6.7.5)
 *
 * bare_specs has no type specifier yet, specs has one. A typedef name is a specifier only in the
 * former, which is how "T T;" and "unsigned T : 3" come out right (C11 6.7.8p3). */
%type bare_specs {CdeclSpecs *}
bare_specs(S) ::= attrs1(A). [LOW] { S = specs_attributes(p, NULL, A); }
bare_specs(S) ::= STORAGE|STATIC|QUAL(T). { S = specs_storage(p, NULL, T); }
bare_specs(S) ::= EXTERN(T). { S = specs_storage(p, NULL, T); }
bare_specs(S) ::= alignas(A). { S = specs_attributes(p, NULL, A); }
bare_specs(S) ::= bare_specs(L) STORAGE|STATIC|EXTERN|QUAL(T). { S = specs_storage(p, L, T); }
bare_specs(S) ::= bare_specs(L) alignas(A). { S = specs_attributes(p, L, A); }
bare_specs(S) ::= bare_specs(L) attr(A). { S = specs_attributes(p, L, A); }

%type specs {CdeclSpecs *}
specs(S) ::= TYPENAME(N). { S = specs_type(p, NULL, specifier_typedef(p, N)); }
specs(S) ::= bare_specs(L) TYPENAME(N). { S = specs_type(p, L, specifier_typedef(p, N)); }
specs(S) ::= type_word(T). { S = specs_type(p, NULL, T); }
specs(S) ::= bare_specs(L) type_word(T). { S = specs_type(p, L, T); }
specs(S) ::= bare_specs(L) ELLIPSIS(T). { S = specs_ellipsis(p, L, T); }
specs(S) ::= specs(L) ELLIPSIS(T). { S = specs_ellipsis(p, L, T); }
specs(S) ::= specs(L) type_word(T). { S = specs_type(p, L, T); }
specs(S) ::= specs(L) STORAGE|STATIC|EXTERN|QUAL(T). { S = specs_storage(p, L, T); }
specs(S) ::= specs(L) alignas(A). { S = specs_attributes(p, L, A); }
specs(S) ::= specs(L) gnu_attr(A). { S = specs_attributes(p, L, A); }
specs(S) ::= specs(L) std_attr(A). { S = specs_type_attributes(p, L, A); }

%type alignas {CdeclAttributes *}
alignas(A) ::= ALIGNAS(T) LP assign(E) RP. { A = attribute_alignas(p, T, E); }
alignas(A) ::= ALIGNAS(T) LP type_name(N) RP. { A = attribute_alignas_type(p, T, N); }

%type type_word {CdeclTypeSpec}
type_word(T) ::= TYPEWORD(W). { T = specifier_word(p, W); }
type_word(T) ::= BITINT(W) LP assign(E) RP. { T = specifier_bitint(p, W, E); }
type_word(T) ::= ATOMIC_TYPE(W) LP type_name(N) RP(R). { T = specifier_atomic(p, W, N, R); }
type_word(T) ::= TYPEOF(W) LP comma(E) RP(R). { T = specifier_typeof(p, W, E, R); }
type_word(T) ::= TYPEOF(W) LP type_name(N) RP(R). { T = specifier_typeof_type(p, W, N, R); }
type_word(T) ::= RECORD(W) attrs(A) tag(N). { T = record_reference(p, W, A, N); }
type_word(T) ::= record_open(R) members RBRACE(E) gnu_attrs(A). [LOW] { T = record_close(p, R, E, A); }
type_word(T) ::= ENUM(W) attrs(A) tag(N). { T = enum_reference(p, W, A, N, NULL); }
type_word(T) ::= ENUM(W) attrs(A) tag(N) COLON_TYPE underlying(U). [LOW] { T = enum_reference(p, W, A, N, U); }
type_word(T) ::= enum_open(R) enumerators RBRACE(E) gnu_attrs(A). [LOW] { T = enum_close(p, R, E, A); }
type_word(T) ::= enum_open(R) enumerators COMMA RBRACE(E) gnu_attrs(A). [LOW] { T = enum_close(p, R, E, A); }

/* The name after struct, union, enum: always an identifier, whatever it means elsewhere. */
tag ::= IDENTIFIER.

/* ------------------------------------------------------------------ struct and union (C11 6.7.2.1) */

%type record_open {CdeclRecord *}
record_open(R) ::= RECORD(W) attrs(A) tag(N) LBRACE(B). { R = record_open(p, W, A, &N, B); }
record_open(R) ::= RECORD(W) attrs(A) LBRACE(B). { R = record_open(p, W, A, NULL, B); }

members ::= .
members ::= members member.

member ::= SEMI.
member ::= EXTENSION member.
member ::= static_assert SEMI.
member ::= specs(S) SEMI. { member_unnamed(p, S); }
member ::= member_list SEMI.
member ::= ELLIPSIS(T) SEMI. { record_partial(p, T); }

%type member_list {CdeclSpecs *}
member_list(L) ::= specs(S) declarator(D) attrs(A). { L = member_add(p, S, NULL, D, A); }
member_list(L) ::= specs(S) declarator(D) COLON assign(W) attrs(A). { L = member_bits(p, S, NULL, D, W, A); }
member_list(L) ::= specs(S) COLON assign(W) attrs(A). { L = member_bits(p, S, NULL, NULL, W, A); }
member_list(L) ::= member_list(S) COMMA attrs(B) declarator(D) attrs(A). { L = member_add(p, S, B, D, A); }
member_list(L) ::= member_list(S) COMMA attrs(B) declarator(D) COLON assign(W) attrs(A). { L = member_bits(p, S, B, D, W, A); }
member_list(L) ::= member_list(S) COMMA attrs(B) COLON assign(W) attrs(A). { L = member_bits(p, S, B, NULL, W, A); }

/* ------------------------------------------------------------------ enum (C11 6.7.2.2, C23 6.7.3.3) */

%type enum_open {CdeclEnum *}
enum_open(R) ::= ENUM(W) attrs(A) tag(N) LBRACE(B). { R = enum_open(p, W, A, &N, NULL, B); }
enum_open(R) ::= ENUM(W) attrs(A) LBRACE(B). { R = enum_open(p, W, A, NULL, NULL, B); }
enum_open(R) ::= ENUM(W) attrs(A) tag(N) COLON_TYPE underlying(U) LBRACE(B). { R = enum_open(p, W, A, &N, U, B); }
enum_open(R) ::= ENUM(W) attrs(A) COLON_TYPE underlying(U) LBRACE(B). { R = enum_open(p, W, A, NULL, U, B); }

/* COLON_TYPE is a colon before a type: a bit-field's width never starts with one. */
%type underlying {CdeclSpecs *}
underlying(S) ::= underlying_one(T). { S = specs_type(p, NULL, T); }
underlying(S) ::= QUAL(T). { S = specs_storage(p, NULL, T); }
underlying(S) ::= underlying(L) underlying_one(T). { S = specs_type(p, L, T); }
underlying(S) ::= underlying(L) QUAL(T). { S = specs_storage(p, L, T); }
%type underlying_one {CdeclTypeSpec}
underlying_one(T) ::= TYPEWORD(W). { T = specifier_word(p, W); }
underlying_one(T) ::= TYPENAME(N). { T = specifier_typedef(p, N); }
underlying_one(T) ::= BITINT(W) LP assign(E) RP. { T = specifier_bitint(p, W, E); }
underlying_one(T) ::= TYPEOF(W) LP comma(E) RP(R). { T = specifier_typeof(p, W, E, R); }
underlying_one(T) ::= TYPEOF(W) LP type_name(N) RP(R). { T = specifier_typeof_type(p, W, N, R); }

enumerators ::= enumerator.
enumerators ::= enumerators COMMA enumerator.
enumerator ::= IDENTIFIER(N) attrs. { enum_next(p, N); }
enumerator ::= IDENTIFIER(N) attrs EQ assign(E). { enum_value(p, N, E); }
enumerator ::= IDENTIFIER(N) attrs EQ ELLIPSIS. { enum_unknown(p, N); }
enumerator ::= ELLIPSIS(T). { enum_partial(p, T); }

/* ------------------------------------------------------------------ attributes */

%type attrs {CdeclAttributes *}
attrs(A) ::= . [LOW] { A = NULL; }
attrs ::= attrs1. [LOW]
%type attrs1 {CdeclAttributes *}
attrs1 ::= attr.
attrs1(A) ::= attrs1(B) attr(C). { A = attributes_join(p, B, C); }

%type attr {CdeclAttributes *}
attr ::= gnu_attr.
attr ::= std_attr.
/* C23's stand for what is before them: behind a type they belong to the type. */
%type gnu_attrs {CdeclAttributes *}
gnu_attrs(A) ::= . [LOW] { A = NULL; }
gnu_attrs(A) ::= gnu_attrs(B) gnu_attr(C). { A = attributes_join(p, B, C); }
%type gnu_attr {CdeclAttributes *}
gnu_attr(A) ::= ATTRIBUTE LP LP attr_items(I) RP RP. { A = I; }
gnu_attr(A) ::= DECLSPEC LP declspec_items(I) RP. { A = I; }
gnu_attr(A) ::= CALLCONV(T). { A = attribute_convention(p, T); }
%type std_attr {CdeclAttributes *}
std_attr(A) ::= ATTR_OPEN attr_items(I) RBRACKET RBRACKET. { A = I; }

%type attr_items {CdeclAttributes *}
attr_items ::= attr_item.
attr_items(A) ::= attr_items(L) COMMA attr_item(I). { A = attributes_join(p, L, I); }
%type declspec_items {CdeclAttributes *}
declspec_items(A) ::= . { A = NULL; }
declspec_items(A) ::= declspec_items(L) attr_one(I). { A = attributes_join(p, L, I); }
declspec_items(A) ::= declspec_items(L) COMMA. { A = L; }
%type attr_item {CdeclAttributes *}
attr_item(A) ::= . { A = NULL; }
attr_item ::= attr_one.
/* ATTR_WORD: the filter took the arguments, if any. ATTR_EXPR: the argument is a constant expression. */
%type attr_one {CdeclAttributes *}
attr_one(A) ::= ATTR_WORD(W). { A = attribute_word(p, W); }
attr_one(A) ::= ATTR_EXPR(W) LP RP. { A = attribute_word(p, W); }
attr_one(A) ::= ATTR_EXPR(W) LP assign(E) RP. { A = attribute_value(p, W, E); }

/* ------------------------------------------------------------------ declarators (C11 6.7.6)
 *
 * A declarator is kept as its derivations, outermost last; it costs one small node each, and any
 * nesting is applied in one pass (declarator.c). */
%type pointer {CdeclDeclarator *}
pointer(P) ::= STAR(T). { P = declarator_star(p, NULL, T); }
pointer(P) ::= CARET(T). { P = declarator_block(p, T); }
pointer(P) ::= pointer(L) STAR(T). { P = declarator_star(p, L, T); }
pointer(P) ::= pointer(L) QUAL(T). { P = declarator_star_qualifier(p, L, T); }
pointer(P) ::= pointer(L) attr(A). { P = declarator_star_attributes(p, L, A); }

%type declarator {CdeclDeclarator *}
declarator ::= direct. [LOW]
declarator(D) ::= pointer(P) direct(E). [LOW] { D = declarator_pointer(p, P, E); }
%type direct {CdeclDeclarator *}
direct(D) ::= IDENTIFIER(N). { D = declarator_name(p, N); }
direct(D) ::= LP attrs(A) declarator(E) RP(R). { D = declarator_group(p, A, E, R); }
direct(D) ::= direct(E) LBRACKET bound(B) RBRACKET(R). { D = declarator_array(p, E, B, R); }
direct(D) ::= direct(E) LP(T) parameters(P) RP(R). { D = declarator_function(p, E, T, P, R); }
direct(D) ::= direct(E) LP(T) names(P) RP(R). { D = declarator_function(p, E, T, P, R); }
direct(D) ::= direct(E) std_attr(A). { D = declarator_std_attributes(p, E, A); }

%type abstract {CdeclDeclarator *}
abstract ::= pointer. [LOW]
abstract ::= abstract_direct. [LOW]
abstract(D) ::= pointer(P) abstract_direct(E). [LOW] { D = declarator_pointer(p, P, E); }
%type abstract_direct {CdeclDeclarator *}
abstract_direct(D) ::= LP attrs(A) abstract(E) RP(R). { D = declarator_group(p, A, E, R); }
abstract_direct(D) ::= LBRACKET(T) bound(B) RBRACKET(R). { D = declarator_array(p, declarator_abstract(p, T), B, R); }
abstract_direct(D) ::= abstract_direct(E) LBRACKET bound(B) RBRACKET(R). { D = declarator_array(p, E, B, R); }
abstract_direct(D) ::= LP(T) parameters(P) RP(R). { D = declarator_function(p, NULL, T, P, R); }
abstract_direct(D) ::= abstract_direct(E) LP(T) parameters(P) RP(R). { D = declarator_function(p, E, T, P, R); }
abstract_direct(D) ::= abstract_direct(E) std_attr(A). { D = declarator_std_attributes(p, E, A); }

/* between [ and ] */
%type bound {CdeclBound}
bound(B) ::= . { B = bound_none(p); }
bound(B) ::= STAR(T). { B = bound_star(p, T); }
bound(B) ::= ELLIPSIS(T). { B = bound_ellipsis(p, T); }
bound(B) ::= assign(E). { B = bound_value(p, E); }
bound ::= bound_words.
bound(B) ::= bound_words(W) STAR(T). { B = bound_words(p, W, bound_star(p, T)); }
bound(B) ::= bound_words(W) assign(E). { B = bound_words(p, W, bound_value(p, E)); }
%type bound_words {CdeclBound}
bound_words(B) ::= bound_word(T). { B = bound_word(p, NULL, T); }
bound_words(B) ::= bound_words(W) bound_word(T). { B = bound_word(p, &W, T); }
bound_word ::= QUAL.
bound_word ::= STATIC.
bound_word(W) ::= ATTRIBUTE(T) LP LP attr_items RP RP. { W = T; W.sub = 0; } /* GCC: of no effect */

%type parameters {CdeclParameters *}
parameters(P) ::= . { P = parameters_none(p); }
parameters(P) ::= ELLIPSIS. { P = parameters_variadic(p, NULL); }
parameters ::= parameter_list.
parameters(P) ::= parameter_list(L) COMMA ELLIPSIS. { P = parameters_variadic(p, L); }
%type parameter_list {CdeclParameters *}
/* PARAMETERS: one or more that the filter has read (plain_parameter.c). */
parameter_list(P) ::= PARAMETERS. { P = plain_parameters_take(p, NULL); }
parameter_list(P) ::= parameter_list(L) COMMA PARAMETERS. { P = plain_parameters_take(p, L); }
parameter_list(P) ::= parameter(Q). { P = parameters_add(p, NULL, Q); }
parameter_list(P) ::= parameter_list(L) COMMA parameter(Q). { P = parameters_add(p, L, Q); }
%type parameter {CdeclParameter}
parameter(Q) ::= specs(S). [LOW] { Q = parameter(p, S, NULL, NULL); }
parameter(Q) ::= specs(S) declarator(D). [LOW] { Q = parameter(p, S, D, NULL); }
parameter(Q) ::= specs(S) declarator(D) attrs1(A). [LOW] { Q = parameter(p, S, D, A); }
parameter(Q) ::= specs(S) abstract(D) attrs(A). { Q = parameter(p, S, D, A); }
%type names {CdeclParameters *}
names(P) ::= IDENTIFIER(N). { P = parameters_name(p, NULL, N); }
names(P) ::= attrs1 IDENTIFIER(N). { P = parameters_name(p, NULL, N); } /* GCC takes empty ones */
names(P) ::= names(L) COMMA IDENTIFIER(N). { P = parameters_name(p, L, N); }

%type type_name {CdeclTypeName}
type_name(T) ::= specs(S). [LOW] { T = type_name(p, S, NULL); }
type_name(T) ::= specs(S) abstract(D). { T = type_name(p, S, D); }

/* ------------------------------------------------------------------ expressions (C11 6.5)
 *
 * Folded as they are parsed; what is no constant keeps its type, for sizeof and typeof. */
%type strings {CdeclStrings *}
strings(S) ::= STRING(T). { S = strings_add(p, NULL, T); }
strings(S) ::= strings(L) STRING(T). { S = strings_add(p, L, T); }

%type primary {CdeclOperand}
primary(E) ::= IDENTIFIER(N). { E = expression_name(p, N); }
primary(E) ::= NUMBER(N). { E = fold_number(p, N); }
primary(E) ::= CHARACTER(N). { E = fold_character(p, N); }
primary(E) ::= strings(S). [LOW] { E = expression_strings(p, S); }
primary(E) ::= LP(L) comma(F) RP(R). { E = expression_group(p, L, F, R); }
primary(E) ::= LP(L) BRACED(B) RP(R). { E = expression_opaque(p, L, B, R); }
primary(E) ::= GENERIC(T) LP generic(G) RP(R). { E = generic_done(p, T, G, R); }
primary(E) ::= OFFSETOF(T) LP designator(D) RP(R). { E = expression_offsetof(p, T, D, R); }
primary(E) ::= TYPES_COMPATIBLE(T) LP type_name(A) COMMA type_name(B) RP(R). { E = expression_compatible(p, T, A, B, R); }
primary(E) ::= VA_ARG(T) LP assign COMMA type_name(A) RP(R). { E = expression_va_arg(p, T, A, R); }
primary(E) ::= CHOOSE_EXPR(T) LP assign(A) COMMA assign(B) COMMA assign(C) RP(R). { E = expression_choose(p, T, A, B, C, R); }

%type designator {CdeclDesignator}
designator(D) ::= type_name(T) COMMA IDENTIFIER(N). { D = designator_start(p, T, N); }
designator(D) ::= designator(E) DOT IDENTIFIER(N). { D = fold_designate_member(p, E, N); }
designator(D) ::= designator(E) LBRACKET comma(I) RBRACKET. { D = fold_designate_index(p, E, I); }

%type generic {CdeclGeneric *}
generic(G) ::= assign(E). { G = generic_start(p, E); }
generic(G) ::= generic(H) COMMA type_name(T) COLON assign(E). { G = generic_type(p, H, T, E); }
generic(G) ::= generic(H) COMMA DEFAULT(T) COLON assign(E). { G = generic_default(p, H, T, E); }

%type postfix {CdeclOperand}
postfix ::= primary.
postfix(E) ::= postfix(F) LBRACKET comma(I) RBRACKET. { E = fold_index(p, F, I); }
postfix(E) ::= postfix(F) LP arguments(A) RP(R). { E = expression_call(p, F, A, R); }
postfix(E) ::= postfix(F) DOT IDENTIFIER(N). { E = fold_member(p, F, N, false); }
postfix(E) ::= postfix(F) ARROW IDENTIFIER(N). { E = fold_member(p, F, N, true); }
postfix(E) ::= postfix(F) INCDEC(T). { E = expression_step(p, T, F, false); }
postfix(E) ::= LP(L) type_name(T) RP BRACED(B). { E = expression_compound(p, L, T, B); }

%type arguments {CdeclArguments *}
arguments(A) ::= . { A = NULL; }
arguments ::= argument_list.
%type argument_list {CdeclArguments *}
argument_list(A) ::= assign(E). { A = arguments_add(p, NULL, E); }
argument_list(A) ::= argument_list(B) COMMA assign(E). { A = arguments_add(p, B, E); }

%type unary {CdeclOperand}
unary ::= postfix.
unary(E) ::= INCDEC(T) unary(F). { E = expression_step(p, T, F, true); }
unary(E) ::= prefix(T) cast(F). { E = fold_unary(p, T, F); }
unary(E) ::= SIZEOF(T) unary(F). { E = expression_sizeof_operand(p, T, F); }
unary(E) ::= SIZEOF(T) LP type_name(N) RP(R). { E = expression_sizeof(p, T, N, R); }
unary(E) ::= ALIGNOF(T) unary(F). { E = expression_alignof_operand(p, T, F); }
unary(E) ::= ALIGNOF(T) LP type_name(N) RP(R). { E = expression_alignof(p, T, N, R); }
prefix ::= AMP.
prefix ::= STAR.
prefix ::= PLUS.
prefix ::= MINUS.
prefix ::= NOT.
prefix ::= REAL.

%type cast {CdeclOperand}
cast ::= unary.
cast(E) ::= EXTENSION cast(F). { E = F; }
cast(E) ::= LP(L) type_name(T) RP cast(F). { E = expression_cast(p, L, T, F); }

%type binary {CdeclOperand}
binary ::= cast.
binary(E) ::= binary(L) STAR|SLASH|PERCENT(O) binary(R). { E = fold_binary(p, O, L, R); }
binary(E) ::= binary(L) PLUS|MINUS(O) binary(R). { E = fold_binary(p, O, L, R); }
binary(E) ::= binary(L) SHIFT(O) binary(R). { E = fold_binary(p, O, L, R); }
binary(E) ::= binary(L) RELATION(O) binary(R). { E = fold_binary(p, O, L, R); }
binary(E) ::= binary(L) EQUALITY(O) binary(R). { E = fold_binary(p, O, L, R); }
binary(E) ::= binary(L) AMP(O) binary(R). { E = fold_binary(p, O, L, R); }
binary(E) ::= binary(L) CARET(O) binary(R). { E = fold_binary(p, O, L, R); }
binary(E) ::= binary(L) PIPE(O) binary(R). { E = fold_binary(p, O, L, R); }
binary(E) ::= binary(L) ANDAND(O) binary(R). { E = fold_binary(p, O, L, R); }
binary(E) ::= binary(L) OROR(O) binary(R). { E = fold_binary(p, O, L, R); }

%type conditional {CdeclOperand}
conditional ::= binary.
conditional(E) ::= binary(C) QUESTION comma(A) COLON conditional(B). { E = fold_conditional(p, C, A, B); }
conditional(E) ::= binary(C) QUESTION COLON conditional(B). { E = fold_conditional(p, C, C, B); }

%type assign {CdeclOperand}
assign ::= conditional.
assign(E) ::= unary(L) EQ|ASSIGN(O) assign(R). { E = fold_assign(p, O, L, R); }

%type comma {CdeclOperand}
comma ::= assign.
comma(E) ::= comma(L) COMMA assign(R). { E = fold_comma(p, L, R); }

/* ------------------------------------------------------------------ what may come next
 *
 * Answered by walking the tables over the states on the stack, without touching it. The filter asks
 * it to classify a name, and the error message to list what was expected. */
%code {
bool cdecl_lemon_accepts(const void *parser, int kind) {
    const yyParser *q = parser;
    const yyStackEntry *real = q->yytos; /* the part of the stack that is still as it is */
    YYACTIONTYPE pushed[64];             /* states pushed above it */
    size_t n = 0;
    YYACTIONTYPE state = real->stateno;
    for (;;) {
        YYACTIONTYPE act = yy_find_shift_action((YYCODETYPE)kind, state);
        if (act <= YY_MAX_SHIFTREDUCE || act == YY_ACCEPT_ACTION)
            return true;
        if (act < YY_MIN_REDUCE || act == YY_ERROR_ACTION)
            return false;
        size_t pop = (size_t)-yyRuleInfoNRhs[act - YY_MIN_REDUCE];
        size_t own = pop < n ? pop : n;
        n -= own;
        real -= pop - own;
        state = yy_find_reduce_action(n ? pushed[n - 1] : real->stateno, yyRuleInfoLhs[act - YY_MIN_REDUCE]);
        if (n == sizeof pushed / sizeof pushed[0])
            return false;
        pushed[n++] = state;
    }
}

size_t cdecl_lemon_size(void) { return sizeof(yyParser); }
}
