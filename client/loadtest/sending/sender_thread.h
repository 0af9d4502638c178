// What makes a thread wake up on time.
#ifndef CLIENT_LOADTEST_SENDING_SENDER_THREAD_H_
#define CLIENT_LOADTEST_SENDING_SENDER_THREAD_H_

namespace sconce::load {

// Of the calling thread: the kernel rounds no sleep up, and, where this process
// may (as root, or with CAP_SYS_NICE), others make way when it wakes.
void PrepareSenderThread();

}  // namespace sconce::load

#endif  // CLIENT_LOADTEST_SENDING_SENDER_THREAD_H_
