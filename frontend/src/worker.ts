// The provider's worker: one per request, created from a blob, so that its script may have another origin.

export type Kind = 'startExamAttempt' | 'endExamAttempt' | 'ping';

/** The message to the worker; `timeout` in milliseconds. */
export interface Question {
  type: Kind;
  timeout?: number;
  attemptExternalId?: string;
}

const SUCCESS: Record<Kind, string> = {
  startExamAttempt: 'examAttemptStarted',
  endExamAttempt: 'examAttemptEnded',
  ping: 'echo',
};
const FAILURES = ['examAttemptStartFailed', 'examAttemptEndFailed', 'pingFailed'];

/** A worker's error as one line: providers send texts, objects or nothing. */
export function described(error: unknown): string {
  if (typeof error === 'string') return error;
  const { message } = (error ?? {}) as { message?: unknown };
  if (typeof message === 'string' && message) return message;
  try {
    return JSON.stringify(error) ?? '';
  } catch {
    return String(error);
  }
}

function scriptFor(url: string): string {
  const absolute = new URL(url, window.location.href).href; // a blob has no base URL
  return URL.createObjectURL(
    new Blob([`importScripts(${JSON.stringify(absolute)});`], { type: 'application/javascript' }),
  );
}

/** Send a message to the worker; rejects with its error, if it cannot be loaded, or after `limitMs`. */
export function askWorker(url: string, question: Question, limitMs: number): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const source = scriptFor(url);
    let worker: Worker | undefined;
    const done = (failure?: string) => {
      clearTimeout(limit);
      worker?.terminate();
      URL.revokeObjectURL(source);
      if (failure === undefined) resolve();
      else reject(new Error(failure));
    };
    const limit = setTimeout(() => done('The proctoring application did not answer.'), limitMs);
    try {
      worker = new Worker(source);
    } catch (error) {
      return done(described(error));
    }
    worker.onmessage = (event: MessageEvent) => {
      const { type, error } = (event.data ?? {}) as { type?: string; error?: unknown };
      if (type === SUCCESS[question.type]) done();
      else if (type && FAILURES.includes(type)) done(described(error) || type);
    };
    worker.onerror = () => done('The script of the proctoring application failed.');
    worker.onmessageerror = () => done('The proctoring application sent what cannot be read.');
    worker.postMessage(question);
  });
}
