import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CLOSED, checkExamAttemptStatus, endExam, namespace, pingApplication, publish } from '../src/proctored_exam';
import { modalDialogs, server, settle, watchNavigation, workers } from './helpers';

const WORKER = 'https://provider/worker.js';

beforeEach(() => {
  modalDialogs();
  document.body.innerHTML = '';
  Object.assign(namespace(), { configuredWorkerURL: '', ProctoringAppPingInterval: 0, attemptExternalId: 'remote' });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const published = () => (window as any).edx.courseware.proctored_exam;

function button(action: string, more = ''): HTMLButtonElement {
  document.body.innerHTML = `<div class="sequence">
    <button data-action="${action}" data-change-state-url="/attempt/7" ${more}>Go</button></div>`;
  return document.querySelector('button')!;
}

test('hosts find the functions under their names, and what they have put there stays', () => {
  (window as any).edx = { other: 1, courseware: { proctored_exam: { configuredWorkerURL: WORKER } } };
  publish();
  for (const name of ['updateStatusHandler', 'examStartHandler', 'examEndHandler', 'checkExamAttemptStatus',
    'endExam', 'pingApplication', 'accessibleError']) {
    expect(typeof published()[name], name).toBe('function');
  }
  expect((window as any).edx.other).toBe(1);
  expect(published().configuredWorkerURL).toBe(WORKER);
});

test("a host's own handler sends once, and our listener does not repeat it", async () => {
  publish();
  const sent = server({ body: {} });
  const navigation = watchNavigation();
  const element = button('reset_attempt');
  element.addEventListener('click', published().updateStatusHandler);
  const click = new MouseEvent('click', { bubbles: true, cancelable: true });
  element.dispatchEvent(click);
  await settle();
  expect(click.defaultPrevented).toBe(true);
  expect(sent.map((one) => one.data)).toEqual([{ action: 'reset_attempt' }]);
  expect(navigation.reloads).toBe(1);
});

test('a handler called as a method works on its element', async () => {
  publish();
  const sent = server({ body: {} });
  watchNavigation();
  published().examEndHandler.call(button('start'));
  await settle();
  expect(sent[0].data).toEqual({ action: 'start' });
});

test('resolves to the status of an attempt, or rejects', async () => {
  server({ body: { status: 'started' } }, { body: {} }, { status: 403, body: {} });
  expect(await checkExamAttemptStatus('/attempt/7')).toBe('started');
  await expect(checkExamAttemptStatus('/attempt/7')).rejects.toThrow('no status');
  await expect(checkExamAttemptStatus('/attempt/7')).rejects.toThrow('403');
});

describe('starting', () => {
  const start = (more: string) => published().examStartHandler.call(button('start', more));
  beforeEach(() => publish());

  test('without a worker only the server is notified', async () => {
    const sent = server({ body: {} });
    const navigation = watchNavigation();
    start('');
    await settle();
    expect(sent[0].data).toEqual({ action: 'start' });
    expect(navigation.reloads).toBe(1);
  });

  test('the application is started first, with the page\'s time limit and id', async () => {
    const order: string[] = [];
    const seen = workers((asked) => (order.push(asked.type), { type: 'examAttemptStarted' }));
    server({ body: {} });
    const fetch = globalThis.fetch;
    vi.stubGlobal('fetch', (...all: Parameters<typeof fetch>) => (order.push('server'), fetch(...all)));
    const navigation = watchNavigation();
    start(`data-worker-url="${WORKER}" data-ping-interval="60" data-attempt-external-id="abc"`);
    await settle();
    expect(order).toEqual(['startExamAttempt', 'server']);
    expect(seen.asked[0]).toEqual({ type: 'startExamAttempt', timeout: 60000, attemptExternalId: 'abc' });
    expect(navigation.reloads).toBe(1);
  });

  test('an application that does not start does not start the clock, and the learner is told', async () => {
    const sent = server({ body: {} });
    const navigation = watchNavigation();
    workers(() => ({ type: 'examAttemptStartFailed', error: 'no' }));
    start(`data-worker-url="${WORKER}"`);
    await settle();
    expect([sent.length, navigation.reloads]).toEqual([0, 0]);
    expect(document.querySelector('.message-body')!.textContent).toMatch(/application/);
    document.querySelector<HTMLElement>('.ok-button')!.click();
    expect(document.activeElement).toBe(document.querySelector('[data-action]'));
    expect(document.querySelector<HTMLButtonElement>('[data-action]')!.disabled).toBe(false);
  });

  test('the error names the provider and the reference for support', async () => {
    workers(() => ({ type: 'examAttemptStartFailed', error: 'no' }));
    start(`data-worker-url="${WORKER}" data-provider-name="Proctor" data-reference="B4W3-JZT4"`);
    await settle();
    for (const where of ['.message-body', '.proctoring-message']) {
      expect(document.querySelector(where)!.textContent).toMatch(/^The application of \u2068Proctor\u2069 .* B4W3-JZT4$/);
    }
  });

  test.each([
    ['', 10000],
    ['data-ping-interval="60"', 65000],
  ])('a silent worker (%s) is given up after %d ms', async (more, limit) => {
    vi.useFakeTimers();
    workers(() => null);
    const sent = server({ body: {} });
    start(`data-worker-url="${WORKER}" ${more}`);
    const shown = () => document.querySelector('.proctoring-message')?.textContent ?? '';
    await vi.advanceTimersByTimeAsync(limit - 1);
    expect(shown()).toBe('');
    await vi.advanceTimersByTimeAsync(1);
    expect(shown()).toMatch(/application/);
    expect(sent).toEqual([]);
  });
});

describe('submitting', () => {
  const submit = () => published().examEndHandler.call(button('submit', `data-worker-url="${WORKER}"`));
  beforeEach(() => publish());

  test('the server is notified before the worker, and the page is told that the exam has ended', async () => {
    const order: string[] = [];
    document.addEventListener(CLOSED, () => order.push('closed'), { once: true });
    const seen = workers((asked) => (order.push(asked.type), { type: 'examAttemptEnded' }));
    server({ body: {} });
    const fetch = globalThis.fetch;
    vi.stubGlobal('fetch', (...all: Parameters<typeof fetch>) => (order.push('server'), fetch(...all)));
    const navigation = watchNavigation();
    submit();
    await settle();
    expect(order).toEqual(['server', 'closed', 'endExamAttempt']);
    expect(seen.asked[0]).toMatchObject({ timeout: 90000, attemptExternalId: 'remote' });
    expect(navigation.reloads).toBe(1);
  });

  test('a worker that fails afterwards does not look like a failure', async () => {
    server({ body: {} });
    const navigation = watchNavigation();
    workers(() => ({ type: 'examAttemptEndFailed' }));
    submit();
    await settle();
    expect(navigation.reloads).toBe(1);
    expect(document.querySelector('.proctoring-message')?.textContent).toBeFalsy();
  });

  test('a worker that does not respond is awaited for a limited time, with a message', async () => {
    vi.useFakeTimers();
    server({ body: {} });
    const navigation = watchNavigation();
    workers(() => null);
    submit();
    await vi.advanceTimersByTimeAsync(89000);
    expect(document.querySelector('.proctoring-status')!.textContent).toMatch(/is submitted/);
    expect(navigation.reloads).toBe(0);
    await vi.advanceTimersByTimeAsync(1000);
    expect(navigation.reloads).toBe(1);
  });

  test('a refusal is shown, and the worker is not notified', async () => {
    server({ status: 503, body: { detail: 'busy' } });
    const navigation = watchNavigation();
    const seen = workers(() => ({ type: 'examAttemptEnded' }));
    submit();
    await settle();
    expect(document.querySelector('.proctoring-message')!.textContent).toMatch(/^The server is busy/);
    expect([navigation.reloads, seen.asked.length]).toEqual([0, 0]);
  });
});

describe('the end of the time', () => {
  test('without a worker nothing is done', async () => {
    const sent = server({});
    await endExam('/attempt/7');
    expect(sent).toEqual([]);
  });

  test('the worker ends once the server has', async () => {
    namespace().configuredWorkerURL = WORKER;
    const seen = workers(() => ({ type: 'examAttemptEnded' }));
    server({ body: { status: 'started' } }, { body: { status: 'submitted' } });
    await expect(endExam('/attempt/7')).rejects.toThrow('started');
    expect(seen.asked).toEqual([]);
    await endExam('/attempt/7');
    expect(seen.asked[0].type).toBe('endExamAttempt');
  });
});

describe('a ping', () => {
  test.each([
    [60, 50000],
    [11, 1000],
    [5, 1000],
  ])('every %d s gives the application %d ms', async (seconds, timeout) => {
    namespace().configuredWorkerURL = WORKER;
    const seen = workers(() => ({ type: 'echo' }));
    await pingApplication(seconds);
    expect(seen.asked[0]).toEqual({ type: 'ping', timeout, attemptExternalId: 'remote' });
  });

  test('no response is a failure', async () => {
    vi.useFakeTimers();
    namespace().configuredWorkerURL = WORKER;
    workers(() => null);
    const ping = expect(pingApplication(60)).rejects.toThrow('did not answer');
    await vi.advanceTimersByTimeAsync(60000);
    await ping;
  });

  test('without a worker the ping fails', () => expect(pingApplication(60)).rejects.toThrow('no worker'));
});

describe('submitting without a connection', () => {
  const reload = () => watchNavigation();

  test('goes on trying, says so, and ends when the server has it', async () => {
    vi.useFakeTimers();
    publish();
    const navigation = reload();
    const sent = server('down', 'down', { body: {} });
    const element = button('submit');
    published().examEndHandler.call(element);
    await vi.advanceTimersByTimeAsync(100);
    expect(document.querySelector('.proctoring-message')!.textContent).toMatch(/^Your exam is not submitted yet\. There is no connection\./);
    expect([sent.length, navigation.reloads]).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(5100);
    expect(sent.length).toBe(2);
    window.dispatchEvent(new Event('online')); // not only after the next pause
    await vi.advanceTimersByTimeAsync(100);
    expect([sent.length, navigation.reloads]).toEqual([3, 1]);
    expect(sent.map(({ data }) => data.action)).toEqual(['submit', 'submit', 'submit']);
  });

  test('the button offers to try at once, keeps the focus, and is busy while it tries', async () => {
    vi.useFakeTimers();
    publish();
    const navigation = reload();
    const sent = server('down', 'down', { body: {}, after: 40000 });
    const element = button('submit', 'data-loading-text="Submitting…"');
    const state = () => [element.textContent, element.getAttribute('aria-busy'), document.activeElement === element];
    element.focus();
    published().examEndHandler.call(element);
    expect(state()).toEqual(['Submitting…', 'true', true]);
    await vi.advanceTimersByTimeAsync(100);
    expect(state()).toEqual(['Try again now', null, true]);

    let alerts = 0;
    const watched = new MutationObserver((changes) => (alerts += changes.length));
    watched.observe(document.querySelector('.proctoring-message')!, { childList: true });
    published().examEndHandler.call(element);
    published().examEndHandler.call(element); // a second press does nothing
    await vi.advanceTimersByTimeAsync(100);
    expect([sent.length, alerts, ...state()]).toEqual([2, 1, 'Try again now', null, true]); // the alert is repeated

    published().examEndHandler.call(element);
    await vi.advanceTimersByTimeAsync(100);
    expect([sent.length, navigation.reloads, ...state()]).toEqual([3, 0, 'Submitting…', 'true', true]);
    published().examEndHandler.call(element);
    await vi.advanceTimersByTimeAsync(60000);
    expect([sent.length, navigation.reloads]).toEqual([3, 1]); // no try in parallel, and no earlier pause goes on
  });

  test('a refusal after a try by hand gives the button its own text again', async () => {
    publish();
    const sent = server('down', { status: 409 });
    const element = button('submit', 'data-loading-text="Submitting…"');
    published().examEndHandler.call(element);
    await settle();
    published().examEndHandler.call(element);
    await settle();
    expect([sent.length, element.textContent, element.getAttribute('aria-busy')]).toEqual([2, 'Go', null]);
    expect(document.querySelector('.proctoring-message')!.textContent).toMatch(/changed in another window/);
  });

  test('a refusal is shown at once', async () => {
    publish();
    const sent = server({ status: 409 });
    const element = button('submit');
    published().examEndHandler.call(element);
    await settle();
    expect([sent.length, element.getAttribute('aria-busy')]).toEqual([1, null]);
    expect(document.querySelector('.proctoring-message')!.textContent).toMatch(/changed in another window/);
  });
});
