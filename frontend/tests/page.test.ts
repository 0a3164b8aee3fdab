import { beforeEach, describe, expect, test, vi } from 'vitest';
import { RequestFailed } from '../src/http';
import { UserError, errorText, pending, navigation, gettext } from '../src/page';
import { settle } from './helpers';

let release: (error?: unknown) => void;
const work = () => new Promise<void>((resolve, reject) => (release = (error) => (error ? reject(error) : resolve())));

beforeEach(() => {
  document.body.innerHTML = `<div class="sequence">
    <button id="submit" data-loading-text="Starting" data-cta-text="Start"><i></i>Start</button>
    <button id="back">Back</button><button id="never" disabled>Never</button></div>`;
});

const button = (id: string) => document.querySelector<HTMLButtonElement>(`#${id}`)!;
const message = () => document.querySelector<HTMLElement>('.proctoring-message');
const status = () => document.querySelector<HTMLElement>('.proctoring-status')!;

describe('while a request is under way', () => {
  test('all buttons of the screen are disabled, this is announced, and a second click does nothing', async () => {
    let times = 0;
    button('submit').focus();
    const done = pending(button('submit'), () => ((times += 1), work()));
    await pending(button('submit'), async () => void (times += 1));
    await pending(button('back'), async () => void (times += 1));
    expect(times).toBe(1);
    expect([button('submit').getAttribute('aria-disabled'), button('back').disabled]).toEqual(['true', true]);
    expect([button('submit').disabled, document.activeElement]).toEqual([false, button('submit')]); // keeps the focus
    expect(button('submit').getAttribute('aria-busy')).toBe('true');
    expect([button('submit').textContent, status().textContent]).toEqual(['Starting', 'Starting']);
    expect(status().getAttribute('role')).toBe('status');
    release();
    await done;
    expect(button('submit').getAttribute('aria-disabled')).toBe('true'); // the page is about to be another
  });

  test('a failure is shown and the buttons are enabled again', async () => {
    const done = pending(button('submit'), work);
    release(new UserError('past due'));
    await done;
    expect(message()!.textContent).toBe('past due');
    expect(message()!.getAttribute('role')).toBe('alert');
    expect(['submit', 'back', 'never'].map((id) => button(id).disabled)).toEqual([false, false, true]);
    expect(['aria-busy', 'aria-disabled'].map((name) => button('submit').hasAttribute(name))).toEqual([false, false]);
    expect([button('submit').textContent, status().textContent]).toEqual(['Start', '']);
    expect(document.activeElement).toBe(button('submit'));
  });

  test('trying again removes the former message', async () => {
    const first = pending(button('submit'), work);
    release(new UserError('past due'));
    await first;
    void pending(button('submit'), work);
    expect([message()!.textContent, message()!.hidden]).toEqual(['', true]);
    release(new UserError('still past due'));
    await settle();
    expect([message()!.textContent, message()!.hidden]).toEqual(['still past due', false]);
  });

  test('a button without a loading text keeps its content', () => {
    button('back').innerHTML = '<i></i> Back';
    void pending(button('back'), work);
    expect(button('back').querySelector('i')).not.toBe(null);
  });
});

test.each([
  [new RequestFailed(400, 'A status transition was attempted'), 'This exam has changed'],
  [new RequestFailed(403, 'no', null, 'StudentExamAttemptOnPastDueProctoredExam'), 'This exam has closed'],
  [new RequestFailed(403, 'no', null, 'ProctoredExamPermissionDenied'), 'another account'],
  [new RequestFailed(404), 'no longer exists'],
  [new RequestFailed(502, '', null, 'BackendProviderCannotRegisterAttempt'), 'provider cannot be reached'],
  [new RequestFailed(401), 'signed out'],
  [new UserError('Check the application'), 'Check the application'],
  [new RequestFailed(0), 'Check your connection'],
  [new RequestFailed(403), 'Sign in again'],
  [new RequestFailed(500), 'Please try again'],
  [new Error('internal'), 'Check your connection'],
])('%s for learners', (error, text) => expect(errorText(error)).toContain(text));

test("the host's translations are used", () => {
  vi.stubGlobal('gettext', (text: string) => `<${text}>`);
  expect(gettext('OK')).toBe('<OK>');
  vi.unstubAllGlobals();
  expect(gettext('OK')).toBe('OK');
});

test('navigation by scripts causes no warning', () => {
  const [reload, assign] = [vi.fn(), vi.fn()];
  vi.stubGlobal('location', { reload, assign });
  window.onbeforeunload = () => 'sure?';
  navigation.reload();
  expect(window.onbeforeunload).toBe(null);
  window.onbeforeunload = () => 'sure?';
  navigation.go('/exam');
  expect(window.onbeforeunload).toBe(null);
  vi.unstubAllGlobals();
});
