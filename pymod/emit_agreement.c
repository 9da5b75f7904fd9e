/* Functions of the C source that take or give other integers than declared, though C converts them without a word: for each
 * declared one, calls that nobody makes, where a compiler is told to take such conversions for errors (c_source.py).
 *
 * Arguments that are cut, and those that are declared unsigned and become signed, are; and results of the other sign.
 * Negative arguments become large ones where the C source is unsigned, as in C: so a signed one stands in as 0 where signs are
 * looked at. What a macro does with its arguments is its own business. */
#include "pymod/emit_function.h"

static bool any_argument(const Wrapper *w, unsigned is) {
    for (size_t i = 1; i <= w->n; i++)
        if (w->values[i].kind->is & is)
            return true;
    return false;
}

static void put_parameters(Emit *e, const Wrapper *w) {
    for (size_t i = 1; i <= w->n; i++)
        emit_about(e, w, i, i > 1 ? ", @b_x@i@a" : "@b_x@i@a");
    emit_string(e, w->n ? ")" : "void)");
}

/* _cffi_narrow_NAME. */
void emit_narrowing(Emit *e, const Wrapper *w) {
    if (!any_argument(w, INTEGRAL | ARITHMETIC))
        return;
    emit_about(e, w, 0, "#ifndef @n\n_CFFI_UNUSED static @b_cffi_narrow_@n(");
    put_parameters(e, w);
    emit_about(e, w, 0, w->is_void ? "@a\n{\n  @l; /* @w: @n: a parameter is narrower in the C source */\n}\n#endif"
                                   : "@a\n{\n  return @l; /* @w: @n: a parameter is narrower in the C source */\n}\n#endif");
}

/* The call, with arguments whose signs matter. */
static void put_call(Emit *e, const Wrapper *w) {
    emit_about(e, w, 0, "@n(");
    for (size_t i = 1; i <= w->n; i++) {
        unsigned is = w->values[i].kind->is;
        if (i > 1)
            emit_string(e, ", ");
        emit_about(e, w, i, is & BYTES ? "_CFFI_ANY_BYTES(_x@i)" : is & INTEGRAL && !(is & UNSIGNED) ? "(@c)0" : "_x@i");
    }
    emit_string(e, ")");
}

static void put_signs_of_arguments(Emit *e, const Wrapper *w) {
    emit_about(e, w, 0, "#ifndef @n\n  ");
    if (w->values[0].kind->is & NUMBERS)
        emit_about(e, w, 0, "@b_r@a = ");
    else if (!w->is_void)
        emit_string(e, "_CFFI_AUTO _r = ");
    put_call(e, w);
    emit_about(e, w, 0, w->is_void ? "; /* @w: @n: a sign is another one in the C source */\n#endif\n" : "; /* @w: @n: a sign is another one in the C source */\n  (void)_r;\n#endif\n");
}

/* _cffi_signs_NAME. */
void emit_signs(Emit *e, const Wrapper *w) {
    unsigned result = w->values[0].kind->is;
    bool matter = result & NUMBERS || any_argument(w, UNSIGNED | NUMBERS);
    if (!matter && !(result & SIGNED))
        return;
    emit_about(e, w, 0, "_CFFI_UNUSED static void _cffi_signs_@n(");
    put_parameters(e, w);
    emit_string(e, "\n{\n");
    if (result & SIGNED)
        emit_about(e, w, 0, "  _CFFI_SIGNED(@c, @l, \"@w: @n: the result is unsigned in the C source\")\n");
    if (matter)
        put_signs_of_arguments(e, w);
    emit_string(e, "}");
}
