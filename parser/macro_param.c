/* The names of a macro's parameters, for those who show it. */
#include "parser/pp.h"

const char *cdecl_macro_parameter(const CdeclScope *scope, const char *name, size_t n, size_t i, size_t *len) {
    AbiGraph *graph = abi_region_graph(cdecl_scope_region(scope));
    abi_lock(graph);
    const PpMacro *m = pp_find_macro(scope, name, n);
    const PpParam *param = m && i < m->n_params ? &m->params[i] : NULL;
    *len = param ? param->len : 0;
    const char *text = param ? param->name : NULL;
    abi_unlock(graph);
    return text;
}
