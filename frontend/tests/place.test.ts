import { beforeEach, expect, test, vi } from 'vitest';
import { expectBar, givePlace, keepPlace } from '../src/place';

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

test('where no exam runs nothing is kept free', () => expect(kept()).toBe(''));

test('an exam that starts keeps the place free on the page that follows', () => {
  expectBar();
  expect(root.childElementCount).toBe(0);
  expect(kept()).toBe(`${HEIGHT}px`);
});

test('the bar keeps its place free on each page until no exam runs', () => {
  root.append('bar', document.createElement('p'));
  givePlace(root, true);
  expect(kept()).toBe(`${HEIGHT}px`);
  givePlace(root, false);
  expect(root.style.minBlockSize).toBe('');
  expect(kept()).toBe('');
});

test('a browser that forbids storage shows the bar all the same', () => {
  vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => { throw new DOMException('no', 'SecurityError'); });
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => { throw new DOMException('no', 'SecurityError'); });
  expectBar();
  expect(kept()).toBe('');
  vi.restoreAllMocks();
});
