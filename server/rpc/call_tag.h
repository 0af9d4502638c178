// CallTag: what a completion queue hands back when something happened.
#ifndef SERVER_RPC_CALL_TAG_H_
#define SERVER_RPC_CALL_TAG_H_

namespace sconce {

// The thread of the completion queue calls OnEvent() once for each operation
// that was started with the tag.
class CallTag {
 public:
  virtual ~CallTag() = default;

  // `ok` as gRPC defines it for the operation.
  virtual void OnEvent(bool ok) = 0;
};

// A tag that calls a member function of the object it is part of.
template <typename T, void (T::*Method)(bool)>
class MemberTag : public CallTag {
 public:
  explicit MemberTag(T* object) : object_(object) {}
  void OnEvent(bool ok) override { (object_->*Method)(ok); }

 private:
  T* const object_;
};

}  // namespace sconce

#endif  // SERVER_RPC_CALL_TAG_H_
