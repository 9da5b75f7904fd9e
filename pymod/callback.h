/* C calls Python, on any thread: shared by the files about callbacks. Private. */
#ifndef CDEFFI_CALLBACK_H
#define CDEFFI_CALLBACK_H

#include "pymod/state.h"

#include <stdbool.h>

/* ---- foreign_thread.c */
typedef struct ThreadEntry {
    PyGILState_STATE gil;
    bool is_new; /* Python did not know this thread */
} ThreadEntry;

/* Take the GIL, in a thread state made for it if need be. False: there is no interpreter, or it is ending. */
bool thread_enter(ThreadEntry *);
/* Let a new thread's state last as long as the thread, and destroy those of threads that ended. */
void thread_keep(const ThreadEntry *, ModuleState *);
void thread_leave(const ThreadEntry *);

#endif
