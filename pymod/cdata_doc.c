/* cdata.__doc__: of a declared function its declaration, of anything else the text about its class.
 *
 * A descriptor of its own and not a PyGetSetDef, which would give itself where the class is asked. */
#include "pymod/cdata.h"

typedef struct CDataDoc {
    PyObject_HEAD
    PyObject *text; /* strong: about the class */
} CDataDoc;

static PyObject *doc_get(PyObject *self, PyObject *instance, PyObject *owner) {
    const CdeclSymbol *symbol = NULL;
    if (instance != NULL && instance != Py_None && cdata_is_function((CDataObject *)instance)) symbol = ((CDataFunction *)instance)->symbol;
    return symbol != NULL ? symbol_doc(symbol) : Py_NewRef(((CDataDoc *)self)->text);
}

static int doc_traverse(PyObject *self, visitproc visit, void *arg) {
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(((CDataDoc *)self)->text);
    return 0;
}

static void doc_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_XDECREF(((CDataDoc *)self)->text);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(doc, "The __doc__ of cdata.");

static PyType_Slot slots[] = {{Py_tp_doc, (void *)doc},         {Py_tp_descr_get, doc_get}, {Py_tp_traverse, doc_traverse},
                              {Py_tp_dealloc, doc_dealloc}, NO_INSTANCES {0, NULL}};

static PyType_Spec spec = {
    .name = "_cffi_backend._CDataDoc",
    .basicsize = sizeof(CDataDoc),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

static PyObject *doc_new(ModuleState *st, PyObject *text) {
    PyObject *type = PyType_FromModuleAndSpec(st->module, &spec, NULL);
    CDataDoc *self = type == NULL ? NULL : PyObject_GC_New(CDataDoc, (PyTypeObject *)type);
    Py_XDECREF(type);
    if (self == NULL) return NULL;
    self->text = Py_NewRef(text);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

int cdata_doc_install(ModuleState *st) {
    PyObject *dict = st->cdata_type->tp_dict, *text = PyDict_GetItemString(dict, "__doc__"); /* from Py_tp_doc */
    PyObject *descriptor = text == NULL ? NULL : doc_new(st, text);
    int failed = descriptor == NULL ? -1 : PyDict_SetItemString(dict, "__doc__", descriptor);
    Py_XDECREF(descriptor);
    PyType_Modified(st->cdata_type);
    return failed;
}
