/* Counts the calls of CUDA's run time that wait for the device, by thread.
 *
 *   LD_PRELOAD=libsync_counter.so SYNC_COUNTER_FILE=path program
 *
 * Each process writes the table below to path.PID as it goes; gpu_check/syncs.py
 * reads it. A thread's group is its name with numbers as '#': "lane-12"
 * is "lane-#". The library has no symbol versions, so its functions satisfy
 * references to cudaFree@libcudart.so.12 as well as to those of .13. What cuBLAS
 * and cuDNN call is linked into them and is not seen.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { kRows = 256, kText = 32 };

/* `state`: 0 free, 1 being filled, 2 there. */
typedef struct {
  _Atomic uint32_t state;
  uint32_t unused;
  _Atomic uint64_t count;
  char group[kText];
  char call[kText];
} Row;

static Row *_Atomic table;
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

static void ForgetTable(void) { atomic_store(&table, NULL); }

static Row *OpenTable(void) {
  const char *path = getenv("SYNC_COUNTER_FILE");
  if (path == NULL) return NULL;
  char own[4096];
  snprintf(own, sizeof own, "%s.%d", path, (int)getpid());
  int file = open(own, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return NULL;
  size_t size = kRows * sizeof(Row);
  void *memory = ftruncate(file, (off_t)size) == 0
                     ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                            file, 0)
                     : MAP_FAILED;
  close(file);
  return memory == MAP_FAILED ? NULL : memory;
}

static Row *Table(void) {
  Row *found = atomic_load(&table);
  if (found != NULL) return found;
  pthread_mutex_lock(&opening);
  if (atomic_load(&table) == NULL) atomic_store(&table, OpenTable());
  pthread_mutex_unlock(&opening);
  return atomic_load(&table);
}

/* The file is there even if nothing is ever counted; a child that is forked
 * gets a table of its own. */
__attribute__((constructor)) static void Begin(void) {
  Table();
  pthread_atfork(NULL, NULL, ForgetTable);
}

static void GroupOfThread(char group[kText]) {
  memset(group, 0, kText);
  if (pthread_getname_np(pthread_self(), group, kText) != 0) strcpy(group, "?");
  char *end = group;
  for (const char *c = group; *c != '\0'; ++c) {
    int digit = *c >= '0' && *c <= '9';
    if (!digit) *end++ = *c;
    if (digit && (end == group || end[-1] != '#')) *end++ = '#';
  }
  *end = '\0';
}

static int IsRow(const Row *row, const char *group, const char *call) {
  return strcmp(row->group, group) == 0 && strcmp(row->call, call) == 0;
}

/* A row that another thread fills right now may be filled a second time under
 * the same name; the reader adds the two up. */
static void Count(const char *call) {
  Row *rows = Table();
  if (rows == NULL) return;
  char group[kText];
  GroupOfThread(group);
  for (int i = 0; i < kRows; ++i) {
    uint32_t free_row = 0;
    if (atomic_compare_exchange_strong(&rows[i].state, &free_row, 1)) {
      strcpy(rows[i].group, group);
      strcpy(rows[i].call, call);
      atomic_store(&rows[i].state, 2);
    }
    if (atomic_load(&rows[i].state) == 2 && IsRow(&rows[i], group, call)) {
      atomic_fetch_add(&rows[i].count, 1);
      return;
    }
  }
}

/* The run time's own function. Most programs load it after they started, and
 * out of the sight of RTLD_NEXT. */
static void *Real(const char *name) {
  static const char *const libraries[] = {"libcudart.so.13", "libcudart.so.12"};
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; ++i) {
    void *library = dlopen(libraries[i], RTLD_LAZY | RTLD_NOLOAD);
    void *found = library == NULL ? NULL : dlsym(library, name);
    if (library != NULL) dlclose(library);
    if (found != NULL) return found;
  }
  void *next = dlsym(RTLD_NEXT, name);
  if (next != NULL) return next;
  fprintf(stderr, "libsync_counter.so: no libcudart has %s\n", name);
  abort();
}

/* cudaError_t is an int; streams, events and kinds fit in what stands here. */
#define COUNTED(name, parameters, arguments)                        \
  __attribute__((visibility("default"))) int name parameters {      \
    typedef int (*Function) parameters;                             \
    static _Atomic(Function) real;                                  \
    Function function = atomic_load(&real);                         \
    if (function == NULL) {                                         \
      function = (Function)Real(#name);                             \
      atomic_store(&real, function);                                \
    }                                                               \
    CALL_##name;                                                    \
    return function arguments;                                      \
  }

#define CALL_cudaStreamSynchronize Count("cudaStreamSynchronize")
#define CALL_cudaDeviceSynchronize Count("cudaDeviceSynchronize")
#define CALL_cudaEventSynchronize Count("cudaEventSynchronize")
#define CALL_cudaMemcpy Count("cudaMemcpy")
#define CALL_cudaMemcpyAsync CountCopy(to, from, kind)
#define CALL_cudaMalloc Count("cudaMalloc")
#define CALL_cudaFree Count("cudaFree")
#define CALL_cudaHostAlloc Count("cudaHostAlloc")
#define CALL_cudaMallocHost Count("cudaMallocHost")
#define CALL_cudaFreeHost Count("cudaFreeHost")
#define CALL_cudaHostRegister Count("cudaHostRegister")
#define CALL_cudaHostUnregister Count("cudaHostUnregister")

/* A copy from or to memory that is not page-locked waits, whatever its name
 * says. cudaPointerAttributes begins with the memory's type, 0 for such. */
static int IsPageable(const void *memory) {
  typedef int (*Attributes)(void *, const void *);
  static _Atomic(Attributes) real;
  Attributes function = atomic_load(&real);
  if (function == NULL) {
    function = (Attributes)Real("cudaPointerGetAttributes");
    atomic_store(&real, function);
  }
  _Alignas(16) int attributes[64] = {0};
  return function(attributes, memory) == 0 && attributes[0] == 0;
}

static void CountCopy(const void *to, const void *from, int kind) {
  enum { kToDevice = 1, kToHost = 2, kDefault = 4 };
  int waits = ((kind == kToDevice || kind == kDefault) && IsPageable(from)) ||
              ((kind == kToHost || kind == kDefault) && IsPageable(to));
  Count(waits ? "cudaMemcpyAsync of pageable" : "cudaMemcpyAsync");
}

COUNTED(cudaStreamSynchronize, (void *stream), (stream))
COUNTED(cudaDeviceSynchronize, (void), ())
COUNTED(cudaEventSynchronize, (void *event), (event))
COUNTED(cudaMemcpy, (void *to, const void *from, size_t bytes, int kind),
        (to, from, bytes, kind))
COUNTED(cudaMemcpyAsync,
        (void *to, const void *from, size_t bytes, int kind, void *stream),
        (to, from, bytes, kind, stream))
COUNTED(cudaMalloc, (void **memory, size_t bytes), (memory, bytes))
COUNTED(cudaFree, (void *memory), (memory))
COUNTED(cudaHostAlloc, (void **memory, size_t bytes, unsigned flags),
        (memory, bytes, flags))
COUNTED(cudaMallocHost, (void **memory, size_t bytes), (memory, bytes))
COUNTED(cudaFreeHost, (void *memory), (memory))
COUNTED(cudaHostRegister, (void *memory, size_t bytes, unsigned flags),
        (memory, bytes, flags))
COUNTED(cudaHostUnregister, (void *memory), (memory))
