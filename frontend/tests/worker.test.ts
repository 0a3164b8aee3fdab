import { afterEach, describe, expect, test, vi } from 'vitest';
import { askWorker, described } from '../src/worker';
import handlerWrapper, { handlerWrapper as named } from '../src/handler_wrapper';
import { settle, workers } from './helpers';

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const URL_OF_WORKER = 'https://provider/worker.js';
const ask = (type: any = 'ping', url = URL_OF_WORKER) => askWorker(url, { type, timeout: 5 }, 1000);

describe('a question to the worker', () => {
  test.each([
    ['startExamAttempt', 'examAttemptStarted'],
    ['endExamAttempt', 'examAttemptEnded'],
    ['ping', 'echo'],
  ])('%s succeeds by %s, and nothing is left', async (type, answer) => {
    const seen = workers(() => ({ type: answer }));
    await ask(type);
    expect(seen.asked).toEqual([{ type, timeout: 5 }]);
    expect([seen.alive, seen.urls]).toEqual([0, 0]);
  });

  // defect BACKENDS-A14
  test('the script is imported from its absolute address, quoted', async () => {
    const seen = workers(() => ({ type: 'echo' }));
    await ask('ping');
    await ask('ping', '/static/w"orker.js');
    expect(seen.scripts).toEqual([
      'importScripts("https://provider/worker.js");',
      'importScripts("http://localhost:3000/static/w%22orker.js");',
    ]);
  });

  test.each([
    [{ type: 'pingFailed', error: 'no camera' }, 'no camera'],
    [{ type: 'pingFailed', error: { status: 404 } }, '{"status":404}'],
    [{ type: 'pingFailed' }, 'pingFailed'],
    ['broken', 'The script of the proctoring application failed.'],
  ])('%j is a failure, and nothing is left', async (answer, text) => {
    const seen = workers(() => answer);
    await expect(ask()).rejects.toThrow(text);
    expect([seen.alive, seen.urls]).toEqual([0, 0]);
  });

  test('unknown messages are ignored', async () => {
    workers(() => [{ type: 'log' }, 'text', { type: 'echo' }]);
    await ask();
  });

  test('no response is a failure, and the worker is terminated', async () => {
    vi.useFakeTimers();
    const seen = workers(() => null);
    const asked = expect(ask()).rejects.toThrow('did not answer');
    await vi.advanceTimersByTimeAsync(1000);
    await asked;
    expect([seen.alive, seen.urls]).toEqual([0, 0]);
  });

  test('a policy that forbids workers is a failure', async () => {
    const seen = workers(() => null);
    vi.stubGlobal('Worker', class {
      constructor() {
        throw new DOMException('forbidden', 'SecurityError');
      }
    });
    await expect(ask()).rejects.toThrow('forbidden');
    expect(seen.urls).toBe(0);
  });
});

test.each([
  ['text', 'text'],
  [new Error('message'), 'message'],
  [{ a: 1 }, '{"a":1}'],
  [undefined, ''],
])('%j as a line', (error, line) => expect(described(error)).toBe(line));

describe('the wrapper for workers of providers', () => {
  function worker(Class: any, post: (message: any) => void = () => undefined) {
    const posted: any[] = [];
    let listen: (event: any) => void = () => undefined;
    vi.stubGlobal('self', {
      postMessage: (message: any) => (post(message), posted.push(message)),
      addEventListener: (_type: string, listener: any) => (listen = listener),
    });
    handlerWrapper(Class);
    return { posted, send: (data: any) => listen({ data }) };
  }

  class Good {
    static last: Good;
    calls: any[] = [];
    constructor(readonly options: any) {
      Good.last = this;
    }
    async onStartExamAttempt(...args: any[]) {
      this.calls.push(['start', ...args]);
      return 'not transmitted';
    }
    async onEndExamAttempt(...args: any[]) {
      this.calls.push(['end', ...args]);
    }
    async onPing(...args: any[]) {
      this.calls.push(['ping', ...args]);
      throw { status: 404 };
    }
  }

  test('is exported under both names', () => expect(named).toBe(handlerWrapper));

  test('messages become calls, and promises become responses', async () => {
    const { posted, send } = worker(Good);
    expect(Good.last.options).toEqual({});
    send({ type: 'startExamAttempt', timeout: 5, attemptExternalId: 'a' });
    send({ type: 'endExamAttempt', timeout: 5, attemptExternalId: 'a' });
    send({ type: 'ping', timeout: 5, attemptExternalId: 'a' });
    send({ type: 'other' });
    send(null);
    await settle();
    expect(Good.last.calls).toEqual([['start', 5, 'a'], ['end', 'a'], ['ping', 5, 'a']]);
    expect(posted).toEqual([
      { type: 'examAttemptStarted' },
      { type: 'examAttemptEnded' },
      { type: 'pingFailed', error: { status: 404 } },
    ]);
  });

  test('options create a new handler', () => {
    const { send } = worker(Good);
    send({ type: 'config', options: { baseUrl: 'x' } });
    expect(Good.last.options).toEqual({ baseUrl: 'x' });
  });

  test('a missing method to end succeeds, and a missing method to start fails', async () => {
    const { posted, send } = worker(class {});
    for (const type of ['startExamAttempt', 'ping', 'endExamAttempt']) send({ type });
    await settle();
    expect(posted).toContainEqual({ type: 'examAttemptStartFailed', error: 'onStartExamAttempt is not implemented' });
    expect(posted).toContainEqual({ type: 'pingFailed', error: 'onPing is not implemented' });
    expect(posted).toContainEqual({ type: 'examAttemptEnded' });
  });

  test('what is thrown, and an error that cannot be posted, are answered too', async () => {
    const unpostable = { toString: () => 'a function inside', run: () => 1 };
    const Class = class {
      onPing() {
        throw unpostable;
      }
    };
    const { posted, send } = worker(Class, (message) => {
      if (message.error === unpostable) throw new DOMException('not cloned', 'DataCloneError');
    });
    send({ type: 'ping' });
    await settle();
    expect(posted).toEqual([{ type: 'pingFailed', error: 'a function inside' }]);
  });
});
