/* Built from frontend/src; change it there and run: npm run build */
// frontend/src/handler_wrapper.ts
function refuse(type, error) {
  try {
    self.postMessage({ type, error });
  } catch (e) {
    self.postMessage({ type, error: String(error) });
  }
}
function answer(work, success, failure) {
  new Promise((resolve) => resolve(work())).then(
    () => self.postMessage({ type: success }),
    (error) => refuse(failure, error)
  );
}
function missing(method) {
  throw `${method} is not implemented`;
}
function handlerWrapper(Class) {
  let handler = new Class({});
  self.addEventListener("message", (message) => {
    var _a;
    const { type, timeout, attemptExternalId, options } = (_a = message.data) != null ? _a : {};
    switch (type) {
      case "config":
        handler = new Class(options != null ? options : {});
        break;
      case "startExamAttempt":
        answer(
          () => handler.onStartExamAttempt ? handler.onStartExamAttempt(timeout, attemptExternalId) : missing("onStartExamAttempt"),
          "examAttemptStarted",
          "examAttemptStartFailed"
        );
        break;
      case "endExamAttempt":
        answer(() => {
          var _a2;
          return (_a2 = handler.onEndExamAttempt) == null ? void 0 : _a2.call(handler, attemptExternalId);
        }, "examAttemptEnded", "examAttemptEndFailed");
        break;
      case "ping":
        answer(
          () => handler.onPing ? handler.onPing(timeout, attemptExternalId) : missing("onPing"),
          "echo",
          "pingFailed"
        );
        break;
      default:
        break;
    }
  });
}
var handler_wrapper_default = handlerWrapper;
export {
  handler_wrapper_default as default,
  handlerWrapper
};
