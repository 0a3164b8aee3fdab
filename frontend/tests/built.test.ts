// What is built, as pages load it: the tests of the sources cannot see what the step down to ES5 breaks.

/// <reference types="vite/client" />
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import handler from '../../edx_proctoring/static/proctoring/js/exam_action_handler.js?raw';
import learner from '../../edx_proctoring/static/proctoring/js/learner.js?raw';
// @ts-expect-error It is plain JavaScript.
import byDefault, { handlerWrapper } from '../../edx_proctoring/static/index.js';
import { server, settle, visible } from './helpers';

const run = (script: string) => (0, eval)(script);
const exam = () => (window as any).edx.courseware.proctored_exam;

// Nothing may go on watching once the tests are over.
const observers: MutationObserver[] = [];
const Observer = MutationObserver;
class Remembered extends Observer {
  constructor(callback: MutationCallback) {
    super(callback);
    observers.push(this);
  }
}

beforeEach(() => {
  vi.stubGlobal('MutationObserver', Remembered);
  delete (window as any).edx;
  document.body.innerHTML = `<div class="proctored_exam_status"></div><div class="sequence" data-screen="x">
    <button class="start-timed-exam" data-ajax-url="/attempt" data-exam-id="3">Go</button></div>`;
  visible(true);
});
afterAll(() => {
  observers.forEach((one) => one.disconnect());
  vi.unstubAllGlobals();
});

test.each([
  ['learner.js', learner],
  ['exam_action_handler.js', handler],
])('%s publishes its functions and no other names', (_name, script) => {
  server({ body: { in_timed_exam: false } });
  const before = Object.keys(globalThis);
  run(script);
  expect(typeof exam().examStartHandler).toBe('function');
  expect(Object.keys(globalThis).filter((one) => !before.includes(one))).toEqual(['edx']);
});

describe('learner.js', () => {
  test('shows refusals of the server, because errors keep their class', async () => {
    server({ body: { in_timed_exam: false } }, { status: 400, body: { detail: 'past due' } });
    run(learner);
    await settle();
    document.querySelector('button')!.click();
    await settle();
    expect(document.querySelector('.proctoring-message')!.textContent).toMatch(/^This exam has changed/);
  });

  test('shows the timer', async () => {
    server({ body: { in_timed_exam: true, time_remaining_seconds: 61, attempt_status: 'started', exam_url_path: '/' } });
    run(learner);
    await settle();
    expect(document.querySelector('#time_remaining_id b')!.textContent).toMatch(/^0:01:0/);
    document.dispatchEvent(new Event('edx-proctoring:closed'));
  });

  test('keeps the place of the timer free until the server has answered', async () => {
    server({ body: { in_timed_exam: false } });
    localStorage.setItem('proctoring-bar', '61');
    run(learner);
    const { style } = document.querySelector<HTMLElement>('.proctored_exam_status')!;
    expect(style.minBlockSize).toBe('61px');
    await settle();
    expect([style.minBlockSize, localStorage.getItem('proctoring-bar')]).toEqual(['', null]);
  });
});

test('index.js is a module with both exports', () => {
  expect(typeof handlerWrapper).toBe('function');
  expect(byDefault).toBe(handlerWrapper);
});
