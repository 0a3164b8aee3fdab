import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { namespace } from '../src/proctored_exam';
import { awaitScreens, bindScreens, dressScreens } from '../src/screens';
import { modalDialogs, server, settle, watchNavigation } from './helpers';

const STATE = 'data-change-state-url="/attempt/7"';

beforeAll(() => bindScreens());
beforeEach(() => {
  modalDialogs();
  document.body.innerHTML = '';
  document.cookie = 'csrftoken=token';
  namespace().configuredWorkerURL = '';
});
afterEach(() => vi.unstubAllGlobals());

function page(html: string, more = ''): void {
  document.body.innerHTML = `<div class="sequence proctored-exam entrance" data-screen="x"><h3 tabindex="-1">Title</h3>${html}</div>${more}`;
}

const find = <T extends HTMLElement = HTMLButtonElement>(selector: string) => document.querySelector<T>(selector)!;

function click(selector: string): HTMLButtonElement {
  const button = find(selector);
  button.click();
  return button;
}

const message = () => document.querySelector('.proctoring-message');

describe('entering', () => {
  const GO = '<button class="start-timed-exam" data-ajax-url="/attempt" data-exam-id="3" data-start-immediately="true">Go</button>';

  test('a timed exam starts its clock', async () => {
    const sent = server({ body: { exam_attempt_id: 7 } });
    const navigation = watchNavigation();
    page(GO);
    click('.start-timed-exam');
    await settle();
    expect(sent).toEqual([
      { method: 'POST', url: '/attempt', data: { exam_id: '3', start_clock: 'true' }, token: 'token' },
    ]);
    expect(navigation.reloads).toBe(1);
  });

  test('a proctored exam does not', async () => {
    const sent = server({ body: { exam_attempt_id: 7 } });
    watchNavigation();
    page('<button class="start-timed-exam" data-ajax-url="/attempt" data-exam-id="3" data-attempt-proctored="true" data-start-immediately="false"><i>Go</i></button>');
    find('i').click();
    await settle();
    expect(sent[0].data).toEqual({ exam_id: '3', start_clock: 'false', attempt_proctored: 'true' });
  });

  test('a second click is not a second request', async () => {
    const sent = server({ body: {} });
    watchNavigation();
    page(GO);
    click('.start-timed-exam').click();
    await settle();
    expect(sent.length).toBe(1);
  });

  test('a refusal is shown as text and can be tried again', async () => {
    server({ status: 403, body: { detail: '<b>past due</b>' }, code: 'StudentExamAttemptOnPastDueProctoredExam' }, { body: {} });
    const navigation = watchNavigation();
    page(GO);
    const button = click('.start-timed-exam');
    await settle();
    expect(message()!.textContent).toBe('This exam has closed.');
    expect(navigation.reloads).toBe(0);
    button.click();
    await settle();
    expect(navigation.reloads).toBe(1);
  });

  test('an attempt that already exists is shown', async () => {
    server({ status: 400, code: 'StudentExamAttemptAlreadyExistsException' });
    const navigation = watchNavigation();
    page(GO);
    click('.start-timed-exam');
    await settle();
    expect([navigation.reloads, message()?.textContent ?? '']).toEqual([1, '']);
  });

  test('a network failure is explained', async () => {
    server('down');
    page(GO);
    click('.start-timed-exam');
    await settle();
    expect(message()!.textContent).toMatch(/connection/);
  });

  test('a host that has handled the click is left alone', async () => {
    const sent = server({ body: {} });
    page(GO);
    find('.start-timed-exam').addEventListener('click', (event) => event.preventDefault());
    click('.start-timed-exam');
    await settle();
    expect(sent).toEqual([]);
  });
});

describe('opting out', () => {
  const OUT = '<button class="start-timed-exam" data-ajax-url="/attempt" data-exam-id="3" data-attempt-proctored="false">No</button>';
  const CONFIRM = `<div class="sequence skip-confirm-wrapper hidden" hidden><h3 tabindex="-1">Sure?</h3>
    <button class="proctored-exam-skip-confirm-button" data-ajax-url="/attempt" data-exam-id="3" data-attempt-proctored="false" data-start-immediately="true">Yes</button>
    <button class="proctored-exam-skip-cancel-button">Back</button></div>`;
  beforeEach(() => page(OUT, CONFIRM));

  test('asks first; the focus goes there, and back on cancel', async () => {
    const sent = server({ body: {} });
    click('.start-timed-exam');
    expect([find('.entrance').hidden, find('.skip-confirm-wrapper').hidden]).toEqual([true, false]);
    expect(find('.skip-confirm-wrapper').classList).not.toContain('hidden');
    expect(document.activeElement).toBe(find('.skip-confirm-wrapper h3'));
    click('.proctored-exam-skip-cancel-button');
    expect([find('.entrance').hidden, find('.skip-confirm-wrapper').hidden]).toEqual([false, true]);
    expect(document.activeElement).toBe(find('.start-timed-exam'));
    await settle();
    expect(sent).toEqual([]);
  });

  test('confirmed, enters without proctoring', async () => {
    const sent = server({ body: {} });
    const navigation = watchNavigation();
    click('.start-timed-exam');
    click('.proctored-exam-skip-confirm-button');
    await settle();
    expect(sent[0].data).toEqual({ exam_id: '3', start_clock: 'true', attempt_proctored: 'false' });
    expect(navigation.reloads).toBe(1);
  });

  test.each([
    ['ok-button', [{ action: 'decline' }]],
    ['cancel-button', []],
  ])('during the set-up, answered by %s', async (answer, data) => {
    const sent = server({ body: {} });
    watchNavigation();
    page(`<button class="proctored-decline-exam" data-action="decline" ${STATE} data-confirm-text="Sure?">No</button>`);
    click('.proctored-decline-exam');
    expect(find('dialog .message-body').textContent).toBe('Sure?');
    click(`.${answer}`);
    await settle();
    expect(sent.map((one) => one.data)).toEqual(data);
  });
});

describe('actions', () => {
  test.each([
    ['.exam-action-button', `<button class="exam-action-button" name="submit-proctored-exam" data-action="submit" ${STATE}>x</button>`, 'submit'],
    ['.exam-action-button', `<button class="exam-action-button" name="goback-proctored-exam" data-action="start" ${STATE}>x</button>`, 'start'],
    ['.exam-action-button', `<button class="exam-action-button" data-action="stop" ${STATE}>x</button>`, 'stop'],
    ['.proctored-enter-exam', `<button class="proctored-enter-exam" data-action="start" ${STATE}>x</button>`, 'start'],
  ])('%s sends its action and shows the next screen', async (selector, html, action) => {
    const sent = server({ body: {} });
    const navigation = watchNavigation();
    page(html);
    click(selector);
    await settle();
    expect(sent).toEqual([{ method: 'PUT', url: '/attempt/7', data: { action }, token: 'token' }]);
    expect(navigation.reloads).toBe(1);
  });

  test('repeating onboarding takes two steps', async () => {
    const sent = server({ body: {} });
    watchNavigation();
    page(`<button class="exam-action-confirm">I want to</button><button class="exam-action-button" data-action="reset_attempt" ${STATE} disabled>Repeat</button>`);
    click('.exam-action-button');
    await settle();
    expect(sent).toEqual([]);
    click('.exam-action-confirm');
    expect(document.activeElement).toBe(find('.exam-action-button'));
    click('.exam-action-button');
    await settle();
    expect(sent[0].data).toEqual({ action: 'reset_attempt' });
  });

  test('reading the result', async () => {
    const sent = server({});
    const navigation = watchNavigation();
    page('<button class="visit-exam-button" data-action-url="/attempt/7/review_status">Show</button>');
    click('.visit-exam-button');
    await settle();
    expect(sent[0]).toMatchObject({ method: 'PUT', url: '/attempt/7/review_status', data: {} });
    expect(navigation.reloads).toBe(1);
  });
});

describe('a screen', () => {
  test('gets the focus on its heading, a place for words, and dates in the reader\'s own time', () => {
    page('<time id="wait_deadline" datetime="2026-05-04T12:00:00+00:00">x</time>');
    document.documentElement.lang = 'en';
    dressScreens();
    expect(document.activeElement).toBe(find('h3'));
    expect(find('.proctoring-status').textContent).toBe('');
    expect(find('time').textContent).toMatch(/^May 4, 2026.*9:00.*GMT\+9$/);
  });

  test('keeps the server\'s words for a date that cannot be read', () => {
    page('<time id="wait_deadline" datetime="soon">soon</time>');
    dressScreens();
    expect(find('time').textContent).toBe('soon');
  });

  test('does not take the focus from a field in use', () => {
    page('');
    document.body.insertAdjacentHTML('beforeend', '<input>');
    find('input').focus();
    dressScreens();
    expect(document.activeElement).toBe(find('input'));
  });

  test('says which worker there is', () => {
    page('<button data-worker-url="https://provider/worker.js" data-ping-interval="60" data-attempt-external-id="abc"></button>');
    dressScreens();
    expect(namespace()).toMatchObject({
      configuredWorkerURL: 'https://provider/worker.js', ProctoringAppPingInterval: 60, attemptExternalId: 'abc',
    });
  });

  test('without a worker leaves the one that is known', () => {
    namespace().configuredWorkerURL = 'https://provider/worker.js';
    page('<button data-worker-url=""></button>');
    dressScreens();
    expect(namespace().configuredWorkerURL).toBe('https://provider/worker.js');
  });

  test('that comes later is dressed, too; one from the browser\'s memory is loaded anew', async () => {
    const navigation = watchNavigation();
    const stop = awaitScreens();
    const back = (persisted: boolean) =>
      window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted }));
    back(true);
    expect(navigation.reloads).toBe(0);
    page('');
    await settle();
    expect(document.activeElement).toBe(find('h3'));
    back(false);
    expect(navigation.reloads).toBe(0);
    back(true);
    expect(navigation.reloads).toBe(1);
    stop();
  });
});
