/* Threads that C made, when they run callbacks: each keeps one Python thread state until it ends.
 *
 * PyGILState_Release() destroys the state that PyGILState_Ensure() made, and with it the thread's
 * threading.local values and its entry in the threading module. So such a thread's first callback takes one
 * count more of its state, and leaves a record in a key of the thread (pthread_key_create). When the thread ends,
 * the key's destructor puts the record in a list; it may not do more: it has no GIL, may not wait for one (who
 * joins the thread may hold it), and the interpreter may be gone. The next callback, on whatever thread,
 * destroys the states that are listed. Free-threaded Python has no such lock, and there the thread does it itself.
 *
 * Only the main interpreter has such states: PyGILState_Ensure() knows no other. CPython deletes them by itself
 * when it ends and, in the child, when it forks: the list is then dropped, and no state touched. */
#include "pymod/callback.h"
#include "pymod/compat.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct ThreadRecord {
    struct ForeignThreads *all; /* counted in its references */
    PyThreadState *state;       /* borrowed from its interpreter */
    struct ThreadRecord *next;  /* of those that ended */
    pid_t pid;                  /* of the process in which the thread ended */
} ThreadRecord;

struct ForeignThreads {
    PyInterpreterState *interpreter; /* only compared */
    pthread_key_t key;               /* the thread's ThreadRecord */
    size_t references;               /* the module state, and each thread that has a record: atomic */
    ThreadRecord *ended;             /* owned; pushed to and taken as a whole, atomically: no lock, which a fork could leave locked */
};

/* ---------------------------------------------------------------- the records; nothing here needs Python */

static void records_free(ThreadRecord *record) {
    while (record) {
        ThreadRecord *next = record->next;
        free(record);
        record = next;
    }
}

static void release(ForeignThreads *all) {
    if (__atomic_sub_fetch(&all->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    pthread_key_delete(all->key);
    records_free(all->ended);
    free(all);
}

#ifdef Py_GIL_DISABLED
/* Destroy the state of the calling thread, which ends: false if that may not be.
 *
 * Without a GIL this must be done now, and can be, since none is waited for. CPython's reference counts know an object's
 * owner by the id of its thread, which the system gives to the next thread. With a state that outlives its thread CPython
 * would list what belongs to the next thread, and who destroys the state then would count while the owner does. (And a
 * state ends with the free lists of whoever ends it.) */
static bool destroyed_now(PyThreadState *state) {
    if (Py_IsFinalizing() || !Py_IsInitialized() || state->gilstate_counter != 1)
        return false;
    if (PyGILState_GetThisThreadState() != state)
        state->_status.bound_gilstate = 0; /* see state_delete() */
    PyEval_RestoreThread(state);
    /* The end of a thread's values may run code that makes new ones: as often as pthreads try it with theirs. */
    for (int i = 0; i < PTHREAD_DESTRUCTOR_ITERATIONS; i++) {
        Py_CLEAR(state->threading_local_key);
        Py_CLEAR(state->threading_local_sentinel);
        Py_CLEAR(state->dict);
    }
    PyThreadState_Clear(state);
    PyThreadState_DeleteCurrent();
    return true;
}
#endif

/* The key's destructor. */
static void thread_ends(void *value) {
    ThreadRecord *record = value;
    ForeignThreads *all = record->all; /* RECORD may be freed as soon as it is listed */
#ifdef Py_GIL_DISABLED
    if (destroyed_now(record->state)) {
        free(record);
        release(all);
        return;
    }
#endif
    record->pid = getpid();
    record->next = __atomic_load_n(&all->ended, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(&all->ended, &record->next, record, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {}
    release(all);
}

static ForeignThreads *threads_new(void) {
    ForeignThreads *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->references = 1;
    all->interpreter = PyInterpreterState_Get();
    if (pthread_key_create(&all->key, thread_ends) == 0)
        return all;
    free(all);
    return NULL;
}

/* Made when it is first wanted; NULL if it cannot be. */
static ForeignThreads *threads_of(ModuleState *st) {
    ForeignThreads *found = __atomic_load_n(&st->foreign_threads, __ATOMIC_ACQUIRE), *made;
    if (found || !(made = threads_new()))
        return found;
    if (__atomic_compare_exchange_n(&st->foreign_threads, &found, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return made;
    release(made);
    return found;
}

/* ---------------------------------------------------------------- thread states */

static void state_delete(PyThreadState *state) {
    PyThreadState_Clear(state); /* may run any Python code */
#if PY_VERSION_HEX >= 0x030C0000
    /* From here on the deletion of a state that has this mark makes PyGILState_GetThisThreadState() forget the state of
     * the thread that deletes, as if that were its own. */
    state->_status.bound_gilstate = 0;
#endif
    PyThreadState_Delete(state);
}

/* Destroy the states of threads that ended. */
static void reap(ForeignThreads *all) {
    if (Py_IsFinalizing() || all->interpreter != PyInterpreterState_Get())
        return;
    ThreadRecord *record = __atomic_exchange_n(&all->ended, NULL, __ATOMIC_ACQUIRE);
    while (record) {
        ThreadRecord *next = record->next;
        /* A thread that ended in the middle of a callback, by pthread_exit(), has frames left: its state stays. */
        if (record->pid == getpid() && record->state->gilstate_counter == 1)
            state_delete(record->state);
        free(record);
        record = next;
    }
}

/* Keep the current thread's new state until the thread ends. If that cannot be, the state lasts for this callback. */
static void keep(ForeignThreads *all) {
    if (all->interpreter != PyInterpreterState_Get())
        return;
    ThreadRecord *record = calloc(1, sizeof *record), *earlier = pthread_getspecific(all->key);
    if (!record || pthread_setspecific(all->key, record) != 0) {
        free(record);
        return;
    }
    __atomic_add_fetch(&all->references, 1, __ATOMIC_RELAXED);
    record->all = all;
    PyGILState_Ensure(); /* the count that stays */
    record->state = PyThreadState_Get();
    /* The thread is ending, its other keys' destructors call back, and it has forgotten the state it had. */
    if (earlier) {
        PyThreadState *state = PyEval_SaveThread();
        thread_ends(earlier);
        PyEval_RestoreThread(state);
    }
}

/* ---------------------------------------------------------------- for callbacks */

bool thread_enter(ThreadEntry *entry) {
    entry->is_new = PyGILState_GetThisThreadState() == NULL;
    /* While the interpreter ends it is not initialized either, but the thread that ends it has a state. */
    if (entry->is_new && !Py_IsInitialized())
        return false;
    entry->gil = PyGILState_Ensure();
    return true;
}

void thread_keep(const ThreadEntry *entry, ModuleState *st) {
    ForeignThreads *all = entry->is_new ? threads_of(st) : __atomic_load_n(&st->foreign_threads, __ATOMIC_ACQUIRE);
    if (!all)
        return;
    if (entry->is_new)
        keep(all);
    if (__atomic_load_n(&all->ended, __ATOMIC_RELAXED))
        reap(all);
}

void thread_leave(const ThreadEntry *entry) { PyGILState_Release(entry->gil); }

void foreign_threads_free(ModuleState *st) {
    ForeignThreads *all = st->foreign_threads;
    st->foreign_threads = NULL;
    if (!all)
        return;
    if (all->ended)
        reap(all);
    release(all);
}
