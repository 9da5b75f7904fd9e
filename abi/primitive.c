/* primitive: the primitive types of this platform, from primitive.def. */

#include <limits.h>
#include <wchar.h>

#include "abi/impl.h"

/* Types that the C compiler may not know, by size and alignment. */
typedef uint16_t AbiFloat16;
typedef struct { _Alignas(16) unsigned char bytes[16]; } AbiFloat128;

#define PRIM(id, kind, spelling, ctype, canonical) typedef ctype Prim##id;
#include "abi/primitive.def"
#undef PRIM

/* A canonical type is the one that the compiler sees, or the table is wrong for this platform. */
#define PRIM(id, kind, spelling, ctype, canonical) \
    _Static_assert(__builtin_types_compatible_p(Prim##id, Prim##canonical), #id " is not " #canonical);
#include "abi/primitive.def"
#undef PRIM
_Static_assert(__builtin_types_compatible_p(PrimWCHAR, wchar_t), "wchar_t is not int");

typedef struct Info {
    const char *spelling;
    uint8_t kind, canonical, size, align;
} Info;

static const Info table[ABI_PRIM_COUNT] = {
#define PRIM(id, kind, spelling, ctype, canonical) {spelling, kind, ABI_P_##canonical, sizeof(Prim##id), _Alignof(Prim##id)},
#include "abi/primitive.def"
#undef PRIM
};

/* How C spells a primitive type. */
const char *abi_primitive_spelling(AbiPrim prim)
{
    return table[prim].spelling;
}

static bool is_signed(AbiPrim canonical)
{
    switch (canonical) {
    case ABI_P_SCHAR:
    case ABI_P_SHORT:
    case ABI_P_INT:
    case ABI_P_LONG:
    case ABI_P_LLONG:
    case ABI_P_INT128:
        return true;
    case ABI_P_CHAR:
        return CHAR_MIN < 0;
    default:
        return false;
    }
}

static void init(AbiGraph *graph, AbiPrim prim)
{
    const Info *info = &table[prim];
    AbiType *t = &graph->primitives[prim];
    t->kind = info->kind;
    t->prim = (uint8_t)prim;
    t->size = info->size;
    t->align = info->align;
    t->main = t->plain = t;
    t->canonical = &graph->primitives[info->canonical];
    t->graph = graph;
    if (is_signed(info->canonical))
        t->flags |= ABI_F_SIGNED;
    if (prim == ABI_P_VOID) {
        t->flags |= ABI_F_INCOMPLETE;
        t->size = ABI_SIZE_UNKNOWN;
    }
    if (prim == ABI_P_NULLPTR)
        t->item.type = abi_primitive(graph, ABI_P_VOID);
    if (prim >= ABI_P_DECIMAL32 && prim <= ABI_P_DECIMAL128)
        t->flags |= ABI_F_NONCALLABLE;
}

/* Fill in the graph's primitive types. */
void abi_primitives_init(AbiGraph *graph)
{
    for (unsigned prim = 0; prim < ABI_PRIM_COUNT; prim++)
        init(graph, prim);
}

/* The primitive type PRIM; cannot fail. */
const AbiType *abi_primitive(AbiGraph *graph, AbiPrim prim)
{
    return &graph->primitives[prim];
}
