import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CLOSED, namespace } from '../src/proctored_exam';
import { type TimerBar, showTimer } from '../src/timer';
import { type Answer, RUNNING as DATA, pageWithTimer, server, visible, watchNavigation, workers } from './helpers';

const WORKER = 'https://provider/worker.js';
const COLLECTION = '/api/edx_proctoring/v1/proctored_exam/attempt';

let root: HTMLElement;
let found: TimerBar | null;

beforeEach(() => {
  root = pageWithTimer();
  Object.assign(namespace(), { configuredWorkerURL: '', attemptExternalId: '' });
  found = null;
});
afterEach(() => {
  found?.stop();
  window.onbeforeunload = null;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const shown = () => root.querySelector('#time_remaining_id b')?.textContent;
const said = () => root.querySelector('.timer-announce')!.textContent;
const classes = () => Array.from(root.querySelector('.exam-timer')!.classList).filter((name) => !name.startsWith('px-'));
const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60000);
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000);
const left = (time: number, more: object = {}): Answer =>
  ({ body: { status: 'started', time_remaining_seconds: time, accessibility_time_string: `${time} s`, ...more } });

async function bar(change: object = {}, ...answers: Answer[]) {
  const navigation = watchNavigation();
  const sent = server({ body: { ...DATA, ...change } }, ...answers);
  found = await showTimer(root);
  return { sent, navigation, polls: () => sent.filter((one) => one.url.includes('in_exam')).length };
}

describe('the bar', () => {
  test.each([
    { in_timed_exam: false },
    { attempt_status: 'error' },
    { time_remaining_seconds: 0 },
  ])('is absent with %j', async (change) => {
    await bar(change);
    expect(root.children.length).toBe(0);
  });

  test('appears when the network is available', async () => {
    const sent = server('down', { status: 503 }, { body: DATA });
    const showing = showTimer(root);
    await seconds(5 + 10);
    found = await showing;
    expect([sent.length, shown()]).toEqual([3, '0:10:00']);
  });

  test('is not requested again after a refusal', async () => {
    const sent = server({ status: 403 });
    await showTimer(root);
    await minutes(10);
    expect(sent.length).toBe(1);
  });

  test('polls the URL given by the host', async () => {
    root.dataset.attemptUrl = '/lms/api/attempt';
    const { sent } = await bar({}, left(540));
    await minutes(1);
    expect(sent.map((one) => one.url)).toEqual([
      '/lms/api/attempt', '/lms/api/attempt/7?sourceid=in_exam&proctored=true',
    ]);
  });
});

describe('the time', () => {
  test('counts down by the clock, however seldom the browser lets it tick', async () => {
    await bar({}, 'down');
    await seconds(10);
    expect(shown()).toBe('0:09:50');
    // A tab in the background: no tick for half a minute.
    const later = performance.now() + 30000;
    vi.spyOn(performance, 'now').mockReturnValue(later);
    await seconds(1);
    expect(shown()).toBe('0:09:20');
  });

  test('is asked for every minute, and the server\'s clock wins', async () => {
    const { sent } = await bar({}, left(1000));
    await minutes(1);
    expect(sent[1]).toMatchObject({ method: 'GET', url: `${COLLECTION}/7?sourceid=in_exam&proctored=true` });
    await seconds(1);
    expect(shown()).toBe('0:16:39');
  });

  test('a slow response is dated halfway between request and response', async () => {
    await bar({}, { ...(left(500) as object), after: 8000 });
    await minutes(1);
    await seconds(8);
    expect(shown()).toBe('0:08:16');
  });

  test('an answer without a time changes nothing', async () => {
    await bar({}, { body: { status: 'started' } });
    await minutes(1);
    await seconds(1);
    expect(shown()).toBe('0:08:59');
  });

  test('is asked for at once when the page is looked at again, and after the machine has slept', async () => {
    const { polls } = await bar({}, left(580));
    await seconds(10);
    visible(false);
    expect(polls()).toBe(0);
    visible(true);
    visible(true);
    await seconds(1);
    expect(polls()).toBe(1);
    vi.setSystemTime(Date.now() + 20 * 60000); // the wall clock went on, the monotonic one did not
    await seconds(1);
    expect(polls()).toBe(2);
  });
});

describe('announcements', () => {
  test('at first sight and at the thresholds only, in the words of the server', async () => {
    const { polls } = await bar({ time_remaining_seconds: 590 }, left(530), left(470), left(410), left(350), left(299));
    expect(said()).toBe('you have 10 minutes remaining');
    await seconds(289);
    expect(said()).toBe('you have 10 minutes remaining');
    expect(classes()).toEqual(['exam-timer']);
    await seconds(2);
    expect(said()).toBe('299 s');
    expect(classes()).toEqual(['exam-timer', 'low-time', 'warning']);
    await seconds(30);
    expect([said(), polls()]).toEqual(['299 s', 5]);
  });

  test('without an answer in our own words', async () => {
    await bar({ time_remaining_seconds: 62 }, 'down');
    await seconds(3);
    expect(said()).toMatch(/(59 seconds|1 minute) left$/); // after what is said at the same moment
    expect(classes()).toContain('critical');
    expect(classes()).not.toContain('warning');
  });

  test('again where time was added', async () => {
    await bar({ time_remaining_seconds: 290 }, left(400), left(340), left(299));
    await minutes(1);
    expect(classes()).toEqual(['exam-timer']);
    await seconds(101);
    expect([said(), classes().includes('warning')]).toEqual(['299 s', true]);
  });
});

describe('polling', () => {
  test.each([
    ['an error', left(5, { status: 'error' })],
    ['an exam that was submitted elsewhere', left(300, { status: 'submitted' })],
    ['an exam that was reset', left(300, { status: 'onboarding_reset' })],
    ['another account', { status: 403, code: 'ProctoredExamPermissionDenied' }],
    ['an attempt that was removed', { status: 404 }],
    ['an attempt that is unknown', { status: 400 }],
  ])('%s leaves the page', async (_name, answer) => {
    const { navigation, polls } = await bar({}, answer);
    await minutes(3);
    expect([navigation.reloads, polls()]).toEqual([1, 1]);
  });

  test('other answers are ignored', async () => {
    const { navigation, polls } = await bar({}, { status: 418 });
    await minutes(2);
    expect([navigation.reloads, polls()]).toEqual([0, 2]);
    expect(classes()).not.toContain('offline');
  });

  test('a network failure is shown, retried with growing intervals, and its end noticed', async () => {
    const { navigation, polls } = await bar({ time_remaining_seconds: 6000 }, 'down', 'down', 'down', left(5000));
    await seconds(60);
    expect(classes()).toContain('offline');
    expect(root.querySelector('.timer-connection')!.textContent).toMatch(/No connection/);
    await seconds(5 + 10);
    expect(polls()).toBe(3);
    await seconds(19);
    expect(polls()).toBe(3);
    await seconds(1);
    expect(polls()).toBe(4);
    expect(classes()).not.toContain('offline');
    expect([root.querySelector('.timer-connection'), said()]).toEqual([null, 'You are connected again.']);
    expect(navigation.reloads).toBe(0);
  });

  test('the browser says that the network is back', async () => {
    const { polls } = await bar({}, 'down', left(500));
    await seconds(60);
    window.dispatchEvent(new Event('online'));
    await seconds(0);
    expect(polls()).toBe(2);
    expect(classes()).not.toContain('offline');
  });
});

describe('the end of the time', () => {
  test('leaves the page after five seconds', async () => {
    const { navigation } = await bar({ time_remaining_seconds: 3 }, left(0, { status: 'submitted' }));
    await seconds(7);
    expect([navigation.reloads, shown()]).toEqual([0, '0:00:00']);
    await seconds(2);
    expect(navigation.reloads).toBe(1);
    await minutes(2);
    expect(navigation.reloads).toBe(1);
  });

  test('is not the end while the server has more time', async () => {
    const { navigation } = await bar({ time_remaining_seconds: 3 }, left(100));
    await seconds(12);
    expect(navigation.reloads).toBe(0);
    expect(shown()).toMatch(/^0:01:3\d/);
  });

  test('without a network keeps the page until the server answers', async () => {
    const { navigation } = await bar({ time_remaining_seconds: 3 }, 'down', 'down', 'down', left(0));
    await seconds(10);
    expect([navigation.reloads, classes().includes('offline')]).toEqual([0, true]);
    await minutes(1);
    expect(navigation.reloads).toBe(1);
  });

  test('tells the worker once the server has ended the attempt', async () => {
    const seen = workers(() => ({ type: 'examAttemptEnded' }));
    const { navigation } = await bar(
      { time_remaining_seconds: 3, desktop_application_js_url: WORKER },
      left(0), left(0), left(0, { status: 'submitted' }),
    );
    await seconds(20);
    expect(seen.asked).toMatchObject([{ type: 'endExamAttempt', attemptExternalId: 'remote' }]);
    expect(navigation.reloads).toBe(1);
  });

  test('comes also with a worker that fails and a server that is late', async () => {
    workers(() => ({ type: 'examAttemptEndFailed' }));
    const { navigation } = await bar({ time_remaining_seconds: 3, desktop_application_js_url: WORKER }, left(0));
    await seconds(30);
    expect(navigation.reloads).toBe(1);
  });
});

describe('ending by hand', () => {
  const press = () => root.querySelector<HTMLButtonElement>('.exam-button-turn-in-exam')!.click();

  test('stops the attempt and goes to the exam', async () => {
    const { sent, navigation } = await bar({}, { body: { exam_attempt_id: 7 } });
    press();
    press();
    await seconds(0);
    expect(sent.slice(1)).toMatchObject([{ method: 'PUT', url: `${COLLECTION}/7`, data: { action: 'stop' } }]);
    expect(navigation.urls).toEqual(['/exam']);
  });

  test('that fails is said, and can be tried again', async () => {
    const { navigation } = await bar({}, 'down', { body: {} });
    press();
    await seconds(0);
    expect(root.querySelector('[role=alert]')!.textContent).toMatch(/connection/);
    press();
    await seconds(0);
    expect(navigation.urls).toEqual(['/exam']);
  });

  test('is over once the exam is handed in on the page', async () => {
    const { sent, navigation } = await bar({ time_remaining_seconds: 70 }, left(0));
    document.dispatchEvent(new Event(CLOSED));
    await minutes(5);
    expect([sent.length, navigation.reloads]).toEqual([1, 0]);
  });
});

describe('the proctoring application', () => {
  const PING = { desktop_application_js_url: WORKER, ping_interval: 31 };
  const reports = (sent: any[]) => sent.filter((one) => one.data.action === 'error');

  test('is asked at half of the interval, also of an odd one, and then at each', async () => {
    const seen = workers(() => ({ type: 'echo' }));
    const { sent } = await bar(PING, left(500));
    await seconds(15);
    expect(seen.asked.length).toBe(0);
    await seconds(1);
    expect(seen.asked).toEqual([{ type: 'ping', timeout: 21000, attemptExternalId: 'remote' }]);
    await seconds(62);
    expect(seen.asked.length).toBe(3);
    expect(reports(sent)).toEqual([]);
  });

  test('lost, is reported; again while the network is gone, too; then the page is left', async () => {
    workers(() => ({ type: 'pingFailed', error: { status: 0 } }));
    const { sent, navigation } = await bar({ ...PING, time_remaining_seconds: 60000 }, 'down', { status: 503 }, { body: { exam_attempt_id: 7 } });
    await seconds(16 + 3 + 6);
    expect(reports(sent).length).toBe(3);
    expect(reports(sent)[0]).toMatchObject({ method: 'PUT', url: `${COLLECTION}/7`, data: { detail: '{"status":0}' } });
    expect(navigation.reloads).toBe(1);
  });

  test('is reported once at a time, however often it is missed', async () => {
    workers(() => ({ type: 'pingFailed' }));
    const { sent } = await bar({ ...PING, ping_interval: 4 }, 'down');
    await seconds(24); // at 2 s, and after 3, 6 and 12 more
    expect(reports(sent).length).toBe(4);
  });

  test.each([
    ['the server ignores', { body: { exam_attempt_id: false } }],
    ['the server refuses', { status: 400 }],
  ])('a report that %s keeps the learner in the exam', async (_name, answer) => {
    workers(() => ({ type: 'pingFailed' }));
    const { sent, navigation } = await bar(PING, answer);
    await seconds(20);
    expect([reports(sent).length, navigation.reloads]).toEqual([1, 0]);
    await seconds(31);
    expect(reports(sent).length).toBe(2);
  });

  test.each([
    { ...PING, desktop_application_js_url: '' },
    { ...PING, ping_interval: undefined },
    { ...PING, attempt_status: 'ready_to_submit' },
  ])('is left alone with %j', async (change: Partial<typeof DATA>) => {
    const seen = workers(() => ({ type: 'echo' }));
    await bar(change, left(500, { status: change.attempt_status ?? 'started' }));
    await seconds(50);
    expect(seen.asked).toEqual([]);
  });

  test('is that of the screen, where it names one', async () => {
    namespace().configuredWorkerURL = 'https://screen/worker.js';
    await bar(PING, left(500));
    expect(namespace().configuredWorkerURL).toBe('https://screen/worker.js');
  });
});

describe('leaving the page', () => {
  const asked = () => window.onbeforeunload?.call(window, new Event('beforeunload', { cancelable: true }) as BeforeUnloadEvent);
  const at = (path: string) => window.history.replaceState({}, '', path);
  afterEach(() => at('/'));

  test.each([
    ['/courses/a/b/c/courseware/x', { attempt_status: 'ready_to_submit' }, true],
    ['/courses/a/b/c/courseware/x', {}, false],
    ['/courses/a/b/c/progress', { attempt_status: 'ready_to_submit' }, false],
    ['/courses/a/b/c/courseware/x', { attempt_status: 'ready_to_submit', taking_as_proctored: false }, false],
  ])('%s with %j: warned? %s', async (path, change, warned) => {
    at(path);
    await bar(change, left(500));
    expect(Boolean(asked())).toBe(warned);
  });

  test('after the end nothing holds the learner on the page', async () => {
    at('/courses/a/b/c/courseware/x');
    await bar({ attempt_status: 'ready_to_submit', time_remaining_seconds: 3 }, left(0));
    await seconds(4);
    expect(asked()).toBe(undefined);
  });
});
