#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/metrics.h"

/* The second number of "size resident shared …", in pages. */
static int64_t resident_bytes(void)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(256);
    const char *resident;
    BL_ERROR(err);

    if (bl_file_read("/proc/self/statm", &text, &err) < 0)
        return 0;
    resident = strchr(text.text, ' ');
    return resident ? strtoll(resident, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

static int64_t open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int64_t count = 0;

    while (folder && readdir(folder))
        count++;
    if (folder)
        (void)closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", ".." and the folder itself */
}

void bl_metrics_render_process(struct bl_strbuf *out, const char *version)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    int64_t micros = ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
                     usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    bl_strbuf_addf(out,
                   "# HELP process_cpu_seconds_total CPU time used.\n"
                   "# TYPE process_cpu_seconds_total counter\n"
                   "process_cpu_seconds_total %" PRId64 ".%06" PRId64 "\n",
                   micros / 1000000, micros % 1000000);
    bl_strbuf_addf(out,
                   "# HELP process_resident_memory_bytes Memory in use.\n"
                   "# TYPE process_resident_memory_bytes gauge\n"
                   "process_resident_memory_bytes %" PRId64 "\n",
                   resident_bytes());
    bl_strbuf_addf(out,
                   "# HELP process_open_fds Open file descriptors.\n"
                   "# TYPE process_open_fds gauge\n"
                   "process_open_fds %" PRId64 "\n",
                   open_descriptors());
    bl_strbuf_addf(out,
                   "# HELP ballast_build_info What runs.\n"
                   "# TYPE ballast_build_info gauge\n"
                   "ballast_build_info{version=\"%s\"} 1\n",
                   version);
}
