import { beforeEach, expect, test, vi } from 'vitest';
import { expectBar, givePlace, keepPlace } from '../src/timer_bar_space';

const HEIGHT = 61;
let root: HTMLElement;

/** A page with a place for the bar, which takes its height when something is in it: jsdom has no layout. */
function page(): void {
  document.body.innerHTML = '<div class="proctored_exam_status"></div><main>Question</main>';
  root = document.querySelector('.proctored_exam_status')!;
  Object.defineProperty(root, 'offsetHeight', { get: () => (root.childElementCount ? HEIGHT : 0) });
}

const kept = () => {
  page();
  keepPlace(root);
  return root.style.minBlockSize;
};

beforeEach(() => {
  localStorage.clear();
  page();
});

test('without a running exam no space is reserved', () => expect(kept()).toBe(''));

test('a starting exam reserves the space on the next page', () => {
  expectBar();
  expect(root.childElementCount).toBe(0);
  expect(kept()).toBe(`${HEIGHT}px`);
});

test('the space is reserved on each page until no exam is running', () => {
  root.append('bar', document.createElement('p'));
  givePlace(root, true);
  expect(kept()).toBe(`${HEIGHT}px`);
  givePlace(root, false);
  expect(root.style.minBlockSize).toBe('');
  expect(kept()).toBe('');
});

test('the bar is shown even if storage is forbidden', () => {
  vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => { throw new DOMException('no', 'SecurityError'); });
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => { throw new DOMException('no', 'SecurityError'); });
  expectBar();
  expect(kept()).toBe('');
  vi.restoreAllMocks();
});
