/* Calls the functions of one library that tests/oracle/calls.py wrote, through every path.
 *
 *     calls_driver DESCRIPTION LIBRARY SEED
 *
 * The description says which types and signatures the library has; the types are built with abi's
 * constructors. The library records the bytes it received and returns bytes it was given, so the C
 * compiler says where everything travels. Differences are printed; the exit status is 1 if any.
 */
#include "abi/abi.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TYPES = 400, MAX_PARAMS = 40, VALUE = 4096 };

typedef unsigned char Value[VALUE];
typedef void Mask(unsigned char *);

static AbiGraph *graph;
static AbiRegion *region;
static const AbiType *types[MAX_TYPES];
static Value masks[MAX_TYPES];
static void *library;
static uint64_t state;
static long differences, refused, done;

/* What the library shares. */
static Value *seen, *given_result;
static long long *wide, *wide_result;

static void die(const char *what, const char *detail)
{
    fprintf(stderr, "calls_driver: %s %s\n", what, detail);
    exit(2);
}

static void *symbol(const char *prefix, long number)
{
    char name[64];
    snprintf(name, sizeof name, number < 0 ? "%s" : "%s%ld", prefix, number);
    void *p = dlsym(library, name);
    if (!p)
        die("no symbol", name);
    return p;
}

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* ---------------------------------------------------------------- types */

static const struct { const char *id; AbiPrim prim; } prims[] = {
#define PRIM(id, kind, spelling, ctype, canonical) {#id, ABI_P_##id},
#include "abi/primitive.def"
#undef PRIM
};

static const AbiType *primitive(const char *id)
{
    for (size_t i = 0; i < sizeof prims / sizeof *prims; i++)
        if (strcmp(prims[i].id, id) == 0)
            return abi_primitive(graph, prims[i].prim);
    die("no primitive", id);
    return NULL;
}

static const AbiType *read_record(FILE *in, AbiError *err)
{
    char kind[16], name[16];
    int packed, pack, align, n, type, length, bits, member_align, member_packed;
    AbiMemberDecl members[64];
    if (fscanf(in, "%15s %d %d %d %d", kind, &packed, &pack, &align, &n) != 5 || n > 64)
        die("bad", "record");
    AbiType *record = abi_record_new(region, strcmp(kind, "union") ? ABI_STRUCT : ABI_UNION, NULL, err);
    for (int i = 0; i < n; i++) {
        if (fscanf(in, " M %15s %d %d %d %d %d", name, &type, &length, &bits, &member_align, &member_packed) != 6)
            die("bad", "member");
        AbiQType q = {types[type], 0};
        if (length >= 0)
            q.type = abi_array(graph, q, (size_t)length, err);
        members[i] = (AbiMemberDecl){strcmp(name, "-") ? abi_region_name(region, name, strlen(name)) : NULL, q, bits,
                                     (uint32_t)member_align, member_packed};
    }
    AbiRecordOptions options = {.packed = packed, .pack = (uint32_t)pack, .align = (uint32_t)align};
    return record && abi_record_complete(record, members, (size_t)n, &options, err) == 0 ? record : NULL;
}

static const AbiType *read_enum(AbiError *err)
{
    AbiEnumerator one = {abi_region_name(region, "E", 1), 1, false};
    AbiType *type = abi_record_new(region, ABI_ENUM, NULL, err);
    return type && abi_enum_complete(type, &one, 1, NULL, false, err) == 0 ? type : NULL;
}

static void read_type(FILE *in)
{
    AbiError err = {0};
    int id, base, bytes;
    char what[16], name[24];
    if (fscanf(in, "%d %15s", &id, what) != 2 || id >= MAX_TYPES)
        die("bad", "type");
    abi_lock(graph);
    if (!strcmp(what, "prim") && fscanf(in, "%23s", name) == 1)
        types[id] = primitive(name);
    else if (!strcmp(what, "pointer"))
        types[id] = abi_pointer(graph, (AbiQType){abi_primitive(graph, ABI_P_VOID), 0}, &err);
    else if (!strcmp(what, "enum"))
        types[id] = read_enum(&err);
    else if (!strcmp(what, "complex") && fscanf(in, "%d", &base) == 1)
        types[id] = abi_complex(graph, types[base], &err);
    else if (!strcmp(what, "vector") && fscanf(in, "%d %d", &base, &bytes) == 2)
        types[id] = abi_vector(graph, types[base], (size_t)bytes, &err);
    else if (!strcmp(what, "transparent") && fscanf(in, "%d", &base) == 1)
        types[id] = abi_transparent(graph, types[base], &err);
    else if (!strcmp(what, "record"))
        types[id] = read_record(in, &err);
    if (!types[id])
        die("type not built:", err.msg);
    abi_retain(types[id]);
    abi_unlock(graph);
    size_t size = *(size_t *)symbol("size_", id);
    if (types[id]->kind == ABI_VOID)
        return;
    if (size != types[id]->size || size > VALUE) {
        printf("type %d: size %zu here, %zu in C\n", id, types[id]->size, size);
        exit(1);
    }
    ((Mask *)symbol("mask_", id))(masks[id]);
}

/* ---------------------------------------------------------------- values */

typedef struct Signature {
    int index, result, variadic, nfixed, nparams;
    int param[MAX_PARAMS];
    const AbiType *type;
} Signature;

static Value sent[MAX_PARAMS], result;

static void fill(unsigned char *value, int type)
{
    for (size_t i = 0; i < types[type]->size; i++)
        value[i] = (unsigned char)(next_random() >> 11) & masks[type][i];
}

static bool same(const unsigned char *a, const unsigned char *b, int type)
{
    for (size_t i = 0; i < types[type]->size; i++)
        if ((a[i] ^ b[i]) & masks[type][i])
            return false;
    return true;
}

static void dump(const char *label, const unsigned char *value, int type)
{
    printf("    %s", label);
    for (size_t i = 0; i < types[type]->size && i < 64; i++)
        printf(" %02x", value[i] & masks[type][i]);
    printf("\n");
}

static void differ(const Signature *s, const char *path, int param, const unsigned char *want, const unsigned char *got)
{
    int type = param < 0 ? s->result : s->param[param];
    printf("DIFFERENCE in f%d, %s, %s %d (type %d)\n", s->index, path, param < 0 ? "result" : "argument", param, type);
    dump("want", want, type);
    dump("got ", got, type);
    differences++;
}

static bool is_narrow(const AbiType *type)
{
    return (type->kind <= ABI_INT || type->kind == ABI_ENUM) && type->size < 8 && type->size > 0 && type->kind != ABI_VOID;
}

static uint64_t extended(const unsigned char *value, const AbiType *type)
{
    uint64_t raw = 0;
    if (type->kind == ABI_ENUM)
        type = type->item.type;
    memcpy(&raw, value, type->size);
    unsigned unused = 64 - 8 * (unsigned)type->size;
    return type->flags & ABI_F_SIGNED ? (uint64_t)((int64_t)(raw << unused) >> unused) : raw;
}

static void prepare(const Signature *s)
{
    for (int i = 0; i < s->nparams; i++)
        fill(sent[i], s->param[i]);
    memset(result, 0, sizeof result);
    if (types[s->result]->kind != ABI_VOID)
        fill(result, s->result);
}

/* ---------------------------------------------------------------- calls */

/* As a binding does in line where the plan allows it: from registers, without the engine. */
static void call_in_line(const AbiPlan *plan, void (*fn)(void), char *area)
{
    uint64_t word[ABI_WORDS_MAX] = {0};
    double real[ABI_DOUBLES_MAX];
    for (uint32_t i = 0; i < plan->nargs; i++)
        memcpy(plan->registers == ABI_WORDS ? (void *)&word[i] : &real[i], area + plan->arg_offset[i], 8);
    if (plan->registers == ABI_WORDS) {
        word[0] = abi_call_words(fn, plan->nargs, word);
        memcpy(area + plan->result_offset, &word[0], 8);
    } else {
        real[0] = abi_call_doubles(fn, plan->nargs, real);
        memcpy(area + plan->result_offset, &real[0], 8);
    }
}

static void call(const Signature *s, const AbiPlan *plan, const char *path, bool in_line)
{
    char *area = aligned_alloc(16, plan->area_size);
    memset(area, 0xA5, plan->area_size);
    for (int i = 0; i < s->nparams; i++) {
        const AbiType *type = types[s->param[i]];
        uint64_t word = is_narrow(type) ? extended(sent[i], type) : 0;
        memcpy(area + plan->arg_offset[i], is_narrow(type) ? (void *)&word : sent[i], is_narrow(type) ? 8 : type->size);
        memset(seen[i], 0x5A, 64);
        wide[i] = 0;
    }
    memcpy(*given_result, result, VALUE);
    void (*fn)(void) = (void (*)(void))symbol("f", s->index);
    if (in_line)
        call_in_line(plan, fn, area);
    else
        abi_call(plan, fn, area);
    for (int i = 0; i < s->nparams; i++) {
        const AbiType *type = types[s->param[i]];
        if (!same(sent[i], seen[i], s->param[i]))
            differ(s, path, i, sent[i], seen[i]);
        if (is_narrow(type) && wide[i] != (long long)extended(sent[i], type))
            differ(s, path, i, sent[i], (unsigned char *)&wide[i]);
    }
    if (types[s->result]->kind != ABI_VOID && !same(result, (unsigned char *)area + plan->result_offset, s->result))
        differ(s, path, -1, result, (unsigned char *)area + plan->result_offset);
    free(area);
}

static void refuse(const Signature *s, const char *path, const AbiError *err)
{
    printf("REFUSED f%d, %s: %s\n", s->index, path, err->msg);
    refused++;
}

static void try_call(const Signature *s, const char *path)
{
    const AbiType *extra[MAX_PARAMS];
    AbiError err = {0};
    size_t n = (size_t)(s->nparams - s->nfixed);
    for (size_t i = 0; i < n; i++)
        extra[i] = types[s->param[(size_t)s->nfixed + i]];
    setenv("CDEFFI_DISPATCH", path, 1);
    AbiPlan *plan = abi_plan_variadic(s->type, extra, n, &err);
    if (plan)
        call(s, plan, path, false);
    else
        refuse(s, path, &err);
    if (plan && plan->registers)
        call(s, plan, "in line", true);
    abi_plan_free(plan);
}

static void try_plan(const Signature *s)
{
    AbiError err = {0};
    const AbiPlan *plan = abi_plan(s->type, &err);
    if (plan && plan == abi_plan(s->type, &err))
        call(s, plan, "abi_plan", false);
    else
        refuse(s, "abi_plan", &err);
}

/* ---------------------------------------------------------------- callbacks */

static void handler(void *user, void *to, void *const *args)
{
    const Signature *s = user;
    for (int i = 0; i < s->nparams; i++)
        if (!same(sent[i], args[i], s->param[i]))
            differ(s, "callback", i, sent[i], args[i]);
    if (types[s->result]->kind == ABI_VOID)
        return;
    if (is_narrow(types[s->result]) && next_random() & 1) {
        uint64_t word = extended(result, types[s->result]);
        memcpy(to, &word, 8);
        return;
    }
    memcpy(to, result, types[s->result]->size);
}

static void try_closure(const Signature *s)
{
    AbiError err = {0};
    AbiClosure *closure = abi_closure_new(s->type, handler, (void *)s, &err);
    if (!closure) {
        refuse(s, "callback", &err);
        return;
    }
    memcpy(seen, sent, sizeof sent);
    memset(*given_result, 0x5A, VALUE);
    *wide_result = 0;
    ((void (*)(void (*)(void)))symbol("c", s->index))(abi_closure_code(closure));
    if (types[s->result]->kind != ABI_VOID && !same(result, *given_result, s->result))
        differ(s, "callback", -1, result, *given_result);
    if (is_narrow(types[s->result]) && *wide_result != (long long)extended(result, types[s->result]))
        differ(s, "callback", -1, result, (unsigned char *)wide_result);
    abi_closure_free(closure);
}

static void read_signature(FILE *in)
{
    Signature s;
    AbiError err = {0};
    AbiQType params[MAX_PARAMS];
    if (fscanf(in, "%d %d %d %d %d", &s.index, &s.result, &s.variadic, &s.nfixed, &s.nparams) != 5
        || s.nparams > MAX_PARAMS)
        die("bad", "signature");
    for (int i = 0; i < s.nparams; i++) {
        if (fscanf(in, "%d", &s.param[i]) != 1)
            die("bad", "parameter");
        params[i] = (AbiQType){types[s.param[i]], 0};
    }
    AbiFunctionDecl decl = {{types[s.result], 0}, params, (size_t)s.nfixed, s.variadic, false, ABI_CDECL};
    abi_lock(graph);
    s.type = abi_function(graph, &decl, &err);
    if (!s.type)
        die("function type:", err.msg);
    abi_retain(s.type);
    abi_unlock(graph);
    prepare(&s);
    try_call(&s, "direct");
    try_call(&s, "libffi");
    if (!s.variadic) {
        try_plan(&s);
        try_closure(&s);
    }
    abi_lock(graph);
    abi_release(s.type);
    abi_sweep(graph);
    abi_unlock(graph);
    done++;
}

int main(int argc, char **argv)
{
    char letter;
    if (argc != 4)
        die("usage:", "calls_driver DESCRIPTION LIBRARY SEED");
    FILE *in = fopen(argv[1], "r");
    library = dlopen(argv[2], RTLD_NOW);
    if (!in || !library)
        die("cannot open", in ? dlerror() : argv[1]);
    state = strtoull(argv[3], NULL, 0) * 2654435769u + 88172645463325252u;
    seen = symbol("cd_args", -1);
    given_result = symbol("cd_result", -1);
    wide = symbol("cd_wide", -1);
    wide_result = symbol("cd_wide_result", -1);
    graph = abi_graph_new();
    region = graph ? abi_region_new(graph) : NULL;
    if (!region)
        die("out of", "memory");
    while (fscanf(in, " %c", &letter) == 1)
        letter == 'T' ? read_type(in) : read_signature(in);
    fclose(in);
    abi_lock(graph);
    for (int i = 0; i < MAX_TYPES; i++)
        if (types[i])
            abi_release(types[i]);
    abi_region_release(region);
    abi_unlock(graph);
    abi_graph_free(graph);
    printf("%ld signatures, %ld refusals, %ld differences\n", done, refused, differences);
    return differences ? 1 : 0;
}
