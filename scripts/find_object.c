/* gcc's unwinder asks glibc for the unwinding tables of a program counter. A static binary with musl has one object,
   whose tables its program headers name. `./check static` links this in. */
#define _GNU_SOURCE
#include <link.h>

/* As in glibc's dlfcn.h; the last members are there for other processors and later versions. */
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
