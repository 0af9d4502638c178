/* The container that holds a pod's network: waits, and ends when told to.
   It is process 1, which signals do not end unless it asks for them. */
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static void end(int number) {
  (void)number;
  _exit(0);
}

int main(void) {
  signal(SIGTERM, end);
  signal(SIGINT, end);
  signal(SIGCHLD, SIG_IGN); /* the kernel buries orphans */
  for (;;) pause();
}
