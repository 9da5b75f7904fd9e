/* va_list: what the compilers' <stdarg.h> makes of it, which each calling convention says. */
#include <string.h>

#include "abi/impl.h"

#define MAX_MEMBERS 5

typedef struct Rule {
    const char *tag;
    bool is_array; /* of one record: as a parameter it decays to a pointer, which the record itself does not */
    size_t count;
    struct { const char *name; AbiPrim prim; } members[MAX_MEMBERS]; /* VOID stands for void * */
} Rule;

#ifdef __aarch64__ /* AAPCS64, 10.1.5 and appendix B */
static const Rule rule = {"__va_list", false, 5, {
    {"__stack", ABI_P_VOID}, {"__gr_top", ABI_P_VOID}, {"__vr_top", ABI_P_VOID}, {"__gr_offs", ABI_P_INT}, {"__vr_offs", ABI_P_INT}}};
#else /* System V psABI x86-64, 3.5.7, figure 3.34 */
static const Rule rule = {"__va_list_tag", true, 4, {
    {"gp_offset", ABI_P_UINT}, {"fp_offset", ABI_P_UINT}, {"overflow_arg_area", ABI_P_VOID}, {"reg_save_area", ABI_P_VOID}}};
#endif

/* The record behind va_list, under its tag: new, complete, of REGION. NULL and ERR when out of memory. LOCKED. */
AbiType *abi_va_list_record(AbiRegion *region, AbiError *err)
{
    AbiGraph *graph = region->graph;
    AbiMemberDecl members[MAX_MEMBERS];
    AbiQType pointer = {abi_pointer(graph, (AbiQType){abi_primitive(graph, ABI_P_VOID), 0}, err), 0};
    const char *tag = abi_region_name(region, rule.tag, strlen(rule.tag));
    AbiType *record = tag && pointer.type ? abi_record_new(region, ABI_STRUCT, tag, err) : NULL;
    for (size_t i = 0; i < rule.count && record; i++) {
        AbiPrim prim = rule.members[i].prim;
        AbiQType type = prim == ABI_P_VOID ? pointer : (AbiQType){abi_primitive(graph, prim), 0};
        members[i] = (AbiMemberDecl){abi_region_name(region, rule.members[i].name, strlen(rule.members[i].name)), type, -1, 0, false};
        if (!members[i].name)
            record = NULL;
    }
    if (!record) {
        abi_fail_nomem(err);
        return NULL;
    }
    return abi_record_complete(record, members, rule.count, &(AbiRecordOptions){0}, err) < 0 ? NULL : record;
}

const char *abi_va_list_tag(void)
{
    return rule.tag;
}

/* va_list itself, made of its RECORD. NULL and ERR when out of memory. LOCKED. */
const AbiType *abi_va_list(AbiType *record, AbiError *err)
{
    return rule.is_array ? abi_array(record->graph, (AbiQType){record, 0}, 1, err) : record;
}
