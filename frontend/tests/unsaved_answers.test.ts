import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Unsaved, endTyped, keepForNextPage, showWhatWasLeft } from '../src/unsaved_answers';

const DAY_MS = 24 * 3600 * 1000;
const FORM = '<form><label>Why? <textarea name="why"></textarea></label></form>';
const screenOf = (attemptId: number | '') => `<div class="sequence" data-screen="timed-submitted" data-attempt-id="${attemptId}"></div>`;

let unsaved: Unsaved;

beforeEach(() => {
  sessionStorage.clear();
  history.replaceState(null, '', '/quiz');
  unsaved = new Unsaved();
});
afterEach(() => {
  unsaved.stop();
  vi.useRealTimers();
  history.replaceState(null, '', '/');
});

/** Type an answer in the quiz, which is attempt 7. */
function type(text = 'Because') {
  document.body.innerHTML = FORM;
  unsaved.start(7);
  const field = document.querySelector('textarea')!;
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

function shownOn(path: string, body: string): string[] {
  history.replaceState(null, '', path);
  document.body.innerHTML = body;
  showWhatWasLeft();
  return Array.from(document.querySelectorAll<HTMLTextAreaElement>('.proctoring-left textarea'), ({ value }) => value);
}

const kept = () => JSON.stringify({ ...sessionStorage });

test('a text is shown with its attempt only, as often as that is shown', () => {
  type();
  keepForNextPage(7, 'Your time is over.', unsaved.texts);
  unsaved.stop();
  for (let times = 0; times < 2; times += 1) {
    expect(shownOn('/quiz', screenOf(7))).toEqual(['Because']);
    expect(shownOn('/midterm', screenOf(8))).toEqual([]);
    expect(shownOn('/midterm', screenOf(''))).toEqual([]);
    expect(shownOn('/quiz', screenOf(''))).toEqual([]);
  }
});

test('a text of one exam is not shown where the page of another one learns of the end', () => {
  type();
  unsaved.keep();
  unsaved.stop();
  history.replaceState(null, '', '/midterm');
  document.body.innerHTML = FORM;
  unsaved = new Unsaved();
  unsaved.start(7); // the bar of the quiz is on this page, too
  expect(document.querySelector('textarea')!.value).toBe('');
  keepForNextPage(7, 'Your time is over.', unsaved.texts);
  expect(shownOn('/midterm', screenOf(8))).toEqual([]);
  expect(document.querySelector('.proctoring-left')!.textContent).toBe('Your time is over.');
  expect(shownOn('/quiz', screenOf(7))).toEqual(['Because']);
});

test('the page that follows shows it even if the attempt was removed, but not to another user', () => {
  for (const [isOwn, texts] of [[true, ['Because']], [false, []]] as const) {
    type();
    keepForNextPage(7, '', unsaved.texts, isOwn);
    unsaved.stop();
    expect(shownOn('/quiz', screenOf(''))).toEqual(texts);
    expect(shownOn('/quiz', screenOf(9))).toEqual([]); // the attempt of whoever takes the quiz next
    sessionStorage.clear();
  }
});

test('what was typed is for copying where the page shows its attempt, and that does not run', () => {
  type();
  unsaved.keep();
  unsaved.stop();
  document.body.innerHTML = screenOf(8);
  expect(endTyped()).toBe(false);
  document.body.innerHTML = screenOf(7);
  expect([endTyped(7), endTyped()]).toEqual([false, true]);
  expect(shownOn('/quiz', screenOf(7))).toEqual(['Because']);
});

test('a text that is submitted, and one that is a day old, is deleted', () => {
  type();
  unsaved.keep();
  expect(kept()).toContain('Because');
  document.querySelector('form')!.dispatchEvent(new Event('submit'));
  expect(kept()).not.toContain('Because');
  vi.useFakeTimers();
  keepForNextPage(7, '', [{ label: '', text: 'Because' }]);
  vi.advanceTimersByTime(DAY_MS + 1);
  expect(shownOn('/elsewhere', '')).toEqual([]);
  expect(kept()).toBe('{}');
});
