/* Functions of glibc that gcc's unwinder needs in a static binary with musl; `./check static` links them in. */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>

/* The unwinder calls these if there are threads. Its references are weak: the linker would leave some of them null. */
__attribute__((used)) static void *const threads[] = {
    pthread_once, pthread_mutex_lock, pthread_mutex_unlock,
    pthread_key_create, pthread_getspecific, pthread_setspecific,
};

/* The unwinder asks for the unwinding tables of a program counter. A static binary is one object, whose program headers
   name them. As in glibc's dlfcn.h; the last members are for other processors and later versions. */
struct dl_find_object {
    unsigned long long flags;
    void *start, *end;
    struct link_map *map;
    void *tables;
    unsigned long long rest[7];
};

static int tables(struct dl_phdr_info *object, size_t size, void *found) {
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        if (object->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME) {
            ((struct dl_find_object *)found)->tables = (char *)object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
            return 1;
        }
    }
    return 0;
}

int _dl_find_object(void *counter, struct dl_find_object *found) {
    (void)counter;
    return dl_iterate_phdr(tables, found) ? 0 : -1;
}
