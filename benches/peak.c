/* Runs the program named by its arguments, stops it as it exits, and prints in KiB what it held
 * then: all of it, and what was its own. A hook frees nothing, so that is its peak. The kernel's
 * own ru_maxrss is too coarse here: it is off by up to 32 pages a kind of page. */
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static long field(pid_t pid, const char *format)
{
    char path[64], line[256];
    long kib = -1;
    FILE *rollup;

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
    rollup = fopen(path, "r");
    while (rollup && kib < 0 && fgets(line, sizeof line, rollup))
        sscanf(line, format, &kib);
    if (rollup)
        fclose(rollup);
    return kib;
}

int main(int argc, char **argv)
{
    int status, signal_;
    pid_t child;

    if (argc < 2)
        return 2;
    child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execv(argv[1], argv + 1);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status))
        return 1;
    ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL);
    ptrace(PTRACE_CONT, child, 0, 0);
    while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
            printf("%ld %ld\n", field(child, "Rss: %ld"), field(child, "Private_Dirty: %ld"));
            ptrace(PTRACE_CONT, child, 0, 0);
            continue;
        }
        signal_ = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        ptrace(PTRACE_CONT, child, 0, signal_);
    }
    return 0;
}
