/* What help(), __doc__ and inspect.signature() say of a declared function. */
#include "pymod/compat.h"
#include "pymod/state.h"

#include <stdlib.h>

/* The text of a snprintf-like function as a str. */
typedef size_t Speller(const void *what, const char *insert, char *buf, size_t cap);

static PyObject *spelled(Speller *spell, const void *what, const char *insert) {
    char small[200], *buf = small;
    size_t n = spell(what, insert, small, sizeof small);
    if (n >= sizeof small) {
        buf = PyMem_Malloc(n + 1);
        if (!buf)
            return PyErr_NoMemory();
        spell(what, insert, buf, n + 1);
    }
    PyObject *str = PyUnicode_DecodeUTF8(buf, (Py_ssize_t)n, "replace");
    if (buf != small)
        PyMem_Free(buf);
    return str;
}

static size_t spell_symbol(const void *symbol, const char *insert, char *buf, size_t cap) {
    (void)insert;
    return cdecl_spell(symbol, buf, cap);
}

static size_t spell_type(const void *qtype, const char *insert, char *buf, size_t cap) {
    return abi_spell(*(const AbiQType *)qtype, insert, ABI_SPELL_C, buf, cap, NULL);
}

PyObject *symbol_text(const CdeclSymbol *symbol) {
    return spelled(spell_symbol, symbol, NULL);
}

PyObject *type_text(AbiQType type, const char *name) {
    return spelled(spell_type, &type, name);
}

PyObject *symbol_doc(const CdeclSymbol *symbol) {
    PyObject *text = symbol_text(symbol), *doc = NULL;
    if (text && symbol->file)
        doc = PyUnicode_FromFormat("%U;\n\nDeclared at %s:%u.", text, symbol->file, (unsigned)symbol->line);
    else if (text)
        doc = PyUnicode_FromFormat("%U;", text);
    Py_XDECREF(text);
    return doc;
}

/* ---- signature */

typedef struct Inspect {
    PyObject *signature, *parameter; /* strong: the classes */
    PyObject *positional, *variadic; /* strong: kinds of parameters */
} Inspect;

static void inspect_free(Inspect *in) {
    Py_CLEAR(in->signature);
    Py_CLEAR(in->parameter);
    Py_CLEAR(in->positional);
    Py_CLEAR(in->variadic);
}

static int inspect_load(Inspect *in) {
    memset(in, 0, sizeof *in);
    PyObject *module = PyImport_ImportModule("inspect");
    int rc = module && (in->signature = PyObject_GetAttrString(module, "Signature")) &&
                     (in->parameter = PyObject_GetAttrString(module, "Parameter")) &&
                     (in->positional = PyObject_GetAttrString(in->parameter, "POSITIONAL_ONLY")) &&
                     (in->variadic = PyObject_GetAttrString(in->parameter, "VAR_POSITIONAL"))
                 ? 0
                 : -1;
    Py_XDECREF(module);
    if (rc < 0)
        inspect_free(in);
    return rc;
}

/* A Python name for parameter I: the declared one, unless it has none, is a Python keyword, or an
 * earlier parameter has it. Returns a new str. */
static PyObject *parameter_name(const CdeclSymbol *symbol, size_t i, PyObject *taken) {
    PyObject *name = symbol->params && symbol->params[i] ? PyUnicode_FromString(symbol->params[i]) : NULL;
    if (!name && PyErr_Occurred())
        return NULL;
    if (name) {
        PyObject *keyword = PyImport_ImportModule("keyword");
        PyObject *answer = keyword ? PyObject_CallMethod(keyword, "iskeyword", "O", name) : NULL;
        int bad = answer ? PyObject_IsTrue(answer) : -1;
        if (bad == 0)
            bad = !PyUnicode_IsIdentifier(name) ? 1 : PySequence_Contains(taken, name);
        Py_XDECREF(keyword);
        Py_XDECREF(answer);
        if (bad != 0)
            Py_CLEAR(name);
        if (bad < 0)
            return NULL;
    }
    return name ? name : PyUnicode_FromFormat("arg%zu", i);
}

static PyObject *make_parameter(const Inspect *in, PyObject *name, PyObject *kind, PyObject *annotation) {
    PyObject *args = PyTuple_Pack(2, name, kind), *kwargs = PyDict_New(), *result = NULL;
    if (args && kwargs && (!annotation || PyDict_SetItemString(kwargs, "annotation", annotation) == 0))
        result = PyObject_Call(in->parameter, args, kwargs);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    return result;
}

static int append_parameter(const Inspect *in, PyObject *list, PyObject *taken, PyObject *name, PyObject *kind,
                            const AbiQType *type) {
    PyObject *annotation = name && type ? spelled(spell_type, type, "") : NULL;
    PyObject *parameter = name && (annotation || !type) ? make_parameter(in, name, kind, annotation) : NULL;
    int rc = parameter && PyList_Append(list, parameter) == 0 ? PyList_Append(taken, name) : -1;
    Py_XDECREF(annotation);
    Py_XDECREF(parameter);
    Py_XDECREF(name);
    return rc;
}

static PyObject *parameters(const Inspect *in, const CdeclSymbol *symbol) {
    const AbiFunction *fn = symbol->type.type->function;
    PyObject *list = PyList_New(0), *taken = PyList_New(0);
    int rc = list && taken ? 0 : -1;
    for (size_t i = 0; rc == 0 && i < fn->nparams; i++)
        rc = append_parameter(in, list, taken, parameter_name(symbol, i, taken), in->positional, &fn->params[i]);
    if (rc == 0 && fn->variadic)
        rc = append_parameter(in, list, taken, PyUnicode_FromString("varargs"), in->variadic, NULL);
    Py_XDECREF(taken);
    if (rc < 0)
        Py_CLEAR(list);
    return list;
}

PyObject *symbol_signature(const CdeclSymbol *symbol) {
    Inspect in;
    PyObject *list, *result = NULL, *args = NULL, *kwargs = NULL, *returns = NULL;
    if (symbol->type.type->kind != ABI_FUNCTION) {
        PyErr_Format(PyExc_AttributeError, "'%s' is not a function", symbol->name);
        return NULL;
    }
    if (inspect_load(&in) < 0)
        return NULL;
    if ((list = parameters(&in, symbol)) &&
        (returns = spelled(spell_type, &symbol->type.type->function->result, "")) && (args = PyTuple_Pack(1, list)) &&
        (kwargs = PyDict_New()) && PyDict_SetItemString(kwargs, "return_annotation", returns) == 0)
        result = PyObject_Call(in.signature, args, kwargs);
    Py_XDECREF(list);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    Py_XDECREF(returns);
    inspect_free(&in);
    return result;
}
