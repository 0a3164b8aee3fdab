// For workers of providers: turns messages of the page into calls of a handler, and its promises into responses.

export interface Handler {
  onStartExamAttempt?(timeout?: number, attemptExternalId?: string): Promise<unknown>;
  onEndExamAttempt?(attemptExternalId?: string): Promise<unknown>;
  onPing?(timeout?: number, attemptExternalId?: string): Promise<unknown>;
}

export type HandlerClass = new (options: object) => Handler;

interface Incoming {
  type?: string;
  timeout?: number;
  attemptExternalId?: string;
  options?: object;
}

function refuse(type: string, error: unknown): void {
  try {
    self.postMessage({ type, error });
  } catch {
    self.postMessage({ type, error: String(error) }); // not every error can be posted
  }
}

function answer(work: () => unknown, success: string, failure: string): void {
  new Promise((resolve) => resolve(work())).then(
    () => self.postMessage({ type: success }),
    (error: unknown) => refuse(failure, error),
  );
}

function missing(method: string): never {
  throw `${method} is not implemented`; // a string can always be posted
}

export function handlerWrapper(Class: HandlerClass): void {
  let handler: Handler = new Class({});

  self.addEventListener('message', (message: MessageEvent) => {
    const { type, timeout, attemptExternalId, options } = (message.data ?? {}) as Incoming;
    switch (type) {
      case 'config':
        handler = new Class(options ?? {});
        break;
      case 'startExamAttempt':
        answer(
          () => (handler.onStartExamAttempt ? handler.onStartExamAttempt(timeout, attemptExternalId) : missing('onStartExamAttempt')),
          'examAttemptStarted',
          'examAttemptStartFailed',
        );
        break;
      case 'endExamAttempt': // nothing to do counts as success
        answer(() => handler.onEndExamAttempt?.(attemptExternalId), 'examAttemptEnded', 'examAttemptEndFailed');
        break;
      case 'ping':
        answer(
          () => (handler.onPing ? handler.onPing(timeout, attemptExternalId) : missing('onPing')),
          'echo',
          'pingFailed',
        );
        break;
      default:
        break;
    }
  });
}

export default handlerWrapper;
